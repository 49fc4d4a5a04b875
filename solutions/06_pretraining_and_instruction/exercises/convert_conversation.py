"""convert_conversation: LLaVA's from/value turns to chat messages, and back."""

from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

SPEAKERS = {"h": "human", "g": "gpt", "s": "system"}
ROLES = {"h": "user", "g": "assistant", "s": "system"}
TEXTS = ("<image>\nWhat is this?", "  a red circle\n", "", "two <image> and <image>", "human: gpt?", "value")


def turns_of(order, texts=TEXTS, chat=False, extra=()):
    """Return turns: order names the speakers, h for human, g for gpt, s for system, else as written."""
    keys, names = (("role", "content"), ROLES) if chat else (("from", "value"), SPEAKERS)
    speakers = order if isinstance(order, list) else [names[letter] for letter in order]
    return [
        {keys[0]: speaker, keys[1]: texts[number % len(texts)], **dict(extra)}
        for number, speaker in enumerate(speakers)
    ]


def both(order):
    """Return two cases: an order of speakers in either format."""
    return [call(turns_of(order)), call(turns_of(order, chat=True))]


def cases(rng):
    """Conversations of several lengths in both formats, with drawn texts."""
    made = []
    for number, length in enumerate((2, 5, 6, 9, 4)):
        order = "s" * (number % 2) + ("hg" * length)[:length]
        words = rng.choice(["<image>", "red", "\n", " ", "user", "gpt", "é", "?"], (length + 1, 3))
        made += [call(turns_of(order, ["".join(row) for row in words], chat)) for chat in (False, True)]
    return made


HUMAN, USER = turns_of("hg"), turns_of("hg", chat=True)

CLAUSES = {
    "one question and one answer": both("hg"),
    "several turns": [*both("hghghg"), *both("hghg")],
    "it may end with either": [*both("hgh"), *both("h")],
    "a system turn first": [*both("shg"), *both("s"), *both("shgh")],
    "no turns": [call([])],
    "the text stays as it is": [
        call(turns_of("hg", (" <image> \n\n", "\t")) + turns_of("hg", ("from", "role"))),
        call(turns_of("hgh", ("", " ", "<image><image>"), chat=True)),
    ],
    "gpt or assistant first": [*both("g"), *both("gh"), *both("sgh")],
    "the same speaker twice": [*both("hh"), *both("hgg"), *both("hghh"), *both("hgghg")],
    "a system turn later": [*both("hs"), *both("hgs"), *both("ss"), *both("shsg"), *both("hgshg")],
    "an unknown speaker": [
        *(call(turns_of([name, "gpt"])) for name in ("user", "Human", "USER", "", "tool")),
        *(call(turns_of(["human", name])) for name in ("assistant", "GPT", "bot")),
        *(call(turns_of([name, "assistant"], chat=True)) for name in ("human", "User", "developer")),
        *(call(turns_of(["user", name], chat=True)) for name in ("gpt", "assistant ", "tool")),
    ],
    "other keys": [
        call(turns_of("hg", extra={"id": "1"})),
        call(turns_of("hg", chat=True, extra={"name": "x"})),
        call([{"from": "human"}]),
        call([{"value": "hello"}]),
        call([{"content": "hello"}]),
        call([{"role": "user"}, {"role": "assistant"}]),
        call([{}]),
        call([{"from": "human", "content": "hello"}]),
        call([{"role": "user", "value": "hello"}]),
        call([*HUMAN, {"from": "human", "value": "x", "id": "2"}]),
        call([*USER, {"role": "user"}]),
        call([{"role": "user", "content": "x", "from": "human", "value": "x"}]),
    ],
    "both formats in one list": [
        call([HUMAN[0], USER[1]]),
        call([USER[0], HUMAN[1]]),
        call([*HUMAN, USER[0]]),
        call([*USER, HUMAN[0]]),
        call([*turns_of("s", chat=True), *HUMAN]),
    ],
}

PAIRS = {"human": "user", "gpt": "assistant", "system": "system"}


