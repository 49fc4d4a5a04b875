"""`pytest --nbval-lax`: every notebook once, its copy kept, its marked outputs committed."""

from pathlib import Path

import pytest

from mmlab.cli import notebook, paths
from mmlab.instructor.authoring import outputs

ROOT = Path(__file__).parents[2]

LIVE = """
from IPython.display import HTML, clear_output, display
handle = display(HTML("first"), display_id=True)
handle.update(HTML("last"))
"""
WIDGET = "import ipywidgets\nipywidgets.IntSlider(value=3)"


@pytest.mark.slow
def test_copies_hold_what_a_front_end_would_show(course):
    course.lesson("good", LIVE, "print('old'); clear_output(); print('new')", WIDGET)
    result = course.pytest("--nbval-lax")  # without paths: all lessons and solved labs
    assert result.returncode == 0, result.stdout
    assert "4 passed" in result.stdout  # three cells and the budget
    ran = course.executed("good")
    assert ran.cells[0].outputs[0].data["text/html"] == "last"
    assert ran.cells[1].outputs[0].text == "new\n"
    widget = ran.cells[2].outputs[0].data["application/vnd.jupyter.widget-view+json"]
    state = ran.metadata.widgets["application/vnd.jupyter.widget-state+json"].state
    assert state[widget["model_id"]].state.value == 3
    assert ran.metadata.mmlab.executed.ok


@pytest.mark.slow
def test_wrong_cleared_and_costly_notebooks_fail(course):
    course.lesson("cleared", "print(1)", marked={0: None})
    course.lesson("costly", "import sys; sys.audit('mmlab.step')", mmlab={"max_steps": 0})
    course.lesson("wrong", "print(1)", "print('later cells still run')", marked={0: "2\n"})
    result = course.pytest("--nbval-lax")
    assert result.returncode == 1
    assert "3 failed, 4 passed" in result.stdout
    assert "has no stored output" in result.stdout
    assert "trained 1 steps" in result.stdout
    assert course.executed("wrong").metadata.mmlab.executed.faults == ["cell c0 failed"]


def test_no_notebook_at_all_is_an_error(course):
    assert course.pytest("--nbval-lax").returncode != 0


@pytest.mark.slow
def test_two_notebooks_run_side_by_side_each_of_them_whole(course):
    for name in ("first", "second"):
        course.lesson(name, f"name = {name!r}", "name")
    result = course.pytest("--nbval-lax", "-n", "2", "--dist", "loadfile")
    assert result.returncode == 0 and "6 passed" in result.stdout, result.stdout
    for name in ("first", "second"):
        ran = course.executed(name)
        assert ran.metadata.mmlab.executed.ok and ran.cells[1].outputs[0].data["text/plain"] == repr(name)


def test_cells_of_one_notebook_are_not_shared_out(course):
    course.lesson("good", "print(1)")
    result = course.pytest("--nbval-lax", "-n", "2")
    assert result.returncode != 0 and "--dist loadfile" in result.stderr


@pytest.mark.slow
def test_refreshing_mends_marked_outputs_and_twice_changes_nothing(course):
    path = course.lesson("wrong", "print(1)", "2", "print('plain')", marked={0: "9\n", 1: "9"})
    assert course.pytest("--nbval-lax").returncode == 1
    assert outputs.main(["--check"]) == 1
    assert outputs.main([]) == 0
    once = path.read_text()
    assert outputs.main([]) == 0 and outputs.main(["--check"]) == 0
    assert path.read_text() == once
    assert course.pytest("--nbval-lax").returncode == 0
    cells = notebook.node(path).cells
    assert cells[0].outputs[0].text == "1\n" and cells[0].execution_count == 1
    assert cells[1].outputs[0].data == {"text/plain": "2"}
    assert cells[2].outputs == [] and cells[2].execution_count is None


@pytest.mark.slow
def test_a_stale_or_missing_copy_is_refused(course, capsys):
    path = course.lesson("marked", "print(1)", marked={0: "1\n"})
    assert outputs.main([]) == 1
    assert "no executed copy" in capsys.readouterr().err
    assert course.pytest("--nbval-lax").returncode == 0
    path.write_text(path.read_text().replace("print(1)", "print(2)"))
    assert outputs.main([]) == 1
    assert "other cells" in capsys.readouterr().err


def test_what_is_committed_is_what_refreshing_writes():
    folder = paths.root(ROOT)
    sources = [*paths.lessons(folder), *paths.solutions(folder)]
    assert sources
    for path in sources:
        clean = notebook.dumps(outputs.stripped(notebook.node(path)))
        assert path.read_text(encoding="utf-8") == clean, f"{path}: run `make notebooks`"
