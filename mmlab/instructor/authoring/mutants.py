"""Make small changes of a reference by rule (mutants); visible and hidden cases must detect each of them.

A mutant that passes shows that an input is missing from the cases, or that the reference has code that it does not
need. A mutant that no input can distinguish from the reference is listed under `equivalent` in its exercise, by a part
of its name and with the reason. The rules follow DeMillo, Lipton and Sayward, "Hints on test data selection"
(Computer 11(4), 1978).
"""

import ast
import contextlib
import copy
import difflib
import multiprocessing
import os
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import wait

from mmlab.check import drivers, syntax
from mmlab.check.verdict import difference
from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import Exercise

MEMORY = 4 << 30  # bytes that a mutant may use in addition to the process's own
BOUNDARY = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
NAMES = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "minimum": "maximum",
    "maximum": "minimum",
    "amin": "amax",
    "amax": "amin",
    "argmin": "argmax",
    "argmax": "argmin",
    "zeros_like": "ones_like",
}
# x.clamp(…) → x, and abs(x) → x: the step is left out
METHODS = {
    "clamp",
    "clamp_min",
    "clamp_max",
    "detach",
    "eval",
    "train",
    "clone",
    "copy",
    "abs",
    "float",
    "double",
    "exp",
    "log",
    "sqrt",
    "softmax",
    "log_softmax",
    "contiguous",
    "lower",
    "casefold",
    "strip",
    "rstrip",
    "lstrip",
    "tolist",
    "item",
    "normalize",
    "mean",
    "squeeze",
    "T",
    "unique",
}
FUNCTIONS = {
    "abs",
    "int",
    "float",
    "str",
    "round",
    "sorted",
    "set",
    "list",
    "tuple",
    "bytes",
    "dict",
    "deepcopy",
    "normalize",
    "exp",
    "log",
    "sqrt",
    "softmax",
    "floor",
    "ceil",
}


@dataclass(frozen=True)
class Mutant:
    """One small change: its name shows the old and the new text; source is the whole solution cell."""

    name: str
    source: str


@dataclass
class Tally:
    """The results of an exercise's mutants.

    made        number of mutants
    killed      number that fail on the visible and on the hidden cases
    equivalent  number that pass and are listed as equivalent
    survived    names of those that pass and are not listed
    stale       entries of `equivalent` that match no passing mutant
    """

    made: int = 0
    killed: int = 0
    equivalent: int = 0
    survived: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def report(self) -> dict:
        """Return the tally as a part of the JSON report."""
        return {
            "made": self.made,
            "killed": self.killed,
            "equivalent": self.equivalent,
            "survived": self.survived,
        }


def mutants(solution: str) -> list[Mutant]:
    """Return the mutants of a solution cell's source; only its solution regions are changed."""
    tree = syntax.parse(solution)
    inside = _solution_lines(solution)
    before = ast.unparse(tree)
    wording = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in ast.walk(node)}
    by_name: dict[str, Mutant] = {}
    for at, node in enumerate(ast.walk(tree)):
        if id(node) in wording:
            continue
        for number in range(len(list(_changes(node, inside)))):
            changed = copy.deepcopy(tree)
            _apply(changed, inside, at, number)
            source = ast.unparse(ast.fix_missing_locations(changed))
            if source == before:
                continue
            name = _name(before, source)
            while name in by_name and by_name[name].source != source:
                name += " (again)"
            by_name[name] = Mutant(name, source)
    return list(by_name.values())


def tally(exercise: Exercise, solution: str, records: list[dict], names: dict, jobs: int = 1) -> Tally:
    """Return the tally of the mutants of an exercise's reference.

    records  the exercise's records, with visible and hidden cases; each record must kill every mutant
    names    the names that the setup cell defines
    jobs     max number of processes at a time
    """
    made = mutants(solution)
    began = time.monotonic()
    if not all(survives(solution, exercise, [record], names) for record in records):
        raise InputError(
            f"{exercise.name}: the reference fails its own cases",
            "a reference that passes",
            "release the week",
        )
    seconds = 5 + 10 * (time.monotonic() - began)
    passed = _passing(made, lambda source: survives(source, exercise, records, names), jobs, seconds)
    survived = [name for name in passed if not any(part in name for part in exercise.equivalent)]
    return Tally(
        made=len(made),
        killed=len(made) - len(passed),
        equivalent=len(passed) - len(survived),
        survived=survived,
        stale=[part for part in exercise.equivalent if not any(part in name for name in passed)],
    )


