"""List weeks and their graded exercises: points, difficulty, importance, minutes.

From `solutions/` where there are any; a students' repository has none, and its
released labs say the same.
"""

import argparse
import json
from pathlib import Path

from mmlab.check import cases
from mmlab.course import notebook, places
from mmlab.course.exercise import Week, weeks
from mmlab.errors import InputError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all)")


def main(args: argparse.Namespace) -> int:
    """Print the labs."""
    root = places.root()
    if any(root.glob("solutions/*/exercises.py")):
        listed = [listing(week) for week in weeks(root, args.weeks)]
    else:
        listed = [released(lab) for lab in labs(root, args.weeks)]
    if args.json:
        print(json.dumps({"weeks": listed}))
        return 0
    for week in listed:
        print(f"{week['id']}: {week['title']}")
        for one in week["exercises"]:
            print(f"  {one['name']:<28} {one['points']:>3g} points · difficulty {one['difficulty']} · "
                  f"importance {one['importance']} · {one['minutes']} minutes · {one['driver']}")  # fmt: skip
        total = sum(one["points"] for one in week["exercises"])
        print(f"  {total:g} points in {sum(one['minutes'] for one in week['exercises'])} minutes")
    return 0


def listing(week: Week) -> dict:
    """Return one week for machines: id, title and its graded exercises in the lab's order."""
    lab = notebook.read(week.notebook)
    points = notebook.points(lab)
    exercises = [
        {
            "name": one.name,
            "points": points[one.name],
            "difficulty": one.difficulty,
            "importance": one.importance,
            "minutes": one.minutes,
            "hints": len(one.hints),
            "misconceptions": len(one.misconceptions),
            "alternates": len(one.alternates),
            "driver": one.driver.kind,
        }
        for one in (week.exercise(name) for name in points)
    ]
    return {"id": week.id, "title": notebook.title(lab), "exercises": exercises}


def labs(root: Path, names: list[str]) -> list[Path]:
    """Return the released labs of the weeks named ("02" names "02_clip"), all without a name."""
    there = places.released(root)
    for name in names:
        if not any(name in (lab.parent.name, lab.parent.name.split("_")[0]) for lab in there):
            have = ", ".join(lab.parent.name for lab in there) or "none"
            raise InputError(f"week {name!r}", f"one of {have}", "name a week whose lab is there")
    return [lab for lab in there if not names or {lab.parent.name, lab.parent.name.split("_")[0]} & set(names)]


def released(path: Path) -> dict:
    """Return the same as `listing` from a released lab and its cases; alternates are known to the source alone: None."""
    lab, exercises = notebook.read(path), []
    for name, points in notebook.points(lab).items():
        about = notebook.find(lab, name)["metadata"].get("mmlab") or {}
        driver = about.get("driver")
        planted = [] if driver == "text" else cases.read(path.with_name(cases.FILE), name)["misconceptions"]
        exercises.append({
            "name": name,
            "points": points,
            "difficulty": about.get("difficulty"),
            "importance": about.get("importance"),
            "minutes": about.get("minutes") or 0,
            "hints": notebook.find(lab, f"{name}-statement")["source"].count("<details><summary>Hint "),
            "misconceptions": len(planted),
            "alternates": None,
            "driver": driver,
        })  # fmt: skip
    return {"id": path.parent.name, "title": notebook.title(lab), "exercises": exercises}
