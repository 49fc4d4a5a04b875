"""`mmlab similarity`: copies are found under any names, and nobody is listed for writing what all write."""

import json
import re
import time

import pytest

from mmlab.cli import command_line, notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.reports import similarity
from mmlab.instructor.reports.fingerprints import PIECE, pieces, words
from student_labs import own, solution
from tiny_course import SOLUTIONS, WEEK
from tiny_exercises import scaled_sum__forgets_the_scale, scaled_sum__in_a_loop

COPIED = '''\
def scaled_sum(x, scale):
    """Return the sum of x, scaled."""
    if scale < 0:
        raise ValueError("a negative scale")
    total = torch.zeros(())
    for row in x.reshape(-1, x.shape[-1]):
        part = torch.stack([scale * value for value in row])
        total = total + part.cumsum(0)[-1]
    return total.clone()'''
DISGUISED = """\
# all my own work
def scaled_sum(matrix, k):
    if k < 0: raise ValueError('k must not be negative!')
    result: torch.Tensor = torch.zeros(())  # start
    for r in matrix.reshape(-1, matrix.shape[-1]):

        chunk = torch.stack([k * entry for entry in r])
        result = result + chunk.cumsum(0)[-1]
    return result.clone()"""
PADDED = COPIED.replace("    return total", "    count = len(x)\n    assert count > 0\n    return total")
OTHER = """\
def scaled_sum(x, scale):
    if not scale >= 0:
        raise ValueError
    weights = torch.full_like(x, scale)
    return torch.einsum("i,i->", x.flatten(), weights.flatten()) if x.numel() else x.sum()"""


def hand_in(root, student: str, answer: str = "", extra: str = "") -> None:
    """Put a submission of the tiny week into submitted/, with one answer and one cell of the student's own."""
    lab = notebook.read(root / "labs" / WEEK / "lab.ipynb")
    if answer:
        solution(lab, "scaled_sum")["source"] = answer
    if extra:
        lab["cells"].append(own(extra, "code", f"own-{student}"))
    folder = root / "submitted" / student / WEEK
    folder.mkdir(parents=True)
    notebook.write(folder / "lab.ipynb", lab)


def compared(root, **options) -> dict:
    """Return the report on the tiny week's class."""
    return similarity.compare(root, load(root / "solutions" / WEEK), **options)[0]


def listed(report: dict) -> list[list[str]]:
    """Return the pairs of students, sorted."""
    return sorted(pair["students"] for pair in report["pairs"])


# what is left of a program


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (COPIED, DISGUISED),
        ("x = 1", "x=1.0;"),
        ("x: int = f(2)", "y = f(2)"),
        ("def f(a: int) -> int: return a", "def f(b):\n    '''Same.'''\n    pass\n    return b"),
        ("import numpy as np\nnp.ones(2)", "import numpy as n\nn.ones(2)"),
        ("class A:\n    def f(self): self.x = 1", "class B:\n    def f(self): self.y = 1"),
        ("%matplotlib inline\n!pip list\nx = 1", "x = 1"),
    ],
)
def test_what_says_the_same_reads_the_same(one, other):
    assert words(one) == words(other) and pieces(words(one)) == pieces(words(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 2"),
        ("a.sum(0)", "a.mean(0)"),
        ("a + b", "a - b"),
        ("np.exp(2)", "math.exp(2)"),
        ("f(dim=1)", "f(axis=1)"),
        ("x = True", "x = 1"),
    ],
)
def test_what_does_something_else_reads_otherwise(one, other):
    assert words(one) != words(other)


@pytest.mark.parametrize(
    "text", ["def f(:", "x = (", "\0", "x = " + "(" * 500 + ")" * 500, "-" * 100_000 + "1"]
)
def test_what_is_no_python_is_left_out(text):
    answers = similarity.Answers()
    answers.add("anna", text, "f", 1)
    assert not answers.pieces
    assert pieces([]) == frozenset() and len(pieces(["a"])) == 1 and len(pieces(["a"] * 3 * PIECE)) == 1


# a class


def test_a_copy_is_found_under_other_names_and_with_lines_put_in(copy_of_tiny):
    for student, answer in {
        "anna": COPIED,
        "bert": DISGUISED,
        "carl": PADDED,
        "dora": OTHER,
        "emil": "",
    }.items():
        hand_in(copy_of_tiny, student, answer)
    report = compared(copy_of_tiny)
    assert listed(report) == [["anna", "bert"], ["anna", "carl"], ["bert", "carl"]]
    assert report["pairs"][0] == {
        "students": ["anna", "bert"],
        "exercises": {"scaled_sum": 1.0},
        "similarity": 1.0,
    }
    assert (
        report["clusters"] == [["anna", "bert", "carl"]]
        and report["students"] == 5
        and report["common"] == []
    )
    assert listed(compared(copy_of_tiny, threshold=0.99)) == [["anna", "bert"]]
    assert listed(compared(copy_of_tiny, smallest=500)) == []


