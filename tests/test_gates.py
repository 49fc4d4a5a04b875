"""Each clause of each gate: what it flags, in which words, and what it lets pass."""

import json
from pathlib import Path

import pytest

from gates import cells, labs, repository, source, words
from gates.cells import Notebook, code, prose
from gates.files import File
from gates.source import Source

ROOT = Path(__file__).resolve().parents[1]
RAISES = "try:\n    f()\nexcept {}:\n    {}\n"
PICTURE = "<img src='x' alt='three red circles'>"


def py(text: str) -> tuple[Source]:
    """Return a planted file of the package."""
    return (Source("mmlab/planted.py", text),)


def nb(*planted: dict, path: str = "lessons/02_planted.ipynb") -> tuple[Notebook]:
    """Return a planted notebook."""
    return (Notebook.of(*planted, path=path),)


def ran(output: dict, marked: bool = True, kind: str = "code") -> dict:
    """Return a cell with one output."""
    meta = {"tags": [cells.MARK]} if marked else {}
    return code("f()", metadata=meta, outputs=[output], execution_count=1)


def said(text: str, name: str = "stdout") -> dict:
    """Return printed text as an output."""
    return {"output_type": "stream", "name": name, "text": text}


def shown(kind: str, value: str) -> dict:
    """Return a displayed output."""
    return {"output_type": "display_data", "data": {kind: value}, "metadata": {}}


def answer(source_text: str, name: str = "f") -> dict:
    """Return a solution cell with an answer between the markers."""
    lines = source_text.replace("\n    ", "\n    ### BEGIN SOLUTION\n    ", 1) + "\n    ### END SOLUTION"
    meta = {"nbgrader": {"solution": True, "grade_id": f"{name}-solution"}}
    return code(lines, f"{name}-solution", metadata=meta)


def check(name: str = "f") -> dict:
    """Return the check cell of an exercise."""
    meta = {"nbgrader": {"grade": True, "locked": True, "grade_id": name, "points": 2}}
    return code(f'check("{name}", {name})', name, metadata=meta)


SETUP = code("import math, sys\nimport numpy as np\nfrom mmlab import world", "setup")
SOLVED = Notebook.of(
    SETUP,
    prose("do it", "f-statement"),
    answer("def f(a, b):\n    scaled = a * 3 + b\n    return scaled.sum() / len(scaled)"),
    check(),
    path="solutions/02_x/lab.ipynb",
)

