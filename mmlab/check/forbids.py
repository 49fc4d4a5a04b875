"""Find operations and names that an exercise forbids in an answer.

    "aten.prod"                      an operation of torch, under any name
    "torch.nn.functional.softmax"  an object of a library: function, class or module, by the path of its definition
    "name:einsum"                    anything that a library calls by that name

Three checks enforce this:

1. *Names.* We resolve the names in an answer, and in the notebook's functions that it uses, to the objects that they
   have at that moment. A function that the student defines is allowed, whatever its name.
2. *Run.* While the answer runs, `watch` replaces the code of each forbidden function by a refusal. On every fourth case
   it also looks at each call: functions of C libraries, copies of a forbidden function's code. So it makes no difference how the answer got
   the function: by a name put together from pieces, a table, a closure, or the package's own code.
   Operations of torch are seen when they are dispatched.
3. *Absence.* In the sandbox, `take_away` removes the code of the package's forbidden functions before the first cell
   runs, and the package's files there have no bodies for them (`mmlab.instructor.grading.sandbox.bubblewrap`). So no
   thread, other process or copy of the code can run them.

The first two are a deterrent and not a security boundary: `watch` sees only its own thread, and code can switch it off.
For functions of the package the third is what holds. For those of other libraries and for operations of torch there are
only the first two.
"""

import ast
import contextlib
import functools
import importlib
import inspect
import re
import sys
import textwrap
import types
import warnings

from mmlab.check import syntax

MAX_NAMES = 20  # in one path: a.b.c has three
OURS = "mmlab."


class Forbidden(RuntimeError):
    """What a forbidden function raises while an answer runs."""


def names_used(candidate, forbids) -> list[str]:
    """Return the names of `forbids` that a function or class uses, directly or through other functions of the notebook.

    candidate  an object of a running notebook; what has no source is not read
    """
    wanted = _names(forbids)
    used, open_parts, seen = set(), [candidate] if wanted else [], set()
    while open_parts:
        part = open_parts.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        for member in _with_source(part):
            space = _Kernel(member.__globals__)
            for source in _source(member):
                for statement in _statements(source):
                    paths, free = _resolve(statement, _Scope(space))
                    used |= _matches(paths, wanted)
                    open_parts += [space.own(name) for name in free if space.own(name) is not None]
    return sorted(used)


def _names(forbids) -> list[str]:
    return [entry for entry in forbids if not entry.startswith("aten.")]


def _matches(paths: set[str], wanted: list[str]) -> set[str]:
    """Return the entries that the paths match; "name:…" entries without that prefix."""
    homes = paths | {_home(path) for path in paths}
    named = {entry.removeprefix("name:") for entry in wanted if entry.startswith("name:")}
    matches = {part for path in homes for part in path.split(".")} & named
    for entry in wanted:
        prefixes = {entry, _home(entry)}
        if any(path == prefix or path.startswith(prefix + ".") for path in homes for prefix in prefixes):
            matches.add(entry)
    return matches


def _home(path: str) -> str:
    """Return the path under which a library defines an object: for torch.einsum, torch.functional.einsum.

    Modules of mmlab are imported for that; modules of other libraries are only looked up if they are loaded.
    """
    thing = _of_package(path) if path.startswith(OURS) else _thing(path)
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
    if isinstance(module, str) and isinstance(name, str):
        return f"{module}.{name}"
    return thing.__name__ if isinstance(thing, types.ModuleType) else path


@functools.lru_cache(1000)
def _of_package(path: str):
    """Return the object that a path of the package names, None if there is none."""
    names = path.split(".")
    thing = importlib.import_module(names[0])
    for number, name in enumerate(names[1:], 2):
        try:
            thing = getattr(thing, name)
        except AttributeError:
            try:
                thing = None if name == "course" else importlib.import_module(".".join(names[:number]))
            except Exception:  # no such module: the student's code fails in the same way
                thing = None
                break
    return thing


