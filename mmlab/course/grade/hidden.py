"""The course's seed, and the cases that nobody has seen.

32 random bytes a course, in $MMLAB_SEED_FILE or ROOT/.seed, outside every sandbox. A
week's records are computed from it once, which takes seconds, and kept in
ROOT/.mmlab/WEEK/hidden.bin for as long as nothing that they depend on changes. Both
are the instructor's alone to read. With another seed, every mark is given on other cases.
"""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

import mmlab
from mmlab import values
from mmlab.course import notebook
from mmlab.course.exercise import Week
from mmlab.course.records import record
from mmlab.errors import InputError

SIZE = 32
FILE = "hidden.bin"
# Of the course's own machinery, what cases and results pass through.
MAKERS = ("exercise", "notebook", "records", "setup_cell", "versions")


def secret(root: Path) -> bytes:
    """Return the course's 32 secret bytes, made at the first call.

    raises  InputError for a file that cannot be read or written, or that is too short
    """
    path = seed_file(root)
    try:
        if not path.exists():
            _write_new(path, secrets.token_bytes(SIZE))
        found = path.read_bytes()
    except OSError as error:
        raise InputError(f"the seed file {path} cannot be used ({error})", "a file that you may read",
                         "check its rights, or set MMLAB_SEED_FILE to another path") from None  # fmt: skip
    if len(found) < SIZE:
        raise InputError(f"the seed file {path} holds {len(found)} bytes", f"{SIZE} random bytes",
                         "bring it back from a copy; delete it only to grade on new cases from now on")  # fmt: skip
    return found


def seed_file(root: Path) -> Path:
    """Return where the course's seed is, or will be."""
    return Path(os.environ.get("MMLAB_SEED_FILE") or root / ".seed")


def seed_id(secret: bytes) -> str:
    """Return eight letters that tell seeds apart and give nothing away, for logs."""
    return hashlib.sha256(b"seed id\0" + secret).hexdigest()[:8]


def records(root: Path, week: Week, secret: bytes) -> dict[str, dict]:
    """Return exercise → its record on the hidden cases, for every exercise that a machine marks.

    raises  InputError, NotebookError for a week that cannot be released
    """
    path = root / ".mmlab" / week.id / FILE
    key = _key(week, secret)
    with contextlib.suppress(OSError, InputError, KeyError, TypeError):  # a damaged cache is made again
        kept = values.loads(path.read_bytes())
        if kept["key"] == key:
            return {name: values.loads(message) for name, message in kept["records"].items()}
    lab = notebook.read(week.notebook)
    with one_thread():  # as in a child; and threads that wait for each other crawl on a busy machine
        made = {one.name: values.dumps(record(week, one, lab, secret)) for one in week.exercises if not one.is_text}
    with contextlib.suppress(OSError):  # what cannot be kept is computed again the next time
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        _write_private(path, values.dumps({"key": key, "records": made}))
    return {name: values.loads(message) for name, message in made.items()}


@contextlib.contextmanager
def one_thread():
    """Let torch compute in one thread for the length of a `with` block."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _key(week: Week, secret: bytes) -> str:
    """Return a digest of all that a week's records depend on."""
    import numpy
    import torch

    package = Path(mmlab.__file__).parent
    sources = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] != "course"]
    sources += [package / "course" / f"{name}.py" for name in MAKERS]
    sources += [*week.folder.glob("*.py"), week.notebook]
    digest = hashlib.sha256(repr((mmlab.__version__, numpy.__version__, torch.__version__)).encode() + secret)
    for path in sorted(sources):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _write_new(path: Path, data: bytes) -> None:
    """Write a private file unless another process does so first: one seed, whoever is asked for it."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        _write(unfinished, data)
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_private(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        _write(unfinished, data)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