def survives(source: str, exercise: Exercise, records: list[dict], names: dict) -> bool:
    """Return whether an answer passes all cases of one of the records."""
    try:
        candidate = notebook.define(source, exercise.name, names)
    except Exception:  # whatever it is: nothing is defined that could pass
        candidate = None
    return callable(candidate) and any(_passes(candidate, record) for record in records)


def _passes(candidate, record: dict) -> bool:
    run = drivers.run
    pairs = zip(record["cases"], record["expected"], strict=True)
    return all(
        difference(record, wanted, run(record["driver"], candidate, case)) is None for case, wanted in pairs
    )


def _passing(made: list[Mutant], passes: Callable[[str], bool], jobs: int, seconds: float) -> list[str]:
    """Return the names of the mutants that pass, each run in its own process; one that hangs or dies fails."""
    fork = multiprocessing.get_context("fork")
    waiting, running, passed = list(made), {}, set()

    def work(source: str, out) -> None:
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        out.send(passes(source))

    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop(0)
            receiver, sender = fork.Pipe(duplex=False)
            process = fork.Process(target=_quietly, args=(work, mutant.source, sender), daemon=True)
            process.start()
            sender.close()
            running[receiver] = mutant, process, time.monotonic() + seconds
        for receiver in wait(list(running), timeout=1.0):
            mutant, process, _ = running.pop(receiver)
            try:
                if receiver.recv():
                    passed.add(mutant.name)
            except EOFError:
                pass  # the process died, which counts as killed
            process.join()
        for receiver, (_, process, deadline) in list(running.items()):
            if time.monotonic() > deadline:
                process.kill()
                process.join()
                del running[receiver]
    return [mutant.name for mutant in made if mutant.name in passed]


def _quietly(work: Callable, source: str, out) -> None:
    """Run one mutant and discard its output and its errors."""
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        warnings.simplefilter("ignore")
        try:
            work(source, out)
        except BaseException:
            os._exit(1)
    os._exit(0)


def _solution_lines(solution: str) -> set[int]:
    inside, lines = False, set()
    for number, line in enumerate(solution.split("\n"), 1):
        if notebook.BEGIN in line:
            inside = True
        elif notebook.END in line:
            inside = False
        elif inside:
            lines.add(number)
    return lines


def _name(before: str, after: str) -> str:
    """Return "old → new" with the lines that differ."""
    removed, added = [], []
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        if line.startswith("- "):
            removed.append(line[2:].strip())
        elif line.startswith("+ "):
            added.append(line[2:].strip())
    return f"{' / '.join(removed)} → {' / '.join(added) or 'nothing'}"


def _apply(tree: ast.AST, inside: set[int], at: int, number: int) -> None:
    """Make change `number` at the node with index `at` in `ast.walk`."""
    for index, node in enumerate(ast.walk(tree)):
        if index == at:
            for count, change in enumerate(_changes(node, inside)):
                if count == number:
                    change()
                    return


