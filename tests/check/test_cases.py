"""cases.npz is found where DESIGN says, and each way it can be unusable has its own words."""

import shutil

import numpy as np
import pytest

from mmlab import codec
from mmlab.check import cases, check
from mmlab.errors import CasesError


def right(text):
    """Return the right answer to `word`."""
    if not text:
        raise ValueError
    return [text, 1]


def remade(file, about: dict) -> None:
    """Write another word on what made the file."""
    with np.load(file) as archive:
        arrays = dict(archive)
    arrays[cases.ABOUT] = np.frombuffer(codec.dumps(about), np.uint8)
    np.savez(file, **arrays)


def test_cases_are_found_by_argument_variable_folder_and_upward(here, monkeypatch, capsys):
    check("word", right)
    lab = here / "labs" / "90_tiny"
    lab.mkdir(parents=True)
    (here / "cases.npz").rename(lab / "cases.npz")
    check("word", right)
    (here / "lessons" / "deep").mkdir(parents=True)
    monkeypatch.chdir(here / "lessons" / "deep")
    check("word", right)
    shutil.copy(lab / "cases.npz", here / "elsewhere.npz")
    shutil.rmtree(here / "labs")
    with pytest.raises(CasesError, match="no cases.npz"):
        check("word", right)
    check("word", right, here / "elsewhere.npz")
    monkeypatch.setenv("MMLAB_CASES", str(here / "elsewhere.npz"))
    check("word", right)
    assert capsys.readouterr().out.count("passed") == 5


def test_a_folder_whose_cases_lack_the_exercise_is_passed_over(here, capsys):
    lab = here / "labs" / "90_tiny"
    lab.mkdir(parents=True)
    (here / "cases.npz").rename(lab / "cases.npz")
    cases.write(here / "cases.npz", "91_other", [])
    check("word", right)


def test_an_unknown_exercise_lists_those_there_are(here):
    with pytest.raises(CasesError, match="scaled_sum, word"):
        check("wrod", right)


def test_a_given_path_that_is_not_there_says_so(here):
    with pytest.raises(CasesError, match="does not exist"):
        check("word", right, here / "none.npz")


@pytest.mark.parametrize("keep", [0, 10, 200, -30])
def test_a_file_cut_short_is_called_damaged(here, keep):
    file = here / "cases.npz"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(CasesError, match="damaged"):
        check("word", right)


def test_no_flipped_byte_gets_through(here, capsys):
    file = here / "cases.npz"
    whole = file.read_bytes()
    for at in range(0, len(whole), 37):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            check("word", right)
        except CasesError as error:
            assert "damaged" in str(error) or "word" in str(error)


def test_another_kind_of_file_is_called_damaged(here):
    np.savez(here / "cases.npz", a=np.ones(2))
    with pytest.raises(CasesError, match="damaged"):
        check("word", right)
    (here / "cases.npz").write_text("<html>not found</html>")
    with pytest.raises(CasesError, match="damaged"):
        check("word", right)


def test_pickled_arrays_are_refused(here):
    np.savez(here / "cases.npz", **{cases.ABOUT: np.array([object()], dtype=object)})
    with pytest.raises(CasesError, match="damaged"):
        check("word", right)


@pytest.mark.parametrize(
    ("made", "do"),
    [
        ({"format": 1, "mmlab": "99.0.0"}, "pip install"),
        ({"format": 2, "mmlab": "0.1.0"}, "pip install"),
        ({"format": 1, "mmlab": "0.0.9"}, "mmlab update"),
        ({"format": 0, "mmlab": "0.1.0"}, "mmlab update"),
    ],
)
def test_another_version_says_what_to_upgrade(here, made, do):
    remade(here / "cases.npz", made | {"week": "90_tiny"})
    with pytest.raises(CasesError) as caught:
        check("word", right)
    assert do in caught.value.do and made["mmlab"] in caught.value.given


def test_a_patch_release_reads_the_same_cases(here, capsys):
    remade(here / "cases.npz", {"format": 1, "mmlab": "0.1.99", "week": "90_tiny"})
    check("word", right)


def test_the_same_records_give_the_same_bytes(here):
    names = cases.read_names(here / "cases.npz")
    records = [cases.read(here / "cases.npz", name) for name in names]
    cases.write(here / "again.npz", "90_tiny", records)
    assert (here / "again.npz").read_bytes() == (here / "cases.npz").read_bytes()
