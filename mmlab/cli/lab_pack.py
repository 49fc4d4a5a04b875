"""The zip that `mmlab submit` makes: `lab.ipynb`, and beside it the files of the student that the lab uses.

A lab uses a file if its code imports it as a module, or contains its name: `from my_helpers import scale`,
`%run plots.py`, `open("points.csv")`, `Path("data")`. Only files in the lab's own folder and below count.
"""

import contextlib
import io
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from mmlab.cli import notebook
from mmlab.cli.lab_release import CASES
from mmlab.errors import InputError, NotebookError
from mmlab.files import atomic_write

LAB = "lab.ipynb"
MAX_BYTES, MAX_FILES = 20_000_000, 200  # of the files beside the lab; the grader takes no more
MAX_LAB = 200_000_000  # bytes of an unpacked lab.ipynb
LEFT_OUT = re.compile(r"^[.~]|^__pycache__$|\.pyc$|\.before-\d+$|_lab\.zip$")
IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import\b(.*)|import[ \t]+(.+))", re.MULTILINE)
CODE = (".py", ".ipynb")


def used(lab: dict, path: Path, more: Iterable[str] = (), less: Iterable[str] = ()) -> dict[str, Path]:
    """Return the files that a lab uses, in its own folder: path relative to it, with "/" → path.

    path    the lab's file
    more    further files or folders to take along, as the user gave them
    less    names of files or folders to leave out
    raises  InputError  if one of `more` does not exist or lies outside the folder, or the files are too large
    """
    folder, less = path.resolve().parent, {(path.resolve().parent / name).resolve() for name in less}
    files: dict[str, Path] = {}
    texts = ["\n".join(cell["source"] for cell in lab["cells"] if cell.get("cell_type") == "code")]
    for given in more:
        wanted = (Path(given) if Path(given).exists() else folder / given).resolve()
        if not wanted.exists() or not wanted.is_relative_to(folder):
            raise InputError(
                f"--with {given}",
                f"a file or folder in {folder}, where the lab is",
                "copy it into that folder and use it from there",
            )
        texts += added(files, wanted, folder)
    while texts:
        text, entries = texts.pop(), top(folder)
        for entry in entries:
            name = entry.relative_to(folder).as_posix()
            skip = entry.resolve() in less | {path.resolve()} or name in (CASES, LAB)
            if not skip and is_used(entry, text):
                texts += added(files, entry, folder)
    refuse_too_large(files)
    return files


def below(folder: Path) -> list[str]:
    """Return the paths of the files in a lab's folder and in its subfolders, relative to it."""
    entries = [inner for entry in top(folder) for inner in ([entry] if entry.is_file() else top(entry))]
    return [entry.relative_to(folder).as_posix() for entry in entries if entry.is_file()]


