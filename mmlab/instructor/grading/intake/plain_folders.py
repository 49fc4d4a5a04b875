"""Exports without a naming scheme: one folder for each student, STUDENT/lab.ipynb or STUDENT/WEEK/lab.ipynb."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from os.path import commonprefix

from mmlab.instructor.grading.intake.export_names import Reading
from mmlab.instructor.grading.intake.known_students import KnownStudents

SUBMITTED = (".ipynb", ".zip")


class Skipped(Exception):
    """A file of an export that is not a submission; the message says why."""


class Ambiguous(Exception):
    """A path that can belong to several students; the message names them."""


@dataclass(frozen=True)
class PlainFolders:
    """Whose a file is, by its folders.

    weeks    ids of the course's weeks
    above    number of folders around the students' folders
    single   whether there is only one chain of folders, so that it is not certain which is the student's
    parents  name of the folder around a week's folder → number of folders of that name
    split    the students' folders that hold submissions in several folders, and none directly
    """

    week_id: str
    weeks: frozenset[str]
    students: KnownStudents
    above: int
    single: bool
    parents: Counter[str]
    split: frozenset[tuple[str, ...]]

    def student(self, path: str) -> str:
        """Return the student of a path; raises Skipped or Ambiguous if it does not say whose it is."""
        parts = path.split("/")[:-1]
        if self.week_id not in parts[1:] and (other := self.weeks.intersection(parts[1:])):
            raise Skipped(f"it belongs to another week, {min(other)}")
        if known := next(
            filter(None, (self.students.by_id(p) or self.students.by_name(p) for p in parts)), None
        ):
            return known
        if self.week_id in parts[1:]:
            parent = parts[parts.index(self.week_id, 1) - 1]
            if self.parents[parent] == 1:
                return parent
            if len(self.parents) > 1:
                raise Ambiguous(f"{self.parents[parent]} folders are called {parent}")
            # all have this name, as in STUDENT/labs/WEEK, so it is no student's
        if len(parts) <= self.above:
            raise Skipped("it is in no student's folder")
        if self.single:
            raise Ambiguous(f"the student may be {' or '.join(parts)}")
        if tuple(parts[: self.above + 1]) in self.split:
            raise Ambiguous(f"the student may be {' or '.join(parts[self.above : self.above + 2])}")
        return parts[self.above]


def of(
    readings: dict[str, list[Reading]], week_id: str, weeks: Iterable[str], students: KnownStudents
) -> PlainFolders | None:
    """Return how the folders of an export name students; None if a naming scheme fits more of it.

    readings  path → its readings in the known naming schemes
    weeks     ids of the course's weeks
    """
    paths = [path for path in readings if path.lower().endswith(SUBMITTED)]
    chains = [tuple(path.split("/")[:-1]) for path in paths]
    if not any(chains):
        return None
    common = commonprefix(chains)
    above = len(common)
    if (
        all(chain == common for chain in chains) or common in chains
    ):  # files lie directly in the innermost one
        above = max(0, above - 1)
    entries: dict[str, bool] = {}
    for path in paths:
        parts = path.split("/")
        entry = parts[min(above, len(parts) - 1)]
        entries[entry] = entries.get(entry, False) or bool(readings[path])
    if 2 * sum(entries.values()) > len(entries):
        return None
    single = len(common) > 1 and common in chains
    weeks = frozenset(weeks)
    around = {chain[: chain.index(week_id, 1)] for chain in chains if week_id in chain[1:]}
    inside: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for chain in chains:
        if week_id in chain[1:] or not weeks.intersection(chain[1:]):
            inside[chain[: above + 1]].add(chain[above + 1 :])
    split = {folder for folder, inner in inside.items() if len(inner) > 1 and () not in inner}
    parents = Counter(chain[-1] for chain in around)
    return PlainFolders(week_id, weeks, students, above, single, parents, frozenset(split))
