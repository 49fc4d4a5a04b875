"""product_description: a true and complete description of a scene in at most so many words."""

from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake
from mmlab.world import COLOURS, KINDS, SIZES


def shortest_last(shapes, background, limit):
    def article(words):
        return " ".join(["an" if words[0].startswith(tuple("aeiou")) else "a", *words])

    def relation(first, second):
        if first["x"] + 24 <= second["x"]:
            return "left of"
        if second["x"] + 24 <= first["x"]:
            return "right of"
        if first["y"] + 24 <= second["y"]:
            return "above"
        return "below" if second["y"] + 24 <= first["y"] else ""

    def text(keys, ground):
        names = [article([shape[key] for key in keys]) for shape in shapes]
        words = [relation(shapes[0], shape) for shape in shapes]
        near = [f"{word} {name}" for word, name in zip(words[1:], names[1:]) if word]
        rest = [name for word, name in zip(words[1:], names[1:]) if not word]
        return " and ".join([" ".join([names[0], *near[:1]]), *near[1:], *rest]) + ground

    whole = ("size", "colour", "kind")
    tries = [text(whole, f" on {article([background])} background"), text(whole, ""), text(whole[1:], "")]
    fitting = [each for each in tries if len(each.split(" ")) <= limit]
    if not fitting:
        raise ValueError(tries[-1])
    return fitting[0]


def list_of_words(shapes, background, limit):
    names = ("left of", "right of", "above", "below")
    for keys, tail in (
        (
            ("size", "colour", "kind"),
            ["on", "a" + "n" * (background[0] in "aeiou"), background, "background"],
        ),
        (("size", "colour", "kind"), []),
        (("colour", "kind"), []),
    ):
        words, late, joined = [], [], False
        for number, shape in enumerate(shapes):
            parts = [shape[key] for key in keys]
            phrase = [("a", "an")[parts[0][0] in {*"aeiou"}], *parts]
            if not number:
                words += phrase
                continue
            dx, dy = (shape[axis] - shapes[0][axis] for axis in "xy")
            true = [name for name, far in zip(names, (dx, -dx, dy, -dy)) if far > 23]
            if true:
                words += ["and"] * joined + true[0].split() + phrase
                joined = True
            else:
                late += ["and", *phrase]
        words += late + tail
        if not len(words) > limit:
            return " ".join(words)
    raise ValueError("too long")


def shape(text: str, x: int, y: int) -> dict:
    """Return a shape from "size colour kind" and its place."""
    return dict(zip(("size", "colour", "kind"), text.split())) | {"x": x, "y": y}


def cases(rng):
    """Scenes of 1 to 4 shapes anywhere, each at several limits."""
    drawn = []
    for number in range(8):
        shapes = [
            shape(" ".join(str(rng.choice([*names])) for names in (SIZES, COLOURS, KINDS)), *map(int, rng.integers(18, 79, 2)))
            for _ in range(1 + number % 4)
        ]  # fmt: skip
        words = len(shortest_last(shapes, "grey", 99).split())
        drawn += [
            call(shapes, ("black", "orange", "white")[number % 3], limit)
            for limit in (50, words - 1, words - 5)
        ]
    return drawn


RED, BLUE, PINK, CYAN = ("large red circle", "small blue star", "small pink ring", "large cyan cross")
CLAUSES = {
    "one shape": [call([shape(RED, 40, 40)], "grey", limit) for limit in (50, 8, 7, 4, 3, 2, 0)],
    "each relation": [call([shape(RED, 40, 40), shape(BLUE, x, y)], "white", 50) for x, y in ((70, 40), (14, 40), (40, 70), (40, 14))],
    "right and left come before above and below": [call([shape(RED, 40, 40), shape(BLUE, x, y)], "white", 50) for x, y in ((70, 70), (70, 14), (14, 70), (14, 14))],
    "a distance of 24 and of 23": [call([shape(RED, 40, 40), shape(BLUE, x, y)], "black", 50) for x, y in ((64, 40), (63, 40), (16, 40), (17, 40), (40, 64), (40, 63), (40, 16), (40, 17), (63, 64), (63, 63), (17, 16), (17, 17))],
    "no relation is true": [call([shape(RED, 40, 40), shape(BLUE, 50, 50), shape(PINK, 30, 44)], "grey", 50)],
    "shapes without a relation come last": [
        call([shape(RED, 40, 40), shape(BLUE, 50, 50), shape(PINK, 70, 44)], "grey", 50),
        call([shape(RED, 40, 40), shape(BLUE, 50, 50), shape(PINK, 70, 44), shape(CYAN, 38, 38)], "grey", 50),
        call([shape(RED, 40, 40), shape(PINK, 70, 44), shape(BLUE, 50, 50), shape(CYAN, 44, 75)], "white", 50),
    ],
    "the subject is the first of the list": [call([shape(BLUE, 70, 20), shape(RED, 20, 20), shape(PINK, 70, 70)], "grey", 50), call([shape(PINK, 70, 70), shape(RED, 20, 20), shape(BLUE, 70, 20)], "grey", 50)],
    "two equal shapes": [call([shape(RED, 20, 20), shape(RED, 70, 20)], "grey", 50), call([shape(RED, 20, 20), shape(RED, 22, 20)], "grey", 50)],
    "an and a": [
        call([shape("small orange star", 20, 20), shape("large orange square", 70, 20)], "grey", limit) for limit in (50, 10, 9, 8)
    ] + [call([shape("small orange star", 20, 20)], "white", 3), call([shape("small umber star", 20, 20)], "white", 3), call([shape("small ivory star", 20, 20), shape("small emerald ring", 70, 20)], "white", 8)],
    "the background's article": [
        call([shape(RED, 20, 20)], name, limit) for name in ("orange", "amber", "indigo", "umber", "emerald", "yellow") for limit in (50, 8, 7)
    ],
    "limits that leave something out": [
        call([shape(RED, 20, 20), shape(BLUE, 70, 20), shape(PINK, 20, 70), shape(CYAN, 24, 30)], "grey", limit) for limit in (28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15)
    ],
}  # fmt: skip

