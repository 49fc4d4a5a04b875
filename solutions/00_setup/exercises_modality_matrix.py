"""modality_matrix: model cards written and drawn, and what people misread in them.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


MODALITIES = ("text", "image", "audio", "video")
TEXT = ("text", "both", None, True)
CARDS = {
    "a text-only language model": [TEXT],
    "a two-tower matcher": [("text", "input", None, True), ("image", "input", None, True)],
    "an image generator": [("text", "input", None, True), ("image", "output", None, True)],
    "a picture-reading chat model": [TEXT, ("image", "input", None, True)],
    "a voice assistant made of three": [
        TEXT, ("audio", "input", "a separate speech recogniser", True),
        ("audio", "output", "a separate voice", True),
    ],
    "an omni model, announced with video": [
        TEXT, ("image", "both", None, True), ("audio", "both", None, True),
        ("video", "input", "a frame sampler", True), ("video", "input", None, False),
    ],
    "a chat model that draws by calling another": [
        TEXT, ("image", "input", None, True), ("image", "output", "a separate image generator", True),
    ],
    "a model that learned to hear later": [
        TEXT, ("audio", "input", None, True), ("audio", "input", "a separate speech recogniser", True),
        ("thermal image", "input", None, True), ("video", "output", None, False),
    ],
}  # fmt: skip


def card(name: str, claims: list[tuple]) -> dict:
    """Return a model card: its name and its claims as dictionaries."""
    fields = ("modality", "direction", "through", "available")
    return {"name": name, "claims": [dict(zip(fields, claim, strict=True)) for claim in claims]}


def cases_for_modality_matrix(rng: np.random.Generator) -> list[dict]:
    """Return eight written cards and eight drawn ones, whose claims come in any order."""
    cards = [card(name, claims) for name, claims in CARDS.items()]
    helpers = {"text": "a separate OCR step", "image": "a separate image generator",
               "audio": "a separate speech recogniser", "video": "a frame sampler",
               "thermal image": "a separate classifier"}  # fmt: skip
    for number in range(8):
        claims = []
        for modality in rng.permutation([*MODALITIES, *MODALITIES, "thermal image"]).tolist():
            direction = ("input", "output", "both")[int(rng.integers(3))]
            through = None if rng.random() < 0.6 else helpers[modality]
            if rng.random() < 0.6:
                claims.append((modality, direction, through, bool(rng.random() < 0.8)))
        cards.append(card(f"model {number}", claims))
    return [{"args": [each], "kwargs": {}} for each in cards]


def modality_matrix__counts_what_a_helper_does(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        if claim["modality"] in rows and claim["available"]:
            row = rows.index(claim["modality"])
            flags[row, 0] |= claim["direction"] in ("input", "both")
            flags[row, 1] |= claim["direction"] in ("output", "both")
    return flags


def modality_matrix__infers_the_output_from_the_input(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        native = claim["through"] is None and claim["available"]
        if claim["modality"] in rows and native and claim["direction"] in ("input", "both"):
            flags[rows.index(claim["modality"])] = True
    return flags


def modality_matrix__believes_announcements(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        if claim["modality"] in rows and claim["through"] is None:
            row = rows.index(claim["modality"])
            flags[row, 0] |= claim["direction"] in ("input", "both")
            flags[row, 1] |= claim["direction"] in ("output", "both")
    return flags


def modality_matrix__lets_the_last_claim_win(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        if claim["modality"] in rows:
            row = rows.index(claim["modality"])
            native = claim["through"] is None and claim["available"]
            flags[row, 0] = native and claim["direction"] in ("input", "both")
            flags[row, 1] = native and claim["direction"] in ("output", "both")
    return flags


def modality_matrix__forgets_both(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        if claim["modality"] in rows and claim["through"] is None and claim["available"]:
            column = {"input": 0, "output": 1}.get(claim["direction"])
            if column is not None:
                flags[rows.index(claim["modality"]), column] = True
    return flags


def modality_matrix__from_a_set_of_pairs(card):
    native = {
        (claim["modality"], way)
        for claim in card["claims"]
        if claim["through"] is None and claim["available"]
        for way in (("input", "output") if claim["direction"] == "both" else (claim["direction"],))
    }
    rows = ("text", "image", "audio", "video")
    return np.array([[(row, way) in native for way in ("input", "output")] for row in rows])


def modality_matrix__one_row_at_a_time(card):
    def row(modality):
        own = [c for c in card["claims"] if c["modality"] == modality]
        own = [c["direction"] for c in own if c["available"] and not c["through"]]
        takes = any(direction != "output" for direction in own)
        return [takes, any(direction != "input" for direction in own)]

    return np.stack([np.array(row(m), dtype=bool) for m in ("text", "image", "audio", "video")])


EXERCISE = Exercise(
    name="modality_matrix",
    difficulty=1,
    importance=3,
    minutes=10,
    hints=(
        "Start from `np.zeros((4, 2), bool)` and only ever switch flags on: then no later claim "
        "can undo an earlier one.",
        'A claim counts when `claim["through"] is None` and `claim["available"]`. "both" switches '
        "on two flags.",
    ),
    driver=Driver("call"),
    cases=cases_for_modality_matrix,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            modality_matrix__counts_what_a_helper_does,
            "your flags count what a separate helper does as the model's own",
            "skip a claim whose `through` names a helper",
        ),
        Misconception(
            modality_matrix__infers_the_output_from_the_input,
            "your outputs are a copy of your inputs",
            'set the second column from "output" and "both" only: to read is not to draw',
        ),
        Misconception(
            modality_matrix__believes_announcements,
            "your flags count what is announced and not there yet",
            "skip a claim whose `available` is False",
        ),
        Misconception(
            modality_matrix__lets_the_last_claim_win,
            "your flags are those of the last claim on each modality",
            "switch flags on with |= and never off: one native claim is enough",
        ),
        Misconception(
            modality_matrix__forgets_both,
            'your flags miss every claim whose direction is "both"',
            'let "both" switch on the input and the output',
        ),
    ),
    alternates=(
        modality_matrix__from_a_set_of_pairs,
        modality_matrix__one_row_at_a_time,
    ),
)
