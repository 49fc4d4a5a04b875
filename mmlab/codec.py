"""The one codec for values: it fills `cases.npz` and is the grader's wire.

A message is a prefix of two sizes, a JSON header that describes the value, and
the raw bytes that the header lays claim to, in order:

    prefix   16 bytes      size of the header, size of the raw bytes (little-endian)
    header   JSON          plain scalars as they are; everything else as [tag, …]
    raw      bytes         contents of bytes and arrays, little-endian, C order

Nothing is ever executed or unpickled, and every size is checked against what
really arrived before anything is allocated. numpy and torch are imported only
when a value needs them.
"""

import functools
import json
import struct
import sys
from dataclasses import dataclass
from math import prod

from mmlab.errors import InputError

PREFIX = struct.Struct("<QQ")
LIMIT = 256 * 2**20  # bytes in one message
DEPTH = 64  # levels of nesting
KEYS = 10_000  # of all dicts and sets in one message: hashes can be made to collide, and n keys then cost n² steps
RECORD_KEYS = 1_000_000  # the same for records of cases, which the course wrote itself
MAX_ALSO = 8  # further built-in classes of one exception
ALIKE = 1000  # keys of one dict or set that share a hash with another
ITEM_SIZES = {
    "bool": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "float16": 2,
    "float32": 4,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
    "bfloat16": 2,  # torch only
}
BYTES = {"bytes": bytes, "bytearray": bytearray, "memoryview": memoryview}
KNOWN = "None, bool, int, float, str, bytes, list, tuple, dict, set, numpy or torch arrays"


@dataclass(frozen=True)
class Raised:
    """An exception that came in place of a value.

    type     the most specific built-in class of it, such as "ValueError"
    message  its text
    also     further built-in classes that it derives from: ("ValueError",) for a class NotAnImage(OSError, ValueError)
    """

    type: str
    message: str = ""
    also: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: BaseException) -> "Raised":
        """Return `error` as a value; a class derived from ValueError counts as ValueError."""
        first, *others = [kind for kind in type(error).__mro__ if kind.__module__ == "builtins"]
        also = tuple(kind.__name__ for kind in others if kind not in first.__mro__)
        return cls(first.__name__, str(error), also[:MAX_ALSO])


def dumps(value) -> bytes:
    """Return `value` as one message.

    value   nested None, bool, int, float, str, bytes, bytearray, memoryview, list, tuple, dict, set,
            Raised, numpy arrays and scalars, torch tensors (detached and moved to the CPU)
    raises  InputError for any other type, naming it and its place

    >>> loads(dumps({"loss": 0.5, "steps": (1, 2)}))
    {'loss': 0.5, 'steps': (1, 2)}
    """
    raw: list[bytes] = []
    tree = _encode(value, raw, ("value",), 0)
    try:
        header = _AS_JSON(tree).encode()
    except ValueError as error:  # an integer of more than 4,300 digits
        raise InputError(f"value: {error}", "numbers of a usual size", "return a smaller number") from None
    return b"".join([PREFIX.pack(len(header), sum(map(len, raw))), header, *raw])


def loads(data: bytes, *, limit: int = LIMIT, keys: int = KEYS):
    """Return the value that a message holds.

    data    what `dumps` returned, all of it
    limit   the largest message to accept, in bytes
    keys    the number of keys to accept in all dicts and sets together
    raises  InputError for anything else; nothing is allocated from a size that lies
    """
    header_size, raw_size = sizes(data[: PREFIX.size], limit=limit)
    if PREFIX.size + header_size + raw_size != len(data):
        raise _damaged(f"{len(data)} bytes where the prefix says {PREFIX.size + header_size + raw_size}")
    start = PREFIX.size + header_size
    try:
        tree = json.loads(data[PREFIX.size : start])
    except (ValueError, RecursionError) as error:
        raise _damaged(f"a header that is not JSON ({error})") from None
    reader = _Reader(memoryview(data)[start:], keys)
    value = reader.decode(tree, 0)
    if reader.at != raw_size:
        raise _damaged(f"{raw_size - reader.at} raw bytes that the header does not name")
    return value


def sizes(prefix: bytes, *, limit: int = LIMIT) -> tuple[int, int]:
    """Return the sizes of header and raw bytes; refuse a message above `limit` before it is read."""
    if len(prefix) != PREFIX.size:
        raise _damaged(f"a prefix of {len(prefix)} bytes")
    header_size, raw_size = PREFIX.unpack(prefix)
    if PREFIX.size + header_size + raw_size > limit:
        raise InputError(
            f"a message of {PREFIX.size + header_size + raw_size:,} bytes",
            f"at most {limit:,} bytes",
            "return less: only what the exercise asks for",
        )
    return header_size, raw_size


