"""Gates on exercises: points and minutes, solutions that stand alone, nothing handed out."""

import ast
import builtins
import copy
import re
from dataclasses import dataclass
from functools import cache

from gates.cells import Notebook

MINUTES, EXERCISE_MINUTES, EASY = 180, 45, 2
MARKERS = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
# What IPython gives every cell.
GIVEN = set(dir(builtins)) | {"display", "get_ipython", "__name__"}


@dataclass(frozen=True)
class Task:
    """One graded exercise: its name, points, difficulty and minutes."""

    name: str
    points: float
    difficulty: int
    minutes: int


def lab_size(week: str, tasks: list[Task]) -> list[str]:
    """Half of a lab's points come at difficulty 2 or less; it takes at most 180 minutes."""
    total = sum(task.points for task in tasks)
    easy = sum(task.points for task in tasks if task.difficulty <= EASY)
    minutes = sum(task.minutes for task in tasks)
    faults = [f"{week}: {easy} of {total} points at difficulty {EASY} or less"] * (
        2 * easy < total or not total
    )
    faults += [f"{week}: {minutes} minutes (at most {MINUTES})"] * (minutes > MINUTES)
    long = [t for t in tasks if t.minutes > EXERCISE_MINUTES]
    return faults + [f"{week}: {t.name} takes {t.minutes} minutes (at most {EXERCISE_MINUTES})" for t in long]


def points(notebook: Notebook) -> dict[str, float]:
    """Return graded cell → points, from a lab's nbgrader metadata."""
    graded = [cell["metadata"].get("nbgrader", {}) for cell in notebook.cells]
    return {meta["grade_id"]: meta["points"] for meta in graded if meta.get("grade")}


def graded_cells(notebook: Notebook) -> list[str]:
    """A check cell is locked and only calls `check`; its answer is a solution cell between markers."""
    faults, by_id = [], {cell["id"]: cell for cell in notebook.cells}
    for cell in notebook.code:
        meta = cell["metadata"].get("nbgrader", {})
        name = meta.get("grade_id")
        if not meta.get("grade"):
            continue
        good = meta.get("locked") and cell["id"] == name and cell["source"] == f'check("{name}", {name})'
        faults += [f"{notebook.at(cell)}: not the locked line check(name, answer)"] * (not good)
        answer = by_id.get(f"{name}-solution")
        if answer is None or not answer["metadata"].get("nbgrader", {}).get("solution"):
            faults.append(f"{notebook.path}: {name} has no solution cell")
        elif not MARKERS.search(answer["source"]):
            faults.append(f"{notebook.at(answer)}: no answer between the markers")
        if f"{name}-statement" not in by_id:
            faults.append(f"{notebook.path}: {name} has no statement")
    return faults


def solution_cells(notebook: Notebook) -> list[dict]:
    """Return a lab's solution cells that hold code."""
    return [c for c in notebook.code if c["metadata"].get("nbgrader", {}).get("solution")]


def self_contained(notebook: Notebook) -> list[str]:
    """A solution cell uses what the setup cell defines, its arguments and itself; no other cell's names."""
    setup = next((cell["source"] for cell in notebook.code if cell["id"] == "setup"), "")
    known = GIVEN | defined(ast.parse(setup))
    faults = []
    for cell in solution_cells(notebook):
        tree = ast.parse(cell["source"])
        for name in sorted(free_names(cell["source"]) - known - defined(tree)):
            faults.append(f"{notebook.at(cell)}: uses {name}, which the setup cell does not define")
    return faults


def defined(tree: ast.Module) -> set[str]:
    """Return the names that a cell's top level gives a value to."""
    import symtable

    table = symtable.symtable(ast.unparse(tree), "cell", "exec")
    return {
        s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()
    }


def free_names(source: str) -> set[str]:
    """Return the names that a cell, its functions included, looks up outside of all functions."""
    import symtable

    def walk(table, top):
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                yield symbol.get_name()
        for child in table.get_children():
            yield from walk(child, False)

    return set(walk(symtable.symtable(source, "cell", "exec"), True))


def not_handed_out(lesson: Notebook, solved: list[Notebook]) -> list[str]:
    """No graded answer stands whole in a lesson, under any names, as a function or as plain lines."""
    answers = {name: body for lab in solved for name, body in answers_of(lab).items()}
    faults = []
    for cell in lesson.code:
        found = fragments(ast.parse(cell["source"]), {len(body) for body in answers.values()})
        faults += [
            f"{lesson.at(cell)}: holds the answer to {n}" for n, body in answers.items() if body in found
        ]
    return faults


@cache
def answers_of(lab: Notebook) -> dict[str, tuple[str, ...]]:
    """Return graded exercise → the normal form of its answer's body."""
    cells = {cell["id"].removesuffix("-solution"): cell for cell in solution_cells(lab)}
    return {name: shapes(ast.parse(cells[name]["source"]))[0] for name in points(lab) if name in cells}


def shapes(tree: ast.Module) -> list[tuple[str, ...]]:
    """Return the normal form of each function's or class's body at a cell's top level."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [normal(node.body) for node in tree.body if isinstance(node, kinds)]


def fragments(tree: ast.Module, sizes: set[int]) -> set[tuple[str, ...]]:
    """Return the normal forms of every body in `tree`, and of its runs of `sizes` statements."""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Lambda):
            found.add(normal([ast.Return(node.body)]))
        elif isinstance(body, list):
            found.add(normal(body))
            for size in sizes:
                found |= {normal(body[i : i + size]) for i in range(len(body) - size + 1)}
    return found


def normal(body: list[ast.stmt]) -> tuple[str, ...]:
    """Return statements as text in which local names, docstrings and the last value's fate do not show."""
    body = [copy.deepcopy(s) for s in body if not is_docstring(s)]
    if body and isinstance(body[-1], (ast.Return, ast.Assign)) and body[-1].value is not None:
        body[-1] = ast.Expr(body[-1].value)
    order: dict[str, str] = {}
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                node.id = order.setdefault(node.id, f"v{len(order)}")
            elif isinstance(node, ast.arg):
                node.arg, node.annotation = order.setdefault(node.arg, f"v{len(order)}"), None
    return tuple(ast.dump(statement) for statement in body)


def is_docstring(statement: ast.stmt) -> bool:
    """Return whether a statement is a bare constant."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def leaked(text: str, solved: Notebook) -> list[str]:
    """No line between a lab's solution markers stands in `text` (a release, a page, a search index)."""
    faults = ["a solution marker"] * ("BEGIN SOLUTION" in text)
    plain = squeezed(text)
    for cell in solution_cells(solved):
        for answer in MARKERS.findall(cell["source"]):
            lines = [squeezed(line) for line in answer.splitlines()]
            telling = [line for line in lines if len(line) >= 24 and not line.startswith("#")]
            found = [line for line in telling if line in plain]
            if telling and len(found) == len(telling):
                faults.append(f"{solved.path}: the answer to {cell['id']}: {found[0]!r}")
    return faults


def squeezed(text: str) -> str:
    """Return `text` without white space and quotes' escapes, so that JSON and HTML read alike."""
    return re.sub(r"\s|\\n|\\", "", text)
