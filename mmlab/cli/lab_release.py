"""Find the release that a student's lab came from: in the course's folder, its git history or the pristine copies."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from mmlab.cli import lab_file, notebook, paths
from mmlab.errors import InputError, NotebookError

CASES = "cases.npz"
# Here `mmlab publish` stores a second copy of each lab, which work in labs/ does not change.
PRISTINE = ".released"


@dataclass(frozen=True)
class Release:
    """A released lab.

    lab    the notebook
    where  its path or git revision, for messages
    cases  the bytes of its cases.npz, None if it has none
    """

    lab: dict
    where: str
    cases: bytes | None


def release_of(path: Path, week: str, given: str | None = None) -> Release:
    """Return the release of the lab at `path`: the file or folder `given`, else the course's.

    If the student edits the released file itself, the release is the version on git's
    upstream branch, the copy that `mmlab publish` stored, or the last commit: the first
    of these without a student's answers.

    raises  NotebookError  if there is no release, or it is of another week
    """
    release = from_file(Path(given)) if given else from_course(path, week)
    if release is None:
        raise NotebookError(
            f"no released lab for {week}",
            f"labs/{week}/lab.ipynb in the course's folder or its git history",
            "pass its path: --release PATH/TO/lab.ipynb",
        )
    if (other := lab_file.week_of(release.lab, release.where)) != week:
        raise NotebookError(
            f"{release.where} is a lab of {other}; your lab is of {week}",
            f"the release of {week}",
            f"pass --release labs/{week}/lab.ipynb",
        )
    return release


def from_course(path: Path, week: str) -> Release | None:
    """Return the release that the course around `path` holds, or None."""
    try:
        root = paths.root(path.resolve().parent)
    except InputError:
        return None
    folder = root / "labs" / week
    file, beside = folder / "lab.ipynb", root / PRISTINE / week / "lab.ipynb"
    if file.exists() and not (path.exists() and file.samefile(path)):
        release = from_file(file)
        if not worked_in(release.lab):
            return release
    candidates = [
        from_git(folder, "@{upstream}"),
        from_file(beside) if beside.exists() else None,
        from_git(folder, "HEAD"),
    ]
    candidates = [release for release in candidates if release is not None]
    return next(
        (release for release in candidates if not worked_in(release.lab)),
        candidates[0] if candidates else None,
    )


def from_git(folder: Path, revision: str) -> Release | None:
    """Return the release that git holds of the lab in `folder`, or None."""
    if (text := git_file(folder, f"{revision}:./lab.ipynb")) is None:
        return None
    where = f"{revision}:labs/{folder.name}/lab.ipynb"
    lab = notebook.parse(text.decode("utf-8-sig", "replace"), where)
    return Release(lab, where, git_file(folder, f"{revision}:./{CASES}"))


def worked_in(lab: dict) -> bool:
    """Return whether somebody wrote in a released lab; False if the release has no digests to compare with."""
    return "released" in lab_file.stamps(lab) and any(lab_file.written(cell, lab) for cell in lab["cells"])


def from_file(file: Path) -> Release:
    """Return the release in a file, or in lab.ipynb of a folder."""
    file = file / "lab.ipynb" if file.is_dir() else file
    cases = file.with_name(CASES)
    return Release(notebook.read(file), str(file), cases.read_bytes() if cases.exists() else None)


def git_file(folder: Path, name: str) -> bytes | None:
    """Return the file that git calls `name`, such as "HEAD:./lab.ipynb" in `folder`; None if there is none."""
    try:
        process = subprocess.run(["git", "-C", folder, "show", name], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout if process.returncode == 0 else None
