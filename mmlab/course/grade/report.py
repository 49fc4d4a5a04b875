"""What a run found, for machines (`--json`) and for the person who started it."""

from collections import Counter
from dataclasses import dataclass, field

from mmlab.course.grade.gradebook import Moved
from mmlab.course.grade.progress import duration
from mmlab.course.grade.stages import Graded, Mark

SHOWN = 20  # lines of each kind; the rest is counted


@dataclass
class Report:
    """A run's results, one short row a submission.

    week     the week's id
    points   exercise → points, of those that a machine marks in this run
    rows     student → row of `--json`
    moved    whose marks a regrade changed
    waiting  text exercise → answers that wait for a person
    spent    seconds by step; those of the submissions added up, however many ran at a time
    faults   student → why not graded
    absent   who is on the roster and handed nothing in;  unlisted  who handed in and is not on it
    seconds  wall clock;  reused  how many results are an earlier run's
    unsafe   how many results came without the sandbox
    """

    week: str
    points: dict[str, float]
    rows: dict[str, dict] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    seconds: float = 0.0
    reused: int = 0
    unsafe: int = 0

    def add(self, graded: Graded, row: dict, *, reused: bool = False) -> None:
        """Take in one result and its row; `reused`: an earlier run's."""
        self.rows[graded.student] = row
        self.reused += reused
        self.unsafe += graded.unsafe
        if graded.fault:
            self.faults[graded.student] = graded.fault
        if not reused:
            self.spent.update(graded.spent)

    def plain(self) -> dict:
        """Return what `--json` prints."""
        return {"week": self.week, "submissions": [self.rows[student] for student in sorted(self.rows)]}

    def text(self) -> str:
        """Return the last words of a run on a terminal."""
        rows = [row for student, row in self.rows.items() if student not in self.faults]
        most = max((row["max"] for row in rows), default=0)
        mean = sum(row["score"] for row in rows) / max(len(rows), 1)
        lines = [f"{self.week}: {len(rows)} graded in {duration(self.seconds)}, mean {mean:.1f} of {most:g}"
                 + (f" ({self.reused} by an earlier run)" if self.reused else "")]  # fmt: skip
        if self.unsafe:
            lines.append(f"  {self.unsafe} graded WITHOUT the sandbox (--unsafe): their code could reach marks and answers")
        lines += _listed("not graded, their earlier marks stay", [f"{who}: {_first(why)}" for who, why in self.faults.items()])
        lines += _listed("refused", [f"{row['student']}: {_first(row['problem'])}" for row in rows if row["problem"]])
        lines += _listed("marks that moved", [
            f"{one.student}, {one.exercise}: {one.before:g} → {one.after:g} ({one.why})"
            + (", a person's mark stands" if one.kept else "") for one in self.moved])  # fmt: skip
        lines += _listed("on the roster handed nothing in", self.absent)
        lines += _listed("handed in and are not on the roster", self.unlisted)
        if self.waiting:
            each = ", ".join(f"{name} {count}" for name, count in sorted(self.waiting.items()))
            lines.append(f"  {sum(self.waiting.values())} answers wait for a person, in formgrader: {each}")
        if self.spent:
            lines.append("  seconds: " + ", ".join(f"{step} {seconds:.1f}" for step, seconds in self.spent.most_common()))
        return "\n".join(lines)


def row_of(graded: Graded, points: dict[str, float]) -> dict:
    """Return a submission for machines; a text answer's points are in neither score nor max.

    points  exercise → points, of those that a machine marks
    """
    marks = [mark for mark in graded.marks if mark.score is not None and mark.exercise in points]
    if graded.problem and not marks:
        marks = [Mark(name, 0.0, most, attempted=False) for name, most in points.items()]
    return {
        "student": graded.student,
        "score": float(sum(mark.score for mark in marks)),
        "max": float(sum(mark.max for mark in marks) if marks else sum(points.values())),
        "seconds": round(graded.seconds, 3),
        "peak_mb": round(graded.peak_mb, 1),
        "verdicts": {mark.exercise: {"score": float(mark.score), "max": float(mark.max), "misconception": mark.misconception}
                     for mark in marks},
        "repairs": list(graded.repairs),
        "problem": f"not graded: {graded.fault}" if graded.fault else graded.problem,
    }  # fmt: skip


def _first(text: str) -> str:
    return text.splitlines()[0]


def _listed(what: str, lines: list[str]) -> list[str]:
    """Return a heading and its lines, cut where they are many; nothing where there are none."""
    shown = [f"    {line}" for line in sorted(lines)[:SHOWN]]
    more = [f"    and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [f"  {len(lines)} {what}:", *shown, *more] if lines else []
