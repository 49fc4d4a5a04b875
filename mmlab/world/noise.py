"""Random numbers that are the same on every platform and for every version of numpy.

A number depends only on its seed and its index (counter-based SplitMix64, Steele et
al. 2014). Row 1000 does not need the rows before it, so `sample(n)[:k] == sample(k)`
holds for all n and k.
"""

import operator

import numpy as np

from mmlab.errors import InputError

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mix(number: int) -> int:
    """Return the 64-bit hash of a number."""
    number = (number + _STEP) & _MASK
    number = ((number ^ (number >> 30)) * _FIRST) & _MASK
    number = ((number ^ (number >> 27)) * _SECOND) & _MASK
    return number ^ (number >> 31)


def mix_array(numbers: np.ndarray) -> np.ndarray:
    """Return `mix` of every element of a uint64 array."""
    numbers = numbers + np.uint64(_STEP)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(_FIRST)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(_SECOND)
    return numbers ^ (numbers >> np.uint64(31))


def whole(seed, name: str = "seed") -> int:
    """Return `seed` as an int, or raise InputError when it is not an integer."""
    try:
        return operator.index(seed)
    except TypeError:
        raise InputError(f"{name}={seed!r}", "a whole number", f"pass {name}=0") from None


def table(seed: int, first: int, rows: int, columns: int) -> np.ndarray:
    """Return rows `first` .. `first + rows` of an endless table of uint32 numbers below 2**32."""
    key = np.uint64(mix(mix(seed & _MASK)))
    places = np.arange(first * columns, (first + rows) * columns, dtype=np.uint64)
    return (mix_array(places ^ key) >> np.uint64(32)).reshape(rows, columns)


def below(numbers: np.ndarray, limit) -> np.ndarray:
    """Return integers in 0 .. limit - 1, uniform up to one part in 2**32 / limit."""
    return ((numbers * np.asarray(limit, np.uint64)) >> np.uint64(32)).astype(np.int64)


class Rng:
    """A random number generator whose sequence depends on the keys alone.

    >>> Rng(1, 2).integers(6) == Rng(1, 2).integers(6)
    True
    """

    def __init__(self, *keys: int):
        self._state = 0
        for key in keys:
            self._state = mix(self._state ^ (key & _MASK))

    def integers(self, sides: int) -> int:
        """Return an integer in 0 .. sides - 1."""
        self._state = (self._state + _STEP) & _MASK
        return (mix(self._state) >> 32) * sides >> 32

    def pick(self, choices):
        """Return one of `choices`."""
        return choices[self.integers(len(choices))]

    def shuffle(self, items) -> list:
        """Return the items in random order (Fisher-Yates)."""
        items = list(items)
        for last in range(len(items) - 1, 0, -1):
            other = self.integers(last + 1)
            items[last], items[other] = items[other], items[last]
        return items
