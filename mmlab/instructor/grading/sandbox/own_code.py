"""Put our own modules back as they were before any cell ran, in the fork that answers an exercise.

A cell may replace `mmlab.check.drivers.run`, the codec, or torch's gradient engine. The driver
that runs beside an answer must not depend on what a cell has left, so its modules and the functions
in them are restored. Everything else, such as a function of torch that the student replaced, stays: the
answer runs as `check` would run it. This is a deterrent: code that looks for these copies can find them.
"""

import sys
import types

PREFIXES = ("mmlab.check", "mmlab.codec", "mmlab.errors", "mmlab.instructor.grading.sandbox")
_modules: list[tuple[dict, dict]] = []  # the names of a module, and a copy
_functions: list[tuple[types.FunctionType, tuple]] = []
_classes: list[tuple[type, dict]] = []
FIELDS = ("__code__", "__defaults__", "__kwdefaults__")


def remember() -> None:
    """Store the state of our modules; called once, in a process that has run nobody's code."""
    if _modules:
        return
    for name, module in list(sys.modules.items()):
        if not name.startswith(PREFIXES) or module is sys.modules[__name__]:
            continue
        _modules.append((vars(module), dict(vars(module))))
        for part in list(vars(module).values()):
            if getattr(part, "__module__", None) == name:
                _remember(part)


def restore() -> None:
    """Put the names of our modules, and the code of the functions in them, back."""
    for names, copy in _modules:
        names.update(copy)
    for function, fields in _functions:
        for field, value in zip(FIELDS, fields, strict=True):
            if getattr(function, field) is not value:
                setattr(function, field, value)
    for kind, attributes in _classes:
        for name, value in attributes.items():
            if vars(kind).get(name) is not value:
                setattr(kind, name, value)


def _remember(part) -> None:
    if isinstance(part, types.FunctionType):
        _functions.append((part, tuple(getattr(part, field) for field in FIELDS)))
    elif isinstance(part, type):
        attributes = {
            name: value
            for name, value in vars(part).items()
            if isinstance(value, (types.FunctionType, property, staticmethod, classmethod))
        }
        _classes.append((part, attributes))
        for value in attributes.values():
            if isinstance(value, types.FunctionType):
                _remember(value)
