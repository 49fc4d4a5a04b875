"""Damage to files: encodings, incomplete copies, zips, and files that are not notebooks."""

import io
import json
import random
import zipfile
from pathlib import Path

from mmlab.cli import notebook

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
PAGE = b"<!DOCTYPE html>\n<html><head><title>lab</title></head><body>Not found</body></html>"


def text(lab: dict) -> str:
    """Return a lab as the text of its file."""
    return notebook.dumps(lab)


def data(lab: dict) -> bytes:
    """Return a lab as the bytes of its file."""
    return text(lab).encode()


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of path → bytes; the dates are fixed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2026, 2, 3, 4, 5, 6))
            entry.compress_type = compression
            archive.writestr(entry, content)
    return out.getvalue()


def windows(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with Windows line endings, in the file and in the cells."""
    for cell in lab["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    return text(lab).replace("\n", "\r\n").encode()


def extra_commas(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab edited by hand: an extra comma after the last cell, and one missing between two cells."""
    written = text(lab)
    last = written.rindex("  }\n ],\n")
    return (written[: last + 3] + "," + written[last + 3 :]).replace("  },\n  {", "  }\n  {", 1).encode()


def merged(lab: dict, change: dict, ours: str, theirs: str) -> bytes:
    """Return a lab with a merge conflict of two lines in place of the line that contains MERGED.

    change  added to the lab so that its file has that line
    """
    lines = text(lab | change).split("\n")
    at = next(number for number, line in enumerate(lines) if "MERGED" in line)
    lines[at : at + 1] = ["<<<<<<< HEAD", ours, "=======", theirs, ">>>>>>> main"]
    return "\n".join(lines).encode()


def merged_alike(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with a merge conflict of two values that grading ignores."""
    return merged(lab, {"metadata": lab["metadata"] | {"a": "MERGED", "b": 0}}, '"a": 1,', '"a": 2,')


def merged_apart(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with a merge conflict of two answers."""
    first = next(cell for cell in lab["cells"] if notebook.about(cell).get("solution"))
    first["source"] = "# MERGED\n" + first["source"]
    return merged(lab, {}, '"# mine\\n",', '"# theirs\\n",')


def format_3(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab in notebook format 3, as old programs write it."""
    cells = [{"cell_type": "heading", "level": 1, "source": "My lab", "metadata": {}}]
    for cell in lab["cells"]:
        old = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        if cell["cell_type"] == "code":
            old |= {
                "input": cell["source"].splitlines(keepends=True),
                "language": "python",
                "outputs": [],
                "prompt_number": 1,
            }
        else:
            old["source"] = cell["source"]
        cells.append(old)
    tree = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": cells, "metadata": {}}],
    }
    return json.dumps(tree).encode()


def script(lab: dict, _rng: random.Random) -> dict[str, bytes]:
    """Return the lab as `jupyter nbconvert --to script` writes it."""
    cells = [cell["source"] for cell in lab["cells"] if cell["cell_type"] == "code"]
    return {
        "lab.py": ("#!/usr/bin/env python\n# coding: utf-8\n\n" + "\n\n# In[ ]:\n\n".join(cells)).encode()
    }


def other_lab(_lab: dict, _rng: random.Random) -> bytes:
    """Return the lab of another week."""
    entry = {
        "schema_version": 3,
        "solution": True,
        "grade": False,
        "locked": False,
        "grade_id": "of_another-solution",
    }
    cells = [
        {"cell_type": "code", "id": "setup", "metadata": {}, "source": 'WEEK = "77_another"', "outputs": []},
        {"cell_type": "code", "id": "a", "metadata": {"nbgrader": entry}, "source": "x = 1", "outputs": []},
    ]
    return data(
        {"cells": cells, "metadata": {"mmlab": {"week": "77_another"}}, "nbformat": 4, "nbformat_minor": 5}
    )


def own_notebook(_lab: dict, _rng: random.Random) -> bytes:
    """Return a student's notebook that is not a lab."""
    cells = [{"cell_type": "code", "id": "a", "metadata": {}, "source": "print('holiday')", "outputs": []}]
    return data({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def with_password(lab: dict, _rng: random.Random) -> dict[str, bytes]:
    """Return a zip whose headers say that it is encrypted."""
    made = bytearray(zipped({"lab.ipynb": data(lab)}))
    made[6] |= 1
    made[made.rindex(b"PK\x01\x02") + 8] |= 1
    return {"lab.zip": bytes(made)}


def half_zip(lab: dict, rng: random.Random) -> dict[str, bytes]:
    """Return a zip with random bytes in the middle."""
    made = bytearray(zipped({"lab.ipynb": data(lab)}))
    at = len(made) // 2
    made[at : at + 40] = rng.randbytes(40)
    return {"lab.zip": bytes(made)}


def bomb(_lab: dict, _rng: random.Random) -> dict[str, bytes]:
    """Return a small zip of a file of 20 MB."""
    return {"lab.zip": zipped({"lab.ipynb": b"[" + b" " * 20_000_000 + b"]"})}


def many_cells(lab: dict, _rng: random.Random) -> bytes:
    """Return a lab with 100,000 additional cells."""
    more = (json.dumps(new_cell("1")) + ",").encode() * 10**5
    return data(lab).replace(b'"cells": [', b'"cells": [' + more, 1)


def attempts(lab: dict, _rng: random.Random) -> dict[str, bytes]:
    """Return two zips of `mmlab submit`; the second attempt counts."""
    week = lab["metadata"].get("mmlab", {}).get("week", "week")
    return {
        f"{week}_ada_attempt_1_20260203T040506_lab.zip": zipped({"lab.ipynb": own_notebook(lab, _rng)}),
        f"{week}_ada_attempt_2_20260203T050607_lab.zip": zipped({"lab.ipynb": data(lab)}),
    }


ACCEPTED = {
    "byte order mark": (lambda lab, _: b"\xef\xbb\xbf" + data(lab), False, "byte order mark"),
    "UTF-16": (lambda lab, _: text(lab).encode("utf-16"), False, "UTF-16"),
    "Windows line ends": (windows, False, ""),
    "zeros behind the end": (lambda lab, _: data(lab) + bytes(4096), False, ""),
    "format 3": (format_3, False, "format 3"),
    "another file name": (
        lambda lab, _: {"Lab (1) final.ipynb": data(lab)},
        False,
        "was called Lab (1) final.ipynb",
    ),
    "a checkpoint copy": (lambda lab, _: {"lab-checkpoint.ipynb": data(lab)}, False, "earlier copy"),
    "a folder too deep": (
        lambda lab, _: {"my lab/lab.ipynb": data(lab), "my lab/cases.npz": b"x"},
        False,
        "",
    ),
    "two notebooks": (
        lambda lab, rng: {"Untitled.ipynb": own_notebook(lab, rng), "clip - Copy.ipynb": data(lab)},
        False,
        "most answers",
    ),
    "a zip": (lambda lab, _: {"homework.zip": zipped({"lab.ipynb": data(lab)})}, False, ""),
    "a zip with a folder": (
        lambda lab, _: {
            "homework.zip": zipped(
                {
                    "ada/lab.ipynb": data(lab),
                    "__MACOSX/ada/._lab.ipynb": b"\0\5",
                    "ada/.ipynb_checkpoints/lab.ipynb": b"{}",
                }
            )
        },
        False,
        "",
    ),
    "a zip in a zip": (
        lambda lab, _: {"all.zip": zipped({"ada.zip": zipped({"lab.ipynb": data(lab)})})},
        False,
        "",
    ),
    "a zip called notebook": (lambda lab, _: zipped({"lab.ipynb": data(lab)}), False, "was a zip"),
    "two attempts": (attempts, False, "attempt_2"),
}

REFUSED = {
    "cut short": (
        lambda lab, rng: data(lab)[: rng.randrange(2_000, len(data(lab)) - 2_000)],
        True,
        "is truncated",
    ),
    "words behind the end": (
        lambda lab, _: data(lab) + b'\n}\n"x"\0\0\0',
        True,
        "continues after the notebook's end, at line",
    ),
    "a comma too many": (extra_commas, True, "correct that line"),
    "merge marks, same answers": (merged_alike, True, "keep what is above"),
    "merge marks, other answers": (merged_apart, True, "keep what is above"),
    "two notebooks in one file": (lambda lab, _: data(lab) * 2, True, "two notebooks"),
    "empty": (lambda *_: b"", True, "is empty"),
    "zeros": (lambda *_: bytes(20_000), True, "only zeros"),
    "noise": (lambda _, rng: b"\x9c" + rng.randbytes(20_000), True, "UTF-8"),
    "a PDF": (lambda *_: {"lab.pdf": PDF}, True, "is a PDF"),
    "a PDF called notebook": (lambda *_: PDF, True, "is a PDF"),
    "a web page": (lambda *_: PAGE, True, "is a web page"),
    "a script": (script, True, "is a Python script"),
    "a list": (lambda *_: b"[1, 2, 3]", True, "not a notebook"),
    "a comma to guess": (lambda lab, _: data(lab).replace(b'": "', b'" "', 1), True, "line"),
    "endless nesting": (lambda *_: b"[" * 200_000, True, "nests values too deeply"),
    "format 2": (lambda *_: b'{"nbformat": 2, "worksheets": [{"cells": []}]}', True, "format before 3"),
    "another week's lab": (other_lab, True, "is the lab of 77_another"),
    "another notebook": (own_notebook, True, "not a lab of this course"),
    "a folder called notebook": (lambda *_: {"lab.ipynb/readme.txt": b"oh"}, True, "is a folder"),
    "a link": (lambda *_: {"lab.ipynb": Path("/etc/hostname")}, True, "link"),
    "nothing": (lambda *_: {"timestamp.txt": b"2026-02-03 04:05:06 UTC"}, True, "no notebook was submitted"),
    "a locked zip": (with_password, True, "password"),
    "half a zip": (half_zip, True, "damaged"),
    "a zip bomb": (bomb, True, "20 MB"),
    "a zip without a notebook": (
        lambda *_: {"lab.zip": zipped({"a.pdf": PDF})},
        True,
        "contains no notebook, but a.pdf",
    ),
    "a zip that leads out": (
        lambda lab, _: {"lab.zip": zipped({"../../../lab.ipynb": data(lab)})},
        True,
        "contains no notebook",
    ),
    "a cell of 10 million letters": (
        lambda lab, _: data(lab | {"cells": [*lab["cells"], new_cell("x = '" + "y" * 10**7 + "'")]}),
        True,
        "characters of code",
    ),
    "100,000 cells": (many_cells, True, "contains 100,0"),
}


def new_cell(source: str) -> dict:
    """Return a code cell that a student added."""
    return {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
