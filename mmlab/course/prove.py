"""Prove that every check tells right from wrong.

For each exercise the stub must score 0, the reference 1, every misconception 0
and be named, every alternate 1, and every answer in tests/wrong/ 0. Each planted
answer goes the way of a submission: a sandboxed child and a judge outside, on the
visible and on hidden cases; stub, reference and one misconception an exercise also
through stock nbgrader.
"""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from mmlab.course import notebook, places, planted
from mmlab.course.exercise import Exercise, Week, weeks
from mmlab.course.grade.engine import cores
from mmlab.course.grade.sandbox import Sandbox
from mmlab.course.planted import Outcome, Run
from mmlab.course.release import refuse_unfinished
from mmlab.course.stock import stock_scores

SAYS = {True: "passes", False: "fails: {}", None: "{}"}


@dataclass
class Proof:
    """What became of one exercise's planted answers.

    stub, reference  scores 0 or 1; the worse of check and stock nbgrader
    misconceptions   (name, killed, named)
    alternates       (name, passed)
    wrong            (name, killed) for each file in tests/wrong/NAME/
    why              one line for each thing that is not as it should be
    """

    name: str
    stub: int = 0
    reference: int = 1
    misconceptions: list[tuple[str, bool, bool]] = field(default_factory=list)
    alternates: list[tuple[str, bool]] = field(default_factory=list)
    wrong: list[tuple[str, bool]] = field(default_factory=list)
    why: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the exercise tells right from wrong."""
        return not self.why

    def report(self) -> dict:
        """Return the proof for machines."""
        return {
            "name": self.name, "stub_score": self.stub, "reference_score": self.reference,
            "misconceptions": [dict(zip(("name", "killed", "named"), one, strict=True)) for one in self.misconceptions],
            "alternates": [dict(zip(("name", "passed"), one, strict=True)) for one in self.alternates],
            "wrong": [dict(zip(("name", "killed"), one, strict=True)) for one in self.wrong],
        }  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all)")
    parser.add_argument("--no-stock", action="store_true", help="leave out the three runs through stock nbgrader")


def main(args: argparse.Namespace) -> int:
    """Prove weeks; exit 1 unless every proof holds."""
    root, proofs, unsafe = places.root(), [], False
    for week in weeks(root, args.weeks):
        with planted.sandbox(root, week) as box:
            found = prove(root, week, box, stock=not args.no_stock)
        proofs, unsafe = proofs + found, unsafe or box.unsafe
        if not args.json:
            _tell(week, found)
    wrong = [one for proof in proofs for one in proof.misconceptions]
    killed, named = sum(one[1] for one in wrong), sum(one[2] for one in wrong)
    if args.json:
        print(json.dumps({"exercises": [proof.report() for proof in proofs],
                          "killed": killed, "named": named, "planted": len(wrong)}))  # fmt: skip
    else:
        print(f"{killed} of {len(wrong)} misconceptions killed, {named} named")
    if unsafe:
        print("(run without bubblewrap, which is not here: these answers are our own)", file=sys.stderr)
    return 0 if proofs and all(proof.holds for proof in proofs) else 1


def prove(root: Path, week: Week, box: Sandbox | None = None, *, stock: bool = True) -> list[Proof]:
    """Return the proof of each exercise of a week that a machine marks.

    box     where planted answers run; None: one of its own
    raises  InputError for an unfinished exercise, CasesError without released cases
    """
    lab = notebook.read(week.notebook)
    refuse_unfinished(week, lab)
    exercises = [one for one in week.exercises if not one.is_text]
    with planted.sandbox(root, week) if box is None else nullcontext(box) as box, ThreadPoolExecutor(min(cores(), 4)) as pool:
        run = planted.runner(root, week, box)
        waiting = [pool.submit(proof, root, one, notebook.reference(lab, one.name), run) for one in exercises]
        proofs = [one.result() for one in waiting]
    if stock:
        _add_stock(root, week, lab, proofs)
    return proofs


def proof(root: Path, exercise: Exercise, solution: str, run: Run) -> Proof:
    """Return the proof of one exercise.

    root      the course's folder, for tests/wrong/
    solution  source of the exercise's solution cell
    run       run(name, source): what a check says of the answer that a source defines
    """
    name = exercise.name
    found = Proof(name)

    def passed(what: str, source: str, wanted: bool) -> Outcome:
        outcome = run(name, source)
        if outcome.passed is not wanted:
            found.why.append(f"{what} {SAYS[outcome.passed].format(outcome.message)}")
        return outcome

    def pasted(answer: str) -> str:
        return notebook.paste(solution, answer, name)

    found.stub = int(passed("the stub", notebook.stub(solution, name), False).passed is not False)
    found.reference = int(passed("the reference", solution, True).passed is True)
    for one in exercise.misconceptions:
        outcome = passed(one.name, pasted(notebook.renamed(one.function, name)), False)
        named = outcome.misconception == one.name
        if outcome.passed is False and not named:
            found.why.append(f"{one.name} is taken for {outcome.misconception or 'nothing known'}: {outcome.message}")
        found.misconceptions.append((one.name, outcome.passed is False, named))
    for one in exercise.alternates:
        outcome = passed(one.name, pasted(notebook.renamed(one.function, name)), True)
        found.alternates.append((one.name, outcome.passed is True))
    for file in sorted((root / "tests" / "wrong" / name).glob("*.py")):
        outcome = passed(f"tests/wrong/{name}/{file.name}", pasted(file.read_text().rstrip("\n")), False)
        found.wrong.append((file.stem, outcome.passed is False))
    return found


def _add_stock(root: Path, week: Week, lab: dict, proofs: list[Proof]) -> None:
    """Put stock nbgrader's scores of stub, reference and first misconceptions beside those of `check`."""
    first = {one.name: one.misconceptions[0] for one in week.exercises if one.misconceptions}
    answers = {
        "reference": {proof.name: notebook.reference(lab, proof.name) for proof in proofs},
        "misconception": {
            proof.name: notebook.paste(notebook.reference(lab, proof.name),
                                       notebook.renamed(first[proof.name].function, proof.name), proof.name)
            for proof in proofs
        },
        "stub": {},
    }  # fmt: skip
    scores = stock_scores(root, week.id, answers)
    points = notebook.points(lab)
    for proof in proofs:
        got = {student: scores[student].get(proof.name) for student in answers}
        full = points[proof.name]
        wanted = {"stub": 0, "reference": full, "misconception": 0}
        for student, score in got.items():
            if score != wanted[student]:
                proof.why.append(f"stock nbgrader gives the {student} {score} of {full}")
        proof.stub = max(proof.stub, int(got["stub"] != 0))
        proof.reference = min(proof.reference, int(got["reference"] == full))
        if got["misconception"] != 0:
            name, _, named = proof.misconceptions[0]
            proof.misconceptions[0] = (name, False, named)


def _tell(week: Week, proofs: list[Proof]) -> None:
    print(week.id)
    for proof in proofs:
        killed = sum(one[1] for one in proof.misconceptions)
        named = sum(one[2] for one in proof.misconceptions)
        passed = sum(one[1] for one in proof.alternates)
        print(f"  {proof.name}: stub {proof.stub}, reference {proof.reference}, "
              f"{killed}/{len(proof.misconceptions)} killed, {named} named, "
              f"{passed}/{len(proof.alternates)} alternates pass, "
              f"{sum(one[1] for one in proof.wrong)}/{len(proof.wrong)} of tests/wrong killed")  # fmt: skip
        for line in proof.why:
            print("    " + line.replace("\n", "\n      "))