RELATIONS = '{"left of": right, "right of": -right, "above": down, "below": -down}'
LEVELS = '((True, last), (True, ""), (False, ""))'

EXERCISE = Exercise(
    difficulty=2,
    importance=3,
    minutes=20,
    optional=True,
    hints=(
        "First sort the other shapes into those with a relation, each with its word, and those without. Then write one function for a phrase, with or without the size.",
        "Put the four distances into a dict in the order of the statement, `{'left of': other x − subject x, …}`: the first one that is at least 24 decides.",
        "Loop over three levels: everything; without the background; without background and sizes. Return the first text with `len(text.split()) <= limit`, and raise ValueError after the loop.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "y_upwards",
            {RELATIONS: RELATIONS.replace('"above": down, "below": -down', '"above": -down, "below": down')},
            "above and below are exchanged in your text, so it is false: y grows downwards",
            "a smaller y is higher in the image",
        ),
        mistake(
            "side_of_the_other_shape",
            {RELATIONS: '{"right of": right, "left of": -right, "below": down, "above": -down}'},
            "your relations say where the other shape is, seen from the subject",
            "the sentence says where the subject is: it is left of a shape with a larger x",
        ),
        mistake(
            "above_first",
            {RELATIONS: '{"above": down, "below": -down, "left of": right, "right of": -right}'},
            "your text prefers above and below",
            "take the first true relation in the order of the statement",
        ),
        mistake(
            "any_distance",
            {"distance >= 24": "distance > 0"},
            "you name relations of shapes that are less than 24 apart, which the world does not count as true",
            "ask for a distance of at least 24",
        ),
        mistake(
            "more_than_24",
            {"distance >= 24": "distance > 24"},
            "shapes that are exactly 24 apart have no relation in your text",
            "24 is enough",
        ),
        mistake(
            "in_the_order_of_the_list",
            {"            alone.append(shape)": '            related.append(("and", shape))'},
            "shapes without a relation are not at the end of your text",
            "name them after all shapes with a relation",
        ),
        mistake(
            "cut_at_the_limit",
            {
                "        if len(text.split()) <= limit:\n            return text": '        return " ".join(text.split()[:limit])'
            },
            "you cut the text after so many words, and half a fact may be false",
            "leave out whole facts in the order of the statement",
        ),
        mistake(
            "an_forgotten",
            {"'an' if words[0] in 'aeiou' else 'a'": "'a'"},
            "your article is always a",
            "write an before a, e, i, o and u, also where the size is left out",
        ),
        mistake(
            "article_of_the_colour",
            {"words[0] in": "shape['colour'][0] in"},
            "your article belongs to the colour, also when the size stands before it",
            "look at the first word of the phrase",
        ),
        mistake(
            "background_always_with_a",
            {"'an' if background[0] in 'aeiou' else 'a'": "'a'"},
            "your background has the article a before a vowel as well",
            "write an before a, e, i, o and u, as for the shapes",
        ),
        mistake(
            "sizes_left_out_first",
            {LEVELS: '((True, last), (False, last), (False, ""))'},
            "you leave out the sizes before the background",
            "leave out the background first",
        ),
        mistake(
            "too_long_returned",
            {
                '    raise ValueError(f"{len(text.split())} words are left, and {limit} are allowed")': "    return text"
            },
            "you return a text that is longer than the limit",
            "raise ValueError",
        ),
    ),  # fmt: skip
    alternates=(shortest_last, list_of_words),
    equivalent={},
    forbids=("mmlab.world.captions.caption",),
)
