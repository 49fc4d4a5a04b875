"""The versions of a function that a find-the-bug exercise shows to the student's test.

Each is anonymised: comments and docstrings are removed, the function and its local
variables are renamed, and seeded no-op lines change the text. So no name, comment or
remembered text reveals the verdict.
"""

import ast
import textwrap
from collections.abc import Callable

import numpy as np

from mmlab.check import syntax

FUNCTION = "function"


def version_cases(versions: tuple[Callable, ...], rng: np.random.Generator) -> list[dict]:
    """Return one case for each version, in a seeded order: {"source", "name", "truth": "accepted" or "refused"}."""
    cases = [
        {
            "source": anonymised(syntax.source_of(version), rng),
            "name": FUNCTION,
            "truth": "accepted" if version.__name__.startswith("right_") else "refused",
        }
        for version in versions
    ]
    return [cases[index] for index in rng.permutation(len(cases))]


def anonymised(source: str, rng: np.random.Generator) -> str:
    """Return the source of one function without comments, docstring and its own names; arguments keep their names."""
    tree = syntax.parse(textwrap.dedent(source))
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    old, function.name, function.decorator_list = function.name, FUNCTION, []
    arguments = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    stored = [
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    names = {name: f"v{number}" for name, number in zip(dict.fromkeys(stored), _numbers(rng), strict=False)}
    renaming = {name: new for name, new in names.items() if name not in arguments} | {old: FUNCTION}
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            node.id = renaming.get(node.id, node.id)
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    body = function.body
    for number in _numbers(rng)[: int(rng.integers(1, 4))]:
        noop = syntax.parse(f"v{number} = {int(rng.integers(10**6))}").body
        body.insert(int(rng.integers(len(body))), noop[0])
    return ast.unparse(ast.fix_missing_locations(function))


def _numbers(rng: np.random.Generator) -> list[int]:
    return rng.permutation(np.arange(1000, 10000))[:200].tolist()
