"""How a run shows that it moves: one line that rewrites itself on a terminal, else one line a submission."""

import time
from typing import TextIO

from mmlab.course.grade.stages import Graded

REDRAW = 0.2  # seconds between two redraws


class Progress:
    """Shows results as they come.

    total   how many submissions the run covers
    stream  where to, such as sys.stdout; None: nowhere
    known   how many of them an earlier run graded
    """

    def __init__(self, total: int, stream: TextIO | None, known: int = 0):
        self.total, self.stream, self.done = total, stream, known
        self._known, self._began, self._drawn = known, time.monotonic(), 0.0
        self.terminal = stream is not None and stream.isatty()

    def graded(self, found: Graded, row: dict) -> None:
        """Show one more result, whose row for machines is `row`."""
        self.done += 1
        if self.stream is None:
            return
        if not self.terminal:
            print(line(found, row), file=self.stream, flush=True)
        elif time.monotonic() - self._drawn > REDRAW or self.done == self.total:
            self._drawn = time.monotonic()
            self._draw(self.state())

    def state(self) -> str:
        """Return how far the run is, its rate, and an estimate of what is left."""
        seconds, count = time.monotonic() - self._began, self.done - self._known
        text = f"{self.done} of {self.total} graded"
        if not count or seconds <= 0:
            return text
        left = (self.total - self.done) * seconds / count
        return f"{text}, {count / seconds * 60:.0f} a minute, about {duration(left)} left"

    def finish(self) -> None:
        """Leave the terminal's line to what comes next."""
        if self.terminal:
            self._draw("")

    def _draw(self, text: str) -> None:
        self.stream.write(f"\r\x1b[K{text}")
        self.stream.flush()


def line(found: Graded, row: dict) -> str:
    """Return one submission's line: student, points, seconds, and what is to be said of it.

    >>> line(Graded("ada", "02_clip", "", seconds=1.25), {"score": 3.5, "max": 10.0})
    'ada  3.5/10  1.2 s'
    """
    note = next(
        (f"{what}: {said.splitlines()[0]}"
         for what, said in (("not graded", found.fault), ("refused", found.problem)) if said), "",
    )  # fmt: skip
    if not note and found.repairs:
        note = f"{len(found.repairs)} repaired"
    points = "-" if found.fault else f"{row['score']:g}/{row['max']:g}"
    return "  ".join(part for part in (found.student, points, f"{found.seconds:.1f} s", note) if part)


def duration(seconds: float) -> str:
    """Return seconds as people say them.

    >>> duration(50), duration(4000)
    ('50 s', '67 min')
    """
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
