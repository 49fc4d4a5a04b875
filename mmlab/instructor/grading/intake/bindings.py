"""The names that a cell's code defines at its top level: the code is parsed and never run.

The parsing functions run in a reader, a process with limits (see `limited`).
"""

import ast
import re

from mmlab.check import syntax
from mmlab.cli import demo_cells
from mmlab.cli.cell_source import python_of
from mmlab.cli.lab_match import DEFINES
from mmlab.instructor.grading.intake.limited import limited

LONGEST = 200_000  # characters; a longer cell is searched line by line instead of parsed
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def tree_of(source: str) -> ast.Module | None:
    """Return the syntax tree of a cell's code without IPython's own lines; None if Python cannot parse it."""
    if len(source) > LONGEST:
        return None
    try:
        return syntax.parse(python_of(source))
    except UNREADABLE:
        return None


@limited(otherwise=lambda source: source)
def code_of(source: str) -> str:
    """Return a normal form of the code, independent of comments and blanks; the source itself if it does not parse."""
    tree = tree_of(source)
    try:
        return source if tree is None else ast.dump(tree)
    except RecursionError:
        return source


def definitions(source: str) -> list[str]:
    """Return the functions and classes that a text defines by the look of its lines, in the order of the last of each."""
    return list(dict.fromkeys(reversed(DEFINES.findall(source))))[::-1]


@limited(otherwise=definitions)
def bound(source: str) -> list[str]:
    """Return the names that a cell's code binds at its top level, in the order of their last bindings.

    >>> bound("import math\\nx = 1\\ndef f(): y = 2\\nx = f")
    ['math', 'f', 'x']
    """
    tree = tree_of(source)
    if tree is None:
        return definitions(source)
    return list(last_binding(tree))


def last_binding(tree: ast.Module) -> dict[str, int]:
    """Return each name that a module binds → the index of the last statement that binds it, in that order."""
    bindings: dict[str, int] = {}
    for number, node in enumerate(tree.body):
        for name in names_of(node):
            bindings.pop(name, None)
            bindings[name] = number
    return bindings


def names_of(node: ast.stmt) -> list[str]:
    """Return the names that one statement binds, including those in its branches."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign):
        names = [name for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        return [name.id for name in names if isinstance(name.ctx, ast.Store)]
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    inside = [
        part for field in ("body", "orelse", "handlers", "finalbody") for part in getattr(node, field, [])
    ]
    inside += [part for handler in getattr(node, "handlers", []) for part in handler.body]
    return [name for part in inside if isinstance(part, ast.stmt) for name in names_of(part)]


def pieces(source: str, names: list[str]) -> list[tuple[str, str]] | None:
    """Split a cell's code after the last binding of each name; return (name, code) pairs, None if that is impossible.

    names  one or more names, all bound by the code

    The order stays, and nothing is lost: code after the last binding belongs to the last piece.

    >>> pieces("def f(): ...\\n# on\\ndef g(): ...\\nprint()", ["f", "g"])
    [('f', 'def f(): ...'), ('g', '# on\\ndef g(): ...\\nprint()')]
    """
    parts = cut(source, *names)
    return None if parts is None else [(name, code) for name, code in parts]


@limited(otherwise=lambda source, *names: None)
def cut(source: str, *names: str) -> list[list[str]] | None:
    """Return what `pieces` returns, as lists."""
    tree = tree_of(source)
    if tree is None:
        return None
    ends = {
        name: tree.body[number].end_lineno for name, number in last_binding(tree).items() if name in names
    }
    if len(set(ends.values())) < len(names):  # two on one line
        return None
    lines, start, parts = source.split("\n"), 0, []
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        # an indented comment after the last statement still belongs to the function
        while lines[end : end + 1] and re.match(r"[ \t]+#", lines[end]):
            end += 1
        parts.append([name, "\n".join(lines[start:end])])
        start = end
    if "\n".join(lines[start:]).strip():
        parts[-1][1] += "\n" + "\n".join(lines[start:])
    return parts


@limited(otherwise=lambda source: False)
def only_checks(source: str) -> bool:
    """Return whether a cell's code only calls `check`, as every check cell does."""
    tree = tree_of(source)
    return tree is not None and all(isinstance(node, ast.Pass) or is_check(node) for node in tree.body)


def is_check(node: ast.stmt) -> bool:
    """Return whether a statement is a call of `check`, or a bare constant."""
    value = node.value if isinstance(node, ast.Expr) else None
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(value, ast.Constant) or (isinstance(called, ast.Name) and called.id == "check")


@limited(otherwise=lambda source: ([], [], []))
def names(source: str) -> demo_cells.Names:
    """Return the names that a cell defines, changes and uses, as `demo_cells.names` does."""
    return demo_cells.names(source) if len(source) <= LONGEST else ([], [], [])
