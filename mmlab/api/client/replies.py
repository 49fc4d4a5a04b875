"""The text of a response from any provider, and the JSON in a text."""

import json

from mmlab.errors import InputError


def reply_text(response) -> str:
    """Return the text of a model's reply, all its parts joined; "" if it has none.

    response  an OpenAI chat completion or response, an Anthropic message, a Gemini response: the SDK's
              object, or the same as plain data
    returns   "" for a tool call, a refusal and an empty reply: none of them is an answer
    raises    InputError  for anything else

    >>> reply_text({"content": [{"type": "text", "text": "a "}, {"type": "text", "text": "circle"}]})
    'a circle'
    >>> reply_text({"choices": [{"message": {"content": None, "refusal": "No."}}]})
    ''
    """
    plain = _plain(response)
    if "choices" in plain:
        return ((plain["choices"] or [{}])[0].get("message") or {}).get("content") or ""
    if "output" in plain:
        parts = [part for item in plain["output"] or [] for part in item.get("content") or []]
        return "".join(part["text"] for part in parts if part.get("type") == "output_text")
    if "candidates" in plain or "promptFeedback" in plain:
        content = ((plain.get("candidates") or [{}])[0]).get("content") or {}
        return "".join(
            part.get("text") or "" for part in content.get("parts") or [] if not part.get("thought")
        )
    if isinstance(plain.get("content"), list):
        return "".join(block["text"] for block in plain["content"] if block.get("type") == "text")
    raise InputError(
        f"reply_text: a {type(response).__name__} with {', '.join(plain) or 'nothing'}",
        "an OpenAI, Anthropic or Gemini response",
        "pass what the SDK's call returned",
    )


def _plain(response) -> dict:
    """Return a response as plain data, with the field names of the JSON response."""
    if isinstance(response, dict):
        return response
    if hasattr(response, "to_dict"):
        return response.to_dict()
    if hasattr(response, "model_dump"):
        return response.model_dump(mode="json", by_alias=True, exclude_none=True)
    raise InputError(
        f"reply_text: a {type(response).__name__}",
        "an OpenAI, Anthropic or Gemini response",
        "look at the response: it may be a page of HTML",
    )


def parse_json_reply(text: str) -> dict:
    """Return the JSON object of a reply: bare, in a code fence, or with words around it.

    text    str   the JSON begins at the first "{" or "["; anything may follow its end
    raises  InputError  when there is no JSON (a refusal, an empty text), or it is cut short or damaged, is a list,
            or has a key twice

    >>> parse_json_reply('Here it is:\\n```json\\n{"total": 12.5}\\n```\\nAnything else?')
    {'total': 12.5}
    """
    starts = [start for start in (text.find("{"), text.find("[")) if start >= 0]
    if not starts:
        raise _unfit(text, "there is none", "look at the answer's ending: did the model refuse?")
    try:
        value, _ = _DECODER.raw_decode(text, min(starts))
    except (json.JSONDecodeError, RecursionError) as error:
        raise _unfit(text, str(error), "allow more tokens, or ask with a schema") from error
    if not isinstance(value, dict):
        raise _unfit(text, "it is a list", "ask for an object, with the list under a name")
    return value


def _unique(pairs: list[tuple]) -> dict:
    """Return pairs as a dict; raise InputError if two have the same key."""
    unique: dict = {}
    for name, value in pairs:
        if name in unique:
            raise InputError(
                f"a JSON reply with two values for {name!r}",
                "each key once",
                "ask again: the reply does not say which of them is meant",
            )
        unique[name] = value
    return unique


def _constant(name: str):
    raise InputError(
        f"a JSON reply with {name}, which JSON does not have",
        "numbers, texts, true, false, null",
        "ask again, with a schema",
    )


def _unfit(text: str, why: str, act: str) -> InputError:
    return InputError(f"a reply that begins {text[:60]!r}", f"one JSON object, whole: {why}", act)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
