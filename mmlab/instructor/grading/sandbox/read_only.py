"""Arrays in memory that cannot be written, for inputs and parameters that an answer must leave alone.

The memory is mapped read-only, so the processor refuses a write and the kernel ends the process,
whatever the code does before or after: it makes no difference whether an in-place change is undone
before anybody compares. Reading works as usual, and the flags of numpy and torch show nothing. Only
the arrays of one answer's inputs are mapped, in the fork that answers.
"""

import ctypes
import mmap
import sys

import numpy as np

from mmlab.codec import is_torch

ALIGNED = 64  # bytes, for vector instructions
_libc = ctypes.CDLL(None)
_mapped: list[mmap.mmap] = []  # mapped until the process ends, because an answer may keep its inputs


def protected(value):
    """Return a copy of nested lists, tuples and dicts in which the memory of each array is read-only.

    value    numpy arrays and dense CPU tensors of any dtype are copied; everything else stays as it is
    returns  the value itself if the system has no memory for the copy
    """
    arrays = _arrays(value)
    sizes = [array.nbytes for array in arrays]
    if not sum(sizes):
        return value
    try:
        region = mmap.mmap(-1, sum(-(-size // ALIGNED) * ALIGNED for size in sizes))
    except OSError:
        return value
    start = at = ctypes.addressof(ctypes.c_char.from_buffer(region))
    copies = []
    for array, size in zip(arrays, sizes, strict=True):
        copies.append(_copy_at(at, array, size))
        at += -(-size // ALIGNED) * ALIGNED
    _refuse_writes(start, len(region))
    _mapped.append(region)
    replaced = iter(copies)
    return _rebuilt(value, lambda _: next(replaced))


def _arrays(value) -> list:
    arrays: list = []
    _rebuilt(value, arrays.append)
    return arrays


def _rebuilt(value, change):
    """Return nested containers with each array replaced by change(array)."""
    if type(value) is np.ndarray or (is_torch(value) and value.device.type == "cpu"):
        return change(value)
    if type(value) is dict:
        return {key: _rebuilt(item, change) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_rebuilt(item, change) for item in value)
    return value


def _copy_at(address: int, array, size: int):
    """Copy an array to an address; return an array of the same type, shape and values there."""
    if size == 0:
        return array
    memory = (ctypes.c_char * size).from_address(address)
    if isinstance(array, np.ndarray):
        return _filled(memory, array)
    torch = sys.modules["torch"]
    array = (array.detach() if array.requires_grad else array).resolve_conj().resolve_neg()
    if array.dtype is torch.bfloat16:  # numpy has no such type
        return torch.frombuffer(memory, dtype=array.dtype).reshape(array.shape).copy_(array)
    return torch.from_numpy(_filled(memory, array.numpy()))


def _filled(memory, array: np.ndarray) -> np.ndarray:
    copy = np.frombuffer(memory, array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _refuse_writes(address: int, size: int) -> None:
    size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    _libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), mmap.PROT_READ)
