"""Notebooks as data: read, validate and write them, find cells, and put answers into them.

A notebook is the dict in its JSON, with each cell's source joined to one string. `node` returns
nbformat's own type, for code that executes or displays it. Submissions are read by
`mmlab.instructor.grading.intake.submissions`, which accepts any bytes. Cells are identified by their
grade ids or their cell ids: an exercise NAME has the cells `NAME-statement`, `NAME-solution` and
`NAME`, which is graded.
"""

import ast
import hashlib
import itertools
import json
import linecache
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mmlab.check import syntax
from mmlab.errors import InputError, NotebookError
from mmlab.files import atomic_write

if TYPE_CHECKING:
    from nbformat import NotebookNode

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = """\
# Your answer goes here, in place of the next line: delete it.
raise NotImplementedError("{name}: write your answer and delete this line")"""
TEXT_STUB = "*Your answer goes here, in place of this line.*"
EARLIER = "look for an earlier copy in .ipynb_checkpoints in the same folder, or download it again"
LINED = ("application/javascript", "image/svg+xml")  # MIME types that nbformat also splits into lines
# Where str.splitlines, and so nbformat, ends a line.
LINE_ENDS = ("\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
_counter = itertools.count()


def read(path: Path) -> dict:
    """Return a notebook; raises NotebookError if the file is missing, not JSON or not a notebook."""
    return parse(text_of(path), path)


def node(path: Path | str) -> "NotebookNode":
    """Return a notebook as nbformat's own type; raises NotebookError for a file that nbformat does not accept."""
    import nbformat

    text = text_of(path)
    parse(text, path)  # raises our own messages
    try:
        notebook = nbformat.reads(text, as_version=4)
    except Exception as error:  # KeyError, AttributeError and nbformat's own errors
        raise NotebookError(
            f"nbformat cannot read {path} ({type(error).__name__}: {error})",
            "a notebook in format 4",
            EARLIER,
        ) from error
    validate(notebook, path)
    if not notebook.cells:
        raise NotebookError(f"{path} has no cells", "a notebook with cells", EARLIER)
    return notebook


def text_of(path: Path | str) -> str:
    """Return a file's text; raises NotebookError if it is missing or not UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(f"{path} is not UTF-8 text ({error})", "a notebook file", EARLIER) from None
    except OSError as error:
        raise NotebookError(f"{path} cannot be read ({error})", "a notebook file", "check the path") from None


def parse(text: str, path: Path | str) -> dict:
    """Return the notebook in a text; raises NotebookError, which names `path`, if it is not a notebook."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        do = "resolve the merge conflict: keep one side of each" if "<<<<<<<" in text else EARLIER
        raise NotebookError(f"{path} is not JSON ({error})", "a notebook in format 4", do) from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise NotebookError(
            f"{path} has no list of cells", "a notebook in format 4", "save it again with JupyterLab"
        )
    _whole(notebook, str(path))
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or not isinstance(cell.get("source"), (str, list)):
            raise NotebookError(f"cell {number} of {path} has no source", "a notebook in format 4", EARLIER)
        _whole(cell, f"cell {number} of {path}")
        try:
            cell["source"] = joined(cell["source"])
        except TypeError:
            raise NotebookError(
                f"the source of cell {number} of {path} is not text", "lines of text", EARLIER
            ) from None
    return notebook


def joined(lines: str | list[str]) -> str:
    """Return a cell's lines as one text; line ends that some programs leave out are added.

    raises  TypeError  if an item is not a string

    >>> joined(["a = 1\\n", "b = 2"]) == joined(["a = 1", "b = 2"])
    True
    """
    text = "".join(lines)
    ended = [line.endswith(LINE_ENDS) for line in lines]
    inside = any(line.rstrip("\r\n").count("\n") or line.startswith("\n") for line in lines if line.strip())
    if isinstance(lines, str) or all(ended[:-1]) or inside:
        return text
    if not any(ended):
        return "\n".join(lines)
    return (
        "".join(
            line if end or not line else line + "\n" for line, end in zip(lines[:-1], ended, strict=False)
        )
        + lines[-1]
    )


def validate(notebook: dict, path: Path | str) -> None:
    """Raise NotebookError, which names `path`, if nbformat, and so nbgrader, cannot read a notebook."""
    import nbformat

    try:
        nbformat.validate(json.loads(dumps(notebook)))
    except nbformat.ValidationError as error:
        raise NotebookError(
            f"{path} is not a valid notebook: {str(error).splitlines()[0]}",
            "a notebook in format 4.5",
            "open it in JupyterLab, clear the outputs, and save it",
        ) from None


def _whole(part: dict, where: str) -> None:
    """Add missing metadata to a notebook or cell; raise NotebookError if its metadata is damaged."""
    metadata = part["metadata"] = part.get("metadata") or {}
    name = (
        (metadata.get("nbgrader") or {}).get("grade_id", "")
        if isinstance(metadata, dict) and isinstance(metadata.get("nbgrader") or {}, dict)
        else None
    )
    if not isinstance(name, str) or not isinstance(part.get("id", ""), str):
        raise NotebookError(
            f"the metadata of {where} is damaged", "metadata in the form that JupyterLab writes", EARLIER
        )


def dumps(notebook: dict, *, compact: bool = False) -> str:
    """Return a notebook's text: sorted keys, texts as lines, the same bytes for the same notebook.

    compact  without line breaks, which takes a tenth of the time, for files that nobody edits
    """
    if compact:
        return json.dumps(notebook)
    cells = [_in_lines(cell) for cell in notebook["cells"]]
    text = json.dumps(notebook | {"cells": cells}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate: JSON can escape it, UTF-8 cannot encode it
        text = json.dumps(notebook | {"cells": cells}, indent=1, sort_keys=True) + "\n"
    return text


def _in_lines(cell: dict) -> dict:
    """Return a cell whose source and printed texts are lists of lines, as nbformat writes them."""
    cell = cell | {"source": cell["source"].splitlines(keepends=True)}
    if isinstance(cell.get("outputs"), list):
        cell["outputs"] = [_output_in_lines(output) for output in cell["outputs"]]
    return cell


def _output_in_lines(output: object) -> object:
    if not isinstance(output, dict):
        return output
    if isinstance(output.get("text"), str):
        return output | {"text": output["text"].splitlines(keepends=True)}
    if isinstance(data := output.get("data"), dict):
        lined = {
            kind: value.splitlines(keepends=True)
            for kind, value in data.items()
            if isinstance(value, str) and (kind.startswith("text/") or kind in LINED)
        }
        return output | {"data": data | lined}
    return output


def write(path: Path, notebook: dict) -> None:
    """Write the text of `dumps`, completely or not at all; raises InputError if it cannot be written."""
    atomic_write(path, dumps(notebook).encode())


def digest(source: str) -> str:
    """Return a digest of 12 characters of a cell's text, without blanks at the ends of lines."""
    text = "\n".join(line.rstrip() for line in source.splitlines()).strip()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def about(cell: dict) -> dict:
    """Return the cell's nbgrader metadata, empty if it has none."""
    return cell.get("metadata", {}).get("nbgrader") or {}


def grade_id(cell: dict) -> str | None:
    """Return the cell's nbgrader id, or None."""
    return about(cell).get("grade_id")


def cell_named(notebook: dict, name: str) -> dict | None:
    """Return the cell whose grade id or cell id is `name`, or None; raises NotebookError if there are two."""
    cells = [cell for cell in notebook["cells"] if name in (grade_id(cell), cell.get("id"))]
    if len(cells) > 1:
        raise NotebookError(f"{len(cells)} cells called {name}", "one cell of that name", "delete the copies")
    return cells[0] if cells else None


def find(notebook: dict, name: str) -> dict:
    """Return the cell called `name`; raises NotebookError if it is missing."""
    cell = cell_named(notebook, name)
    if cell is None:
        raise NotebookError(
            f"no cell called {name}",
            "every cell that came with the lab",
            "run `mmlab update` on the lab, which restores it",
        )
    return cell


def points(notebook: dict) -> dict[str, float]:
    """Return grade id → points for every graded cell, in order."""
    graded = [about(cell) for cell in notebook["cells"] if about(cell).get("grade")]
    return {entry["grade_id"]: entry.get("points", 0) for entry in graded}


def title(notebook: dict) -> str:
    """Return the first heading, or an empty string."""
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "markdown" and (
            match := re.search(r"^# +(.+)$", cell["source"], re.MULTILINE)
        ):
            return match[1].strip()
    return ""


def reference(notebook: dict, name: str) -> str:
    """Return the source of the exercise's solution cell."""
    return find(notebook, f"{name}-solution")["source"]


def stub(source: str, name: str) -> str:
    """Return a solution cell's source with each solution region replaced by our stub.

    raises  NotebookError if there is no region, or an unclosed one
    """
    lines, inside, seen = [], False, False
    for line in source.split("\n"):
        if BEGIN in line:
            if inside:
                raise NotebookError(
                    f"{name}: a solution region inside another",
                    f"{END} before the next {BEGIN}",
                    "close the first region",
                )
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + part for part in STUB.format(name=name).split("\n")]
            inside = seen = True
        elif END in line:
            inside = False
        elif not inside:
            lines.append(line)
    if inside or not seen:
        raise NotebookError(
            f"{name}: {'an open' if inside else 'no'} solution region",
            f"{BEGIN} … {END} in the solution cell",
            "mark the lines that students write",
        )
    return "\n".join(lines)


def renamed(function: Callable, name: str) -> str:
    """Return the source of a module-level function or class under another name."""
    source = syntax.source_of(function).rstrip("\n")
    return re.sub(rf"\b{re.escape(function.__name__)}\b", name, source)


def paste(solution: str, answer: str, name: str) -> str:
    """Return a solution cell's source with its definition of `name` replaced by another.

    solution  the reference's source, or a stub's
    answer    source that defines `name`
    raises    NotebookError if the cell does not define `name` at its top level
    """
    from mmlab.check import syntax  # imports numpy, which most commands do not need

    for node in syntax.parse(solution).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name:
            lines = solution.split("\n")
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "\n".join([*lines[: first - 1], *answer.split("\n"), *lines[node.end_lineno :]])
    raise NotebookError(
        f"the solution cell of {name} defines no {name}",
        f"def {name}(…) or class {name}",
        "define it at the top level of the cell",
    )


def define(source: str, name: str, names: dict) -> object:
    """Run a cell's source with the setup cell's names and return its `name`.

    names   the namespace after the setup cell; it is copied, not changed
    raises  InputError if the source does not define `name`; whatever the source raises
    """
    space = dict(names)
    file = f"<cell {next(_counter)} {name}>"
    # for inspect and tracebacks
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), space)
    if name not in space:
        raise InputError(
            f"the cell of {name} does not define it", f"def {name}(…) or class {name}", "define it"
        )
    return space[name]
