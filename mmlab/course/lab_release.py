"""The release that a student's lab was begun from: in the course's folder, in its git history, or beside its labs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from mmlab.course import lab_file, notebook, places
from mmlab.errors import InputError, NotebookError

CASES = "cases.npz"
PRISTINE = ".released"  # below it `mmlab publish` keeps each lab once more, out of the way of whoever works in labs/


@dataclass(frozen=True)
class Release:
    """A released lab.

    lab    the notebook
    where  where it was found, for people
    cases  the bytes of its cases.npz, None where it has none
    """

    lab: dict
    where: str
    cases: bytes | None


def release_of(path: Path, week: str, given: str | None = None) -> Release:
    """Return the release of the lab at `path`: the file or folder `given`, else the course's.

    A lab that is edited in place is the released file itself: then the release
    is what git's upstream branch holds, what `mmlab publish` laid beside, or
    what was last committed; the first of these that nobody worked in.

    raises  NotebookError  when no release can be found, or it is another week's
    """
    found = from_file(Path(given)) if given else from_course(path, week)
    if found is None:
        raise NotebookError(
            f"no released lab found for {week}",
            f"labs/{week}/lab.ipynb as it was released, in the course's folder or its git history",
            "pass it: --release PATH/TO/lab.ipynb",
        )
    if (other := lab_file.week_of(found.lab, found.where)) != week:
        raise NotebookError(f"{found.where} is the lab of {other}, yours is of {week}", f"the release of {week}",
                            f"pass --release labs/{week}/lab.ipynb")  # fmt: skip
    return found


def from_course(path: Path, week: str) -> Release | None:
    """Return the release that the course around `path` holds, or None."""
    try:
        root = places.root(path.resolve().parent)
    except InputError:
        return None
    folder = root / "labs" / week
    file, beside = folder / "lab.ipynb", root / PRISTINE / week / "lab.ipynb"
    if file.exists() and not (path.exists() and file.samefile(path)):
        found = from_file(file)
        if not worked_in(found.lab):
            return found
    found = [from_git(folder, "@{upstream}"), from_file(beside) if beside.exists() else None, from_git(folder, "HEAD")]
    found = [release for release in found if release is not None]
    return next((release for release in found if not worked_in(release.lab)), found[0] if found else None)


def from_git(folder: Path, revision: str) -> Release | None:
    """Return the release that git holds of the lab in `folder`, or None."""
    if (text := shown(folder, f"{revision}:./lab.ipynb")) is None:
        return None
    where = f"{revision}:labs/{folder.name}/lab.ipynb"
    lab = notebook.parse(text.decode("utf-8-sig", "replace"), where)
    return Release(lab, where, shown(folder, f"{revision}:./{CASES}"))


def worked_in(lab: dict) -> bool:
    """Return whether somebody wrote in a released lab; False where the release keeps no digests to tell by."""
    return "released" in lab_file.stamps(lab) and any(lab_file.written(cell, lab) for cell in lab["cells"])


def from_file(file: Path) -> Release:
    """Return the release in a file, or in lab.ipynb of a folder."""
    file = file / "lab.ipynb" if file.is_dir() else file
    cases = file.with_name(CASES)
    return Release(notebook.read(file), str(file), cases.read_bytes() if cases.exists() else None)


def shown(folder: Path, name: str) -> bytes | None:
    """Return what git holds under `name`, such as "HEAD:./lab.ipynb" seen from `folder`; None where it does not."""
    try:
        found = subprocess.run(["git", "-C", folder, "show", name], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout if found.returncode == 0 else None
