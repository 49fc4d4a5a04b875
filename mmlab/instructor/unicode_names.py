"""One spelling for names that Unicode can write in two ways.

macOS stores "ë" as "e" and a combining diaeresis (form NFD), other systems as one character (NFC).
Both look the same, and both are the same student.
"""

import os
from pathlib import Path
from unicodedata import normalize


def canonical(name: str) -> str:
    """Return a name in the form NFC.

    >>> canonical("Zoe\\u0308") == "Zo\\u00eb"
    True
    """
    return normalize("NFC", name)


def same_name(folder: Path, name: str) -> Path:
    """Return the entry of a folder with this name in any Unicode form, else the path for a new entry in NFC."""
    path = folder / canonical(name)
    if name.isascii() or os.path.lexists(path):
        return path
    try:
        entries = os.listdir(folder)
    except OSError:
        return path
    return next((folder / entry for entry in entries if canonical(entry) == path.name), path)
