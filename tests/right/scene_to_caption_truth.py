"""Unusual right answers to scene_to_caption_truth that its cases must accept."""

import numpy as np

from mmlab.instructor.authoring.exercise import Answer


def sentence_by_sentence(shapes, caption):
    from itertools import product

    named = {}
    for shape in shapes:
        named.setdefault((shape["colour"], shape["kind"]), []).append((shape["x"], shape["y"]))
    facts = {f"{len(at)} {' '.join(name)}{'s' if len(at) > 1 else ''}" for name, at in named.items()}
    for one, other in product(named, repeat=2):
        for axis, words in enumerate(("left of", "above")):
            if min(at[axis] for at in named[one]) < max(at[axis] for at in named[other]):
                facts.add("a {} {} {} a {} {}".format(*one, words, *other))
        for axis, words in enumerate(("right of", "below")):
            if max(at[axis] for at in named[one]) > min(at[axis] for at in named[other]):
                facts.add("a {} {} {} a {} {}".format(*one, words, *other))
    return facts, facts.issuperset(caption.split(" and "))


def by_words(shapes, caption):
    facts = set()
    for a in shapes:
        alike = sum((b["colour"], b["kind"]) == (a["colour"], a["kind"]) for b in shapes)
        facts.add(f"{alike} {a['colour']} {a['kind']}" + ("" if alike < 2 else "s"))
        for b in shapes:
            ways = {
                "left of": a["x"] < b["x"],
                "right of": a["x"] > b["x"],
                "above": a["y"] < b["y"],
                "below": a["y"] > b["y"],
            }
            facts |= {
                f"a {a['colour']} {a['kind']} {way} a {b['colour']} {b['kind']}" for way in ways if ways[way]
            }
    return facts, bool(np.all([claim in facts for claim in caption.split(" and ")]))


def with_a_table_of_relations(shapes, caption):
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


ANSWERS = (
    Answer("with_a_table_of_relations", with_a_table_of_relations, "ordered pairs, and a counter"),
    Answer("sentence_by_sentence", sentence_by_sentence, "one extreme of each name against the other's"),
    Answer("by_words", by_words, "all sentences about each pair, the pair of a shape with itself included"),
)
