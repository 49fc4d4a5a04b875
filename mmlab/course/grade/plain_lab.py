"""A JSON tree that claims to be a notebook → a lab of plain parts: what grading looks at, and nothing else.

Outputs are never looked at and stay behind, and so does metadata that no step
reads. What remains has the types that the other steps rely on, whoever wrote it.
"""

import re

from mmlab.course.grade.archive import LARGEST
from mmlab.course.grade.salvage import SAVE, WANTED
from mmlab.errors import NotebookError

MOST_CELLS = 2_000
MOST_CODE = 2_000_000  # letters of code in one notebook
MOST_TEXT = 10_000_000  # letters in all; pictures that Colab pastes are text
HALVES = re.compile("[\ud800-\udfff]")  # of letters beyond 16 bits: no encoding has them alone
BASE64 = re.compile(r"[\w+/=\s]*", re.ASCII)
SCALARS = (str, bool, int, float)


def lab_of(tree: dict, name: str) -> tuple[dict, list[str]]:
    """Return the lab that a JSON object holds, and a sentence for each thing that was put right.

    raises  NotebookError  where it is no notebook, an outdated one, or too large
    """
    given, notes = cells_of(tree, name)
    cells = [cell for cell in (plain_cell(cell) for cell in given) if cell is not None]
    if lost := len(given) - len(cells):
        notes.append(f"{lost} cells without a text were left out.")
    cells = [cell for cell in cells if cell["source"].strip() or cell["metadata"].get("nbgrader")]
    refuse_too_large(cells, name)
    cleaned = [cell for cell in cells if cell.pop("cleaned")]
    if cleaned:
        notes.append(f"{len(cleaned)} cells held letters that no text may hold; they were taken out.")
    return {"cells": cells, "metadata": {"mmlab": stamps_of(tree)}, "nbformat": 4, "nbformat_minor": 5}, notes


def answers_of(tree: dict) -> list:
    """Return what counts of a JSON tree: its cells' texts; two sides of a merge may differ in all else."""
    try:
        lab, _ = lab_of(tree, "")
    except NotebookError:
        return [None, id(tree)]
    return [(cell["cell_type"], cell["source"]) for cell in lab["cells"] if cell["source"].strip()]


def cells_of(tree: dict, name: str) -> tuple[list, list[str]]:
    """Return a notebook's cells as it holds them, also those of format 3; raises NotebookError where it has none."""
    cells = tree.get("cells")
    if isinstance(cells, list):
        return cells, []
    sheets = tree.get("worksheets")
    if not isinstance(sheets, list):
        raise NotebookError(f"{name} is JSON, but no notebook: it has no list of cells", WANTED, SAVE)
    if tree.get("nbformat") != 3:
        raise NotebookError(f"{name} is a notebook of a format before 3", "format 4",
                            "open it in JupyterLab and save it, which brings it up to date")  # fmt: skip
    found = [cell for sheet in sheets if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
             for cell in sheet["cells"]]  # fmt: skip
    return [of_format_4(cell) for cell in found], ["Your notebook was in format 3; it was brought up to format 4."]


def of_format_4(cell: object) -> object:
    """Return a cell of format 3 as format 4 has it."""
    if not isinstance(cell, dict):
        return cell
    if cell.get("cell_type") == "heading":
        level = cell.get("level") if cell.get("level") in range(1, 7) else 1
        return cell | {"cell_type": "markdown", "source": "#" * level + " " + (text_of(cell.get("source")) or "")}
    return cell | {"source": cell["input"]} if "input" in cell else cell


def plain_cell(cell: object) -> dict | None:
    """Return a cell of plain parts, None where it has no text; `cleaned` says whether letters were taken out."""
    source = text_of(cell.get("source")) if isinstance(cell, dict) else None
    if source is None:
        return None
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        kind = "code" if "outputs" in cell or "execution_count" in cell else "markdown"
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    text = HALVES.sub("\ufffd", source.replace("\0", ""))
    made = {"cell_type": kind, "metadata": metadata_of(cell), "source": text, "cleaned": text != source}
    colab = made["metadata"].pop("id", "")  # Colab keeps a cell's id in its metadata
    made["id"] = cell["id"] if isinstance(cell.get("id"), str) else colab
    if kind == "markdown" and (pictures := attachments_of(cell)):
        made["attachments"] = pictures
    return made


def text_of(source: object) -> str | None:
    """Return a cell's text, one string or a list of them; None for anything else."""
    if isinstance(source, str):
        return source
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return None


def metadata_of(cell: dict) -> dict:
    """Return what counts of a cell's metadata: nbgrader's and ours as plain values, its tags, Colab's id."""
    given = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    made = {name: plain_values(given.get(name)) for name in ("nbgrader", "mmlab") if plain_values(given.get(name))}
    if not isinstance(made.get("nbgrader", {}).get("grade_id", ""), str):
        del made["nbgrader"]
    tags = given.get("tags")
    if isinstance(tags, list) and (tags := [tag for tag in tags[:20] if isinstance(tag, str)]):
        made["tags"] = tags
    return made | ({"id": given["id"]} if isinstance(given.get("id"), str) else {})


def plain_values(given: object) -> dict:
    """Return the entries of a JSON object whose values are short and simple; empty for anything else."""
    if not isinstance(given, dict):
        return {}
    return {name: value for name, value in list(given.items())[:40]
            if isinstance(value, SCALARS) and len(str(value)) <= 200}  # fmt: skip


def attachments_of(cell: dict) -> dict:
    """Return a cell's attached pictures, name → type → base64; anything else in their place is left out."""
    given = cell.get("attachments")
    found = {}
    for name, kinds in given.items() if isinstance(given, dict) else ():
        pictures = {kind: data for kind, data in kinds.items()
                    if kind.startswith("image/") and isinstance(data, str) and BASE64.fullmatch(data)} if isinstance(kinds, dict) else {}  # fmt: skip
        if pictures:
            found[name] = pictures
    return found


def stamps_of(tree: dict) -> dict:
    """Return what a release says of itself in a notebook's metadata, as far as it is of the right types."""
    given = tree.get("metadata") if isinstance(tree.get("metadata"), dict) else {}
    given = given.get("mmlab") if isinstance(given.get("mmlab"), dict) else {}
    made = {name: given[name] for name in ("week", "version") if isinstance(given.get(name), str)}
    digests = given.get("released")
    if isinstance(digests, list):
        made["released"] = sorted({one for one in digests[:10_000] if isinstance(one, str)})
    return made


def refuse_too_large(cells: list[dict], name: str) -> None:
    """Raise NotebookError where a notebook has more cells or text than a lab can have."""
    code = sum(len(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    text = sum(len(cell["source"]) for cell in cells)
    for size, most, what in ((len(cells), MOST_CELLS, "cells"), (code, MOST_CODE, "letters of code"),
                             (text, MOST_TEXT, "letters"), (pictures(cells), LARGEST // 2, "letters of pictures")):  # fmt: skip
        if size > most:
            raise NotebookError(f"{name} holds {size:,} {what}", f"at most {most:,}",
                                "delete what is not part of your answers, and hand in again")  # fmt: skip


def pictures(cells: list[dict]) -> int:
    """Return how many letters the attached pictures of cells take."""
    kinds = [kinds for cell in cells for kinds in cell.get("attachments", {}).values()]
    return sum(len(data) for one in kinds for data in one.values())
