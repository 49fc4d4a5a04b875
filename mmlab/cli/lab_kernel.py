"""Make a kernel run a lab for `mmlab check` as the grader runs it.

`PREPARE` is the source of a cell that runs first. The grader restores the printed output after each cell,
ignores `exit()`, stops a cell at its time limit and continues with the next one, and skips statements that
only this machine cannot run (`mmlab.check.skipping`). The kernel does the same here.
"""

import builtins
import json
import os
import signal
import sys
import sysconfig
from pathlib import Path

from mmlab.check import skipping

PREPARE = "__import__('mmlab.cli.lab_kernel', fromlist=['prepare']).prepare(get_ipython(), {seconds})"
OUTSIDE = "print(__import__('mmlab.cli.lab_kernel', fromlist=['outside']).outside())"
_loaded: set[str] = set()  # the modules that were there before the lab's first cell
AGAIN = 1.0  # seconds until the alarm is repeated, for code that caught the first one


class CellTimeout(BaseException):
    """A cell reached its time limit; a BaseException, so that a cell's `except Exception` does not catch it."""


def prepare(shell, seconds: float) -> None:
    """Prepare a kernel's shell.

    seconds  the time limit of a cell, where the system has alarms; elsewhere the caller has to enforce it
    """
    skipping.install(shell)
    _loaded.update(sys.modules)
    shell.ask_exit = lambda: None  # exit() and quit() end nothing, so that the cells below still run
    output = sys.stdout, sys.stderr, builtins.print

    def end(*_) -> None:
        alarm(0)
        sys.stdout, sys.stderr, builtins.print = output

    shell.events.register("pre_run_cell", lambda *_: alarm(seconds))
    shell.events.register("post_run_cell", end)

    def ring(number, frame) -> None:
        """Raise CellTimeout in the cell's code; an error elsewhere would end the kernel."""
        while frame is not None and frame.f_globals is not shell.user_ns:
            frame = frame.f_back
        if frame is not None:
            raise CellTimeout

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, ring)


def alarm(seconds: float) -> None:
    """Raise CellTimeout after some seconds, again and again; 0 cancels it."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN if seconds else 0)


def outside() -> str:
    """Return the files of imported modules that are neither installed nor below the working folder, as JSON.

    These are modules that a lab finds only on this machine, such as those in a folder that it puts on sys.path.
    """
    import mmlab

    here = Path.cwd()
    installed = {
        Path(path).resolve() for path in (*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix)
    }
    installed |= {
        Path(path).resolve() for path in sys.path if path.endswith(("site-packages", "dist-packages"))
    }
    known = [here.resolve(), Path(mmlab.__file__).resolve().parent, *installed]
    modules = [module for name, module in list(sys.modules.items()) if name not in _loaded]
    files = {getattr(module, "__file__", None) for module in modules}
    own = {Path(file).resolve() for file in files if isinstance(file, str) and os.path.isfile(file)}
    return json.dumps(sorted(str(f) for f in own if not any(f.is_relative_to(folder) for folder in known)))
