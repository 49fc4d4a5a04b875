"""Fingerprints of a program without its names, comments and layout: the digests of overlapping pieces.

After Schleimer, Wilkerson and Aiken 2003, *Winnowing: local algorithms for document
fingerprinting*; a lab's answers are short, so all pieces are used.
"""

import ast
import hashlib
import re
from collections.abc import Iterator

from mmlab.check import syntax
from mmlab.instructor.grading.intake.limited import limited

PIECE = 9  # words per piece, about one statement
OWN = "v"  # replaces every name that the program defines
SHELL = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)
LEFT_OUT = (ast.expr_context, ast.Pass)


def _too_much(source: str, given: str = "") -> list[str]:
    raise SyntaxError("too much for the reader")


@limited(otherwise=_too_much)
def words(source: str, given: str = "") -> list[str]:
    """Return a program as a flat list of words: node types, names that it does not define, and numbers.

    source  Python, with or without IPython magics
    given   the one defined name that is not replaced, the exercise's
    raises  SyntaxError  when the source is not Python

    >>> words("def f(x):\\n    'Doc.'\\n    return x + 1.0") == words("def g(total): return total + 1  # sum")
    True
    """
    try:
        tree = _parsed(source)
    except SyntaxError:
        tree = _parsed(SHELL.sub("", source))
    own = set(_defined_names(tree)) - {given}
    return [word for statement in tree.body for word in _words(statement, own)]


def pieces(program: list[str]) -> frozenset[int]:
    """Return the digests of all runs of `PIECE` words; a shorter program is one piece."""
    runs = [program[at : at + PIECE] for at in range(max(1, len(program) - PIECE + 1))] if program else []
    return frozenset(
        int.from_bytes(hashlib.blake2b("\0".join(run).encode("utf-8", "replace"), digest_size=8).digest())
        for run in runs
    )


def _parsed(source: str) -> ast.Module:
    try:
        return syntax.parse(source)
    except (ValueError, RecursionError, MemoryError) as error:  # null bytes, deep nesting
        raise SyntaxError(str(error)) from None


def _defined_names(tree: ast.Module) -> Iterator[str]:
    """Yield every name that a program defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name


def _words(node: ast.AST, own: set[str]) -> Iterator[str]:
    """Yield the words of a node, then those of its children."""
    if isinstance(node, LEFT_OUT) or _is_text_alone(node):
        return
    if isinstance(node, ast.Constant):
        yield _constant(node.value)
        return
    if isinstance(node, ast.AnnAssign) and node.value is not None:  # annotations do not count
        yield "Assign"
        children = [node.target, node.value]
    else:
        yield type(node).__name__
        children = [child for name, child in _children(node) if name not in ("annotation", "returns")]
    for name in _names(node):
        yield OWN if name in own else name
    for child in children:
        yield from _words(child, own)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield name, child


def _names(node: ast.AST) -> list[str]:
    """Return the names in a node itself; attributes of `self` count as defined names."""
    match node:
        case ast.Attribute(value=ast.Name(id="self")):
            return [OWN]
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.alias(name=name):
            return [name]
    return []


def _is_text_alone(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _constant(value) -> str:
    if isinstance(value, (str, bytes)):
        return "text"
    return repr(float(value)) if type(value) in (int, float) and abs(value) < 2**53 else repr(value)