def by_tables(turns):
    keys = [frozenset(turn) for turn in turns]
    if len(set(keys)) > 1:
        raise ValueError("keys")
    if not turns:
        return []
    if keys[0] == {"from", "value"}:
        pairs, old, new = {"human": "user", "gpt": "assistant"}, ("from", "value"), ("role", "content")
    elif keys[0] == {"role", "content"}:
        pairs, old, new = {"user": "human", "assistant": "gpt"}, ("role", "content"), ("from", "value")
    else:
        raise ValueError("keys")
    speakers = [turn[old[0]] for turn in turns]
    rest = speakers[1:] if speakers[0] == "system" else speakers
    if rest != (list(pairs) * len(turns))[: len(rest)]:
        raise ValueError("order")
    return [{new[0]: pairs.get(turn[old[0]], "system"), new[1]: turn[old[1]]} for turn in turns]


def by_string(turns):
    import re

    to_chat = not any("role" in turn for turn in turns)
    names = {"human": "user", "gpt": "assistant", "system": "system"}
    if not to_chat:
        names = {new: old for old, new in names.items()}
    keys, others = ("from", "value"), ("role", "content")
    if not to_chat:
        keys, others = others, keys
    letters, result = "", []
    for turn in turns:
        if sorted(turn) != sorted(keys) or turn[keys[0]] not in names:
            raise ValueError(turn)
        letters += {"human": "h", "user": "h", "gpt": "g", "assistant": "g"}.get(turn[keys[0]], "s")
        result += [dict(zip(others, (names[turn[keys[0]]], turn[keys[1]])))]
    if not re.fullmatch("s?(hg)*h?", letters):
        raise ValueError(letters)
    return result


NAMES = 'zip((user, assistant, "system"), (*new_names, "system"))'

EXERCISE = Exercise(
    difficulty=2,
    importance=3,
    minutes=15,
    hints=(
        "Find the direction first: the first turn has a key `role`, or it has none. Then the rest is one loop with the old and the new names in variables.",
        "Check each turn's keys with `set(turn) != {speaker_key, text_key}`. That catches missing keys, further keys and the other format.",
        "For the order, keep the set of speakers that may come next: {system, human} at the start, {gpt} after human, {human} after gpt or system. A speaker that is not in it is a `ValueError`, and so unknown names are caught too.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "placeholder_dropped",
            {"new_text: turn[text]}": 'new_text: turn[text].replace("<image>", "")}'},
            "`<image>` is missing from your texts, so nothing says where the image stands",
            "leave the text as it is",
        ),
        mistake(
            "text_stripped",
            {"new_text: turn[text]}": "new_text: turn[text].strip()}"},
            "you remove spaces and line breaks at the ends of the texts",
            "leave the text as it is, so that converting twice gives the original",
        ),
        mistake(
            "one_direction",
            {"        formats.reverse()": '        raise ValueError("a chat")'},
            "you convert from/value only; role/content raises an error",
            "convert role/content to from/value as well",
        ),
        mistake(
            "order_unchecked",
            {"if turn[speaker] not in expected:": "if turn[speaker] not in names:"},
            "you accept speakers in any order",
            "an optional system turn, then human and gpt in turn, human first",
        ),
        mistake(
            "speakers_exchanged",
            {NAMES: 'zip((user, assistant, "system"), (*new_names[::-1], "system"))'},
            "your human became the assistant and your gpt the user",
            "human is user, gpt is assistant",
        ),
        mistake(
            "further_keys_accepted",
            {"set(turn) != {speaker, text}": "not set(turn) >= {speaker, text}"},
            "you accept turns with further keys, which are lost on the way back",
            "each turn has exactly the two keys of its format",
        ),
        mistake(
            "system_refused",
            {'expected = {"system", user}': "expected = {user}"},
            "you refuse a system turn at the start",
            "the first turn may be a system turn",
        ),
        mistake(
            "must_end_with_an_answer",
            {"    return converted": '    if expected == {assistant}:\n        raise ValueError("no answer")\n    return converted'},
            "you refuse a conversation that ends with a question",
            "a conversation may end with either speaker: that is what a model is asked to continue",
        ),
    ),
    alternates=(by_tables, by_string),
    equivalent={"in turns[-1]": "turns of both formats are refused, whichever decides"},
    forbids=(),
)  # fmt: skip
