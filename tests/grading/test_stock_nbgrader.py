"""Stock nbgrader from release to feedback: each submission gets exactly the marks it should."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.authoring.release import finished, generate, nbgrader
from mmlab.instructor.grading.gradebook.nbgrader_runner import autograde, submit
from tiny_course import SOLUTIONS

ROOT = Path(__file__).parents[2]
CLIP, SETUP = "02_clip", "00_setup"
TEXT, PROJECT = "what_alignment_gives", "emoji_retrieval"
MISTAKEN, LEFT = "clip_contrastive_loss", "false_negative_batch"
NOISE = "\nimport sys as _sys, warnings\nwarnings.warn('a warning')\nprint('a word', file=_sys.stderr)"
pytestmark = [pytest.mark.slow]


@cache
def source(week: str) -> dict:
    """Return a week's source lab."""
    return notebook.read(ROOT / "solutions" / week / "lab.ipynb")


def answers(week: str) -> dict[str, str]:
    """Return exercise → source of its right solution cell."""
    texts = {one.name for one in load(ROOT / "solutions" / week).exercises if one.is_text}
    names = [name for name in notebook.points(source(week)) if name not in texts]
    return {
        name: re.sub(r".*### (BEGIN|END) SOLUTION\n?", "", notebook.reference(source(week), name))
        for name in names
    }


def misconception() -> tuple[str, str]:
    """Return a planted wrong answer as a solution cell, and its message."""
    planted = load(ROOT / "solutions" / CLIP).exercise(MISTAKEN).mistakes[0]
    right = answers(CLIP)[MISTAKEN]
    return planted.source(right, MISTAKEN), planted.message


def noisy(cell: str, name: str) -> str:
    """Return a right solution cell whose function also warns and writes to stderr each time."""
    wrapped = f"\n_quiet = {name}\ndef {name}(*args, **kwargs):{NOISE.replace(chr(10), chr(10) + '    ')}\n    return _quiet(*args, **kwargs)"
    return cell + wrapped


