"""Decide which demo cells must run: those that define what a later cell uses.

Demos are long or only for looking at, so `mmlab check` and `mmlab grade` leave them out. But a student may
keep an import or a constant in one, and in the notebook the answer below it finds it. The name's
last definition above its use decides, as when all cells run from the top.
"""

import ast
import builtins
import symtable
from collections.abc import Callable

from mmlab.check import syntax
from mmlab.cli.cell_source import python_of

Names = tuple[list[str], list[str], list[str]]


def is_demo(cell: dict) -> bool:
    """Return whether a cell is tagged as a demo."""
    return "demo" in (cell["metadata"].get("tags") or [])


def names(source: str) -> Names:
    """Return the names that a cell defines, those that it changes in place, and those that it uses but does not define.

    source  a cell's text
    raises  what Python's parser raises

    Only whole cells count: a name that a cell uses above its definition in the same cell counts as defined there.

    >>> names("from math import pi\\nsizes['a'] = 1\\ndef area(r): return pi * r * scale")
    (['area', 'pi'], ['sizes'], ['scale', 'sizes'])
    """
    source = python_of(source)
    tree = syntax.parse(source)
    tables = [symtable.symtable(source, "cell", "exec")]
    defined, used = set(), set()
    for table in tables:
        tables += table.get_children()
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if top or symbol.is_declared_global():
                if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                    defined.add(symbol.get_name())
            if symbol.is_referenced() and (top or symbol.is_global()):
                used.add(symbol.get_name())
    if any(
        alias.name == "*"
        for node in _at_top(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ):
        defined.add("*")
    changed = {
        base.id
        for node in _at_top(tree)
        if isinstance(node, (ast.Attribute, ast.Subscript))
        and isinstance(node.ctx, (ast.Store, ast.Del))
        and isinstance(base := _base(node), ast.Name)
    }
    return sorted(defined), sorted(changed - defined), sorted(used - defined)


def needed(cells: list[tuple[str, bool]], names: Callable[[str], Names] = names) -> set[int]:
    """Return the indices of the demos that a cell below them needs, directly or through another demo.

    cells  (source, whether it is a demo), in order, without check cells
    names  what to read a cell with; a cell that raises SyntaxError or ValueError needs and defines nothing
    """
    if not any(demo for _, demo in cells):
        return set()
    read = [_names_or_nothing(source, names) for source, _ in cells]
    wanted: set[int] = set()
    left = [index for index, (_, demo) in enumerate(cells) if not demo]
    while left:
        user = left.pop()
        for name in read[user][2]:
            above = [index for index in range(user) if name in read[index][0] or name in read[index][1]]
            if not above and not hasattr(builtins, name):  # perhaps from a star import
                above = [index for index in range(user) if "*" in read[index][0]]
            if above and cells[above[-1]][1] and above[-1] not in wanted:
                wanted.add(above[-1])
                left.append(above[-1])
    return wanted


def _names_or_nothing(source: str, names: Callable[[str], Names]) -> Names:
    try:
        return names(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], [], []


def _at_top(tree: ast.Module):
    """Yield the nodes of a module outside functions and lambdas."""
    left: list[ast.AST] = [tree]
    while left:
        node = left.pop()
        yield node
        left += [
            part
            for part in ast.iter_child_nodes(node)
            if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        ]


def _base(node: ast.expr) -> ast.expr:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node
