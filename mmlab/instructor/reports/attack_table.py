"""The table of attacks: the outcome of each with stock nbgrader and with `mmlab grade`.

`python -m mmlab.instructor.reports.attack_table` runs every attack of tests/attacks/ with both
graders (half an hour) and writes book/attacks.json and the page book/attacks.md. Names such as
`memory/stack_frames` or `memory` select attacks, `--side` selects one of the two graders, and
`--page` writes the page from the stored results.
"""

import argparse
import datetime
import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from mmlab.cli import paths
from mmlab.errors import InputError
from mmlab.files import atomic_write
from mmlab.instructor.authoring.exercise import Week, weeks
from mmlab.instructor.simulate import attacks, class_run
from mmlab.instructor.simulate.canary import Canary
from mmlab.instructor.simulate.compose import SimulatedStudent, compose
from mmlab.instructor.simulate.stock_trial import DISK_MB, MEMORY_MB, PROCESSES, TRIAL_SECONDS, isolated

WEEK = "02_clip"
RECORD, PAGE = Path("book/attacks.json"), Path("book/attacks.md")
SIDES = ("stock", "ours")
NOTHING = {"score": 0.0, "touched": [], "classmate": 0.0, "why": None}
LIMITS = ("--cell-seconds", "3", "--answer-seconds", "15", "--total-seconds", "45")
KINDS = {
    "memory": "Reading expected values from memory",
    "files": "Reading files of the course",
    "processes": "Reading other processes",
    "wire": "Writing to the grading process directly",
    "comparison": "Patching the comparison",
    "builtins": "Patching Python's builtins",
    "libraries": "Patching numpy, torch, the codec and imports",
    "ipython": "Patching IPython",
    "forged_file": "Forging the notebook's file",
    "lookup": "Looking up answers of visible cases",
    "lying_objects": "Objects with false methods",
    "exits": "Exiting, crashing, never ending",
    "resources": "Exhausting the machine's resources",
    "network": "Reaching the network",
    "escape": "Leaving the sandbox",
    "tampering": "Writing files of others",
    "withheld": "Importing withheld modules",
}
HEAD = """\
# Attacks on the grader

A score is meaningful only if wrong code cannot earn it. So the course has a corpus of hostile notebooks in
`tests/attacks/`. None of them answers an exercise; each tries to gain points or to do harm. The course's tests grade all
of them with `mmlab grade`. For this page they were also graded by stock nbgrader, which runs the lab's visible checks in
the student's kernel, with access to its gradebook.

{count} attacks of {kinds} kinds on the lab of week `{week}`:

| of {count} attacks | stock nbgrader | `mmlab grade` |
|---|---|---|
| gained points | {stock_gained} | {ours_gained} |
| touched something outside the submission | {stock_touched} | {ours_touched} |
| cost a classmate points, or stopped grading | {stock_stopped} | {ours_stopped} |

*Touched* means that a file of the course or of the home folder of the person who grades was changed, created or deleted,
that a listener on the loopback interface or on a Unix socket was called, or that a page or notebook would run the
student's script in a browser. Every attack is given the addresses of all of these.

:::{{admonition}} How to read it
:class: note
An attack that fails shows that this attack does not work, not that no attack works: [](instructors_safety.md) describes
what `mmlab grade` protects and what it does not. Stock nbgrader does not claim to withstand hostile code, and many
instructors never need it to. For this measurement it ran in a sandbox with these limits:
{limits_of_stock}.
Where the table says that something was killed or full, the sandbox caused it.
:::

Measured on {date} with Python {python}, nbgrader {nbgrader}, IPython {ipython}, torch {torch}, bubblewrap {bubblewrap};
limits of `mmlab grade` here: {limits}. The rows come from `python -m mmlab.instructor.reports.attack_table`.
"""


def ours(root: Path, week: Week, attempts: list[attacks.Attack]) -> dict[str, dict]:
    """Return the outcomes of attacks with `mmlab grade`, all in one class, with a correct answer after every two.

    returns  attack → {"score", "max", "touched", "classmate", "why"}, as `isolated` of stock_trial
    """
    hostile = [
        SimulatedStudent(f"student-{at + at // 2 + 1:04}", "attack", attack.id, {}, 0.0)
        for at, attack in enumerate(attempts)
    ]
    right = [
        replace(student, student=f"student-{3 * at:04}")
        for at, student in enumerate(
            compose(week, len(attempts) // 2 + 1, shares={"reference": 1, "alternate": 1})
        )
    ]
    with class_run.temporary_course(root, week) as course, Canary(course, course.parent / "around") as canary:
        class_run.submit(course, week, [*right, *hostile], **canary.addresses())
        canary.record_state()
        report = class_run.grade(course, week, *LIMITS, HOME=str(canary.home))
        touched = canary.touched()
    class_run.add_true_scores(report, [*right, *hostile])
    rows = {entry["student"]: entry for entry in report["submissions"]}
    robbed = [student.student for student in right if rows[student.student]["score"] != student.true_score]
    return {
        student.name: {
            "score": rows[student.student]["score"],
            "max": rows[student.student]["max"],
            "touched": touched,
            "classmate": right[0].true_score,
            "why": f"classmates lost points: {robbed}" if robbed else None,
        }
        for student in hostile
    }


def facts() -> dict[str, str]:
    """Return the date and the versions of a measurement."""
    versions = {name: metadata.version(name) for name in ("nbgrader", "ipython", "torch")}
    version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True).stdout.split()
    return versions | {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "bubblewrap": version[-1] if version else "none",
        "week": WEEK,
    }


