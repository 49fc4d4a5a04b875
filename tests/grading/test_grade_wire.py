"""The wire between judge and child: one deadline, a size checked first, and no frame that stops the judge."""

import os
import socket
import struct
import threading
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmlab import codec
from mmlab.instructor.grading.sandbox import wire
from mmlab.instructor.grading.sandbox.wire import BadFrame, Connection, Died, Lost, TimedOut

MB = 2**20


@pytest.fixture
def ends():
    """Yield the judge's connection, with a limit of 1 MB, and the raw socket of a hostile child."""
    ours, theirs = socket.socketpair()
    connection = Connection(ours, limit=MB)
    yield connection, theirs
    connection.close()
    theirs.close()


def frame(header: bytes, raw: bytes = b"") -> bytes:
    return codec.PREFIX.pack(len(header), len(raw)) + header + raw


def test_values_pass_both_ways(ends):
    judge, theirs = ends
    child = Connection(theirs)
    judge.send({"case": np.arange(6.0).reshape(2, 3), "name": "é"})
    received = child.receive(5)
    assert received["name"] == "é" and received["case"].shape == (2, 3)
    child.send(codec.Raised("ValueError", "no"))
    child.send(None)
    assert judge.receive(5) == codec.Raised("ValueError", "no") and judge.receive(5) is None


def test_a_large_frame_passes_while_the_other_end_reads(ends):
    judge, theirs = ends
    child = Connection(theirs)
    array = np.arange(2 * MB, dtype=np.uint8)
    sender = threading.Thread(target=judge.send, args=(array, 10))
    sender.start()
    assert np.array_equal(child.receive(10), array)
    sender.join()


def test_bytes_that_drip_in_do_not_move_the_deadline(ends):
    judge, theirs = ends
    stop = threading.Event()

    def drip():
        for byte in frame(b'"' + b"a" * 1000 + b'"'):
            if stop.wait(0.02):
                return
            theirs.send(bytes([byte]))

    dripping = threading.Thread(target=drip)
    dripping.start()
    began = time.monotonic()
    with pytest.raises(TimedOut):
        judge.receive(0.4)
    assert time.monotonic() - began < 2
    stop.set()
    dripping.join()


def test_a_deadline_holds_for_silence_and_for_one_who_does_not_read(ends):
    judge, _ = ends
    with pytest.raises(TimedOut):
        judge.receive(0.05)
    with pytest.raises(TimedOut):
        judge.send(bytes(8 * MB), 0.2)


@pytest.mark.parametrize("prefix", [(2**63, 0), (0, 2**63), (2**64 - 1, 2**64 - 1), (10, MB), (MB, 10)])
def test_a_size_above_the_limit_is_refused_before_anything_is_allocated(ends, prefix):
    judge, theirs = ends
    theirs.send(codec.PREFIX.pack(*prefix))
    tracemalloc.start()
    with pytest.raises(BadFrame, match="bytes"):
        judge.receive(1)
    assert tracemalloc.get_traced_memory()[1] < MB / 4
    tracemalloc.stop()


def test_a_header_has_a_limit_of_its_own(ends):
    ours, theirs = socket.socketpair()
    judge = Connection(ours, limit=64 * MB)
    theirs.send(codec.PREFIX.pack(wire.HEADER + 1, 0))
    with pytest.raises(BadFrame, match="header"):
        judge.receive(1)
    judge.close()
    theirs.close()


HOSTILE = {
    "no json": frame(b"\xff\xfe"),
    "empty": frame(b""),
    "deep": frame(b"[" * 100_000),
    "nested": frame(b'["list",' * 200 + b"1" + b"]" * 200),
    "no tag": frame(b"[1, 2]"),
    "an object": frame(b'{"a": 1}'),
    "unknown tag": frame(b'["pickle", 3]', b"abc"),
    "more than there is": frame(b'["bytes", 1000000000]', b"abc"),
    "less than there is": frame(b'["bytes", 1]', b"abc"),
    "negative": frame(b'["bytes", -1]', b"abc"),
    "a huge array": frame(b'["numpy", "float64", 1099511627776, 1099511627776]'),
    "no bytes, huge sides": frame(b'["numpy", "float64", 0, 1099511627776, 1099511627776]'),
    "objects": frame(b'["numpy", "object", 1]', b"12345678"),
    "an unhashable key": frame(b'["dict", [["list"], 1]]'),
    "a key twice": frame(b'["dict", [1, 1], [1, 2]]'),
    "a huge number": frame(b"1" * 5000),
    "text as a side": frame(b'["torch", "float32", "3"]'),
    "nan sides": frame(b'["torch", "float32", NaN]'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_frame_is_a_bad_frame(ends, name):
    judge, theirs = ends
    threading.Thread(target=theirs.sendall, args=(HOSTILE[name],), daemon=True).start()
    with pytest.raises(BadFrame):
        judge.receive(5)


def test_every_text_that_comes_can_be_written(ends):
    judge, theirs = ends
    theirs.sendall(frame(b'["list", "a\\ud800", ["raised", "ValueError", "\\udfff"], "\\ud83d\\ude00"]'))
    assert judge.receive(5) == ["a?", codec.Raised("ValueError", "?"), "\U0001f600"]


def test_keys_whose_hashes_collide_cannot_keep_the_judge_busy(ends):
    judge, theirs = ends
    keys = ",".join(f"[{(2**61 - 1) * k},0]" for k in range(codec.KEYS + 1))
    threading.Thread(target=theirs.sendall, args=(frame(f'["dict",{keys}]'.encode()),), daemon=True).start()
    began = time.monotonic()
    with pytest.raises(BadFrame, match="keys"):
        judge.receive(20)
    assert time.monotonic() - began < 5


@given(header=st.binary(max_size=60), raw=st.binary(max_size=20))
def test_whatever_comes_is_a_value_or_a_loss(header, raw):
    ours, theirs = socket.socketpair()
    with theirs:
        judge = Connection(ours, limit=MB)
        theirs.sendall(frame(header, raw))
        try:
            judge.receive(5)
        except Lost:
            pass  # one of the three
        judge.close()


def test_an_end_in_the_middle_is_a_death(ends):
    judge, theirs = ends
    theirs.sendall(frame(b'"abcdef"')[:-3])
    theirs.close()
    with pytest.raises(Died):
        judge.receive(5)
    with pytest.raises(Died):
        judge.send("anything")


def test_a_closed_connection_is_a_death_too(ends):
    judge, _ = ends
    judge.close()
    with pytest.raises(Died):
        judge.receive(1)


def test_files_sent_with_a_value_are_not_taken(ends):
    judge, theirs = ends
    before = len(os.listdir("/proc/self/fd"))
    socket.send_fds(theirs, [frame(b"1")], [0, 1, 2])
    assert judge.receive(5) == 1
    assert len(os.listdir("/proc/self/fd")) == before


def test_notes_carry_open_files():
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    wire.send_note(ours, {"number": 7}, [writer])
    wire.send_note(ours, {"text": "short"})
    note, files = wire.receive_note(theirs)
    assert note == {"number": 7} and len(files) == 1 and not os.get_inheritable(files[0])
    os.write(files[0], b"through")
    assert os.read(reader, 20) == b"through"
    assert wire.receive_note(theirs) == ({"text": "short"}, [])
    ours.sendall(struct.pack("<I", 100) + b"{")
    ours.close()
    with pytest.raises(EOFError):
        wire.receive_note(theirs)
    assert wire.receive_note(theirs) is None
    for descriptor in (reader, writer, *files):
        os.close(descriptor)
    theirs.close()
