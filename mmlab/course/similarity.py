"""`mmlab similarity WEEK`: answers that look alike, for a person to look at and never to mark by.

Names, comments, layout and texts do not count. What the course itself gave (the
stub), what its own answers contain (reference, alternates, misconceptions), what
many in the class wrote and what is too short to be written in two ways is no sign
of anything: two answers are listed when they share enough beyond all that.
"""

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from mmlab.course import notebook, places, similarity_page
from mmlab.course.exercise import Exercise, Week, weeks
from mmlab.course.fingerprints import PIECE, pieces, words
from mmlab.course.grade import repair, submissions
from mmlab.course.lab_match import key
from mmlab.errors import InputError

NOTE = ("To look at, never to mark by: people who learn together write alike, and so do people who read the same page. "
        "Read the answers and talk with their authors before you think anything of it.")  # fmt: skip
OWN_CELLS, MANY = "own cells", "the same answer of many"
THRESHOLD, SMALLEST = 0.5, 40  # of all pieces in two answers, the share in both; words of an answer
UNUSUAL = 2 * PIECE  # pieces that two answers must share beyond what is common: two changes of one word make as many
FEW, SHARE = 4, 0.05  # a piece that more people than this, or this share of the class, wrote is common


@dataclass
class Answers:
    """One exercise's answers in a class.

    expected  pieces of the course's own answers; stub: those of the stub
    known     pieces of one answer of the course → what it is
    sources   student → text
    pieces    student → pieces that are not the stub's
    """

    stub: frozenset[int] = frozenset()
    expected: frozenset[int] = frozenset()
    known: dict[frozenset[int], str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    pieces: dict[str, frozenset[int]] = field(default_factory=dict)

    def take(self, student: str, source: str, name: str, smallest: int) -> None:
        """Take in one answer, unless it is the stub, no Python, or too small to say anything."""
        try:
            found = words(source, name)
        except (SyntaxError, RecursionError):
            return
        mine = pieces(found) - self.stub
        if mine and len(mine) + PIECE > smallest:
            self.sources[student], self.pieces[student] = source, mine


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("week", metavar="WEEK", help="such as 02_clip or 02")
    parser.add_argument("--threshold", type=float, default=THRESHOLD, metavar="SHARE",
                        help=f"list pairs from this share of equal pieces on, 0 to 1 (default {THRESHOLD})")  # fmt: skip
    parser.add_argument("--smallest", type=int, default=SMALLEST, metavar="WORDS",
                        help=f"leave out answers of fewer words (default {SMALLEST}; a line has about 12)")  # fmt: skip
    parser.add_argument("--out", metavar="FILE", help="write a page with the answers side by side, such as alike.html")


def main(args: argparse.Namespace) -> int:
    """Print the pairs, and write the page if asked."""
    if not 0 < args.threshold <= 1:
        raise InputError(f"--threshold {args.threshold}", "a share above 0 and up to 1", f"such as {THRESHOLD}")
    root = places.root()
    (week,) = weeks(root, [args.week])
    report, sources = compare(root, week, args.threshold, args.smallest)
    if args.out:
        notebook.write_bytes(Path(args.out), similarity_page.page(report, sources).encode("utf-8", "replace"))
        report["file"] = args.out
    print(json.dumps(report) if args.json else similarity_page.text(report))
    return 0


def compare(root: Path, week: Week, threshold: float = THRESHOLD, smallest: int = SMALLEST) -> tuple[dict, dict]:
    """Return the report on a week's class, and (exercise, student) → source for those in it.

    raises  InputError  without a submission of the week
    """
    release = notebook.read(root / "labs" / week.id / "lab.ipynb")
    handed_in = submissions.find(root, week.id)
    if not handed_in:
        raise InputError(f"no submission of {week.id} in {root / 'submitted'}", f"submitted/STUDENT/{week.id}/lab.ipynb",
                         "collect the submissions first")  # fmt: skip
    answers = course_answers(week, release)
    not_read = []
    for one in handed_in:
        prepared = repair.prepare(one, release)
        if prepared.problem is not None:
            not_read.append(one.student)
            continue
        for name, source in answer_texts(prepared.notebook, release, answers).items():
            answers[name].take(one.student, source, name, smallest)
    limit = max(FEW, SHARE * len(handed_in))
    common = [found for name, each in answers.items() for found in set_aside(name, each, limit)]
    pairs = ranked({name: alike(each, threshold, limit) for name, each in answers.items()})
    sources = {(name, student): answers[name].sources[student]
               for pair in pairs for student in pair["students"] for name in pair["exercises"]}  # fmt: skip
    report = {"week": week.id, "note": NOTE, "students": len(handed_in), "not_read": not_read, "threshold": threshold,
              "pairs": pairs, "clusters": clusters(pairs), "common": common}  # fmt: skip
    return report, sources


def course_answers(week: Week, release: dict) -> dict[str, Answers]:
    """Return each exercise with what the course itself says about its answers, and one entry for students' own cells."""
    source, found = notebook.read(week.notebook), {}
    for exercise in week.exercises:
        if not exercise.is_text:
            stub = pieces(words(notebook.reference(release, exercise.name), exercise.name))
            known = {pieces(words(text, exercise.name)) - stub: what for what, text in planted(exercise, source).items()}
            found[exercise.name] = Answers(stub, frozenset().union(*known), known)
    stub = frozenset().union(*(each.stub for each in found.values()))
    return found | {OWN_CELLS: Answers(stub, frozenset().union(*(each.expected for each in found.values())))}


def planted(exercise: Exercise, source: dict) -> dict[str, str]:
    """Return what an answer is → its text, for every answer that the course itself has."""
    reference = notebook.reference(source, exercise.name)
    found = {f"the misconception {one.name}": one.function for one in exercise.misconceptions}
    found |= {f"the alternate {one.name}": one.function for one in exercise.alternates}
    texts = {what: notebook.paste(reference, notebook.renamed(one, exercise.name), exercise.name) for what, one in found.items()}
    return texts | {"the reference": reference}


def answer_texts(lab: dict, release: dict, names: dict) -> dict[str, str]:
    """Return exercise → the text of its solution cell, and under one more name all code in the student's own cells."""
    given = {key(cell) for cell in release["cells"]}
    own = [cell["source"] for cell in lab["cells"] if cell["cell_type"] == "code" and key(cell) not in given]
    found = {name: notebook.reference(lab, name) for name in names if name != OWN_CELLS}
    return found | ({OWN_CELLS: "\n".join(own)} if own else {})


def set_aside(name: str, answers: Answers, limit: float) -> list[dict]:
    """Take out and return the answers that are the course's own, or that more than `limit` people wrote."""
    groups = defaultdict(list)
    for student, mine in answers.pieces.items():
        groups[mine].append(student)
    found = []
    for mine, students in groups.items():
        if what := answers.known.get(mine) or (MANY if len(students) > limit else None):
            found.append({"exercise": name, "what": what, "students": students})
            for student in students:
                del answers.pieces[student]
    return found


def alike(answers: Answers, threshold: float, limit: float) -> dict[tuple[str, str], float]:
    """Return the pairs of students whose answers share enough → the share of equal pieces.

    Only unusual pieces are looked up, so no time goes into pairs that share none.
    """
    owners = defaultdict(list)
    for student, mine in answers.pieces.items():
        for piece in mine - answers.expected:
            owners[piece].append(student)
    shared = Counter(pair for students in owners.values() if 1 < len(students) <= limit
                     for pair in combinations(students, 2))  # fmt: skip
    found = {}
    for (one, other), count in shared.items():
        mine, theirs = answers.pieces[one], answers.pieces[other]
        share = len(mine & theirs) / len(mine | theirs)
        if count >= UNUSUAL and share >= threshold:
            found[one, other] = round(share, 3)
    return found


def ranked(found: dict[str, dict[tuple[str, str], float]]) -> list[dict]:
    """Return the pairs with their exercises: most exercises first, then most alike."""
    pairs = defaultdict(dict)
    for name, shares in found.items():
        for pair, share in shares.items():
            pairs[tuple(sorted(pair))][name] = share
    rows = [{"students": list(pair), "exercises": names, "similarity": max(names.values())} for pair, names in pairs.items()]
    return sorted(rows, key=lambda row: (-len(row["exercises"]), -row["similarity"], row["students"]))


def clusters(pairs: list[dict]) -> list[list[str]]:
    """Return the groups of students that pairs connect, larger ones first."""
    group: dict[str, set[str]] = {}
    for pair in pairs:
        one, other = (group.setdefault(student, {student}) for student in pair["students"])
        if one is not other:
            one |= other
            group |= dict.fromkeys(other, one)
    found = {id(one): sorted(one) for one in group.values()}
    return sorted(found.values(), key=lambda one: (-len(one), one))
