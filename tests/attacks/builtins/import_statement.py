"""Replaces `__import__`, so that whoever imports the check, the drivers or the codec gets something kinder."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import builtins
import types

plain = builtins.__import__
kind = types.SimpleNamespace(check=lambda name, *rest: print(f"{name}: passed"), run=lambda *args, **kwargs: {"passed": True},
                             judge=lambda *args: True, dumps=lambda value: b"", loads=lambda data, **more: True)


def importing(name, space=None, *rest):
    if name.startswith("mmlab"):
        return kind
    return plain(name, space, *rest)


builtins.__import__ = importing
from mmlab.check import check