class Course:
    """Submissions in a course folder of their own, and what nbgrader makes of them."""

    def __init__(self, scratch: Path, week: str, root: Path = ROOT):
        self.scratch, self.week, self.root = scratch, week, root
        self.students: list[str] = []
        generate(root, week, scratch=scratch)

    def hand_in(self, student: str, cells: dict[str, str], text: str = "", cases: bool = False) -> Path:
        """Hand in lab.ipynb with some answers, and cases.npz if asked; return the notebook's path."""
        folder = submit(self.scratch, self.week, student, cells)
        if text:
            lab = notebook.read(folder / "lab.ipynb")
            notebook.find(lab, TEXT)["source"] = text
            notebook.write(folder / "lab.ipynb", lab)
        if cases:
            shutil.copy(self.scratch / "labs" / self.week / "cases.npz", folder)
        self.students.append(student)
        return folder / "lab.ipynb"

    def mark(self) -> "Course":
        """Mark everybody, and write feedback."""
        self.scores = autograde(self.root, self.scratch, self.week, self.students)
        with nbgrader(self.root, scratch=self.scratch) as api:
            for student in self.students:
                finished(api.generate_feedback(self.week, student), "generate_feedback")
        return self

    def feedback(self, student: str) -> str:
        """Return the text of a student's feedback page."""
        page = (self.scratch / "feedback" / student / self.week / "lab.html").read_text(encoding="utf-8")
        return unescape(re.sub("<[^>]*>", "", page))

    def waits(self, student: str) -> bool:
        """Return whether something waits for a person's marks."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.scratch}/gradebook.db") as book:
            return book.find_submission(self.week, student).needs_manual_grade


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Course:
    """Return the lab of week 02, marked for four students."""
    course, right = Course(tmp_path_factory.mktemp("clip"), CLIP), answers(CLIP)
    course.hand_in("full", right, text="It ranks; it does not write.", cases=True)
    partial = right | {MISTAKEN: misconception()[0]}
    del partial[LEFT], partial["train_clip"]
    course.hand_in("partial", partial, text="It ranks.")
    course.hand_in("empty", {})
    course.hand_in(
        "alone", {name: noisy(right[name], name) if name == "recall_at_k" else right[name] for name in right}
    )
    return course.mark()


def expected(**changed: float | None) -> dict[str, float | None]:
    """Return full points for every exercise of week 02, the text ungraded, no project, but for those `changed`."""
    return notebook.points(source(CLIP)) | {TEXT: None, PROJECT: 0} | changed


@pytest.mark.repetition
@pytest.mark.week(CLIP)
def test_right_answers_get_full_marks(clip):
    assert clip.scores["full"] == expected()


@pytest.mark.repetition
@pytest.mark.week(CLIP)
def test_a_misconception_and_stubs_cost_their_own_marks_only(clip):
    assert clip.scores["partial"] == expected(**{MISTAKEN: 0, LEFT: 0, "train_clip": 0})


@pytest.mark.repetition
@pytest.mark.week(CLIP)
def test_an_empty_submission_gets_nothing(clip):
    assert clip.scores["empty"] == dict.fromkeys(expected(), 0)


@pytest.mark.repetition
@pytest.mark.week(CLIP)
def test_a_notebook_alone_that_warns_gets_full_marks(clip):
    assert clip.scores["alone"] == expected(**{TEXT: 0})


@pytest.mark.repetition
@pytest.mark.week(CLIP)
def test_text_answers_wait_for_a_person(clip):
    assert {student: clip.waits(student) for student in clip.students} == {
        "full": True,
        "partial": True,
        "empty": False,
        "alone": False,
    }


@pytest.mark.repetition
@pytest.mark.week(CLIP)
def test_feedback_shows_the_misconception_and_no_solution(clip):
    page = clip.feedback("partial")
    assert misconception()[1] in page
    assert "BEGIN SOLUTION" not in page and "HIDDEN" not in page
    stub = notebook.stub(notebook.reference(source(CLIP), LEFT), LEFT)
    secret = [
        line for line in answers(CLIP)[LEFT].splitlines() if len(line) > 20 and line not in stub.splitlines()
    ]
    assert secret and not any(line in page for line in secret)
    assert all(line in clip.feedback("full") for line in secret)  # their own answer: the search can find


@pytest.mark.repetition
@pytest.mark.week(SETUP)
def test_week_00_gives_right_answers_full_marks(tmp_path):
    course = Course(tmp_path, SETUP)
    course.hand_in("full", answers(SETUP))
    assert course.mark().scores["full"] == notebook.points(source(SETUP))


def test_hidden_tests_and_skipped_checks(copy_of_tiny, tmp_path):
    lab = notebook.read(copy_of_tiny / "solutions" / "90_tiny" / "lab.ipynb")
    hidden = "\n### BEGIN HIDDEN TESTS\nassert scaled_sum(torch.ones(7), 3) == 21, 'seven threes'\n### END HIDDEN TESTS"
    notebook.find(lab, "scaled_sum")["source"] += hidden
    notebook.write(copy_of_tiny / "solutions" / "90_tiny" / "lab.ipynb", lab)
    course = Course(tmp_path, "90_tiny", copy_of_tiny)
    assert "torch.ones(7)" not in (tmp_path / "labs" / "90_tiny" / "lab.ipynb").read_text()
    right = SOLUTIONS["scaled_sum"]
    cells = {"scaled_sum": right.replace("(x * scale).sum()", "(x * scale).sum() * (len(x) != 7)")}
    assert cells["scaled_sum"] != right
    file = course.hand_in("sly", cells)
    handed_in = notebook.read(file)
    notebook.find(handed_in, "Gain")["metadata"]["tags"] = ["skip-execution"]
    notebook.find(handed_in, "Tally")["metadata"]["tags"] = ["demo"]
    notebook.find(handed_in, "Tally-solution")["source"] += "\n# BEGIN HIDDEN TESTS without an end"
    notebook.write(file, handed_in)
    assert set(course.mark().scores["sly"].values()) == {0}
    page = course.feedback("sly")
    assert "seven threes" in page and "torch.ones(7)" not in page and "without an end" in page


def test_zips_of_mmlab_submit_are_collected(tmp_path):
    generate(ROOT, SETUP, scratch=tmp_path)
    archive = tmp_path / "downloaded" / SETUP / "archive"
    archive.mkdir(parents=True)
    config = (
        (ROOT / "nbgrader_config.py")
        .read_text()
        .replace("Path(__file__).resolve().parent", f"Path({str(ROOT)!r})")
    )
    (tmp_path / "nbgrader_config.py").write_text(config + f"\nc.CourseDirectory.root = {str(tmp_path)!r}\n")
    for attempt, time in ((1, "20261121T130501"), (2, "20261121T130502"), (10, "20261121T130510")):
        name = f"{SETUP}_a b.c@d-e_attempt_{attempt}_{time}_lab.zip"
        with zipfile.ZipFile(archive / name, "w") as made:
            made.writestr("lab.ipynb", (tmp_path / "labs" / SETUP / "lab.ipynb").read_text() + " " * attempt)
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    }
    command = [sys.executable, "-m", "nbgrader", "zip_collect", SETUP]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    handed_in = tmp_path / "submitted" / "a b.c@d-e" / SETUP / "lab.ipynb"
    assert handed_in.read_text().endswith("}\n" + " " * 10)