# Most items of a long list; a function call for each would take most of the time.
_NUMBERS = frozenset((bool, int, float, type(None)))
_PLAIN = _NUMBERS | {str}
_AS_JSON = json.JSONEncoder(separators=(",", ":")).encode


def is_torch(value) -> bool:
    """Say whether `value` is a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _encode(value, raw: list[bytes], where: tuple, depth: int):
    """Return a value as a tree for JSON, and add the bytes of its arrays to `raw`.

    where  the way to the value, for messages: see `_path_of`
    """
    if depth > DEPTH:
        raise InputError(
            f"{_path_of(where)} is nested deeper than {DEPTH} levels", KNOWN, "return a flatter value"
        )
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (list, tuple)):
        tag = "tuple" if isinstance(value, tuple) else "list"
        items = [
            item if type(item) in _PLAIN else _encode(item, raw, (where, i), depth + 1)
            for i, item in enumerate(value)
        ]
        return [tag, *items]
    if isinstance(value, dict):
        items = [
            [_encode(key, raw, ("a key of ", where), depth + 1), _encode(item, raw, (where, key), depth + 1)]
            for key, item in value.items()
        ]
        return ["dict", *items]
    if is_torch(value):
        return _encode_tensor(value, raw, where)
    if isinstance(value, str):  # also numpy's str_
        return str.__str__(value)
    for tag, like in BYTES.items():
        if isinstance(value, like):
            raw.append(bytes(value))
            return [tag, len(raw[-1])]
    if isinstance(value, Raised):
        return ["raised", str(value.type), str(value.message), *map(str, value.also)]
    if isinstance(value, (set, frozenset)):
        inner = "an item of ", where
        return ["set", *(_encode(item, raw, inner, depth + 1) for item in sorted(value, key=dumps))]
    return _encode_array(value, raw, where)


def _path_of(where: tuple) -> str:
    """Return the way to a value in words: (("value",), "loss") is value['loss']."""
    steps = []
    while len(where) == 2 and isinstance(where[0], tuple):
        where, key = where
        steps.append(f"[{key!r}]")
    start = where[0] if len(where) == 1 else where[0] + _path_of(where[1])
    return start + "".join(reversed(steps))


def _encode_array(value, raw: list[bytes], where: tuple):
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        tag = "numpy" if isinstance(value, numpy.ndarray) else "scalar"
        array = numpy.asarray(value)
        name = _name_of(array.dtype)
        if name not in ITEM_SIZES or isinstance(value, numpy.ma.MaskedArray):
            raise InputError(
                f"{_path_of(where)} is a numpy array of dtype {array.dtype}", KNOWN, "use numbers or booleans"
            )
        raw.append(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        return [tag, name, *array.shape]
    for plain in (int, float):  # subclasses, such as IntEnum
        if isinstance(value, plain):
            return plain(value)
    raise InputError(f"{_path_of(where)} is a {type(value).__name__}", KNOWN, "return plain values")


def _encode_tensor(value, raw: list[bytes], where: tuple):
    import torch

    name = _name_of(value.dtype).removeprefix("torch.")
    if name not in ITEM_SIZES or value.layout is not torch.strided or value.is_meta:
        raise InputError(
            f"{_path_of(where)} is a {value.layout} tensor of {value.dtype} on {value.device}",
            KNOWN,
            "return a dense tensor of numbers",
        )
    tensor = (
        value.detach() if value.requires_grad else value
    )  # few operations: the grader looks at each that runs
    if tensor.device.type != "cpu":
        tensor = tensor.cpu()
    if tensor.is_conj() or tensor.is_neg():
        tensor = tensor.resolve_conj().resolve_neg()
    if name == "bfloat16":  # numpy has no such type
        tensor = tensor.contiguous().reshape(-1).view(torch.uint8)
    raw.append(tensor.numpy().tobytes())
    return ["torch", name, *value.shape]


@functools.lru_cache(100)
def _name_of(dtype) -> str:
    return getattr(dtype, "name", None) or str(dtype)


class _Reader:
    """Decodes a header's tree, taking raw bytes in the order in which they were laid down."""

    def __init__(self, raw: memoryview, most: int):
        self.raw, self.at, self.keys, self.most = raw, 0, 0, most

    def take(self, size) -> memoryview:
        if type(size) is not int or not 0 <= size <= len(self.raw) - self.at:
            raise _damaged(f"a claim to {size!r} bytes where {len(self.raw) - self.at} are left")
        self.at += size
        return self.raw[self.at - size : self.at]

    def decode(self, tree, depth: int):
        if depth > DEPTH:
            raise _damaged(f"a value nested deeper than {DEPTH} levels")
        if isinstance(tree, str):
            return _writable(tree)
        if not isinstance(tree, (list, dict)):
            return tree
        if isinstance(tree, dict) or not tree or not isinstance(tree[0], str):
            raise _damaged("a header without a tag")
        tag, *rest = tree
        if tag in BYTES and len(rest) == 1:
            return BYTES[tag](bytes(self.take(rest[0])))
        if tag == "raised" and 2 <= len(rest) <= 2 + MAX_ALSO and all(isinstance(text, str) for text in rest):
            kind, message, *also = map(_writable, rest)
            return Raised(kind, message, tuple(also))
        if tag in ("numpy", "torch", "scalar") and rest:
            return self.array(tag, rest[0], rest[1:])
        if tag in ("list", "tuple", "set", "dict"):
            return self.container(tag, rest, depth + 1)
        raise _damaged(f"an unknown tag {tag[:20]!r}")

    def container(self, tag: str, rest: list, depth: int):
        self.keys += len(rest) if tag in ("dict", "set") else 0
        if self.keys > self.most:
            raise _damaged(f"more than {self.most:,} keys in its dicts and sets")
        if tag != "dict":
            items = [item if type(item) in _NUMBERS else self.decode(item, depth) for item in rest]
            if tag == "list":
                return items
            return tuple(items) if tag == "tuple" else _unique(set, items, items)
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in rest):
            raise _damaged("a dict without pairs")
        pairs = [(self.decode(key, depth), self.decode(item, depth)) for key, item in rest]
        return _unique(dict, pairs, [key for key, _ in pairs])

    def array(self, tag: str, name, shape: list):
        import numpy

        numpy_lacks = name == "bfloat16" and tag != "torch"
        if not isinstance(name, str) or name not in ITEM_SIZES or numpy_lacks:
            raise _damaged(f"an array of dtype {str(name)[:20]!r}")
        if any(type(side) is not int or not 0 <= side <= 2**40 for side in shape) or len(shape) > 32:
            raise _damaged(f"an array of shape {str(shape)[:40]}")
        if tag == "scalar" and shape:
            raise _damaged("a scalar with a shape")
        raw = self.take(prod(shape) * ITEM_SIZES[name])
        if name == "bool" and raw and numpy.frombuffer(raw, numpy.uint8).max() > 1:
            raise _damaged("a truth value that is neither 0 nor 1")
        if tag == "torch":
            return _tensor(raw, name, shape)
        array = numpy.frombuffer(raw, numpy.dtype(name).newbyteorder("<")).astype(name)
        try:
            return array[0] if tag == "scalar" else array.reshape(shape)
        except ValueError as error:  # (0, 2**40, 2**40) holds no bytes and still is no shape
            raise _damaged(f"an array of shape {shape} ({error})") from None


