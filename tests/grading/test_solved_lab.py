"""Solved labs: the answers after the deadline, and nothing by which a grader would take them for a hand-in."""

import json
from datetime import datetime, timedelta

import pytest

from mmlab.cli import command_line, notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring import solved_lab
from mmlab.instructor.authoring.student_repository import publish
from tiny_course import SOLUTIONS
from tiny_course import WEEK as TINY


def test_a_solved_lab_holds_the_answers_and_nothing_for_a_grader(copy_of_tiny, tmp_path, inside, capsys):
    inside(copy_of_tiny)
    assert command_line.main(["publish", str(tmp_path / "out"), "--with-solutions", "90", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["solutions"] == [TINY]
    files = [path for path in (tmp_path / "out" / "solutions").rglob("*") if path.is_file()]
    assert files == [tmp_path / "out" / solved_lab.path_of(TINY)]
    lab = notebook.read(tmp_path / "out" / solved_lab.path_of(TINY))
    cells = {cell["id"]: cell for cell in lab["cells"]}
    for name, source in SOLUTIONS.items():
        lines = [line for line in source.split("\n") if "### " not in line]
        assert cells[f"{name}-solution"]["source"].split("\n") == lines
    assert "SECRET" in cells["explain"]["source"] and "cannot be submitted" in lab["cells"][0]["source"]
    assert not [cell for cell in lab["cells"] if {"nbgrader", "mmlab"} & set(cell["metadata"])]
    assert command_line.main(["publish", str(tmp_path / "out"), "--json"]) == 0  # once published, it stays
    assert json.loads(capsys.readouterr().out)["removed"] == []
    assert command_line.main(["publish", str(tmp_path / "out"), "--with-solutions", "77"]) == 2
    assert "one of 90_tiny" in capsys.readouterr().err


def test_hidden_tests_and_mark_schemes_are_not_part_of_a_solved_lab(copy_of_tiny):
    source = notebook.read(copy_of_tiny / "solutions" / TINY / "lab.ipynb")
    scheme = "\n### BEGIN MARK SCHEME\n2 points for GOLD\n### END MARK SCHEME\nThe end."
    notebook.find(source, "explain")["source"] += scheme
    notebook.find(source, "Gain")["source"] += "\n### BEGIN HIDDEN TESTS\nassert GOLD\n### END HIDDEN TESTS"
    lab = solved_lab.solved(source, notebook.read(copy_of_tiny / "labs" / TINY / "lab.ipynb"))
    assert "GOLD" not in notebook.dumps(lab) and "The end." in notebook.find(lab, "explain")["source"]


@pytest.mark.slow
def test_a_solved_lab_passes_its_own_checks(copy_of_tiny, tmp_path):
    import nbformat
    from nbclient import NotebookClient

    publish(copy_of_tiny, tmp_path / "out", [TINY])
    path = tmp_path / "out" / solved_lab.path_of(TINY)
    node = nbformat.from_dict(notebook.read(path))
    nbformat.validate(node)
    NotebookClient(node, timeout=60, resources={"metadata": {"path": str(path.parent)}}).execute()
    said = "".join(output.get("text", "") for cell in node.cells for output in cell.get("outputs", []))
    assert all(f"{name}: passed" in said for name in SOLUTIONS)


@pytest.mark.filterwarnings("ignore:Object of type")  # SQLAlchemy's, of nbgrader
def test_no_solution_is_published_before_the_deadline(copy_of_tiny, tmp_path):
    from nbgrader.api import Gradebook

    def due(time: datetime) -> None:
        with Gradebook(f"sqlite:///{copy_of_tiny}/gradebook.db") as book:
            book.update_or_create_assignment(TINY, duedate=time)

    due(datetime(2999, 1, 1, 12))
    with pytest.raises(InputError, match="until 2999-01-01 12:00 UTC"):
        publish(copy_of_tiny, tmp_path / "out", ["90"])
    with Gradebook(f"sqlite:///{copy_of_tiny}/gradebook.db") as book:
        book.add_student("late")
        book.add_submission(TINY, "late", extension=timedelta(days=400_000))
    due(datetime(2020, 1, 1))
    with pytest.raises(InputError, match="until 31"):
        publish(copy_of_tiny, tmp_path / "out", ["90"])
    with Gradebook(f"sqlite:///{copy_of_tiny}/gradebook.db") as book:
        book.remove_submission(TINY, "late")
    assert publish(copy_of_tiny, tmp_path / "out", ["90"])["solutions"] == [TINY]
