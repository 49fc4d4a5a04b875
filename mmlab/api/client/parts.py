"""The parts of a client that can be exchanged, and where each comes from."""

import importlib
from collections.abc import Callable, Mapping

from mmlab.errors import InputError

HOMES = {
    "image_part_openai": "messages", "image_part_anthropic": "messages", "image_part_gemini": "messages",
    "retry_policy": "retry", "parse_json_reply": "replies", "reply_text": "replies",
}  # fmt: skip
PACKAGE = __package__


class Parts:
    """A client's exchangeable functions, each an attribute: yours, else mmlab's, else the stand-in.

    given   dict   name → function, of those in HOMES; or None
    raises  InputError  for a name that is none of them, or a thing that cannot be called

    The stand-in comes in where the week withholds mmlab's own.

    >>> Parts({"reply_text": str}).origin("reply_text")
    'yours'
    """

    def __init__(self, given: Mapping[str, Callable] | None = None):
        for name, function in (given or {}).items():
            if name not in HOMES or not callable(function):
                raise InputError(f"parts: {name!r}", f"a function for one of {', '.join(HOMES)}",
                                 "parts={'retry_policy': retry_policy}")  # fmt: skip
        self._given = dict(given or {})

    def __getattr__(self, name: str) -> Callable:
        if name not in HOMES:
            raise AttributeError(f"'Parts' has no {name!r}")
        if name in self._given:
            return self._given[name]
        home = HOMES[name] if self.origin(name) == "mmlab" else "stand_in"
        return getattr(importlib.import_module(f"{PACKAGE}.{home}"), name)

    def origin(self, name: str) -> str:
        """Return whose a part is: "yours", "mmlab" or "stand-in"."""
        if name in self._given:
            return "yours"
        home = f"{PACKAGE}.{HOMES[name]}"
        try:
            importlib.import_module(home)
        except ModuleNotFoundError as error:
            if error.name != home:
                raise
            return "stand-in"
        return "mmlab"

    def __repr__(self) -> str:
        return " · ".join(f"{name}: {self.origin(name)}" for name in HOMES)
