"""What people use after grading: formgrader in a real server, `nbgrader export`, stock feedback."""

import contextlib
import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

from graded_class import POINTS, TEXT, WITH, hand_in, ran, result, week_of
from mmlab.instructor.authoring.release import finished, nbgrader, release
from mmlab.instructor.grading.gradebook import feedback, files, gradebook
from tiny_course import WEEK

HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror=window.hacked=1> [x](javascript:window.hacked=1) [y][z] `a<b` $c<d$ "
    "$\\href{javascript:window.hacked=1}{a}$\n\n[z]: javascript:window.hacked=1\n"
)
STUDENTS = ("ada", "ben", "cleo")
BIN = Path(sys.executable).parent
pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def course(tiny, tmp_path_factory) -> Path:
    """Return the tiny course with three students graded by us; cleo's file was refused."""
    from mmlab.instructor.grading.records import Graded

    root = tmp_path_factory.mktemp("formgrader") / "course"
    shutil.copytree(tiny, root)
    for student in STUDENTS:
        hand_in(root, student, {"Gain-solution": "class Gain(nn.Module):\n    pass\n", TEXT: HOSTILE})
    batch = [
        result("ada", wrong=("Gain",), cells=[ran("Gain-solution", text="<b>out</b>\n")]),
        result("ben", text=False),
        Graded("cleo", WEEK, "d1", "2025-01-01T10:00:00+00:00", problem="not JSON"),
    ]
    gradebook.save(root, week_of(root), batch, context=WITH)
    files.write_autograded(root, week_of(root), batch)
    feedback.write(root, week_of(root), batch)
    return root


class Server:
    """A Jupyter server with formgrader in it, as an instructor's."""

    def __init__(self, root: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/formgrader"
        home = root.parent / "home"
        home.mkdir(exist_ok=True)
        places = {
            name: str(home)
            for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        }
        extension = "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"
        self.log = open(home / "log", "wb")  # noqa: SIM115, closed by stop
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyter_server",
                "--no-browser",
                "--allow-root",
                f"--port={port}",
                "--port-retries=0",
                extension,
                "--IdentityProvider.token=",
                "--ServerApp.password=",
                "--ServerApp.disable_check_xsrf=True",
                f"--ServerApp.root_dir={root}",
            ],
            cwd=root,
            env=os.environ | places | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
            stdout=self.log,
            stderr=self.log,
        )

    def ask(self, path: str, body: dict | None = None):
        """Return what an address answers: JSON as values, a page as text; `body` is put there."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/{path}", data, method="PUT" if data else "GET")
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        return json.loads(text) if path.startswith("api/") else text

    def ready(self) -> None:
        """Wait until it answers."""
        for _ in range(300):
            with contextlib.suppress(URLError, ConnectionError):
                self.ask("api/assignments")
                return
            assert self.process.poll() is None, "the server ended"
            time.sleep(0.2)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


@pytest.fixture(scope="module")
def formgrader(course) -> Iterator[Server]:
    """Return the running formgrader."""
    server = Server(course)
    try:
        server.ready()
        yield server
    finally:
        server.stop()


def submission_of(formgrader: Server, student: str) -> str:
    """Return the id of a student's submitted notebook."""
    return next(
        one["id"]
        for one in formgrader.ask(f"api/submitted_notebooks/{WEEK}/lab")
        if one["student"] == student
    )


def test_formgrader_lists_everybody_as_autograded(formgrader):
    listed = {one["student"]: one for one in formgrader.ask(f"api/submissions/{WEEK}")}
    assert list(listed) == list(STUDENTS) and all(
        one["autograded"] and one["submitted"] for one in listed.values()
    )
    assert {
        name: (one["score"], one["max_score"], one["needs_manual_grade"]) for name, one in listed.items()
    } == {"ada": (13, 17, True), "ben": (15, 17, False), "cleo": (0, 17, False)}
    notebooks = formgrader.ask(f"api/submitted_notebooks/{WEEK}/lab")
    assert sorted(one["index"] for one in notebooks) == [0, 1, 2]
    assert formgrader.ask(f"api/assignment/{WEEK}")["num_submissions"] == 3
    assert {one["id"]: one["score"] for one in formgrader.ask("api/students")} == {
        "ada": 13,
        "ben": 15,
        "cleo": 0,
    }


