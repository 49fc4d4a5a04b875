"""List weeks and their graded exercises: points, difficulty, importance, minutes.

It reads `solutions/` if there are any. A students' repository has none; its released labs
hold the same information.
"""

import argparse
import importlib
import json
from pathlib import Path

from mmlab.check import cases
from mmlab.cli import notebook, paths
from mmlab.errors import InputError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all)")


def main(args: argparse.Namespace) -> int:
    """Print the labs."""
    root = paths.root()
    if any(root.glob("solutions/*/exercises")) and paths.INSTRUCTOR.is_dir():
        weeks = importlib.import_module("mmlab.instructor.authoring.exercise").weeks
        listed = [listing(week) for week in weeks(root, args.weeks)]
    else:
        listed = [released(lab) for lab in labs(root, args.weeks)]
    if args.json:
        print(json.dumps({"weeks": listed}))
        return 0
    for week in listed:
        print(f"{week['id']}: {week['title']}")
        for exercise in week["exercises"]:
            print(
                f"  {exercise['name']:<28} {exercise['points']:>3g} points · difficulty {exercise['difficulty']} · "
                f"importance {exercise['importance']} · {exercise['minutes']} minutes · {exercise['driver']}"
                + " · optional"
                * exercise["optional"]
            )
        print("  " + " and ".join(totals(week["exercises"])))
    return 0


def totals(exercises: list[dict]) -> list[str]:
    """Return the sums of points and minutes: of the planned exercises, and of the optional ones if there are any."""
    parts = []
    for words, optional in (("", False), ("optional ", True)):
        chosen = [exercise for exercise in exercises if exercise["optional"] is optional]
        if chosen or not optional:
            points, minutes = (sum(exercise[key] for exercise in chosen) for key in ("points", "minutes"))
            parts.append(f"{points:g} {words}points in {minutes} minutes")
    return parts


def listing(week) -> dict:
    """Return one week's report: id, title and its graded exercises in the lab's order.

    week  mmlab.instructor.authoring.exercise.Week
    """
    lab = notebook.read(week.notebook)
    points = notebook.points(lab)
    exercises = [
        {
            "name": exercise.name,
            "points": points[exercise.name],
            "difficulty": exercise.difficulty,
            "importance": exercise.importance,
            "minutes": exercise.minutes,
            "hints": len(exercise.hints),
            "misconceptions": len(exercise.mistakes),
            "alternates": len(exercise.alternates),
            "driver": exercise.driver.kind,
            "optional": exercise.optional,
        }
        for exercise in map(week.exercise, points)
    ]
    return {"id": week.id, "title": notebook.title(lab), "exercises": exercises}


def labs(root: Path, names: list[str]) -> list[Path]:
    """Return the released labs of the named weeks ("02" names "02_clip"); all labs if there are no names."""
    available = paths.released(root)
    for name in names:
        if not any(name in (lab.parent.name, lab.parent.name.split("_")[0]) for lab in available):
            have = ", ".join(lab.parent.name for lab in available) or "none"
            raise InputError(f"week {name!r}", f"one of {have}", "name a week whose lab is there")
    return [
        lab for lab in available if not names or {lab.parent.name, lab.parent.name.split("_")[0]} & set(names)
    ]


def released(path: Path) -> dict:
    """Return the same as `listing`, from a released lab and its cases; only the source has alternates, so they are None."""
    lab, exercises = notebook.read(path), []
    for name, points in notebook.points(lab).items():
        about = notebook.find(lab, name)["metadata"].get("mmlab") or {}
        driver = about.get("driver")
        planted = [] if driver == "text" else cases.read(path.with_name(cases.FILE), name)["misconceptions"]
        exercises.append(
            {
                "name": name,
                "points": points,
                "difficulty": about.get("difficulty"),
                "importance": about.get("importance"),
                "minutes": about.get("minutes") or 0,
                "hints": notebook.find(lab, f"{name}-statement")["source"].count("<details><summary>Hint "),
                "misconceptions": len(planted),
                "alternates": None,
                "driver": driver,
                "optional": about.get("optional", False),
            }
        )
    return {"id": path.parent.name, "title": notebook.title(lab), "exercises": exercises}
