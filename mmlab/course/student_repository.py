"""`mmlab publish FOLDER`: the students' repository, which holds no solution.

What students get is a list, not what is left over: a roster or a draft that lies
in the instructors' repository never gets out by accident. A second run brings the
folder up to date and leaves alone whatever is not its own.
"""

import argparse
import hashlib
import json
import re
import subprocess
from pathlib import Path

from mmlab.check import cases
from mmlab.course import notebook, places, solved_lab
from mmlab.course.grade.hidden import seed_file
from mmlab.course.lab_release import PRISTINE, worked_in
from mmlab.errors import InputError, NotebookError

FILES = (
    "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "SECURITY.md",
    "Makefile", "pyproject.toml", "constraints.txt", "environment.yml", ".gitignore",
)  # fmt: skip
FOLDERS = ("mmlab", "lessons", "labs", "book")
# Never, whatever --also says: answers, what students handed in and got back; below that marks, seed and grader's state.
PRIVATE = ("solutions", "tests", "source", "submitted", "autograded", "feedback", "downloaded", "exchange")
SECRET = re.compile(r"gradebook\.db.*|\.seed.*|\.mmlab|\.git|.*\.before-.*")
LEFT_OVER = ("__pycache__", ".ipynb_checkpoints", "node_modules", "_build", ".pytest_cache", "artifacts", "vendor")
MANIFEST = ".mmlab-publication.json"
# Lines of the README about what is left out.
ABSENT = re.compile(r"^(?:solutions/|tests/|make test).*\n", re.MULTILINE)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="where the students' repository is, or is to be made")
    parser.add_argument("--with-solutions", metavar="WEEK", action="append", default=[],
                        help="also the solved lab of a week whose deadline is over; stays published")  # fmt: skip
    parser.add_argument("--also", metavar="PATH", action="append", default=[], help="another file or folder of the course")


def main(args: argparse.Namespace) -> int:
    """Publish, and say what was written, taken away and left alone."""
    root = places.root()
    report = publish(root, Path(args.folder), args.with_solutions, args.also)
    if args.json:
        print(json.dumps(report))
        return 0
    print(f"{report['folder']}: {len(report['files'])} files, {len(report['written'])} new or changed, "
          f"{len(report['removed'])} taken away")  # fmt: skip
    for week in report["solutions"]:
        print(f"  with the solutions of {week}")
    for name in report["kept"]:
        print(f"  left alone, because it was changed there: {name} (delete it there to get the new one)")
    return 0


def publish(root: Path, folder: Path, solutions: list[str] = (), also: list[str] = ()) -> dict:
    """Make or update the students' repository in `folder`; return what was done.

    solutions  weeks whose solved labs are to be in it from now on
    also       further files or folders of the course
    raises     InputError for a folder that is no earlier publication, a private path, or a deadline to come;
               NotebookError for a lab that holds answers
    """
    folder = folder.resolve()
    before = manifest(root, folder)
    weeks = sorted({*before["solutions"], *(solved_lab.week(root, name) for name in solutions)})
    wanted = contents(root, also) | {solved_lab.place(week): solved_lab.text(root, week) for week in weeks}
    refuse_secrets(root, wanted)
    report = {"folder": str(folder), "files": sorted(wanted), "solutions": weeks, "written": [], "removed": [], "kept": []}
    write(folder / MANIFEST, dumped(before))  # from here on the folder is known as ours
    digests = dict(before["files"])
    for name, data in sorted(wanted.items()):
        place = folder / name
        if not ours(place, digests.get(name), data):
            report["kept"].append(name)
            continue
        if not place.exists() or place.read_bytes() != data:
            write(place, data)
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
    """Return name → bytes of all that students get but solutions; each lab twice: to work in, and as it was released.

    raises  InputError for a private or missing path of `also`, NotebookError for a lab that holds answers
    """
    paths = [*FILES, *FOLDERS, *(relative(root, path) for path in also)]
    found = {name: (root / name).read_bytes() for path in paths for name in held(root, path) if public(name)}
    if "README.md" in found:
        found["README.md"] = ABSENT.sub("", found["README.md"].decode()).encode()
    if not any(name.startswith("lessons/") for name in found):
        found["lessons/.keep"] = b""  # by this folder a course is known as one
    for lab in places.released(root):
        refuse_answers(lab)
        for file in (lab, lab.with_name(cases.FILE)):
            if file.is_file():
                name, data = f"{lab.parent.name}/{file.name}", file.read_bytes()
                found[f"labs/{name}"] = found[f"{PRISTINE}/{name}"] = data
    return found


