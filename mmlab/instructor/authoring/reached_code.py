"""Find the definitions that code reaches, so that a digest changes only with code that may run.

Files are read, not run. From some functions, or from everything in a file, we follow each name to the definition that
it stands for: through imports, packages that load their modules on first use, and files in the same folder.
`code_digest` follows whole files instead, so that a module which only one command needs counts for every function
beside that command.

A name reaches a whole class, and the whole right side of an assignment. A module counts as a whole if it is used in any
other way than MODULE.NAME, or if a string names it. If reached code imports modules by computed names, all modules of
its folder count. Statements at the top level that bind no name, such as an `if` or a call, count with every name of
their module.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from mmlab.check import syntax
from mmlab.cli import setup_cell
from mmlab.errors import InputError
from mmlab.instructor.authoring import code_digest

EVERYTHING = "*"  # the name that stands for all names of a file
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
IMPORT = re.compile(r"\bfrom (mmlab(?:\.\w+)*) import (\w+(?:, ?\w+)*)")
NAMED = re.compile(r"\bmmlab(?:\.\w+)+")


class Module:
    """A file's statements at its top level, by the names that they bind.

    path      the file; outside the package, it also has the names that the setup cell imports
    source    its text, None: read it
    own       name → the definitions and assignments that bind it
    loose     statements that bind no name themselves
    imported  name → the targets of the imports that bind it: a module's dotted name, and a name in it or ""
    """

    def __init__(self, path: Path, source: str | None = None):
        self.path = path
        source = path.read_text(encoding="utf-8") if source is None else source
        self.tree = syntax.parse(source)
        self.remarks = docstrings(self.tree)
        self.lines = without_remarks(source, self.remarks)
        self.own: dict[str, list[ast.stmt]] = {}
        self.loose: list[ast.stmt] = []
        self.imported = imports_in(self.tree.body, self.package())
        if not self.package():
            self.imported = imports_in(syntax.parse(setup_cell.TEMPLATE).body, []) | self.imported
        for statement in self.tree.body:
            for name in (names := bound(statement)):
                self.own.setdefault(name, []).append(statement)
            if not names and not _is_idle(statement):
                self.loose.append(statement)

    def package(self) -> list[str]:
        """Return the parts of the dotted name of the package that the file is in; [] outside `mmlab`."""
        top = code_digest.PACKAGE.parent
        return list(self.path.relative_to(top).parent.parts) if self.path.is_relative_to(top) else []

    def statements(self, name: str) -> list[ast.stmt]:
        """Return the statements that a name stands for, with those that bind no name."""
        every = [*self.loose, *(each for definitions in self.own.values() for each in definitions)]
        return every if name == EVERYTHING else [*self.loose, *self.own.get(name, [])]

    def text(self, statement: ast.stmt) -> str:
        """Return the source of a statement without comments and docstrings."""
        first = min(part.lineno for part in (statement, *getattr(statement, "decorator_list", [])))
        return "\n".join(line for line in self.lines[first - 1 : statement.end_lineno] if line)


Binding = tuple[Module, str]


def reached(starts: Iterable[tuple[Path | Module, str]], *, but: Iterable[Path] = ()) -> dict[Path, str]:
    """Return file → the source of everything in it that is reached from some names.

    starts  (file or module, name at its top level or EVERYTHING)
    but     files that are left out, with what only they reach
    raises  InputError  for a name that its file does not define
    """
    waiting: list[Binding] = []
    for start, name in starts:
        module = _module(start) if isinstance(start, Path) else start
        if name != EVERYTHING and name not in module.own:
            raise InputError(
                f"{module.path} does not define {name}", "a name at its top level", "correct the name"
            )
        waiting.append((module, name))
    but = {path.resolve() for path in but}
    seen: set[Binding] = set()
    reach: dict[Module, set[ast.stmt]] = {}
    while waiting:
        module, name = binding = waiting.pop()
        if binding not in seen and module.path not in but:
            seen.add(binding)
            new = set(module.statements(name)) - reach.setdefault(module, set())
            reach[module] |= new
            waiting += [used for statement in new for used in _used(module, statement)]
    return {
        module.path: "\n".join(map(module.text, sorted(statements, key=lambda each: each.lineno)))
        for module, statements in reach.items()
    }


def data_of(code: dict[Path, str]) -> set[Path]:
    """Return the data files beside reached code of the package that names their kind, such as ".npz"."""
    return {
        path
        for file, text in code.items()
        if file.is_relative_to(code_digest.PACKAGE)
        for path in code_digest.data_beside(file.parent)
        if path.suffix and path.suffix in text
    }


def bound(statement: ast.stmt) -> list[str]:
    """Return the names that a definition or an assignment binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return [
            part.id
            for target in targets
            for part in ast.walk(target)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        ]
    return []


