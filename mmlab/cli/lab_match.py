"""Match a student's cells with the cells of the release, even if an editor lost their ids."""

import re
from collections.abc import Callable

from mmlab.cli import notebook
from mmlab.cli.cell_source import one_spelling
from mmlab.cli.notebook import about

DEFINES = re.compile(r"^\f?(?:async[ \t\f]+)?(?:def|class)[ \t\f]+(\w+)", re.MULTILINE)
CHECKS = re.compile(r"""check\(\s*["'](\w+)["'][^\n]*""")
ROLES = {"statement": "-statement", "solution": "-solution", "check": "", "demo": "-demo"}


def key(cell: dict) -> str:
    """Return the key of a release's cell: its grade id, else its cell id."""
    return notebook.grade_id(cell) or cell.get("id", "")


def matched(mine: list[dict], release: list[dict]) -> list[str | None]:
    """Return for each cell of `mine` the key of the matching cell in the release; None for a student's own cell.

    Grade ids count first and may match several cells (copies). Then come cell ids,
    our own metadata, equal text, the exercise that a cell of one line checks, and
    the function or class that a solution cell defines. A text answer also matches
    by its position directly below its statement.
    """
    wanted = {key(cell): cell for cell in release}
    ids = {cell.get("id"): key(cell) for cell in release}
    keys = [notebook.grade_id(cell) if notebook.grade_id(cell) in wanted else None for cell in mine]
    taken = set(keys) - {None}

    def claim(rule: Callable[[int, dict], str | None]) -> None:
        for index, cell in enumerate(mine):
            if keys[index] is None and not notebook.grade_id(cell):
                name = rule(index, cell)
                if name is not None and name not in taken:
                    keys[index] = name
                    taken.add(name)

    claim(
        lambda _, cell: ids.get(cell.get("id")) or ids.get(cell["metadata"].get("id"))
    )  # Colab keeps it there
    claim(lambda _, cell: name if (name := stamped(cell)) in wanted else None)
    texts = {(cell["cell_type"], notebook.digest(cell["source"])): key(cell) for cell in release}
    claim(lambda _, cell: texts.get((cell.get("cell_type"), notebook.digest(cell["source"]))))
    checks = {
        name for name, cell in wanted.items() if about(cell).get("grade") and not about(cell).get("solution")
    }
    claim(lambda _, cell: name if (name := checked(cell)) in checks else None)
    definers = {name: key(cell) for cell in release if about(cell).get("solution") for name in defined(cell)}
    claim(lambda _, cell: next((definers[name] for name in defined(cell) if name in definers), None))
    below = {
        key(before): key(cell) for before, cell in zip(release, release[1:], strict=False) if is_text(cell)
    }
    claim(
        lambda index, cell: (
            below.get(keys[index - 1]) if index and cell.get("cell_type") == "markdown" else None
        )
    )
    return keys


def stamped(cell: dict) -> str | None:
    """Return the key that our own metadata gives a cell, None if it has none."""
    ours = cell["metadata"].get("mmlab")
    ours = ours if isinstance(ours, dict) else {}
    exercise, role = ours.get("exercise"), ours.get("role")
    known = isinstance(exercise, str) and isinstance(role, str) and role in ROLES
    return exercise + ROLES[role] if known else None


def checked(cell: dict) -> str | None:
    """Return the exercise that a code cell of one line checks, None for any other cell."""
    match = CHECKS.fullmatch(cell["source"].strip()) if cell.get("cell_type") == "code" else None
    return match[1] if match else None


def defined(cell: dict) -> list[str]:
    """Return the functions and classes that a code cell defines at its top level."""
    return (
        DEFINES.findall(one_spelling(cell["source"].removeprefix("\ufeff")))
        if cell.get("cell_type") == "code"
        else []
    )


def is_text(cell: dict) -> bool:
    """Return whether a cell of a release is a text answer."""
    return cell["cell_type"] == "markdown" and bool(about(cell).get("solution"))
