"""Render a feedback page from a submission's marks and the gradebook.

Every value passes through `visible` and is then escaped by jinja2, so that a student's names,
answers and outputs stay plain text, whatever they contain.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import Exercise, Week
from mmlab.instructor.grading.gradebook.files import BREAK, STATUS, number
from mmlab.instructor.grading.gradebook.gradebook import Entry, Standing
from mmlab.instructor.grading.records import CellRun, Graded, Mark

TEMPLATE = "feedback.html"
MAX_LENGTH = {"answer": 20_000, "message": 2_000, "list": 40}  # characters, characters, entries
VERDICTS = {  # status → sign and words, so that the meaning does not depend on the colour
    "right": ("✓", "right"),
    "partial": ("◐", "partly right"),
    "wrong": ("✗", "not right yet"),
    "empty": ("–", "no answer"),
    "waits": ("…", "waits for a person"),
    "person": ("✎", "graded by a person"),
}
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


@dataclass(frozen=True)
class Lab:
    """The data that all pages of a week share: the title, and each exercise with its statement's heading."""

    week: str
    title: str
    exercises: tuple[tuple[Exercise, str], ...]

    @classmethod
    def of(cls, week: Week, release: dict) -> "Lab":
        """Return a week's lab, with title and headings from its release."""
        graded = notebook.points(release)
        named = (
            (exercise, _heading(release, exercise.name))
            for exercise in week.exercises
            if exercise.name in graded
        )
        return cls(week.id, notebook.title(release) or week.id, tuple(named))


def render(
    lab: Lab, graded: Graded, standing: Standing, *, autograded: dict | None, failures: dict[str, int]
) -> str:
    """Return a student's page as HTML.

    standing    the submission in the gradebook
    autograded  the notebook as it was graded, for the answers; None if it was deleted
    failures    exercise → number of wrong submissions in a row, which selects the hint
    """
    cells = autograded["cells"] if autograded else []
    answers = {
        notebook.grade_id(cell): cell["source"].replace(
            BREAK, "" if cell["cell_type"] == "markdown" else BREAK
        )
        for cell in cells
    }
    marks, runs = {mark.exercise: mark for mark in graded.marks}, {run.id: run for run in graded.cells}
    items = []
    for exercise, title in lab.exercises:
        entry = standing.entries.get(exercise.name)
        if entry is None:
            continue
        name, mark = exercise.name, marks.get(exercise.name) or Mark(exercise.name, entry.auto, entry.max)
        cell = name if exercise.is_text else f"{name}-solution"
        item = _item(exercise, mark, entry, failures.get(name, 1)) | {
            "title": title,
            "id": f"exercise-{len(items) + 1}",
        }
        stopped = _stopped(runs.get(cell)) if mark.attempted else ""
        items.append(
            item | {"answer": _cut(answers.get(cell, "")), "stopped": stopped, "code": not exercise.is_text}
        )
    own = {f"{exercise.name}-solution" for exercise, _ in lab.exercises}
    return _template().render(
        lab=lab,
        graded=graded,
        standing=standing,
        items=items,
        totals=_totals(standing),
        when=(graded.timestamp or "")[:16].replace("T", " "),
        repairs=_some(graded.repairs),
        stopped=_some(
            [
                (_cell_label(run.id, autograded), _stopped(run))
                for run in graded.cells
                if run.id not in own and _stopped(run)
            ]
        ),
    )


def _item(exercise: Exercise, mark: Mark, entry: Entry, failures: int) -> dict:
    """Return the template's values for one exercise."""
    status = _status(mark, entry)
    sign, words = VERDICTS[status]
    wrong = status in ("wrong", "partial")
    hint = min(max(failures, 1), len(exercise.hints)) if wrong and exercise.hints else 0
    return {
        "name": exercise.name,
        "status": status,
        "sign": sign,
        "words": words,
        "entry": entry,
        "mark": mark,
        "message": [_cut(part, "message") for part in mark.message]
        if any(mark.message) and mark.attempted
        else None,
        "hint": exercise.hints[hint - 1] if hint else "",
        "hint_number": hint,
        "hints": len(exercise.hints),
    }


