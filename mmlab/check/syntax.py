"""Parse Python in one thread at a time."""

import ast
import inspect
import threading

_parser_lock = threading.Lock()


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a source; raises what `ast.parse` raises.

    CPython 3.11 counts the depth of a growing tree in one variable for all threads: two
    threads that parse at once can get the SystemError "AST constructor recursion depth mismatch".
    """
    with _parser_lock:
        return ast.parse(source)


def source_of(part) -> str:
    """Return the source of a function or class; raises what `inspect.getsource` raises, which also parses."""
    with _parser_lock:
        return inspect.getsource(part)
