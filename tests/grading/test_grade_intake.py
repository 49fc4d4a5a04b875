"""Whatever bytes are handed in, they are read without a guess or refused in three lines."""

import io
import json
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmlab.cli import notebook
from mmlab.errors import NotebookError
from mmlab.instructor.grading.intake import archive, file_selection, json_recovery, submissions
from mmlab.instructor.grading.intake.repair import prepare
from mmlab.instructor.grading.records import Submission
from mmlab.instructor.simulate.damage_files import zipped
from submitted_files import ROOT, answers, assert_sound, course, data_of, hand_in, lab_of, pair, prepared_of  # noqa: F401, fixtures among them

# ---------------------------------------------------------------- what is read


def test_outputs_and_what_nobody_reads_stay_behind(course, pair):
    lab = json.loads(data_of(pair[1]))
    lab["metadata"] |= {
        "widgets": {"x": "y" * 1000},
        "mmlab": {"week": 3, "version": "0.1", "released": [{}, "a", 5]},
    }
    for cell in lab["cells"]:
        cell["metadata"] |= {"secret": "x", "mmlab": {"role": ["secret"]}}
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "text": "x" * 10**5}]
    read = submissions.read(hand_in(course, {"lab.ipynb": json.dumps(lab).encode()}), pair[0])
    assert "secret" not in str(read) and "xxxx" not in str(read) and "outputs" not in read["cells"][1]
    assert read["metadata"] == {"mmlab": {"version": "0.1", "released": ["a"]}}


@pytest.mark.parametrize(
    "text, line",
    [
        ('{"a": [1, 2,],}', 1),
        ('{"a": 1,\n "b": [1\n 2]}', 3),
        ('{"a": {"b": 1}\n"c": 2}', 2),
        ('{"a": "b" "c"}', 1),
        ('{"a": "say "hello""}', 1),
        ('{"a" "b"}', 1),
        ('{"a": [1 2]}', 1),
        ("{'a': 1}", 1),
        ('{"a": 1,, "b": 2}', 1),
    ],
)
def test_nothing_is_guessed_and_the_place_is_named(text, line):
    with pytest.raises(NotebookError) as refused:
        json_recovery.parsed(text, "lab.ipynb")
    assert (
        refused.value.given.startswith("lab.ipynb is not JSON (")
        and f" at line {line}, column " in refused.value.given
    )
    assert text.split("\n")[line - 1].strip() in refused.value.given and "text editor" in refused.value.do


def test_the_line_that_is_shown_is_short_and_has_no_control_letters():
    text = '{"a": "' + "x" * 5000 + '" \x1b[31mred" ' + "y" * 5000
    with pytest.raises(NotebookError) as refused:
        json_recovery.parsed(text, "lab.ipynb")
    given = refused.value.given
    assert "xxx" in given and "\ufffd[31mred" in given and "\x1b" not in given and len(given) < 200


@pytest.mark.parametrize(
    "text, line",
    [
        ('{"cells": [],\n<<<<<<< a\n"x": 1\n||||||| base\n"x": 0\n=======\n"x": 2\n>>>>>>> b\n}', 2),
        ("<<<<<<< a\n{}", 1),
        ("{\n\n<<<<<<< a\n<<<<<<< b\n=======\n>>>>>>>\n}", 3),
    ],
)
def test_the_marks_of_a_merge_are_named_with_their_line(text, line):
    with pytest.raises(
        NotebookError,
        match=rf"merge conflict markers \(<<<<<<< in line {line}\)\n.*\n.*above each ======= or below it",
    ):
        json_recovery.parsed(text, "lab.ipynb")


@pytest.mark.parametrize("behind", ["x", '\n}\n"x"', "]", "{}"])
def test_what_stands_behind_the_end_is_refused_and_shown(behind):
    with pytest.raises(
        NotebookError, match="continues after the notebook's end, at line [12], column"
    ) as refused:
        json_recovery.tree_of(b'{"cells": []}' + behind.encode() + bytes(500), "lab.ipynb")
    assert (
        behind.strip()[0] in refused.value.given.partition(": ")[2] and "delete that text" in refused.value.do
    )


@pytest.mark.parametrize("behind", [bytes(4096), b"\r\n\0 \n", "\n\ufeff".encode()])
def test_zeros_and_blanks_behind_the_end_are_nothing(behind):
    assert json_recovery.tree_of(b'{"cells": []}' + behind, "lab.ipynb") == ({"cells": []}, [])


def test_numbers_names_and_constants_of_any_kind_are_read():
    text = '{"a": %s, "b": NaN, "c": -Infinity, "a": 2, "d": 1e999, "e": "\\ud800"}' % ("9" * 5000)
    assert json_recovery.parsed(text, "x")["a"] == 2


def test_every_beginning_of_a_file_is_called_cut_short(pair):
    data = data_of(pair[1])
    for end in range(1, len(data) - 2, 37):
        with pytest.raises(NotebookError, match="truncated: it ends inside the value that starts at line"):
            json_recovery.tree_of(data[:end], "lab.ipynb")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_of_unicode_is_read(encoding):
    assert json_recovery.tree_of('{"cells": ["é漢😀"]}'.encode(encoding), "x")[0] == {"cells": ["é漢😀"]}


