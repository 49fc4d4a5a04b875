"""Files that are no notebook, and disks that are full: a clear error each, and nothing lost."""

import builtins
import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from mmlab.cli import command_line, lab_file, notebook
from mmlab.errors import InputError
from student_labs import ANSWER, RELEASED, released, solution


@pytest.fixture
def lab(tmp_path) -> Path:
    """Return a copy of the lab of week 00 with one answer and one check cell missing."""
    shutil.copytree(RELEASED, tmp_path / "home")
    path, begun = tmp_path / "home" / "lab.ipynb", released()
    solution(begun)["source"] = ANSWER
    begun["cells"].remove(notebook.find(begun, "to_model_tensor"))
    notebook.write(path, begun)
    return path


MERGE = '{"cells": [\n<<<<<<< HEAD\n{"a": 1}\n=======\n{"a": 2}\n>>>>>>> main\n]}'
DAMAGED = {
    "empty": (b"", "is not JSON"),
    "cut short": ((RELEASED / "lab.ipynb").read_bytes()[:5000], ".ipynb_checkpoints"),
    "merge marks": (MERGE.encode(), "resolve the merge conflict: keep one side of each"),
    "UTF-16": ('{"cells": []}'.encode("utf-16"), "is not UTF-8 text"),
    "binary": (b"PK\x03\x04\xff\xfe", "is not UTF-8 text"),
    "a list": (b"[]", "has no list of cells"),
    "format 3": (b'{"worksheets": [{"cells": []}], "nbformat": 3}', "save it again with JupyterLab"),
    "endless nesting": (b"[" * 100_000, "is not JSON"),
    "cells are a number": (b'{"cells": 3}', "has no list of cells"),
    "a cell is a text": (b'{"cells": ["x"]}', "cell 1 of"),
    "a source is missing": (b'{"cells": [{"cell_type": "code"}]}', "cell 1 of"),
    "a source is no text": (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "is not text"),
    "metadata is a list": (b'{"cells": [], "metadata": [1]}', "metadata of"),
    "a cell's metadata is a text": (b'{"cells": [{"source": "", "metadata": "x"}]}', "metadata of cell 1"),
    "nbgrader's metadata is a text": (
        b'{"cells": [{"source": "", "metadata": {"nbgrader": "x"}}]}',
        "metadata of cell 1",
    ),
    "a grade id is a list": (
        b'{"cells": [{"source": "", "metadata": {"nbgrader": {"grade_id": []}}}]}',
        "metadata of cell 1",
    ),
    "an id is a number": (b'{"cells": [{"source": "", "id": 3}]}', "metadata of cell 1"),
    "another notebook": (b'{"cells": [], "metadata": {}}', "is no lab of this course"),
    "a made-up week": (
        b'{"cells": [], "metadata": {"mmlab": {"week": "../.."}}}',
        "is no lab of this course",
    ),
}
COMMANDS = [["check"], ["submit", "--student", "a"], ["update"], ["reset"]]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize("kind", DAMAGED)
def test_each_damage_is_named_and_the_file_left_alone(kind, command, tmp_path, capsys):
    data, said = DAMAGED[kind]
    path = tmp_path / "lab.ipynb"
    path.write_bytes(data)
    words = [command[0], str(path), *command[1:], *["native_modalities"] * (command == ["reset"])]
    if command == ["check"] and kind == "another notebook":
        said = "no check cell"
    if command == ["check"] and kind == "a made-up week":
        said = "no check cell"
    assert command_line.main(words) == 2
    shown = capsys.readouterr()
    assert said in shown.err and "try:" in shown.err and str(path) in shown.err and shown.out == ""
    assert path.read_bytes() == data and [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_a_file_that_is_not_there_is_named(command, tmp_path, capsys):
    assert command_line.main([command[0], str(tmp_path / "none.ipynb"), *["x"] * (command == ["reset"])]) == 2
    assert "none.ipynb cannot be read" in capsys.readouterr().err


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(lab):
    text = lab.read_text(encoding="utf-8")
    lab.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert command_line.main(["update", str(lab)]) == 0
    assert solution(notebook.read(lab))["source"] == ANSWER


def test_half_an_emoji_comes_through(lab):
    begun = notebook.read(lab)
    begun["cells"][0]["source"] += "\ud83d"
    notebook.write(lab, begun)
    assert notebook.read(lab)["cells"][0]["source"].endswith("\ud83d")
    assert (
        command_line.main(["update", str(lab)]) == 0 and "\ud83d" in notebook.read(lab)["cells"][1]["source"]
    )


def test_what_is_written_reads_back_the_same(lab):
    begun = notebook.read(lab)
    begun["cells"][0]["source"] = 'a\u2028b\x0cc\r\nd\ttab "quoted" \\ é 漢\n\n'
    notebook.write(lab, begun)
    assert notebook.read(lab) == begun and json.loads(lab.read_text(encoding="utf-8"))


# a disk that is full


class Full:
    """A file on a disk that takes ten bytes more."""

    def __init__(self, file):
        self.file = file

    def write(self, data):
        self.file.write(data[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


def fill_disk(monkeypatch, ends: str) -> None:
    """Let no file be written whose name holds `ends`."""
    real = builtins.open

    def opened(file, mode="r", *args, **more):
        got = real(file, mode, *args, **more)
        return Full(got) if ends in str(file) and set(mode) & set("wx") else got

    monkeypatch.setattr(builtins, "open", opened)
    monkeypatch.setattr("io.open", opened)


@pytest.mark.parametrize("words", [["update"], ["reset", "native_modalities"]], ids=lambda words: words[0])
@pytest.mark.parametrize("ends", [".before-1", ".part"])
def test_a_full_disk_leaves_the_lab_as_it_was(words, ends, lab, capsys, monkeypatch):
    before, files = lab.read_bytes(), sorted(lab.parent.iterdir())
    fill_disk(monkeypatch, ends)
    assert command_line.main([words[0], str(lab), *words[1:]]) == 2
    said = capsys.readouterr().err
    assert "No space left" in said and "free some space" in said and "nothing there has changed" in said
    assert lab.read_bytes() == before and sorted(lab.parent.iterdir()) == files


def test_a_full_disk_packs_no_half_zip(lab, capsys, monkeypatch):
    assert command_line.main(["update", str(lab)]) == 0
    fill_disk(monkeypatch, ".part")
    out = lab.parent / "out"
    assert command_line.main(["submit", str(lab), "--student", "a", "--out", str(out)]) == 2
    assert "No space left" in capsys.readouterr().err and [*out.iterdir()] == []


def test_a_folder_that_may_not_be_written_is_named(lab, capsys, monkeypatch):
    def refused(file, mode="r", *args, **more):
        if set(mode) & set("wx"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
        return real(file, mode, *args, **more)

    real, before, files = builtins.open, lab.read_bytes(), sorted(lab.parent.iterdir())
    monkeypatch.setattr(builtins, "open", refused)
    for words in (["update"], ["reset", "native_modalities"]):
        assert command_line.main([words[0], str(lab), *words[1:]]) == 2
        said = capsys.readouterr().err
        assert "Permission denied" in said and f"check {lab.parent}" in said
    assert lab.read_bytes() == before and sorted(lab.parent.iterdir()) == files


def test_a_copy_that_is_there_is_never_overwritten(lab):
    first = lab_file.keep_backup(lab)
    lab.write_text("changed")
    second = lab_file.keep_backup(lab)
    assert first != second and ANSWER.split("\n")[0] in first.read_text() and second.read_text() == "changed"


def test_a_lab_that_cannot_be_replaced_leaves_no_copy_behind(lab, monkeypatch):
    real, copies = os.replace, []

    def replaced(source, target):
        if target == lab:
            raise OSError(errno.EROFS, "Read-only file system")
        copies.append(target)
        real(source, target)

    monkeypatch.setattr(os, "replace", replaced)
    files = sorted(lab.parent.iterdir())
    with pytest.raises(InputError, match="Read-only"):
        lab_file.replace(lab, notebook.read(lab))
    assert sorted(lab.parent.iterdir()) == files and len(copies) == 1
