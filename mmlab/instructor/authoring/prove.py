"""Prove that every check accepts right answers and refuses wrong ones.

For each exercise, the stub and every answer of tests/wrong/ must score 0. Every mistake must
score 0 and be named. The reference, every alternate and every answer of tests/right/ must score 1.
Each planted answer runs like a submission: in a sandboxed child with the judge outside, on the
visible and on hidden cases. Stub, reference and one mistake for each exercise also run through
stock nbgrader. With --mutants, small changes of each reference must fail too, and right answers
must agree with the reference on more inputs than the cases have.
"""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from mmlab.check import cases
from mmlab.cli import notebook, paths
from mmlab.instructor.authoring import proof_stamps, sandboxed_proof
from mmlab.instructor.authoring.case_records import setup_names
from mmlab.instructor.authoring.differential import disagreements
from mmlab.instructor.authoring.exercise import Answer, Exercise, Week, answers, weeks
from mmlab.instructor.authoring.mutants import Tally, tally
from mmlab.instructor.authoring.release import refuse_unfinished
from mmlab.instructor.authoring.sandboxed_proof import Outcome, Run
from mmlab.instructor.grading.engine import cores
from mmlab.instructor.grading.gradebook.nbgrader_runner import stock_scores
from mmlab.instructor.grading.hidden_cases import one_thread
from mmlab.instructor.grading.sandbox.sandbox import Sandbox

SAYS = {True: "passes", False: "fails: {}", None: "{}"}


