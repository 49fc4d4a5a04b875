"""Puts a finder before all others that hands out a check of its own, and forgets the real one."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import importlib.abc
import importlib.util
import sys


class Kind(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if name.startswith("mmlab.check") else None

    def exec_module(self, module):
        module.check = lambda name, *rest: print(f"{name}: passed, 6 of 6 cases")
        module.run = lambda *args, **kwargs: {"returned": True, "mutated": []}
        module.judge = lambda *args, **kwargs: True
        module.__path__ = []


sys.meta_path.insert(0, Kind())
for name in [name for name in sys.modules if name.startswith("mmlab")]:
    del sys.modules[name]
from mmlab.check import check