def page(record: dict) -> str:
    """Return the page of a record."""
    rows = {name: row for name, row in record["attacks"].items() if {*SIDES} <= set(row)}
    limits_of_stock = f"{MEMORY_MB} MB of memory, {PROCESSES} processes, {DISK_MB} MB of disk, {TRIAL_SECONDS} s, no network"
    counts = {
        f"{side}_{what}": sum(_is(row[side], what) for row in rows.values())
        for side in SIDES
        for what in ("gained", "touched", "stopped")
    }
    kinds = {name.partition("/")[0] for name in rows}
    limits = ", ".join(f"`{name} {value}`" for name, value in zip(LIMITS[::2], LIMITS[1::2], strict=True))
    text = HEAD.format(
        count=len(rows),
        kinds=len(kinds),
        limits_of_stock=limits_of_stock,
        limits=limits,
        **counts,
        **record["facts"],
    )
    for kind, title in KINDS.items():
        of_kind = {name: row for name, row in rows.items() if name.startswith(f"{kind}/")}
        if of_kind:
            text += f"\n## {title}\n\n| attack | what it tries | stock nbgrader | `mmlab grade` |\n|---|---|---|---|\n"
            text += "".join(
                f"| `{name.partition('/')[2]}` | {_cell(row['says'])} | {_cell(_words(row['stock']))} "
                f"| {_cell(_words(row['ours']))} |\n"
                for name, row in of_kind.items()
            )
    return text


def _is(outcome: dict, what: str) -> bool:
    if what == "stopped":
        return outcome["classmate"] is None or any(
            "classmate" in line for line in [*outcome["touched"], outcome["why"] or ""]
        )
    return bool(
        outcome["score"]
        if what == "gained"
        else [line for line in outcome["touched"] if "classmate" not in line]
    )


def _words(outcome: dict) -> str:
    """Return the outcome of an attack in a few words."""
    parts = [f"**{outcome['score']:g}** of {outcome['max']:g}" if outcome["score"] else "0"]
    touched = outcome["touched"]
    parts += [*touched[:2], f"and {len(touched) - 2} more" if len(touched) > 2 else "", outcome["why"] or ""]
    return "; ".join(part for part in parts if part)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the record and the page; return 1 if an attack on `mmlab grade` succeeded."""
    parser = argparse.ArgumentParser(
        prog="python -m mmlab.instructor.reports.attack_table", description=__doc__
    )
    parser.add_argument("names", nargs="*", metavar="KIND[/NAME]", help="only these attacks (default: all)")
    parser.add_argument(
        "--side",
        choices=SIDES,
        action="append",
        help="measure only this grader, keep the results of the other",
    )
    parser.add_argument("--page", action="store_true", help="write the page without measuring")
    args, root = parser.parse_args(argv), paths.root()
    record = json.loads((root / RECORD).read_text()) if (root / RECORD).exists() else {"attacks": {}}
    if not args.page:
        measure(root, record, chosen(args.names), args.side or SIDES)
    atomic_write(root / PAGE, page(record).encode())
    return int(
        any(
            _is(row.get("ours", NOTHING), what)
            for row in record["attacks"].values()
            for what in ("gained", "touched", "stopped")
        )
    )


def chosen(names: list[str]) -> list[attacks.Attack]:
    """Return the attacks with these names or kinds, or all; raise InputError for an unknown name."""
    known = attacks.corpus()
    if unknown := set(names) - {name for attack in known for name in (attack.id, attack.kind)}:
        raise InputError(
            f"attacks {', '.join(sorted(unknown))}",
            "names such as memory/stack_frames, or kinds such as memory",
            "see tests/attacks/",
        )
    return [attack for attack in known if not names or {attack.id, attack.kind} & set(names)]


def measure(root: Path, record: dict, hostile: list[attacks.Attack], sides: Sequence[str]) -> None:
    """Run attacks with one grader or both; update the record on disk after each attack."""
    (week,) = weeks(root, [WEEK])
    known = {attack.id for attack in attacks.corpus()}
    rows = {name: row for name, row in record["attacks"].items() if name in known}
    outcomes = ours(root, week, hostile) if "ours" in sides else {}
    for attack in hostile:
        row = rows.get(attack.id, {}) | {"says": attack.description}
        row |= {"ours": outcomes[attack.id]} if "ours" in sides else {}
        row |= {"stock": isolated(week, attack)} if "stock" in sides else {}
        rows[attack.id] = row
        print(attack.id, *(f"{side}: {_words(row[side])}" for side in sides), sep="; ", flush=True)
        record |= {"facts": facts(), "attacks": dict(sorted(rows.items()))}
        atomic_write(root / RECORD, (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    sys.exit(main())
