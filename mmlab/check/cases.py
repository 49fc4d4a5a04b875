"""Find, read and write the cases of exercises.

A `cases.npz` holds one record for each exercise, encoded by `mmlab.codec` and
stored as bytes, and one more record that names the week and the version of mmlab that made the file.

A record is a dict: name, driver and compare (kind and plain parameters), forbids,
cases (inputs), expected (one driver result for each case), and misconceptions (name,
message, do, detect, and the results of that wrong answer).
"""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from mmlab import __version__, codec
from mmlab.errors import CasesError, InputError
from mmlab.files import atomic_write

FILE = "cases.npz"
PATH = "MMLAB_CASES"  # the environment variable that holds the path of a cases.npz
COURSE = Path(__file__).resolve().parents[2]  # the course's folder, if the package is used from its clone
FORMAT = 1  # of the file; raised when an older mmlab can no longer read it
ABOUT = "about_these_cases"
DAMAGE = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError)


def find(name: str, path: str | Path | None = None) -> dict:
    """Return the record of the exercise `name`.

    path    a cases.npz; None: $MMLAB_CASES, ./cases.npz, then labs/*/cases.npz here and upward, then those
            of the course that the package is in
    raises  CasesError if there is no such file, or it is damaged or made by another version
    """
    seen: list[str] = []
    for file in _candidates(path):
        names = read_names(file)
        if name in names:
            return read(file, name)
        seen += names
    if not (path or os.environ.get(PATH)):
        for file in sorted(
            COURSE.glob(f"labs/*/{FILE}")
        ):  # the lab was opened in another folder, such as Downloads
            if name in read_names(file):
                return read(file, name)
    if seen:
        raise CasesError(
            f"no exercise {name!r} in {FILE}",
            f"one of {', '.join(sorted(set(seen)))}",
            "check the name, or run `mmlab update` on your lab",
        )
    raise CasesError(
        f"no {FILE} for {name!r} in {Path.cwd()} or above it",
        f"the {FILE} that came with the lab",
        f"copy {FILE} into the folder of lab.ipynb, or set MMLAB_CASES to its path",
    )


def read_names(file: Path) -> list[str]:
    """Return the names of the exercises in a cases.npz; raises CasesError as `find` does."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            names = list(archive.files)
            about = codec.loads(archive[ABOUT].tobytes())
    except FileNotFoundError:
        raise CasesError(
            f"{file} does not exist", f"the {FILE} that came with the lab", "check the path"
        ) from None
    except DAMAGE as error:
        raise _damaged(file, error) from None
    _refuse_other_version(file, about)
    return [name for name in names if name != ABOUT]


def read(file: Path, name: str) -> dict:
    """Return one record of a cases.npz; raises CasesError if it is damaged."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            return codec.loads(archive[name].tobytes(), keys=codec.RECORD_KEYS)
    except DAMAGE as error:
        raise _damaged(file, error) from None


def write(file: Path, week: str, records: list[dict]) -> None:
    """Write records as a cases.npz, whole or not at all; the same records give the same bytes.

    raises  InputError if it cannot be written
    """
    about = {"format": FORMAT, "mmlab": __version__, "week": week}
    arrays = {record["name"]: record for record in records} | {ABOUT: about}
    packed = {name: np.frombuffer(codec.dumps(value), np.uint8) for name, value in arrays.items()}
    atomic_write(file, lambda out: np.savez_compressed(out, **packed))


def _candidates(path: str | Path | None) -> list[Path]:
    given = path or os.environ.get(PATH)
    if given:
        return [Path(given)]
    here = Path.cwd()
    above = [file for folder in (here, *here.parents) for file in sorted(folder.glob(f"labs/*/{FILE}"))]
    return [here / FILE, *above] if (here / FILE).exists() else above


def _refuse_other_version(file: Path, about) -> None:
    if not isinstance(about, dict) or not {"format", "mmlab"} <= set(about):
        raise _damaged(file, InputError("it does not say which mmlab made it"))
    made, ours = str(about["mmlab"]), __version__
    if (about["format"], _minor(made)) == (FORMAT, _minor(ours)):
        return
    newer = (about["format"], _minor(made)) > (FORMAT, _minor(ours))
    do = (
        'upgrade the package: pip install --upgrade "mmlab"'
        if newer
        else "download the lab again: mmlab update lab.ipynb"
    )
    raise CasesError(
        f"{file} was made by mmlab {made} (format {about['format']})",
        f"cases made by mmlab {ours} (format {FORMAT})",
        do,
    )


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:2])


def _damaged(file: Path, error: Exception) -> CasesError:
    return CasesError(
        f"{file} is damaged ({str(error).splitlines()[0] if str(error) else type(error).__name__})",
        f"the {FILE} that came with the lab",
        "download it again: mmlab update lab.ipynb",
    )
