"""The site's reference page: every room's public names with their docstrings.

Made at each build from the code itself, so it cannot drift from it.
"""

import importlib
import inspect
import pkgutil
from types import ModuleType

import mmlab

HEAD = """\
# Reference

Every public name of the helper package, room by room, as the code documents it.
The page is made from the code at each build.
"""
# The course's own machinery is documented by its commands: `mmlab --help`.
ROOMS = tuple(room for room in mmlab.ROOMS if room != "course")


def modules(room: str) -> list[ModuleType]:
    """Return a room's module and, where it is a package, its public submodules."""
    first = importlib.import_module(f"mmlab.{room}")
    below = [
        importlib.import_module(f"{first.__name__}.{found.name}")
        for found in pkgutil.iter_modules(getattr(first, "__path__", []))
        if not found.name.startswith("_")
    ]
    return [first, *below]


def public(module: ModuleType) -> list[tuple[str, object]]:
    """Return the public functions and classes that `module` itself defines, in file order."""
    found = [
        (name, thing)
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
    ]
    return sorted(found, key=lambda pair: inspect.getsourcelines(pair[1])[1])


def entry(name: str, thing: object) -> str:
    """Return one name's heading line and docstring, fenced as plain text."""
    kind = "class" if inspect.isclass(thing) else "function"
    try:
        signature = str(inspect.signature(thing))
    except ValueError:
        signature = "(…)"
    text = inspect.getdoc(thing) or ""
    return f"**{kind} `{name}`**\n\n````text\n{name}{signature}\n\n{text}\n````\n"


def page() -> str:
    """Return the reference page as MyST markdown."""
    parts = [HEAD]
    for room in ROOMS:
        for index, module in enumerate(modules(room)):
            level = "##" if index == 0 else "###"
            parts.append(f"{level} {module.__name__}\n")
            parts.append(f"````text\n{inspect.getdoc(module) or ''}\n````\n")
            parts += [entry(name, thing) for name, thing in public(module)]
    return "\n".join(parts)
