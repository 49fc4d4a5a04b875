"""Run a planted answer as `mmlab grade` runs a submission: in a sandboxed child, with the judge outside.

It runs on the visible and on hidden cases. Students see the verdict on the visible cases and get
their points on the hidden ones, so a check is sound only if both verdicts agree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmlab.check import cases
from mmlab.cli import setup_cell
from mmlab.errors import MissingPart
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading import hidden_cases, judge
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.sandbox import Sandbox
from mmlab.instructor.grading.submission_session import Stopped, SubmissionSession

SEED = b"the seed of a proof in a course that has none yet"
VISIBLE, HIDDEN = "the visible cases", "hidden cases"


@dataclass(frozen=True)
class Outcome:
    """The outcome of one answer: whether it passed, its misconception, and the message.

    passed         None if it passes the visible cases and fails the hidden ones, or vice versa
    misconception  the one with equal results; the message for students names it only if that is evident
    """

    passed: bool | None
    misconception: str | None = None
    message: str = ""


Run = Callable[[str, str], Outcome]


def sandbox(root: Path, week: Week, limits: Limits = Limits()) -> Sandbox:
    """Return a sandbox for a week's planted answers; without bubblewrap an unsafe one, as the answers are our own."""
    try:
        box = Sandbox(root, week, limits)
        box.boot()  # the operating system may not allow it
    except MissingPart:
        box = Sandbox(root, week, limits, unsafe=True)
    return box


def runner(root: Path, week: Week, box: Sandbox) -> Run:
    """Return run(name, source), which gives the outcome of the answer that a solution cell's source defines.

    raises  CasesError without released cases
    """
    file = (week.folder / cases.FILE).resolve()
    cases.read_names(file)  # raises once if they are missing or outdated, not for each answer
    unseen = hidden_records(root, week)
    setup = setup_cell.source(week.id)

    def run(name: str, source: str) -> Outcome:
        with SubmissionSession(
            box, setup, [{"id": f"{name}-solution", "source": source}], box.limits
        ) as session:
            return both(
                _outcome(cases.find(name, file), session, True), _outcome(unseen[name], session, False)
            )

    return run


def hidden_records(root: Path, week: Week) -> dict[str, dict]:
    """Return exercise → its record on the course's hidden cases, or on those of a fixed seed if the course has none."""
    secret = hidden_cases.secret(root) if hidden_cases.seed_file(root).exists() else SEED
    return hidden_cases.records(root, week, secret)


def both(visible: Outcome, unseen: Outcome) -> Outcome:
    """Return one outcome for two; if they differ, nothing counts as passed or named."""
    if visible.passed != unseen.passed:
        results = [
            f"{'passes' if outcome.passed else 'fails'} {what}{'' if outcome.passed else f' ({outcome.message})'}"
            for what, outcome in ((VISIBLE, visible), (HIDDEN, unseen))
        ]
        return Outcome(None, None, " and ".join(results))
    if visible.misconception != unseen.misconception:
        named = [outcome.misconception or "nothing known" for outcome in (visible, unseen)]
        return Outcome(
            visible.passed, None, f"{named[0]} on {VISIBLE}, {named[1]} on {HIDDEN}: {unseen.message}"
        )
    return visible


def _outcome(record: dict, session: SubmissionSession, show_wanted: bool) -> Outcome:
    try:
        verdict = judge.verdict_on(record, session)
    except Stopped as stopped:
        return Outcome(False, None, _lines(*stopped.words))
    return (
        Outcome(True)
        if verdict.passed
        else Outcome(False, verdict.equals, _lines(*verdict.message(show_wanted=show_wanted)))
    )


def _lines(given: str, wanted: str, do: str) -> str:
    return f"{given}\n  wanted: {wanted}\n  try: {do}"
