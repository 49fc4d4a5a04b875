"""Decode a file's bytes and parse them as JSON, or say what the file is and where its JSON is wrong.

All Unicode encodings are read, with or without a byte order mark. Text that is not JSON is
refused with the position of the error; the grader never guesses what was meant.
"""

import codecs
import json
import re

from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake.archive import one_line

WANTED = "a notebook: lab.ipynb as JupyterLab saves it"
SAVE = "save the lab in JupyterLab and submit its .ipynb file"
RESTORE = "open the lab in JupyterLab, save it and submit it again; .ipynb_checkpoints beside it has an earlier copy"
EDIT = (
    "correct that line in a text editor, or take the earlier copy in .ipynb_checkpoints, and submit it again"
)
BRACKETS = 2_000_000  # in a file: each one is an object in memory
COMMAS = 10_000_000
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
KINDS = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"version https://git-lfs", "a pointer to a file in Git LFS"),
)
SCRIPT = re.compile(
    r"^(#!.*python|# *%%|# *-\*- coding|# In\[|import |from \w+ import |def |class |print\()", re.MULTILINE
)


def tree_of(data: bytes, name: str) -> tuple[dict, list[str]]:
    """Return the JSON object in a file's bytes, and a sentence for each oddity of its encoding.

    name    the file's name in error messages
    raises  NotebookError  if there is none
    """
    refuse_other_kinds(data, name)
    text, notes = decoded(data, name)
    text = text.rstrip(" \t\r\n\0\ufeff")  # some disks fill a file's last block with zeros
    refuse_other_texts(text, name)
    if text.count("[") + text.count("{") > BRACKETS or text.count(",") > COMMAS:
        raise NotebookError(
            f"{name} contains millions of values",
            "a notebook of ordinary size",
            "clear all outputs in JupyterLab (Edit menu), save, and submit it again",
        )
    tree = parsed(text, name)
    if not isinstance(tree, dict):
        raise NotebookError(f"{name} is JSON, but not a notebook", WANTED, SAVE)
    return tree, notes


def refuse_other_kinds(data: bytes, name: str) -> None:
    """Raise NotebookError if a file's first bytes show that it is of another type."""
    if not data.strip(b"\0 \t\r\n"):
        holds = "is empty" if not data.strip() else "contains only zeros, probably from a failed copy"
        raise NotebookError(f"{name} {holds}", WANTED, RESTORE)
    kind = next((kind for start, kind in KINDS if data.startswith(start)), None)
    if kind is None and data[257:262] == b"ustar":
        kind = "a tar archive"
    if kind:
        raise NotebookError(f"{name} is {kind}", WANTED, SAVE)


def refuse_other_texts(text: str, name: str) -> None:
    """Raise NotebookError for text that is clearly not JSON, with what it seems to be."""
    start = text.lstrip()[:4000]
    if start.startswith(("{", "[", "<<<<<<<")):
        return
    if start.startswith("<"):
        raise NotebookError(
            f"{name} is a web page", WANTED, "submit the .ipynb file itself, not the page that shows it"
        )
    if SCRIPT.search(start):
        raise NotebookError(
            f"{name} is a Python script", WANTED, "submit the notebook (.ipynb), not its export as a script"
        )
    raise NotebookError(f"{name} is not a notebook: it does not start with {{", WANTED, SAVE)


def decoded(data: bytes, name: str) -> tuple[str, list[str]]:
    """Return a file's text, and sentences about its encoding; raises NotebookError if it is not text."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            data, notes = data[len(mark) :], ["A byte order mark at the start of your file was ignored."]
            break
    else:
        sparse = data[1:2] == b"\0" or data[:1] == b"\0"
        encoding, notes = ("utf-16-le" if data[:1] != b"\0" else "utf-16-be") if sparse else "utf-8", []
    if encoding != "utf-8":
        notes = [f"Your file was written in {encoding[:6].upper()}; notebooks are UTF-8."]
    try:
        return data.decode(encoding), notes
    except UnicodeDecodeError as error:
        text = data.decode(encoding, "replace")
        lost = text.count("\ufffd")
        if encoding != "utf-8" or lost > 1 + len(text) // 100:
            raise NotebookError(f"{name} is not UTF-8 text (byte {error.start})", WANTED, RESTORE) from None
        return text, [*notes, f"{lost} characters of your file were not UTF-8 and were replaced by \ufffd."]


def parsed(text: str, name: str) -> object:
    """Return the JSON value in a text; raises NotebookError if there is none, or more than one."""
    try:
        return json.loads(text, strict=False, parse_int=_integer)
    except RecursionError:
        raise NotebookError(f"{name} nests values too deeply", WANTED, RESTORE) from None
    except ValueError as error:
        raise not_json(text, name, error) from None


def _integer(digits: str) -> int:
    return int(digits[:30])  # converting thousands of digits would take seconds


def not_json(text: str, name: str, error: ValueError) -> NotebookError:
    """Return the error for a text that is not JSON: the position, and what to do there."""
    if mark := re.search(r"^<<<<<<<", text, re.MULTILINE):
        line = text.count("\n", 0, mark.start()) + 1
        return NotebookError(
            f"{name} contains merge conflict markers (<<<<<<< in line {line})",
            "one of the two versions",
            "keep what is above each ======= or below it, delete the lines with the markers, run the "
            "lab once more and submit it again",
        )
    if not isinstance(error, json.JSONDecodeError):
        return NotebookError(f"{name} is not JSON ({one_line(error)})", WANTED, RESTORE)
    position, rest = f"line {error.lineno}, column {error.colno}", text[error.pos :]
    if error.msg == "Extra data":
        if rest.startswith("{") and '"cells"' in rest:
            return NotebookError(
                f"{name} contains two notebooks, one after the other", "one notebook", RESTORE
            )
        return NotebookError(
            f"{name} continues after the notebook's end, at {position}: {_line(text, error)}",
            WANTED,
            "delete that text in a text editor, and submit the file again",
        )
    in_word = len(rest) <= 8 and (rest.isalpha() or "\\" in text[error.pos - 1 :])  # "tru", "\u00"
    if not rest or in_word or error.msg.startswith("Unterminated"):
        return NotebookError(
            f"{name} is truncated: it ends inside the value that starts at {position}",
            "a complete file",
            RESTORE,
        )
    return NotebookError(
        f"{name} is not JSON ({error.msg} at {position}: {_line(text, error)})", WANTED, EDIT
    )


def _line(text: str, error: json.JSONDecodeError) -> str:
    """Return the part of a line around the position of an error."""
    start = max(text.rfind("\n", 0, error.pos) + 1, error.pos - 30)
    return printable(text[start : start + 200].split("\n")[0].strip())


def printable(text: str, maximum: int = 60) -> str:
    """Return untrusted text for a message: one line, no control characters, at most `maximum` characters."""
    safe = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return safe if len(safe) <= maximum else safe[: maximum - 1] + "…"