def test_the_course_s_own_answers_say_nothing(copy_of_tiny):
    wrong, right = (
        notebook.renamed(one, "scaled_sum") for one in (scaled_sum__forgets_the_scale, scaled_sum__in_a_loop)
    )
    for student, answer in {
        "a1": wrong,
        "a2": wrong,
        "b1": right,
        "b2": right,
        "c1": SOLUTIONS["scaled_sum"],
    }.items():
        hand_in(copy_of_tiny, student, answer)
    report = compared(copy_of_tiny, smallest=1)
    assert report["pairs"] == [] and {one["what"]: one["students"] for one in report["common"]} == {
        "the mistake forgets_the_scale": ["a1", "a2"],
        "the alternate in_a_loop": ["b1", "b2"],
        "the reference": ["c1"],
    }


def test_an_answer_that_many_wrote_says_nothing(copy_of_tiny):
    for number in range(similarity.FEW + 1):
        hand_in(copy_of_tiny, f"s{number}", COPIED)
    report = compared(copy_of_tiny)
    assert report["pairs"] == [] and [one["what"] for one in report["common"]] == ["the same answer of many"]


def test_two_that_differ_from_the_reference_by_the_same_word_are_not_listed(copy_of_tiny):
    near = SOLUTIONS["scaled_sum"].replace("scale < 0", "scale <= -1e-9")
    hand_in(copy_of_tiny, "anna", near)
    hand_in(copy_of_tiny, "bert", near)
    assert compared(copy_of_tiny, smallest=1)["pairs"] == []


def test_own_cells_are_compared_and_what_is_refused_is_named(copy_of_tiny):
    hand_in(copy_of_tiny, "anna", extra=COPIED.replace("scaled_sum", "helper"))
    hand_in(copy_of_tiny, "bert", extra=DISGUISED.replace("scaled_sum", "mine"))
    folder = copy_of_tiny / "submitted/carl" / WEEK
    folder.mkdir(parents=True)
    (folder / "lab.ipynb").write_text("no notebook")
    report = compared(copy_of_tiny)
    assert report["pairs"][0]["exercises"] == {similarity.OWN_CELLS: 1.0} and report["not_read"] == ["carl"]


def test_pairs_with_more_exercises_come_first():
    found = {"f": {("a", "b"): 0.9, ("c", "d"): 1.0}, "g": {("b", "a"): 0.6}}
    rows = similarity.ranked(found)
    assert [row["students"] for row in rows] == [["a", "b"], ["c", "d"]] and rows[0]["exercises"] == {
        "f": 0.9,
        "g": 0.6,
    }
    assert similarity.clusters(rows) == [["a", "b"], ["c", "d"]]


def test_every_report_says_what_it_is_for(copy_of_tiny, inside, tmp_path, capsys):
    inside(copy_of_tiny)
    hand_in(copy_of_tiny, "anna", COPIED + "\n# </code><script>alert(1)</script>")
    hand_in(copy_of_tiny, "<b>ert", DISGUISED)
    out = tmp_path / "alike.html"
    assert command_line.main(["similarity", "90", "--out", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (
        report["note"] == similarity.NOTE
        and "never to mark by" in report["note"]
        and report["file"] == str(out)
    )
    page = out.read_text(encoding="utf-8")
    assert "never to mark by" in page and '<html lang="en">' in page and "chunk = torch.stack" in page
    assert not re.search(r"<script|<b>ert|https?:|src=|@import|url\(", page)
    assert command_line.main(["similarity", WEEK]) == 0
    said = capsys.readouterr().out
    assert "never to mark by" in said and "<b>ert and anna: scaled_sum 100%" in said


def test_requests_that_cannot_be_met_are_worded(copy_of_tiny, inside, capsys):
    inside(copy_of_tiny)
    for words_, said in (
        (["77"], "week '77'"),
        (["90"], "no submission of 90_tiny"),
        (["90", "--threshold", "7"], "--threshold 7"),
    ):
        assert command_line.main(["similarity", *words_]) == 2 and said in capsys.readouterr().err
    with pytest.raises(InputError):
        compared(copy_of_tiny)


def test_a_class_of_500_takes_seconds():
    answers, began = similarity.Answers(), time.process_time()
    lines = [f"    a = torch.stack([x[{n}], scale * x.mean()]).cumsum({n % 7})" for n in range(1100)]
    for student in range(500):
        mine = lines[student * 2 : student * 2 + 12] if student != 250 else lines[100:112]
        answers.add(f"s{student}", "\n".join(["def f(x, scale):", *mine, "    return x"]), "f", 40)
    pairs = similarity.alike(answers, 0.9, 25)
    assert pairs == {("s50", "s250"): 1.0} and time.process_time() - began < 20
