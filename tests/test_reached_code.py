"""Mutants run again only if code changes that can decide whether they are killed: the definitions that are reached."""

from functools import cache
from pathlib import Path

import pytest

from mmlab.cli import notebook, setup_cell
from mmlab.errors import InputError
from mmlab.instructor.authoring import code_digest, proof_stamps, reached_code
from mmlab.instructor.authoring.code_digest import PACKAGE
from mmlab.instructor.authoring.exercise import weeks
from mmlab.instructor.authoring.reached_code import EVERYTHING, data_of, reached

ROOT = Path(__file__).resolve().parents[1]
WEEK = weeks(ROOT, ["00"])[0]
NAMES = [exercise.name for exercise in WEEK.exercises if not exercise.is_text]

FILES = {
    "mmlab/__init__.py": "def __getattr__(name): return load(name)",
    "mmlab/plain.py": '"""See mmlab.other."""\nimport os\nLIMIT = 3\ndef f(): return LIMIT\ndef g(): return 1',
    "mmlab/other.py": "from mmlab.plain import f\ndef h(f): return f\nclass K:\n    def run(self): return f()",
    "mmlab/room/__init__.py": "def __getattr__(name): return load(name)",
    "mmlab/room/inner.py": "def deep(): return open('table.json')\ndef shallow(): return 1",
    "mmlab/room/table.json": "{}",
    "mmlab/room/table.npz": "",
    "mmlab/loose.py": "def k(): return 1\ndef l(): return 2\nif k():\n    l()\nif __name__ == '__main__':\n    m()\ndef m(): ...",
    "mmlab/found/__init__.py": "import importlib\ndef find(name): return importlib.import_module(name)",
    "mmlab/found/a.py": "A = 1",
}
REACHED = [
    ("from mmlab.plain import f\nf()", {"plain.py": {"LIMIT", "f"}}),
    ("from mmlab.plain import f", {}),  # an import that nothing uses
    ("from mmlab import plain\nplain.g()", {"plain.py": {"g"}}),
    ("import mmlab.plain as p\np.g()", {"plain.py": {"g"}}),
    ("import mmlab.plain\nmmlab.plain.g()", {"plain.py": {"g"}}),
    ("def t():\n    from mmlab.plain import g\n    return g()", {"plain.py": {"g"}}),
    ("from mmlab import plain\nuse(plain)", {"plain.py": {"LIMIT", "f", "g"}}),
    ("from mmlab.other import h\nh()", {"other.py": {"h"}}),  # its parameter hides the import
    ("from mmlab.other import K\nK()", {"other.py": {"K"}, "plain.py": {"LIMIT", "f"}}),
    ("from mmlab.other import f\nf()", {"plain.py": {"LIMIT", "f"}}),
    ("from mmlab.room import shallow\nshallow()", {"room/inner.py": {"shallow"}}),
    ("from mmlab import room\nroom.inner.deep()", {"room/inner.py": {"deep"}}),
    (
        "RUN = ['mmlab.plain.g', 'from mmlab.room.inner import deep']",
        {"plain.py": {"g"}, "room/inner.py": {"deep"}},
    ),
    ("from mmlab.loose import k\nk()", {"loose.py": {"k", "l"}}),
    ("from mmlab.found import find\nfind(x)", {"found/__init__.py": {"find"}, "found/a.py": {"A"}}),
    ("from numpy import f\nimport plain", {}),
]


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A package with every kind of reference; returns the folder above it."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(code_digest, "PACKAGE", (tmp_path / "mmlab").resolve())
    return tmp_path


@pytest.mark.parametrize(("source", "wanted"), REACHED)
def test_each_name_reaches_its_definition_and_nothing_beside_it(planted, source, wanted):
    start = planted / "start.py"
    start.write_text(source)
    code = reached([(start, EVERYTHING)])
    names = {
        path.relative_to(planted / "mmlab").as_posix(): {
            name for name in ("LIMIT", "A", *"fghklm", "K", "deep", "shallow", "find") if defines(text, name)
        }
        for path, text in code.items()
        if path != start.resolve()
    }
    assert names == wanted


def defines(text: str, name: str) -> bool:
    return any(
        f"{before}{name}{after}" in text for before, after in (("def ", "("), ("class ", ":"), ("", " ="))
    )


