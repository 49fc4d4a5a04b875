"""Stored outputs: marked cells keep theirs, taken from the executed copies; all others none.

A marked cell carries the tag `nbval-check-output`: its printed text is
committed, and CI compares it. `make notebooks` runs every notebook and then
this module, which rewrites lessons/ and solutions/; doing so twice changes
nothing.
"""

import argparse
import copy
import json
import sys
from pathlib import Path

from mmlab.course import executed, places
from mmlab.course.notebook import write_bytes
from mmlab.errors import NotebookError

MARK = "nbval-check-output"
COUNT = 1  # any number: nbval calls a cell with outputs and no count unrun


def is_marked(cell) -> bool:
    """Return whether CI compares this cell's stored output."""
    return cell["cell_type"] == "code" and MARK in cell["metadata"].get("tags", [])


def text_only(outputs: list) -> list:
    """Return `outputs` as they are stored: printed text joined, a last value as text, no more."""
    kept = []
    for output in executed.joined(outputs):
        if output.output_type == "stream" and output.name == "stdout":
            kept.append(copy.deepcopy(output))
        elif output.output_type == "execute_result" and "text/plain" in output.data:
            plain = copy.deepcopy(output)
            plain.data, plain.metadata = {"text/plain": output.data["text/plain"]}, {}
            plain.execution_count = COUNT
            kept.append(plain)
    return kept


def stripped(notebook):
    """Return a copy of `notebook` as it is committed: stored outputs on marked cells only."""
    clean = copy.deepcopy(notebook)
    clean.metadata = {
        key: value for key, value in clean.metadata.items() if key in ("kernelspec", "mmlab")
    }
    clean.metadata["language_info"] = {"name": "python"}
    clean.metadata.get("mmlab", {}).pop("executed", None)
    for cell in clean.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        cell.outputs = text_only(cell.outputs) if is_marked(cell) else []
        cell.execution_count = COUNT if cell.outputs else None
    return clean


def refreshed(source, ran):
    """Return `source` as it is committed, its marked outputs taken from the executed copy `ran`.

    raises  NotebookError  when the copy is of other cells, a cell of it failed, or a marked one
                           printed nothing
    """
    fresh = copy.deepcopy(source)
    if [cell.source for cell in ran.cells] != [cell.source for cell in source.cells]:
        raise NotebookError(
            "the executed copy has other cells", "a copy of this notebook", "run `make notebooks` again"
        )
    for cell, other in zip(fresh.cells, ran.cells, strict=True):
        if any(output.output_type == "error" for output in other.get("outputs", [])):
            raise NotebookError(f"cell {cell.id} failed when it ran", "a run without errors", "mend the cell")
        if is_marked(cell):
            cell.outputs = text_only(other.outputs)
            if not cell.outputs:
                raise NotebookError(
                    f"marked cell {cell.id} printed nothing", "text to compare", "print it, or take the mark off"
                )
    return stripped(fresh)


def text(notebook) -> str:
    """Return the one way in which a notebook is written to its file.

    Keys sorted, one space of indent, sources and outputs as lists of lines.
    """
    from nbformat.v4 import rwbase

    parts = rwbase.split_lines(copy.deepcopy(notebook))
    return json.dumps(parts, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def refresh(path: Path, folder: Path, *, check: bool = False) -> bool:
    """Rewrite the notebook at `path` from its executed copy; return whether anything changed.

    check   change nothing on disk
    raises  NotebookError  when there is no executed copy, or it cannot be used
    """
    source, copy_path = executed.read(path), places.executed(path, folder)
    if any(is_marked(cell) for cell in source.cells):
        if not copy_path.exists():
            raise NotebookError(f"{path}: no executed copy", f"one at {copy_path}", "run `make notebooks`")
        fresh = refreshed(source, executed.read(copy_path))
    else:
        fresh = stripped(source)
    new = text(fresh)
    changed = new != path.read_text(encoding="utf-8")
    if changed and not check:
        write_bytes(path, new.encode())
    return changed


def main(argv: list[str] | None = None) -> int:
    """Refresh every lesson and solved lab; with --check change nothing, exit 1 where one would change."""
    parser = argparse.ArgumentParser(prog="python -m mmlab.course.outputs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what would change")
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks (default: all)")
    args = parser.parse_args(argv)
    folder = places.root()
    changed, failed = [], []
    for path in args.paths or [*places.lessons(folder), *places.solutions(folder)]:
        try:
            if refresh(path, folder, check=args.check):
                changed.append(path)
                print(f"{'would change' if args.check else 'refreshed'}  {path}")
        except NotebookError as error:
            failed.append(path)
            print(error, file=sys.stderr)
    return int(bool(failed or (args.check and changed)))


if __name__ == "__main__":
    sys.exit(main())
