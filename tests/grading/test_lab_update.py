"""An update brings the release, whole, and loses nothing that a student wrote."""

import copy

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmlab.cli import lab_file, notebook
from mmlab.cli.lab_submit import faults
from mmlab.cli.lab_update import content, merged
from student_labs import ANSWER, bare, from_colab, own, released, signed, solution, texts, without

PICTURE = {"image.png": {"image/png": "aGVsbG8="}}


@pytest.fixture
def begun() -> dict:
    """Return a lab with one answer in it."""
    lab = released()
    solution(lab)["source"] = ANSWER
    return lab


def answer(lab: dict, name: str = "native_modalities") -> str:
    """Return what stands in an exercise's solution cell."""
    return solution(lab, name)["source"]


def test_a_lab_as_released_stays_as_it_is():
    result, report = merged(released(), released())
    assert content(result) == content(released())
    assert report == {"kept": [], "new": [], "copied": [], "moved_to_end": []}


def test_a_new_release_brings_its_statements_stubs_and_exercises(begun):
    new = released()
    notebook.find(new, "native_modalities-statement")["source"] += "\n\nOne more sentence."
    solution(new, "to_model_tensor")["source"] = "def to_model_tensor(picture): ..."
    begun = without(
        begun, "sniff_image_format-statement", "sniff_image_format-solution", "sniff_image_format"
    )
    result, report = merged(begun, signed(new))
    assert content(result)[1:] != content(begun)[1:] and "One more sentence." in texts(result)
    assert (
        answer(result) == ANSWER and answer(result, "to_model_tensor") == "def to_model_tensor(picture): ..."
    )
    assert report["kept"] == ["native_modalities-solution"]
    assert report["new"] == [
        "sniff_image_format-statement",
        "sniff_image_format-solution",
        "sniff_image_format",
    ]
    assert report["copied"] == []


def test_a_deleted_check_cell_is_back_in_its_place(begun):
    result, report = merged(without(begun, "native_modalities"), released())
    ids = [cell["id"] for cell in result["cells"]]
    assert ids.index("native_modalities") == ids.index("native_modalities-solution") + 1
    assert report["new"] == ["native_modalities"]


def test_own_cells_stay_where_they_were(begun):
    begun["cells"].insert(0, own("first of all", cell_id="setup"))
    at = begun["cells"].index(solution(begun))
    begun["cells"].insert(at, own("x = 1", "code", "a b/c"))
    result, _ = merged(begun, released())
    sources = [cell["source"] for cell in result["cells"]]
    assert sources[0] == "first of all" and notebook.grade_id(notebook.find(result, "setup"))
    assert sources.index("x = 1") == sources.index(ANSWER) - 1
    nbformat.validate(lab_file.repaired(result))


def test_an_answer_to_a_dropped_exercise_stands_at_the_end(begun):
    new = without(
        released(), "native_modalities-statement", "native_modalities-solution", "native_modalities"
    )
    result, report = merged(begun, signed(new))
    assert result["cells"][-1]["source"] == ANSWER and not notebook.about(result["cells"][-1])
    assert report["moved_to_end"] == ["native_modalities-solution"]
    assert "What a model takes in" not in texts(result)


def test_changed_cells_of_the_release_stay_as_copies(begun):
    for name in ("setup", "native_modalities-statement", "native_modalities-demo", "native_modalities"):
        notebook.find(begun, name)["source"] += f"\nmy words in {name}"
    result, report = merged(begun, released())
    assert faults(result, released()) == []
    assert sorted(report["copied"]) == [
        "native_modalities",
        "native_modalities-demo",
        "native_modalities-statement",
        "setup",
    ]
    assert all(f"my words in {name}" in texts(result) for name in report["copied"])


def test_of_two_copies_of_a_solution_the_written_one_is_the_answer(begun):
    stub = copy.deepcopy(solution(released()))
    begun["cells"].insert(begun["cells"].index(solution(begun)), stub)
    result, _ = merged(begun, released())
    assert answer(result) == ANSWER and texts(result).count("def native_modalities") == 1


def test_a_copy_with_another_answer_runs_after_the_first_as_it_did(begun):
    at = begun["cells"].index(solution(begun))
    begun["cells"].insert(at + 1, copy.deepcopy(solution(begun)) | {"source": "native_modalities = 1"})
    result, report = merged(begun, released())
    sources = [cell["source"] for cell in result["cells"]]
    assert sources[sources.index(ANSWER) + 1] == "native_modalities = 1" and report["copied"]


