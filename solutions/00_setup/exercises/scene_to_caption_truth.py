"""scene_to_caption_truth: scenes with planted captions, true and false by a word."""

import numpy as np

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake

COLOURS, KINDS = ("red", "green", "blue", "yellow"), ("circle", "square", "triangle", "star")
SWAPS = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}


def scene(*shapes):
    """Return a scene of shapes ("red circle", x, y), small and large in turn."""
    keys, sizes = ("colour", "kind", "size", "x", "y"), ("large", "small")
    return [dict(zip(keys, (*name.split(), sizes[k % 2], x, y))) for k, (name, x, y) in enumerate(shapes)]


def captioned(shapes, *captions):
    """Return a case a caption."""
    return [{"args": [shapes, caption], "kwargs": {}} for caption in captions]


def cases(rng):
    """Eight scenes on a small grid, each with a true caption and four that are false by a word."""
    drawn = []
    for number in range(8):
        pool = [f"{c} {k}" for c in rng.permutation(COLOURS)[:2] for k in rng.permutation(KINDS)[:2]]
        names = rng.choice(pool, 2 + number % 3).tolist()
        places = [(4 + 8 * (cell % 4), 4 + 8 * (cell // 4)) for cell in rng.permutation(12).tolist()]
        shapes = scene(*((name, *place) for name, place in zip(names, places)))
        true = sorted(by_sorting(shapes, "")[0])
        one, two = (true[int(index)] for index in rng.permutation(len(true))[:2])
        turned = {fact.replace(way, SWAPS[way]) for fact in true for way in SWAPS if way in fact}
        false = [*sorted(turned - {*true}), f"{names.count(names[0]) + 1} {names[0]}s"]
        lie, part = (
            false[int(rng.integers(len(false)))],
            one.partition(" ")[2],
        )  # a fact without its first word
        drawn += captioned(
            shapes, f"{one} and {two}", lie, f"{one} and {lie}", f"{one} and {two} and {lie}", part
        )
    return drawn


PAIR = scene(("red circle", 12, 20), ("blue star", 28, 12))
PAIR_FACTS = {
    "1 red circle",
    "1 blue star",
    "a red circle left of a blue star",
    "a blue star right of a red circle",
}
PAIR_FACTS |= {"a red circle below a blue star", "a blue star above a red circle"}
ONE = PAIR[:1]
TWINS = [scene(("red star", 3, 5))[0] for _ in range(2)]  # equal in everything
CLAUSES = {
    "a scene without shapes has no facts": captioned([], "1 red circle"),
    "one shape": captioned(scene(("green star", 20, 4)), "1 green star", "1 green stars", "a green star"),
    "equal values are neither": [
        *captioned(scene(("red circle", 9, 2), ("blue star", 9, 7)), "a red circle left of a blue star"),
        *captioned(scene(("red circle", 7, 2), ("blue star", 3, 2)), "a red circle right of a blue star"),
        *captioned(scene(("red circle", 5, 5), ("blue star", 5, 5)), "1 blue star and 1 red circle"),
    ],
    "any difference counts, from 0 on": [
        *captioned(scene(("red circle", 0, 0), ("blue star", 1, 60)), "a red circle left of a blue star"),
        *captioned(scene(("red circle", 0, 1), ("blue star", 60, 0)), "a red circle below a blue star"),
    ],
    "fractions count": [
        *captioned(
            scene(("red circle", 9.25, 4.5), ("blue star", 9.5, 4.25)), "a red circle above a blue star"
        ),
        *captioned(
            scene(("red circle", 8.002, 7.001), ("blue star", 8.001, 7.0)), "a blue star above a red circle"
        ),
        *captioned(
            scene(("red circle", 1000.25, 5000.75), ("blue star", 1000.5, 5000.5)),
            "a red circle left of a blue star and a red circle below a blue star",
        ),
        *captioned(
            scene(("red circle", 799.5, 0.25), ("blue star", 800, 0.5)), "a red circle left of a blue star"
        ),
        *captioned(
            scene(("red circle", 3, 900), ("blue star", 3.0, 901)), "a red circle left of a blue star"
        ),
        *captioned(
            scene(("red circle", 8, 5), ("blue star", 8 + 1e-10, 5)), "a red circle left of a blue star"
        ),
        *captioned(
            scene(("red circle", 0.3, 8), ("blue star", 0.1 + 0.2, np.nextafter(8, 9).item())),
            "a red circle left of a blue star and a red circle above a blue star",
        ),
    ],
    "another shape of the same name": [
        *captioned(
            scene(("red star", 3, 5), ("red star", 8, 5)), "a red star right of a red star", "1 red star"
        ),
        *captioned(
            scene(("red star", 4, 9), ("blue star", 4, 9), ("red star", 4, 2)), "a red star above a red star"
        ),
    ],
    "every shape counts": [
        *captioned([*TWINS, *PAIR], "2 red stars", "a red star left of a red star"),
        *captioned(scene(*(("blue ring", 7 * k % 10, k) for k in range(11))), "11 blue rings", "1 blue ring"),
        *captioned(scene(*1001 * [("blue ring", 5, 5)]), "1001 blue rings"),
        *captioned(
            scene(*300 * [("red star", 4, 5)], ("green ring", 4, 6)), "300 red stars and 1 green ring"
        ),
    ],
    "any colour": captioned(
        scene(
            ("purple ring", 3, 9), ("white square", 5, 2), ("crimson ring", 3, 1), ("white triangle", 9, 2)
        ),
        "1 purple ring and a crimson ring above a purple ring and a white square left of a white triangle",
    )
    + captioned(
        scene(("red star", 3, 9), ("darkred star", 5, 2), ("darkred star", 5, 9)),
        "1 red star and 2 darkred stars",
        "3 red stars",
    ),
    "every claim must be a fact": [
        *captioned(
            PAIR,
            "1 red circle and 1 blue star and a blue star above a red circle",
            "1 red circle and 1 red circle",
        ),
        *captioned(PAIR, " and ".join(sorted(PAIR_FACTS)), " and ".join(2 * sorted(PAIR_FACTS))),
        *captioned(PAIR, "2 red circles and 1 blue star and a blue star above a red circle"),
        *captioned(PAIR, "1 red circle and 2 blue stars and a blue star above a red circle"),
        *captioned(
            PAIR, " and ".join(["1 red circle", "1 blue star"] * 4 + ["a blue star below a red circle"])
        ),
    ],
    "character for character": [
        *captioned(ONE, "1 Red circle", "1 red circle.", " 1 red circle", "1 red  circle", "red circle"),
        *captioned(ONE, "1 red circle and ", " and 1 red circle", "1 red circle and and 1 red circle"),
        *captioned(
            ONE, "one red circle", "1 red circle\n", "1 red circle  and 1 red circle", "01 red circle"
        ),
        *captioned(
            ONE,
            *(
                "1\u00a0red circle",
                "\uff11 red circle",
                "+1 red circle",
                "1.0 red circle",
                "1 red circl\u0435",
            ),
        ),
        *captioned(ONE, "0 green stars", "no green stars", "no green star", "1 circle", "1 red circles"),
        *captioned(
            TWINS, "2 red star", "two red stars", "red stars", "2 red starss", "2 red stars.", "02 red stars"
        ),
        *captioned(
            PAIR,
            "1 red circle, 1 blue star",
            "1 red circle and  1 blue star",
            "1 red circle and\n1 blue star",
        ),
        *captioned(
            PAIR,
            "1 red circle, and 1 blue star",
            "1 red circle & 1 blue star",
            "1 red circle AND 1 blue star",
        ),
        *captioned(PAIR, "1 red circle but 1 blue star", "1 blue star left of a red circle", "a red circle"),
        *captioned(PAIR, "a red circle under a blue star", "a blue star over a red circle"),
        *captioned(PAIR, "a red circle next to a blue star", "A red circle left of a blue star"),
        *captioned(PAIR, "the red circle left of a blue star", "a red circle left of blue star"),
        *captioned(PAIR, "a red circle is left of a blue star", "a red circle to the left of a blue star"),
        *captioned(PAIR, "a red circle left a blue star", "a large red circle left of a blue star"),
        *captioned(PAIR, "a circle left of a star", "red circle left of a blue star"),
        *captioned(
            PAIR, "1 red circle left of a blue star", "a red circle left of 1 blue star", "a blue star"
        ),
    ],
}


def by_sorting(shapes, caption):
    facts, counts = set(), {}
    for shape in shapes:
        name = shape["colour"] + " " + shape["kind"]
        counts[name] = counts.get(name, 0) + 1
    for name, count in counts.items():
        facts.add("1 " + name if count == 1 else str(count) + " " + name + "s")
    for axis, before, after in (("x", "left of", "right of"), ("y", "above", "below")):
        line = sorted(shapes, key=lambda shape: shape[axis])
        for place, first in enumerate(line):
            for second in line[place + 1 :]:
                if first[axis] != second[axis]:
                    one = "a " + first["colour"] + " " + first["kind"]
                    two = "a " + second["colour"] + " " + second["kind"]
                    facts.add(one + " " + before + " " + two)
                    facts.add(two + " " + after + " " + one)
    return facts, not any(claim not in facts for claim in caption.split(" and "))


COUNTS = 'facts = {f"{names.count(name)} {name}" + "s" * (names.count(name) > 1) for name in names}'
KINDS_ALONE = """kinds = [shape["kind"] for shape in shapes]
    counts = [kinds.count(kind) for kind in kinds]
    facts = {f"{count} {name}" + "s" * (count > 1) for count, name in zip(counts, names)}"""
IN_OTHER_WORDS = {
    'all(claim in facts for claim in caption.split(" and "))': 'facts.issuperset(caption.split(" and "))',
    'a["x"] < b["x"]': 'b["x"] - a["x"] > 0',
    'a["y"] < b["y"]': 'b["y"] - a["y"] > 0',
}
MERGED = """shapes = list({(shape["colour"], shape["kind"]): shape for shape in shapes}.values())
    names = ["""

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=20,
    hints=(
        "Build the set of true sentences first and forget the caption: the second half is then one line over "
        '`caption.split(" and ")`.',
        "Compare every shape with every *other* shape by position in the list, not by name: two red circles are "
        "two shapes.",
        "Images count rows from the top, so the shape with the smaller y is above.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "stands_inside_the_picture",
            {'a["x"] < b["x"]': 'a["x"] > b["x"]'},
            "your left and right are those of someone inside the picture, looking out",
            "judge as the viewer does: smaller x is further left",
        ),
        mistake(
            "counts_without_the_colour",
            {COUNTS: KINDS_ALONE},
            "your counts are per kind, whatever the colour",
            "count shapes that share colour and kind",
        ),
        mistake(
            "lets_y_grow_upwards",
            {'a["y"] < b["y"]': 'a["y"] > b["y"]'},
            "your above and below are exchanged, as if y grew upwards",
            "call the shape with the smaller y above: row 0 is the top of the image",
        ),
        mistake(
            "one_true_claim_is_enough",
            {"all(": "any("},
            "your verdict is True as soon as one claim of the caption holds",
            "ask for all claims: one false claim makes the caption false",
        ),
        mistake(
            "keeps_one_shape_a_name",
            {"names = [": MERGED},
            "your facts know one shape a name: twins were merged",
            "keep the shapes in a list: a dictionary with the name as key loses the twins",
        ),
    ),
    alternates=(
        by_sorting,
        Answer("in_other_words", IN_OTHER_WORDS, "the same facts from other comparisons"),
    ),
)