def imports_in(statements: Iterable[ast.stmt], package: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Return name → (dotted module, name in it or "") of the imports in statements, but for those in functions and classes.

    package  parts of the dotted name of the package that the statements are in
    """
    imports: dict[str, list[tuple[str, str]]] = {}
    waiting: list[ast.AST] = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, target in _targets(node, package):
                imports.setdefault(name, []).append(target)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)
    return imports


def _targets(node: ast.Import | ast.ImportFrom, package: list[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield (name, what it stands for) of one import."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            yield (alias.asname, (alias.name, "")) if alias.asname else (first, (first, ""))
    else:
        above = package[: len(package) - node.level + 1] if node.level else []
        home = ".".join([*above, *filter(None, [node.module])])
        for alias in node.names:
            yield alias.asname or alias.name, (home, alias.name)


def docstrings(tree: ast.AST) -> list[ast.Constant]:
    """Return the docstrings of a module, its classes and its functions, in any order."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = [node.body[0] for node in ast.walk(tree) if isinstance(node, owners) and node.body]
    return [
        statement.value
        for statement in first
        if isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    ]


def without_remarks(source: str, remarks: Iterable[ast.Constant]) -> list[str]:
    """Return a source's lines without its comments and these docstrings, and without space at the ends."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            lines[line - 1] = lines[line - 1][:column]
    for remark in remarks:
        for number in range(remark.lineno - 1, remark.end_lineno):
            lines[number] = ""
    return [line.rstrip() for line in lines]


def _module(path: Path) -> Module:
    return _read(path.resolve(), path.stat().st_mtime_ns)


@cache
def _read(path: Path, changed: int) -> Module:
    return Module(path)


@cache
def _used(module: Module, statement: ast.stmt) -> list[Binding]:
    """Return what the names, attributes and strings in a statement stand for."""
    nodes = list(ast.walk(statement))
    imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    inside = imports_in(imports, module.package())
    remarks = {id(remark) for remark in docstrings(statement)}
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    bindings: list[Binding] = []
    for node, hidden in _with_hidden(statement):
        if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in inner and (names := _chain(node)):
            if names[0] in hidden:
                continue
            if names[0] in module.own:
                bindings.append((module, names[0]))
            for dotted, name in (*inside.get(names[0], []), *module.imported.get(names[0], [])):
                bindings += _bindings(dotted, [*filter(None, [name]), *names[1:]], module.path.parent)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in remarks:
            for dotted in _named(node.value):
                bindings += _bindings("mmlab", dotted.split(".")[1:], module.path.parent)
        elif isinstance(node, ast.Call) and _chain(node.func)[-1:] in (["import_module"], ["__import__"]):
            if not (node.args and isinstance(node.args[0], ast.Constant)):
                bindings += [(_module(path), EVERYTHING) for path in sorted(module.path.parent.rglob("*.py"))]
    return bindings


def _with_hidden(
    node: ast.AST, hidden: frozenset[str] = frozenset()
) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    """Yield every node with the local names of the functions and comprehensions around it, which hide the module's."""
    yield node, hidden
    inside = hidden | _local(node)
    for name, value in ast.iter_fields(node):
        outside = isinstance(node, FUNCTIONS) and name != "body"  # decorators, defaults, annotations
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _with_hidden(child, hidden if outside else inside)


def _local(node: ast.AST) -> frozenset[str]:
    """Return the names that a function or a comprehension binds for itself; none for any other node."""
    if isinstance(node, COMPREHENSIONS):
        return frozenset(
            name.id
            for part in node.generators
            for name in ast.walk(part.target)
            if isinstance(name, ast.Name)
        )
    if not isinstance(node, FUNCTIONS):
        return frozenset()
    names = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
    outside: set[str] = set()
    waiting: list[ast.AST] = node.body[:] if isinstance(node.body, list) else [node.body]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Global):
            outside |= set(part.names)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(part.name)
        elif not isinstance(part, (ast.Lambda, *COMPREHENSIONS)):
            waiting += ast.iter_child_nodes(part)
    return frozenset(names - outside)


def _is_idle(statement: ast.stmt) -> bool:
    """Return whether a statement is an import, a text such as a docstring, or `if __name__ == "__main__"`."""
    if isinstance(statement, ast.If):
        return "__name__" in {part.id for part in ast.walk(statement.test) if isinstance(part, ast.Name)}
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_text or isinstance(statement, (ast.Import, ast.ImportFrom))


def _named(text: str) -> Iterator[str]:
    """Yield the dotted names of the package in a text; for an import in it, those of what it imports."""
    for home, names in IMPORT.findall(text):
        yield from (f"{home}.{name}" for name in re.findall(r"\w+", names))
    yield from NAMED.findall(IMPORT.sub("", text))


def _chain(node: ast.expr) -> list[str]:
    """Return ["a", "b", "c"] for a.b.c, [] for what does not begin with a name."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


def _bindings(dotted: str, names: list[str], beside: Path) -> list[Binding]:
    """Return the bindings that names stand for which begin in a module; [] for modules of other packages.

    beside  the folder in which a module outside the package is looked for
    """
    path = _file(dotted, beside)
    if path is None:
        return []
    module = _module(path)
    if not names:
        return [(module, EVERYTHING)]
    first, *rest = names
    if first in module.own:
        return [(module, first)]
    targets = [target for target in module.imported.get(first, []) if target != (dotted, first)]
    if targets:
        return [
            binding
            for home, name in targets
            for binding in _bindings(home, [*filter(None, [name]), *rest], path.parent)
        ]
    if _file(f"{dotted}.{first}", beside):
        return _bindings(f"{dotted}.{first}", rest, beside)
    lazy = path.name == "__init__.py" and "__getattr__" in module.own
    modules = map(_module, sorted(path.parent.rglob("*.py"))) if lazy else ()
    return [(each, first) for each in modules if first in each.own]


def _file(dotted: str, beside: Path) -> Path | None:
    """Return the file of a module of the package, or of one in the folder `beside`."""
    parts = dotted.split(".")
    package = code_digest.PACKAGE
    stem = (package.parent if parts[0] == package.name else beside).joinpath(*parts)
    return next(
        (path for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")) if path.is_file()), None
    )
