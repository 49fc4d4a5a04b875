"""Untrusted zip files: read in memory, within limits, and never unpacked to the paths that they name."""

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
MAXIMUM = 1_000  # files in one student's zip
LONGEST = 1_000  # characters in a path
RATIO = 200  # unpacked size : packed size
SMALL = 5_000_000  # bytes; below this any ratio is accepted
UTF8 = 0x800  # flag of a member whose name is in UTF-8
DIRECTORY = b"PK\x01\x02"  # starts each entry of a zip's directory
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    NotImplementedError,
)
AGAIN = "submit lab.ipynb itself, or a zip that contains only lab.ipynb"


@dataclass(frozen=True)
class Member:
    """One file in a zip: its path (with "/"), its size in bytes and its date as six numbers."""

    path: str
    size: int
    date: tuple[int, ...]
    info: zipfile.ZipInfo

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name


def is_zip(data: bytes) -> bool:
    """Return whether the bytes start like a zip file."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


@contextmanager
def opened(source: bytes | Path, name: str, maximum: int = MAXIMUM) -> Iterator[zipfile.ZipFile]:
    """Open a zip of at most `maximum` files.

    source  its bytes, or its path
    name    its name in error messages
    raises  NotebookError  if it is not a zip, is damaged, or contains too many files
    """
    try:
        if entries(source, maximum) > maximum:
            raise NotebookError(f"{name} contains more than {maximum} files", f"at most {maximum}", AGAIN)
        archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except BROKEN as error:
        if isinstance(error, NotebookError):
            raise
        raise NotebookError(
            f"{name} is a damaged zip ({one_line(error)})", "an intact zip file", AGAIN
        ) from None
    with archive:
        yield archive


def entries(source: bytes | Path, maximum: int) -> int:
    """Return an upper bound on a zip's entries without building the list; counting stops above `maximum`."""
    if isinstance(source, bytes):
        return source.count(DIRECTORY)
    count, tail = 0, b""
    with open(source, "rb") as file:
        while count <= maximum and (part := file.read(1 << 20)):
            count, tail = count + (tail + part).count(DIRECTORY), part[-3:]
    return count


def members(archive: zipfile.ZipFile) -> list[Member]:
    """Return a zip's regular files, without links, hidden or system files, and paths that lead outside."""
    files = []
    for info in archive.infolist():
        path = decoded(info).replace("\\", "/")
        parts = path.split("/")
        leads_out = path.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", path)
        hidden = "__MACOSX" in parts or any(part.startswith(".") for part in parts)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not (leads_out or hidden or len(path) > LONGEST or info.is_dir() or kind not in (0, stat.S_IFREG)):
            files.append(Member(path, info.file_size, tuple(info.date_time), info))
    return files


def decoded(info: zipfile.ZipInfo) -> str:
    """Return a member's name; one in UTF-8 that does not say so, as macOS writes it, is not taken for CP437."""
    if info.flag_bits & UTF8 or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def contents(archive: zipfile.ZipFile, member: Member, name: str) -> bytes:
    """Return the bytes of a file in a zip.

    name    its name in error messages
    raises  NotebookError  if it is encrypted, damaged, compressed by a rare method, or too large
    """
    info = member.info
    if info.flag_bits & 1:
        raise NotebookError(f"{name} is encrypted with a password", "a zip without a password", AGAIN)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotebookError(f"{name} uses a rare compression method", "an ordinary zip", AGAIN)
    if info.file_size > LARGEST or info.file_size > max(SMALL, RATIO * info.compress_size):
        raise too_large(name, info.file_size)
    try:
        with archive.open(info) as file:
            data = file.read(LARGEST + 1)
    except BROKEN as error:
        raise NotebookError(
            f"{name} is damaged ({one_line(error)})", "an intact file in the zip", AGAIN
        ) from None
    if len(data) > LARGEST:
        raise too_large(name, len(data))
    return data


def too_large(name: str, size: int) -> NotebookError:
    """Return the error for a file of `size` bytes."""
    return NotebookError(
        f"{name} is {size / 1e6:.0f} MB large",
        f"at most {LARGEST / 1e6:.0f} MB",
        "clear all outputs in JupyterLab (Edit menu), save, and submit it again",
    )


def one_line(error: Exception) -> str:
    """Return an error's message as one line of at most 100 characters."""
    return (" ".join(str(error).split()) or type(error).__name__)[:100]
