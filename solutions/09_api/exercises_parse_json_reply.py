"""parse_json_reply: replies as models write them, wrong ways to read them, and right ones.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import json

import numpy as np
from exercises_replies import bad_replies, good_replies

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_parse_json_reply(rng: np.random.Generator) -> list[dict]:
    """Return replies that hold an object, alone, fenced and in prose, and replies that hold none."""
    good, bad = good_replies(rng), bad_replies(rng)
    assert all(text.count("{") for text in good) and json.loads(good[0])
    return [{"args": [text], "kwargs": {}} for text in (*good, *bad)]


def parse_json_reply__slices_the_fence_off(text):
    import json

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refused(word):
        raise ValueError(f"{word} is no JSON")

    text = text.strip()
    if text.startswith("```"):
        text = text[7:-3]
    value = json.loads(text, object_pairs_hook=once, parse_constant=refused)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def parse_json_reply__eval(text):
    start, end = text.find("{"), text.rfind("}")
    if min(start, end) < 0 or "[" in text[:start]:
        raise ValueError("no object")
    return eval(text[start : end + 1], {"true": True, "false": False, "null": None})


def parse_json_reply__empty_on_failure(text):
    import json
    import re

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refused(word):
        raise ValueError(f"{word} is no JSON")

    try:
        start = re.search(r"[\[{]", text).start()
        decoder = json.JSONDecoder(object_pairs_hook=once, parse_constant=refused)
        value, _ = decoder.raw_decode(text, start)
        return value if isinstance(value, dict) else {}
    except (ValueError, AttributeError):
        return {}


def parse_json_reply__last_key_wins(text):
    import json
    import re

    def refused(word):
        raise ValueError(f"{word} is no JSON")

    start = re.search(r"[\[{]", text)
    if start is None:
        raise ValueError("no JSON in this reply")
    value, _ = json.JSONDecoder(parse_constant=refused).raw_decode(text, start.start())
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def parse_json_reply__first_to_last_brace(text):
    import json
    import re

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refused(word):
        raise ValueError(f"{word} is no JSON")

    found = re.search(r"\{.*\}", text, re.DOTALL)
    if found is None or "[" in text[: found.start()]:
        raise ValueError("no object in this reply")
    return json.loads(found[0], object_pairs_hook=once, parse_constant=refused)


def parse_json_reply__any_object_will_do(text):
    import json
    import re

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise KeyError("a key stands twice")
        return dict(pairs)

    def refused(word):
        raise KeyError(f"{word} is no JSON")

    decoder = json.JSONDecoder(object_pairs_hook=once, parse_constant=refused)
    for brace in re.finditer(r"\{", text):
        try:
            return decoder.raw_decode(text, brace.start())[0]
        except json.JSONDecodeError:
            continue  # no object begins at this brace
        except KeyError as error:
            raise ValueError(str(error)) from error
    raise ValueError("no object in this reply")


def parse_json_reply__any_json_will_do(text):
    import json
    import re

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refused(word):
        raise ValueError(f"{word} is no JSON")

    start = re.search(r"[\[{]", text)
    if start is None:
        raise ValueError("no JSON in this reply")
    decoder = json.JSONDecoder(object_pairs_hook=once, parse_constant=refused)
    return decoder.raw_decode(text, start.start())[0]


def parse_json_reply__accepts_nan(text):
    import json
    import re

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    start = re.search(r"[\[{]", text)
    if start is None:
        raise ValueError("no JSON in this reply")
    value, _ = json.JSONDecoder(object_pairs_hook=once).raw_decode(text, start.start())
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def parse_json_reply__brace_by_brace(text):
    import json

    def checked(pairs):
        names = [name for name, _ in pairs]
        if sorted(names) != sorted(set(names)):
            raise ValueError(f"twice in one object: {names}")
        return dict(pairs)

    def no_number(word):
        raise ValueError(word)

    start = text.find("{")
    if start < 0 or "[" in text[:start]:
        raise ValueError("no object at the top")
    depth, inside, escaped = 0, False, False
    for here in range(start, len(text)):
        letter = text[here]
        if inside:
            inside, escaped = letter != '"' or escaped, letter == "\\" and not escaped
        elif letter == '"':
            inside, escaped = True, False
        else:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if depth == 0:
                return json.loads(text[start : here + 1], object_pairs_hook=checked, parse_constant=no_number)
    raise ValueError("the reply ends inside its object")


def parse_json_reply__every_end(text):
    import json
    import math

    start = min((text.index(letter) for letter in "{[" if letter in text), default=None)
    if start is None or text[start] == "[":
        raise ValueError("no object at the top")
    for end in (place for place, letter in enumerate(text, 1) if letter == "}"):
        seen = []
        try:
            found = json.loads(text[start:end], object_pairs_hook=lambda pairs: seen.append(pairs) or dict(pairs))
        except ValueError:
            continue  # the object does not end here
        values = [value for pairs in seen for _, value in pairs]
        values += [item for value in values if isinstance(value, list) for item in value]
        if any(len(dict(pairs)) < len(pairs) for pairs in seen):
            raise ValueError("a key stands twice")
        if any(isinstance(value, float) and not math.isfinite(value) for value in values):
            raise ValueError("NaN and Infinity are no JSON")
        return found
    raise ValueError("no whole object")


EXERCISE = Exercise(
    name="parse_json_reply",
    difficulty=2,
    importance=5,
    minutes=20,
    hints=(
        "`json.JSONDecoder(…).raw_decode(text, start)` reads one JSON value that begins at `start` and does not mind "
        "what follows it. It gives the value and where it ended.",
        "json.loads and JSONDecoder both take `object_pairs_hook=f`: f gets the list of (key, value) pairs of each "
        "object and gives what stands for it. A key that stands twice is still twice there.",
        "They also take `parse_constant=f`, which is called with the words NaN, Infinity and -Infinity.",
    ),
    driver=Driver("call"),
    cases=cases_for_parse_json_reply,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            parse_json_reply__slices_the_fence_off,
            "your parser takes the whole reply, or cuts a fixed number of letters off a fence",
            "begin at the first { of the text and let the JSON decoder find the end",
        ),
        Misconception(
            parse_json_reply__eval,
            "your parser runs the reply as Python: whoever writes the reply runs code on your machine",
            "use json; what is no JSON raises ValueError by itself",
        ),
        Misconception(
            parse_json_reply__empty_on_failure,
            "your parser answers {} where there is nothing to read, and nobody notices",
            "raise ValueError: the caller decides what a missing answer means",
        ),
        Misconception(
            parse_json_reply__last_key_wins,
            "your parser keeps the last of two values that stand under one key",
            "pass object_pairs_hook, and raise ValueError when a key comes twice",
        ),
        Misconception(
            parse_json_reply__first_to_last_brace,
            "your parser reads from the first brace to the last one of the whole reply",
            "stop where the object ends: raw_decode does",
        ),
        Misconception(
            parse_json_reply__any_object_will_do,
            "your parser finds a part of a reply that was cut short, and takes it for the whole",
            "try at the first { or [ only",
        ),
        Misconception(
            parse_json_reply__any_json_will_do,
            "your parser gives back a list",
            "raise ValueError unless the value is a dict",
        ),
        Misconception(
            parse_json_reply__accepts_nan,
            "your parser takes NaN or Infinity for a number",
            "pass parse_constant, and raise ValueError there",
        ),
    ),
    alternates=(parse_json_reply__brace_by_brace, parse_json_reply__every_end),
    forbids=("name:replies", "name:stand_in"),
)
