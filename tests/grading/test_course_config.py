"""An instructor's own nbgrader_config.py: little in it, nothing, faults, other folders; and odd course paths."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fake_grader import FakeGrader, hand_in
from graded_class import result, save, week_of
from mmlab.cli import command_line
from mmlab.errors import InputError
from mmlab.instructor.authoring import course_config
from mmlab.instructor.authoring.course_config import Layout, database_path, database_url
from mmlab.instructor.authoring.release import generate, nbgrader
from mmlab.instructor.grading import engine
from mmlab.instructor.grading.gradebook import export, gradebook
from mmlab.instructor.simulate.class_run import configure
from tiny_course import WEEK

FILE = course_config.FILE


def written(root: Path, text: str | None) -> Path:
    """Replace a course's nbgrader_config.py, or remove it; return the course."""
    if text is None:
        (root / FILE).unlink()
    else:
        (root / FILE).write_text(text)
    return root


@pytest.fixture
def fake(monkeypatch):
    """Grade without a sandbox."""
    monkeypatch.setattr(engine.Spec, "grader", lambda spec: FakeGrader(spec.root, spec.only))


@pytest.mark.parametrize(
    "text",
    [None, "", 'c.CourseDirectory.course_id = "mmlab"\n', "c.GenerateAssignment.preprocessors.extend([])\n"],
)
def test_a_small_configuration_is_completed(copy_of_tiny, inside, capsys, fake, text):
    written(copy_of_tiny, text)
    released = (copy_of_tiny / "labs" / WEEK / "lab.ipynb").read_bytes()
    shutil.rmtree(copy_of_tiny / "labs")
    (copy_of_tiny / "lessons" / "deeper").mkdir()
    inside(copy_of_tiny / "lessons" / "deeper")
    generate(copy_of_tiny, WEEK)
    assert (copy_of_tiny / "labs" / WEEK / "lab.ipynb").read_bytes() == released
    hand_in(copy_of_tiny, "ada", "Tally")
    assert command_line.main(["grade", WEEK]) == 0 and "ada  3/15" in capsys.readouterr().out
    assert command_line.main(["export"]) == 0
    assert sorted(path.name for path in copy_of_tiny.glob("*.db")) == ["gradebook.db"]


def test_what_a_configuration_prints_stays_out_of_reports(copy_of_tiny, capsys):
    course_config.load(written(copy_of_tiny, "print('hello')\n"))
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("c = get_config()\nc.CourseDirectory.course_id = = 3\n", "line 2: SyntaxError"),
        ("\n\nimport no_such_module\n", "line 3: ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "line 1: SystemExit: 3"),
        ("def f():\n    return 1 / 0\nf()\n", "line 2: ZeroDivisionError"),
        ("c.CourseDirectory = 3\n", "line 1: ValueError"),
        ("c.CourseDirectory.groupshared = 'perhaps'\n", "groupshared"),
        ("c.CourseDirectory.source_directory = 'source'\n", "source_directory to 'source'"),
        ("c.CourseDirectory.submitted_directory = 3\n", "submitted_directory"),
        ("c.CourseDirectory.directory_structure = '{student_id}'\n", "directory_structure"),
        ("c.CourseDirectory.db_url = 'no address'\n", "db_url"),
        ("c.CourseDirectory.db_url = 'sqlite:////courses/a?b/gradebook.db'\n", "db_url"),
        ("c.CourseDirectory.db_url = 'sqlite:////courses/100% a/gradebook.db'\n", "db_url"),
        ("c.Exchange.timezone = 'Berlin'\n", "time zone 'Berlin'"),
        ("c.Exchange.timezone = '/etc/passwd'\n", "time zone"),
        ("c.GenerateAssignment.preprocessors = ['no.such.Step']\n", "no.such|No module"),
        ("\0", "SyntaxError|ValueError"),
    ],
)
def test_a_fault_in_the_configuration_is_worded(copy_of_tiny, inside, capsys, fake, text, words):
    hand_in(written(copy_of_tiny, text), "ada", "Tally")
    inside(copy_of_tiny)
    of_grading_only = re.search("timezone|submitted|structure", text)
    for command in [["grade", WEEK], *[["export"]] * (not of_grading_only)]:
        assert command_line.main(command) == 2
        error = capsys.readouterr().err
        assert re.search(words, error) and FILE in error and "try:" in error and "Traceback" not in error
    assert not (copy_of_tiny / "autograded").exists()


