"""Wrong answers to native_modalities that its cases must refuse."""

from mmlab.instructor.authoring.exercise import Answer

SAME = "same = [wire for wire in wires if wire[2] == modality]"
ROUNDS = "for _ in usable:"


def both_ends_are_enough(system):
    """Native if the modality leaves the user and the same one enters the model, whatever lies between."""

    def rate(wires, kind):
        seen = {b for a, b, c in wires if a == "user" and c == kind}
        for _ in wires:
            seen |= {b for a, b, c in wires if a in seen and a != "user"}
        if not seen & set(system["own"]):
            return "no"
        enters = any(b in system["own"] and c == kind and (a in seen or a == "user") for a, b, c in wires)
        return "native" if enters else "helped"

    back = [(b, a, c) for a, b, c in system["wires"]]
    return {kind: (rate(system["wires"], kind), rate(back, kind)) for kind in ("text", "image", "audio", "video")}


def what_the_model_touches(system):
    """Native if any wire of the modality touches the model, from whomever it comes."""
    answers = {}
    for kind in ("text", "image", "audio", "video"):
        wires = [wire for wire in system["wires"] if wire[2] == kind]
        takes, gives = ({wire[at] for wire in wires} & set(system["own"]) for at in (1, 0))
        user = [any(wire[at] == "user" for wire in wires) for at in (0, 1)]
        answers[kind] = tuple(
            "native" if own else "helped" if at else "no" for own, at in zip((takes, gives), user, strict=True)
        )
    return answers


ANSWERS = (
    Answer("both_ends_are_enough", both_ends_are_enough, "all wires of the path carry the modality"),
    Answer("what_the_model_touches", what_the_model_touches, "from the user to the model"),
    Answer("three_steps", {ROUNDS: "for _ in usable[:3]:"}, "paths of any length"),
    Answer("thirty_steps", {ROUNDS: "for _ in usable[:30]:"}, "paths of any length"),
    Answer("the_last_part_only", {'set(system["own"])': 'set(system["own"][-1:])'}, "any part of the model"),
    Answer("the_first_part_only", {'set(system["own"])': 'set(system["own"][:1])'}, "any part of the model"),
    Answer("helped_wins", {'(("helped", wires), ("native", same))': '(("native", same), ("helped", wires))'}, "native wins"),
    Answer("forgives_blanks", {"wire[2] == modality": "wire[2].strip() == modality"}, "the four names exactly"),
    Answer("forgives_a_plural", {"wire[2] == modality": 'wire[2].rstrip("s") == modality'}, "the four names exactly"),
    Answer("forgives_capitals", {"wire[2] == modality": "wire[2].lower() == modality"}, "the four names exactly"),
    Answer("drops_vectors", {SAME: SAME + '\n        wires = [wire for wire in wires if wire[2] != "vectors"]'}, "other signals lead on too"),
    Answer("drops_other_signals", {SAME: SAME + '\n        wires = [wire for wire in wires if wire[2] in ("text", "image", "audio", "video")]'}, "other signals lead on too"),
    Answer("lists_for_tuples", {"(way_in(wires, name), way_in(backwards, name))": "[way_in(wires, name), way_in(backwards, name)]"}, "tuples"),
    Answer("output_first", {"(way_in(wires, name), way_in(backwards, name))": "(way_in(backwards, name), way_in(wires, name))"}, "(input, output)"),
    Answer("three_modalities", {'"audio", "video")': '"audio")'}, "four keys"),
    Answer("sorts_the_wires", {'    wires = system["wires"]': '    system["wires"].sort()\n    wires = system["wires"]'}, "do not change the system"),
    Answer("turns_the_wires_in_place", {'backwards = [(end, start, carried) for start, end, carried in wires]':
                                        'backwards = [(end, start, carried) for start, end, carried in wires]\n    system["wires"][:] = backwards[:]'},
           "do not change the system"),
)
