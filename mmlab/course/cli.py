"""The `mmlab` command: one small module a command, loaded when it is asked for.

A command module defines `arguments(parser)` and `main(args) -> int`; its first
docstring line is the command's help. Every command takes `--json`.
"""

import argparse
import importlib
import os
import sys

from mmlab import __version__
from mmlab.errors import MmlabError

# command → (module under mmlab.course, what it does)
COMMANDS = {
    "start": ("start", "open the course in JupyterLab"),
    "doctor": ("doctor", "see whether this machine can run the course"),
    "labs": ("labs", "list weeks, exercises, points and minutes"),
    "check": ("lab_check", "run the visible checks of a lab"),
    "submit": ("lab_submit", "validate, name and pack a lab for handing in"),
    "reset": ("lab_reset", "put one exercise back to its stub"),
    "update": ("lab_update", "merge a new release into a lab, answers kept"),
    "release": ("release", "make labs/ from solutions/"),
    "prove": ("prove", "prove that every check tells right from wrong"),
    "grade": ("grade.command", "grade a week's submissions in a sandbox"),
    "export": ("export", "write marks for an LMS"),
    "simulate": ("simulate.command", "make up a class with known true marks"),
    "similarity": ("similarity", "list answers that look alike, for a person to read"),
    "publish": ("student_repository", "make the students' repository, without solutions"),
    "serve": ("serve", "serve models of three providers on this machine"),
    "run": ("run", "execute notebooks and report what they cost"),
    "claims": ("claims", "measure the numbers that README and site state"),
    "bench": ("bench", "measure ratios against peers"),
}


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the command line's parser, with the arguments of `only` that command loaded."""
    top = argparse.ArgumentParser(prog="mmlab", description="The mmlab course, from a terminal.")
    top.add_argument("--version", action="version", version=f"mmlab {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, says) in COMMANDS.items():
        sub = commands.add_parser(name, help=says, description=f"mmlab {name}: {says}.")
        sub.add_argument("--json", action="store_true", help="print one JSON object, for machines")
        if name == only:
            importlib.import_module(f"mmlab.course.{module}").arguments(sub)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit status.

    Beside a command's own 0 and 1: 2 where the request was at fault, 130 where it
    was stopped, 141 where nobody reads on, as in `mmlab labs | head -1`.
    """
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()  # a closed pipe shows here, and not when Python ends
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush when Python ends
        return 141


def _run(argv: list[str]) -> int:
    only = next((word for word in argv if word in COMMANDS), None)
    try:
        args = parser(only).parse_args(argv)
        module = importlib.import_module(f"mmlab.course.{COMMANDS[args.command][0]}")
        return module.main(args) or 0
    except MmlabError as error:
        print(f"mmlab {only}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nmmlab {only}: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