# ---------------------------------------------------------------- source
class _Kernel:
    """The top level of a notebook that runs: each name, and what it is bound to."""

    def __init__(self, values: dict):
        self.values, self.names = values, {}

    def own(self, name: str):
        """Return the function or class of the notebook that a name is bound to, or None."""
        value = self.values.get(name)
        made_here = getattr(value, "__module__", None) == self.values.get("__name__", "__main__")
        return value if made_here and (inspect.isfunction(value) or inspect.isclass(value)) else None

    def paths(self, name: str) -> set[str]:
        if name not in self.values:
            return {name}
        value = self.values[name]
        if isinstance(value, types.ModuleType):
            return {value.__name__}
        module, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        return (
            {f"{module}.{path}"}
            if isinstance(module, str) and isinstance(path, str) and self.own(name) is None
            else set()
        )


class _Scope:
    """Names as one function, class or comprehension sees them."""

    def __init__(
        self, space, names: dict | None = None, parent: "_Scope | None" = None, *, of_class: bool = False
    ):
        self.space, self.names, self.parent, self.of_class = space, names or {}, parent, of_class
        self.known: dict[int, set[str]] = parent.known if parent else {}

    def inner(self, names: dict, **kind) -> "_Scope":
        """Return the scope of a function or class inside this scope; functions do not see the names of their class."""
        return _Scope(self.space, names, self.parent if self.of_class else self, **kind)

    def holder(self, name: str) -> "_Scope | None":
        """Return the scope that binds a name, None if the notebook does."""
        scope = self
        while scope is not None and name not in scope.names:
            scope = scope.parent
        return scope

    def paths(self, node, depth: int = 0) -> set[str]:
        """Return the paths of the library objects that an expression may refer to."""
        if id(node) not in self.known:
            self.known[id(node)] = set()  # stops at expressions that refer to themselves
            resolved = self._paths(node, depth + 1) if depth < 60 else set()
            self.known[id(node)] = {path for path in resolved if path.count(".") < MAX_NAMES}
        return self.known[id(node)]

    def _paths(self, node, depth: int) -> set[str]:
        if isinstance(node, ast.Name):
            scope = self.holder(node.id)
            names = self.space.names if scope is None else scope.names
            if node.id not in names:
                return self.space.paths(node.id)
            return set().union(
                *((scope or _Scope(self.space)).of_binding(binding, depth) for binding in names[node.id])
            )
        if isinstance(node, ast.Attribute):
            chain = []
            while isinstance(node, ast.Attribute):
                chain.append(node.attr)
                node = node.value
            tail = ".".join(reversed(chain))
            return {f"{path}.{tail}" for path in self.paths(node, depth)} if len(chain) < MAX_NAMES else set()
        if isinstance(node, ast.Subscript) and _text(node.slice):
            owners = self.paths(node.value, depth)
            inside = {path.removesuffix(".__dict__") for path in owners if path.endswith(".__dict__")}
            if (
                isinstance(node.value, ast.Call)
                and node.value.args
                and "vars" in self.paths(node.value.func, depth)
            ):
                inside |= self.paths(node.value.args[0], depth)
            return {f"{path}.{_text(node.slice)}" for path in inside} | (
                {_text(node.slice)} if "sys.modules" in owners else set()
            )
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        parts = {ast.IfExp: ("body", "orelse"), ast.NamedExpr: ("value",), ast.Await: ("value",)}.get(
            type(node), ()
        )
        inner = [getattr(node, part) for part in parts] + (
            node.values if isinstance(node, ast.BoolOp) else []
        )
        return set().union(*(self.paths(part, depth) for part in inner))

    def _called(self, node: ast.Call, depth: int) -> set[str]:
        called, first = self.paths(node.func, depth), node.args[0] if node.args else None
        if "getattr" in called and len(node.args) > 1 and _text(node.args[1]):
            return {f"{path}.{_text(node.args[1])}" for path in self.paths(first, depth)}
        if called & {"__import__", "importlib.import_module", "importlib.__import__"} and _text(first):
            return (
                {_text(first), _text(first).partition(".")[0]} if called & {"__import__"} else {_text(first)}
            )
        return (
            {_text(first).replace(":", ".")} if "pkgutil.resolve_name" in called and _text(first) else set()
        )

    def of_binding(self, binding, depth: int) -> set[str]:
        """Return the paths that a binding gives to its name: the import's path, or those of the assigned value."""
        return (
            {binding}
            if isinstance(binding, str)
            else set()
            if binding is None
            else self.paths(binding, depth)
        )