@dataclass
class Proof:
    """The results of one exercise's planted answers.

    stub, reference  scores 0 or 1; the worse of `check` and stock nbgrader
    misconceptions   (name, killed, named)
    alternates       (name, passed)
    wrong            (name, killed) for each answer of tests/wrong/NAME.py
    right            (name, passed) for each answer of tests/right/NAME.py
    mutants          the tally of the reference's mutants; None without --mutants
    why              one line for each fault
    """

    name: str
    stub: int = 0
    reference: int = 1
    misconceptions: list[tuple[str, bool, bool]] = field(default_factory=list)
    alternates: list[tuple[str, bool]] = field(default_factory=list)
    wrong: list[tuple[str, bool]] = field(default_factory=list)
    right: list[tuple[str, bool]] = field(default_factory=list)
    mutants: Tally | None = None
    why: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether there are no faults."""
        return not self.why

    def report(self) -> dict:
        """Return the proof as the row of the JSON report."""
        return {
            "name": self.name,
            "stub_score": self.stub,
            "reference_score": self.reference,
            "misconceptions": [
                dict(zip(("name", "killed", "named"), row, strict=True)) for row in self.misconceptions
            ],
            "alternates": [dict(zip(("name", "passed"), row, strict=True)) for row in self.alternates],
            "wrong": [dict(zip(("name", "killed"), row, strict=True)) for row in self.wrong],
            "right": [dict(zip(("name", "passed"), row, strict=True)) for row in self.right],
        } | ({"mutants": self.mutants.report()} if self.mutants else {})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all)")
    parser.add_argument(
        "--mutants", action="store_true", help="also make small changes of each reference: all must fail"
    )
    parser.add_argument(
        "--mutants-of-changed",
        action="store_true",
        help=f"the same, except for exercises that did not change since {proof_stamps.MUTANTS} was written",
    )
    parser.add_argument(
        "--record", action="store_true", help=f"note killed mutants in {proof_stamps.MUTANTS}"
    )
    parser.add_argument(
        "--no-stock", action="store_true", help="leave out the three runs through stock nbgrader"
    )
    parser.add_argument(
        "--changed",
        action="store_true",
        help="note proofs that hold in build/proofs/, and leave out exercises whose noted proof still holds",
    )


def main(args: argparse.Namespace) -> int:
    """Prove weeks; exit 1 unless every proof holds."""
    root, proofs, unchanged, unsafe, stock = paths.root(), [], [], False, not args.no_stock
    noted = {} if args.mutants else proof_stamps.recorded_mutants(root)
    mutants = args.mutants or args.mutants_of_changed or args.record
    for week in weeks(root, args.weeks):
        stamps = proof_stamps.stamps(root, week, Path(__file__)) if args.changed else {}
        digests = proof_stamps.mutant_digests(root, week) if mutants else {}
        if mutants:  # a proof without them is another one
            stamps = {name: f"{stamp} with mutants" for name, stamp in stamps.items()}
        if args.changed:
            week = proof_stamps.changed(root, week, stamps, stock=stock)
            unchanged += [
                name for name in stamps if name not in [exercise.name for exercise in week.exercises]
            ]
        if not week.exercises:
            continue
        with sandboxed_proof.sandbox(root, week) as box:
            stale = {name for name, value in digests.items() if noted.get(name) != value}
            week_proofs = prove(root, week, box, stock=stock, mutants=stale)
        proofs, unsafe = proofs + week_proofs, unsafe or box.unsafe
        for proved in week_proofs:
            if proved.holds and args.changed:
                proof_stamps.keep(root, week.id, proved.name, stamps[proved.name], stock=stock)
        if args.record:
            held = {proved.name for proved in week_proofs if proved.holds and proved.mutants}
            proof_stamps.record_mutants(root, {name: digests[name] for name in held})
        if not args.json:
            _tell(week, week_proofs, digests.keys() - stale)
    wrong = [row for proof in proofs for row in proof.misconceptions]
    killed, named = sum(row[1] for row in wrong), sum(row[2] for row in wrong)
    if args.json:
        report = {
            "exercises": [proof.report() for proof in proofs],
            "killed": killed,
            "named": named,
            "planted": len(wrong),
        }
        print(json.dumps(report | ({"unchanged": unchanged} if args.changed else {})))
    else:
        print(f"{killed} of {len(wrong)} mistakes killed, {named} named")
        if args.changed:
            print(f"{len(unchanged)} exercises did not change since they were proved")
    if unsafe:
        print("(run without bubblewrap, which is not here: these answers are our own)", file=sys.stderr)
    return 0 if (proofs or unchanged) and all(proof.holds for proof in proofs) else 1


def prove(
    root: Path, week: Week, box: Sandbox | None = None, *, stock: bool = True, mutants: Collection[str] = ()
) -> list[Proof]:
    """Return the proof of each exercise of a week that has automatic checks.

    box      the sandbox of planted answers; None: a new one
    stock    also run stock nbgrader
    mutants  the exercises whose references' mutants and differential tests are run too
    raises   InputError for an unfinished exercise, CasesError without released cases
    """
    lab = notebook.read(week.notebook)
    refuse_unfinished(week, lab)
    exercises = [exercise for exercise in week.exercises if not exercise.is_text]
    submitted = _submitted(exercises, lab) if stock else {}
    with (
        sandboxed_proof.sandbox(root, week) if box is None else nullcontext(box) as box,
        ThreadPoolExecutor(min(cores(), 4)) as pool,
        # nbgrader changes the working folder and the environment of its process, which uses one core
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside,
    ):
        scores = beside.submit(stock_scores, root, week.id, submitted) if stock else None
        run = sandboxed_proof.runner(root, week, box)
        begun = [
            _begin(root, exercise, notebook.reference(lab, exercise.name), run, pool.map)
            for exercise in exercises
        ]
        try:
            proofs = [proved() for proved in begun]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        stock_result = scores.result() if stock else {}
    if mutants:
        unseen = sandboxed_proof.hidden_records(root, week)
        for exercise, proved in zip(exercises, proofs, strict=True):
            if exercise.name not in mutants:
                continue
            records = [cases.read(week.folder / cases.FILE, exercise.name), unseen[exercise.name]]
            _add_mutants(root, week, exercise, lab, proved, records)
    if stock:
        _add_stock(lab, proofs, stock_result)
    return proofs


def proof(root: Path, exercise: Exercise, solution: str, run: Run) -> Proof:
    """Return the proof of one exercise.

    root      the course's folder, for tests/wrong/ and tests/right/
    solution  source of the exercise's solution cell
    run       runs an answer, see `sandboxed_proof.Run`
    """
    return _begin(root, exercise, solution, run, map)()


def _begin(root: Path, exercise: Exercise, solution: str, run: Run, each: Callable) -> Callable[[], Proof]:
    """Begin to run the answers of an exercise; return a function that waits for them and gives the proof.

    each  `map`, or that of a pool, which begins with all of them immediately
    """
    name = exercise.name
    wrong, right = (answers(root / "tests" / folder / f"{name}.py") for folder in ("wrong", "right"))
    planted = [(notebook.stub(solution, name), True), (solution, False)]
    planted += [
        (answer.source(solution, name), fails)
        for some, fails in (
            (exercise.mistakes, False),  # whose name depends on all cases
            (exercise.alternates, False),
            (wrong, True),
            (right, False),
        )
        for answer in some
    ]
    outcomes = each(lambda answer: run(name, answer[0], fails=answer[1]), planted)
    return lambda: _proof(exercise, wrong, right, iter(list(outcomes)))


def _proof(
    exercise: Exercise, wrong: list[Answer], right: list[Answer], outcomes: Iterator[Outcome]
) -> Proof:
    """Return an exercise's proof from the outcomes of stub, reference, mistakes, alternates, `wrong` and `right`."""
    result = Proof(exercise.name)

    def passed(what: str, wanted: bool) -> Outcome:
        outcome = next(outcomes)
        if outcome.passed is not wanted:
            result.why.append(f"{what} {SAYS[outcome.passed].format(outcome.message)}")
        return outcome

    result.stub = int(passed("the stub", False).passed is not False)
    result.reference = int(passed("the reference", True).passed is True)
    for mistake in exercise.mistakes:
        outcome = passed(mistake.name, False)
        named = outcome.misconception == mistake.name
        if outcome.passed is False and not named:
            result.why.append(
                f"{mistake.name} is taken for {outcome.misconception or 'nothing known'}: {outcome.message}"
            )
        result.misconceptions.append((mistake.name, outcome.passed is False, named))
    for alternate in exercise.alternates:
        outcome = passed(alternate.name, True)
        result.alternates.append((alternate.name, outcome.passed is True))
    for folder, planted, wanted, seen in (
        ("wrong", wrong, False, result.wrong),
        ("right", right, True, result.right),
    ):
        for answer in planted:
            outcome = passed(f"tests/{folder}: {answer.name}", wanted)
            seen.append((answer.name, outcome.passed is wanted))
    return result


