"""Gates on Python files: arguments, docstrings, errors. Layout is ruff's, and sizes are only reported."""

import ast
import re
from functools import cached_property
from pathlib import Path

from gates.files import File

POSITIONAL = 6
ERROR_KINDS = 6
BARRED_FILES = {"utils", "util", "helper", "helpers", "manager", "managers", "misc", "common"}
PLAIN_ERRORS = {"Exception", "BaseException", "ValueError", "RuntimeError", "AssertionError"}
STANDALONE = {"mmlab/cli/colab.py"}  # runs where mmlab is not installed yet
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Source(File):
    """One Python file: where it is and what it says."""

    @cached_property
    def tree(self) -> ast.Module:
        """The file's syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return list(ast.walk(self.tree))

    @property
    def lines(self) -> list[str]:
        """The file's lines."""
        return self.text.splitlines()

    def at(self, node) -> str:
        """Return "path:line" of a node."""
        return f"{self.path}:{node.lineno}"


def positional_arguments(source: Source) -> list[str]:
    """A function takes at most 6 positional arguments; the rest are keyword-only."""
    faults = []
    for node in source.nodes:
        if isinstance(node, FUNCTIONS):
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls")]
            if len(names) > POSITIONAL:
                faults.append(f"{source.at(node)}: {node.name} takes {len(names)} positional arguments")
    return faults


def imported_conftest(source: Source) -> list[str]:
    """Nothing is imported from a conftest.py: several have this name, and pytest loads the one of another folder."""
    return [
        f"{source.at(node)}: imports from conftest; move it to a module of its own"
        for node in source.nodes
        if (isinstance(node, ast.ImportFrom) and node.module == "conftest")
        or (isinstance(node, ast.Import) and any(name.name == "conftest" for name in node.names))
    ]


def docstrings(source: Source) -> list[str]:
    """Modules, and public classes, functions and methods, say what one gets."""
    faults = [] if ast.get_docstring(source.tree) else [f"{source.path}: the module has no docstring"]

    def walk(body, owner=""):
        for node in body:
            if not isinstance(node, (*FUNCTIONS, ast.ClassDef)) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node) and not is_overload(node):
                faults.append(f"{source.at(node)}: {owner}{node.name} has no docstring")
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{node.name}.")

    walk(source.tree.body)
    return faults


def is_overload(node) -> bool:
    """Return whether a function only sets or overloads what another one documents."""
    names = {getattr(d, "attr", getattr(d, "id", "")) for d in getattr(node, "decorator_list", [])}
    return bool(names & {"setter", "deleter", "overload"})


def asserts(source: Source) -> list[str]:
    """The package has no assert: a user's mistake gets an error with given, wanted, try."""
    return [f"{source.at(n)}: assert" for n in source.nodes if isinstance(n, ast.Assert)]


def swallowed(source: Source) -> list[str]:
    """No exception vanishes: a handler that does nothing is narrow and says why on its lines."""
    faults = []
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            text = "\n".join(source.lines[node.lineno - 1 : node.end_lineno])
            silent = all(is_idle(statement) for statement in node.body)
            answered = any(isinstance(statement, ast.Return) for statement in node.body)
            excused = not is_broad(node.type) and (answered or "#" in text)
            if node.type is None or (silent and not excused):
                faults.append(f"{source.at(node)}: an exception vanishes here")
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) == "suppress"
        ):
            if any(is_broad(argument) for argument in node.args):
                faults.append(f"{source.at(node)}: every exception vanishes here")
    return faults


def is_broad(kind) -> bool:
    """Return whether an except clause's kind takes in nearly everything."""
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(getattr(each, "id", "") in ("Exception", "BaseException") for each in kinds)


def is_idle(statement) -> bool:
    """Return whether a statement does nothing with an exception that was caught."""
    if isinstance(statement, ast.Return):
        return statement.value is None or isinstance(statement.value, ast.Constant)
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, (ast.Pass, ast.Continue, ast.Break))


def worded_errors(source: Source) -> list[str]:
    """What the package raises is of its own kinds, with given, wanted and try."""
    if source.path in STANDALONE:
        return []
    faults = []
    kinds = {"ShapeError", "InputError", "CasesError", "NotebookError", "CheckFailed"}
    for node in source.nodes:
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
            continue
        name = getattr(node.exc.func, "attr", getattr(node.exc.func, "id", ""))
        if name in PLAIN_ERRORS:
            faults.append(f"{source.at(node)}: raises a plain {name}, not one of mmlab.errors")
        starred = any(isinstance(argument, ast.Starred) for argument in node.exc.args)
        named = {k.arg for k in node.exc.keywords} & {"given", "wanted", "do"}
        if name in kinds and not starred and len(node.exc.args) + len(named) < 3:
            faults.append(f"{source.at(node)}: {name} without given, wanted and try")
    return faults


def names(source: Source) -> list[str]:
    """Names say what a thing gives or does: no get_, do_, utils, helper, manager."""
    faults = []
    if Path(source.path).stem in BARRED_FILES:
        faults.append(f"{source.path}: a file called {Path(source.path).stem}")
    for node in source.nodes:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and re.match(
            r"_?(get|do)_|.*(Helper|Manager)$", node.name
        ):
            faults.append(f"{source.at(node)}: {node.name}")
    return faults


def error_tree(source: Source) -> list[str]:
    """errors.py has at most six kinds, each a standard kind too, each drawn in the docstring."""
    classes = [node for node in source.tree.body if isinstance(node, ast.ClassDef)]
    kinds = [node for node in classes if any(getattr(b, "id", "") == "MmlabError" for b in node.bases)]
    faults = [f"{len(kinds)} kinds of error (1 to {ERROR_KINDS})"] * (not 0 < len(kinds) <= ERROR_KINDS)
    picture = ast.get_docstring(source.tree) or ""
    for node in kinds:
        if len(node.bases) < 2:
            faults.append(f"{node.name} is no standard kind too")
        if node.name not in picture:
            faults.append(f"{node.name} is not drawn in the docstring")
    strays = [n.name for n in classes if n not in kinds and n.name != "MmlabError"]
    return faults + [f"{name} is not under MmlabError" for name in strays]
