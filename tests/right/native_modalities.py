"""Unusual right answers to native_modalities that its cases must accept."""

from mmlab.instructor.authoring.exercise import Answer


def states_with_a_flag(system):
    def best(wires, modality):
        queue = [(end, True) for start, end, carried in wires if start == "user" and carried == modality]
        seen = set(queue)
        while queue:
            here, same = queue.pop(0)
            for start, end, carried in wires if here != "user" else ():
                state = (end, same and carried == modality)
                if start == here and state not in seen:
                    seen.add(state)
                    queue.append(state)
        arrived = {same for here, same in seen if here in system["own"]}
        return "native" if True in arrived else "helped" if arrived else "no"

    flipped = [(b, a, c) for a, b, c in system["wires"]]
    return {
        kind: (best(system["wires"], kind), best(flipped, kind))
        for kind in ("text", "image", "audio", "video")
    }


def backwards_from_the_model(system):
    """From the model to the user for the inputs too: which components lead to the model?"""

    def leads(wires, usable):
        good = set(system["own"])
        size = -1
        while size != len(good):
            size = len(good)
            good |= {a for a, b, c in wires if b in good and c in usable and a != "user"}
        return good

    answers = {}
    every = {wire[2] for wire in system["wires"]}
    for kind in ("text", "image", "audio", "video"):
        pair = []
        for wires in (system["wires"], [(b, a, c) for a, b, c in system["wires"]]):
            ends = {b for a, b, c in wires if a == "user" and c == kind and b != "user"}
            native, helped = (bool(ends & leads(wires, usable)) for usable in ({kind}, every))
            pair.append("native" if native else "helped" if helped else "no")
        answers[kind] = tuple(pair)
    return answers


ANSWERS = (
    Answer("states_with_a_flag", states_with_a_flag, "one search for both questions"),
    Answer("backwards_from_the_model", backwards_from_the_model, "from the other end"),
    Answer(
        "keys_in_another_order",
        {'("text", "image", "audio", "video")}': '("video", "audio", "image", "text")}'},
        "a dictionary's order is free",
    ),
)
