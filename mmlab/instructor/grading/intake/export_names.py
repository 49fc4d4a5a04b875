"""How learning management systems (LMSs) name the files of an export, and what a name says.

    Moodle       Ann Smith_12345_assignsubmission_file_lab.ipynb, or a folder for each student
    Canvas       smithann_12345_67890_lab.ipynb, also with _LATE
    mmlab submit 02_clip_ann_smith_attempt_1_20260720T155901_lab.zip
    Brightspace  12345-67890 - Ann Smith - Jul 20, 2026 559 PM - lab.ipynb, or a folder
    Gradescope   submission_123/lab.ipynb, with submission_metadata.yml
    Sakai        Lab/Smith, Ann(ann_smith)/Submission attachment(s)/lab.ipynb, with timestamp.txt
    Teams        Ann Smith/Lab/Version 1/lab.ipynb
    ILIAS        Smith_Ann_ann_smith_1234/lab.ipynb
    Blackboard   COURSE_lab_ann_smith_attempt_2026-07-20-17-59-01_lab.ipynb

The part of a path that the system wrote comes first in it, so of several readings of a path the one that
begins in the outermost folder holds. A student cannot submit for another by the name of a file.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mmlab.errors import InputError

ABOVE = r"/?(?:.*?/)??"  # folders around the part that the system wrote: as few as possible
DATE = r"[A-Za-z]{3,9}\.? \d{1,2},? \d{4},?|\d{1,2}\.? [A-Za-z]{3,9}\.?,? \d{4},?"
COPY = r"(?:[ _-]?\(?\d{1,2}[)_]?)?"  # how browsers mark a second download: "lab (1).zip"
GROUPS = {"student_id": "student", "timestamp": "time", "file_id": "file"}  # nbgrader's names of groups


@dataclass(frozen=True)
class Scheme:
    """A naming scheme.

    pattern    a regular expression for a path, with some of the groups student, name (a person's), owner (the
               number in the LMS), time, file, attempt, late and week
    ambiguous  whether the group student holds further words before the id, joined by "_"
    fixed      number of these words, None if it varies
    utc        whether its times are in UTC
    """

    name: str
    pattern: re.Pattern
    ambiguous: bool = False
    fixed: int | None = None
    utc: bool = False


@dataclass(frozen=True)
class Reading:
    """What a scheme reads in a path: the groups that matched, and the folders before the first of them."""

    scheme: Scheme
    groups: dict[str, str]
    depth: int

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells students apart in this scheme."""
        return tuple(self.groups.get(name, "") for name in ("student", "name", "owner"))


def schemes(weeks: Iterable[str], own: str = "") -> list[Scheme]:
    """Return the known schemes, the more specific first.

    weeks  ids of the course's weeks
    own    the course's FileNameCollectorPlugin.named_regexp, "" if it sets none
    raises InputError  if `own` is not a regular expression with a group for the student
    """
    ids = "|".join(re.escape(week) for week in sorted(weeks, key=len, reverse=True)) or "(?!)"
    submit = rf"(?P<week>{ids})_(?P<student>[^/]+)_attempt_(?P<attempt>\d+)_(?P<time>\d{{8}}T\d{{6}})_(?P<file>lab{COPY}\.zip|lab{COPY}/lab\.ipynb)"
    parts = [
        ("Moodle", r"(?P<name>[^/]+?)_(?P<owner>\d+)_assignsubmission_file_?/?(?P<file>[^/].*)", {}),
        (
            "Brightspace",
            rf"(?P<owner>\d+)-\d+ - (?P<name>[^/]+?) - (?P<time>(?:{DATE}) \d{{3,4}}(?: ?[AP]\.?M\.?)?)(?: - |/)(?P<file>.+)",
            {},
        ),
        (
            "Canvas",
            r"(?P<name>(?:(?!_attempt_\d{4}-)[^/])+?)(?P<late>_LATE)?_(?P<owner>\d+)_\d+_(?P<file>[^/]+)",
            {},
        ),
        ("mmlab submit", submit, {"utc": True}),
        ("Gradescope", r"(?P<owner>submission_\d+)/(?P<file>.+)", {}),
        ("Sakai", r"(?P<name>[^/]+?)\((?P<student>[^()/]+)\)/Submission attachment\(s\)/(?P<file>.+)", {}),
        ("Teams", r"(?P<name>[^/]+)/[^/]+/Version (?P<attempt>\d+)/(?P<file>.+)", {}),
        (
            "ILIAS",
            r"(?P<student>[^/_]+_[^/_]+_[^/]+)_(?P<owner>\d+)/(?P<file>.+)",
            {"ambiguous": True, "fixed": 2},
        ),
        (
            "Blackboard",
            r"(?P<student>[^/]+_[^/]+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>[^/]+)|\.txt)",
            {"ambiguous": True, "fixed": 1},
        ),
    ]
    every = [Scheme(name, re.compile(rf"{ABOVE}{text}", re.DOTALL), **more) for name, text, more in parts]
    if own:
        every.insert(4, Scheme("nbgrader_config.py", compiled(own), utc=False))
    return every


def compiled(pattern: str) -> re.Pattern:
    """Return the compiled pattern of an instructor; raises InputError if it is invalid or names no student."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise InputError(
            f"the pattern {pattern!r}: {error}", "a regular expression", f"correct it, as in {EXAMPLE}"
        ) from None
    if not {"student", "student_id"} & expression.groupindex.keys():
        raise InputError(
            f"the pattern {pattern!r} has no group for the student's id",
            "a regular expression with a group (?P<student>…), or (?P<student_id>…) as in nbgrader",
            f"add it, as in {EXAMPLE}",
        )
    return expression


EXAMPLE = r"--pattern '(?P<student>[^/]+)_(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d)_lab\.ipynb'"


def reading(scheme: Scheme, path: str, *, anywhere: bool = False) -> Reading | None:
    """Return what a scheme reads in a path, None if it does not fit.

    anywhere  let the pattern fit a part of the path too, for a pattern that a person wrote
    """
    unpacked = re.sub(r"\.zip$", "/lab.ipynb", f"/{path}")  # as `nbgrader zip_collect` unpacks it
    ways = [scheme.pattern.fullmatch, scheme.pattern.match] + [scheme.pattern.search] * anywhere
    spellings = (path, f"/{path}", unpacked)
    match = next(filter(None, (way(text) for way in ways for text in spellings)), None)
    if match is None:
        return None
    groups = {GROUPS.get(name, name): text for name, text in match.groupdict().items() if text}
    starts = [match.start(name) for name, text in match.groupdict().items() if text]
    depth = match.string[: min(starts, default=0)].lstrip("/").count("/")
    return Reading(scheme, groups, depth)


def readings(paths: Iterable[str], known: list[Scheme]) -> dict[str, list[Reading]]:
    """Return path → its best readings; several only if they are equally good, the more specific scheme first.

    The best reading begins in the outermost folder; among these, its scheme fits the most paths of the export;
    among these, its scheme tells the most students apart.
    """
    by_path = {path: [r for scheme in known if (r := reading(scheme, path))] for path in paths}
    every = [r for several in by_path.values() for r in several]
    fits = {scheme.name: sum(r.scheme is scheme for r in every) for scheme in known}
    apart = {scheme.name: len({r.identity for r in every if r.scheme is scheme}) for scheme in known}

    def rank(r: Reading) -> tuple[int, int, int]:
        return r.depth, -fits[r.scheme.name], -apart[r.scheme.name]

    return {
        path: [r for r in several if rank(r) == min(map(rank, several))] for path, several in by_path.items()
    }
