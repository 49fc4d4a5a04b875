"""The versions of a find-the-bug: those that students see, and whether a table of their outputs is a test."""

from collections.abc import Callable

from mmlab.check import drivers
from mmlab.check.cases import FILE, read
from mmlab.check.verdict import judge
from mmlab.cli import notebook
from mmlab.instructor.authoring.case_records import record
from mmlab.instructor.authoring.exercise import Week


def visible_versions(week: Week, bugs: str) -> list[dict]:
    """Return the find-the-bug cases that students see, with what is right to say of each."""
    stored = read(week.folder / FILE, bugs)
    return [case | expected for case, expected in zip(stored["cases"], stored["expected"], strict=True)]


def require_new_hidden_versions(week: Week, bugs: str, entry: Callable[[Callable], str]) -> None:
    """Fail unless a table of what the visible buggy versions give passes on them and fails on the hidden ones.

    entry  what a version gives on an input, as text: an entry of the table
    """
    versions = visible_versions(week, bugs)
    buggy = {entry(drivers.version(case)) for case in versions if case["verdict"] == "refused"}

    def by_table(version):
        assert entry(version) not in buggy

    hidden = record(week, week.exercise(bugs), notebook.read(week.notebook), b"another course")
    assert len(hidden["cases"]) >= len(versions) + 10
    driver = {"kind": "bugs", "options": {}}
    visible = read(week.folder / FILE, bugs)
    assert judge(visible, [drivers.run(driver, by_table, case) for case in visible["cases"]]).passed
    judged = judge(hidden, [drivers.run(driver, by_table, case) for case in hidden["cases"]])
    assert judged.right.count(False) >= 10