def _add_mutants(
    root: Path, week: Week, exercise: Exercise, lab: dict, proof: Proof, records: list[dict]
) -> None:
    """Add the tally of an exercise's mutants and the disagreements of right answers to its proof.

    records  the exercise's visible and hidden cases, as its other planted answers meet them
    """
    solution, names = notebook.reference(lab, exercise.name), setup_names(week.id)
    with one_thread():
        proof.mutants = tally(exercise, solution, records, names, min(cores(), 4))
        right = [*exercise.alternates, *answers(root / "tests" / "right" / f"{exercise.name}.py")]
        sources = {"the reference": solution} | {
            answer.name: answer.source(solution, exercise.name) for answer in right
        }
        defined = {name: notebook.define(source, exercise.name, names) for name, source in sources.items()}
        proof.why += disagreements(exercise, defined, records[0])
    proof.why += [f"survives the cases: {name}" for name in proof.mutants.survived]
    proof.why += [
        f"listed as equivalent, but no mutant that passes has it: {part}" for part in proof.mutants.stale
    ]


def _submitted(exercises: list[Exercise], lab: dict) -> dict[str, dict[str, str]]:
    """Return the stub, the reference and each exercise's first mistake as three students submit them to stock nbgrader."""
    solutions = {exercise.name: notebook.reference(lab, exercise.name) for exercise in exercises}
    mistakes = {
        exercise.name: exercise.mistakes[0].source(solutions[exercise.name], exercise.name)
        for exercise in exercises
    }
    return {"reference": solutions, "misconception": mistakes, "stub": {}}


def _add_stock(lab: dict, proofs: list[Proof], scores: dict[str, dict[str, float | None]]) -> None:
    """Combine stock nbgrader's scores of stub, reference and first mistakes with those of `check`."""
    points = notebook.points(lab)
    for proof in proofs:
        full = points[proof.name]
        wanted = {"reference": full, "misconception": 0, "stub": 0}
        got = {student: scores[student].get(proof.name) for student in wanted}
        for student, score in got.items():
            if score != wanted[student]:
                proof.why.append(f"stock nbgrader gives the {student} {score} of {full}")
        proof.stub = max(proof.stub, int(got["stub"] != 0))
        proof.reference = min(proof.reference, int(got["reference"] == full))
        if got["misconception"] != 0:
            name, _, named = proof.misconceptions[0]
            proof.misconceptions[0] = (name, False, named)


def _tell(week: Week, proofs: list[Proof], recorded: Collection[str]) -> None:
    print(week.id)
    for proof in proofs:
        killed = sum(row[1] for row in proof.misconceptions)
        named = sum(row[2] for row in proof.misconceptions)
        passed = sum(row[1] for row in proof.alternates)
        print(
            f"  {proof.name}: stub {proof.stub}, reference {proof.reference}, "
            f"{killed}/{len(proof.misconceptions)} killed, {named} named, "
            f"{passed}/{len(proof.alternates)} alternates pass, "
            f"{sum(row[1] for row in proof.wrong)}/{len(proof.wrong)} of tests/wrong killed, "
            f"{sum(row[1] for row in proof.right)}/{len(proof.right)} of tests/right pass"
        )
        if proof.mutants:
            print(
                "    {made} mutants: {killed} killed, {equivalent} equivalent, {0} survived".format(
                    len(proof.mutants.survived), **proof.mutants.report()
                )
            )
        elif proof.name in recorded:
            print(f"    mutants killed before ({proof_stamps.MUTANTS})")
        for line in proof.why:
            print("    " + line.replace("\n", "\n      "))
