"""nbgrader's exchange around our grader: out to a student, back in, graded, and the page returned to its author."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmlab.cli import command_line, notebook
from student_labs import solution
from tiny_course import SOLUTIONS, WEEK

pytestmark = [pytest.mark.slow, pytest.mark.repetition]


def nbgrader(folder: Path, *words: str) -> str:
    """Run a command of nbgrader's; return what it said."""
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    }
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_lab_goes_out_and_its_page_comes_back(copy_of_tiny, tmp_path, inside, capsys):
    exchange, home = tmp_path / "exchange", tmp_path / "home"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    home.mkdir()
    with (copy_of_tiny / "nbgrader_config.py").open("a") as config:
        config.write(f"c.Exchange.root = {str(exchange)!r}\n")
    (home / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'mmlab'\nc.Exchange.root = {str(exchange)!r}\n"
    )
    nbgrader(copy_of_tiny, "release_assignment", WEEK)
    nbgrader(home, "fetch_assignment", WEEK)
    lab = notebook.read(home / WEEK / "lab.ipynb")
    solution(lab, "Tally")["source"] = SOLUTIONS["Tally"]
    notebook.write(home / WEEK / "lab.ipynb", lab)
    nbgrader(home, "submit", WEEK)
    nbgrader(copy_of_tiny, "collect", WEEK)
    inside(copy_of_tiny)
    assert command_line.main(["grade", WEEK]) == 0
    nbgrader(copy_of_tiny, "release_feedback", WEEK)
    nbgrader(home, "fetch_feedback", WEEK)
    (page,) = home.glob(f"{WEEK}/feedback/*/lab.html")
    assert "3 of 17" in page.read_text() or "3 of 15" in page.read_text()
    capsys.readouterr()
    assert command_line.main(["export", WEEK]) == 0
    row = capsys.readouterr().out.splitlines()[1].split(",")
    assert row[6] == "yes" and row[7].startswith("20") and row[8] == "3"
