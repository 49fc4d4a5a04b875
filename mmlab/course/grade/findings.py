"""What was put right in a submission, a sentence each for the student; and labs of other weeks, refused."""

from collections.abc import Iterable
from pathlib import Path

from mmlab.course import lab_file, notebook
from mmlab.course.grade import folders
from mmlab.course.grade.placing import Placed, Wanted, is_free
from mmlab.course.grade.salvage import printable
from mmlab.course.grade.stages import Submission
from mmlab.course.notebook import about
from mmlab.errors import NotebookError

MOST_NAMES = 6
UNMARKED = ("checksum", "cell_type")


def refuse_other_labs(lab: dict, placed: Placed, wanted: Wanted, submission: Submission) -> None:
    """Raise NotebookError for a lab of another week, and for a notebook that is no lab.

    A lab is known by its cells: what its metadata claims counts only where no
    exercise of the release is in it.
    """
    if placed.answers or wanted.exercises & set(placed.labels):
        return
    name, week = printable(submission.path.name), week_there(lab, submission)
    if week is None:
        raise NotebookError(f"{name} is no lab of this course: none of its cells is known", f"the lab {submission.week}",
                            f"hand in the notebook that you began from labs/{submission.week}/lab.ipynb")  # fmt: skip
    if week != submission.week:
        raise NotebookError(f"{name} is the lab of {week}", f"the lab {submission.week}",
                            f"hand in your labs/{submission.week}/lab.ipynb, and this one under {week}")  # fmt: skip
    raise NotebookError(f"{name} holds no exercise of {week}", "the lab, with its exercises",
                        "hand in the lab itself; a lesson is none")  # fmt: skip


def week_there(lab: dict, submission: Submission) -> str | None:
    """Return the week whose lab a notebook is: by the grade ids of the course's labs, else as it says; None if of none."""
    mine = {notebook.grade_id(cell) for cell in lab["cells"]}
    folder = folders.of(submission)
    labs = sorted((folder.parents[2] / "labs").glob("*/lab.ipynb")) if folder else []
    for path in labs:
        if mine & exercises_of(path):
            return path.parent.name
    try:
        return printable(lab_file.week_of(lab, "it"))
    except NotebookError:
        return None


def exercises_of(path: Path) -> set[str]:
    """Return the ids of what is graded in a released lab, none where it cannot be read."""
    try:
        return set(notebook.points(notebook.read(path)))
    except NotebookError:
        return set()


def sentences(lab: dict, placed: Placed, wanted: Wanted, cut: list[list[str]]) -> list[str]:
    """Return a sentence for each thing that was put right in a lab's cells.

    cut  the keys of each cell that was taken apart
    """
    copies: dict[str, list[int]] = {}
    for index, label in enumerate(placed.labels):
        if label is not None:
            copies.setdefault(label, []).append(index)
    version = printable(lab_file.stamps(lab).get("version", "another"), 20)
    found = {
        "Missing cells came back from the release": missing(copies, placed, wanted),
        "Cells that are not yours to change came back as released; what you wrote in them stands below":
            changed(copies, placed, wanted),
        f"Cells of an older release ({version}) were brought up to date": outdated(copies, placed, wanted),
        "Cells without the grader's marks were known by what is in them": unmarked(copies, placed, wanted),
        "Marks for the grader (points, locks, tags) that differed are as released again": remarked(copies, placed, wanted),
        "Cells that had become another type got theirs back": retyped(copies, placed, wanted),
        "Of several copies the last that defines the name counts, the others run as your own cells":
            doubled(copies, placed, wanted),
        "Copies of the release's own cells were left out": spare(copies, placed, wanted),
        "Answers that stood in another cell were graded from there": elsewhere(placed, cut),
        "Merge marks (<<<<<<<) are left in your answers, which Python cannot read": unmerged(placed),
    }  # fmt: skip
    told = [f"{what}: {listed(names)}." for what, names in found.items() if names]
    told += [f"One cell held several answers and was taken apart, its order kept: {listed(keys)}." for keys in cut]
    places = [list(wanted.cells).index(label) for label in copies]
    if places != sorted(places):
        told.append("Your cells stand in another order than in the release; they were run in yours.")
    return told


def listed(names: Iterable[str]) -> str:
    """Return names in a row, those beyond the sixth as a number."""
    names = list(names)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def missing(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells of the release that a student's lab has not."""
    return [name for name in wanted.cells if name not in copies and name not in placed.answers]


def changed(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells of the release that a student may not write in, and did."""
    serving = set(placed.answers.values())
    return [name for name in copies if not about(wanted.cells[name]).get("solution") and not is_free(wanted.cells[name])
            and any(placed.written[index] and index not in serving for index in copies[name])]  # fmt: skip


def outdated(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells that are as some earlier release had them."""
    return [name for name in copies if not placed.written[copies[name][0]] and name not in placed.answers
            and (mine := placed.cells[copies[name][0]])["source"].strip()
            and not lab_file.same(mine, wanted.cells[name])]  # fmt: skip


def unmarked(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells that have lost their grade ids."""
    return [name for name in copies if about(wanted.cells[name])
            and not any(notebook.grade_id(placed.cells[index]) == name for index in copies[name])]  # fmt: skip


def remarked(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells whose marks for the grader, or tags, are not the release's."""
    found = []
    for name in copies:
        release = wanted.cells[name]
        marked = [placed.cells[i] for i in copies[name] if notebook.grade_id(placed.cells[i]) == name and about(release)]
        if any(marks(cell) != marks(release) for cell in marked):
            found.append(name)
    return found


def marks(cell: dict) -> tuple[dict, list]:
    """Return what the grader reads of a cell's metadata: nbgrader's entries and the tags."""
    entries = {name: value for name, value in about(cell).items() if name not in UNMARKED}
    return entries, cell["metadata"].get("tags", [])


def retyped(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells that are of another type than in the release."""
    return [name for name in copies
            if placed.cells[copies[name][0]]["cell_type"] != wanted.cells[name]["cell_type"]]  # fmt: skip


def doubled(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the solutions that were written more than once."""
    return [name for name in copies if about(wanted.cells[name]).get("solution")
            and sum(placed.written[index] for index in copies[name]) > 1]  # fmt: skip


def spare(copies: dict, placed: Placed, wanted: Wanted) -> list[str]:
    """Return the cells of which a copy was left out, because it says nothing of the student's own."""
    return [name for name, indices in copies.items()
            if len(indices) > 1 and not all(placed.written[index] for index in indices)]  # fmt: skip


def elsewhere(placed: Placed, cut: list[list[str]]) -> list[str]:
    """Return the answers that do not stand in the cell that is theirs, nor in one that was taken apart."""
    apart = {name for keys in cut for name in keys}
    return [name for name, index in placed.answers.items() if placed.labels[index] != name and name not in apart]


def unmerged(placed: Placed) -> list[str]:
    """Return the answers that hold the marks of a merge."""
    return [name for name, index in placed.answers.items()
            if ("\n" + placed.cells[index]["source"]).find("\n<<<<<<< ") >= 0]  # fmt: skip
