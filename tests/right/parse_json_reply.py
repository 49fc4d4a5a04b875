"""Unusual right answers of parse_json_reply."""

from mmlab.instructor.authoring.exercise import Answer


def class_of_pairs(text):
    import json

    class Twice(ValueError):
        pass

    def unique(pairs):
        keys = set()
        for key, _ in pairs:
            if key in keys:
                raise Twice(key)
            keys.add(key)
        return dict(pairs)

    def no_constant(word):
        raise json.JSONDecodeError("no JSON", word, 0)

    brace, bracket = text.find("{"), text.find("[")
    if brace == -1 or -1 < bracket < brace:
        raise Twice("no object at the top")
    scan = json.JSONDecoder(object_pairs_hook=unique, parse_constant=no_constant).scan_once
    try:
        return scan(text, brace)[0]
    except StopIteration as error:
        raise Twice("cut short") from error


def one_value_at_a_time(text):
    import json
    import re

    match = re.search(r"[{\[].*", text, re.DOTALL)
    if not match:
        raise ValueError(text)
    end = json.JSONDecoder().raw_decode(match[0])[1]
    pieces = []

    def note(pairs):
        pieces.append([key for key, _ in pairs])
        return dict(pairs)

    value = json.loads(
        match[0][:end], object_pairs_hook=note, parse_constant=lambda word: pieces.append([word, word])
    )
    if not isinstance(value, dict) or any(len(keys) != len(set(keys)) for keys in pieces):
        raise ValueError("a list, a key twice, or no number")
    return value


def brace_by_brace(text):
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
    for index in range(start, len(text)):
        character = text[index]
        if inside:
            inside, escaped = character != '"' or escaped, character == "\\" and not escaped
        elif character == '"':
            inside, escaped = True, False
        else:
            depth += {"{": 1, "}": -1}.get(character, 0)
            if depth == 0:
                return json.loads(
                    text[start : index + 1], object_pairs_hook=checked, parse_constant=no_number
                )
    raise ValueError("the reply ends inside its object")


def every_end(text):
    import json

    def collect(pairs):
        result = {}
        for key, value in pairs:
            if key in result:
                raise ValueError(f"{key!r} twice")
            result[key] = value
        return result

    start = min((text.index(bracket) for bracket in "{[" if bracket in text), default=None)
    if start is None or text[start] == "[":
        raise ValueError("no object at the top")
    for end in (index for index, character in enumerate(text, 1) if character == "}"):
        try:
            return json.loads(text[start:end], object_pairs_hook=collect, parse_constant={}.__getitem__)
        except (ValueError, KeyError):
            continue  # the object does not end here
    raise ValueError("no whole object")


ANSWERS = (
    Answer("class_of_pairs", class_of_pairs, "an error derived from ValueError; C's scanner itself"),
    Answer("one_value_at_a_time", one_value_at_a_time, "reads twice, and looks at the keys afterwards"),
    Answer("brace_by_brace", brace_by_brace, "looks for the end itself"),
    Answer("every_end", every_end, "tries at every closing brace"),
)
