"""`mmlab publish FOLDER`: make the students' repository, which has no solutions.

A list names everything that students get, so a roster or a draft in the instructors'
repository is never published by accident. A second run updates the folder and does not
touch files that it did not write.
"""

import argparse
import hashlib
import json
import re
import subprocess
from pathlib import Path

from mmlab.check import cases
from mmlab.cli import notebook
from mmlab.cli import paths as course_files
from mmlab.cli.lab_release import PRISTINE, worked_in
from mmlab.errors import InputError, NotebookError
from mmlab.files import atomic_write
from mmlab.instructor.authoring import course_config, solved_lab, student_edition
from mmlab.instructor.grading.hidden_cases import seed_file

FILES = (
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CITATION.cff",
    "SECURITY.md",
    "Makefile",
    "pyproject.toml",
    "constraints.txt",
    "environment.yml",
    ".gitignore",
)
FOLDERS = ("mmlab", "lessons", "labs", "book")
# Never published, even with --also: answers, submissions and feedback; in SECRET, scores, seed and the grader's state.
PRIVATE = ("solutions", "tests", "source", "submitted", "autograded", "feedback", "downloaded", "exchange")
SECRET = re.compile(r"gradebook\.db.*|\.seed.*|\.mmlab|\.git|.*\.before-.*")
LEFT_OVER = (
    "__pycache__",
    ".ipynb_checkpoints",
    "node_modules",
    "_build",
    ".pytest_cache",
    "artifacts",
    "vendor",
)
INSTRUCTORS = "mmlab/instructor/"  # release, grading, reports: students' commands do not need them
MANIFEST = ".mmlab-publication.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        "folder", metavar="FOLDER", help="the folder of the students' repository, new or existing"
    )
    parser.add_argument(
        "--with-solutions",
        metavar="WEEK",
        action="append",
        default=[],
        help="also publish the solved lab of a week after its deadline; later runs keep it",
    )
    parser.add_argument(
        "--also",
        metavar="PATH",
        action="append",
        default=[],
        help="also publish this file or folder of the course",
    )


def main(args: argparse.Namespace) -> int:
    """Publish, and report what was written, removed and skipped."""
    root = course_files.root()
    report = publish(root, Path(args.folder), args.with_solutions, args.also)
    if args.json:
        print(json.dumps(report))
        return 0
    print(
        f"{report['folder']}: {len(report['files'])} files, {len(report['written'])} new or changed, "
        f"{len(report['removed'])} removed"
    )
    for week in report["solutions"]:
        print(f"  with the solutions of {week}")
    for name in report["kept"]:
        print(f"  skipped, because it was changed there: {name} (delete it there to get the new version)")
    return 0


def publish(root: Path, folder: Path, solutions: list[str] = (), also: list[str] = ()) -> dict:
    """Make or update the students' repository in `folder`; return what was done.

    solutions  weeks whose solved labs are published from now on
    also       further files or folders of the course
    raises     InputError for a folder that is no earlier publication, a private path, or a future deadline;
               NotebookError for a lab that holds answers
    """
    folder = folder.resolve()
    before = manifest(root, folder)
    weeks = sorted({*before["solutions"], *(solved_lab.week(root, name) for name in solutions)})
    wanted = contents(root, also) | {solved_lab.path_of(week): solved_lab.text(root, week) for week in weeks}
    refuse_secrets(root, wanted)
    report = {
        "folder": str(folder),
        "files": sorted(wanted),
        "solutions": weeks,
        "written": [],
        "removed": [],
        "kept": [],
    }
    write(folder / MANIFEST, dumped(before))  # marks the folder as a publication
    digests = dict(before["files"])
    for name, data in sorted(wanted.items()):
        path = folder / name
        if not ours(path, digests.get(name), data):
            report["kept"].append(name)
            continue
        if not path.exists() or path.read_bytes() != data:
            write(path, data)
            report["written"].append(name)
        digests[name] = digest(data)
    for name in sorted(set(digests) - set(wanted)):
        if (folder / name).exists() and ours(folder / name, digests[name], b""):
            remove(folder, name)
            report["removed"].append(name)
        del digests[name]
    write(folder / MANIFEST, dumped({"files": digests, "solutions": weeks}))
    return report


def contents(root: Path, also: list[str] = ()) -> dict[str, bytes]:
    """Return name → bytes of everything that students get except solutions; each lab twice: to work in, and pristine.

    raises  InputError for a private or missing path of `also`, NotebookError for a lab that holds answers
    """
    paths = [*FILES, *FOLDERS, *(relative(root, path) for path in also)]
    files = {name: (root / name).read_bytes() for path in paths for name in held(root, path) if public(name)}
    files = {name: student_edition.edited(name, data) for name, data in files.items()}
    if not any(name.startswith("lessons/") for name in files):
        files["lessons/.keep"] = b""  # `paths.root` recognises a course by this folder
    for lab in course_files.released(root):
        refuse_answers(lab)
        for file in (lab, lab.with_name(cases.FILE)):
            if file.is_file():
                name, data = f"{lab.parent.name}/{file.name}", file.read_bytes()
                files[f"labs/{name}"] = files[f"{PRISTINE}/{name}"] = data
    return files


