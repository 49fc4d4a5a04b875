"""The functions of a client that can be replaced, and where each comes from."""

import importlib
from collections.abc import Callable, Mapping

from mmlab.errors import InputError

HOMES = {
    "image_part": "messages",
    "retry_policy": "retry",
    "parse_json_reply": "replies",
    "reply_text": "replies",
}
PACKAGE = __package__


class Parts:
    """A client's replaceable functions as attributes: yours if given, otherwise mmlab's.

    given   dict   name → function, of those in HOMES; or None
    raises  InputError  for any other name, or a value that cannot be called

    >>> Parts({"reply_text": str}).origin("reply_text")
    'yours'
    """

    def __init__(self, given: Mapping[str, Callable] | None = None):
        for name, function in (given or {}).items():
            if name not in HOMES or not callable(function):
                raise InputError(
                    f"parts: {name!r}",
                    f"a function for one of {', '.join(HOMES)}",
                    "parts={'retry_policy': retry_policy}",
                )
        self._given = dict(given or {})

    def __getattr__(self, name: str) -> Callable:
        if name not in HOMES:
            raise AttributeError(f"'Parts' has no {name!r}")
        if name in self._given:
            return self._given[name]
        return getattr(importlib.import_module(f"{PACKAGE}.{HOMES[name]}"), name)

    def origin(self, name: str) -> str:
        """Return where a function comes from: "yours" or "mmlab"."""
        return "yours" if name in self._given else "mmlab"

    def __repr__(self) -> str:
        return " · ".join(f"{name}: {self.origin(name)}" for name in HOMES)
