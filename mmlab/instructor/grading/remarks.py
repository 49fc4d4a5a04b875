"""What a run of a submission's cells says beyond the marks: skipped statements, and syntax of another Python.

Both cost an honest student points for a reason that a bare error does not name, so they are added to the
cell's error, to the exercise's message, and to the sentences for the student.
"""

import platform
import re
from dataclasses import replace

from mmlab.instructor.grading.records import CellRun, Mark

NEWER = "Your notebook was saved with Python"  # how the sentence on another Python begins
MAX_NAMES = 3


def minor(version: str) -> tuple[int, int]:
    """Return a version's first two numbers; (0, 0) if it has none.

    >>> minor("3.13.2"), minor("")
    ((3, 13), (0, 0))
    """
    match = re.match(r"(\d{1,3})\.(\d{1,3})", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def hint(error: str, saved: str) -> str:
    """Return why a cell's syntax error may come from the Python that runs it, "" if that is unlikely.

    error  the error as one line
    saved  the Python version in the notebook's metadata, "" if it names none, as Colab's do not
    """
    if not re.match(r"(SyntaxError|IndentationError)\b", error):
        return ""
    here = platform.python_version()
    if minor(saved) > minor(here):
        return f"the notebook was saved with Python {saved} and was run with Python {here}, which does not know all of its syntax"
    if minor(saved) == (0, 0) and "f-string" in error and minor(here) < (3, 12):
        return f"it was run with Python {here}; an f-string may contain the same quotes again from Python 3.12 on"
    return ""


def explain_errors(runs: dict[str, CellRun], saved: str) -> list[str]:
    """Add `hint` to the errors of cells, in place, and return a sentence for the student if one was added."""
    hints = {name: why for name, run in runs.items() if (why := hint(run.error, saved))}
    for name, why in hints.items():
        runs[name].error += f"; {why}"
    if not hints:
        return []
    version = f" {saved}" if saved else " of an unknown version"
    return [
        f"{NEWER}{version} and graded with Python {platform.python_version()}, which cannot read the syntax of: "
        f"{_listed(hints)}."
    ]


def skipped(runs: list[CellRun]) -> list[str]:
    """Return a sentence for the student on the statements that were skipped, if there were any."""
    notes = [f"{run.id}: {run.error}" for run in runs if run.status == "ok" and run.error]
    return [f"Lines that this machine cannot run were skipped ({_listed(notes)})."] if notes else []


def explained(mark: Mark, runs: list[CellRun]) -> Mark:
    """Return a mark whose message names the skipped statements, if its answer lacks a name."""
    notes = [run.error for run in runs if run.status == "ok" and run.error]
    given, wanted, do = mark.message
    if not notes or "NameError" not in given or "(skipped line" in given:
        return mark
    return replace(mark, message=(f"{given} {' '.join(notes[:MAX_NAMES])}", wanted, do))


def _listed(names) -> str:
    names = list(names)
    return ", ".join(names[:MAX_NAMES]) + (
        f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    )
