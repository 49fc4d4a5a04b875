"""What `mmlab publish` writes holds no answer: neither a reference nor an alternate nor a misconception."""

import inspect
import shutil
from pathlib import Path

import pytest
from gates import labs
from gates.cells import Notebook

from mmlab.course import notebook
from mmlab.course.exercise import weeks
from mmlab.course.student_repository import publish

ROOT = Path(__file__).resolve().parents[1]
WEEK, EXERCISE = "00_setup", "modality_matrix"


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """Return the course's students' repository; not to be changed."""
    folder = tmp_path_factory.mktemp("published") / "students"
    publish(ROOT, folder)
    return folder


def answers_in(folder: Path) -> list[str]:
    """Return where a text below `folder` holds an answer."""
    solved = [Notebook.read(path, ROOT) for path in sorted(ROOT.glob("solutions/*/lab.ipynb"))]
    planted = [one.function for week in weeks(ROOT) for exercise in week.exercises
               for one in (*exercise.alternates, *exercise.misconceptions)]  # fmt: skip
    bodies = {one.__name__: labs.squeezed(inspect.getsource(one).partition("\n")[2]) for one in planted}
    texts = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".npz", ".png")]
    assert len(texts) > 100 and len(solved) > 1 and len(bodies) > 50, "nothing to search, or nothing to search for"
    found = []
    for path in texts:
        text = path.read_text(encoding="utf-8")
        faults = [fault for lab in solved for fault in labs.leaked(text, lab) if fault != "a solution marker"]
        found += [f"{path}: {fault}" for fault in faults]
        plain = labs.squeezed(text)
        found += [f"{path}: {name}" for name, body in bodies.items() if len(body) > 40 and body in plain]
    return found


def test_no_answer_is_published(published):
    assert not answers_in(published)
    assert not [*published.glob("**/exercises*.py")]
    assert not [lab for lab in published.glob("**/lab.ipynb") if notebook.BEGIN in lab.read_text()]


@pytest.mark.parametrize("planted", ["reference", "alternate", "misconception"])
def test_the_search_for_answers_can_find(planted, published, tmp_path):
    folder = Path(shutil.copytree(published, tmp_path / "students"))
    (week,) = (one for one in weeks(ROOT) if one.id == WEEK)
    exercise = week.exercise(EXERCISE)
    sources = {
        "reference": notebook.reference(notebook.read(week.notebook), EXERCISE),
        "alternate": inspect.getsource(exercise.alternates[0].function),
        "misconception": inspect.getsource(exercise.misconceptions[0].function),
    }
    (folder / "book/hint.md").write_text(f"Try this:\n\n```python\n{sources[planted]}\n```\n")
    assert answers_in(folder)