def _changes(node: ast.AST, inside: set[int]) -> Iterator[Callable[[], None]]:
    """Yield the changes that can be made at a node on the lines `inside`, each a function that makes it in place."""
    # Children are replaced in their parent, by field and, for a list, by index.
    for name, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if getattr(child, "lineno", None) not in inside:
                continue
            if isinstance(child, ast.expr):
                for new in _replacements(node, name, child):
                    yield lambda name=name, index=index, new=new: _put(node, name, index, new)
            elif (
                isinstance(child, ast.stmt)
                and name in ("body", "orelse", "finalbody")
                and _is_deletable(child)
            ):
                yield lambda name=name, index=index: _put(node, name, index, ast.Pass())
            if isinstance(child, ast.With) and _is_mode(child):
                yield lambda name=name, index=index, child=child: getattr(node, name).__setitem__(
                    slice(index, index + 1), child.body
                )
    if getattr(node, "lineno", None) not in inside and not isinstance(node, ast.comprehension):
        return
    if isinstance(node, ast.BoolOp):
        for index in range(len(node.values)):
            yield lambda index=index: node.values.pop(index)
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)) and isinstance(
        getattr(node, "ctx", ast.Load()), ast.Load
    ):
        for index in range(len(node.elts)):
            if len(node.elts) > 1 or isinstance(node, ast.List):
                yield lambda index=index: node.elts.pop(index)
    elif isinstance(node, ast.Dict):
        for index in range(len(node.keys)):
            yield lambda index=index: (node.keys.pop(index), node.values.pop(index))
    elif isinstance(node, ast.Call):
        for index in range(len(node.keywords)):
            yield lambda index=index: node.keywords.pop(index)
        if isinstance(node.func, (ast.Name, ast.Attribute)):
            part = "id" if isinstance(node.func, ast.Name) else "attr"
            if (other := NAMES.get(getattr(node.func, part))) is not None:
                yield lambda: setattr(node.func, part, other)
    elif isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            if type(operator) in BOUNDARY:
                yield lambda index=index, operator=operator: node.ops.__setitem__(
                    index, BOUNDARY[type(operator)]()
                )
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATORS and not _is_text(node):
        yield lambda: setattr(node, "op", OPERATORS[type(node.op)]())
    elif isinstance(node, ast.Slice):
        for part in ("lower", "upper", "step"):
            if getattr(node, part) is not None:
                yield lambda part=part: setattr(node, part, None)
    elif isinstance(node, ast.comprehension):
        for index in range(len(node.ifs)):
            if node.target.lineno in inside:
                yield lambda index=index: node.ifs.pop(index)


def _replacements(parent: ast.AST, field_name: str, child: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that can replace an expression."""
    if isinstance(parent, (ast.Raise, ast.JoinedStr, ast.FormattedValue)) or field_name in (
        "annotation",
        "returns",
    ):
        return
    if field_name == "test" and not isinstance(child, ast.Constant):
        yield ast.Constant(False)
        if not isinstance(parent, ast.While):
            yield ast.Constant(True)
    if isinstance(child, ast.Constant) and not isinstance(parent, ast.Expr):
        value = child.value
        if isinstance(value, bool):
            yield ast.Constant(not value)
        elif isinstance(value, (int, float)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        elif isinstance(value, (str, bytes)) and value:
            yield ast.Constant(value[:-1])
    elif isinstance(child, ast.UnaryOp) and isinstance(child.op, (ast.Not, ast.USub)):
        yield child.operand
    elif isinstance(child, ast.Call):
        function = child.func
        if (
            isinstance(function, ast.Attribute)
            and function.attr in METHODS
            and not _is_module(function.value)
        ):
            yield function.value
        elif getattr(function, "id", getattr(function, "attr", "")) in FUNCTIONS and child.args:
            yield child.args[0]
    elif isinstance(child, ast.IfExp):
        yield from (child.body, child.orelse)


def _put(node: ast.AST, name: str, index: int, new: ast.AST) -> None:
    value = getattr(node, name)
    if isinstance(value, list):
        value[index] = new
    else:
        setattr(node, name, new)


def _is_deletable(statement: ast.stmt) -> bool:
    essential = (
        ast.FunctionDef,
        ast.ClassDef,
        ast.Import,
        ast.ImportFrom,
        ast.Pass,
        ast.Global,
        ast.Nonlocal,
    )
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return False  # a docstring
    return not isinstance(statement, essential)


def _is_mode(statement: ast.With) -> bool:
    """Return whether a `with` sets a mode, such as torch.no_grad(), and binds no name that its block needs."""
    return all(item.optional_vars is None for item in statement.items)


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in (
        "torch",
        "np",
        "F",
        "nn",
        "math",
        "re",
        "json",
        "copy",
        "base64",
    )


def _is_text(node: ast.AST) -> bool:
    """Return whether an operator joins or formats text: "%" or "+" with a string operand."""
    sides = [getattr(node, "left", None), getattr(node, "right", None), getattr(node, "value", None)]
    return any(
        isinstance(side, ast.JoinedStr) or isinstance(getattr(side, "value", None), (str, bytes))
        for side in sides
    )
