"""What the three wires share: responses as plain data, and what is read from them."""

import contextlib
import json
from dataclasses import dataclass

from mmlab.api.client.answers import Call, Usage
from mmlab.api.client.failures import CallFailed


@dataclass(frozen=True)
class Read:
    """What a response says, but for its text.

    calls    tuple of Call
    usage    Usage, or None where it tells none
    ending   as Answer has it
    refusal  str    words of a refusal
    said     dict   the assistant's message, as its provider takes it back
    """

    calls: tuple[Call, ...]
    usage: Usage | None
    ending: str
    refusal: str
    said: dict


def plain(provider: str, response) -> dict:
    """Return an SDK's response, or an event of its stream, as plain data under the names of the wire.

    raises  CallFailed  when it is no response: the SDKs hand on a page of HTML as a str
    """
    if hasattr(response, "to_dict"):
        return response.to_dict(warnings=False)
    if hasattr(response, "model_dump"):
        return response.model_dump(mode="json", by_alias=True, exclude_none=True, warnings=False,
                                   exclude={"sdk_http_response"})  # fmt: skip
    said = f"a {type(response).__name__} that begins {str(response)[:60]!r}"
    raise CallFailed(provider, "garbled", said)


@contextlib.contextmanager
def garbled(provider: str):
    """Turn the errors of reading what is no response into a CallFailed: fields that lack, or are of another type."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CallFailed(provider, "garbled", f"no response: {type(error).__name__}: {error}") from error


def words(output) -> str:
    """Return what a tool returned as a text: itself, or JSON."""
    return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, default=str)
