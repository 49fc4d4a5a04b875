"""The codec: everything comes back as it went, and a header that lies allocates nothing."""

import contextlib
import json
import math
import resource
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmlab import codec
from mmlab.codec import Raised, dumps, loads
from mmlab.errors import InputError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
HASHABLE = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.tuples(inner, inner), max_leaves=4
)
NESTED = st.recursive(
    SCALARS | st.builds(Raised, st.text(), st.text(), st.lists(st.text(), max_size=3).map(tuple)),
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(HASHABLE, inner) | st.sets(HASHABLE)
    ),
    max_leaves=20,
)
NUMPY = [name for name in codec.ITEM_SIZES if name != "bfloat16"]


def message(tree, raw: bytes = b"") -> bytes:
    """Return a message with any header at all."""
    header = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return codec.PREFIX.pack(len(header), len(raw)) + header + raw


def test_a_view_of_one_item_keeps_its_value():
    view = torch.arange(4).reshape(1, 4)[:, 2]  # contiguous for torch, with a stride of 4
    assert view.stride() == (4,) and torch.equal(loads(dumps(view)), torch.tensor([2]))


@given(NESTED)
def test_plain_values_come_back_as_they_went(value):
    again = loads(dumps(value))
    assert type(again) is type(value)
    assert again == value or dumps(again) == dumps(value)  # nan is not nan