@pytest.mark.parametrize("editor", [bare, from_colab])
def test_answers_are_known_without_ids_and_metadata(begun, editor):
    lab = editor(begun)
    assert lab_file.week_of(lab, "lab.ipynb") == "00_setup"
    result, report = merged(lab, released())
    assert answer(result) == ANSWER and faults(result, released()) == []
    assert report["new"] == [] and len(result["cells"]) == len(released()["cells"])


def text_lab(text: str) -> dict:
    """Return a lab with a text answer, as its release has it."""
    lab = released()
    entry = {
        "schema_version": 3,
        "grade": True,
        "solution": True,
        "locked": False,
        "points": 2,
        "grade_id": "why",
    }
    statement, cell = own("Say why.", cell_id="why-statement"), own(text, cell_id="why")
    cell["metadata"]["nbgrader"] = entry
    return lab | {"cells": [*lab["cells"], statement, cell]}


@pytest.mark.parametrize("editor", [copy.deepcopy, bare, from_colab])
def test_text_answers_keep_their_words_and_pictures(editor):
    lab = text_lab("Because it is so. ![](attachment:image.png)")
    lab["cells"][-1]["attachments"] = PICTURE
    lab = editor(lab)
    lab["cells"][-1].setdefault("attachments", PICTURE)
    result, _ = merged(lab, signed(text_lab(notebook.TEXT_STUB)))
    kept = notebook.find(result, "why")
    assert (
        kept["source"].startswith("Because")
        and kept["attachments"] == PICTURE
        and notebook.grade_id(kept) == "why"
    )


def test_outputs_stay_where_the_text_is_the_same(begun):
    out = [{"output_type": "stream", "name": "stdout", "text": "seen"}]
    solution(begun)["outputs"] = notebook.find(begun, "native_modalities")["outputs"] = out
    new = released()
    notebook.find(new, "native_modalities")["source"] += "\nprint(1)"
    result, _ = merged(begun, signed(new))
    assert solution(result)["outputs"] == out and notebook.find(result, "native_modalities")["outputs"] == []


CHANGES = [
    "write",
    "replace",
    "insert",
    "delete",
    "double",
    "move",
    "blank",
    "retype",
    "no id",
    "no marks",
    "no metadata",
]
STEPS = st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 99), st.integers(0, 99)), max_size=12)


def change(lab: dict, what: str, at: int, to: int, words: str) -> None:
    """Change a lab as people and editors do; `words` are what is written, if anything is."""
    cells = lab["cells"]
    cell = cells[at % len(cells)]
    if what == "write":
        cell["source"] += f"\n{words}"
    elif what == "replace":
        cell["source"] = words
    elif what == "insert":
        cells.insert(to % len(cells), own(words, ("code", "markdown")[at % 2], cell.get("id", "mine")))
    elif what == "delete" and len(cells) > 1:
        cells.remove(cell)
    elif what == "double":
        cells.insert(to % len(cells), copy.deepcopy(cell))
    elif what == "move":
        cells.insert(to % len(cells), cells.pop(at % len(cells)))
    elif what == "blank":
        cell["source"] = ""
    elif what == "retype":
        cell["cell_type"] = ("code", "markdown", "raw")[to % 3]
    elif what == "no id":
        cell.pop("id", None)
    elif what == "no marks":
        cell["metadata"] = {}
    elif what == "no metadata":
        lab["metadata"] = {}


def next_release(drop: set[str], reword: bool) -> dict:
    """Return a later release: exercises dropped, statements and stubs reworded."""
    lab = without(
        released(), *(name + end for name in drop for end in ("", "-statement", "-solution", "-demo"))
    )
    if reword:
        for cell in lab["cells"]:
            cell["source"] += "\n\n" if lab_file.locked(cell) else "\n# reworded"
    return signed(lab)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.sets(st.sampled_from(["native_modalities", "to_model_tensor", "layout_of"])), st.booleans())
def test_whatever_was_done_to_a_lab_no_word_of_it_is_lost(steps, drop, reword):
    lab, new = released(), next_release(drop, reword)
    for number, (what, at, to) in enumerate(steps):
        change(lab, what, at, to, f"words_{number}_of_mine")
    words = {f"words_{number}_of_mine" for number in range(len(steps))} & set(texts(lab).split())
    result, _ = merged(lab, new)
    assert words <= set(texts(result).split())
    assert faults(result, new) == []
    result = lab_file.repaired(result)
    nbformat.validate(result)
    again, _ = merged(result, new)
    assert content(lab_file.repaired(again)) == content(result)
