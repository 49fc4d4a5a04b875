"""Every lab runs from end to end without the package files that its week withholds."""

import os
import shutil
import subprocess
import sys

import pytest
from answers import COURSE, ROOT, checked, in_week, week_called

from mmlab.course import notebook


# The finder of an editable install would fetch a missing module from the repository.
ALONE = """\
import sys
sys.meta_path[:] = [one for one in sys.meta_path if not getattr(one, "__module__", "").startswith("__editable__")]
"""


def run(folder, script: str) -> subprocess.CompletedProcess:
    """Run a script beside the copy of the package in `folder`, in a fresh Python."""
    (folder / "lab.py").write_text(ALONE + script, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.run([sys.executable, "lab.py"], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("week", [in_week(week) for week in COURSE])
def test_the_lab_runs_without_the_withheld_files(week, tmp_path):
    week = week_called(week)
    assert week.withheld, "every week builds something by hand, and the package has it"
    shutil.copytree(ROOT / "mmlab", tmp_path / "mmlab", ignore=shutil.ignore_patterns("__pycache__"))
    for file in week.withheld:
        (tmp_path / file).unlink()
        module = file.removesuffix(".py").replace("/", ".")
        assert f"No module named '{module}'" in run(tmp_path, f"import {module}").stderr
    shutil.copy(week.folder / "cases.npz", tmp_path)
    cells = [cell["source"] for cell in notebook.read(week.notebook)["cells"] if cell["cell_type"] == "code"]
    done = run(tmp_path, "\n\n".join(cells))
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count(": passed, ") == len(checked(week))
