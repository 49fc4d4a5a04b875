"""Notebooks as data: read and write them, find cells, and put answers into them.

A notebook is the dict that its JSON holds, each cell's source joined to one
string. Cells are known by their grade ids, or by their cell ids: an exercise NAME
has `NAME-statement`, `NAME-solution` and `NAME`, the cell that is graded.
"""

import ast
import contextlib
import hashlib
import itertools
import json
import linecache
import os
import re
from collections.abc import Callable
from pathlib import Path

from mmlab.check import syntax
from mmlab.errors import InputError, NotebookError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = """\
# Your answer goes here, in place of the next line: delete it.
raise NotImplementedError("{name}: write your answer and delete this line")"""
TEXT_STUB = "*Your answer goes here, in place of this line.*"
EARLIER = "look for an earlier copy in .ipynb_checkpoints beside it, or fetch it again"
_counter = itertools.count()


def read(path: Path) -> dict:
    """Return a notebook; raises NotebookError where the file is missing, not JSON or not a notebook."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(f"{path} is not UTF-8 text ({error})", "a notebook file", EARLIER) from None
    except OSError as error:
        raise NotebookError(f"{path} cannot be read ({error})", "a notebook file", "check the path") from None
    return parse(text, path)


def parse(text: str, path: Path | str) -> dict:
    """Return the notebook that a text holds; raises NotebookError, which names `path`, where it holds none."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        do = "take one side of the merge marks" if "<<<<<<<" in text else EARLIER
        raise NotebookError(f"{path} is not JSON ({error})", "a notebook in format 4", do) from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise NotebookError(f"{path} has no list of cells", "a notebook in format 4", "save it again with JupyterLab")
    _whole(notebook, str(path))
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or not isinstance(cell.get("source"), (str, list)):
            raise NotebookError(f"cell {number} of {path} has no source", "a notebook in format 4", EARLIER)
        _whole(cell, f"cell {number} of {path}")
        try:
            cell["source"] = "".join(cell["source"])
        except TypeError:
            raise NotebookError(f"the source of cell {number} of {path} is no text", "lines of text", EARLIER) from None
    return notebook


def _whole(part: dict, where: str) -> None:
    """Give a notebook or cell the metadata it may lack; raise NotebookError where what it has is of no use."""
    metadata = part["metadata"] = part.get("metadata") or {}
    name = ((metadata.get("nbgrader") or {}).get("grade_id", "") if isinstance(metadata, dict)
            and isinstance(metadata.get("nbgrader") or {}, dict) else None)  # fmt: skip
    if not isinstance(name, str) or not isinstance(part.get("id", ""), str):
        raise NotebookError(f"the metadata of {where} is damaged", "metadata as JupyterLab writes it", EARLIER)


def dumps(notebook: dict) -> str:
    """Return a notebook's text: sorted keys, sources as lines, the same bytes for the same notebook."""
    cells = [cell | {"source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    text = json.dumps(notebook | {"cells": cells}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # half an emoji: no UTF-8 has it, JSON's escapes do
        text = json.dumps(notebook | {"cells": cells}, indent=1, sort_keys=True) + "\n"
    return text


def write(path: Path, notebook: dict) -> None:
    """Write a notebook, as `dumps` has it, whole or not at all; raises NotebookError where it cannot be."""
    write_bytes(path, dumps(notebook).encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; raises NotebookError where it cannot be."""
    unfinished = Path(f"{path}.part")
    try:
        with open(unfinished, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise NotebookError(f"{path} could not be written ({error})", "room and rights there",
                            "free some space, then run it again; the file is as it was") from None  # fmt: skip


def digest(source: str) -> str:
    """Return twelve letters that stand for a cell's text, blanks at the ends of lines left out."""
    text = "\n".join(line.rstrip() for line in source.splitlines()).strip()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def about(cell: dict) -> dict:
    """Return the cell's nbgrader metadata, empty where it has none."""
    return cell.get("metadata", {}).get("nbgrader") or {}


def grade_id(cell: dict) -> str | None:
    """Return the cell's nbgrader id, or None."""
    return about(cell).get("grade_id")


def cell_named(notebook: dict, name: str) -> dict | None:
    """Return the one cell whose grade id or cell id is `name`, or None; raises NotebookError for two."""
    found = [cell for cell in notebook["cells"] if name in (grade_id(cell), cell.get("id"))]
    if len(found) > 1:
        raise NotebookError(f"{len(found)} cells called {name}", "one", "delete the copies")
    return found[0] if found else None


def find(notebook: dict, name: str) -> dict:
    """Return the cell called `name`; raises NotebookError where it is missing."""
    cell = cell_named(notebook, name)
    if cell is None:
        raise NotebookError(f"no cell called {name}", "every cell that came with the lab",
                            "run `mmlab update` on the lab, which puts it back")  # fmt: skip
    return cell


def points(notebook: dict) -> dict[str, float]:
    """Return grade id → points for every graded cell, in order."""
    graded = [about(cell) for cell in notebook["cells"] if about(cell).get("grade")]
    return {entry["grade_id"]: entry.get("points", 0) for entry in graded}


def title(notebook: dict) -> str:
    """Return the first heading, or an empty text."""
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "markdown" and (match := re.search(r"^# +(.+)$", cell["source"], re.MULTILINE)):
            return match[1].strip()
    return ""


def reference(notebook: dict, name: str) -> str:
    """Return the source of the exercise's solution cell."""
    return find(notebook, f"{name}-solution")["source"]


def stub(source: str, name: str) -> str:
    """Return a solution cell's source with each solution region replaced by our stub.

    raises  NotebookError where no region, or an unclosed one, is marked
    """
    lines, inside, seen = [], False, False
    for line in source.split("\n"):
        if BEGIN in line:
            if inside:
                raise NotebookError(f"{name}: a solution region inside another", f"{END} first", "close the first")
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + part for part in STUB.format(name=name).split("\n")]
            inside = seen = True
        elif END in line:
            inside = False
        elif not inside:
            lines.append(line)
    if inside or not seen:
        raise NotebookError(f"{name}: {'an open' if inside else 'no'} solution region",
                            f"{BEGIN} … {END} in the solution cell", "mark what students write")  # fmt: skip
    return "\n".join(lines)


def renamed(function: Callable, name: str) -> str:
    """Return the source of a module-level function or class under another name."""
    source = syntax.source_of(function).rstrip("\n")
    return re.sub(rf"\b{re.escape(function.__name__)}\b", name, source)


def paste(solution: str, answer: str, name: str) -> str:
    """Return a solution cell's source with its definition of `name` replaced by another.

    solution  the reference's source, or a stub's
    answer    source that defines `name`
    raises    NotebookError where the cell does not define `name` at its top level
    """
    from mmlab.check import syntax  # with numpy, which most commands do without

    for node in syntax.parse(solution).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name:
            lines = solution.split("\n")
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join([*lines[: first - 1], *answer.split("\n"), *lines[node.end_lineno :]])
    raise NotebookError(f"the solution cell of {name} defines no {name}", f"def {name}(…) or class {name}",
                        "define it at the top level of the cell")  # fmt: skip


def define(source: str, name: str, names: dict) -> object:
    """Run a cell's source after the setup's names and return what it calls `name`.

    names   the namespace that the setup cell left; it is copied, not changed
    raises  InputError where the source does not define `name`; whatever the source raises
    """
    space = dict(names)
    file = f"<cell {next(_counter)} {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for inspect and tracebacks
    exec(compile(source, file, "exec"), space)
    if name not in space:
        raise InputError(f"{name} is not defined by its cell", f"def {name}(…) or class {name}", "define it")
    return space[name]
