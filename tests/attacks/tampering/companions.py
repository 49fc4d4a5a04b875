"""Submits modules beside the notebook that shadow numpy, torch and mmlab, and cases that expect nothing."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% forge
import numpy

CHECK = "def check(name, *rest):\n    print(f'{name}: passed, 6 of 6 cases')\n"
(folder / "mmlab" / "check").mkdir(parents=True)
(folder / "mmlab" / "__init__.py").write_text("from . import check\nview = world = values = None\n")
(folder / "mmlab" / "check" / "__init__.py").write_text(CHECK)
(folder / "sitecustomize.py").write_text("import builtins\nbuiltins.all = lambda values: True\n")
(folder / "torch.py").write_text("nn = functional = None\nraise SystemExit(0)\n")
numpy.savez(folder / "cases.npz", **{name: numpy.zeros(1) for name in EXERCISES})
(folder / "nbgrader_config.py").write_text("c = get_config()\nc.Execute.timeout = 1\n")