def held(root: Path, path: str) -> list[str]:
    """Return the files at or below a path that git holds or would hold (without git: all), as names in the course."""
    command = [
        "git",
        "-C",
        str(root),
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
        "--",
        path,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        files = [root / name for name in done.stdout.split("\0") if name]
    else:
        files = [root / path, *(root / path).rglob("*")]
    return [file.relative_to(root).as_posix() for file in files if file.is_file() and not file.is_symlink()]


def public(name: str) -> bool:
    """Return whether a file of the course is for students; False for labs, whose releases are added separately."""
    parts = Path(name).parts
    hidden = any(part in LEFT_OVER or SECRET.fullmatch(part) for part in parts)
    instructors = name.startswith(INSTRUCTORS) or not student_edition.belongs(name)
    return not hidden and parts[0] not in (*PRIVATE, "labs") and not instructors


def relative(root: Path, path: str) -> str:
    """Return a path of the course as its name in it; raises InputError if it is outside, private or missing."""
    full = (root / path).resolve()
    name = full.relative_to(root.resolve()).as_posix() if full.is_relative_to(root.resolve()) else ""
    layout = course_config.Layout.of(root)
    students_work = [(layout.root / step).resolve() for step in layout.steps.values()]
    if not name or not full.exists() or not public(name) or any(map(full.is_relative_to, students_work)):
        raise InputError(
            f"--also {path}",
            f"an existing path in {root} that is not private",
            f"name another path; never published: {', '.join(PRIVATE)}, scores and seeds",
        )
    return name


def refuse_answers(lab: Path) -> None:
    """Raise NotebookError for a lab that somebody wrote in, because students get it as released."""
    lab_notebook = notebook.read(lab)
    marked = any(notebook.BEGIN in cell["source"] for cell in lab_notebook["cells"])
    if marked or worked_in(lab_notebook):
        raise NotebookError(
            f"{lab} holds {'a solution' if marked else 'answers'}",
            "the lab as it was released",
            f"run `mmlab release {lab.parent.name}` (store a copy of your answers elsewhere first)",
        )


def refuse_secrets(root: Path, wanted: dict[str, bytes]) -> None:
    """Raise InputError if a file to publish contains the seed of the hidden cases."""
    seed = seed_file(root)
    secret = seed.read_bytes() if seed.is_file() else b""
    spelled = {form for form in (secret, secret.strip(), secret.hex().encode()) if len(form) >= 16}
    for name, data in wanted.items():
        if any(form in data for form in spelled):
            raise InputError(
                f"{name} holds the seed of the hidden cases",
                "a seed that only the grader has",
                "remove it from that file, and make a new seed",
            )


def manifest(root: Path, folder: Path) -> dict:
    """Return what an earlier run wrote into `folder`: {"files": name → digest, "solutions": weeks}.

    raises  InputError  for a folder with other content, or one that is, contains or is inside the course
    """
    if folder == root.resolve() or folder in root.resolve().parents or folder.is_relative_to(root.resolve()):
        raise InputError(
            f"{folder} is, contains or is inside the course",
            "a folder outside the course",
            f"mmlab publish {root}-students",
        )
    file = folder / MANIFEST
    if file.is_file():
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            return {"files": dict(content["files"]), "solutions": list(content["solutions"])}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{file} is damaged ({error})",
                "the list of an earlier publication",
                "restore it from git's history, or publish into an empty folder",
            ) from None
    if folder.exists() and (not folder.is_dir() or any(entry.name != ".git" for entry in folder.iterdir())):
        raise InputError(
            f"{folder} exists and is no earlier publication",
            f"a new or empty folder, or one with {MANIFEST}",
            "name another folder",
        )
    return {"files": {}, "solutions": []}


def ours(path: Path, known: str | None, data: bytes) -> bool:
    """Return whether a file of the publication may be replaced: absent, unchanged since we wrote it, or equal."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return False
    return not path.exists() or digest(path.read_bytes()) in (known, digest(data))


def write(path: Path, data: bytes) -> None:
    """Write one file of the publication; raises InputError if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{path.parent} could not be created ({error})",
            "a folder that you may write to, with free disk space",
            "fix that, then publish again; files that were written stay",
        ) from None
    atomic_write(path, data)


def remove(folder: Path, name: str) -> None:
    """Remove a file that is no longer published, and the folders that it leaves empty."""
    path = folder / name
    path.unlink()
    for above in path.relative_to(folder).parents:
        if any((folder / above).iterdir()):
            break
        (folder / above).rmdir()


def dumped(content: dict) -> bytes:
    """Return a manifest's bytes, the same for the same publication."""
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def digest(data: bytes) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
