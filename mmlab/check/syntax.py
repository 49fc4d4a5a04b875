"""Parse Python in one thread at a time."""

import ast
import inspect
import threading

_one_at_a_time = threading.Lock()


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a source; raises what `ast.parse` raises.

    CPython 3.11 counts the depth of a growing tree in one place for all threads: two
    that parse at once can end in SystemError, "AST constructor recursion depth mismatch".
    """
    with _one_at_a_time:
        return ast.parse(source)


def source_of(part) -> str:
    """Return the source of a function or class; raises what `inspect.getsource` raises, which parses, too."""
    with _one_at_a_time:
        return inspect.getsource(part)
