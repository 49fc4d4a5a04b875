"""The progress of a run: one line that updates itself on a terminal, otherwise one line for each submission."""

import time
from collections.abc import Callable
from typing import TextIO

from mmlab.instructor.grading.records import Graded

REDRAW = 0.2  # seconds between two redraws


class Progress:
    """Shows results as they arrive.

    total   number of submissions in the run
    stream  where to write, such as sys.stdout; None: nowhere
    known   number of them that an earlier run graded
    late    returns by how many seconds a result was submitted late
    """

    def __init__(
        self,
        total: int,
        stream: TextIO | None,
        known: int = 0,
        late: Callable[[Graded], float] = lambda graded: 0.0,
    ):
        self._late = late
        self.total, self.stream, self.done = total, stream, known
        self._known, self._began, self._drawn = known, time.monotonic(), 0.0
        self.terminal = stream is not None and stream.isatty()

    def graded(self, graded: Graded, row: dict) -> None:
        """Show one more result; `row` is its row of `--json`."""
        self.done += 1
        if self.stream is None:
            return
        if not self.terminal:
            print(line(graded, row, self._late(graded)), file=self.stream, flush=True)
        elif time.monotonic() - self._drawn > REDRAW or self.done == self.total:
            self._drawn = time.monotonic()
            self._draw(self.state())

    def state(self) -> str:
        """Return the number of graded submissions, the rate, and an estimate of the time left."""
        seconds, count = time.monotonic() - self._began, self.done - self._known
        text = f"{self.done} of {self.total} graded"
        if not count or seconds <= 0:
            return text
        left = (self.total - self.done) * seconds / count
        return f"{text}, {count / seconds * 60:.0f} a minute, about {duration(left)} left"

    def finish(self) -> None:
        """Clear the progress line."""
        if self.terminal:
            self._draw("")

    def _draw(self, text: str) -> None:
        self.stream.write(f"\r\x1b[K{text}")
        self.stream.flush()


def line(graded: Graded, row: dict, late: float = 0.0) -> str:
    """Return one submission's line: student, points, seconds, and a note on faults, repairs or lateness.

    late  seconds after the due date

    >>> line(Graded("ada", "02_clip", "", seconds=1.25), {"score": 3.5, "max": 10.0})
    'ada  3.5/10  1.2 s'
    """
    note = next(
        (
            f"{what}: {message.splitlines()[0]}"
            for what, message in (("not graded", graded.fault), ("refused", graded.problem))
            if message
        ),
        "",
    )
    if not note and graded.repairs:
        note = f"{len(graded.repairs)} repaired"
    if late and not graded.fault:
        note = "; ".join(filter(None, [f"{delay(late)} late, points before the penalty", note]))
    points = "-" if graded.fault else f"{row['score']:g}/{row['max']:g}"
    return "  ".join(part for part in (graded.student, points, f"{graded.seconds:.1f} s", note) if part)


def delay(seconds: float) -> str:
    """Return by how much a submission was late, in a suitable unit.

    >>> delay(1), delay(3600), delay(3 * 86400)
    ('1 s', '60 min', '72 h')
    """
    for unit, size, limit in (("s", 1, 120), ("min", 60, 120 * 60), ("h", 3600, 120 * 3600)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86400:.0f} days"


def duration(seconds: float) -> str:
    """Return a duration in seconds, or in minutes from 100 s up.

    >>> duration(50), duration(4000)
    ('50 s', '67 min')
    """
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
