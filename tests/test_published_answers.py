"""What `mmlab publish` writes holds no answer: neither a reference nor an alternate nor a mistake."""

import shutil
from pathlib import Path

import pytest

from gates import labs
from gates.cells import Notebook
from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import Answer, Week, weeks
from mmlab.instructor.authoring.student_repository import publish

ROOT = Path(__file__).resolve().parents[1]
WEEK, EXERCISE = "00_setup", "native_modalities"


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """Return the course's students' repository; not to be changed."""
    folder = tmp_path_factory.mktemp("published") / "students"
    publish(ROOT, folder)
    return folder


def answer_source(week: Week, name: str, answer: Answer) -> str:
    """Return the solution cell of an exercise with another answer in it."""
    return answer.source(notebook.reference(notebook.read(week.notebook), name), name)


def body(source: str) -> str:
    """Return what a student would write of a solution cell: its marked region, or all behind its first line."""
    return source.partition(notebook.BEGIN)[2].partition(notebook.END)[0] or source.partition("\n")[2]


def answers_in(folder: Path) -> list[str]:
    """Return where a text below `folder` holds an answer."""
    solved = [Notebook.read(path, ROOT) for path in sorted(ROOT.glob("solutions/*/lab.ipynb"))]
    bodies = {
        f"{exercise.name}, {answer.name}": labs.squeezed(body(answer_source(week, exercise.name, answer)))
        for week in weeks(ROOT)
        for exercise in week.exercises
        for answer in (*exercise.alternates, *exercise.mistakes)
    }
    texts = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".npz", ".png", ".safetensors")
    ]
    assert len(texts) > 100 and len(solved) > 1 and len(bodies) > 50, (
        "nothing to search, or nothing to search for"
    )
    found = []
    for path in texts:
        text = path.read_text(encoding="utf-8")
        faults = [fault for lab in solved for fault in labs.leaked(text, lab) if fault != "a solution marker"]
        found += [f"{path}: {fault}" for fault in faults]
        plain = labs.squeezed(text)
        found += [
            f"{path}: {name}" for name, text_of in bodies.items() if len(text_of) > 40 and text_of in plain
        ]
    return found


def test_no_answer_is_published(published):
    assert not answers_in(published)
    assert not [*published.glob("**/exercises*")]
    assert not [lab for lab in published.glob("**/lab.ipynb") if notebook.BEGIN in lab.read_text()]


@pytest.mark.parametrize("planted", ["reference", "alternate", "mistake"])
def test_the_search_for_answers_can_find(planted, published, tmp_path):
    folder = Path(shutil.copytree(published, tmp_path / "students"))
    (week,) = (one for one in weeks(ROOT) if one.id == WEEK)
    exercise = week.exercise(EXERCISE)
    sources = {
        "reference": notebook.reference(notebook.read(week.notebook), EXERCISE),
        "alternate": answer_source(week, EXERCISE, exercise.alternates[0]),
        "mistake": answer_source(week, EXERCISE, exercise.mistakes[0]),
    }
    (folder / "book/hint.md").write_text(f"Try this:\n\n```python\n{sources[planted]}\n```\n")
    assert answers_in(folder)
