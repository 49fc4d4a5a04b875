"""Store the outputs of marked cells, taken from the executed copies, and remove all other outputs.

A marked cell has the tag `nbval-check-output`: its printed text is committed, and CI
compares it. `make notebooks` runs every notebook and then this module, which rewrites
lessons/ and solutions/; a second run changes nothing.
"""

import argparse
import copy
import sys
from pathlib import Path

from mmlab.cli import executed, notebook, paths
from mmlab.errors import InputError, NotebookError
from mmlab.files import atomic_write

MARK = "nbval-check-output"
COUNT = 1  # any number; nbval counts a cell with outputs and no count as not run


def is_marked(cell) -> bool:
    """Return whether CI compares this cell's stored output."""
    return cell["cell_type"] == "code" and MARK in cell["metadata"].get("tags", [])


def text_only(outputs: list) -> list:
    """Return the outputs to store: the printed text, joined, and the last value as text."""
    stored = []
    for output in executed.joined(outputs):
        if output.output_type == "stream" and output.name == "stdout":
            stored.append(copy.deepcopy(output))
        elif output.output_type == "execute_result" and "text/plain" in output.data:
            plain = copy.deepcopy(output)
            plain.data, plain.metadata = {"text/plain": output.data["text/plain"]}, {}
            plain.execution_count = COUNT
            stored.append(plain)
    return stored


def stripped(source):
    """Return a copy of `source` to commit: only marked cells have outputs."""
    clean = copy.deepcopy(source)
    clean.metadata = {key: value for key, value in clean.metadata.items() if key in ("kernelspec", "mmlab")}
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
    """Return `source` to commit, with the outputs of marked cells from the executed copy `ran`.

    raises  NotebookError  if the copy has other cells, one of its cells failed, or a marked cell
                           printed nothing
    """
    fresh = copy.deepcopy(source)
    if [cell.source for cell in ran.cells] != [cell.source for cell in source.cells]:
        raise NotebookError(
            "the executed copy has other cells", "a copy of this notebook", "run `make notebooks` again"
        )
    for cell, other in zip(fresh.cells, ran.cells, strict=True):
        if any(output.output_type == "error" for output in other.get("outputs", [])):
            raise NotebookError(f"cell {cell.id} failed when it ran", "a run without errors", "fix the cell")
        if is_marked(cell):
            cell.outputs = text_only(other.outputs)
            if not cell.outputs:
                raise NotebookError(
                    f"marked cell {cell.id} printed nothing",
                    "text to compare",
                    "print something, or remove the tag",
                )
    return stripped(fresh)


def refresh(path: Path, folder: Path, *, check: bool = False) -> bool:
    """Rewrite the notebook at `path` from its executed copy; return whether anything changed.

    check   change nothing on disk
    raises  NotebookError  if there is no executed copy, or it cannot be used
    """
    source, copy_path = notebook.node(path), paths.executed(path, folder)
    if any(is_marked(cell) for cell in source.cells):
        if not copy_path.exists():
            raise NotebookError(f"{path}: no executed copy", f"a copy at {copy_path}", "run `make notebooks`")
        fresh = refreshed(source, notebook.node(copy_path))
    else:
        fresh = stripped(source)
    new = notebook.dumps(fresh)
    changed = new != path.read_text(encoding="utf-8")
    if changed and not check:
        atomic_write(path, new.encode())
    return changed


def main(argv: list[str] | None = None) -> int:
    """Refresh every lesson and solved lab; with --check change nothing and return 1 if one would change."""
    parser = argparse.ArgumentParser(prog="python -m mmlab.instructor.authoring.outputs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only list what would change")
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks (default: all)")
    args = parser.parse_args(argv)
    folder = paths.root()
    changed, failed = [], []
    for path in args.paths or [*paths.lessons(folder), *paths.solutions(folder)]:
        try:
            if refresh(path, folder, check=args.check):
                changed.append(path)
                print(f"{'would change' if args.check else 'refreshed'}  {path}")
        except (InputError, NotebookError) as error:
            failed.append(path)
            print(error, file=sys.stderr)
    return int(bool(failed or (args.check and changed)))


if __name__ == "__main__":
    sys.exit(main())
