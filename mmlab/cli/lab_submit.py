"""`mmlab submit LAB.ipynb`: validate a lab, pack it for submission, and run the visible checks on the zip.

The zip holds `lab.ipynb` and the student's files that it uses, and has the name that nbgrader's collector
expects. If the grader would miss something, the command says so and packs nothing. A failed check does not
prevent packing. The student's own file is not changed.
"""

import argparse
import getpass
import json
import re
import tempfile
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mmlab.cli import lab_check, lab_file, lab_pack, notebook
from mmlab.cli.lab_release import CASES, Release, release_of
from mmlab.errors import InputError, MissingPart, NotebookError

STUDENT = re.compile(r"\w(?:[ ]?[\w.@+'-])*(?<!\.)")  # no file system refuses a name like that
MAX_STUDENT = 100  # characters of a student's id
MAX_OUTPUT = 100_000  # characters for each cell; further outputs are left out of the packed copy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("lab", help=lab_file.HELP)
    parser.add_argument("--student", help="your id as your instructor knows it (default: your login)")
    parser.add_argument("--out", default=".", help="folder for the zip (default: here)")
    parser.add_argument("--release", help="the released lab to compare with")
    parser.add_argument(
        "--with",
        metavar="FILE",
        dest="more",
        action="append",
        default=[],
        help="a file or folder beside the lab to pack too; may be repeated (files that the code names are packed anyway)",
    )
    parser.add_argument(
        "--without",
        metavar="FILE",
        dest="less",
        action="append",
        default=[],
        help="a file or folder to leave out; may be repeated",
    )
    parser.add_argument("--no-check", action="store_true", help="pack without running the visible checks")
    parser.add_argument(
        "--timeout", type=int, default=120, help="seconds that a cell may take in the checks (default: 120)"
    )


def faults(lab: dict, release: dict) -> list[str]:
    """Return the problems that would stop a grader, one line each; empty if the lab can be submitted."""
    mine, wanted = lab_file.by_grade_id(lab), lab_file.by_grade_id(release)
    names = [notebook.grade_id(cell) for cell in lab["cells"]]
    both = {name: (mine[name], cell) for name, cell in wanted.items() if name in mine}
    problems = {
        "missing": [name for name in wanted if name not in mine],
        "present more than once": [name for name in mine if names.count(name) > 1],
        "not from this release": [name for name in mine if name not in wanted],
        "locked, but changed": [
            name for name, pair in both.items() if lab_file.locked(pair[1]) and not lab_file.same(*pair)
        ],
        "of another cell type": [
            name for name, (own, cell) in both.items() if own.get("cell_type") != cell["cell_type"]
        ],
        "with changed nbgrader metadata": [
            name for name, (own, cell) in both.items() if metadata(own) != metadata(cell)
        ],
    }
    return [f"{what}: {', '.join(cells)}" for what, cells in problems.items() if cells]


def metadata(cell: dict) -> dict:
    """Return the part of a cell's nbgrader metadata that must not change."""
    return {
        name: value for name, value in notebook.about(cell).items() if name not in ("checksum", "cell_type")
    }


def unanswered(lab: dict, release: dict) -> list[str]:
    """Return the graded exercises whose solution cell is still the stub, or blank."""
    mine, wanted = lab_file.by_grade_id(lab), lab_file.by_grade_id(release)
    names = {
        name: name if notebook.about(cell).get("solution") else f"{name}-solution"
        for name, cell in wanted.items()
        if notebook.about(cell).get("grade")
    }
    return [
        name
        for name, answer in names.items()
        if answer in mine and not lab_file.written(mine[answer], lab, wanted.get(answer))
    ]