def test_data_count_with_the_code_that_names_their_kind(planted):
    inner = planted / "mmlab/room/inner.py"
    assert data_of(reached([(inner, "deep")])) == {inner.with_name("table.json")}
    assert data_of(reached([(inner, "shallow")])) == set()


def test_comments_and_docstrings_do_not_count_but_texts_do(planted):
    path = planted / "mmlab/plain.py"
    texts = []
    for source in (
        "def f():\n    return '# no comment'",
        'def f():\n    """Docstring."""\n\n    # a comment\n    return \'# no comment\'  # another\n',
        "def f():\n    return '# no comments'",
    ):
        path.write_text(source)
        reached_code._read.cache_clear()
        texts.append(reached([(path, "f")])[path.resolve()])
    assert texts[0] == texts[1] != texts[2]


def test_a_start_that_is_not_defined_is_refused(planted):
    with pytest.raises(InputError, match="does not define other"):
        reached([(planted / "mmlab/plain.py", "other")])


EXERCISES = WEEK.folder / "exercises"
# (file, text, another text) of changes that decide nothing, of one that decides everywhere, and of three exercises' own
IDLE = [
    ("cli/lab_check.py", "import", "LONGER = 3\nimport"),
    ("check/__init__.py", "a function or class of that name", "a function"),
    ("check/drivers.py", "LOOK = 4", "# how often\nLOOK = 4"),
    ("instructor/grading/intake/submissions.py", "import", "LONGER = 3\nimport"),
]
DRIVER = [("check/drivers.py", "LOOK = 4", "LOOK = 5")]
OWN = [
    (EXERCISES / "native_modalities.py", "minutes=", "minutes=1+"),
    (EXERCISES / "_headers.py", "def png(", "@remembered\ndef png("),
    (ROOT / "tests/right/to_model_tensor.py", "ANSWERS = ", "ANSWERS = 2 * "),
]
CHANGES = [
    (IDLE, set()),
    (DRIVER, set(NAMES)),
    (OWN, {"native_modalities", "sniff_image_format", "to_model_tensor"}),
    ([(ROOT / "constraints.txt", "torch==", "torch==9")], set(NAMES)),
]


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    """Return the digests of week 00."""
    return proof_stamps.mutant_digests(ROOT, WEEK)


@pytest.mark.parametrize(("changes", "changed"), CHANGES)
def test_only_what_can_decide_about_mutants_changes_their_digests(monkeypatch, before, changes, changed):
    edits = {PACKAGE / path: texts for path, *texts in changes}
    plain = Path.read_text

    def read(self, *args, **options):
        text = plain(self, *args, **options)
        if self in edits:
            assert edits[self][0] in text
            text = text.replace(*edits[self], 1)
        return text

    monkeypatch.setattr(Path, "read_text", read)
    monkeypatch.setattr(reached_code, "_read", cache(reached_code._read.__wrapped__))
    now = proof_stamps.mutant_digests(ROOT, WEEK)
    assert {name for name in now if now[name] != before[name]} == changed


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("check/compare.py", "def close("),
        ("check/verdict.py", "def difference("),
        ("check/service.py", "def served("),
        ("codec.py", "def dumps("),
        ("instructor/authoring/mutants.py", "ast.Lt: ast.LtE"),
        ("instructor/authoring/differential.py", "SEEDS = 6"),
        ("instructor/authoring/exercise.py", "class Exercise:"),
        ("cli/notebook.py", "def define("),
    ],
)
def test_every_exercise_reaches_what_makes_and_judges_mutants(path, text):
    code = reached(proof_stamps.decisive(), but=[Path(setup_cell.__file__)])
    assert text in code[PACKAGE / path]


def test_a_changed_reference_changes_its_own_digest_alone(monkeypatch, before):
    plain = notebook.read

    def read(path):
        lab = plain(path)
        cell = notebook.find(lab, "native_modalities-solution")
        cell["source"] = cell["source"].replace("return ", "return  ", 1)
        return lab

    monkeypatch.setattr(notebook, "read", read)
    now = proof_stamps.mutant_digests(ROOT, WEEK)
    assert {name for name in now if now[name] != before[name]} == {"native_modalities"}
