"""Run one planted answer as `mmlab grade` runs a submission: a sandboxed child, and a judge outside.

On the visible cases and on hidden ones: students see the verdict on the first, get their
points by the second, and a check is sound only where both say the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmlab.check import cases
from mmlab.course import setup_cell
from mmlab.course.exercise import Week
from mmlab.course.grade import hidden, judge
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.sandbox import Sandbox
from mmlab.course.grade.sitting import Sitting, Stopped
from mmlab.errors import MissingPart

SEED = b"the seed of a proof in a course that has none yet"
VISIBLE, HIDDEN = "the visible cases", "hidden cases"


@dataclass(frozen=True)
class Outcome:
    """What is said of one answer: passed or not, the misconception that it is, the message.

    passed  None where it passes visible cases and fails hidden ones, or the other way round
    """

    passed: bool | None
    misconception: str | None = None
    message: str = ""


Run = Callable[[str, str], Outcome]


def sandbox(root: Path, week: Week, limits: Limits = Limits()) -> Sandbox:
    """Return a sandbox for a week's planted answers; an unsafe one where there is none: they are our own."""
    try:
        box = Sandbox(root, week, limits)
        box.boot()  # a kernel may refuse what is installed
    except MissingPart:
        box = Sandbox(root, week, limits, unsafe=True)
    return box


def runner(root: Path, week: Week, box: Sandbox) -> Run:
    """Return run(name, source): what is said of the answer that a solution cell's source defines.

    raises  CasesError without released cases
    """
    file = (week.folder / cases.FILE).resolve()
    cases.read_names(file)  # missing or outdated: said once, not once an answer
    unseen = hidden.records(root, week, hidden.secret(root) if hidden.seed_file(root).exists() else SEED)
    setup = setup_cell.source(week.id)

    def run(name: str, source: str) -> Outcome:
        with Sitting(box, setup, [{"id": f"{name}-solution", "source": source}], box.limits) as sitting:
            return both(_outcome(cases.find(name, file), sitting, True), _outcome(unseen[name], sitting, False))

    return run


def both(visible: Outcome, unseen: Outcome) -> Outcome:
    """Return one outcome for two: nothing is passed or named where they do not agree."""
    if visible.passed != unseen.passed:
        said = [f"{'passes' if one.passed else 'fails'} {what}{'' if one.passed else f' ({one.message})'}"
                for what, one in ((VISIBLE, visible), (HIDDEN, unseen))]  # fmt: skip
        return Outcome(None, None, " and ".join(said))
    if visible.misconception != unseen.misconception:
        named = [one.misconception or "nothing known" for one in (visible, unseen)]
        return Outcome(visible.passed, None, f"{named[0]} on {VISIBLE}, {named[1]} on {HIDDEN}: {unseen.message}")
    return visible


def _outcome(record: dict, sitting: Sitting, show_wanted: bool) -> Outcome:
    try:
        found = judge.verdict_on(record, sitting)
    except Stopped as stopped:
        return Outcome(False, None, _lines(*stopped.words))
    return Outcome(True) if found.passed else Outcome(False, found.misconception, _lines(*found.message(show_wanted=show_wanted)))


def _lines(given: str, wanted: str, do: str) -> str:
    return f"{given}\n  wanted: {wanted}\n  try: {do}"
