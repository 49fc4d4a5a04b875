"""Validate a JSON tree that claims to be a notebook: copy only what grading reads, with known types and sizes.

Outputs are dropped, and so is metadata that no stage reads. Later stages can rely on the types
of what remains, whoever wrote the file.
"""

import re

from mmlab.cli import notebook
from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake.archive import LARGEST
from mmlab.instructor.grading.intake.json_recovery import SAVE, WANTED

MAX_CELLS = 2_000
MAX_CODE = 2_000_000  # characters of code in one notebook
MAX_TEXT = 10_000_000  # characters in total; Colab pastes images as text
HALVES = re.compile("[\ud800-\udfff]")  # unpaired surrogates, which cannot be encoded
BASE64 = re.compile(r"[\w+/=\s]*", re.ASCII)
VERSION = re.compile(r"\d{1,2}\.\d{1,3}[\w.+-]{0,12}")
SCALARS = (str, bool, int, float)


def lab_of(tree: dict, name: str) -> tuple[dict, list[str]]:
    """Return the lab in a JSON object, and one sentence for each repair.

    raises  NotebookError  if it is not a notebook, has an outdated format, or is too large
    """
    given, notes = cells_of(tree, name)
    cells = [cell for cell in (plain_cell(cell) for cell in given) if cell is not None]
    if lost := len(given) - len(cells):
        notes.append(f"{lost} cells without text were left out.")
    cells = [cell for cell in cells if cell["source"].strip() or cell["metadata"].get("nbgrader")]
    refuse_too_large(cells, name)
    cleaned = [cell for cell in cells if cell.pop("cleaned")]
    joined = sum(cell.pop("joined") for cell in cells)
    if joined:
        notes.append(f"The ends of lines were missing in {joined} cells and were added.")
    if cleaned:
        notes.append(f"Invalid characters were removed from {len(cleaned)} cells.")
    python = python_of(tree)
    metadata = {"mmlab": stamps_of(tree)} | ({"python": python} if python else {})
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, notes


def cells_of(tree: dict, name: str) -> tuple[list, list[str]]:
    """Return a notebook's cells, converted from format 3 if needed; raises NotebookError if it has no list of cells."""
    cells = tree.get("cells")
    if isinstance(cells, list):
        return cells, []
    sheets = tree.get("worksheets")
    if not isinstance(sheets, list):
        raise NotebookError(f"{name} is JSON, but not a notebook: it has no list of cells", WANTED, SAVE)
    if tree.get("nbformat") != 3:
        raise NotebookError(
            f"{name} is a notebook of a format before 3",
            "format 4",
            "open it in JupyterLab and save it, which converts it",
        )
    cells = [
        cell
        for sheet in sheets
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
        for cell in sheet["cells"]
    ]
    return [of_format_4(cell) for cell in cells], ["Your notebook was converted from format 3 to format 4."]


def of_format_4(cell: object) -> object:
    """Convert a cell from format 3 to format 4."""
    if not isinstance(cell, dict):
        return cell
    if cell.get("cell_type") == "heading":
        level = cell.get("level") if cell.get("level") in range(1, 7) else 1
        return cell | {
            "cell_type": "markdown",
            "source": "#" * level + " " + (text_of(cell.get("source")) or ""),
        }
    return cell | {"source": cell["input"]} if "input" in cell else cell


def plain_cell(cell: object) -> dict | None:
    """Return a validated copy of a cell, None if it has no text; `cleaned` says whether characters were removed."""
    source = text_of(cell.get("source")) if isinstance(cell, dict) else None
    if source is None:
        return None
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        kind = "code" if "outputs" in cell or "execution_count" in cell else "markdown"
    joined = isinstance(cell["source"], list) and source != "".join(cell["source"])
    # as Python reads a file: without a byte order mark
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = HALVES.sub("\ufffd", source.replace("\0", ""))
    made = {"cell_type": kind, "metadata": metadata_of(cell), "source": text, "cleaned": text != source}
    colab = made["metadata"].pop("id", "")  # Colab keeps a cell's id in its metadata
    made["joined"] = joined
    made["id"] = cell["id"] if isinstance(cell.get("id"), str) else colab
    if kind == "markdown" and (attachments := attachments_of(cell)):
        made["attachments"] = attachments
    return made


