"""Run a planted answer as `mmlab grade` runs a submission: in a sandboxed child, with the judge outside.

It runs on the visible and on hidden cases. Students see the verdict on the visible cases and get
their points on the hidden ones, so a check is sound only if both verdicts agree.
"""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Protocol

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


class Run(Protocol):
    """A function that runs an answer."""

    def __call__(self, name: str, source: str, *, fails: bool = False) -> Outcome:
        """Return the outcome of the answer to the exercise `name` that a solution cell's source defines.

        fails  the answer is expected to fail, and nobody asks why: if it does, its run may end at the first failed
               case, and the outcome has no message
        """


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

    An answer that is expected to fail runs on all cases only if it passes the visible or the hidden ones.

    raises  CasesError without released cases
    """
    file = (week.folder / cases.FILE).resolve()
    cases.read_names(file)  # raises once if they are missing or outdated, not for each answer
    unseen = hidden_records(root, week)
    setup = setup_cell.source(week.id)
    visible = cache(lambda name: cases.find(name, file))

    def run(name: str, source: str, *, fails: bool = False) -> Outcome:
        cell = {"id": f"{name}-solution", "source": source}
        if fails:
            with SubmissionSession(box, setup, [cell], box.limits) as session:
                if _fails(visible(name), session) and _fails(unseen[name], session):
                    return Outcome(False)
        with SubmissionSession(box, setup, [cell], box.limits) as session:
            return both(_outcome(visible(name), session, True), _outcome(unseen[name], session, False))

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


def _fails(record: dict, session: SubmissionSession) -> bool:
    """Return whether an answer fails; its run ends at the first failed case, which decides."""
    try:
        results = session.results(record, enough=partial(judge.is_wrong, record))
        return len(results) < len(record["cases"]) or not judge.compared(record, results).passed
    except Stopped:
        return True


def _lines(given: str, wanted: str, do: str) -> str:
    return f"{given}\n  wanted: {wanted}\n  try: {do}"