def _status(mark: Mark, entry: Entry) -> str:
    if entry.manual is not None:
        return "person"
    if entry.auto is None:
        return "waits"
    if not mark.attempted:
        return "empty"
    return "right" if entry.auto >= entry.max else "partial" if entry.auto > 0 else "wrong"


def _totals(standing: Standing) -> dict:
    """Return the sums at the top of a page."""
    entries = standing.entries.values()
    machine = [entry for entry in entries if entry.manual is None and entry.auto is not None]
    person = [entry for entry in entries if entry.manual is not None]
    waiting = [entry for entry in entries if entry.manual is None and entry.auto is None]
    return {
        "machine": (sum(entry.auto for entry in machine), sum(entry.max for entry in machine)),
        "person": (sum(entry.manual for entry in person), sum(entry.max for entry in person)),
        "extra": sum(entry.extra or 0 for entry in [*machine, *person]),
        "waiting": (len(waiting), sum(entry.max for entry in waiting)),
    }


def _stopped(run: CellRun | None) -> str:
    """Return one line that says why a cell did not finish, or an empty text."""
    if run is None or run.status == "ok" or (run.status == "skipped" and not run.error):
        return ""
    return _cut(" ".join((run.error or STATUS.get(run.status, run.status)).split()), "message")


def _cell_label(cell_id: str, autograded: dict | None) -> str:
    """Return a cell's number in the notebook, as "Cell 3", or its id if the notebook was deleted."""
    ids = [cell.get("id") for cell in autograded["cells"]] if autograded else []
    return f"Cell {ids.index(cell_id) + 1}" if cell_id in ids else f"Cell {cell_id[:40]}"


def _heading(release: dict, name: str) -> str:
    """Return a statement's heading without the exercise's name; the name if nothing else is left."""
    cell = notebook.cell_named(release, f"{name}-statement")
    match = re.search(r"^#+ +(.+)$", cell["source"] if cell else "", re.MULTILINE)
    return (
        re.sub(rf":? *`?{re.escape(name)}`?", "", match[1]).replace("`", "").strip() or name
        if match
        else name
    )


def _cut(text: str, kind: str = "answer") -> str:
    maximum = MAX_LENGTH[kind]
    return text if len(text) <= maximum else f"{text[:maximum]}\n… ({len(text) - maximum:,} characters more)"


def _some(entries: list) -> tuple[list, int]:
    """Return the first entries, and the number of the others."""
    return entries[: MAX_LENGTH["list"]], max(0, len(entries) - MAX_LENGTH["list"])


def visible(text: object) -> object:
    """Return text without terminal colours, with control and text-direction characters made visible.

    >>> visible("a\\x1b[31mb\\x00\\u202ec")
    'ab␀[U+202E]c'
    """
    if type(text) is not str:  # numbers, and Markup
        return text
    return CONTROL.sub(_sign, ANSI.sub("", text.replace("\r\n", "\n")))


def _sign(match: re.Match) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\ufffd" if code < 0xA0 or 0xD800 <= code < 0xE000 or code > 0xFFF0 else f"[U+{code:04X}]"


def inline(text: str) -> object:
    """Convert a hint's markdown to HTML: `code`, **bold** and *emphasis*; everything else stays text."""
    from markupsafe import Markup, escape

    made = []
    for part in re.split(r"(`[^`]+`)", str(escape(visible(text)))):
        if part.startswith("`") and part.endswith("`") and len(part) > 2:
            made.append(f"<code>{part[1:-1]}</code>")
        else:
            part = re.sub(r"\*\*(\S(?:.*?\S)?)\*\*", r"<strong>\1</strong>", part)
            made.append(re.sub(r"(?<![\w*])\*(\S(?:[^*]*?\S)?)\*(?![\w*])", r"<em>\1</em>", part))
    return Markup("".join(made))


@cache
def _template():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader,
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"points": number, "inline": inline}
    return environment.get_template(TEMPLATE)