def held(root: Path, path: str) -> list[str]:
    """Return the files at or below a path that git holds or would hold (without git: all), as names in the course."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", path]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        files = [root / name for name in done.stdout.split("\0") if name]
    else:
        files = [root / path, *(root / path).rglob("*")]
    return [file.relative_to(root).as_posix() for file in files if file.is_file() and not file.is_symlink()]


def public(name: str) -> bool:
    """Return whether a file of the course is for students; labs are not asked about, only their releases go out."""
    parts = Path(name).parts
    hidden = any(part in LEFT_OVER or SECRET.fullmatch(part) for part in parts)
    return not hidden and parts[0] not in (*PRIVATE, "labs")


def relative(root: Path, path: str) -> str:
    """Return a path of the course as its name in it; raises InputError where it is outside, private or missing."""
    full = (root / path).resolve()
    name = full.relative_to(root.resolve()).as_posix() if full.is_relative_to(root.resolve()) else ""
    if not name or not full.exists() or not public(name):
        raise InputError(f"--also {path}", f"a path in {root} that is there and not private",
                         f"name another; never published: {', '.join(PRIVATE)}, marks and seeds")  # fmt: skip
    return name


def refuse_answers(lab: Path) -> None:
    """Raise NotebookError for a lab that somebody worked in: students get it as it was released."""
    found = notebook.read(lab)
    marked = any(notebook.BEGIN in cell["source"] for cell in found["cells"])
    if marked or worked_in(found):
        raise NotebookError(f"{lab} holds {'a solution' if marked else 'answers'}", "the lab as it was released",
                            f"mmlab release {lab.parent.name} (keep a copy of your answers elsewhere)")  # fmt: skip


def refuse_secrets(root: Path, wanted: dict[str, bytes]) -> None:
    """Raise InputError where the hidden cases' seed stands in a file that is to be published."""
    seed = seed_file(root)
    secret = seed.read_bytes() if seed.is_file() else b""
    spelled = {form for form in (secret, secret.strip(), secret.hex().encode()) if len(form) >= 16}
    for name, data in wanted.items():
        if any(form in data for form in spelled):
            raise InputError(f"{name} holds the seed of the hidden cases", "a seed that only the grader has",
                             "take it out of that file, and make a new seed")  # fmt: skip


def manifest(root: Path, folder: Path) -> dict:
    """Return what an earlier run wrote into `folder`: {"files": name → digest, "solutions": weeks}.

    raises  InputError  for a folder that another hand filled, or that is the course or inside it
    """
    if folder == root.resolve() or folder in root.resolve().parents or folder.is_relative_to(root.resolve()):
        raise InputError(f"{folder} is in or around the course", "a folder beside it", f"mmlab publish {root}-students")
    file = folder / MANIFEST
    if file.is_file():
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            return {"files": dict(found["files"]), "solutions": list(found["solutions"])}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file} is damaged ({error})", "the list of an earlier publication",
                             "take it out of git's history, or publish into an empty folder") from None  # fmt: skip
    if folder.exists() and (not folder.is_dir() or any(entry.name != ".git" for entry in folder.iterdir())):
        raise InputError(f"{folder} is there and is no earlier publication", f"a new or empty folder, or one with {MANIFEST}",
                         "name another folder")  # fmt: skip
    return {"files": {}, "solutions": []}


def ours(place: Path, known: str | None, data: bytes) -> bool:
    """Return whether a file of the publication may be replaced: absent, as we wrote it, or the same."""
    if place.is_symlink() or (place.exists() and not place.is_file()):
        return False
    return not place.exists() or digest(place.read_bytes()) in (known, digest(data))


def write(place: Path, data: bytes) -> None:
    """Write one file of the publication; raises InputError where it cannot be."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{place.parent} could not be made ({error})", "room and rights there",
                         "mend that, then publish again: it goes on where it stopped") from None  # fmt: skip
    notebook.write_bytes(place, data)


def remove(folder: Path, name: str) -> None:
    """Take away a file that is no longer published, and the folders that it leaves empty."""
    place = folder / name
    place.unlink()
    for above in place.relative_to(folder).parents:
        if any((folder / above).iterdir()):
            break
        (folder / above).rmdir()


def dumped(found: dict) -> bytes:
    """Return a manifest's bytes, the same for the same publication."""
    return (json.dumps(found, indent=1, sort_keys=True) + "\n").encode()


def digest(data: bytes) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
