"""The table of attacks: what stock nbgrader gives each of them, and what `mmlab grade` gives.

`python -m mmlab.course.attack_table` runs every attack of tests/attacks/ against both
(half an hour) and writes book/attacks.json and the page book/attacks.md. Names such as
`memory/stack_frames` or `memory` choose attacks, `--side` one of the two graders, and
`--page` writes the page from the record alone.
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

from mmlab.course import places
from mmlab.course.exercise import Week, weeks
from mmlab.course.notebook import write_bytes
from mmlab.course.simulate import attacks, class_run
from mmlab.course.simulate.canary import Canary
from mmlab.course.simulate.compose import MadeUp, compose
from mmlab.course.simulate.stock_trial import DISK_MB, MEMORY_MB, PROCESSES, TRIAL_SECONDS, walled
from mmlab.errors import InputError

WEEK = "02_clip"
RECORD, PAGE = Path("book/attacks.json"), Path("book/attacks.md")
SIDES = ("stock", "ours")
NOTHING = {"score": 0.0, "touched": [], "classmate": 0.0, "why": None}
LIMITS = ("--cell-seconds", "3", "--answer-seconds", "15", "--total-seconds", "45")
KINDS = {
    "memory": "Reading expected values from memory",
    "files": "Reading files of the course",
    "processes": "Looking into other processes",
    "wire": "Speaking to the judge directly",
    "comparison": "Patching the comparison",
    "builtins": "Patching Python's builtins",
    "libraries": "Patching numpy, torch, the codec and imports",
    "ipython": "Patching IPython",
    "forged_file": "Forging the notebook's file",
    "lookup": "Answers keyed on cases that were seen",
    "lying_objects": "Objects that lie",
    "exits": "Ending, crashing, never ending",
    "resources": "Using up the machine",
    "network": "Reaching the network",
    "escape": "Leaving the sandbox",
    "tampering": "Writing what belongs to others",
    "withheld": "Importing withheld modules",
}
HEAD = """\
# Attacks on the grader

A mark is worth something only if wrong code cannot get it. So the course keeps a corpus of hostile notebooks, in
`tests/attacks/`. None of them answers any exercise; each tries to gain points or to do harm. All of them are graded by
`mmlab grade` in the course's tests, each time. For this page they were also handed to stock nbgrader, which runs the
lab's own visible checks in the student's kernel, beside its gradebook.

{count} attacks of {kinds} kinds on the lab of week `{week}`:

| of {count} attacks | stock nbgrader | `mmlab grade` |
|---|---|---|
| gained points | {stock_gained} | {ours_gained} |
| touched what is not theirs | {stock_touched} | {ours_touched} |
| cost a classmate points, or stopped the class | {stock_stopped} | {ours_stopped} |

*Touched* means that a file of the course or of the home folder of whoever grades was written, made or taken away, that
a listener on the loopback or on a Unix socket was called, or that a page or notebook would run the student's script
in the browser of whoever opens it. Every attack is told where all of these are.

:::{{admonition}} How to read it
:class: note
An attack that fails shows that one way is closed, not that there is none: [](instructors_safety.md) says what holds and
what does not. Stock nbgrader makes no claim to hold against hostile code; many instructors never need it to. It stood
behind a wall here, so that this could be measured at all:
{wall}.
Where the table says that something was killed or full, the wall did that.
:::

