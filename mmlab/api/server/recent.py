"""JSON values that are stored between requests by id; the oldest are dropped first."""

import json
import threading
from collections import OrderedDict

MAXIMUM, MAX_BYTES = 128, 64 << 20


class Recent:
    """The latest values by id, at most `maximum` of them and MAX_BYTES of JSON."""

    def __init__(self, maximum: int = MAXIMUM):
        self._lock, self._maximum, self._bytes = threading.Lock(), maximum, 0
        self._values: OrderedDict[str, tuple[dict, int]] = OrderedDict()

    def put(self, name: str, value: dict) -> None:
        """Store a value, which must not be changed afterwards."""
        size = len(json.dumps(value))
        with self._lock:
            self._values[name] = value, size
            self._bytes += size
            while len(self._values) > self._maximum or self._bytes > MAX_BYTES:
                self._bytes -= self._values.popitem(last=False)[1][1]

    def get(self, name: str) -> dict | None:
        """Return a value by its id, or None."""
        return self._values.get(name, (None, 0))[0]

    def drop(self, name: str) -> None:
        """Drop a value."""
        with self._lock:
            self._bytes -= self._values.pop(name, (None, 0))[1]

    def all(self) -> list[dict]:
        """Return the values, oldest first."""
        with self._lock:
            return [value for value, _ in self._values.values()]

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._values.clear()
            self._bytes = 0