def _resolve(statement: ast.stmt, scope: _Scope) -> tuple[set[str], set[str]]:
    """Return the paths that the expressions in a statement refer to, and the notebook's names that they use."""
    paths, free, left = set(), set(), [(statement, scope)]
    while left:
        node, scope = left.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and scope.holder(node.id) is None:
            free.add(node.id)
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            paths |= scope.paths(node)
        fields = dict(ast.iter_fields(node))
        inside = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            body = fields.pop("body")
            inside = body if isinstance(body, list) else [body]
            names = _bindings(inside)[0] | dict.fromkeys(_arguments(node.args), (None,))
            inner = scope.inner(names)
        elif isinstance(node, ast.ClassDef):
            inside = fields.pop("body")
            names = _bindings(inside)[0]
            paths |= {
                bound for bindings in names.values() for bound in bindings if isinstance(bound, str)
            }  # self.NAME
            inner = scope.inner(names, of_class=True)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            inside, fields = list(ast.iter_child_nodes(node)), {}
            targets = [
                name.id
                for part in node.generators
                for name in ast.walk(part.target)
                if isinstance(name, ast.Name)
            ]
            inner = _Scope(scope.space, dict.fromkeys(targets, (None,)), scope)
        left += [(part, inner) for part in inside]
        for value in fields.values():
            left += [
                (part, scope)
                for part in (value if isinstance(value, list) else [value])
                if isinstance(part, ast.AST)
            ]
    return paths, free


def _bindings(statements: list) -> tuple[dict[str, list], list[str]]:
    """Return the bindings of the names in one scope, and the modules of `from … import *`.

    A binding is the path of an import, the expression of an assignment, or None for anything else.
    """
    names: dict[str, list] = {}
    stars, outside, left = [], set(), list(statements)
    while left:
        node = left.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                path = alias.name if alias.asname else alias.name.partition(".")[0]
                names.setdefault(alias.asname or path, []).append(path)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    stars.append(node.module or "")
                names.setdefault(alias.asname or alias.name, []).append(f"{node.module or ''}.{alias.name}")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.setdefault(node.name, []).append(None)
            left += node.decorator_list  # may contain a walrus
            continue
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            outside |= set(node.names)
        elif isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            continue
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name, value in _assigned(target, node.value):
                    names.setdefault(name, []).append(value)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.setdefault(node.id, []).append(None)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names.setdefault(node.name, []).append(None)
        left += ast.iter_child_nodes(node)
    return {name: bound for name, bound in names.items() if name not in outside}, stars


def _assigned(target, value):
    """Yield each (name, expression) of an assignment; tuples are unpacked."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)):
        if len(target.elts) == len(value.elts):
            for pair in zip(target.elts, value.elts, strict=True):
                yield from _assigned(*pair)


def _arguments(arguments: ast.arguments) -> list[str]:
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    return [argument.arg for argument in every if argument]


def _text(node) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _statements(source: str) -> list[ast.stmt]:
    """Return the statements of a function's source, [] if it is not valid Python."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings are about the student's text
        return syntax.parse(source).body
    return []


def _with_source(part) -> list:
    if inspect.isclass(part):  # inspect finds no source of a notebook's class, only of its methods
        return [member for member in vars(part).values() if inspect.isfunction(member)]
    return [part] if inspect.isfunction(part) else []


def _source(function) -> list[str]:
    """Return a function's source in a list, [] if there is none, or if it is that of another function.

    The standard library counts lines as Python does not: a form feed above the function shifts its source. Then
    only `watch` says what the function uses.
    """
    try:
        source = textwrap.dedent(syntax.source_of(function))
    except Exception:  # not from a cell, or not readable: OSError, TypeError, tokenize.TokenError, …
        return []
    name = function.__code__.co_name
    return [source] if name == "<lambda>" or re.search(rf"\bdef[ \t\f]+{name}\b", source) else []


# ---------------------------------------------------------------- run
_watched: list[tuple[list[str], list[str]]] = []  # (entries, those that ran) of each open `watch`
_absent: set[str] = set()  # the paths that `take_away` was given
_reached: set[str] = set()  # those of them that were called since


