"""`mmlab similarity WEEK`: answers that look alike, for a person to read and never to mark by.

Names, comments, layout and texts do not count. Neither do the stub, the contents of the
course's own answers (reference, alternates, misconceptions), code that many students
wrote, and answers that are too short to be written in two ways. Two answers are listed if
they share enough beyond that.
"""

import argparse
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from mmlab.cli import notebook, paths
from mmlab.cli.lab_match import key
from mmlab.errors import InputError
from mmlab.files import atomic_write
from mmlab.instructor.authoring.exercise import Exercise, Week, weeks
from mmlab.instructor.grading.intake import repair, submissions
from mmlab.instructor.reports import similarity_page
from mmlab.instructor.reports.fingerprints import PIECE, pieces, words

NOTE = (
    "To look at, never to mark by: people who learn together write similar code, and so do people who read the same page. "
    "Read the answers and talk to their authors before you draw a conclusion."
)
OWN_CELLS, MANY = "own cells", "the same answer of many"
THRESHOLD, SMALLEST = 0.5, 40  # share of common pieces in all pieces of two answers; words of an answer
UNUSUAL = 2 * PIECE  # uncommon pieces that two answers must share; two single-word changes touch as many
FEW, SHARE = (
    4,
    0.05,
)  # a piece is common if more students than this, or than this share of the class, wrote it