FLAGGED = [
    (source.docstrings, py("def shown(): pass"), "no docstring"),
    (source.docstrings, py('"""Doc."""\nclass A: pass'), "A has no docstring"),
    (source.swallowed, py(RAISES.format("", "pass")), "vanishes"),
    (source.swallowed, py(RAISES.format("(OSError, Exception)", "x = None; pass")), None),
    (source.swallowed, py(RAISES.format("(OSError, Exception)", "return None")), "vanishes"),
    (source.swallowed, py(RAISES.format("OSError", "pass")), "vanishes"),
    (source.swallowed, py(RAISES.format("OSError", "pass  # it may be gone already")), None),
    (source.swallowed, py(RAISES.format("ValueError", "return False")), None),
    (source.swallowed, py("with contextlib.suppress(Exception): f()"), "vanishes"),
    (source.swallowed, py("with contextlib.suppress(OSError): f()"), None),
    (source.worded_errors, py("raise ValueError('no')"), "plain ValueError"),
    (source.worded_errors, py("raise errors.ShapeError('given', 'wanted')"), "without given"),
    (source.worded_errors, py("raise InputError('given', 'wanted', do='act')"), None),
    (
        source.error_tree,
        py('"""A"""\nclass MmlabError(Exception): pass\nclass A(MmlabError): pass'),
        "standard kind",
    ),
    (source.error_tree, py('""""""\nclass A(MmlabError, ValueError): pass'), "not drawn"),
    (
        source.error_tree,
        py('"""A"""\nclass A(MmlabError, ValueError): pass\nclass B(Exception): pass'),
        "not under",
    ),
    (
        source.error_tree,
        py(
            '"""'
            + "ABCDEFG"
            + '"""\n'
            + "\n".join(f"class {c}(MmlabError, ValueError): 1" for c in "ABCDEFG")
        ),
        "7 kinds",
    ),
    (source.names, (Source("mmlab/utils.py", ""),), "a file called utils"),
    (source.names, py("class CaseManager: pass"), "CaseManager"),
    (cells.cell_ids, nb(code("1", "twice"), code("2", "twice")), "two cells"),
    (cells.cell_ids, nb(code("1", "Mixed Case")), "not readable"),
    (cells.cell_ids, nb(code("1", "")), "not readable"),
    (cells.cell_ids, nb(code("1", "vit-patchify-solution")), None),
    (cells.cell_lines, nb(code("x = 1\n" * 26, metadata={"tags": ["stretch"]})), "26 lines"),
    (cells.cell_lines, nb(code("x = 1\n\n" * 15)), None),
    (cells.predictions, nb(*[prose("<details>", f"predict-{i}") for i in range(2)]), "2 predictions"),
    (cells.predictions, nb(*[prose("<details>", f"predict-{i}") for i in range(3)]), None),
    (cells.quiz, nb(*[prose("(a) (b) <details>(a) (b)", f"quiz-{i}") for i in range(4)]), "4 questions"),
    (cells.quiz, nb(*[prose("yes or no? <details>", f"quiz-{i}") for i in range(5)]), "0 choices"),
    (cells.stored_outputs, nb(code("f()", metadata={"tags": [cells.MARK]})), "stores no output"),
    (cells.stored_outputs, nb(ran(said("1\n"), marked=False)), "not marked"),
    (cells.stored_outputs, nb(ran(said("1\n" * 11))), "11 lines"),
    (cells.stored_outputs, nb(ran(shown("text/html", PICTURE))), "more than printed"),
    (cells.stored_outputs, nb(ran(said("1\n", "stderr"))), "more than printed"),
    (cells.stored_outputs, nb(ran(said("1\n" * 10))), None),
    (
        cells.nothing_on_stderr,
        nb(ran({"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []})),
        "KeyError",
    ),
    (cells.alternative_text, nb(ran(shown("image/png", "iVBOR"))), "raw image/png"),
    (cells.alternative_text, nb(ran(shown("text/html", "<p><img src='x'></p>"))), "without words"),
    (cells.alternative_text, nb(ran(shown("text/html", "<svg viewBox='0 0 1 1'></svg>"))), "without words"),
    (cells.alternative_text, nb(prose("![](scene.png)")), "without words"),
    (cells.alternative_text, nb(ran(shown("text/html", PICTURE)), prose("![a star](scene.png)")), None),
    (cells.no_widgets, nb(code("from mmlab import view, widgets")), "widget"),
    (labs.graded_cells, nb(check()), "no solution cell"),
    (
        labs.graded_cells,
        nb(check(), code("", "f-solution", metadata={"nbgrader": {"solution": True}})),
        "markers",
    ),
    (labs.graded_cells, (SOLVED,), None),
    (labs.self_contained, nb(SETUP, answer("def f(x):\n    return [helper(y) for y in x]")), "helper"),
    (labs.self_contained, nb(SETUP, answer("class F(nn.Module):\n    def forward(self, x): return x")), "nn"),
    (
        labs.self_contained,
        nb(SETUP, answer("def f(x):\n    g = lambda y: np.exp(y) + math.pi\n    return [g(y) for y in x]")),
        None,
    ),
    (labs.lab_size, ("w", [labs.Task("a", 2, 1, 46)]), "46 minutes"),
    (labs.lab_size, ("w", [labs.Task(str(i), 2, 1, 40) for i in range(5)]), "200 minutes"),
    (labs.lab_size, ("w", []), "0 of 0 points"),
    (
        labs.not_handed_out,
        (Notebook.of(code("def g(q, r):\n    z = q * 3 + r\n    return z.sum() / len(z)")), [SOLVED]),
        "answer to f",
    ),
    (
        labs.not_handed_out,
        (Notebook.of(code("t = u * 3 + v\nm = t.sum() / len(t)\nprint(m)")), [SOLVED]),
        "answer to f",
    ),
    (
        labs.not_handed_out,
        (Notebook.of(code("def g(q, r):\n    z = q * 4 + r\n    return z.sum() / len(z)")), [SOLVED]),
        None,
    ),
    (
        labs.leaked,
        ("<pre>return scaled.sum()  /  len(scaled)\n scaled = a * 3 + b</pre>", SOLVED),
        "answer to f-solution",
    ),
    (labs.leaked, ("### BEGIN SOLUTION", SOLVED), "marker"),
    (labs.leaked, ("scaled", SOLVED), None),
]


@pytest.mark.parametrize(
    "rule, subject, words", FLAGGED, ids=[f"{i}-{c[0].__name__}" for i, c in enumerate(FLAGGED)]
)
def test_each_clause(rule, subject, words):
    found = rule(*subject)
    if words is None:
        assert not found, found
    else:
        assert any(words in fault for fault in found), found


PRIVATE_LINES = [
    "/ho" + "me/alice/notes",
    "/ro" + "ot/.cache",
    "C:" + "\\Users\\bob",
    "carol" + "@" + "uni.example",
    "AKIA" + "A" * 16,
    "hf_" + "a" * 34,
    "sk-" + "a" * 24,
    "-----BEGIN " + "PRIVATE KEY-----",
]


@pytest.mark.parametrize("line", PRIVATE_LINES)
def test_private_text_is_flagged(line, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"before {line} after\n")
    assert repository.private_text(path)


@pytest.mark.parametrize(
    "line", ["actions/checkout@v4", "mathjax@3.2.2", "a @ b", "https://x.org/home/page", "~/.cache"]
)
def test_public_text_is_not(line, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"before {line} after\n")
    assert not repository.private_text(path)


def test_readme_trees_are_read(tmp_path):
    (tmp_path / "mmlab").mkdir()
    (tmp_path / "mmlab/world.py").write_text("")
    tree = [
        "mmlab/  the package",
        "  world/  as a folder",
        "lessons/",
        "labs/",
        "solutions/",
        "book/",
        "tests/",
    ]
    (tmp_path / "README.md").write_text("```sh\nmake start\n```\n\n```\n" + "\n".join(tree) + "\n```\n")
    assert repository.readme_tree(tmp_path) == [
        "README's tree lacks world.py",
        "README's tree shows world/, which is not there",
    ]


def test_the_map_is_read(tmp_path):
    (tmp_path / "mmlab").mkdir()
    (tmp_path / "mmlab/losses.py").write_text("")
    rows = '"""Map.\n\nRooms:\n\n    world   scenes, drawn and told  errors\n"""'
    (tmp_path / "mmlab/__init__.py").write_text(rows)
    assert repository.package_map(tmp_path) == [
        "losses is not in the map",
        "world is in the map and not there",
    ]


def test_notebooks_are_read_whether_sources_are_lists_or_text(tmp_path):
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "source": ["a = 1\n", "b = 2"], "outputs": []}
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
    assert Notebook.read(tmp_path / "n.ipynb", tmp_path).cells[0]["source"] == "a = 1\nb = 2"


WORDS = [  # a planted line, the word that is flagged in it (None: nothing), and its path
    ('"""Mended by hand."""', "Mended", "mmlab/planted.py"),
    ("# what was handed in late", "handed in", "mmlab/planted.py"),
    ("# it comes from a person's hands, in order", None, "mmlab/planted.py"),
    ("# written by hand in the lab", None, "mmlab/planted.py"),
    ("print('the mind reads')", "the mind", "mmlab/planted.py"),
    ("# never mind", None, "mmlab/planted.py"),
    ("raise InputError(f'{n} papers', 'at most 5', 'send fewer')", "papers", "mmlab/planted.py"),
    ('"""As in the CLIP paper, figure 3."""', None, "mmlab/planted.py"),
    ('"""The paper is white."""', "paper", "mmlab/planted.py"),
    ("LABEL = 'a film of {seconds} s'", "film", "mmlab/planted.py"),
    ("KIND = 'film'", None, "mmlab/planted.py"),
    ("x = 1  # dearer, but exact", "dearer", "mmlab/planted.py"),
    ("# worn by a bad copier", "worn", "mmlab/planted.py"),
    ("# pixels are shaken", "shaken", "mmlab/planted.py"),
    ("# one sitting each", "sitting", "mmlab/planted.py"),
    ("# nr. 3", "nr.", "mmlab/planted.py"),
    ("# it said so, was asked, told, shown and kept", None, "mmlab/planted.py"),
    ("told = 1", "told", "mmlab/planted.py"),
    ("class V:\n    said: str", "said", "mmlab/planted.py"),
    ("def f(asked): pass", "asked", "mmlab/planted.py"),
    ("def kept(): pass", "kept", "mmlab/planted.py"),
    ("self.shown = 1", "shown", "mmlab/planted.py"),
    ("print([one.name for one in rows])", "one", "mmlab/planted.py"),
    ("lambda place: place + 1", "place", "mmlab/planted.py"),
    ("for _found in x: pass", "_found", "mmlab/planted.py"),
    ("import numpy as one", "one", "mmlab/planted.py"),
    ("one_thread = placed = 1", None, "mmlab/planted.py"),
    ("print(verdict.said, place)", None, "mmlab/planted.py"),
    ("def film_part(): pass", "film_part", "mmlab/planted.py"),
    ("class HandIn: pass", "HandIn", "mmlab/planted.py"),
    ("hand_ins = []", "hand_ins", "mmlab/planted.py"),
    ("shorthand_index = remind = 1", None, "mmlab/planted.py"),
    ("", "mind", "mmlab/server/mind.py"),
    ("ITEMS = ['paper towels', 'a film poster']", None, "mmlab/world/planted.py"),
    ("raise InputError('two films', 'one', 'cut')", "films", "mmlab/world/planted.py"),
    ("Collect the hand-ins.", "hand-ins", "book/planted.md"),
    ("Collect the submissions.", None, "book/planted.md"),
]


@pytest.mark.parametrize("text, word, path", WORDS, ids=[f"{i}-{case[1]}" for i, case in enumerate(WORDS)])
def test_each_private_word_is_flagged(text, word, path):
    faults = words.standard_words(Source(path, text))
    assert [fault.split("'")[1] for fault in faults] == ([word] if word else [])


def test_a_word_is_found_on_its_line():
    text = '"""A.\n\nMend it.\n"""\none = "x\\n\\n mend it"\n'
    faults = words.standard_words(Source("mmlab/planted.py", text))
    assert [fault.split(":")[1] for fault in faults] == ["3", "5", "5"]
    assert words.standard_words(File("book/a.md", "x\n\na film"))[0].startswith("book/a.md:3:")


def test_what_an_exception_covers_passes_and_an_unused_one_is_listed(monkeypatch):
    files = [Source("mmlab/planted.py", "# the film of oil on water\n# a film\n")]
    oil = words.Allowed("mmlab/planted.py", "film of oil", "a layer, not a video")
    monkeypatch.setattr(words, "EXCEPTIONS", (oil, words.Allowed("mmlab/other.py", "film", "not there")))
    assert [fault.split(":")[1] for fault in words.standard_words(files[0])] == ["2"]
    assert words.unused(files) == [words.EXCEPTIONS[1]]


def test_every_exception_is_of_use_and_every_clean_part_is_there():
    assert not words.unused(words.files(ROOT))
    assert all((ROOT / part).exists() for part in words.CLEAN)
    assert len(words.CLEAN) == len(set(words.CLEAN))


def test_parts_of_the_repository_are_listed_by_path(monkeypatch, capsys):
    assert words.main(["mmlab/codec.py", "mmlab/models"]) == 0 and capsys.readouterr().out == "0 hits\n"
    planted = [Source("mmlab/api/a.py", "one = 1"), Source("mmlab/instructor/site/b.py", "place = 2")]
    monkeypatch.setattr(
        words, "files", lambda root, below="": [f for f in planted if words.within(f.path, below)]
    )
    assert words.main(["mmlab/api"]) == 1 and "mmlab/api/a.py:1: 'one'" in capsys.readouterr().out
    assert words.main([]) == 1
    assert capsys.readouterr().out.split() == ["1", "mmlab/api", "1", "mmlab/instructor/site"]