def test_its_page_shows_verdicts_and_no_script_of_a_student(formgrader):
    page = formgrader.ask(f"submissions/{submission_of(formgrader, 'ada')}/")
    assert "Gain: 1 of 4 hidden cases right: 0 of 2 points" in page and "multiply before you add" in page
    assert (
        page.count('class="score tabbable"') == len(POINTS) + 1
        and page.count('class="comment tabbable"') == len(POINTS) + 1
    )
    assert "window.hacked=1" in page and "<script>window" not in page and "<b>out" not in page
    assert not re.search(r"<[^>\u200b]*(onerror|javascript:)", page) and r"\href" not in page


def test_a_mark_by_hand_survives_the_next_grading(formgrader, course):
    submission = submission_of(formgrader, "ada")
    grades = {one["name"]: one for one in formgrader.ask(f"api/grades?submission_id={submission}")}
    assert {name: one["auto_score"] for name, one in grades.items()} == POINTS | {"Gain": 0, TEXT: None}
    comments = {one["name"]: one for one in formgrader.ask(f"api/comments?submission_id={submission}")}
    formgrader.ask(f"api/grade/{grades[TEXT]['id']}", {"manual_score": 1.5, "extra_credit": 0.5})
    formgrader.ask(f"api/comment/{comments[TEXT]['id']}", {"manual_comment": "well said"})
    again = [result("ada", wrong=("Gain",)), result("ben", text=False)]
    assert gradebook.save(course, week_of(course), again, context=WITH) == []
    files.write_autograded(course, week_of(course), again)
    feedback.write(course, week_of(course), again)
    listed = {one["student"]: one for one in formgrader.ask(f"api/submissions/{WEEK}")}
    assert (listed["ada"]["score"], listed["ada"]["needs_manual_grade"], listed["ada"]["autograded"]) == (
        15,
        False,
        True,
    )
    after = {one["name"]: one for one in formgrader.ask(f"api/comments?submission_id={submission}")}
    assert after[TEXT]["manual_comment"] == "well said"
    page = (course / "feedback" / "ada" / WEEK / "lab.html").read_text()
    assert "<strong>15</strong> of 17" in page and "well said" in page


def test_nbgrader_exports_and_writes_its_own_feedback(course):
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([BIN / "nbgrader", "export"], cwd=course, env=environment, check=True, capture_output=True)
    with open(course / "grades.csv", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: (row["assignment"], row["max_score"]) for name, row in rows.items()} == dict.fromkeys(
        STUDENTS, (WEEK, "17.0")
    )
    assert {name: float(row["score"]) for name, row in rows.items()} == gradebook_totals(course)
    ours = (course / "feedback" / "ben" / WEEK / "lab.html").read_bytes()
    with nbgrader(course) as api:
        with api.gradebook as book:
            book.find_comment(TEXT, "lab", WEEK, "ada").manual_comment = "by hand"
            book.db.commit()
        for student in STUDENTS:
            finished(api.generate_feedback(WEEK, student, force=True), "generate_feedback")
    stock = (course / "feedback" / "ada" / WEEK / "lab.html").read_text()
    assert "hidden cases right" in stock and "Comments:" in stock and "by hand" in stock
    feedback.refresh(course, week_of(course))
    assert (course / "feedback" / "ben" / WEEK / "lab.html").read_bytes() == ours


def gradebook_totals(course: Path) -> dict[str, float]:
    """Return student → total, as our own reader has it."""
    return {name: one.total for name, one in gradebook.standings(course, week_of(course)).items()}


def test_files_have_nbgraders_permissions(course):
    for step, name, mode in (
        ("autograded", "lab.ipynb", 0o444),
        ("autograded", "timestamp.txt", 0o444),
        ("feedback", "lab.html", 0o644),
    ):
        assert (course / step / "ada" / WEEK / name).stat().st_mode & 0o777 == mode
    with open(course / "nbgrader_config.py", "a") as config:
        config.write("\nc.CourseDirectory.groupshared = True\n")
    files.write_autograded(course, week_of(course), [result("ada")])
    feedback.refresh(course, week_of(course), ["ada"])
    for step, name in (("autograded", "lab.ipynb"), ("feedback", "lab.html")):
        path = course / step / "ada" / WEEK / name
        assert path.stat().st_mode & 0o777 == 0o664
        assert all(folder.stat().st_mode & 0o2770 == 0o2770 for folder in list(path.parents)[:3])


def test_a_release_between_two_gradings_is_no_obstacle(course):
    release(course, week_of(course))
    assert not gradebook.ensure_assignment(course, week_of(course))
    gradebook.save(course, week_of(course), [result("ben")], context=WITH | {"release": "r2"})
