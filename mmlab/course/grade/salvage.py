"""What a file's bytes say as JSON, where they say it without a guess; else what the file is.

A byte order mark, UTF-16, a comma too many, words behind the end and merge marks
whose two sides give the same answers are read past, and said. What would have to
be guessed is refused with its place in the file.
"""

import codecs
import json
import re
from collections.abc import Callable

from mmlab.course.grade.archive import said
from mmlab.errors import NotebookError

WANTED = "a notebook: lab.ipynb as JupyterLab saves it"
SAVE = "save the lab in JupyterLab and hand in its .ipynb file"
RESTORE = "open the lab in JupyterLab, save it and hand it in again; an earlier copy is in .ipynb_checkpoints beside it"
MARKS = 2_000_000  # brackets in a file: each is an object in memory
COMMAS = 10_000_000
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
KINDS = (
    (b"%PDF", "a PDF"), (b"\x1f\x8b", "a gzip archive"), (b"7z\xbc\xaf", "a 7z archive"), (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"version https://git-lfs", "a pointer to a file that Git LFS keeps"),
)  # fmt: skip
TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)  # never looks back
MENDED = 10_000_000  # letters of a file whose commas are put right
SCRIPT = re.compile(r"^(#!.*python|# *%%|# *-\*- coding|# In\[|import |from \w+ import |def |class |print\()", re.MULTILINE)


def tree_of(data: bytes, name: str, answers: Callable[[dict], list]) -> tuple[dict, list[str]]:
    """Return the JSON object in a file's bytes, and a sentence for each thing that was read past.

    name     what messages call the file
    answers  a JSON object → what in it counts, to tell whether the sides of a merge differ
    raises   NotebookError  where there is none
    """
    refuse_other_kinds(data, name)
    text, notes = decoded(data, name)
    refuse_other_texts(text, name)
    if text.count("[") + text.count("{") > MARKS or text.count(",") > COMMAS:
        raise NotebookError(f"{name} holds millions of values", "a notebook of ordinary size",
                            "clear all outputs in JupyterLab (Edit menu), save, and hand in again")  # fmt: skip
    tree, more = parsed(text, name, answers)
    if not isinstance(tree, dict):
        raise NotebookError(f"{name} is JSON, but no notebook", WANTED, SAVE)
    return tree, notes + more


def refuse_other_kinds(data: bytes, name: str) -> None:
    """Raise NotebookError where a file's first bytes say that it is something else."""
    if not data.strip(b"\0 \t\r\n"):
        holds = "is empty" if not data.strip() else "holds nothing but zeros, as a failed copy leaves it"
        raise NotebookError(f"{name} {holds}", WANTED, RESTORE)
    kind = next((kind for start, kind in KINDS if data.startswith(start)), None)
    if kind is None and data[257:262] == b"ustar":
        kind = "a tar archive"
    if kind:
        raise NotebookError(f"{name} is {kind}", WANTED, SAVE)


def refuse_other_texts(text: str, name: str) -> None:
    """Raise NotebookError where a text is plainly no JSON, with what it seems to be."""
    start = text.lstrip()[:4000]
    if start.startswith(("{", "[", "<<<<<<<")):
        return
    if start.startswith("<"):
        raise NotebookError(f"{name} is a web page", WANTED, "hand in the .ipynb file itself, not the page that shows it")
    if SCRIPT.search(start):
        raise NotebookError(f"{name} is a Python script", WANTED,
                            "hand in the notebook (.ipynb), not its export as a script")  # fmt: skip
    raise NotebookError(f"{name} is no notebook: it does not begin as one", WANTED, SAVE)


def decoded(data: bytes, name: str) -> tuple[str, list[str]]:
    """Return a file's text, and what was odd about its encoding; raises NotebookError where it is no text."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            data, notes = data[len(mark) :], ["A byte order mark at the start of your file was passed over."]
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
            raise NotebookError(f"{name} is no UTF-8 text (byte {error.start})", WANTED, RESTORE) from None
        return text, [*notes, f"{lost} letters of your file were no UTF-8 and stand as \ufffd."]


def parsed(text: str, name: str, answers: Callable[[dict], list]) -> tuple[object, list[str]]:
    """Return the JSON value in a text, and what was read past; raises NotebookError where there is none."""
    try:
        return loads(text), []
    except RecursionError:
        raise NotebookError(f"{name} nests values too deeply", WANTED, RESTORE) from None
    except ValueError as error:
        first = error
    if (sides := merge_sides(text)) is not None:
        return one_side(sides, name, answers)
    try:
        return behind(text, name)
    except (ValueError, RecursionError) as error:
        if isinstance(error, NotebookError):
            raise
    try:
        if len(text) > MENDED:
            raise first
        return loads(with_right_commas(text)), ["Commas that were missing or too many in your file were put right."]
    except (ValueError, RecursionError):
        raise not_json(text, name, first) from None


def loads(text: str) -> object:
    """Return a text's JSON value; line ends inside strings are let pass, numbers of a thousand digits are cut."""
    return json.loads(text, strict=False, parse_int=_integer)


