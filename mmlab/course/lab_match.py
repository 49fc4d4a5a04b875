"""Which of a student's cells is which cell of the release, also where editors lost their ids."""

import re
from collections.abc import Callable

from mmlab.course import notebook
from mmlab.course.notebook import about

DEFINES = re.compile(r"^(?:async )?(?:def|class) +(\w+)", re.MULTILINE)
CHECKS = re.compile(r"""\s*check\(\s*["'](\w+)["'][^\n]*\s*""")
ROLES = {"statement": "-statement", "solution": "-solution", "check": "", "demo": "-demo"}


def key(cell: dict) -> str:
    """Return what a cell of a release is known by: its grade id, else its cell id."""
    return notebook.grade_id(cell) or cell.get("id", "")


def matched(mine: list[dict], release: list[dict]) -> list[str | None]:
    """Return, for each cell of `mine`, the key of the release's cell that it is; None for a student's own.

    Grade ids count first and may name several cells (copies); then cell ids,
    then our own metadata, then equal text, then the exercise that a cell of one
    line checks, then the function or class that a solution cell defines, and
    last, for a text answer, its place right below its statement.
    """
    wanted = {key(cell): cell for cell in release}
    ids = {cell.get("id"): key(cell) for cell in release}
    found = [notebook.grade_id(cell) if notebook.grade_id(cell) in wanted else None for cell in mine]
    taken = set(found) - {None}

    def claim(rule: Callable[[int, dict], str | None]) -> None:
        for index, cell in enumerate(mine):
            if found[index] is None and not notebook.grade_id(cell):
                name = rule(index, cell)
                if name is not None and name not in taken:
                    found[index] = name
                    taken.add(name)

    claim(lambda _, cell: ids.get(cell.get("id")) or ids.get(cell["metadata"].get("id")))  # Colab keeps it there
    claim(lambda _, cell: name if (name := stamped(cell)) in wanted else None)
    texts = {(cell["cell_type"], notebook.digest(cell["source"])): key(cell) for cell in release}
    claim(lambda _, cell: texts.get((cell.get("cell_type"), notebook.digest(cell["source"]))))
    checks = {name for name, cell in wanted.items() if about(cell).get("grade") and not about(cell).get("solution")}
    claim(lambda _, cell: name if (name := checked(cell)) in checks else None)
    definers = {name: key(cell) for cell in release if about(cell).get("solution") for name in defined(cell)}
    claim(lambda _, cell: next((definers[name] for name in defined(cell) if name in definers), None))
    below = {key(before): key(cell) for before, cell in zip(release, release[1:], strict=False) if is_text(cell)}
    claim(lambda index, cell: below.get(found[index - 1]) if index and cell.get("cell_type") == "markdown" else None)
    return found


def stamped(cell: dict) -> str | None:
    """Return the key that our own metadata gives a cell, None where it has none."""
    ours = cell["metadata"].get("mmlab")
    ours = ours if isinstance(ours, dict) else {}
    exercise, role = ours.get("exercise"), ours.get("role")
    known = isinstance(exercise, str) and isinstance(role, str) and role in ROLES
    return exercise + ROLES[role] if known else None


def checked(cell: dict) -> str | None:
    """Return the exercise that a code cell of one line checks, None for any other cell."""
    match = CHECKS.fullmatch(cell["source"]) if cell.get("cell_type") == "code" else None
    return match[1] if match else None


def defined(cell: dict) -> list[str]:
    """Return the functions and classes that a code cell defines at its top level."""
    return DEFINES.findall(cell["source"]) if cell.get("cell_type") == "code" else []


def is_text(cell: dict) -> bool:
    """Return whether a cell of a release is a text answer."""
    return cell["cell_type"] == "markdown" and bool(about(cell).get("solution"))
