"""The result of a run: JSON for `--json`, and a summary for the terminal."""

import platform
from collections import Counter
from dataclasses import dataclass, field

from mmlab.instructor.grading.gradebook.gradebook import Moved, Standing
from mmlab.instructor.grading.intake.submissions import NO_TIME, NO_ZONE
from mmlab.instructor.grading.progress import delay, duration
from mmlab.instructor.grading.records import Graded, Mark
from mmlab.instructor.grading.remarks import NEWER

UNCERTAIN = (NO_TIME, NO_ZONE)  # without a due date these do not matter
MAX_LINES = 20  # of each kind; the rest is only counted


@dataclass
class Report:
    """A run's results, with one row for each submission.

    week      the week's id
    points    exercise → points, for the automatically graded exercises of this run
    rows      student → row of `--json`
    moved     scores that a regrade changed
    waiting   text exercise → number of answers that wait for a person
    spent     step → seconds, summed over submissions, including those that ran in parallel
    newer     students whose notebooks use syntax of a newer Python than this one
    faults    student → why the submission was not graded
    absent    students on the roster who submitted nothing
    unlisted  students who submitted and are not on the roster
    late      student → (seconds late, penalty in points, score before it, score after it), for late submissions
    untimed   student → why the time of submission is unknown or uncertain, if the week has a due date
    seconds   wall clock
    reused    number of results from an earlier run
    unsafe    number of results without the sandbox
    """

    week: str
    points: dict[str, float]
    rows: dict[str, dict] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)
    newer: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    late: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    untimed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    reused: int = 0
    unsafe: int = 0

    def add(self, graded: Graded, row: dict, *, reused: bool = False) -> None:
        """Add a result and its row; `reused` means that it comes from an earlier run."""
        self.rows[graded.student] = row
        self.reused += reused
        self.unsafe += graded.unsafe
        if graded.fault:
            self.faults[graded.student] = graded.fault
        self.newer += [graded.student] * any(text.startswith(NEWER) for text in graded.repairs)
        if not reused:
            self.spent.update(graded.spent)

    def settle(self, standings: dict[str, Standing], time_notes: dict[str, str]) -> None:
        """Add what the gradebook says now: late penalties, and answers that wait for a person.

        If the week has a due date, rows get late_penalty (points) and final_score (points after it); a row whose
        time of submission is in doubt gets time_problem.
        time_notes  student → why the time of submission is unknown or uncertain
        """
        for student, row in self.rows.items():
            standing, note = standings.get(student), time_notes.get(student, "")
            is_due = standing is not None and standing.has_due_date
            if note and (is_due or note not in UNCERTAIN):
                self.untimed[student] = row["time_problem"] = note
            if not is_due:
                continue
            row |= {
                "late_penalty": standing.penalty,
                "final_score": max(0.0, row["score"] - standing.penalty),
            }
            if standing.seconds_late or standing.penalty:
                score = sum(entry.score for entry in standing.entries.values())
                self.late[student] = (standing.seconds_late, standing.penalty, score, standing.total)
        for standing in standings.values():
            self.waiting.update(name for name, entry in standing.entries.items() if entry.waits)

    def plain(self) -> dict:
        """Return what `--json` prints."""
        return {"week": self.week, "submissions": [self.rows[student] for student in sorted(self.rows)]}

    def text(self) -> str:
        """Return the summary for the terminal."""
        rows = [row for student, row in self.rows.items() if student not in self.faults]
        maximum = max((row["max"] for row in rows), default=0)
        mean = sum(row.get("final_score", row["score"]) for row in rows) / max(len(rows), 1)
        taken = sum(row.get("late_penalty", 0.0) > 0 for row in rows)
        lines = [
            f"{self.week}: {len(rows)} graded in {duration(self.seconds)}, mean {mean:.1f} of {maximum:g}"
            + (f" after {taken} late penalties" if taken > 1 else " after 1 late penalty" if taken else "")
            + (f" ({self.reused} from an earlier run)" if self.reused else "")
        ]
        if self.unsafe:
            lines.append(
                f"  {self.unsafe} graded WITHOUT the sandbox (--unsafe): their code had access to scores and solutions"
            )
        lines += _listed(
            "not graded, their earlier scores stay",
            [f"{who}: {_first(why)}" for who, why in self.faults.items()],
        )
        lines += _listed(
            f"with syntax that Python {platform.python_version()} cannot read: grade them with a newer Python, "
            "see the instructor guide",
            self.newer,
        )
        lines += _listed(
            "refused", [f"{row['student']}: {_first(row['problem'])}" for row in rows if row["problem"]]
        )
        lines += _listed(
            "scores that changed",
            [
                f"{move.student}, {move.exercise}: {move.before:g} → {move.after:g} ({move.why})"
                + (", but a person's score counts" if move.overridden else "")
                for move in self.moved
            ],
        )
        lines += _listed(
            "late",
            [
                f"{who}: {after:g} points, "
                + (f"{before:g} without the late penalty of {penalty:g}" if penalty else "without a penalty")
                + f" ({delay(seconds)} late)"
                for who, (seconds, penalty, before, after) in self.late.items()
            ],
        )
        lines += _listed(
            "with a time of submission that must be checked, because a late penalty depends on it",
            [f"{who}: {why}" for who, why in self.untimed.items()],
        )
        if self.untimed:
            lines.append(
                "    write the time into timestamp.txt beside the notebook, such as 2026-07-20 17:59 +02:00; for times "
                "without a zone, set c.Exchange.timezone in nbgrader_config.py"
            )
        lines += _listed("on the roster without a submission", self.absent)
        lines += _listed("with a submission but not on the roster", self.unlisted)
        if self.waiting:
            each = ", ".join(f"{name} {count}" for name, count in sorted(self.waiting.items()))
            lines.append(f"  {sum(self.waiting.values())} answers wait for a person, in formgrader: {each}")
        if self.spent:
            lines.append(
                "  seconds: "
                + ", ".join(f"{step} {seconds:.1f}" for step, seconds in self.spent.most_common())
            )
        return "\n".join(lines)


def row_of(graded: Graded, points: dict[str, float]) -> dict:
    """Return a submission's row for `--json`; text answers count in neither score nor max.

    points  exercise → points, for the automatically graded exercises
    """
    marks = [mark for mark in graded.marks if mark.score is not None and mark.exercise in points]
    if graded.problem and not marks:
        marks = [Mark(name, 0.0, maximum, attempted=False) for name, maximum in points.items()]
    return {
        "student": graded.student,
        "score": float(sum(mark.score for mark in marks)),
        "max": float(sum(mark.max for mark in marks) if marks else sum(points.values())),
        "seconds": round(graded.seconds, 3),
        "peak_mb": round(graded.peak_mb, 1),
        "verdicts": {
            mark.exercise: {
                "score": float(mark.score),
                "max": float(mark.max),
                "misconception": mark.misconception,
            }
            for mark in marks
        },
        "repairs": list(graded.repairs),
        "problem": f"not graded: {graded.fault}" if graded.fault else graded.problem,
    }


def _first(text: str) -> str:
    return text.splitlines()[0]


def _listed(what: str, lines: list[str]) -> list[str]:
    """Return a heading and at most MAX_LINES lines, or nothing if there are no lines."""
    first = [f"    {line}" for line in sorted(lines)[:MAX_LINES]]
    more = [f"    and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    return [f"  {len(lines)} {what}:", *first, *more] if lines else []
