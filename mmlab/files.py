"""Files that are written whole or not at all.

A crash, a full disk or Ctrl-C in the middle of a write leaves what was there
before: the content goes to a new file beside the target, which is then renamed.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from mmlab.errors import InputError

Content = bytes | Callable[[BinaryIO], object]
_FULL = {errno.ENOSPC, errno.EDQUOT}


def atomic_write(
    path: str | Path,
    content: Content,
    *,
    mode: int | None = None,
    durable: bool = True,
    overwrite: bool = True,
    again: str = "run it again",
) -> None:
    """Write one file whole or not at all.

    path       the file; its folder is there
    content    bytes, or a function that writes them to the binary file that it is given
    mode       permissions, such as 0o600, held from the first byte on; None: as `open` gives them
    durable    wait until the disk has the content (fsync); False where the file can be made again
    overwrite  replace a file that is there
    again      what an error says to do once the cause is gone
    raises     InputError       where it cannot be written; what was there is as it was
               FileExistsError  where it is there and `overwrite` is False
    """
    write_together({path: content}, mode=mode, durable=durable, overwrite=overwrite, again=again)


def write_together(
    files: Mapping[str | Path, Content],
    *,
    mode: int | None = None,
    durable: bool = True,
    overwrite: bool = True,
    again: str = "run it again",
) -> None:
    """Write several files as `atomic_write` does, all of them before the first one is replaced."""
    unfinished: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in files.items():
            path = Path(path)
            part = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.part")
            unfinished[part] = path
            with open(part, "xb", opener=None if mode is None else _with_mode(mode)) as out:
                content(out) if callable(content) else out.write(content)
                if durable:
                    out.flush()
                    os.fsync(out.fileno())
            if mode is not None:
                os.chmod(part, mode)  # exactly: the umask may have taken some of it
        for part, path in unfinished.items():
            (os.replace if overwrite else os.link)(part, path)
    except OSError as error:
        if isinstance(error, FileExistsError) and not overwrite:
            raise
        raise _refused(path, error, again) from error
    finally:
        for part in unfinished:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def _with_mode(mode: int) -> Callable[[str, int], int]:
    return lambda name, flags: os.open(name, flags, mode)


def _refused(path: Path, error: OSError, again: str) -> InputError:
    full = error.errno in _FULL
    return InputError(
        f"{path} could not be written ({error.strerror or error})",
        "enough free space there" if full else "a folder that is there, and the right to write in it",
        f"{'free some space' if full else f'check {path.parent}'}, then {again}; nothing there has changed",
    )
