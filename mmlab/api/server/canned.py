"""Canned replies: what a server answers to prompts and images that a file lists, in place of the model.

    [{"contains": "capital of France", "reply": "Paris"},
     {"pattern": "^count", "image": "cats.png", "reply": "two", "times": 1},
     {"image": "any", "calls": [{"name": "look_up", "arguments": {"id": 7}}]},
     {"reply": "No canned reply fits."}]

The first entry whose conditions all hold gives the reply; without one, the model answers.

    contains   a part of the latest question, in any case
    pattern    a regular expression that the latest question contains
    system     a part of the system prompt, in any case
    model      the name of the model in the request
    image      "any", "none", or the path of an image file, relative to the file of replies
    times      how often the entry is used; without it, always
    reply      the text; an object or a list is sent as JSON
    calls      tool calls, each with a name and arguments
    finish     "stop" (default), "length" or "refusal"
"""

import json
import re
import threading
from pathlib import Path

import numpy as np

from mmlab.api.server.model import Call, Prompt, Reply
from mmlab.errors import InputError
from mmlab.world.files.image import decode_image

_FIELDS = {
    "contains": str,
    "pattern": str,
    "system": str,
    "model": str,
    "image": str,
    "times": int,
    "reply": object,
    "calls": list,
    "finish": str,
}
_FINISHES = ("stop", "length", "refusal")


class CannedReplies:
    """Replies from a list of entries, or from a JSON file with such a list.

    raises  InputError  for a file that cannot be read, or an entry that is malformed
    """

    def __init__(self, entries=(), folder: Path = Path()):
        self._lock = threading.Lock()
        self._entries = [dict(_checked(entry, number)) for number, entry in enumerate(entries, 1)]
        for entry in self._entries:
            if entry.get("image") not in (None, "any", "none"):
                entry["pixels"] = _pixels(folder / entry["image"])

    @classmethod
    def of(cls, given) -> "CannedReplies":
        """Return the replies of a list of entries, of the path of a file, or none for None."""
        if given is None or isinstance(given, list | tuple):
            return cls(given or ())
        path = Path(given)
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"replies {path}: {error}", "a JSON file with a list of replies", _HELP
            ) from error
        if not isinstance(entries, list):
            raise InputError(f"replies {path}: a {type(entries).__name__}", "a list of replies", _HELP)
        return cls(entries, path.parent)

    def find(self, prompt: Prompt, name: str) -> Reply | None:
        """Return the reply to a prompt for the model `name`, or None if no entry fits."""
        for entry in self._entries:
            if not _fits(entry, prompt, name):
                continue
            with self._lock:
                if entry.get("times", 1) < 1:
                    continue
                if "times" in entry:
                    entry["times"] -= 1
            calls = [Call(call["name"], call.get("arguments") or {}) for call in entry.get("calls") or []]
            reply = entry.get("reply", "")
            text = reply if isinstance(reply, str) else json.dumps(reply)
            return Reply("" if calls else text, calls, "call" if calls else entry.get("finish") or "stop")
        return None


_HELP = "see mmlab.api.server.canned"


def _checked(entry, number: int) -> dict:
    """Return an entry after validation, or raise InputError."""
    if not isinstance(entry, dict):
        raise InputError(f"reply {number}: a {type(entry).__name__}", "an object with reply or calls", _HELP)
    for name, value in entry.items():
        if name not in _FIELDS:
            raise InputError(f"reply {number}: the field {name!r}", f"one of {', '.join(_FIELDS)}", _HELP)
        if not isinstance(value, _FIELDS[name]) or isinstance(value, bool):
            raise InputError(
                f"reply {number}: {name}={value!r}", f"a value of type {_FIELDS[name].__name__}", _HELP
            )
    if ("reply" in entry) == ("calls" in entry):
        raise InputError(f"reply {number}: {sorted(entry)}", "either reply or calls", _HELP)
    if entry.get("finish", "stop") not in _FINISHES:
        raise InputError(
            f"reply {number}: finish={entry['finish']!r}", f"one of {', '.join(_FINISHES)}", _HELP
        )
    for call in entry.get("calls", []):
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            raise InputError(f"reply {number}: the call {call!r}", 'an object such as {"name": "f"}', _HELP)
    try:
        re.compile(entry.get("pattern", ""))
    except re.error as error:
        raise InputError(
            f"reply {number}: pattern={entry['pattern']!r}: {error}", "a regular expression", _HELP
        ) from error
    return entry


def _pixels(path: Path) -> np.ndarray:
    try:
        return decode_image(path.read_bytes(), ground=255)
    except OSError as error:
        raise InputError(
            f"replies: image {path}: {error.strerror}", "a PNG, JPEG, GIF or WebP file", _HELP
        ) from error


def _fits(entry: dict, prompt: Prompt, name: str) -> bool:
    """Return whether all conditions of an entry hold for a prompt."""
    users = [turn for turn in prompt.turns if turn.role == "user"]
    question = next((turn.text for turn in reversed(users) if turn.text), "")
    images = [image for turn in prompt.turns for image in turn.images]
    if "image" in entry:
        if entry["image"] == "none" and images or entry["image"] == "any" and not images:
            return False
        if "pixels" in entry and not any(np.array_equal(image.pixels, entry["pixels"]) for image in images):
            return False
    return (
        entry.get("contains", "").lower() in question.lower()
        and entry.get("system", "").lower() in prompt.system.lower()
        and entry.get("model", name) == name
        and re.search(entry.get("pattern", ""), question) is not None
    )