@dataclass
class Answers:
    """The answers to one exercise in a class.

    stub      pieces of the stub
    expected  pieces of the course's own answers
    known     pieces of one answer of the course → its description
    sources   student → text
    pieces    student → pieces of the answer without those of the stub
    """

    stub: frozenset[int] = frozenset()
    expected: frozenset[int] = frozenset()
    known: dict[frozenset[int], str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    pieces: dict[str, frozenset[int]] = field(default_factory=dict)

    def add(self, student: str, source: str, name: str, smallest: int) -> None:
        """Add one answer, unless it is the stub, not Python, or too short."""
        try:
            program = words(source, name)
        except (SyntaxError, RecursionError):
            return
        mine = pieces(program) - self.stub
        if mine and len(mine) + PIECE > smallest:
            self.sources[student], self.pieces[student] = source, mine


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("week", metavar="WEEK", help="such as 02_clip or 02")
    parser.add_argument(
        "--threshold",
        type=float,
        default=THRESHOLD,
        metavar="SHARE",
        help=f"list pairs with at least this share of equal pieces, 0 to 1 (default {THRESHOLD})",
    )
    parser.add_argument(
        "--smallest",
        type=int,
        default=SMALLEST,
        metavar="WORDS",
        help=f"leave out answers of fewer words (default {SMALLEST}; a line has about 12)",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write a page with the answers side by side, such as alike.html"
    )


def main(args: argparse.Namespace) -> int:
    """Print the pairs, and write the page with --out."""
    if not 0 < args.threshold <= 1:
        raise InputError(
            f"--threshold {args.threshold}", "a share above 0 and up to 1", f"such as {THRESHOLD}"
        )
    root = paths.root()
    (week,) = weeks(root, [args.week])
    report, sources = compare(root, week, args.threshold, args.smallest)
    if args.out:
        atomic_write(Path(args.out), similarity_page.page(report, sources).encode("utf-8", "replace"))
        report["file"] = args.out
    print(json.dumps(report) if args.json else similarity_page.text(report))
    return 0


def compare(
    root: Path, week: Week, threshold: float = THRESHOLD, smallest: int = SMALLEST
) -> tuple[dict, dict]:
    """Return the report on a week's class, and (exercise, student) → source for the listed answers.

    raises  InputError  without a submission of the week
    """
    release = notebook.read(root / "labs" / week.id / "lab.ipynb")
    submitted = submissions.find(root, week.id)
    if not submitted:
        raise InputError(
            f"no submission of {week.id} in {root / 'submitted'}",
            f"submitted/STUDENT/{week.id}/lab.ipynb",
            "collect the submissions first",
        )
    answers = course_answers(week, release)
    not_read = []
    for submission in submitted:
        prepared = repair.prepare(submission, release)
        if prepared.problem is not None:
            not_read.append(submission.student)
            continue
        for name, source in answer_texts(prepared.notebook, release, answers).items():
            answers[name].add(submission.student, source, name, smallest)
    limit = max(FEW, SHARE * len(submitted))
    common = [group for name, each in answers.items() for group in set_aside(name, each, limit)]
    pairs = ranked({name: alike(each, threshold, limit) for name, each in answers.items()})
    sources = {
        (name, student): answers[name].sources[student]
        for pair in pairs
        for student in pair["students"]
        for name in pair["exercises"]
    }
    report = {
        "week": week.id,
        "note": NOTE,
        "students": len(submitted),
        "not_read": not_read,
        "threshold": threshold,
        "pairs": pairs,
        "clusters": clusters(pairs),
        "common": common,
    }
    return report, sources


def course_answers(week: Week, release: dict) -> dict[str, Answers]:
    """Return exercise → Answers with the course's own answers, and one entry for cells that students added."""
    source, answers = notebook.read(week.notebook), {}
    for exercise in week.exercises:
        if not exercise.is_text:
            stub = pieces(words(notebook.reference(release, exercise.name), exercise.name))
            known = {
                pieces(words(text, exercise.name)) - stub: what
                for what, text in course_texts(exercise, source).items()
            }
            answers[exercise.name] = Answers(stub, frozenset().union(*known), known)
    stub = frozenset().union(*(each.stub for each in answers.values()))
    expected = frozenset().union(*(each.expected for each in answers.values()))
    return answers | {OWN_CELLS: Answers(stub, expected)}


def course_texts(exercise: Exercise, source: dict) -> dict[str, str]:
    """Return description → text for every answer that the course contains."""
    reference = notebook.reference(source, exercise.name)
    answers = {f"the mistake {answer.name}": answer for answer in exercise.mistakes}
    answers |= {f"the alternate {answer.name}": answer for answer in exercise.alternates}
    texts = {what: answer.source(reference, exercise.name) for what, answer in answers.items()}
    return texts | {"the reference": reference}


def answer_texts(lab: dict, release: dict, names: dict) -> dict[str, str]:
    """Return exercise → text of its solution cell, and OWN_CELLS → code in the cells that the student added."""
    given = {key(cell) for cell in release["cells"]}
    own = [cell["source"] for cell in lab["cells"] if cell["cell_type"] == "code" and key(cell) not in given]
    texts = {name: notebook.reference(lab, name) for name in names if name != OWN_CELLS}
    return texts | ({OWN_CELLS: "\n".join(own)} if own else {})


def set_aside(name: str, answers: Answers, limit: float) -> list[dict]:
    """Remove and return the answers that are the course's own, or that more than `limit` students wrote."""
    groups = defaultdict(list)
    for student, mine in answers.pieces.items():
        groups[mine].append(student)
    removed = []
    for mine, students in groups.items():
        if what := answers.known.get(mine) or (MANY if len(students) > limit else None):
            removed.append({"exercise": name, "what": what, "students": students})
            for student in students:
                del answers.pieces[student]
    return removed


def alike(answers: Answers, threshold: float, limit: float) -> dict[tuple[str, str], float]:
    """Return pair of students → share of equal pieces, for answers that share enough.

    Only uncommon pieces are looked up, so pairs that share none cost no time.
    """
    owners = defaultdict(list)
    for student, mine in answers.pieces.items():
        for piece in mine - answers.expected:
            owners[piece].append(student)
    shared = Counter(
        pair
        for students in owners.values()
        if 1 < len(students) <= limit
        for pair in combinations(students, 2)
    )
    pairs = {}
    for (first, second), count in shared.items():
        mine, theirs = answers.pieces[first], answers.pieces[second]
        share = len(mine & theirs) / len(mine | theirs)
        if count >= UNUSUAL and share >= threshold:
            pairs[first, second] = round(share, 3)
    return pairs


def ranked(shares_by_exercise: dict[str, dict[tuple[str, str], float]]) -> list[dict]:
    """Return the pairs with their exercises, sorted by number of exercises, then by similarity."""
    pairs = defaultdict(dict)
    for name, shares in shares_by_exercise.items():
        for pair, share in shares.items():
            pairs[tuple(sorted(pair))][name] = share
    rows = [
        {"students": list(pair), "exercises": names, "similarity": max(names.values())}
        for pair, names in pairs.items()
    ]
    return sorted(rows, key=lambda row: (-len(row["exercises"]), -row["similarity"], row["students"]))


def clusters(pairs: list[dict]) -> list[list[str]]:
    """Return the groups of students that are connected by pairs, larger groups first."""
    group: dict[str, set[str]] = {}
    for pair in pairs:
        first, second = (group.setdefault(student, {student}) for student in pair["students"])
        if first is not second:
            first |= second
            group |= dict.fromkeys(second, first)
    unique = {id(students): sorted(students) for students in group.values()}
    return sorted(unique.values(), key=lambda students: (-len(students), students))
