"""Who hands in what: a made-up class in fixed shares, the same for the same seed, with its true marks.

Every answer is one that the course knows: the reference, an alternate, a misconception
or the stub. So a hand-in's true score is the sum of the points of its right answers.
"""

import copy
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mmlab.course import notebook
from mmlab.course.exercise import Week
from mmlab.course.simulate import attacks
from mmlab.course.simulate.damage import DAMAGES
from mmlab.errors import InputError

# kind → how many of twenty
SHARES = {"mixture": 7, "reference": 3, "misconception": 3, "alternate": 2, "damage": 2, "attack": 2, "stub": 1}
ODDS = {"reference": 7, "alternate": 4, "misconception": 5, "stub": 4}  # of an answer in a mixture
WORDS = "A made-up answer in words, for a person to mark."
WORDY = 0.6  # share of texts that are written


@dataclass(frozen=True)
class MadeUp:
    """One made-up student's hand-in.

    student     "student-001" …
    kind        one of SHARES
    name        of the attack or damage, "" for the others
    answers     exercise → source of its solution cell; what is left out stays a stub
    true_score  points that a machine must give
    texts       texts that are written
    """

    student: str
    kind: str
    name: str
    answers: dict[str, str]
    true_score: float
    texts: list[str] = field(default_factory=list)


class Answers:
    """What the course knows of a week: its points, and every planted answer as a solution cell's source."""

    def __init__(self, week: Week):
        lab = notebook.read(week.notebook)
        marked = [one for one in week.exercises if not one.is_text]
        self.points = {one.name: notebook.points(lab)[one.name] for one in marked}
        self.texts = [one.name for one in week.exercises if one.is_text]
        self.sources: dict[str, dict[str, list[str]]] = {}
        for one in marked:
            reference = notebook.reference(lab, one.name)

            def pasted(planted, name=one.name, reference=reference) -> list[str]:
                return [notebook.paste(reference, notebook.renamed(each.function, name), name) for each in planted]

            # a wrong answer may earn part of the points where parts are given: no true mark is known of it
            wrong = () if one.partial else one.misconceptions
            self.sources[one.name] = {"reference": [reference], "alternate": pasted(one.alternates),
                                      "misconception": pasted(wrong), "stub": []}  # fmt: skip

    def choose(self, rng: random.Random, kinds: dict[str, int]) -> tuple[dict[str, str], float]:
        """Return a source for each exercise, of kinds drawn by their odds, and the points of the right ones."""
        chosen, score = {}, 0.0
        for name, sources in self.sources.items():
            kind = rng.choices(list(kinds), list(kinds.values()))[0]
            if sources[kind]:
                chosen[name] = rng.choice(sources[kind])
                score += self.points[name] if kind in ("reference", "alternate") else 0
        return chosen, score


def compose(week: Week, count: int, seed: int = 0, shares: dict[str, int] | None = None) -> list[MadeUp]:
    """Return a class of `count` made-up students; the same arguments give the same class.

    shares  kind → how many of each round; default: SHARES, so that 20 students show every kind
    raises  InputError for no students
    """
    if count < 1:
        raise InputError(f"{count} students", "at least 1", "pass -n 20: every kind then appears")
    answers, made = Answers(week), []
    names = {"attack": _rounds([one.id for one in attacks.corpus()], f"attack {seed}"),
             "damage": _rounds(list(DAMAGES), f"damage {seed}")}  # fmt: skip
    kinds = _rounds([kind for kind, times in (shares or SHARES).items() for _ in range(times)], f"kind {seed}")
    for number, kind in zip(range(1, count + 1), kinds, strict=False):
        student = f"student-{number:0{max(3, len(str(count)))}}"
        name = next(names[kind]) if kind in names else ""
        made.append(_one(answers, student, kind, name, random.Random(f"{week.id} {seed} {number}")))
    return made


def write(one: MadeUp, week: Week, release: dict, submitted: Path, targets: attacks.Targets | None = None) -> Path:
    """Write a hand-in to submitted/STUDENT/WEEK and return that folder; raises InputError where there is one.

    release  the week's released lab
    targets  what an attack is told; default: nothing that exists
    """
    folder = submitted / one.student / week.id
    if folder.exists():
        raise InputError(f"{folder} is there", "a name that nobody has", "pass --out FOLDER, or move it away")
    if one.kind == "attack":
        attack = next(each for each in attacks.corpus() if each.id == one.name)
        attacks.hand_in(attack, week, release, folder, targets or attacks.Targets(one.student))
        return folder
    lab = copy.deepcopy(release)
    for name, source in one.answers.items():
        notebook.find(lab, f"{name}-solution")["source"] = source
    for name in one.texts:
        notebook.find(lab, name)["source"] = WORDS
    folder.mkdir(parents=True)
    if one.kind == "damage":
        DAMAGES[one.name].write(lab, folder, seed=zlib.crc32(one.student.encode()))
    else:
        notebook.write(folder / "lab.ipynb", lab)
    return folder


def _one(answers: Answers, student: str, kind: str, name: str, rng: random.Random) -> MadeUp:
    odds = {"attack": {"stub": 1}, "mixture": ODDS, "damage": {"reference": 1, "alternate": 1}}.get(kind, {kind: 1})
    chosen, score = answers.choose(rng, odds)
    texts = [text for text in answers.texts if kind not in ("attack", "stub") and rng.random() < WORDY]
    if kind == "damage" and DAMAGES[name].refused:
        score = 0.0
    return MadeUp(student, kind, name, chosen, score, texts)


def _rounds(items: list[str], seed: str) -> Iterator[str]:
    """Yield all items again and again, each round in an order of its own."""
    rng = random.Random(seed)
    while True:
        yield from rng.sample(items, len(items))