def test_other_folders_are_used(copy_of_tiny, inside, capsys, fake, tmp_path):
    written(
        copy_of_tiny,
        f"from pathlib import Path\nc.CourseDirectory.root = Path({str(tmp_path / 'work')!r})\n"
        "c.CourseDirectory.submitted_directory = 'abgaben'\nc.CourseDirectory.autograded_directory = 'bewertet'\n"
        "c.CourseDirectory.feedback_directory = 'rueckmeldung'\n"
        "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'\n",
    )
    work = tmp_path / "work"
    lab = hand_in(copy_of_tiny, "Zoë", "Tally")
    (work / "abgaben" / WEEK).mkdir(parents=True)
    shutil.move(lab.parent, work / "abgaben" / WEEK / "Zoë")
    shutil.copy(copy_of_tiny / "gradebook.db", work)
    export_folder = tmp_path / "export" / "ann"
    export_folder.mkdir(parents=True)
    shutil.copy(work / "abgaben" / WEEK / "Zoë" / "lab.ipynb", export_folder)
    inside(copy_of_tiny)
    assert (
        command_line.main(
            ["grade", WEEK, "--collect", str(tmp_path / "export"), "--pattern", r"(?P<student>\w+)/lab"]
        )
        == 0
    )
    assert "2 graded" in capsys.readouterr().out
    for student in ("Zoë", "ann"):
        assert (work / "abgaben" / WEEK / student / "lab.ipynb").is_file()
        assert (work / "bewertet" / WEEK / student / "lab.ipynb").is_file()
        assert "Tally" in (work / "rueckmeldung" / WEEK / student / "lab.html").read_text()
    assert (work / "gradebook.db").is_file() and not (copy_of_tiny / "submitted" / "ann").exists()
    assert [row.student for row in export.read(copy_of_tiny)] == ["Zoë", "ann"]


def test_a_relative_address_starts_at_the_course(copy_of_tiny, inside):
    written(copy_of_tiny, "c.CourseDirectory.db_url = 'sqlite:///scores.db'\n")
    inside(copy_of_tiny / "lessons")
    assert (
        database_path(course_config.load(copy_of_tiny).CourseDirectory.db_url) == copy_of_tiny / "scores.db"
    )


def test_a_rehearsal_does_not_reach_the_real_course(tmp_path):
    real, rehearsal = tmp_path / "real", tmp_path / "rehearsal"
    for folder in (real, rehearsal):
        folder.mkdir()
    (real / FILE).write_text(
        f"c.CourseDirectory.root = {str(real)!r}\nc.CourseDirectory.submitted_directory = 'abgaben'\n"
    )
    configure(real, rehearsal)
    assert Layout.of(rehearsal).folder("submitted", "ada", WEEK) == rehearsal / "submitted" / "ada" / WEEK
    assert database_path(course_config.load(rehearsal).CourseDirectory.db_url) == rehearsal / "gradebook.db"


NAMES = ["a?b", "a#b", "a%25b", "a%20b", "100% Zoë", "$HOME ~x", "a&b=c;d", "a:b"]


@pytest.mark.parametrize("name", NAMES)
def test_the_database_is_in_the_course_whatever_its_path(copy_of_tiny, name):
    root = copy_of_tiny.with_name(name)
    shutil.copytree(copy_of_tiny, root)
    before = {path: path.stat().st_mtime_ns for path in copy_of_tiny.parent.rglob("*.db")}
    gradebook.ensure_assignment(root, week_of(root))
    save(root, result("ada"))
    assert gradebook.backup(root).parent == root
    assert [row.student for row in export.read(root)] == ["ada"]
    with closing(sqlite3.connect(root / "gradebook.db")) as book:
        assert book.execute("SELECT id FROM student").fetchall() == [("ada",)]
    changed = {
        path for path in copy_of_tiny.parent.rglob("*.db") if before.get(path) != path.stat().st_mtime_ns
    }
    assert changed == {root / "gradebook.db"} and {*copy_of_tiny.parent.iterdir()} == {copy_of_tiny, root}
    with nbgrader(root) as api:
        assert api.gradebook.find_student("ada").id == "ada"


@pytest.mark.parametrize("name", ["a?b", "course [2026]", "a*b"])
def test_a_week_is_released_in_a_path_with_wildcards(copy_of_tiny, name):
    root = copy_of_tiny.with_name(name)
    shutil.copytree(copy_of_tiny, root)
    released = (root / "labs" / WEEK / "lab.ipynb").read_bytes()
    shutil.rmtree(root / "labs")
    generate(root, WEEK)
    assert (root / "labs" / WEEK / "lab.ipynb").read_bytes() == released


@pytest.mark.parametrize(
    "path", [f"/courses/{name}/gradebook.db" for name in [*NAMES, "a[x]", "a%3Fb", "a+b"]]
)
def test_an_address_leads_back_to_its_path(path):
    assert database_path(database_url(Path(path))) == Path(path)
    with pytest.raises(InputError, match="db_url"):
        course_config._address("sqlite:////a#b", Path("/"), Path("/"))