def top(folder: Path) -> list[Path]:
    """Return the files and folders in a folder that may belong to a lab."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if not LEFT_OUT.search(name)]


def is_used(entry: Path, text: str) -> bool:
    """Return whether code imports a file or folder, or contains its name."""
    folder = entry.is_dir()
    if entry.suffix == ".py" or (folder and any(entry.glob("*.py"))):
        if entry.stem in imported(text):
            return True
    name = re.escape(entry.name)
    if folder:  # its name is an ordinary word, so it must be a whole text or the first part of a path
        return bool(re.search(rf"""["'](?:\./)?{name}(?:[/\\]|["'])""", text))
    if not entry.suffix:
        return bool(re.search(rf"""["'](?:\./)?{name}["']""", text))
    return bool(re.search(rf"(?<![\w.]){name}(?!\w)", text))


def imported(text: str) -> set[str]:
    """Return the names of the modules that code imports, without what follows a dot.

    >>> sorted(imported("import numpy as np, a.b\\nfrom torch import nn\\nfrom . import helper"))
    ['a', 'helper', 'numpy', 'torch']
    """
    names = set()
    for source, members, plain in IMPORT.findall(text):
        names |= {part.split()[0].partition(".")[0] for part in plain.split(",") if part.strip()}
        names.add(source.lstrip(".").partition(".")[0])
        if source.startswith("."):
            names |= set(re.findall(r"\w+", members))
    return names - {""}


def added(files: dict[str, Path], entry: Path, folder: Path) -> list[str]:
    """Add a file, or all files below a folder, to `files`; return the code in those that are new."""
    below = [entry] if entry.is_file() else [path for path in sorted(entry.rglob("*")) if path.is_file()]
    texts = []
    for path in below:
        relative = path.relative_to(folder)
        name = relative.as_posix()
        if name in files or any(LEFT_OUT.search(part) for part in relative.parts) or len(files) > MAX_FILES:
            continue
        files[name] = path
        if path.suffix in CODE:
            with contextlib.suppress(OSError, NotebookError):
                texts.append(code_of(path))
    return texts


def code_of(path: Path) -> str:
    """Return the code in a module or notebook; raises NotebookError or OSError if it cannot be read."""
    if path.suffix == ".ipynb":
        return "\n".join(cell["source"] for cell in notebook.read(path)["cells"])
    return path.read_text(encoding="utf-8", errors="replace")


def refuse_too_large(files: dict[str, Path]) -> None:
    """Raise InputError if the files beside a lab are more, or larger, than a grader takes."""
    sizes = {name: path.stat().st_size for name, path in files.items()}
    if len(sizes) <= MAX_FILES and sum(sizes.values()) <= MAX_BYTES:
        return
    largest = ", ".join(sorted(sizes, key=sizes.get, reverse=True)[:3])
    raise InputError(
        f"the lab uses {len(sizes)} files beside it, {sum(sizes.values()) / 1e6:.0f} MB in total ({largest}, …)",
        f"at most {MAX_FILES} files of {MAX_BYTES / 1e6:.0f} MB in total",
        "pass --without FILE for each file or folder that no graded answer needs",
    )


def packed(lab: dict, files: dict[str, Path]) -> bytes:
    """Return the bytes of the zip; raises InputError if a file cannot be read."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LAB, notebook.dumps(lab))
        for name, path in sorted(files.items()):
            try:
                archive.writestr(name, path.read_bytes())
            except OSError as error:
                raise InputError(
                    f"{path} cannot be read ({error.strerror})", "a file that you may read", "check it"
                ) from None
    return made.getvalue()


def write(data: bytes, target: Path) -> None:
    """Write a zip completely or not at all; raises InputError if it cannot be written."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{target.parent} could not be created: {error}",
            "a folder that you may write to, with free disk space",
            "pass another --out FOLDER",
        ) from None
    atomic_write(target, data, again="submit again, or pass another --out FOLDER")


def is_zip(path: Path) -> bool:
    """Return whether a file is a zip, whatever its name."""
    return path.is_file() and zipfile.is_zipfile(path)


def unpack(source: Path | bytes, folder: Path, name: str) -> Path:
    """Unpack a zip from `packed` into an empty folder and return the lab's path there.

    source  the zip's path or bytes
    name    its name in messages
    raises  NotebookError  if it is damaged, or does not contain exactly one lab.ipynb
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            members = [member for member in archive.infolist() if is_plain(member)]
            labs = [m for m in members if PurePosixPath(m.filename).name == LAB] or [
                m for m in members if m.filename.endswith(".ipynb")
            ]
            if len(labs) != 1:
                raise NotebookError(
                    f"{name} contains {len(labs)} notebooks", f"one {LAB}", "pack it with `mmlab submit`"
                )
            above = PurePosixPath(labs[0].filename).parent
            for member in members:
                path = PurePosixPath(member.filename)
                if path.is_relative_to(above) and member.file_size <= MAX_LAB:
                    target = folder / path.relative_to(above)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(member))
            return folder / PurePosixPath(labs[0].filename).name
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, NotebookError):
            raise
        raise NotebookError(
            f"{name} is a damaged zip ({error})", "the zip that `mmlab submit` made", "pack the lab again"
        ) from None


def is_plain(member: zipfile.ZipInfo) -> bool:
    """Return whether a zip's entry is a file with a relative path that does not lead outside."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not (member.is_dir() or path.is_absolute() or ".." in path.parts or hidden or ":" in path.parts[0])


def read(path: Path) -> dict:
    """Return the lab in a notebook or in a zip; raises NotebookError if there is none."""
    with opened(path, {}) as lab:
        return notebook.read(lab)


@contextlib.contextmanager
def opened(path: Path, files: dict[str, bytes]) -> Iterator[Path]:
    """Yield the lab's path: the file itself, or the lab in a zip, unpacked beside `files` in a temporary folder."""
    if not is_zip(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mmlab-check-") as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        yield unpack(path, Path(folder), path.name)
