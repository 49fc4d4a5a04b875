"""One file as a gate sees it: its path from the root, and its text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class File:
    """A file of text: where it is and what it says."""

    path: str
    text: str

    @classmethod
    def read(cls, path: Path, root: Path) -> Self:
        """Return the file at `path`, named from `root`."""
        return cls(str(path.relative_to(root)), path.read_text(encoding="utf-8"))
