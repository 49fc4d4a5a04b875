"""`mmlab publish`: a folder without answers in which a student's commands work, and which a second run respects."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mmlab.cli import command_line, labs, notebook, start
from mmlab.cli.lab_release import release_of
from mmlab.errors import InputError, NotebookError
from mmlab.instructor.authoring import student_repository
from mmlab.instructor.authoring.exercise import weeks
from mmlab.instructor.authoring.student_repository import MANIFEST, PRISTINE, publish
from student_labs import ANSWER, ROOT, WEEK, solution

TINY = "90_tiny"
SEED = bytes(range(100, 132))
LAB = f"labs/{WEEK}/lab.ipynb"


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """Return the course's students' repository; not to be changed."""
    folder = tmp_path_factory.mktemp("published") / "students"
    publish(ROOT, folder)
    return folder


@pytest.fixture
def students(published, tmp_path) -> Path:
    """Return a copy of it that a test may work in."""
    return Path(shutil.copytree(published, tmp_path / "clone"))


def run(folder: Path, *words: str) -> subprocess.CompletedProcess:
    """Run a command with the package of a students' repository, as a student there would."""
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mmlab.cli.command_line", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def names(folder: Path) -> set[str]:
    """Return every file below a folder, git's own left out."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if not name.startswith(".git/")}


def test_only_what_students_need_is_there(published):
    tops = {name.partition("/")[0] for name in names(published)}
    assert tops == {
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CITATION.cff",
        "SECURITY.md",
        "Makefile",
        "pyproject.toml",
        "constraints.txt",
        "environment.yml",
        ".gitignore",
        "mmlab",
        "lessons",
        "labs",
        "book",
        PRISTINE,
        MANIFEST,
    }
    readme = (published / "README.md").read_text()
    assert "solutions/ " not in readme and "make test" not in readme and "lessons/ " in readme


def test_nothing_names_what_only_instructors_have(published):
    given, project = (
        tomllib.loads((folder / "pyproject.toml").read_text())["project"] for folder in (ROOT, published)
    )
    assert set(given["optional-dependencies"]) == {
        "api",
        "lab",
        "real",
        "grade",
        "cluster",
        "site",
        "dev",
        "all",
    }
    extras = {name: given["optional-dependencies"][name] for name in ("api", "lab", "real")}
    assert project == given | {"optional-dependencies": extras}
    readme = (published / "README.md").read_text()
    tree = readme.partition("## Tree")[2].partition("```\n\n")[0]
    assert "mmlab/ " in tree and "  cli/ " in tree and "  instructor/ " in (ROOT / "README.md").read_text()
    for word in ("instructor", "container/", "mmlab grade", "mmlab bench", "make labs"):
        assert word not in readme, word
    pages = {name for name in names(published) if name.startswith("book/")}
    assert {"book/index.md", "book/providers.md", "book/faults.md", "book/syllabus.toml"} <= pages
    assert not [page for page in pages if "instructor" in page or "attacks" in page or "_toc" in page]
    assert not [
        page
        for page in pages
        if page.endswith(".md") and "mmlab.instructor" in (published / page).read_text()
    ]


def test_links_of_the_published_pages_lead_to_files(published):
    for page in (published / "README.md", *published.glob("book/*.md")):
        for link in re.findall(r"\]\(((?!https?:|#)[^)#]+)", page.read_text()):
            assert (page.parent / link).exists() or (page.parent / f"{link}.md").exists(), f"{page}: {link}"


def test_marks_seeds_and_hand_ins_stay_where_they_are(copy_of_tiny, tmp_path, monkeypatch):
    monkeypatch.delenv("MMLAB_SEED_FILE", raising=False)
    private = [
        ".seed",
        "lessons/.seed-2025",
        "gradebook.db.before-20261121",
        "roster.csv",
        "submitted/anna/90_tiny/lab.ipynb",
        ".mmlab/salt",
        "feedback/anna/90_tiny/lab.html",
        "lessons/gradebook.db",
        "lessons/artifacts/x.bin",
        "tests/wrong/a.py",
        "labs/90_tiny/notes.txt",
        "lessons/.ipynb_checkpoints/x.ipynb",
        "lessons/a.ipynb.before-1",
    ]
    for name in private:
        (copy_of_tiny / name).parent.mkdir(parents=True, exist_ok=True)
        (copy_of_tiny / name).write_bytes(SEED)
    (copy_of_tiny / "lessons/90_tiny.ipynb").write_text("{}")
    (copy_of_tiny / "plan.md").write_text("the plan")
    (copy_of_tiny / "lessons/link").symlink_to(copy_of_tiny / "solutions")
    publish(copy_of_tiny, tmp_path / "out", also=["plan.md"])
    lab = {f"{place}/90_tiny/{file}" for place in ("labs", PRISTINE) for file in ("lab.ipynb", "cases.npz")}
    assert names(tmp_path / "out") == {MANIFEST, "pyproject.toml", "lessons/90_tiny.ipynb", "plan.md", *lab}


@pytest.mark.parametrize("spelled", [SEED, b"key = " + SEED.hex().encode()])
def test_a_seed_in_a_lesson_stops_the_publication(spelled, copy_of_tiny, tmp_path, monkeypatch):
    (tmp_path / "seed").write_bytes(SEED)
    monkeypatch.setenv("MMLAB_SEED_FILE", str(tmp_path / "seed"))
    (copy_of_tiny / "lessons/90_tiny.ipynb").write_bytes(b"... " + spelled)
    with pytest.raises(InputError, match="lessons/90_tiny.ipynb holds the seed"):
        publish(copy_of_tiny, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_lab_that_somebody_worked_in_is_not_published(copy_of_tiny, tmp_path):
    path = copy_of_tiny / "labs" / TINY / "lab.ipynb"
    lab = notebook.read(path)
    solution(lab, "scaled_sum")["source"] = "def scaled_sum(x, scale):\n    return 1"
    notebook.write(path, lab)
    with pytest.raises(NotebookError, match="holds answers"):
        publish(copy_of_tiny, tmp_path / "out")
    shutil.copy(copy_of_tiny / "solutions" / TINY / "lab.ipynb", path)
    with pytest.raises(NotebookError, match="holds a solution"):
        publish(copy_of_tiny, tmp_path / "out")


# what a student does there


def test_labs_are_listed_from_the_releases(students):
    told = json.loads(run(students, "labs", "--json").stdout)["weeks"]
    wanted = [labs.listing(week) for week in weeks(ROOT)]
    for week in wanted:
        for one in week["exercises"]:
            one["alternates"] = None
    assert told == wanted
    assert [week["id"] for week in json.loads(run(students, "labs", "02", "--json").stdout)["weeks"]] == [
        "02_clip"
    ]
    refused = run(students, "labs", "77")
    assert refused.returncode == 2 and "one of 00_setup, 01_architectures" in refused.stderr


def test_what_needs_solutions_says_so(students):
    for words in (["release"], ["prove", "00_setup"]):
        done = run(students, *words)
        assert done.returncode == 2 and done.stdout == ""
        assert f"the instructors' repository, which has {words[0]}" in done.stderr
    done = subprocess.run(["make", "-s", "test"], cwd=students, capture_output=True, text=True)
    assert done.returncode == 2 and "only the instructors' repository" in done.stderr
    shown = subprocess.run(["make", "-n", "setup"], cwd=students, capture_output=True, text=True).stdout
    assert "'.[lab,real]'" in shown and "npm" not in shown


@pytest.mark.slow
def test_a_lab_is_worked_in_handed_in_reset_and_updated_without_git(students):
    path = students / LAB
    lab = notebook.read(path)
    solution(lab)["source"] = ANSWER
    lab["cells"].remove(notebook.find(lab, "to_model_tensor"))
    notebook.write(path, lab)
    assert run(students, "submit", LAB, "--student", "anna").returncode == 2  # a check cell is missing
    updated = json.loads(run(students, "update", LAB, "--json").stdout)
    assert updated["kept"] == ["native_modalities-solution"] and updated["new"] == ["to_model_tensor"]
    packed = json.loads(run(students, "submit", LAB, "--student", "anna", "--json").stdout)
    assert "native_modalities" not in packed["unanswered"] and (students / packed["file"]).is_file()
    assert run(students, "reset", LAB, "native_modalities").returncode == 0
    assert notebook.read(path)["cells"] == notebook.read(students / PRISTINE / WEEK / "lab.ipynb")["cells"]


def test_a_lab_that_was_committed_with_answers_is_still_told_from_its_release(students):
    def git(*words: str) -> None:
        who = ["-c", "user.name=anna", "-c", "user.email="]
        subprocess.run(["git", *who, *words], cwd=students, check=True, capture_output=True)

    git("init", "-q")
    lab = notebook.read(students / LAB)
    solution(lab)["source"] = ANSWER
    notebook.write(students / LAB, lab)
    git("add", ".")
    git("commit", "-q", "-m", "My answers")
    found = release_of(students / LAB, WEEK)
    assert found.where == str(students / PRISTINE / WEEK / "lab.ipynb") and found.cases
    shutil.rmtree(students / PRISTINE)
    assert release_of(students / LAB, WEEK).where.startswith("HEAD:")


@pytest.mark.slow
def test_a_lab_runs_there(students):
    lab = notebook.read(students / LAB)
    solved = notebook.read(ROOT / "solutions" / WEEK / "lab.ipynb")
    solution(lab)["source"] = notebook.reference(solved, "native_modalities")
    notebook.write(students / LAB, lab)
    done = run(students, "check", LAB, "--json")
    rows = {row["name"]: row["passed"] for row in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1 and rows.pop("native_modalities") is True and set(rows.values()) == {False}


@pytest.mark.slow
def test_the_machine_is_looked_over_and_the_first_page_opens(students):
    done = run(students, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0 and checks["course"]["detail"] == str(students)
    assert checks["cases"]["detail"].startswith(f"{len(weeks(ROOT))} labs") and start.page(students).endswith(
        "00_setup.ipynb"
    )


# what a second run does


def test_a_second_run_changes_nothing_and_a_later_one_brings_what_is_new(copy_of_tiny, tmp_path):
    out = tmp_path / "out"
    (copy_of_tiny / "README.md").write_text("# Course\nsolutions/  left out\n")
    assert "lessons/.keep" in publish(copy_of_tiny, tmp_path / "without")["files"]
    (copy_of_tiny / "lessons/90_tiny.ipynb").write_text("{}")
    (copy_of_tiny / "lessons/old").mkdir()
    (copy_of_tiny / "lessons/old/one.ipynb").write_text("{}")
    publish(copy_of_tiny, out)
    assert (out / "README.md").read_text() == "# Course\n"
    again = publish(copy_of_tiny, out)
    assert again["written"] == again["removed"] == again["kept"] == []
    (out / "labs" / TINY / "my notes.md").write_text("mine")
    (out / ".git").mkdir()
    (out / "pyproject.toml").write_text("changed there")
    (out / "LICENSE").write_text("there before ours")
    for name, text in (
        ("LICENSE", "ours"),
        ("README.md", "# Course, changed\n"),
        ("pyproject.toml", "changed here"),
    ):
        (copy_of_tiny / name).write_text(text)
    shutil.rmtree(copy_of_tiny / "lessons/old")
    report = publish(copy_of_tiny, out)
    assert report["written"] == ["README.md"] and report["removed"] == ["lessons/old/one.ipynb"]
    assert report["kept"] == ["LICENSE", "pyproject.toml"] == publish(copy_of_tiny, out)["kept"]
    assert (out / "labs" / TINY / "my notes.md").read_text() == "mine" and (out / ".git").is_dir()
    assert (out / "LICENSE").read_text() == "there before ours" and not (out / "lessons/old").exists()


def test_a_publication_that_was_stopped_goes_on(copy_of_tiny, tmp_path, monkeypatch):
    out, real = tmp_path / "out", student_repository.atomic_write

    def stops(path: Path, data: bytes) -> None:
        if path.name == "cases.npz":
            raise InputError(f"{path} could not be written (disk full)", "room", "free some")
        real(path, data)

    monkeypatch.setattr(student_repository, "atomic_write", stops)
    with pytest.raises(InputError, match="disk full"):
        publish(copy_of_tiny, out)
    monkeypatch.setattr(student_repository, "atomic_write", real)
    report = publish(copy_of_tiny, out)
    assert report["kept"] == [] and set(report["files"]) | {MANIFEST} == names(out)


@pytest.mark.parametrize("place", [".", "..", "inside", "/"])
def test_the_course_itself_is_never_written_into(place, copy_of_tiny):
    before = names(copy_of_tiny)
    with pytest.raises(InputError, match="is, contains or is inside the course"):
        publish(copy_of_tiny, copy_of_tiny / place)
    assert names(copy_of_tiny) == before


def test_a_folder_of_somebody_else_is_refused(copy_of_tiny, tmp_path, inside, capsys):
    inside(copy_of_tiny)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/work.txt").write_text("precious")
    assert command_line.main(["publish", str(tmp_path / "theirs")]) == 2
    assert "no earlier publication" in capsys.readouterr().err and names(tmp_path / "theirs") == {"work.txt"}
    (tmp_path / "theirs" / MANIFEST).write_text("[]")
    assert (
        command_line.main(["publish", str(tmp_path / "theirs")]) == 2 and "damaged" in capsys.readouterr().err
    )
    (tmp_path / "file").write_text("")
    assert command_line.main(["publish", str(tmp_path / "file")]) == 2
    for path in (
        "solutions",
        "solutions/90_tiny/lab.ipynb",
        "..",
        "none.md",
        "gradebook.db",
        "labs",
        "book/instructors.md",
    ):
        assert command_line.main(["publish", str(tmp_path / "new"), "--also", path]) == 2
        assert f"--also {path}" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
