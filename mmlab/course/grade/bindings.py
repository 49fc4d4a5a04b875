"""Which names a cell's code defines at its top level, read and never run."""

import ast
import re

from mmlab.check import syntax
from mmlab.course.lab_match import DEFINES

LONGEST = 200_000  # letters of a cell that is parsed; what is longer is searched by lines
SHELL = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
ASSIGNED = re.compile(r"^([ \t]*[\w, ]+=) *[%!].*$", re.MULTILINE)
PYTHON_MAGICS = ("time", "capture", "prun")  # what stands below these runs in the notebook's own names
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def tree_of(source: str) -> ast.Module | None:
    """Return the syntax tree of a cell's code, IPython's own lines left out; None where Python cannot read it."""
    if len(source) > LONGEST:
        return None
    magic = re.match(r"\s*%%(\w+)", source)
    if magic and magic[1] not in PYTHON_MAGICS:
        return ast.Module([], [])
    try:
        return syntax.parse(ASSIGNED.sub(r"\1 None", SHELL.sub(r"\1pass", source)))
    except UNREADABLE:
        return None


def code_of(source: str) -> str:
    """Return a text that is the same for the same code, whatever its comments and blanks; source if none can be had."""
    tree = tree_of(source)
    try:
        return source if tree is None else ast.dump(tree)
    except RecursionError:
        return source


def bound(source: str) -> list[str]:
    """Return the names that a cell's code binds at its top level, in the order of their last binding.

    >>> bound("import math\\nx = 1\\ndef f(): y = 2\\nx = f")
    ['math', 'f', 'x']
    """
    tree = tree_of(source)
    if tree is None:
        return list(dict.fromkeys(reversed(DEFINES.findall(source))))[::-1]
    return list(last_binding(tree))


def last_binding(tree: ast.Module) -> dict[str, int]:
    """Return each name that a module binds → the number of the statement that does it last, in that order."""
    found: dict[str, int] = {}
    for number, node in enumerate(tree.body):
        for name in names_of(node):
            found.pop(name, None)
            found[name] = number
    return found


def names_of(node: ast.stmt) -> list[str]:
    """Return the names that one statement binds, those inside its branches too."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign):
        found = [name for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        return [name.id for name in found if isinstance(name.ctx, ast.Store)]
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    inside = [part for field in ("body", "orelse", "handlers", "finalbody") for part in getattr(node, field, [])]
    inside += [part for handler in getattr(node, "handlers", []) for part in handler.body]
    return [name for part in inside if isinstance(part, ast.stmt) for name in names_of(part)]


def pieces(source: str, names: list[str]) -> list[tuple[str, str]] | None:
    """Return a cell's code cut behind the last binding of each name, as (name, code); None where it cannot be cut.

    names  one or more, all bound by the code

    Nothing is lost and the order stays: what stands behind the last of them goes with it.

    >>> pieces("def f(): ...\\n# on\\ndef g(): ...\\nprint()", ["f", "g"])
    [('f', 'def f(): ...'), ('g', '# on\\ndef g(): ...\\nprint()')]
    """
    tree = tree_of(source)
    if tree is None:
        return None
    ends = {name: tree.body[number].end_lineno for name, number in last_binding(tree).items() if name in names}
    if len(set(ends.values())) < len(names):  # two on one line
        return None
    lines, cut, found = source.split("\n"), 0, []
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        while lines[end : end + 1] and re.match(r"[ \t]+#", lines[end]):  # a remark inside the function, at its end
            end += 1
        found.append((name, "\n".join(lines[cut:end])))
        cut = end
    if "\n".join(lines[cut:]).strip():
        found[-1] = (found[-1][0], found[-1][1] + "\n" + "\n".join(lines[cut:]))
    return found


def only_checks(source: str) -> bool:
    """Return whether a cell's code does nothing but call `check`, as every check cell does."""
    tree = tree_of(source)
    return tree is not None and all(isinstance(node, ast.Pass) or is_check(node) for node in tree.body)


def is_check(node: ast.stmt) -> bool:
    """Return whether a statement is a call of `check`, or a bare constant."""
    value = node.value if isinstance(node, ast.Expr) else None
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(value, ast.Constant) or (isinstance(called, ast.Name) and called.id == "check")
