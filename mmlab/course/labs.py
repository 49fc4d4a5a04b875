"""List weeks and their graded exercises: points, difficulty, importance, minutes."""

import argparse
import json

from mmlab.course import notebook, places
from mmlab.course.exercise import Week, weeks


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all)")


def main(args: argparse.Namespace) -> int:
    """Print the labs."""
    listed = [listing(week) for week in weeks(places.root(), args.weeks)]
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
