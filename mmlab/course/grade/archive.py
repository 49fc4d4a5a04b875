"""Zip files from strangers: read in memory, within limits, and never unpacked by their own paths."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mmlab.errors import NotebookError

LARGEST = 50_000_000  # bytes of one file
MOST = 1_000  # files in the zip that one student hands in
LONGEST = 1_000  # letters of a path
RATIO = 200  # of a file's bytes to what it takes in the zip
SMALL = 5_000_000  # bytes up to which any ratio will do
DIRECTORY = b"PK\x01\x02"  # begins each entry of a zip's directory
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, LookupError, NotImplementedError)
AGAIN = "hand in lab.ipynb itself, or a zip that holds it and nothing else"


@dataclass(frozen=True)
class Member:
    """One file in a zip: its path inside, with "/" between the parts, its size and its date as six numbers."""

    path: str
    size: int
    date: tuple[int, ...]
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """The path's last part."""
        return PurePosixPath(self.path).name


def is_zip(data: bytes) -> bool:
    """Return whether bytes begin as a zip does."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def opened(source: bytes | Path, name: str, most: int = MOST) -> Iterator[zipfile.ZipFile]:
    """Open a zip of at most `most` files.

    source  its bytes, or its path
    name    what messages call it
    raises  NotebookError  where it is no zip, is damaged, or holds too many files
    """
    try:
        if entries(source, most) > most:
            raise NotebookError(f"{name} holds more than {most} files", f"at most {most}", AGAIN)
        archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except BROKEN as error:
        if isinstance(error, NotebookError):
            raise
        raise NotebookError(f"{name} is a damaged zip ({said(error)})", "a whole zip file", AGAIN) from None
    with archive:
        yield archive


def entries(source: bytes | Path, most: int) -> int:
    """Return a bound on a zip's entries, `most` + 1 where there are more: to know it before a list is made."""
    if isinstance(source, bytes):
        return source.count(DIRECTORY)
    found, tail = 0, b""
    with open(source, "rb") as file:
        while found <= most and (part := file.read(1 << 20)):
            found, tail = found + (tail + part).count(DIRECTORY), part[-3:]
    return found


def members(archive: zipfile.ZipFile) -> list[Member]:
    """Return a zip's ordinary files; folders, links, what systems add and paths that lead out are passed over."""
    found = []
    for info in archive.infolist():
        path = info.filename.replace("\\", "/")
        parts = path.split("/")
        leads_out = path.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", path)
        hidden = "__MACOSX" in parts or any(part.startswith(".") for part in parts)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not (leads_out or hidden or len(path) > LONGEST or info.is_dir() or kind not in (0, stat.S_IFREG)):
            found.append(Member(path, info.file_size, tuple(info.date_time), info))
    return found


def contents(archive: zipfile.ZipFile, member: Member, name: str) -> bytes:
    """Return the bytes of a file in a zip.

    name    what messages call it
    raises  NotebookError  where it is locked, damaged, packed in a rare way, or larger than it may be
    """
    info = member.info
    if info.flag_bits & 1:
        raise NotebookError(f"{name} is locked with a password", "a zip without one", AGAIN)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotebookError(f"{name} is packed in a way that few can read", "an ordinary zip", AGAIN)
    if info.file_size > LARGEST or info.file_size > max(SMALL, RATIO * info.compress_size):
        raise too_large(name, info.file_size)
    try:
        with archive.open(info) as file:
            data = file.read(LARGEST + 1)
    except BROKEN as error:
        raise NotebookError(f"{name} is damaged ({said(error)})", "a whole file in the zip", AGAIN) from None
    if len(data) > LARGEST:
        raise too_large(name, len(data))
    return data


def too_large(name: str, size: int) -> NotebookError:
    """Return the error for a file of `size` bytes."""
    return NotebookError(f"{name} is {size / 1e6:.0f} MB large", f"at most {LARGEST / 1e6:.0f} MB",
                         "clear all outputs in JupyterLab (Edit menu), save, and hand in again")  # fmt: skip


def said(error: Exception) -> str:
    """Return an error's words on one short line."""
    return (" ".join(str(error).split()) or type(error).__name__)[:100]
