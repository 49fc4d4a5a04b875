"""The `mmlab` command: one small module for each command, loaded when the command runs.

A student's repository has no `mmlab.instructor`; there the command line has only the student's commands.

A command module defines `arguments(parser)` and `main(args) -> int`; its first
docstring line is the command's help. Every command takes `--json`.
"""

import argparse
import codecs
import importlib
import os
import sys

from mmlab import __version__
from mmlab.cli import paths
from mmlab.errors import InputError, MmlabError

# command → (module under mmlab, what it does)
COMMANDS = {
    "start": ("cli.start", "open the course in JupyterLab"),
    "doctor": ("cli.doctor", "check whether this machine can run the course"),
    "labs": ("cli.labs", "list weeks, exercises, points and minutes"),
    "check": ("cli.lab_check", "run the visible checks of a lab"),
    "submit": ("cli.lab_submit", "validate a lab and pack it for submission"),
    "reset": ("cli.lab_reset", "reset one exercise to its stub"),
    "update": ("cli.lab_update", "merge a new release into a lab and keep the answers"),
    "release": ("instructor.authoring.release", "generate labs/ from solutions/"),
    "prove": (
        "instructor.authoring.prove",
        "prove that every check accepts right answers and refuses wrong ones",
    ),
    "grade": ("instructor.grading.command", "grade a week's submissions in a sandbox"),
    "export": ("instructor.grading.gradebook.export", "write scores for an LMS"),
    "simulate": ("instructor.simulate.command", "simulate a class with known true scores"),
    "similarity": ("instructor.reports.similarity", "list similar answers, for a person to read"),
    "publish": (
        "instructor.authoring.student_repository",
        "make the students' repository, without solutions",
    ),
    "serve": ("cli.serve", "serve the models of three providers on this machine"),
    "run": ("cli.run", "run notebooks and report what they cost"),
    "train": ("cli.train", "train a model that takes longer than a lesson"),
    "claims": ("instructor.reports.claims", "measure the numbers that the README and the site state"),
    "bench": ("instructor.bench.command", "compare speed with similar tools"),
}
INSTRUCTORS = {name for name, row in COMMANDS.items() if row[0].startswith("instructor.")}
if not paths.INSTRUCTOR.is_dir():
    COMMANDS = {name: row for name, row in COMMANDS.items() if name not in INSTRUCTORS}


# Our own characters that an old code page may lack, and what is printed in place of them.
PLAIN = {
    "·": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "→": "->",
    "×": "x",
    "≥": ">=",
    "≤": "<=",
    "°": " deg",
    "−": "-",
}


def plainly(error: UnicodeError) -> tuple[str, int]:
    """Handle characters that an output's code page lacks: ours become plain ones, others are escaped."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    parts = (PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode() for each in text)
    return "".join(parts), error.end


codecs.register_error("mmlab.plainly", plainly)


def let_print_everything() -> None:
    """Let standard output and error take any character, whatever their code page (cp932, ascii, …)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="mmlab.plainly")


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """Return the command line's parser, with the arguments of the command `only` loaded."""
    top = argparse.ArgumentParser(prog="mmlab", description="The mmlab course, from a terminal.")
    top.add_argument("--version", action="version", version=f"mmlab {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=f"mmlab {name}: {summary}.")
        sub.add_argument("--json", action="store_true", help="print the report as one JSON object")
        if name == only:
            importlib.import_module(f"mmlab.{module}").arguments(sub)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit status.

    Besides a command's own 0 and 1: 2 for an invalid request, 130 after Ctrl-C, and
    141 when the output is closed early, as in `mmlab labs | head -1`.
    """
    let_print_everything()
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()  # a closed pipe raises here, not when Python exits
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush when Python exits
        return 141


def _run(argv: list[str]) -> int:
    only = next((word for word in argv if word in COMMANDS or word in INSTRUCTORS), None)
    try:
        if only in INSTRUCTORS - set(COMMANDS):
            raise InputError(
                "this repository has no instructors' commands",
                f"the instructors' repository, which has {only}",
                f"one of {', '.join(COMMANDS)}",
            )
        args = parser(only).parse_args(argv)
        module = importlib.import_module(f"mmlab.{COMMANDS[args.command][0]}")
        return module.main(args) or 0
    except MmlabError as error:
        print(f"mmlab {only}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nmmlab {only}: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
