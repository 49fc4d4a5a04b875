"""Numbers on pages equal the record, and the record equals what can be counted."""

import json

import pytest

from mmlab.cli import command_line, paths
from mmlab.errors import InputError
from mmlab.instructor.reports import claims

PAGE = "We have <!-- claim:exercises --><!-- /claim --> and <!-- claim:clip_recall -->0.1<!-- /claim -->.\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one page, whose numbers are made up."""
    for folder in ("lessons", "book"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "README.md").write_text(PAGE)
    values = {"exercises": 1200, "weeks": 2}
    monkeypatch.setattr(claims, "counted", lambda folder: dict(values))
    monkeypatch.setattr(claims, "measured", lambda only=None: {"clip_recall": 0.934})
    monkeypatch.chdir(tmp_path)
    return tmp_path, values


def test_the_repository_states_what_holds():
    found = claims.faults(paths.root())
    assert not found, "run `mmlab claims --counted`:\n" + "\n".join(found)


def test_claims_are_written_into_pages_and_twice_changes_nothing(course):
    folder, _ = course
    assert command_line.main(["claims"]) == 0
    once = (folder / "README.md").read_text()
    assert ">1,200<" in once and ">0.93<" in once
    assert command_line.main(["claims"]) == 0 and (folder / "README.md").read_text() == once
    row = json.loads((folder / claims.RECORD).read_text())["claims"]["clip_recall"]
    assert row["value"] == 0.934 and row["how"].startswith("mmlab bench clip") and len(row["as_of"]) == 10


@pytest.mark.parametrize("change", ["page", "record", "course", "stranger", "empty mark"])
def test_whatever_differs_is_flagged(course, change, capsys):
    folder, values = course
    assert command_line.main(["claims"]) == 0
    page, record = folder / "README.md", folder / claims.RECORD
    if change == "page":
        page.write_text(page.read_text().replace("0.93", "0.99"))
    elif change == "record":
        record.write_text(record.read_text().replace("1200", "1300"))
    elif change == "course":
        values["exercises"] += 1
    elif change == "stranger":
        page.write_text(page.read_text() + "<!-- claim:speed -->9<!-- /claim -->")
    else:
        page.write_text(page.read_text().replace("1,200", ""))
    capsys.readouterr()
    assert command_line.main(["claims", "--check", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False and len(report["faults"]) >= 1


def test_checking_measures_nothing_and_writes_nothing(course, monkeypatch):
    folder, _ = course
    assert command_line.main(["claims"]) == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    monkeypatch.setattr(claims, "measured", lambda only=None: pytest.fail("measured"))
    assert command_line.main(["claims", "--check"]) == 0
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_course_that_states_no_claim_is_a_fault(course):
    folder, _ = course
    (folder / "README.md").write_text("nothing here")
    assert command_line.main(["claims", "--counted"]) == 1


def test_a_damaged_record_and_an_unknown_bench_are_named(course):
    folder, _ = course
    (folder / claims.RECORD).write_text("{")
    with pytest.raises(InputError, match="claims.json"):
        claims.read(folder)
    assert command_line.main(["claims", "speed"]) == 2


def test_each_measured_claim_finds_its_number():
    space = {"recall": 0.9, "kind": 0.7, "gap_least": 0.5, "gap_most": 1.1}
    results = {
        "world": {"sizes": {"32": {"ratio": 3.21, "ours": 21000}}},
        "models": {
            "pairs": {
                "vit_step_vs_transformers": {"ratio": 1.1},
                "clip_full_step_vs_transformers": {"ratio": 0.97},
            }
        },
        "clip": {
            "steps": 500,
            "seconds": 44.4,
            "recall": {"0": 0.95, "1": 0.91},
            "shuffled": 0.02,
            "novel": {"pair": 0.5, "colour": 1.0, "kind": 0.51},
        },
        "space": {"softmax": space, "sigmoid": space, "partial": space, "untrained": space},
    }
    measured = {n: c for n, c in claims.CLAIMS.items() if isinstance(c, claims.Measured)}
    assert {claim.bench for claim in measured.values()} == set(results)
    values = {name: claim.value(results[claim.bench]) for name, claim in measured.items()}
    assert values["clip_recall"] == 0.91 and values["world_ratio"] == 3.21
    assert all(claims.CLAIMS[name].form.format(value) for name, value in values.items())
