"""Right answers to convert_conversation that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer


def pattern_matching(turns):
    names = {"human": "user", "gpt": "assistant", "user": "human", "assistant": "gpt"}
    result, last, chat = [], None, None
    for turn in turns:
        match turn:
            case {"from": ("human" | "gpt" | "system") as speaker, "value": text, **rest} if not rest:
                is_chat = False
                result.append({"role": names.get(speaker, speaker), "content": text})
            case {"role": ("user" | "assistant" | "system") as speaker, "content": text, **rest} if not rest:
                is_chat = True
                result.append({"from": names.get(speaker, speaker), "value": text})
            case _:
                raise ValueError(f"no turn: {turn}")
        if chat not in (None, is_chat):
            raise ValueError("two formats")
        kind = {"human": "u", "user": "u", "gpt": "a", "assistant": "a"}.get(speaker, "s")
        if (last, kind) not in {(None, "s"), (None, "u"), ("s", "u"), ("u", "a"), ("a", "u")}:
            raise ValueError(f"{kind} after {last}")
        last, chat = kind, is_chat
    return result


def both_and_choose(turns):
    def converted(old, new, table):
        rows = [(turn[old[0]], turn[old[1]]) for turn in turns]
        if any(len(turn) != 2 for turn in turns):
            raise KeyError("keys")
        speakers = [table[speaker] for speaker, _ in rows]
        rest = speakers[speakers[:1] == ["system"] :]
        order = [table[("human", "user")["role" in old]], table[("gpt", "assistant")["role" in old]]]
        if "system" in rest or any(name != order[at % 2] for at, name in enumerate(rest)):
            raise KeyError("order")
        return [dict(zip(new, (name, text))) for name, (_, text) in zip(speakers, rows)]

    shapes = ("from", "value"), ("role", "content")
    forward = {"human": "user", "gpt": "assistant", "system": "system"}
    backward = {new: old for old, new in forward.items()}
    errors = []
    for old, new, table in ((*shapes, forward), (*shapes[::-1], backward)):
        try:
            return converted(old, new, table)
        except KeyError as error:
            errors.append(error)
    raise ValueError(f"neither format fits: {errors}")


ANSWERS = (
    Answer("pattern_matching", pattern_matching, "match statements and a table of pairs"),
    Answer("both_and_choose", both_and_choose, "tries one format, then the other"),
)
