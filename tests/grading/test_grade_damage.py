"""Every damage is put right or refused, with its message, and the file stays as it was."""

import copy
import random
from pathlib import Path

import nbformat
import pytest
from tiny_course import WEEK

from mmlab.course import notebook
from mmlab.course.grade import repair, submissions
from mmlab.course.simulate.damage import DAMAGES

ROOT = Path(__file__).parents[2]


def lab_of(root: Path, week: str) -> tuple[dict, dict]:
    """Return a week's release, and the same with the reference in every solution cell."""
    release = notebook.read(root / "labs" / week / "lab.ipynb")
    solved, lab = notebook.read(root / "solutions" / week / "lab.ipynb"), copy.deepcopy(release)
    for cell in lab["cells"]:
        if notebook.about(cell).get("solution"):
            cell["source"] = notebook.find(solved, notebook.grade_id(cell))["source"]
    return release, lab


def bytes_below(folder: Path) -> dict:
    """Return path → bytes for every file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def answers(lab: dict) -> dict[str, str]:
    """Return grade id → text of each solution cell, blank lines at its ends left out."""
    solutions = [cell for cell in lab["cells"] if notebook.about(cell).get("solution")]
    return {notebook.grade_id(cell): cell["source"].strip() for cell in solutions}


def hand_in(name: str, lab: dict, root: Path, week: str):
    """Write one damaged hand-in below `root`; return its submission."""
    folder = root / "submitted" / "ada" / week
    folder.mkdir(parents=True)
    DAMAGES[name].write(copy.deepcopy(lab), folder)
    return submissions.find(root, week)[0]


def test_the_corpus_is_large():
    assert len(DAMAGES) >= 32 and sum(one.refused for one in DAMAGES.values()) >= 12


@pytest.mark.parametrize("week", ["90_tiny", "02_clip"])
@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_put_right_or_refused(name, week, tiny, tmp_path):
    root = tiny if week == WEEK else ROOT
    release, lab = lab_of(root, week)
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs" / week).symlink_to(root / "labs" / week)
    submission = hand_in(name, lab, tmp_path, week)
    before = bytes_below(tmp_path / "submitted")
    prepared = repair.prepare(submission, release)
    damage, said = DAMAGES[name], "\n".join([prepared.problem or "", *prepared.repairs])
    assert damage.says in said and "Traceback" not in said and "/tmp" not in said
    assert bytes_below(tmp_path / "submitted") == before
    nbformat.validate(prepared.notebook)
    assert locked(prepared.notebook) == locked(release)
    if damage.refused:
        assert prepared.problem and "wanted:" in said and "try:" in said
        assert answers(prepared.notebook) == answers(release)
    else:
        assert prepared.problem is None
        found = answers(prepared.notebook)
        for end in ("\n# \ufffd", "\n\ncheck("):  # what two damages leave behind an answer
            found = {name: text.split(end)[0] for name, text in found.items()}
        assert found == answers(lab)


def locked(lab: dict) -> list:
    """Return what may not differ from the release: its marked cells in order of their names, answers left out."""
    marked = [cell for cell in lab["cells"] if notebook.about(cell)]
    return sorted(
        (notebook.grade_id(cell), cell["id"], cell["cell_type"], str(cell["metadata"]),
         "" if notebook.about(cell).get("solution") else cell["source"])
        for cell in marked
    )  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_the_same_seed_gives_the_same_bytes(name, tiny):
    _, lab = lab_of(tiny, WEEK)
    first, second = (DAMAGES[name].make(copy.deepcopy(lab), random.Random(3)) for _ in range(2))
    assert first == second
