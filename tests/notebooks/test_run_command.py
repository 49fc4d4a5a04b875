"""`mmlab run`: what it reports, and when it exits 1."""

import json

import pytest

from mmlab.cli import command_line, notebook
from mmlab.cli.run import run
from mmlab.errors import NotebookError

STEPS = "import sys\nfor _ in range(5): sys.audit('mmlab.step')"


def test_the_report_has_the_promised_keys(course, capsys):
    path = course.lesson("good", "print('a')", "1 + 1")
    assert command_line.main(["run", str(path), "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    (row,) = out["notebooks"]
    assert set(out) == {"notebooks"} and row["path"].endswith("good.ipynb")
    assert {"path", "seconds", "peak_mb", "network_attempts", "cells", "ok"} <= set(row)
    assert (row["cells"], row["network_attempts"], row["ok"]) == (2, 0, True)
    assert 10 < row["peak_mb"] < 2048
    cost = course.executed("good").metadata.mmlab.executed
    assert cost.ok and cost.peak_mb == row["peak_mb"]


def test_a_folder_runs_every_notebook_and_one_failure_is_exit_1(course, capsys):
    course.lesson("bad", "1 / 0", "print('not reached')")
    course.lesson("good", "print('a')")
    (course.folder / "lessons/torn.ipynb").write_text('{"cells": [')
    assert command_line.main(["run", "lessons", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["notebooks"]
    assert [row["ok"] for row in rows] == [False, True, False]
    assert "cell c0 raised ZeroDivisionError" in rows[0]["faults"][0]
    assert "torn.ipynb is not JSON" in rows[2]["faults"][0]


def test_a_dead_kernel_is_a_failure(course):
    report = run(course.lesson("dead", "import os; os._exit(3)"))
    assert "c0" in report.faults[0]


def test_steps_are_held_to_what_the_notebook_states(course):
    within = course.lesson("within", STEPS, mmlab={"max_steps": 5})
    beyond = course.lesson("beyond", STEPS, mmlab={"max_steps": 4})
    assert run(within).cost.steps == 5 and run(within).faults == []
    assert "trained 5 steps" in run(beyond).faults[0]


def test_the_kernel_runs_in_the_notebooks_folder_with_passive_threads(course):
    source = "import os\nprint(os.environ['OMP_WAIT_POLICY'], os.path.basename(os.getcwd()))"
    run(course.lesson("where", source))
    assert course.executed("where").cells[0].outputs[0].text == "PASSIVE lessons\n"


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"cells": []}', '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'],
)
def test_what_is_no_notebook_is_named(tmp_path, content):
    path = tmp_path / "broken.ipynb"
    path.write_text(content)
    with pytest.raises(NotebookError, match="broken.ipynb"):
        notebook.node(path)


def test_a_missing_notebook_and_an_empty_folder_are_named(tmp_path):
    with pytest.raises(NotebookError, match="nowhere"):
        run(tmp_path / "nowhere.ipynb")
    assert command_line.main(["run", str(tmp_path)]) == 2
