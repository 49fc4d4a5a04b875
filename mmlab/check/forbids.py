"""What an exercise asks its answer to do without: operations and names.

A deterrent against the one-liner, not a defence: `aten.…` entries are seen while
the answer runs, however it is spelled; `name:…` entries in its source.
"""

import ast
import contextlib
import inspect
import re
import symtable
import textwrap
import unicodedata
import warnings

from mmlab.check import syntax

LETTERS = 500_000  # of a notebook's code that are looked at


def names_used(candidate, forbids) -> list[str]:
    """Return the `name:…` entries of `forbids` that a function or class uses; [] where it has no source."""
    return names_in("\n".join(_sources(candidate)), forbids)


def names_in(source: str, forbids) -> list[str]:
    """Return the `name:…` entries of `forbids` that stand as a name, attribute or import in `source`."""
    return _named(_statements(source), forbids)


def names_reached(name: str, cells: list[str], forbids) -> list[str]:
    """Return the `name:…` entries of `forbids` in the definition of `name` and in all that it uses by name.

    cells  sources of a notebook's code cells; lines of magics in them are left out
    """
    wanted = [entry.removeprefix("name:") for entry in forbids if entry.startswith("name:")]
    text = unicodedata.normalize("NFKC", "\n".join(cells))  # as Python reads names
    if not any(word in text for word in wanted):
        return []
    binds: dict[str, list[ast.stmt]] = {}
    for statement in (statement for cell in _readable(cells) for statement in _statements(cell)):
        for bound in _bound(statement):
            binds.setdefault(bound, []).append(statement)
    reached, open_names = {}, [name]
    while open_names:
        for statement in binds.pop(open_names.pop(), []):
            if id(statement) not in reached:
                reached[id(statement)] = statement
                open_names += _uses(statement)
    return _named(reached.values(), forbids)


def _readable(cells: list[str]) -> list[str]:
    """Return the cells without those that are too long: what is parsed takes a thousand times its size."""
    left, found = LETTERS, []
    for cell in cells:
        if len(cell) <= left:
            left -= len(cell)
            found.append(cell)
    return found


def _named(statements, forbids) -> list[str]:
    wanted = {entry.removeprefix("name:") for entry in forbids if entry.startswith("name:")}
    used = set()
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Attribute):
            used.add(node.attr)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            used |= {part for alias in node.names for part in alias.name.split(".")}
            used |= set((getattr(node, "module", None) or "").split("."))
    return sorted(used & wanted)


def _statements(source: str) -> list[ast.stmt]:
    """Return a cell's statements, [] where it is no Python even without its magics."""
    for text in (source, re.sub(r"(?m)^([ \t]*)([%!?].*|.*\?)$", r"\1pass", source)):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the student's own text
            return syntax.parse(text).body
    return []


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement at the top of a cell binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return found


def _uses(statement: ast.stmt) -> set[str]:
    """Return the notebook's names that a statement uses; a function's own variables are none of them."""
    try:
        tables = [symtable.symtable(ast.unparse(statement), "<cell>", "exec")]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        found |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced() and (top or symbol.is_global())}
    return found


@contextlib.contextmanager
def watch(forbids):
    """Collect in the list it yields the `aten.…` entries of `forbids` that run inside the block."""
    wanted = {entry for entry in forbids if entry.startswith("aten.")}
    found: list[str] = []
    if not wanted:
        yield found
        return
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            name = str(operation.overloadpacket)
            if name in wanted and name not in found:
                found.append(name)
            return operation(*args, **(kwargs or {}))

    with Watch():
        yield found


def _sources(candidate) -> list[str]:
    parts = [candidate]
    if inspect.isclass(candidate):  # a notebook's class has no source of its own, its methods have
        parts = [member for member in vars(candidate).values() if inspect.isfunction(member)]
    found = []
    for part in parts:
        with contextlib.suppress(OSError, TypeError):  # typed in without a cell: nothing to look at
            found.append(textwrap.dedent(syntax.source_of(part)))
    return found