def text_of(source: object) -> str | None:
    """Return a cell's text, given as a string or a list of lines; None for anything else."""
    if isinstance(source, str):
        return source
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return notebook.joined(source)
    return None


def metadata_of(cell: dict) -> dict:
    """Return the metadata that grading reads: nbgrader's and mmlab's entries, the tags, Colab's id."""
    given = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    made = {
        name: plain_values(given.get(name)) for name in ("nbgrader", "mmlab") if plain_values(given.get(name))
    }
    if not isinstance(made.get("nbgrader", {}).get("grade_id", ""), str):
        del made["nbgrader"]
    tags = given.get("tags")
    if isinstance(tags, list) and (tags := [tag for tag in tags[:20] if isinstance(tag, str)]):
        made["tags"] = tags
    return made | ({"id": given["id"]} if isinstance(given.get("id"), str) else {})


def plain_values(given: object) -> dict:
    """Return the entries of a JSON object whose values are short scalars; empty for anything else."""
    if not isinstance(given, dict):
        return {}
    return {
        name: value
        for name, value in list(given.items())[:40]
        if isinstance(value, SCALARS) and len(str(value)) <= 200
    }


def attachments_of(cell: dict) -> dict:
    """Return a cell's attached images as name → type → base64; other attachments are left out."""
    given = cell.get("attachments")
    attachments = {}
    for name, kinds in given.items() if isinstance(given, dict) else ():
        images = (
            {
                kind: data
                for kind, data in kinds.items()
                if kind.startswith("image/") and isinstance(data, str) and BASE64.fullmatch(data)
            }
            if isinstance(kinds, dict)
            else {}
        )
        if images:
            attachments[name] = images
    return attachments


def stamps_of(tree: dict) -> dict:
    """Return the release's entries in a notebook's metadata (week, version, digests) that have the right types."""
    given = tree.get("metadata") if isinstance(tree.get("metadata"), dict) else {}
    given = given.get("mmlab") if isinstance(given.get("mmlab"), dict) else {}
    made = {name: given[name] for name in ("week", "version") if isinstance(given.get(name), str)}
    digests = given.get("released")
    if isinstance(digests, list):
        made["released"] = sorted({digest for digest in digests[:10_000] if isinstance(digest, str)})
    return made


def python_of(tree: dict) -> str:
    """Return the Python version that a notebook was saved with, "" if it does not say."""
    given = tree.get("metadata") if isinstance(tree.get("metadata"), dict) else {}
    language = given.get("language_info") if isinstance(given.get("language_info"), dict) else {}
    version = language.get("version")
    return version if isinstance(version, str) and VERSION.fullmatch(version) else ""


def refuse_too_large(cells: list[dict], name: str) -> None:
    """Raise NotebookError if a notebook has more cells or text than any lab needs."""
    code = sum(len(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    text = sum(len(cell["source"]) for cell in cells)
    for size, maximum, what in (
        (len(cells), MAX_CELLS, "cells"),
        (code, MAX_CODE, "characters of code"),
        (text, MAX_TEXT, "characters"),
        (attached(cells), LARGEST // 2, "characters of images"),
    ):
        if size > maximum:
            raise NotebookError(
                f"{name} contains {size:,} {what}",
                f"at most {maximum:,}",
                "delete what is not part of your answers, and submit it again",
            )


def attached(cells: list[dict]) -> int:
    """Return the number of base64 characters in the cells' attached images."""
    images = [kinds for cell in cells for kinds in cell.get("attachments", {}).values()]
    return sum(len(data) for kinds in images for data in kinds.values())
