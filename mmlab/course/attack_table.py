"""The table of attacks: what stock nbgrader gives each of them, and what `mmlab grade` gives.

`python -m mmlab.course.attack_table` runs every attack of tests/attacks/ against both
(half an hour) and writes book/attacks.json and the page book/attacks.md; with names
such as `memory/stack_frames` or `memory` it runs those alone, with `--page` it runs
none and writes the page from the record.
"""

import argparse
import datetime
import json
import platform
import subprocess
import sys
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
`tests/attacks/`: none of them answers any exercise, and each tries to gain points or to do harm. Every one of them
runs against `mmlab grade` in the tests, and was run against stock nbgrader for this page.

In short, of {count} attacks of {kinds} kinds on the lab of week {week}:

| | stock nbgrader | `mmlab grade` |
|---|---|---|
| gained points | {stock_gained} | {ours_gained} |
| touched what is not theirs | {stock_touched} | {ours_touched} |
| stopped the class, or cost a classmate points | {stock_stopped} | {ours_stopped} |

*Touched* means: a file of the course or of the home folder of whoever grades was written, made or taken away, or a
listener on the loopback or on a Unix socket was called. Every attack is told where all of these are.

:::{{admonition}} What this does not say
:class: note
An attack that fails today shows that one way is closed, not that there is none. Stock nbgrader does not promise
to hold against hostile code: its documentation advises a container of one's own around it. Attacks on the machine ran
against it behind a wall ({wall}); where the table says that a limit held, it was the wall's, not nbgrader's.
:::

Measured on {date} with Python {python}, nbgrader {nbgrader}, IPython {ipython}, torch {torch}, bubblewrap {bubblewrap}.
"""


def ours(root: Path, week: Week, chosen: list[attacks.Attack]) -> dict[str, dict]:
    """Return what `mmlab grade` makes of attacks, all in one class, two of them between two right answers.

    returns  attack → {"score", "max", "touched", "classmate", "why"}, as `walled` of stock_trial
    """
    hostile = [MadeUp(f"student-{at + at // 2 + 1:04}", "attack", attack.id, {}, 0.0) for at, attack in enumerate(chosen)]
    right = [replace(one, student=f"student-{3 * at:04}") for at, one in
             enumerate(compose(week, len(chosen) // 2 + 1, shares={"reference": 1, "alternate": 1}))]  # fmt: skip
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
    rows = record["attacks"]
    wall = f"{MEMORY_MB} MB of memory, {PROCESSES} processes, {DISK_MB} MB of disk, {TRIAL_SECONDS} s, no network"
    counts = {f"{side}_{what}": sum(_is(row[side], what) for row in rows.values())
              for side in ("stock", "ours") for what in ("gained", "touched", "stopped")}  # fmt: skip
    kinds = {name.partition("/")[0] for name in rows}
    text = HEAD.format(count=len(rows), kinds=len(kinds), wall=wall, **counts, **record["facts"])
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
    parser.add_argument("--page", action="store_true", help="run nothing, write the page")
    args, root = parser.parse_args(argv), places.root()
    record = json.loads((root / RECORD).read_text()) if (root / RECORD).exists() else {"attacks": {}}
    if not args.page:
        measure(root, record, args.names)
    write_bytes(root / PAGE, page(record).encode())
    return int(any(_is(row["ours"], what) for row in record["attacks"].values() for what in ("gained", "touched", "stopped")))


def measure(root: Path, record: dict, names: list[str]) -> None:
    """Run the attacks of these names or kinds, all if none, against both; write the record after each.

    raises  InputError for a name that no attack has
    """
    (week,) = weeks(root, [WEEK])
    known = attacks.corpus()
    chosen = [one for one in known if not names or {one.id, one.kind} & set(names)]
    if len({part for one in chosen for part in (one.id, one.kind)} & set(names)) < len(set(names)):
        raise InputError(f"attacks {' '.join(names)}", "names such as memory/stack_frames, or kinds such as memory",
                         "look into tests/attacks/")  # fmt: skip
    found = ours(root, week, chosen)
    rows = {name: row for name, row in record["attacks"].items() if name in {one.id for one in known}}
    for one in chosen:
        rows[one.id] = {"says": one.says, "stock": walled(week, one), "ours": found[one.id]}
        print(f"{one.id}: stock {_words(rows[one.id]['stock'])}; ours {_words(rows[one.id]['ours'])}", flush=True)
        record |= {"facts": facts(), "attacks": dict(sorted(rows.items()))}
        write_bytes(root / RECORD, (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    sys.exit(main())
