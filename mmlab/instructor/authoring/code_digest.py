"""Find the files that course code depends on and digest them, so that unchanged code needs no second proof.

The files are found by reading code, not by running it. We follow everything that looks like an import, through the
package and through files in the same folder. Names of modules in text also count (`python -m mmlab.…`, tables of
modules), a package that imports lazily counts as a whole, and data files belong to the modules in their folder. So the
result may contain superfluous files; it misses a file only if a module's name is computed.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import mmlab

PACKAGE = Path(mmlab.__file__).resolve().parent
IMPORT = re.compile(r"\bfrom[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n;]*)|\bimport[ \t]+([^\n;]*)")
DOTTED = re.compile(rf"\b{mmlab.__name__}(?:\.\w+)+")


def digest(paths: Iterable[Path], root: Path, *more: bytes | str) -> str:
    """Return a digest of files, which is the same in every clone.

    paths  the files; their imports are not added
    root   the folder that the files' names are relative to; names of package files are relative to the package
    more   what else the digest depends on
    """
    whole = hashlib.sha256(repr(more).encode())
    for name, path in sorted((name_of(path, root), path) for path in set(paths)):
        whole.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def dependencies(starts: Iterable[Path]) -> set[Path]:
    """Return Python files and notebooks with everything that they import from the package and from their folder."""
    files, waiting = set(), [path.resolve() for path in starts]
    while waiting:
        path = waiting.pop()
        if path not in files:
            files.add(path)
            waiting += _imported(path)
    folders = {path.parent for path in files if path.is_relative_to(PACKAGE)}
    return files | {path for folder in folders for path in data_beside(folder)}


def name_of(path: Path, root: Path) -> str:
    """Return a file's path relative to `root` or, in the package, to the folder above it: the same in every clone."""
    path = path.resolve()
    for above in (root.resolve(), PACKAGE.parent):
        if path.is_relative_to(above):
            return path.relative_to(above).as_posix()
    return path.name


def _imported(path: Path) -> list[Path]:
    """Return the files of every module that a file names."""
    package = ".".join(path.relative_to(PACKAGE.parent).parent.parts) if path.is_relative_to(PACKAGE) else ""
    text = path.read_text(encoding="utf-8")
    sources = _cells(text) if path.suffix == ".ipynb" else (text,)
    names = {name for source in sources for name in _modules(source, package)}
    files = [module for name in names for module in _files(name, path.parent)]
    if path.name == "__init__.py" and path.parent != PACKAGE and "def __getattr__" in text:
        files += path.parent.rglob("*.py")
    return files


def _cells(text: str) -> tuple[str, ...]:
    cells = (cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")
    return tuple(
        cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"]) for cell in cells
    )


@cache
def _modules(source: str, package: str) -> frozenset[str]:
    """Return the dotted names of all modules that a source may load; some may not be modules."""
    source = source.replace("\\\n", " ")
    modules = set(DOTTED.findall(source))
    for base, names, plain in IMPORT.findall(source):
        if base.startswith("."):
            levels = len(base) - len(base.lstrip("."))
            above = package.split(".")[: len(package.split(".")) - levels + 1]
            base = ".".join([*above, *filter(None, [base.lstrip(".")])])
        modules |= (
            {base, *(f"{base}.{name}" for name in re.findall(r"\w+", names))}
            if base
            else set(re.findall(r"[\w.]+", plain))
        )
    return frozenset(modules)


@cache
def _files(name: str, beside: Path) -> tuple[Path, ...]:
    """Return the files of a module and its parent packages, in the package or beside the importing file."""
    parts = name.split(".")
    top = PACKAGE.parent if parts[0] == PACKAGE.name else beside
    stems = [top.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
    files = [path for stem in stems for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py"))]
    return tuple(path for path in files if path.is_file())


def data_beside(folder: Path) -> Iterator[Path]:
    """Yield the data files of a package folder and of its subfolders that are not packages."""
    for path in folder.iterdir():
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            yield path
        elif path.is_dir() and path.name != "__pycache__" and not (path / "__init__.py").exists():
            yield from data_beside(path)
