"""A simulated class in fixed shares of each kind, with its true scores; the same seed gives the same class.

Every answer is one that the course contains: the reference, an alternate, a misconception or
the stub. So a submission's true score is the sum of the points of its correct answers.
"""

import copy
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.simulate import attacks
from mmlab.instructor.simulate.damage import DAMAGES

# kind → number among twenty students
SHARES = {
    "mixture": 7,
    "reference": 3,
    "misconception": 3,
    "alternate": 2,
    "damage": 2,
    "attack": 2,
    "stub": 1,
}
ODDS = {"reference": 7, "alternate": 4, "misconception": 5, "stub": 4}  # weights of the answers in a mixture
WORDS = "A made-up answer in words, for a person to mark."
TEXT_SHARE = 0.6  # share of the text answers that are written


@dataclass(frozen=True)
class SimulatedStudent:
    """One simulated student's submission.

    student     "student-001" …
    kind        one of SHARES
    name        of the attack or damage; "" for the other kinds
    answers     exercise → source of its solution cell; a missing exercise stays a stub
    true_score  points that automatic grading must give
    texts       names of the text answers that are written
    """

    student: str
    kind: str
    name: str
    answers: dict[str, str]
    true_score: float
    texts: list[str] = field(default_factory=list)


class Answers:
    """A week's points, and the source of every answer that the course contains."""

    def __init__(self, week: Week):
        lab = notebook.read(week.notebook)
        graded = [exercise for exercise in week.exercises if not exercise.is_text]
        self.points = {exercise.name: notebook.points(lab)[exercise.name] for exercise in graded}
        self.texts = [exercise.name for exercise in week.exercises if exercise.is_text]
        self.sources: dict[str, dict[str, list[str]]] = {}
        for exercise in graded:
            reference = notebook.reference(lab, exercise.name)

            def sources(answers, name=exercise.name, reference=reference) -> list[str]:
                return [answer.source(reference, name) for answer in answers]

            # With partial credit a wrong answer may earn some points, so its true score is unknown.
            wrong = () if exercise.partial else exercise.mistakes
            self.sources[exercise.name] = {
                "reference": [reference],
                "alternate": sources(exercise.alternates),
                "misconception": sources(wrong),
                "stub": [],
            }

    def choose(self, rng: random.Random, kinds: dict[str, int]) -> tuple[dict[str, str], float]:
        """Draw a kind for each exercise with the given weights; return exercise → source and the points."""
        chosen, score = {}, 0.0
        for name, sources in self.sources.items():
            kind = rng.choices(list(kinds), list(kinds.values()))[0]
            if sources[kind]:
                chosen[name] = rng.choice(sources[kind])
                score += self.points[name] if kind in ("reference", "alternate") else 0
        return chosen, score


def compose(
    week: Week, count: int, seed: int = 0, shares: dict[str, int] | None = None
) -> list[SimulatedStudent]:
    """Return a class of `count` simulated students; the same arguments give the same class.

    shares  kind → number in each round; default: SHARES, with which 20 students have every kind
    raises  InputError  when count < 1
    """
    if count < 1:
        raise InputError(f"{count} students", "at least 1", "pass -n 20, enough for every kind")
    answers, students = Answers(week), []
    names = {
        "attack": _rounds([attack.id for attack in attacks.corpus()], f"attack {seed}"),
        "damage": _rounds(list(DAMAGES), f"damage {seed}"),
    }
    kinds = _rounds(
        [kind for kind, times in (shares or SHARES).items() for _ in range(times)], f"kind {seed}"
    )
    for number, kind in zip(range(1, count + 1), kinds, strict=False):
        student = f"student-{number:0{max(3, len(str(count)))}}"
        name = next(names[kind]) if kind in names else ""
        students.append(_student(answers, student, kind, name, random.Random(f"{week.id} {seed} {number}")))
    return students


def write(
    student: SimulatedStudent,
    week: Week,
    release: dict,
    submitted: Path,
    targets: attacks.Targets | None = None,
) -> Path:
    """Write a submission to submitted/STUDENT/WEEK and return that folder; raise InputError if it exists.

    release  the week's released lab
    targets  of an attack; default: paths that do not exist
    """
    folder = submitted / student.student / week.id
    if folder.exists():
        raise InputError(
            f"{folder} exists", "a student without a submission", "pass --out FOLDER, or move the folder"
        )
    if student.kind == "attack":
        attack = next(attack for attack in attacks.corpus() if attack.id == student.name)
        attacks.submit(attack, week, release, folder, targets or attacks.Targets(student.student))
        return folder
    lab = copy.deepcopy(release)
    for name, source in student.answers.items():
        notebook.find(lab, f"{name}-solution")["source"] = source
    for name in student.texts:
        notebook.find(lab, name)["source"] = WORDS
    folder.mkdir(parents=True)
    if student.kind == "damage":
        DAMAGES[student.name].write(lab, folder, seed=zlib.crc32(student.student.encode()))
    else:
        notebook.write(folder / "lab.ipynb", lab)
    return folder


def _student(answers: Answers, student: str, kind: str, name: str, rng: random.Random) -> SimulatedStudent:
    odds = {"attack": {"stub": 1}, "mixture": ODDS, "damage": {"reference": 1, "alternate": 1}}.get(
        kind, {kind: 1}
    )
    chosen, score = answers.choose(rng, odds)
    texts = [text for text in answers.texts if kind not in ("attack", "stub") and rng.random() < TEXT_SHARE]
    if kind == "damage" and DAMAGES[name].refused:
        score = 0.0
    return SimulatedStudent(student, kind, name, chosen, score, texts)


def _rounds(items: list[str], seed: str) -> Iterator[str]:
    """Yield all items repeatedly, each round in a new random order."""
    rng = random.Random(seed)
    while True:
        yield from rng.sample(items, len(items))