@given(st.sampled_from(NUMPY), st.lists(st.integers(0, 3), max_size=3), st.integers(0, 2**32 - 1))
def test_arrays_keep_dtype_shape_and_bytes(name, shape, seed):
    array = (np.random.default_rng(seed).standard_normal(shape) * 50).astype(name)
    again = loads(dumps(array))
    assert (again.dtype, again.shape, again.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize("name", codec.ITEM_SIZES)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_tensors_keep_dtype_shape_and_value(name, shape):
    tensor = torch.arange(math.prod(shape)).reshape(shape).to(getattr(torch, name))
    again = loads(dumps(tensor))
    assert again.dtype == tensor.dtype and again.shape == tensor.shape and torch.equal(again, tensor)


@pytest.mark.parametrize(
    "value",
    [
        np.arange(6).reshape(2, 3).T,
        np.arange(10)[::3],
        np.arange(3, dtype=">i4"),
        np.float32(2.5),
        np.bool_(True),
        torch.arange(6).reshape(2, 3).T,
        torch.ones(2, requires_grad=True),
        torch.tensor([1 + 2j]).conj(),
        torch.nn.Parameter(torch.ones(3)),
    ],
)
def test_views_orders_and_wrappers_are_laid_out_plainly(value):
    again = loads(dumps(value))
    assert np.array_equal(np.asarray(torch.as_tensor(again)), np.asarray(torch.as_tensor(value.tolist())))


def test_same_value_gives_same_bytes_whatever_the_order_of_a_set():
    words = [f"word {number}" for number in range(50)]
    assert dumps(set(words)) == dumps(set(reversed(words)))


def test_what_is_loaded_can_be_written_to():
    array, tensor = loads(dumps((np.zeros(3), torch.zeros(3))))
    array += 1
    tensor += 1
    assert array.sum() == tensor.sum() == 3


@pytest.mark.parametrize(
    "value",
    [
        object(),
        lambda: 0,
        np.array(["a"]),
        np.array([None]),
        1j,
        range(3),
        torch.nn.Linear(1, 1),
        torch.ones(2, 2).to_sparse(),
        torch.empty(2, device="meta"),
        np.ma.masked_array([1.0], [True]),
        10**5000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_types_are_refused_by_name_and_place(value):
    with pytest.raises(InputError, match="value"):
        dumps(value)
    with pytest.raises(InputError, match=r"value|number"):
        dumps({"a": [1, value]})


def test_endless_nesting_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(InputError, match="nested"):
        dumps(loop)


HOSTILE = {
    "size beyond the message": message(["numpy", "float64", 10**12]),
    "negative side": message(["numpy", "float64", -1, -8], bytes(64)),
    "boolean side": message(["numpy", "uint8", True], b"x"),
    "float side": message(["numpy", "uint8", 1.0], b"x"),
    "text side": message(["numpy", "uint8", "1"], b"x"),
    "no bytes, vast shape": message(["numpy", "uint8", 0, 2**40, 2**40]),
    "no bytes, vast tensor": message(["torch", "uint8", 0, 2**40, 2**40]),
    "too many axes": message(["numpy", "uint8", *[1] * 65], b"x"),
    "object dtype": message(["numpy", "object", 1], bytes(8)),
    "pickled dtype": message(["numpy", "O", 1], bytes(8)),
    "dtype that is a list": message(["numpy", ["f8"], 1], bytes(8)),
    "torch attribute as dtype": message(["torch", "load", 1], bytes(8)),
    "bfloat16 in numpy": message(["numpy", "bfloat16", 1], bytes(2)),
    "scalar with a shape": message(["scalar", "uint8", 1], b"x"),
    "bytes beyond the message": message(["bytes", 2**62]),
    "negative bytes": message(["bytes", -1], b"x"),
    "bytes left over": message(["bytes", 1], b"xy"),
    "unknown tag": message(["eval", "1"]),
    "no tag": message([]),
    "tag that is a number": message([1, 2]),
    "bare object": message({"a": 1}),
    "dict without pairs": message(["dict", 1]),
    "dict with a triple": message(["dict", [1, 2, 3]]),
    "unhashable key": message(["dict", [["list"], 1]]),
    "key twice": message(["dict", [1, 2], [1, 3]]),
    "unhashable item": message(["set", ["list"]]),
    "raised with a number": message(["raised", 1, 2]),
    "not JSON": message(b"\xff\xfe"),
    "deep JSON": message(b"[" * 100_000),
    "deep lists": message(b'["list",' * 200 + b"1" + b"]" * 200),
    "vast number": message(b"1" * 10_000),
    "cut short": dumps(np.arange(9))[:-1],
    "too long": dumps(np.arange(9)) + b"x",
    "half a prefix": b"\0" * 9,
    "nothing": b"",
    "prefix of huge sizes": codec.PREFIX.pack(2**64 - 1, 2**64 - 1),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_headers_are_refused_without_allocating(data):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError):
        loads(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_input_errors(data):
    for candidate in (data, message(data)):
        with contextlib.suppress(InputError):
            loads(candidate)


@given(st.data())
def test_a_flipped_byte_raises_nothing_but_input_errors(data):
    whole = bytearray(dumps({"a": [1.5, (b"xyz", {2, 3})], "b": np.arange(4), "c": Raised("E", "m")}))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(InputError):
        loads(bytes(whole))


def test_a_message_above_the_limit_is_refused_by_its_prefix():
    data = dumps(bytes(1000))
    assert loads(data, limit=len(data)) == bytes(1000)
    with pytest.raises(InputError, match="at most"):
        codec.sizes(data[: codec.PREFIX.size], limit=len(data) - 1)


def test_exceptions_become_their_nearest_builtin():
    assert Raised.of(json.JSONDecodeError("no", "x", 0)).type == "ValueError"
    assert Raised.of(InputError("given")) == Raised("ValueError", "given")


def test_an_exception_of_several_kinds_keeps_them_all():
    no_image = type("NoImage", (OSError, ValueError), {})("no")
    assert Raised.of(no_image) == Raised("OSError", "no", ("ValueError",))
    assert Raised.of(type("Missing", (KeyError, AttributeError), {})()).also == ("AttributeError",)
    assert Raised.of(type("Narrow", (UnicodeDecodeError, ValueError), {})("a", b"", 0, 1, "b")).also == ()
    assert loads(dumps(Raised("A", "m", ("B",) * codec.MAX_ALSO))).also == ("B",) * codec.MAX_ALSO
    with pytest.raises(InputError):
        loads(dumps(Raised("A", "m", ("B",) * (codec.MAX_ALSO + 1))))


def test_the_codec_loads_neither_numpy_nor_torch(tmp_path):
    import subprocess

    code = "import sys; from mmlab.codec import *; loads(dumps([1, 'a'])); assert not {'numpy', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_a_record_of_cases_may_hold_more_keys_than_a_message():
    record = [{str(number): number for number in range(codec.KEYS // 2)} for _ in range(3)]
    with pytest.raises(InputError, match="10,000 keys"):
        codec.loads(codec.dumps(record))
    assert codec.loads(codec.dumps(record), keys=codec.RECORD_KEYS) == record
