"""The course's secret seed, and the hidden test cases that are made from it.

The seed is 32 random bytes in $MMLAB_SEED_FILE or ROOT/.seed, which no sandbox can see. A week's
records are computed from it once, which takes seconds, and cached in ROOT/.mmlab/WEEK/hidden.bin
until something that they depend on changes. If that happens while they are computed, they are not
cached. Only the instructor can read both files. Another seed gives other hidden cases.
"""

import contextlib
import hashlib
import inspect
import os
import secrets
import time
from pathlib import Path

import mmlab
from mmlab import codec
from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.files import atomic_write
from mmlab.instructor.authoring.case_records import UnfairDraw, record
from mmlab.instructor.authoring.code_digest import PACKAGE, dependencies, digest
from mmlab.instructor.authoring.exercise import Exercise, Week

SIZE = 32
FILE = "hidden.bin"
DRAWS = 10
STARTED = time.time()  # of this process, roughly


def secret(root: Path) -> bytes:
    """Return the course's 32 secret bytes; the first call creates them.

    raises  InputError  for a file that cannot be read or written, or that is too short
    """
    path = seed_file(root)
    try:
        if not path.exists():
            with contextlib.suppress(FileExistsError):  # another process was first: use its seed
                atomic_write(path, secrets.token_bytes(SIZE), mode=0o600, overwrite=False)
        seed = path.read_bytes()
    except (OSError, InputError) as error:
        raise InputError(
            f"the seed file {path} cannot be used ({getattr(error, 'given', error)})",
            "a file that you may read",
            "check its permissions, or set MMLAB_SEED_FILE to another path",
        ) from None
    if len(seed) < SIZE:
        raise InputError(
            f"the seed file {path} contains {len(seed)} bytes",
            f"{SIZE} random bytes",
            "restore it from a backup; delete it only if you want new hidden cases from now on",
        )
    return seed


def seed_file(root: Path) -> Path:
    """Return the path of the course's seed, whether it exists or not."""
    return Path(os.environ.get("MMLAB_SEED_FILE") or root / ".seed")


def seed_id(secret: bytes) -> str:
    """Return eight hexadecimal digits that identify a seed without revealing it, for logs."""
    return hashlib.sha256(b"seed id\0" + secret).hexdigest()[:8]


def records(root: Path, week: Week, secret: bytes) -> dict[str, dict]:
    """Return exercise → its record of the hidden cases, for every automatically graded exercise.

    raises  InputError, NotebookError  for a week that cannot be released
    """
    path = root / ".mmlab" / week.id / FILE
    key = _key(week, secret)
    with contextlib.suppress(OSError, InputError, KeyError, TypeError):  # a damaged cache is made again
        cached = codec.loads(path.read_bytes())
        if cached["key"] == key:
            return {
                name: codec.loads(message, keys=codec.RECORD_KEYS)
                for name, message in cached["records"].items()
            }
    lab = notebook.read(week.notebook)
    with one_thread():  # as in a child; on a busy machine several threads are also much slower
        made = {
            exercise.name: codec.dumps(_fair_record(week, exercise, lab, secret))
            for exercise in week.exercises
            if not exercise.is_text
        }
    if _ran_what_is_there(week) and _key(week, secret) == key:
        with contextlib.suppress(OSError, InputError):  # without a cache they are computed again next time
            for folder in (path.parent.parent, path.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            atomic_write(path, codec.dumps({"key": key, "records": made}), mode=0o600)
    return {name: codec.loads(message, keys=codec.RECORD_KEYS) for name, message in made.items()}


def _fair_record(week: Week, exercise: Exercise, lab: dict, secret: bytes) -> dict:
    """Return an exercise's hidden record, drawn again where the reference itself fails; raises UnfairDraw after DRAWS."""
    for draw in range(DRAWS - 1):
        with contextlib.suppress(UnfairDraw):
            return record(week, exercise, lab, secret + bytes([draw] * bool(draw)))
    return record(week, exercise, lab, secret + bytes([DRAWS - 1]))


@contextlib.contextmanager
def one_thread():
    """Limit PyTorch to one thread during a `with` block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _key(week: Week, secret: bytes) -> str:
    """Return a digest of all that a week's records depend on: the seed, the week's folder, and the code that runs."""
    import numpy
    import torch

    versions = (mmlab.__version__, numpy.__version__, torch.__version__)
    return digest(_files(week), week.folder, *versions, secret)


def _files(week: Week) -> set[Path]:
    """Return the files that a week's records depend on."""
    return dependencies([*week.folder.rglob("*.py"), week.notebook, Path(inspect.getfile(record))])


def _ran_what_is_there(week: Week) -> bool:
    """Return whether the files are still those that this process imported.

    An exercise that was edited since then must not have its old records stored under the key of its new text.
    """
    package = [path for path in _files(week) if path.is_relative_to(PACKAGE) and path.suffix == ".py"]
    return week.is_current() and all(path.stat().st_mtime <= STARTED for path in package)
