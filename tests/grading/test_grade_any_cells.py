"""Whatever is done to the cells of a lab, every answer is found and no word that a student wrote is lost."""

import copy
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmlab.cli import notebook
from mmlab.instructor.grading.intake import bindings
from submitted_files import answers, assert_sound, cell, lab_of, prepared_of


@pytest.fixture(scope="module")
def pair(tiny):
    """Return the tiny week's release, and the lab with right answers."""
    return lab_of(tiny)


CHANGES = [
    "insert",
    "double",
    "move",
    "no id",
    "no marks",
    "retype",
    "drop given",
    "change given",
    "tag",
    "points",
    "no metadata",
    "other id",
    "stub below",
    "beside",
]
STEPS = st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 99), st.integers(0, 99)), max_size=10)


def change(lab: dict, release: dict, what: str, where: int, to: int, words: str) -> None:
    """Change a lab without changing an answer; `words` are what is written, if anything is."""
    cells = lab["cells"]
    one = cells[where % len(cells)]
    given = not notebook.about(one).get("solution") and one["source"] in [
        each["source"] for each in release["cells"]
    ]
    if what == "insert":
        cells.insert(to % (len(cells) + 1), cell(f"{words} = 1", ("code", "markdown", "raw")[to % 3]))
    elif what == "double":
        cells.insert(to % (len(cells) + 1), copy.deepcopy(one))
    elif what == "move":
        cells.insert(to % len(cells), cells.pop(where % len(cells)))
    elif what == "no id":
        one.pop("id", None)
    elif what == "no marks":
        one["metadata"] = {}
    elif what == "retype":
        one["cell_type"] = ("code", "markdown", "raw")[to % 3]
    elif what == "drop given" and given:
        cells.remove(one)
    elif what == "change given" and given:
        one["source"] += f"\n{words} = 1"
    elif what == "tag":
        one["metadata"]["tags"] = ["demo", "skip-execution"]
    elif what == "points" and notebook.about(one):
        one["metadata"]["nbgrader"] |= {"points": to, "locked": bool(to % 2), "schema_version": 1 + to % 3}
    elif what == "no metadata":
        lab["metadata"] = {}
    elif what == "other id":
        one["id"] = lab["cells"][to % len(cells)].get("id", "a")
    elif what == "stub below" and "-solution" in (notebook.grade_id(one) or ""):
        cells.insert(to % len(cells), copy.deepcopy(notebook.find(release, notebook.grade_id(one))))
    elif what == "beside" and "-solution" in (notebook.grade_id(one) or ""):
        cells.insert(where % len(cells) + 1, cell(one["source"]))
        one["source"] = notebook.find(release, notebook.grade_id(one))["source"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_is_done_to_cells_every_answer_is_found(pair, steps):
    release, lab = pair[0], copy.deepcopy(pair[1])
    for number, (what, where, to) in enumerate(steps):
        change(lab, release, what, where, to, f"words_{number}_of_mine")
    words = {word for one in lab["cells"] for word in one["source"].split() if word.startswith("words_")}
    with tempfile.TemporaryDirectory() as folder:
        found = prepared_of(lab, Path(folder), release)
    assert_sound(found, release)
    if not lab["cells"]:
        return
    assert found.problem is None
    kept = {word for one in found.notebook["cells"] for word in one["source"].split()}
    assert words <= kept
    wanted, got = answers(pair[1]), answers(found.notebook)
    assert {name: text for name, text in got.items() if name != "explain"} == {
        name: text for name, text in wanted.items() if name != "explain"
    }


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "def a():\n    pass\n    # inside",
                "class b:\n    x = '''\n1\n'''",
                "c = 3",
                "print(1)",
                "# note",
                "",
                "@d\ndef a(): ...",
                "if x:\n    b = 1",
                "%time a = 2",
                "c = (1,\n 2)",
            ]
        ),
        max_size=8,
    )
)
def test_pieces_put_together_are_the_whole(parts):
    source = "\n".join(parts)
    names = [name for name in bindings.bound(source) if name in "abc"]
    if names:
        cut = bindings.pieces(source, names)
        assert cut is not None and "\n".join(text for _, text in cut).rstrip() == source.rstrip()
        assert [name for name, _ in cut] == names