Measured on {date} with Python {python}, nbgrader {nbgrader}, IPython {ipython}, torch {torch}, bubblewrap {bubblewrap};
limits of `mmlab grade` here: {limits}. The rows come from `python -m mmlab.course.attack_table`.
"""


def ours(root: Path, week: Week, attempts: list[attacks.Attack]) -> dict[str, dict]:
    """Return what `mmlab grade` makes of attacks, all in one class, two of them between two right answers.

    returns  attack → {"score", "max", "touched", "classmate", "why"}, as `walled` of stock_trial
    """
    hostile = [MadeUp(f"student-{at + at // 2 + 1:04}", "attack", attack.id, {}, 0.0) for at, attack in enumerate(attempts)]
    right = [replace(one, student=f"student-{3 * at:04}") for at, one in
             enumerate(compose(week, len(attempts) // 2 + 1, shares={"reference": 1, "alternate": 1}))]  # fmt: skip
    with class_run.temporary_course(root, week) as course, Canary(course, course.parent / "around") as canary:
        class_run.hand_in(course, week, [*right, *hostile], **canary.told())
        canary.look()
        report = class_run.grade(course, week, *LIMITS, HOME=str(canary.home))
        touched = canary.touched()
    class_run.beside(report, [*right, *hostile])
    rows = {entry["student"]: entry for entry in report["submissions"]}
    robbed = [one.student for one in right if rows[one.student]["score"] != one.true_score]
    return {
        one.name: {"score": rows[one.student]["score"], "max": rows[one.student]["max"], "touched": touched,
                   "classmate": right[0].true_score, "why": f"classmates lost points: {robbed}" if robbed else None}
        for one in hostile
    }  # fmt: skip


def facts() -> dict[str, str]:
    """Return when and with what a table was measured."""
    versions = {name: metadata.version(name) for name in ("nbgrader", "ipython", "torch")}
    said = subprocess.run(["bwrap", "--version"], capture_output=True, text=True).stdout.split()
    return versions | {"date": datetime.date.today().isoformat(), "python": platform.python_version(),
                       "bubblewrap": said[-1] if said else "none", "week": WEEK}  # fmt: skip


def page(record: dict) -> str:
    """Return the page that shows a record."""
    rows = {name: row for name, row in record["attacks"].items() if {*SIDES} <= set(row)}
    wall = f"{MEMORY_MB} MB of memory, {PROCESSES} processes, {DISK_MB} MB of disk, {TRIAL_SECONDS} s, no network"
    counts = {f"{side}_{what}": sum(_is(row[side], what) for row in rows.values())
              for side in SIDES for what in ("gained", "touched", "stopped")}  # fmt: skip
    kinds = {name.partition("/")[0] for name in rows}
    limits = ", ".join(f"`{name} {value}`" for name, value in zip(LIMITS[::2], LIMITS[1::2], strict=True))
    text = HEAD.format(count=len(rows), kinds=len(kinds), wall=wall, limits=limits, **counts, **record["facts"])
    for kind, title in KINDS.items():
        of_kind = {name: row for name, row in rows.items() if name.startswith(f"{kind}/")}
        if of_kind:
            text += f"\n## {title}\n\n| attack | what it tries | stock nbgrader | `mmlab grade` |\n|---|---|---|---|\n"
            text += "".join(f"| `{name.partition('/')[2]}` | {_cell(row['says'])} | {_cell(_words(row['stock']))} "
                            f"| {_cell(_words(row['ours']))} |\n" for name, row in of_kind.items())  # fmt: skip
    return text


def _is(outcome: dict, what: str) -> bool:
    if what == "stopped":
        return outcome["classmate"] is None or any("classmate" in line for line in [*outcome["touched"], outcome["why"] or ""])
    return bool(outcome["score"] if what == "gained" else [line for line in outcome["touched"] if "classmate" not in line])


def _words(outcome: dict) -> str:
    """Return what became of an attack, in few words."""
    parts = [f"**{outcome['score']:g}** of {outcome['max']:g}" if outcome["score"] else "0"]
    touched = outcome["touched"]
    parts += [*touched[:2], f"and {len(touched) - 2} more" if len(touched) > 2 else "", outcome["why"] or ""]
    return "; ".join(part for part in parts if part)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def main(argv: list[str] | None = None) -> int:
    """Measure and write record and page; exit 1 where an attack on `mmlab grade` got anything."""
    parser = argparse.ArgumentParser(prog="python -m mmlab.course.attack_table", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="KIND[/NAME]", help="these alone (default: all)")
    parser.add_argument("--side", choices=SIDES, action="append", help="measure this side only, keep the other")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page")
    args, root = parser.parse_args(argv), places.root()
    record = json.loads((root / RECORD).read_text()) if (root / RECORD).exists() else {"attacks": {}}
    if not args.page:
        measure(root, record, chosen(args.names), args.side or SIDES)
    write_bytes(root / PAGE, page(record).encode())
    return int(any(_is(row.get("ours", NOTHING), what) for row in record["attacks"].values() for what in ("gained", "touched", "stopped")))


def chosen(names: list[str]) -> list[attacks.Attack]:
    """Return the attacks of these names or kinds, all if none; raises InputError for a name that no attack has."""
    known = attacks.corpus()
    if unknown := set(names) - {name for one in known for name in (one.id, one.kind)}:
        raise InputError(f"attacks {', '.join(sorted(unknown))}", "names such as memory/stack_frames, or kinds such as memory",
                         "look into tests/attacks/")  # fmt: skip
    return [one for one in known if not names or {one.id, one.kind} & set(names)]


def measure(root: Path, record: dict, hostile: list[attacks.Attack], sides: Sequence[str]) -> None:
    """Run attacks against one side or both, and bring the record on the disk up to date, attack by attack."""
    (week,) = weeks(root, [WEEK])
    known = {one.id for one in attacks.corpus()}
    rows = {name: row for name, row in record["attacks"].items() if name in known}
    found = ours(root, week, hostile) if "ours" in sides else {}
    for one in hostile:
        row = rows.get(one.id, {}) | {"says": one.says}
        row |= {"ours": found[one.id]} if "ours" in sides else {}
        row |= {"stock": walled(week, one)} if "stock" in sides else {}
        rows[one.id] = row
        print(one.id, *(f"{side}: {_words(row[side])}" for side in sides), sep="; ", flush=True)
        record |= {"facts": facts(), "attacks": dict(sorted(rows.items()))}
        write_bytes(root / RECORD, (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    sys.exit(main())