@contextlib.contextmanager
def watch(forbids, *, calls: bool = True):
    """Yield a list and add to it the entries of `forbids` that run inside the block.

    calls  whether to look at each call too, for C functions and copied code, which multiplies the time of long results

    Forbidden operations of torch and functions of C libraries still run; a Python function that is forbidden
    by its path raises Forbidden instead.
    """
    ran: list[str] = []
    paths = [entry for entry in forbids if not entry.startswith(("aten.", "name:"))]
    operations = {entry for entry in forbids if entry.startswith("aten.")}
    with contextlib.ExitStack() as stack:
        for path in paths:
            if path not in _absent:
                stack.enter_context(_refused(path))
        if operations:
            stack.enter_context(_operations()(operations, ran))
        _watched.append((paths, ran))
        if calls:
            stack.enter_context(_calls_seen(forbids, ran))
        try:
            yield ran
        finally:
            _watched.pop()


@functools.cache
def _operations() -> type:
    """Return a class whose context manager adds the `wanted` operations of torch that run in its block to `ran`."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watch(TorchDispatchMode):
        def __init__(self, wanted: set[str], ran: list[str]):
            super().__init__()
            self.wanted, self.ran = wanted, ran

        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            name = str(operation.overloadpacket)
            if name in self.wanted and name not in self.ran:
                self.ran.append(name)
            return operation(*args, **(kwargs or {}))

    return Watch


def reached(path: str):
    """Record that a forbidden function was called, and raise Forbidden in its place."""
    _reached.update({path} & _absent)
    for paths, ran in _watched:
        if path in paths and path not in ran:
            ran.append(path)
    if any(path in paths for paths, _ in _watched):
        raise Forbidden(f"{path} must not be used in this exercise: write out what it does")
    raise Forbidden(f"{path} is not available here, because an exercise of this week forbids it")


def take_away(paths: list[str]) -> None:
    """Remove the code of the package's functions that these paths name from this process, for good.

    A call of one raises Forbidden and is recorded for `reached_since`. No code that runs afterwards, in whatever
    thread or fork, can get the code back.

    raises  ImportError or AttributeError  for a path that names nothing
    """
    for path in paths:
        refusal = _refusal(path)
        for function in functions_of(path):
            closure = function.__code__.co_freevars
            function.__code__ = refusal.replace(co_freevars=closure) if closure else refusal
        _codes[path] = {}  # what is left of the code
        _absent.add(path)


def reached_since() -> list[str]:
    """Return the paths of `take_away` that were called since in this process or before its fork."""
    return sorted(_reached)


@contextlib.contextmanager
def _refused(path: str):
    """Replace the code of the functions that a path names by a refusal while the block runs."""
    functions, refusal, before = functions_of(path), _refusal(path), []
    finder = _Finder(path) if functions is None else None
    try:
        if finder:
            sys.meta_path.insert(0, finder)
        for function in functions or ():
            before.append((function, function.__code__))
            closure = (
                function.__code__.co_freevars
            )  # the new code must have as many free variables as the old
            function.__code__ = refusal.replace(co_freevars=closure) if closure else refusal
        yield
    finally:
        for function, code in reversed(before):
            function.__code__ = code
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)


def _identity(code: types.CodeType) -> tuple:
    return code.co_code, code.co_names


@contextlib.contextmanager
def _calls_seen(forbids, ran: list[str]):
    """Look at each call in the block: of a C function, of copied code, of anything with a forbidden name."""
    paths = [entry for entry in forbids if not entry.startswith(("aten.", "name:"))]
    names = {entry.removeprefix("name:"): entry for entry in forbids if entry.startswith("name:")}
    codes: dict = {}
    for path in paths:
        codes |= _codes.get(path, {})
    sizes = {len(identity[0]) for identity in codes}
    builtins_ = {function: path for path in paths for function in _c_functions(path)}
    ours, setprofile = _calls_seen.__wrapped__.__code__, sys.setprofile
    if not (codes or names or builtins_):
        yield
        return
    seen: dict[
        int, tuple
    ] = {}  # id of a code object → its entry, and the object, so that the id stays its own

    def entry_of(frame) -> str | None:
        code = frame.f_code
        if code.co_name in names and frame.f_globals.get("__name__") != "__main__":
            return names[code.co_name]
        return codes.get(_identity(code)) if len(code.co_code) in sizes else None

    def see(frame, event, argument):  # called for every call and return, so it must be quick
        if event == "call":
            known = seen.get(id(frame.f_code))
            if known is None:
                known = seen[id(frame.f_code)] = entry_of(frame), frame.f_code
            entry = known[0]
        elif event != "c_call":
            return
        elif argument is setprofile:
            entry = "sys.setprofile" if frame.f_code is not ours else None
        elif builtins_ or names:
            entry = builtins_.get(argument) or names.get(getattr(argument, "__name__", ""))
        else:
            return
        if entry and (entry := entry.removeprefix("name:")) not in ran:
            ran.append(entry)

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield
    finally:
        sys.setprofile(before)


@functools.cache
def _c_functions(path: str) -> list:
    """Return the functions of C code that a path names: the function, or all that a module defines."""
    thing = _thing(path)
    if isinstance(thing, staticmethod):
        thing = thing.__func__
    if isinstance(thing, types.ModuleType):
        parts = [
            part
            for module in _modules_in(thing)
            for part in vars(module).values()
            if getattr(part, "__module__", None) == module.__name__
        ]
    else:
        parts = [thing]
    return [
        part for part in parts if isinstance(part, (types.BuiltinFunctionType, types.MethodDescriptorType))
    ]


@functools.cache
def _refusal(path: str) -> types.CodeType:
    names: dict = {}
    exec(
        f"def refused(*args, **kwargs):\n    from mmlab.check.forbids import reached\n    reached({path!r})",
        names,
    )
    return names["refused"].__code__


class _Finder:
    """Refuses the first import of a forbidden library object while an answer runs."""

    def __init__(self, path: str):
        self.path = path

    def find_spec(self, name, path=None, target=None):
        if name == self.path or self.path.startswith(name + "."):
            reached(self.path)


_functions: dict[str, list] = {}
_codes: dict[str, dict] = {}  # path → what identifies the code of its functions, which a copy still has
SHORTEST = 40  # bytes of code: two functions of different authors may have the same few instructions


def functions_of(path: str) -> list | None:
    """Return the Python functions that a path names: the function, a class's methods, or all that a module defines.

    path     of a function, class or module; modules of mmlab are imported, those of other libraries are not
    returns  the functions, cached; None if the library is not imported
    raises   ImportError or AttributeError for a path of the package that names nothing
    """
    if path not in _functions:
        thing = _thing(path)
        if thing is None:
            return None
        _functions[path] = _within(thing)
        codes = [function.__code__ for function in _functions[path]]
        _codes[path] = {_identity(code): path for code in codes if len(code.co_code) >= SHORTEST}
    return _functions[path]


def _thing(path: str):
    if path.startswith(OURS):
        import pkgutil

        return pkgutil.resolve_name(path)
    names = path.split(".")
    for end in range(len(names), 0, -1):
        thing = sys.modules.get(".".join(names[:end]))
        if thing is not None:
            for name in names[end:]:
                # getattr_static, so that lazily loaded parts of a library stay unloaded
                thing = inspect.getattr_static(thing, name, None)
            return thing
    return None


def _modules_in(module: types.ModuleType) -> list[types.ModuleType]:
    """Return a module and its imported submodules."""
    inside = [
        part for name, part in list(sys.modules.items()) if f"{name}.".startswith(f"{module.__name__}.")
    ]
    return [part for part in inside if isinstance(part, types.ModuleType)]


def _within(thing) -> list:
    """Return all functions that an object defines, including wrapped functions, each once."""
    if isinstance(thing, types.ModuleType):
        parts = [
            (part, module.__name__) for module in _modules_in(thing) for part in list(vars(module).values())
        ]
    elif inspect.isclass(thing):
        parts = [(part, thing.__module__) for part in vars(thing).values() if not inspect.isclass(part)]
    else:
        functions = []
        for part in (thing, *(getattr(thing, name, None) for name in ("fget", "__func__"))):
            while inspect.isfunction(part) and part not in functions:
                functions.append(part)
                part = getattr(part, "__wrapped__", None)
        return functions
    own = [
        part
        for part, home in parts
        if not isinstance(part, types.ModuleType) and (not inspect.isclass(part) or part.__module__ == home)
    ]
    homes = {home for _, home in parts}  # leaves out what a class takes from another module
    functions = [function for part in own for function in _within(part) if function.__module__ in homes]
    return list({id(function): function for function in functions}.values())
