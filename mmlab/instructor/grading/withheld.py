"""Remove the bodies of the functions that a week forbids from the package's files in the sandbox.

The zygote first imports the complete files; then the bodies are removed from the mounted copy. So the package works
inside the sandbox, but a student's code that reads, copies or imports its files again does not find the solution.
While an answer runs, `mmlab.check.forbids` rejects calls of the forbidden functions and of copies of their code. Only
the mounted copy changes; it has no compiled files, and the sandbox contains no other copy of the package.
"""

import ast
import shutil
from pathlib import Path

import mmlab
from mmlab.check import syntax
from mmlab.check.forbids import OURS
from mmlab.errors import InputError
from mmlab.instructor.authoring.exercise import Week

PACKAGE = Path(mmlab.__file__).parent
INSTEAD = "this function is not available while grading"


def names_of(week: Week) -> list[str]:
    """Return the paths of the package's functions, classes and modules that a week's exercises forbid."""
    return sorted(
        {entry for exercise in week.exercises for entry in exercise.forbids if entry.startswith(OURS)}
    )


def modules_of(names: list[str]) -> list[str]:
    """Return the modules that define the names."""
    return sorted({_home(name)[0] for name in names})


def put_in(package: Path, names: list[str]) -> None:
    """Write the complete files of the names into a copy of the package, a folder called mmlab."""
    for file in {_file(module) for module in modules_of(names)}:
        shutil.copyfile(PACKAGE.parent / file, package.parent / file)


def take_out(package: Path, names: list[str]) -> None:
    """Write the files of the names into a copy of the package, without the bodies of these functions."""
    for module in modules_of(names):
        inside = [_home(name)[1] for name in names if _home(name)[0] == module]
        file = _file(module)
        (package.parent / file).write_text(
            without_bodies((PACKAGE.parent / file).read_text(encoding="utf-8"), inside), encoding="utf-8"
        )


def without_bodies(source: str, names: list[str]) -> str:
    """Return a module's source in which these functions, and all functions inside them, only raise an error.

    names   such as "loss" or "Attention" or "Attention.forward"; "" for the whole module
    raises  InputError  for a name that the module does not define
    """
    tree = syntax.parse(source)
    for name in names:
        node = tree
        for part in filter(None, name.split(".")):
            node = next(
                (each for each in ast.iter_child_nodes(node) if getattr(each, "name", None) == part), None
            )
            if node is None:
                raise InputError(
                    f"forbids {name!r}",
                    "a function or class that its module defines",
                    "name the module where it is defined",
                )
        for function in ast.walk(node):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                function.body = syntax.parse(f"raise NotImplementedError({INSTEAD!r})").body
    return ast.unparse(tree)


def _home(name: str) -> tuple[str, str]:
    """Split a dotted path into its module and the name in it: ("mmlab.losses", "contrastive_loss")."""
    parts = name.split(".")
    for end in range(len(parts), 1, -1):
        module = ".".join(parts[:end])
        if (PACKAGE.parent / _file(module)).is_file():
            return module, ".".join(parts[end:])
    raise InputError(f"forbids {name!r}", "a module of the package", "check the spelling")


def _file(module: str) -> Path:
    return Path(*module.split(".")).with_suffix(".py")