def _tensor(raw: memoryview, name: str, shape: list):
    import numpy
    import torch

    try:
        if not raw:
            return torch.empty(shape, dtype=getattr(torch, name))
        if name == "bfloat16":
            return torch.frombuffer(bytearray(raw), dtype=torch.bfloat16).reshape(shape)
        return torch.from_numpy(numpy.frombuffer(bytearray(raw), numpy.dtype(name)).reshape(shape))
    except (ValueError, RuntimeError, TypeError) as error:
        raise _damaged(f"a tensor of shape {shape} ({error})") from None


def _unique(kind, items: list, keys: list):
    try:
        if (
            len(keys) - len({hash(key) for key in keys}) > ALIKE
        ):  # made to collide: each would meet all others
            raise _damaged(f"a {kind.__name__} of keys that were made to be alike")
        value = kind(items)
    except TypeError:
        raise _damaged(f"a {kind.__name__} with an unhashable key") from None
    if len(value) != len(keys):
        raise _damaged(f"a {kind.__name__} that holds a key twice")
    return value


def _writable(text: str) -> str:
    """Return a text that UTF-8 can hold: half of a surrogate pair would stop whoever writes it to a file."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _damaged(given: str) -> InputError:
    return InputError(f"a message with {given}", "what mmlab.codec.dumps wrote", "make or fetch it again")
