"""scene_to_caption_truth: scenes with planted captions, true and false by a word.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def facts_of(shapes: list[dict]) -> set[str]:
    """Return every true sentence of the exercise's two forms; used to plant captions only."""
    names = [f"{s['colour']} {s['kind']}" for s in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            tests = {"left of": a["x"] < b["x"], "right of": a["x"] > b["x"],
                     "above": a["y"] < b["y"], "below": a["y"] > b["y"]}  # fmt: skip
            facts |= {f"a {names[i]} {way} a {names[j]}" for way, holds in tests.items() if holds and i != j}
    return facts


def drawn_shapes(rng: np.random.Generator, names: list[tuple[str, str]]) -> list[dict]:
    """Return one shape a name, on a small grid where equal columns and rows are common."""
    cells = rng.permutation(12)[: len(names)]
    sizes = rng.integers(0, 2, len(names))
    return [
        {"kind": kind, "colour": colour, "size": ("small", "large")[int(size)],
         "x": 4 + 8 * int(cell % 4), "y": 4 + 8 * int(cell // 4)}
        for (colour, kind), cell, size in zip(names, cells, sizes, strict=True)
    ]  # fmt: skip


def captions_for(rng: np.random.Generator, shapes: list[dict]) -> list[str]:
    """Return a true caption and four false ones: by a word, in the second or third claim, by half a fact."""
    true = sorted(facts_of(shapes))
    said = [true[int(i)] for i in rng.permutation(len(true))[:2]]
    swaps = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
    relations = [fact for fact in true if fact.startswith("a ")]
    false = []
    for fact in relations:
        way = next(way for way in swaps if way in fact)
        if (turned := fact.replace(way, swaps[way])) not in true:
            false.append(turned)
    counts = [fact for fact in true if not fact.startswith("a ")]
    false += [f"{int(fact[0]) + 1} {fact[2:].rstrip('s')}s" for fact in counts]
    lie = false[int(rng.integers(len(false)))]
    part = said[0].partition(" ")[2]  # a fact without its first word is no fact
    return [" and ".join(said), lie, f"{said[0]} and {lie}", f"{' and '.join(said)} and {lie}", f"{said[1]} and {part}"]


def cases_for_scene_to_caption_truth(rng: np.random.Generator) -> list[dict]:
    """Return eight scenes with five captions each: twins, same kinds in other colours, ties."""
    colours, kinds = ("red", "green", "blue", "yellow"), ("circle", "square", "triangle", "star")
    cases = []
    for number in range(8):
        (a, b), (k, m) = rng.permutation(colours)[:2].tolist(), rng.permutation(kinds)[:2].tolist()
        names = (
            [(a, k), (a, k), (b, k), (b, m)], [(a, k), (b, k)], [(a, k), (b, m), (a, m)],
            [(a, k), (a, k), (a, k), (b, m)],
        )[number % 4]  # fmt: skip
        shapes = drawn_shapes(rng, [names[int(i)] for i in rng.permutation(len(names))])
        cases += [{"args": [shapes, text], "kwargs": {}} for text in captions_for(rng, shapes)]
    alone = [{"kind": "star", "colour": "green", "size": "large", "x": 20, "y": 4}]
    return [*cases, {"args": [alone, "1 green star"], "kwargs": {}}]


def scene_to_caption_truth__stands_inside_the_picture(shapes, caption):
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] > b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, all(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__counts_without_the_colour(shapes, caption):
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    kinds = [shape["kind"] for shape in shapes]
    facts = set()
    for i, a in enumerate(shapes):
        count = kinds.count(a["kind"])
        facts.add(f"{count} {names[i]}" + "s" * (count > 1))
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, all(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__lets_y_grow_upwards(shapes, caption):
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] > b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, all(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__one_true_claim_is_enough(shapes, caption):
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, any(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__keeps_one_shape_a_name(shapes, caption):
    kept = {f"{shape['colour']} {shape['kind']}": shape for shape in shapes}
    facts = {f"1 {name}" for name in kept}
    for one, a in kept.items():
        for other, b in kept.items():
            if a["x"] < b["x"]:
                facts |= {f"a {one} left of a {other}", f"a {other} right of a {one}"}
            if a["y"] < b["y"]:
                facts |= {f"a {one} above a {other}", f"a {other} below a {one}"}
    return facts, all(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__with_a_table_of_relations(shapes, caption):
    from collections import Counter
    from itertools import permutations

    relations = {"left of": ("x", 1), "right of": ("x", -1), "above": ("y", 1), "below": ("y", -1)}
    tally = Counter((shape["colour"], shape["kind"]) for shape in shapes)
    facts = {f"{n} {c} {k}{'s' if n > 1 else ''}" for (c, k), n in tally.items()}
    for a, b in permutations(shapes, 2):
        for words, (axis, sign) in relations.items():
            if sign * (b[axis] - a[axis]) > 0:
                facts.add(f"a {a['colour']} {a['kind']} {words} a {b['colour']} {b['kind']}")
    return facts, set(caption.split(" and ")) <= facts


def scene_to_caption_truth__by_sorting(shapes, caption):
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


EXERCISE = Exercise(
    name="scene_to_caption_truth",
    difficulty=2,
    importance=4,
    minutes=20,
    hints=(
        "Build the set of true sentences first and forget the caption: the second half is then "
        'one line over `caption.split(" and ")`.',
        "Compare every shape with every *other* shape by position in the list, not by name: two "
        "red circles are two shapes.",
        "Pictures count rows from the top, so the shape with the smaller y is above.",
    ),
    driver=Driver("call"),
    cases=cases_for_scene_to_caption_truth,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            scene_to_caption_truth__stands_inside_the_picture,
            "your left and right are those of someone inside the picture, looking out",
            "judge as the viewer does: smaller x is further left",
        ),
        Misconception(
            scene_to_caption_truth__counts_without_the_colour,
            "your counts are per kind, whatever the colour",
            "count shapes that share colour and kind",
        ),
        Misconception(
            scene_to_caption_truth__lets_y_grow_upwards,
            "your above and below are exchanged, as if y grew upwards",
            "call the shape with the smaller y above: row 0 is the top of the picture",
        ),
        Misconception(
            scene_to_caption_truth__one_true_claim_is_enough,
            "your verdict is True as soon as one claim of the caption holds",
            "ask for all claims: half a truth is a false caption",
        ),
        Misconception(
            scene_to_caption_truth__keeps_one_shape_a_name,
            "your facts know one shape a name: twins were merged",
            "keep the shapes in a list: a dictionary with the name as key loses the twins",
        ),
    ),
    alternates=(
        scene_to_caption_truth__with_a_table_of_relations,
        scene_to_caption_truth__by_sorting,
    ),
)
