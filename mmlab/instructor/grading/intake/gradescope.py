"""Who submitted what in an export of Gradescope: its file submission_metadata.yml."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake.export_names import Reading
from mmlab.instructor.grading.intake.plain_folders import Skipped

if TYPE_CHECKING:
    from mmlab.instructor.grading.intake.collect import Entry

FILES = ("submission_metadata.yml", "submission_metadata.yaml")


@dataclass(frozen=True)
class Submitter:
    """One author of a submission; every text is "" if it is unknown."""

    name: str
    sid: str
    email: str
    time: str


def submitters(entries: list["Entry"], skipped: list[tuple[str, str]]) -> dict[str, list[Submitter]]:
    """Return submission's folder → its authors; a file that cannot be read is recorded as skipped."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # texts only: no objects, no dates
    authors: dict[str, list[Submitter]] = {}
    for entry in entries:
        if entry.path.rpartition("/")[2] not in FILES:
            continue
        try:
            tree = yaml.load(entry.read(), loader)  # noqa: S506, a loader that makes texts
            authors |= {
                name: list(map(_submitter(fields), _items(fields, "submitters")))
                for name, fields in tree.items()
            }
        except (
            yaml.YAMLError,
            NotebookError,
            AttributeError,
            TypeError,
            ValueError,
            RecursionError,
        ) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            skipped.append((entry.path, f"it cannot be read: {reason}"))
    return authors


def owners(reading: Reading, known: dict[str, list[Submitter]]) -> list[Submitter]:
    """Return the authors of a file; raises Skipped if the metadata name nobody."""
    folder = reading.groups["owner"]
    people = [person for person in known.get(folder, []) if person.name or person.sid or person.email]
    if not people:
        raise Skipped(f"submission_metadata.yml names no author of {folder}")
    return people


def _submitter(fields: dict):
    time = _field(fields, "created_at")
    if isinstance(time, dict):  # Ruby's TimeWithZone
        time = _field(time, "utc")

    def of(person: dict) -> Submitter:
        texts = (_field(person, name) for name in ("name", "sid", "email"))
        return Submitter(*(text if isinstance(text, str) else "" for text in texts), time=str(time or ""))

    return of


def _items(fields: dict, name: str) -> list:
    value = _field(fields, name)
    return value if isinstance(value, list) else []


def _field(fields: dict, name: str):
    """Return a field, whose name Ruby may have written with a colon in front."""
    return fields.get(f":{name}", fields.get(name, ""))