def without_large_outputs(lab: dict) -> dict:
    """Return a copy that nbformat accepts, without the outputs that are too large to submit."""
    slim = lab_file.repaired(lab)
    slim["metadata"].pop("widgets", None)
    for cell in slim["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = within_limit(cell["outputs"])
    return slim


def within_limit(outputs: list[dict]) -> list[dict]:
    """Return the first outputs of a cell, up to MAX_OUTPUT characters."""
    stored, room = [], MAX_OUTPUT
    for output in outputs:
        size = len(json.dumps(output))
        if size <= room:
            stored, room = [*stored, output], room - size
    return stored


def is_student_id(text: str) -> bool:
    """Return whether a text can be a student's id; `mmlab grade --collect` takes these ids over as they are.

    Combining marks may follow a letter, because many scripts write vowels with them.

    >>> is_student_id("Ada Lovelace"), is_student_id("राम"), is_student_id("../ada")
    (True, True, False)
    """
    letters = "".join(character for character in text[1:] if unicodedata.category(character)[0] != "M")
    return len(text) <= MAX_STUDENT and bool(STUDENT.fullmatch(text[:1] + letters))


def student_id(given: str | None) -> str:
    """Return the student's id, by default the login, with accents in their usual (composed) form.

    raises  InputError  if it cannot be part of a file name
    """
    try:
        student = getpass.getuser() if given is None else given
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        student = ""
    student = unicodedata.normalize("NFC", student)
    if not is_student_id(student):
        raise InputError(
            f"student id {student[: 2 * MAX_STUDENT]!r}",
            "an id or name that begins with a letter or digit; . @ _ - + ' and single spaces may follow, "
            f"{MAX_STUDENT} characters in all",
            "pass --student YOUR_ID",
        )
    return student


def name_of(week: str, student: str, folder: Path) -> str:
    """Return the next zip's name, with the number of the attempt and the time (UTC).

    `FileNameCollectorPlugin.named_regexp` in nbgrader_config.py reads it.
    """
    time, number = datetime.now(UTC).strftime("%Y%m%dT%H%M%S"), 1
    while any(folder.glob(f"{week}_{student}_attempt_{number}_*_lab.zip")):
        number += 1
    return f"{week}_{student}_attempt_{number}_{time}_lab.zip"


@dataclass
class Checked:
    """The result of the visible checks on a packed lab.

    report   score, max, checks and notes, as `mmlab check` reports them; empty if the checks did not run
    lines    the same for people
    outside  files that the lab uses and that are not in the zip
    """

    report: dict = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def checked(data: bytes, release: Release, timeout: int) -> Checked:
    """Run the visible checks on what is in a zip, unpacked beside the release's cases, and on nothing else."""
    with tempfile.TemporaryDirectory(prefix="mmlab-submit-") as folder:
        if release.cases is not None:
            (Path(folder) / CASES).write_bytes(release.cases)
        path = lab_pack.unpack(data, Path(folder), "the zip")
        try:
            run = lab_check.run_checks(notebook.read(path), Path(folder), timeout)
        except (NotebookError, MissingPart) as error:  # a deadline must not be missed for that
            return Checked(lines=[f"the visible checks did not run: {error.given}"])
    summary = lab_check.summary(run.rows)
    failed = [lab_check.as_text(row) for row in summary["checks"] if row["passed"] is False]
    notes = [f"note: {note}" for note in run.notes]
    return Checked(
        summary | {"notes": run.notes}, [*failed, *notes, lab_check.in_words(summary)], run.outside
    )


def refuse_outside(outside: list[str], path: Path) -> None:
    """Raise NotebookError if a lab imports modules that are not packed and that the grader would lack."""
    if outside:
        first = ", ".join(outside[:3]) + (f" and {len(outside) - 3} more" if len(outside) > 3 else "")
        raise NotebookError(
            f"{path} imports {first}, which the grader does not have",
            "the lab's own modules in its folder, where they are packed with it",
            f"copy them to {path.resolve().parent} and import them from there, then submit again "
            "(--no-check packs the lab as it is)",
        )


def refuse_absent(packed: Checked, path: Path, files: dict[str, Path]) -> None:
    """Raise NotebookError if a check fails because of a file that is in the lab's folder but not in the zip."""
    output = "\n".join(packed.lines)
    wanted = re.findall(r"No module named '(\w+)|No such file or directory: '([^']+)'", output)
    ends = {name.removesuffix(".py") for pair in wanted for name in pair if name}
    left_out = [
        name
        for name in lab_pack.below(path.resolve().parent)
        if name not in {*files, path.name, lab_pack.LAB, CASES}
        and f"/{name}".removesuffix(".py").endswith(tuple(f"/{end}" for end in ends))
    ]
    if left_out:
        raise NotebookError(
            f"{path} uses {', '.join(left_out)}, which would not be in the zip",
            "every file that the lab uses",
            f"submit again and add {' '.join(f'--with {name}' for name in left_out)}",
        )


def main(args: argparse.Namespace) -> int:
    """Validate, pack and check a lab; print the zip's path, its files, the checks and what has no answer."""
    path, student = lab_file.located(args.lab), student_id(args.student)
    lab = notebook.read(path)
    week = lab_file.week_of(lab, path)
    release = release_of(path, week, args.release)
    if wrong := faults(lab, release.lab):
        raise NotebookError(
            f"{path} cannot be graded as it is: cells {'; cells '.join(wrong)}",
            "every cell of the release once, and locked cells unchanged",
            f"run `mmlab update {path}` (it keeps your answers), then submit again",
        )
    slim = without_large_outputs(lab)
    notebook.validate(slim, path)
    files = lab_pack.used(lab, path, args.more, args.less)
    data = lab_pack.packed(slim, files)
    packed = Checked() if args.no_check else checked(data, release, args.timeout)
    refuse_outside(packed.outside, path)
    refuse_absent(packed, path, files)
    target = Path(args.out) / name_of(week, student, Path(args.out))
    lab_pack.write(data, target)
    open_exercises = unanswered(lab, release.lab)
    report = {"week": week, "student": student, "file": str(target), "unanswered": open_exercises}
    report |= {"files": sorted(files), **packed.report}
    still = (
        "no answer yet: " + ", ".join(open_exercises) if open_exercises else "every exercise has an answer"
    )
    beside = [f"with {', '.join(sorted(files))}"] if files else []
    lab_file.tell(report, args.json, *packed.lines, f"packed {target}", *beside, still)
    return 0
