"""Every damage is put right or refused, with its message, and the file stays as it was."""

import copy
import random
from pathlib import Path

import pytest

from mmlab.instructor.grading.intake import repair, submissions
from mmlab.instructor.simulate.damage import DAMAGES
from sessions import grader
from submitted_files import ROOT, answers, assert_sound, lab_of
from tiny_course import WEEK


def bytes_below(folder: Path) -> dict:
    """Return path → bytes for every file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def damaged(name: str, lab: dict, root: Path, week: str):
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
    submission = damaged(name, lab, tmp_path, week)
    before = bytes_below(tmp_path / "submitted")
    prepared = repair.prepare(submission, release)
    damage, said = DAMAGES[name], "\n".join([prepared.problem or "", *prepared.repairs])
    assert damage.message in said and "Traceback" not in said and "/tmp" not in said
    assert bytes_below(tmp_path / "submitted") == before
    assert_sound(prepared, release)
    if damage.refused:
        assert prepared.problem and answers(prepared.notebook) == answers(release)
    else:
        assert prepared.problem is None
        found = answers(prepared.notebook)
        for end in ("\n# \ufffd", "\n\ncheck("):  # what two damages leave behind an answer
            found = {name: text.split(end)[0] for name, text in found.items()}
        assert found == answers(lab)


@pytest.mark.parametrize("name", DAMAGES)
def test_the_same_seed_gives_the_same_bytes(name, tiny):
    _, lab = lab_of(tiny, WEEK)
    first, second = (DAMAGES[name].make(copy.deepcopy(lab), random.Random(3)) for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_each_damage_gets_its_true_mark_in_the_sandbox(tiny, tmp_path):
    _, lab = lab_of(tiny)
    wrong = {}
    with grader(tiny) as made:
        for number, (name, damage) in enumerate(DAMAGES.items()):
            folder = tmp_path / "submitted" / f"student-{number}" / WEEK
            folder.mkdir(parents=True)
            damage.write(copy.deepcopy(lab), folder)
            graded = made.grade(submissions.find(tmp_path, WEEK, [f"student-{number}"])[0])
            if (
                graded.fault
                or graded.score != (0 if damage.refused else 15)
                or bool(graded.problem) != damage.refused
            ):
                wrong[name] = (
                    graded.score,
                    graded.problem,
                    graded.fault,
                    [mark.message for mark in graded.marks],
                )
    assert wrong == {}
