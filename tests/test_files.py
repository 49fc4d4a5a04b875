"""A file is written whole or not at all, whatever stops the write."""

import errno
import os
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from mmlab.check import cases
from mmlab.errors import InputError
from mmlab.files import atomic_write, write_together

FULL = OSError(errno.ENOSPC, "No space left on device")


def raising(error: BaseException):
    """Return a function of anything that raises `error`."""

    def raises(*_):
        raise error

    return raises


@pytest.mark.parametrize("content", [b"new", lambda out: out.write(b"new")], ids=["bytes", "function"])
def test_a_file_is_written_and_replaced(tmp_path, content):
    path = tmp_path / "a.txt"
    for _ in range(2):
        atomic_write(path, content)
        assert path.read_bytes() == b"new" and [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o664, 0o644])
def test_the_mode_is_exact_whatever_the_umask_and_what_was_there(tmp_path, mode):
    path, before = tmp_path / "a", os.umask(0o077)
    try:
        atomic_write(path, b"1", mode=0o444)
        atomic_write(path, b"2", mode=mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode and path.read_bytes() == b"2"


def test_a_private_file_is_private_from_its_first_byte(tmp_path):
    seen, before = [], os.umask(0)
    try:
        atomic_write(tmp_path / "key", lambda out: seen.append(os.fstat(out.fileno()).st_mode), mode=0o600)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(mode) for mode in seen] == [0o600]


def test_without_a_mode_the_umask_decides_as_it_does_for_open(tmp_path):
    atomic_write(tmp_path / "a", b"")
    (tmp_path / "b").write_bytes(b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.parametrize("name", ["fsync", "replace"])
@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["full", "stopped"])
def test_what_was_there_stays_when_a_write_fails(tmp_path, monkeypatch, name, error):
    path = tmp_path / "a.txt"
    atomic_write(path, b"old")
    monkeypatch.setattr(os, name, raising(error))
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else InputError):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old" and [*tmp_path.iterdir()] == [path]


def test_an_error_of_the_content_is_raised_as_it_is(tmp_path):
    with pytest.raises(KeyError, match="lost"):
        atomic_write(tmp_path / "a", raising(KeyError("lost")))
    assert [*tmp_path.iterdir()] == []


def test_a_full_disk_and_a_missing_right_are_worded_apart(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    with monkeypatch.context() as broken, pytest.raises(InputError) as full:
        broken.setattr(os, "fsync", raising(FULL))
        atomic_write(path, b"", again="save it again")
    assert full.value.given == f"{path} could not be written (No space left on device)"
    assert full.value.do == "free some space, then save it again; nothing there has changed"
    with pytest.raises(InputError) as refused:
        atomic_write(tmp_path / "nowhere" / "a.txt", b"")
    assert "No such file" in refused.value.given and refused.value.do.startswith(
        f"check {tmp_path / 'nowhere'}, then run it"
    )


def test_a_file_that_is_there_is_kept_where_that_is_asked(tmp_path):
    path = tmp_path / "seed"
    atomic_write(path, b"first", overwrite=False)
    with pytest.raises(FileExistsError):
        atomic_write(path, b"second", overwrite=False)
    assert path.read_bytes() == b"first" and [*tmp_path.iterdir()] == [path]


def test_none_of_several_is_replaced_before_all_are_written(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    write_together({first: b"1", second: b"1"})
    with pytest.raises(InputError, match="second could not"):
        write_together({first: b"2", second: raising(FULL)})
    assert first.read_bytes() == second.read_bytes() == b"1" and len([*tmp_path.iterdir()]) == 2


WRITER = """
import sys
from mmlab.files import atomic_write
while True:
    for letter in b"ab":
        atomic_write(sys.argv[1], bytes([letter]) * 1_000_000, durable=False)
"""


def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path):
    path = tmp_path / "a.bin"
    atomic_write(path, b"a" * 1_000_000)
    for number in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)])
        before, end = path.stat().st_ino, time.monotonic() + 60
        while path.stat().st_ino == before and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(number / 1000)
        writer.kill()
        writer.wait()
        found = path.read_bytes()
        assert len(found) == 1_000_000 and len(set(found)) == 1


def test_cases_that_cannot_be_written_leave_the_old_ones(tmp_path, monkeypatch):
    record = {"name": "f", "cases": [{"x": np.arange(3)}]}
    cases.write(tmp_path / "cases.npz", "00_setup", [record])
    whole = (tmp_path / "cases.npz").read_bytes()
    monkeypatch.setattr(os, "fsync", raising(FULL))
    with pytest.raises(InputError, match="No space left"):
        cases.write(tmp_path / "cases.npz", "00_setup", [record | {"cases": []}])
    assert (tmp_path / "cases.npz").read_bytes() == whole and len([*tmp_path.iterdir()]) == 1