def test_a_few_bytes_of_another_encoding_are_let_pass_and_said():
    data = '{"cells": ["é"], "more": "%s"}' % ("x" * 200)
    tree, notes = json_recovery.tree_of(data.encode("latin-1"), "x")
    assert tree["cells"] == ["\ufffd"] and "1 characters" in notes[0]


# ---------------------------------------------------------------- zips


def test_a_zip_of_many_files_is_refused_before_they_are_listed(tmp_path, monkeypatch):
    made = zipped({str(number): b"" for number in range(archive.MAXIMUM + 1)})
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(NotebookError, match="more than 1000 files"), archive.opened(made, "x"):
        pass
    (tmp_path / "x.zip").write_bytes(made)
    with pytest.raises(NotebookError, match="more than 1000 files"), archive.opened(tmp_path / "x.zip", "x"):
        pass


def test_a_zip_that_lies_about_its_sizes_is_not_read_beyond_them(monkeypatch, pair):
    monkeypatch.setattr(archive, "LARGEST", 10_000)
    made = bytearray(zipped({"lab.ipynb": b"x" * 50_000}, zipfile.ZIP_STORED))
    at = made.rindex(b"PK\x01\x02")
    for offset in (20, 24):
        made[at + offset : at + offset + 4] = (5_000).to_bytes(4, "little")
    with archive.opened(bytes(made), "x") as opened, pytest.raises(NotebookError):
        archive.contents(opened, archive.members(opened)[0], "x")


def test_links_hidden_files_and_ways_out_are_passed_over():
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(link, "/etc/passwd")
        for name in (
            "/abs.ipynb",
            "../up.ipynb",
            "a/../../up.ipynb",
            "C:\\x.ipynb",
            "..\\x.ipynb",
            ".hidden/x.ipynb",
            "__MACOSX/x.ipynb",
            "a/",
            "x" * 2000,
            "good/lab.ipynb",
        ):
            made.writestr(name, "x")
    with archive.opened(out.getvalue(), "x") as opened:
        assert [one.path for one in archive.members(opened)] == ["good/lab.ipynb"]


def test_zips_in_zips_end(course, pair):
    data = data_of(pair[1])
    for _ in range(4):
        data = zipped({"a.zip": data} if data[:2] == b"PK" else {"lab.ipynb": data})
    assert "a zip in a zip in a zip" in prepare(hand_in(course, {"lab.zip": data}), pair[0]).problem


def test_many_large_files_in_a_hand_in_have_an_end(pair):
    reads = []

    def read() -> bytes:
        reads.append(1)
        return b" " * 100_000 + b"[]"

    candidates = [file_selection.Candidate(f"{number}.ipynb", (number,), read) for number in range(10)]
    with pytest.raises(NotebookError):
        file_selection.best(candidates, submissions.Wanted(pair[0]), file_selection.SizeBudget(300_000))
    assert len(reads) == 3


# ---------------------------------------------------------------- any bytes at all

EDITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 400), st.binary(max_size=30)), min_size=1, max_size=8
)


def edited(data: bytes, edits: list) -> bytes:
    """Return bytes with pieces cut out and others put in."""
    for at, length, put in edits:
        at %= len(data) + 1
        data = data[:at] + put + data[at + length :]
    return data


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS, st.sampled_from(["utf-8", "utf-16", "zip"]))
def test_no_bytes_raise(pair, edits, kind):
    data = data_of(pair[1])
    data = zipped({"a/lab.ipynb": data}) if kind == "zip" else data.decode().encode(kind)
    with tempfile.TemporaryDirectory() as folder:
        assert_sound(prepared_of(edited(data, edits), Path(folder), pair[0]), pair[0])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from(
        [
            "code",
            "markdown",
            "scaled_sum-solution",
            "explain",
            "setup",
            'check("Gain", Gain)',
            "def Gain(x): pass",
            "<b>x</b>",
            "../..",
            "90_tiny",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cells",
                    "source",
                    "metadata",
                    "nbgrader",
                    "grade_id",
                    "mmlab",
                    "cell_type",
                    "id",
                    "attachments",
                    "worksheets",
                    "nbformat",
                    "tags",
                    "exercise",
                    "role",
                    "week",
                    "released",
                    "version",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def paths(tree, path=()):
    """Yield the path of every value in a tree."""
    yield path
    for name, value in (
        tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    ):
        yield from paths(value, (*path, name))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10**6), VALUES), min_size=1, max_size=6))
def test_no_tree_raises(pair, changes):
    tree = json.loads(data_of(pair[1]))
    for at, value in changes:
        there = list(paths(tree))
        *way, last = there[at % len(there)] or (None,)
        if last is None:
            tree = value
            continue
        inner = tree
        for step in way:
            inner = inner[step]
        inner[last] = value
    with tempfile.TemporaryDirectory() as folder:
        assert_sound(prepared_of(json.dumps(tree).encode(), Path(folder), pair[0]), pair[0])


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_noise_raises(pair, data):
    with tempfile.TemporaryDirectory() as folder:
        assert_sound(prepared_of(data, Path(folder), pair[0]), pair[0])


def test_the_course_has_a_lab_to_try(tmp_path):
    release, lab = lab_of(ROOT, "02_clip")
    path = tmp_path / "lab.ipynb"
    notebook.write(path, lab)
    found = prepare(Submission("ada", "02_clip", path, ""), release)
    assert found.repairs == [] and answers(found.notebook) == answers(lab)
    assert_sound(found, release)
