"""Where an exercise's cases are found, read and written.

A `cases.npz` holds one record an exercise, each a message of `mmlab.values`
stored as bytes, and one more that says which week and which mmlab made it.

A record is a dict: name, driver and compare (kind and plain parameters), forbids,
cases (inputs), expected (one driver result a case), and misconceptions (name,
message, do, detect, and the results of that wrong answer).
"""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from mmlab import __version__, values
from mmlab.errors import CasesError, InputError

FILE = "cases.npz"
FORMAT = 1  # of the file; goes up when an older mmlab could not read it
ABOUT = "about_these_cases"
DAMAGE = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError)


def find(name: str, path: str | Path | None = None) -> dict:
    """Return the record of the exercise `name`.

    path    a cases.npz; None: $MMLAB_CASES, ./cases.npz, then labs/*/cases.npz here and upward
    raises  CasesError where there is no such file, it is damaged, or made by another version
    """
    seen: list[str] = []
    for file in _places(path):
        names = read_names(file)
        if name in names:
            return read(file, name)
        seen += names
    if seen:
        raise CasesError(f"no exercise {name!r} in the cases found", f"one of {', '.join(sorted(set(seen)))}",
                         "check the name, or run `mmlab update` on your lab")  # fmt: skip
    raise CasesError(f"no {FILE} for {name!r} in {Path.cwd()} or above it", f"the {FILE} that came with the lab",
                     f"put {FILE} back beside lab.ipynb, or set MMLAB_CASES to its path")  # fmt: skip


def read_names(file: Path) -> list[str]:
    """Return the names of the exercises in a cases.npz; raises CasesError as `find` does."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            names = list(archive.files)
            about = values.loads(archive[ABOUT].tobytes())
    except FileNotFoundError:
        raise CasesError(f"{file} is not there", f"the {FILE} that came with the lab", "check the path") from None
    except DAMAGE as error:
        raise _damaged(file, error) from None
    _refuse_other_version(file, about)
    return [name for name in names if name != ABOUT]


def read(file: Path, name: str) -> dict:
    """Return one record of a cases.npz; raises CasesError where it is damaged."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            return values.loads(archive[name].tobytes())
    except DAMAGE as error:
        raise _damaged(file, error) from None


def write(file: Path, week: str, records: list[dict]) -> None:
    """Write records as a cases.npz; the same records give the same bytes."""
    about = {"format": FORMAT, "mmlab": __version__, "week": week}
    arrays = {record["name"]: record for record in records} | {ABOUT: about}
    packed = {name: np.frombuffer(values.dumps(value), np.uint8) for name, value in arrays.items()}
    with open(file, "wb") as stream:
        np.savez_compressed(stream, **packed)


def _places(path: str | Path | None) -> list[Path]:
    given = path or os.environ.get("MMLAB_CASES")
    if given:
        return [Path(given)]
    here = Path.cwd()
    above = [found for folder in (here, *here.parents) for found in sorted(folder.glob(f"labs/*/{FILE}"))]
    return [here / FILE, *above] if (here / FILE).exists() else above


def _refuse_other_version(file: Path, about) -> None:
    if not isinstance(about, dict) or not {"format", "mmlab"} <= set(about):
        raise _damaged(file, InputError("no word on what made it"))
    made, ours = str(about["mmlab"]), __version__
    if (about["format"], _minor(made)) == (FORMAT, _minor(ours)):
        return
    newer = (about["format"], _minor(made)) > (FORMAT, _minor(ours))
    do = 'upgrade the package: pip install --upgrade "mmlab"' if newer else "fetch the lab again: mmlab update lab.ipynb"
    raise CasesError(f"{file} was made by mmlab {made} (format {about['format']})",
                     f"cases made by mmlab {ours} (format {FORMAT})", do)  # fmt: skip


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:2])


def _damaged(file: Path, error: Exception) -> CasesError:
    return CasesError(f"{file} is damaged ({str(error).splitlines()[0] if str(error) else type(error).__name__})",
                      f"the {FILE} that came with the lab", "fetch it again: mmlab update lab.ipynb")  # fmt: skip