def _integer(digits: str) -> int:
    return int(digits[:30])


def not_json(text: str, name: str, error: ValueError) -> NotebookError:
    """Return the error for a text that is no JSON, which says where it goes wrong."""
    if not isinstance(error, json.JSONDecodeError):
        return NotebookError(f"{name} is not JSON ({said(error)})", WANTED, RESTORE)
    place = f"line {error.lineno}, column {error.colno}"
    rest = text[error.pos :].rstrip()
    in_word = len(rest) <= 8 and (rest.isalpha() or "\\" in text[error.pos - 1 :])  # "tru", "\u00"
    if not rest or in_word or error.msg.startswith("Unterminated"):
        return NotebookError(f"{name} is cut short: it breaks off in what begins at {place}", "a whole file", RESTORE)
    return NotebookError(f"{name} is not JSON ({error.msg} at {place})", WANTED, RESTORE)


def behind(text: str, name: str) -> tuple[object, list[str]]:
    """Return the first JSON value of a text that has something behind it; raises ValueError where none is whole."""
    start = len(text) - len(text.lstrip())
    tree, end = json.JSONDecoder(strict=False, parse_int=_integer).raw_decode(text, start)
    rest = text[end:].strip(" \t\r\n\0\ufeff")
    if rest.startswith("{") and '"cells"' in rest:
        raise NotebookError(f"{name} holds two notebooks, one behind the other", "one notebook", RESTORE)
    return tree, [f"{len(rest)} letters behind the end of the notebook were passed over."] if rest else []


def with_right_commas(text: str) -> str:
    """Return a text without a comma before a closing bracket, and with one where a line ends without.

    Strings are left as they are, and two values on one line too: there a comma would be a guess.
    """
    parts, last, end = [], "", 0
    for match in TOKEN.finditer(text):
        token = match[0]
        if token in "]}" and last == ",":
            parts.pop()
        missing = last and last not in "[{,:" and token not in "]},:" and "\n" in text[end : match.start()]
        parts += [",", token] if missing else [token]
        last, end = token, match.end()
    return " ".join(parts)


def merge_sides(text: str) -> tuple[str, str, int, str, str] | None:
    """Return a text with merge marks as its two sides have it, the first mark's line, and the sides' names.

    None where there are no marks, or they do not pair up.
    """
    sides, where, names, first = ([], []), None, ["", ""], 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("<<<<<<<") and where is None:
            where, first, names[0] = 0, first or number, names[0] or line[7:].strip()
        elif line.startswith("|||||||") and where == 0:
            where = 2  # what both sides came from
        elif line.startswith("=======") and where in (0, 2):
            where = 1
        elif line.startswith(">>>>>>>") and where == 1:
            where, names[1] = None, names[1] or line[7:].strip()
        elif where is None:
            sides[0].append(line)
            sides[1].append(line)
        elif where < 2:
            sides[where].append(line)
    return ("\n".join(sides[0]), "\n".join(sides[1]), first, *names) if first and where is None else None


def one_side(sides: tuple, name: str, answers: Callable[[dict], list]) -> tuple[object, list[str]]:
    """Return one side of a merge where both give the same answers; raises NotebookError where they do not."""
    *texts, line, ours, theirs = sides
    trees = []
    for text in texts:
        try:
            trees.append(loads(text))
        except (ValueError, RecursionError):
            trees.append(None)
    labels = [printable(label) for label in (ours or "the first", theirs or "the second")]
    whole = all(isinstance(tree, dict) for tree in trees)
    if whole and answers(trees[0]) == answers(trees[1]):
        return trees[0], [f"Merge marks (line {line}) were taken out: both sides hold the same answers."]
    why = "its two sides hold different answers" if whole else "it cannot be read with them"
    raise NotebookError(
        f"{name} holds merge marks (<<<<<<< in line {line}), and {why}", "one of the two sides",
        f"keep what stands above each ======= ({labels[0]}) or below it ({labels[1]}), delete the marks, "
        "run the lab once more and hand it in again",
    )  # fmt: skip


def printable(text: str, most: int = 60) -> str:
    """Return a stranger's text as a message may show it: one line, no control letters, cut at `most`."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"
