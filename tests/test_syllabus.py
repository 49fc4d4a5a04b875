"""The ledger book/syllabus.toml: every row of a built week has a home that exists, or says why it waits."""

import json
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEDGER = ROOT / "book" / "syllabus.toml"
KINDS = ("taught", "built", "exercised", "lib", "API", "mentioned", "graded")
WEEKS = (
    "00_setup",
    "01_architectures",
    "02_clip",
    "03_vit",
    "04_cross_attention",
    "05_vlm",
    "06_pretraining_and_instruction",
    "07_preference",
    "08_image_generation",
    "09_api",
    "10_audio",
    "11_video",
    "12_evaluation",
    "13_capstone",
)


def cells(notebook: Path) -> dict[str, dict]:
    """Return the cells of a notebook by their ids; {} where there is none."""
    if not notebook.is_file():
        return {}
    return {cell["id"]: cell for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]}


def graded(root: Path) -> set[str]:
    """Return the names of all graded exercises: the graded cells of the labs' sources."""
    found = set()
    for lab in root.glob("solutions/*/lab.ipynb"):
        settings = (cell["metadata"].get("nbgrader", {}) for cell in cells(lab).values())
        found |= {each["grade_id"] for each in settings if each.get("grade")}
    return found


def homes(row: dict) -> list[str]:
    """Return a row's homes as a list."""
    home = row.get("home", [])
    return [home] if isinstance(home, str) else list(home)


def row_faults(row: dict, exercises: set[str], root: Path) -> list[str]:
    """Return what is wrong with one delivered row, one line each."""
    found = [f"has no {field}" for field in ("item", "kind") if not str(row.get(field, "")).strip()]
    if not homes(row) and "exercise" not in row:
        found.append("has neither home nor exercise")
    for home in homes(row):
        path, _, cell = home.partition("#")
        if cell not in cells(root / path):
            found.append(f"home {home!r} does not exist")
    if "exercise" in row and row["exercise"] not in exercises:
        found.append(f"exercise {row['exercise']!r} does not exist")
    if row.get("kind", "taught").split(" ")[0] not in KINDS:
        found.append(f"kind {row['kind']!r} is unknown")
    return [f"{row.get('item', '?')}: {fault}" for fault in found]


def faults(ledger: dict, root: Path = ROOT) -> list[str]:
    """Return everything that is wrong with a ledger, one line each."""
    unbuilt = ledger.get("unbuilt", {})
    waiting, later = unbuilt.get("rows", []), unbuilt.get("weeks", {})
    built, exercises = ledger.get("rows", {}), graded(root)
    found = [] if built else ["the ledger owes nothing"]
    for week in WEEKS:
        if (week in built) == (week in later):
            found.append(f"{week} must stand in [rows] or in [unbuilt.weeks], and in one only")
    found += [f"{week} waits without a reason" for week, reason in later.items() if not reason.strip()]
    for row in waiting:
        lacks = [field for field in ("week", "item", "kind", "reason") if not str(row.get(field, "")).strip()]
        found += [f"{row.get('item', '?')} waits without {', '.join(lacks)}"] if lacks else []
    for week, owed in built.items():
        rows = ledger.get(week, [])
        items = [row.get("item") for row in [*rows, *(row for row in waiting if row.get("week") == week)]]
        if len(items) != owed or owed < 1:
            found.append(f"{week} owes {owed} rows and accounts for {len(items)}")
        found += [f"{week}: {item!r} stands twice" for item in {i for i in items if items.count(i) > 1}]
        found += [f"{week}: {fault}" for row in rows for fault in row_faults(row, exercises, root)]
    return found


@pytest.fixture
def ledger() -> dict:
    return tomllib.loads(LEDGER.read_text(encoding="utf-8"))


def test_every_row_of_a_built_week_has_a_home_or_a_reason(ledger):
    assert faults(ledger) == []


def test_every_graded_exercise_is_a_row_of_the_ledger(ledger):
    exercises = graded(ROOT)
    assert exercises, "no graded exercise was found in solutions/"
    named = {row.get("exercise") for week in ledger["rows"] for row in ledger[week]}
    assert exercises - named == set()


def test_an_empty_ledger_fails():
    assert "the ledger owes nothing" in faults({})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda rows: rows[0].update(home="lessons/00_setup.ipynb#no-such-cell"), "no-such-cell"),
        (lambda rows: rows[0].update(home="lessons/no_such.ipynb#title"), "no_such.ipynb"),
        (lambda rows: rows[0].update(exercise="no_such_exercise"), "no_such_exercise"),
        (lambda rows: (rows[1].pop("home"), rows[1].pop("exercise", None)), "neither home nor exercise"),
        (lambda rows: rows.pop(), "accounts for"),
        (lambda rows: rows.clear(), "accounts for 1"),
        (lambda rows: rows[1].update(item=rows[0]["item"]), "stands twice"),
        (lambda rows: rows[0].update(kind="hoped"), "kind 'hoped'"),
    ],
    ids=["cell", "notebook", "exercise", "homeless", "lost row", "no rows", "twice", "kind"],
)
def test_a_damaged_ledger_is_refused(ledger, damage, said):
    damage(ledger["00_setup"])
    assert any(said in fault for fault in faults(ledger))


def test_a_row_that_waits_says_why(ledger):
    ledger["unbuilt"]["rows"][0]["reason"] = " "
    assert any("waits without reason" in fault for fault in faults(ledger))


def test_a_week_is_built_or_waits(ledger):
    ledger["unbuilt"]["weeks"].pop("13_capstone")
    assert any(fault.startswith("13_capstone must stand") for fault in faults(ledger))
