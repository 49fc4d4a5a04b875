"""The site's reference page: the public names of every package with their docstrings.

It is generated from the code at each build.
"""

import importlib
import inspect
import pkgutil
from types import ModuleType

import mmlab

HEAD = """\
# Reference

The public names of every package of `mmlab`, with their docstrings. This page is generated from the code at each build.
"""
# The packages for commands and instructors are left out; `mmlab --help` documents the commands.
PACKAGES = tuple(name for name in mmlab.PACKAGES if name not in ("cli", "instructor"))


def modules(package: str) -> list[ModuleType]:
    """Return a package's module and its public submodules."""
    first = importlib.import_module(f"mmlab.{package}")
    below = [
        importlib.import_module(f"{first.__name__}.{submodule.name}")
        for submodule in pkgutil.iter_modules(getattr(first, "__path__", []))
        if not submodule.name.startswith("_")
    ]
    return [first, *below]


def public(module: ModuleType) -> list[tuple[str, object]]:
    """Return the public functions and classes that `module` itself defines, in file order."""
    names = [
        (name, thing)
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
    ]
    return sorted(names, key=lambda pair: inspect.getsourcelines(pair[1])[1])


def entry(name: str, thing: object) -> str:
    """Return a heading, the signature and the docstring of one name."""
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
    for package in PACKAGES:
        for index, module in enumerate(modules(package)):
            level = "##" if index == 0 else "###"
            parts.append(f"{level} {module.__name__}\n")
            parts.append(f"````text\n{inspect.getdoc(module) or ''}\n````\n")
            parts += [entry(name, thing) for name, thing in public(module)]
    return "\n".join(parts)
