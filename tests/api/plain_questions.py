"""300 plain questions about mmlab world images; the truth comes from the world's objects.

questions() -> list of dict:
    type      str
    image     bytes (PNG) or None
    question  str
    accept    list of str    any one of them makes a reply right (if there is no "all" and no "every")
    reject    list of str    a right direct reply contains none of them
    all       list of str          optional: the reply must contain every one (text extraction)
    every     list of list of str  optional: the reply must contain one of each list (two-part)
right(entry, reply) -> bool
"""

import random
import re
import unicodedata
from datetime import date

import numpy as np

from mmlab.world import BACKGROUNDS, COLOURS, KINDS, encode_image, render, sample
from mmlab.world import documents as docs
from mmlab.world.grammar import PLURALS, article, holds

LIMIT, LONG = 25, 60
SIDES = (96, 256, 128, 192, 320)

# ---------------------------------------------------------------- judging


def norm(text: str) -> str:
    """Lower case, no accents, no punctuation except . and , inside numbers; 1,234.50 -> 1234.50."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"['’`´]", "", text)
    text = re.sub(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])", lambda m: m[0].replace(",", ""), text)
    text = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", text)
    text = re.sub(r"(?<!\d)[.,]|[.,](?!\d)|[^\w\s.,]|_", " ", text)
    return " ".join(text.split())


def _has(reply: str, phrase: str) -> bool:
    phrase = norm(phrase)
    return bool(phrase) and f" {phrase} " in f" {reply} "


def right(entry: dict, reply: str) -> bool:
    """Whether a reply is right and direct."""
    text = norm(reply)
    if len(reply.split()) > (LONG if entry["type"] == "text_extraction" else LIMIT):
        return False
    if any(_has(text, bad) for bad in entry["reject"]):
        return False
    if "all" in entry:
        return all(_has(text, key) for key in entry["all"])
    if "every" in entry:
        return all(any(_has(text, good) for good in part) for part in entry["every"])
    return any(_has(text, good) for good in entry["accept"])


# ---------------------------------------------------------------- words

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def word(n: int) -> str:
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f" {_ONES[n % 10]}" if n % 10 else "")
    return f"{_ONES[n // 100]} hundred" + (f" {word(n % 100)}" if n % 100 else "") if n < 1000 else str(n)


def num(n: int) -> list[str]:
    return [str(n), word(n)] + (["no", "none", "there arent any", "there are not any"] if n == 0 else [])


def wrong_counts(n: int, *nouns: str, top: int = 9) -> list[str]:
    """Other numbers directly before one of the nouns."""
    out = []
    for m in range(top + 1):
        if m != n:
            out += [
                f"{w} {noun}" for w in ((str(m), word(m)) if m else ("0", "zero", "no")) for noun in nouns
            ]
    return out


COLOUR_WORDS = {
    "red": ["red"],
    "orange": ["orange"],
    "yellow": ["yellow"],
    "green": ["green"],
    "cyan": ["cyan", "light blue", "sky blue", "turquoise", "aqua"],
    "blue": ["blue"],
    "purple": ["purple", "violet", "magenta"],
    "pink": ["pink", "rose", "salmon"],
}
KIND_WORDS = {
    "circle": ["circle", "disc", "disk", "circles"],
    "square": ["square", "squares"],
    "triangle": ["triangle", "triangles"],
    "cross": ["cross", "plus", "crosses", "plus sign"],
    "star": ["star", "stars"],
    "ring": ["ring", "donut", "doughnut", "rings", "annulus"],
}
BACK_WORDS = {"black": ["black"], "grey": ["grey", "gray"], "white": ["white"]}


def other_colours(*true: str) -> list[str]:
    out = [c for c in COLOURS if c not in true]
    if "cyan" in true and "blue" in out:
        out.remove("blue")  # "light blue" is right
    return out


def other_kinds(*true: str) -> list[str]:
    return [k for k in KINDS if k not in true] + [PLURALS[k] for k in KINDS if k not in true]


YES = ["yes", "yep", "yeah", "correct"]
NO = ["no", "nope"]


def yes_no(truth: bool, yes_also=(), no_also=()) -> tuple[list[str], list[str]]:
    """accept, reject"""
    if truth:
        return YES + list(yes_also), ["no", "nope", "not"]
    return NO + list(no_also), ["yes", "yep", "yeah"]


# ---------------------------------------------------------------- scenes


class Scenes:
    """Hands out each scene once, always the first that fits."""

    def __init__(self):
        self.free = list(sample(9000, seed=20261130, split="test"))
        self.turn = 0

    def take(self, fits):
        for index, scene in enumerate(self.free):
            if fits(scene):
                del self.free[index]
                self.turn += 1
                return scene, SIDES[self.turn % len(SIDES)]
        raise LookupError("no scene fits")


def n_of(scene, colour=None, kind=None, size=None) -> int:
    return sum(
        colour in (None, s.colour) and kind in (None, s.kind) and size in (None, s.size) for s in scene.shapes
    )


def the(scene, colour=None, kind=None):
    return next(s for s in scene.shapes if colour in (None, s.colour) and kind in (None, s.kind))


def png(scene, side) -> bytes:
    return encode_image(render([scene], side)[0])


def single_kinds(scene) -> list[str]:
    return [s.kind for s in scene.shapes if n_of(scene, kind=s.kind) == 1]


def single_colours(scene) -> list[str]:
    return [s.colour for s in scene.shapes if n_of(scene, colour=s.colour) == 1]


def all_single(scene) -> bool:
    n = len(scene.shapes)
    return len({s.kind for s in scene.shapes}) == n == len({s.colour for s in scene.shapes})


def _scene_questions(add):
    pool = Scenes()
    rng = random.Random(11)

    # 1 count_all
    texts = (
        "How many shapes are there?",
        "How many shapes are in the picture?",
        "Count the shapes.",
        "how many objects can you see",
        "What is the number of shapes in this image?",
        "How many figures does the image show?",
        "Can you tell me how many shapes there are?",
        "How many things are drawn here?",
        "number of shapes?",
        "Please count all shapes in this image.",
        "How many shapes do you see in total?",
        "Tell me the total number of objects.",
    )
    for i, text in enumerate(texts):
        n = 1 + i % 4
        scene, side = pool.take(lambda s: len(s.shapes) == n)
        add(
            "count_all",
            png(scene, side),
            text,
            num(n),
            wrong_counts(n, "shapes", "shape", "objects", "object", "figures", "things"),
        )

    # 2 count_colour
    texts = (
        "How many {c} shapes are there?",
        "How many shapes are {c}?",
        "How many of the shapes are {c}?",
        "Count the {c} shapes.",
        "how many {c} things are in the picture?",
        "What is the number of {c} objects?",
    )
    for i in range(12):
        c, n = list(COLOURS)[(3 * i) % 8], (1, 2, 0, 1, 2, 3)[i % 6]
        scene, side = pool.take(lambda s: n_of(s, c) == n and len(s.shapes) >= max(2, n + i % 2))
        add(
            "count_colour",
            png(scene, side),
            texts[i % 6].format(c=c),
            num(n),
            wrong_counts(n, f"{c} shapes", f"{c} shape", f"{c} objects", "are " + c, "shapes are " + c),
        )

    # 3 count_kind
    texts = (
        "How many {k} are there?",
        "How many {k} do you see?",
        "Count the {k}, please.",
        "how many {k} are in this image?",
        "What's the number of {k}?",
        "How many of the shapes are {k}?",
    )
    for i in range(12):
        k, n = KINDS[(i + i // 6) % 6], (1, 2, 0, 2, 1, 3)[i % 6]
        scene, side = pool.take(lambda s: n_of(s, kind=k) == n and len(s.shapes) >= max(2, n))
        add(
            "count_kind",
            png(scene, side),
            texts[i % 6].format(k=PLURALS[k]),
            num(n),
            wrong_counts(n, PLURALS[k], k),
        )

    # 4 count_colour_kind
    texts = (
        "How many {c} {k} are there?",
        "How many {c} {k} can you see in the image?",
        "Count the {c} {k}.",
        "Number of {c} {k}?",
    )
    for i in range(12):
        n = (1, 2, 0)[i % 3]

        def pair_for(s):
            if n == 0:  # colour and kind are both there, but never together
                pairs = [
                    (a.colour, b.kind) for a in s.shapes for b in s.shapes if not n_of(s, a.colour, b.kind)
                ]
            else:
                pairs = [x.pair for x in s.shapes if n_of(s, *x.pair) == n]
            return pairs

        scene, side = pool.take(lambda s: len(s.shapes) >= 3 and pair_for(s))
        c, k = rng.choice(pair_for(scene))
        add(
            "count_colour_kind",
            png(scene, side),
            texts[i % 4].format(c=c, k=PLURALS[k]),
            num(n),
            wrong_counts(n, f"{c} {PLURALS[k]}", f"{c} {k}"),
        )

    # 5 count_distinct
    texts = (
        ("colour", "How many different colours do the shapes have?"),
        ("kind", "How many different kinds of shapes are there?"),
        ("colour", "How many colours do the shapes have in total, not counting the background?"),
        ("kind", "How many types of shape can you see?"),
        ("colour", "In how many different colors are the shapes drawn?"),
        ("kind", "Count the distinct kinds of shapes."),
    )
    for i in range(12):
        field, text = texts[i % 6]
        n = (2, 1, 3, 2, 1, 3, 3, 2, 2, 4, 4, 1)[i]
        scene, side = pool.take(
            lambda s: len({getattr(x, field) for x in s.shapes}) == n and len(s.shapes) == min(n + 1, 4)
        )
        nouns = ("colours", "colors", "different colours", "different colors")
        if field == "kind":
            nouns = ("kinds", "types", "different kinds", "different types")
        add("count_distinct", png(scene, side), text, num(n), wrong_counts(n, *nouns))

    # 6 exists
    texts = (
        "Is there {x}?",
        "Is there {x} in the picture?",
        "Can you see {x}?",
        "Does the image show {x}?",
        "Do you see {x} anywhere?",
        "does this picture contain {x}",
    )
    for i in range(12):
        truth, form = bool((i + i // 6) % 2), i % 3
        scene, side = pool.take(lambda s: len(s.shapes) >= 2 and len({x.pair for x in s.shapes}) >= 2)
        if form == 0:  # colour and kind
            if truth:
                c, k = rng.choice([x.pair for x in scene.shapes])
            else:
                c, k = rng.choice(
                    [
                        p
                        for a in scene.shapes
                        for p in [(c, a.kind) for c in COLOURS] + [(a.colour, k) for k in KINDS]
                        if not n_of(scene, *p)
                    ]
                )
            what = f"{c} {k}"
        elif form == 1:
            what = rng.choice([k for k in KINDS if bool(n_of(scene, kind=k)) == truth])
        else:
            what = rng.choice([c for c in COLOURS if bool(n_of(scene, c)) == truth]) + " shape"
        accept, reject = yes_no(
            truth,
            (f"there is {article(what)}", f"there is one {what}", f"i see {article(what)}"),
            (f"there isnt {article(what)}", f"there is not {article(what)}", "none"),
        )
        add("exists", png(scene, side), texts[i % 6].format(x=article(what)), accept, reject)

    # 7 negation
    for i in range(12):
        truth = bool(i // 6)
        form = i % 6
        if form == 0:  # anything not of a colour
            c = ("red", "blue")[truth]
            scene, side = pool.take(
                lambda s: len(s.shapes) >= 2 and n_of(s, c) >= 1 and (n_of(s, c) < len(s.shapes)) == truth
            )
            add(
                "negation",
                png(scene, side),
                f"Is there anything that is not {c}?",
                YES if truth else ["no", "nope", "nothing", f"everything is {c}", f"all shapes are {c}"],
                ["no", "nope"] if truth else ["yes"],
            )
        elif form == 1:  # are there no KINDs
            k = ("square", "star")[truth]
            scene, side = pool.take(lambda s: len(s.shapes) >= 2 and (n_of(s, kind=k) == 0) == truth)
            n = n_of(scene, kind=k)
            if truth:
                accept, reject = (
                    YES + [f"no {PLURALS[k]}", "none", f"no {k}"],
                    [f"there is a {k}", "there is one"],
                )
            else:
                accept = [
                    "no",
                    f"there is a {k}",
                    f"there is one {k}",
                    f"{word(n)} {k}",
                    f"{word(n)} {PLURALS[k]}",
                ]
                reject = ["yes", f"no {PLURALS[k]}", "none", f"no {k}"]
            add("negation", png(scene, side), f"Are there no {PLURALS[k]}?", accept, reject)
        elif form == 2:  # is there no COLOUR KIND
            scene, side = pool.take(lambda s: len(s.shapes) >= 3 and all_single(s))
            a, b = scene.shapes[:2]
            c, k = (a.colour, b.kind) if truth else a.pair
            if truth:
                accept = YES + [f"there is no {c} {k}", f"no {c} {k}", "none"]
                reject = [f"there is a {c} {k}", f"there is an {c} {k}", f"one {c} {k}"]
            else:
                accept = ["no", f"there is {article(c)} {k}", f"there is one {c} {k}", f"one {c} {k}"]
                reject = ["yes", f"no {c} {k}", "none"]
            add("negation", png(scene, side), f"Is there no {c} {k} in this picture?", accept, reject)
        elif form == 3:  # free of
            k = ("triangle", "ring")[truth]
            scene, side = pool.take(lambda s: len(s.shapes) >= 2 and (n_of(s, kind=k) == 0) == truth)
            accept = YES + [f"no {PLURALS[k]}", f"no {k}"] if truth else NO + [f"there is a {k}", "not"]
            reject = [f"there is a {k}"] if truth else ["yes", f"no {PLURALS[k]}", f"no {k}"]
            add("negation", png(scene, side), f"Is the image free of {PLURALS[k]}?", accept, reject)
        elif form == 4:  # shapes that are not KIND
            k = ("circle", "cross")[truth]
            scene, side = pool.take(
                lambda s: (
                    len(s.shapes) >= 2 and n_of(s, kind=k) >= 1 and (n_of(s, kind=k) < len(s.shapes)) == truth
                )
            )
            add(
                "negation",
                png(scene, side),
                f"Are there any shapes that aren't {PLURALS[k]}?",
                YES if truth else ["no", "nope", "none", f"all shapes are {PLURALS[k]}"],
                ["no", "nope", "none"] if truth else ["yes"],
            )
        elif truth:  # which is not COLOUR
            scene, side = pool.take(
                lambda s: (
                    len(s.shapes) >= 3
                    and any(n_of(s, x.colour) == len(s.shapes) - 1 for x in s.shapes)
                    and any(n_of(s, kind=x.kind) == 1 and n_of(s, x.colour) == 1 for x in s.shapes)
                )
            )
            c = next(x.colour for x in scene.shapes if n_of(scene, x.colour) > 1)
            odd = next(x for x in scene.shapes if x.colour != c)
            add(
                "negation",
                png(scene, side),
                f"Which shape is not {c}?",
                KIND_WORDS[odd.kind],
                other_kinds(odd.kind),
            )
        else:  # how many are not COLOUR
            scene, side = pool.take(lambda s: len(s.shapes) == 3 and n_of(s, "green") == 1)
            add(
                "negation",
                png(scene, side),
                "How many shapes are not green?",
                num(2),
                ["one", "1", "three", "3"],
            )

    # 8 all_colour
    texts = (
        "Are all the {k} {c}?",
        "Are all {k} in the image {c}?",
        "Is every {one} {c}?",
        "Are the {k} all {c}?",
    )
    for i in range(12):
        truth = bool((i + i // 4) % 2)

        def choices(s):
            out = []
            for k in KINDS:
                own = [x.colour for x in s.shapes if x.kind == k]
                if len(own) >= 2 and (len(set(own)) == 1) == truth:
                    out.append((k, own[0]))
            return out

        if i >= 10:  # all shapes of the image
            scene, side = pool.take(
                lambda s: len(s.shapes) >= 2 and (n_of(s, s.shapes[0].colour) == len(s.shapes)) == truth
            )
            c, text = (
                scene.shapes[0].colour,
                ("Are all the shapes {c}?", "Is everything in the picture {c}?")[i % 2],
            )
            text = text.format(c=c)
        else:
            scene, side = pool.take(lambda s: len(s.shapes) >= 3 and choices(s))
            k, c = choices(scene)[0]
            text = texts[i % 4].format(k=PLURALS[k], one=k, c=c)
        accept, reject = yes_no(truth, (f"all {c}", f"they are all {c}"), ("not all", "only some"))
        add("all_colour", png(scene, side), text, accept, reject)

    # 9 colour_of_kind
    texts = (
        "What colour is the {k}?",
        "What color is the {k}?",
        "Which colour does the {k} have?",
        "Tell me the color of the {k}.",
        "the {k} is what colour?",
        "In what colour is the {k} drawn?",
    )
    for i in range(12):
        k, c = KINDS[i % 6], list(COLOURS)[(i + i // 6) % 8]
        scene, side = (
            pool.take(lambda s: len(s.shapes) >= 2 and n_of(s, c, k) == 1 == n_of(s, kind=k))
            if _possible(c, k)
            else pool.take(lambda s: len(s.shapes) >= 2 and n_of(s, kind=k) == 1)
        )
        c = the(scene, kind=k).colour
        add("colour_of_kind", png(scene, side), texts[i % 6].format(k=k), COLOUR_WORDS[c], other_colours(c))

    # 10 kind_of_colour
    texts = (
        "What kind of shape is the {c} one?",
        "What shape is {c}?",
        "Which shape is {c}?",
        "What is the {c} object?",
        "The {c} thing, what is it?",
        "What is the form of the {c} shape?",
    )
    for i in range(12):
        c = list(COLOURS)[(5 * i) % 8]
        scene, side = (
            pool.take(
                lambda s: len(s.shapes) >= 2 and n_of(s, c) == 1 and the(s, c).kind == KINDS[(i + i // 6) % 6]
            )
            if _possible(c, KINDS[(i + i // 6) % 6])
            else pool.take(lambda s: len(s.shapes) >= 2 and n_of(s, c) == 1)
        )
        k = the(scene, c).kind
        add("kind_of_colour", png(scene, side), texts[i % 6].format(c=c), KIND_WORDS[k], other_kinds(k))

    # 11 relation
    words = ("left of", "right of", "above", "below")
    opposite = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
    phrases = {"left of": "to the left of", "right of": "to the right of", "above": "above", "below": "below"}
    for i in range(8):
        truth, relation = bool((i // 4 + i) % 2), words[i % 4]
        real = relation if truth else opposite[relation]
        scene, side = pool.take(
            lambda s: (
                len(s.shapes) in (2, 3)
                and all_single(s)
                and holds(real, s.shapes[0], s.shapes[1])
                or len(s.shapes) in (2, 3)
                and all_single(s)
                and holds(real, s.shapes[1], s.shapes[0])
            )
        )
        a, b = scene.shapes[:2]
        if not holds(real, a, b):
            a, b = b, a
        first = a.kind if i < 4 else f"{a.colour} {a.kind}"
        second = b.kind if i % 2 else f"{b.colour} {b.kind}"
        text = ("Is the {} {} the {}?", "is the {} located {} the {} in this image?")[i // 2 % 2]
        accept, reject = yes_no(truth)
        add("relation", png(scene, side), text.format(first, phrases[relation], second), accept, reject)
    for i, relation in enumerate(words):
        scene, side = pool.take(
            lambda s: (
                len(s.shapes) == 2
                and all_single(s)
                and (holds(relation, *s.shapes) or holds(relation, *s.shapes[::-1]))
            )
        )
        a, b = scene.shapes
        if not holds(relation, a, b):
            a, b = b, a
        text = ("What is {} the {}?", "Which shape is {} the {}?")[i % 2].format(phrases[relation], b.kind)
        add(
            "relation",
            png(scene, side),
            text,
            KIND_WORDS[a.kind] + [f"{a.colour} one", f"{a.colour} shape", f"{a.colour} object"],
            other_kinds(a.kind, b.kind) + ["nothing"],
        )

    # 12 size
    def one_odd(size):
        return lambda s: len(s.shapes) in (2, 3) and all_single(s) and n_of(s, size=size) == 1

    texts = (
        ("large", "Which is the largest shape?"),
        ("small", "Which shape is the smallest?"),
        ("large", "What is the biggest object in the picture?"),
        ("small", "what's the smallest thing here?"),
        ("large", "Which of the shapes is the largest one?"),
        ("small", "Name the smallest shape."),
    )
    for size, text in texts:
        scene, side = pool.take(one_odd(size))
        odd = next(x for x in scene.shapes if x.size == size)
        add(
            "size",
            png(scene, side),
            text,
            KIND_WORDS[odd.kind] + [f"{odd.colour} one", f"{odd.colour} shape"],
            other_kinds(odd.kind),
        )
    for size, text in (
        ("large", "What colour is the largest shape?"),
        ("small", "Which color does the smallest shape have?"),
    ):
        scene, side = pool.take(one_odd(size))
        odd = next(x for x in scene.shapes if x.size == size)
        add("size", png(scene, side), text, COLOUR_WORDS[odd.colour], other_colours(odd.colour))
    for truth, text in ((True, "Is the {} bigger than the {}?"), (False, "Is the {} larger than the {}?")):
        scene, side = pool.take(lambda s: len(s.shapes) == 2 and one_odd("large")(s))
        big, small = sorted(scene.shapes, key=lambda x: x.size)  # "large" < "small"
        pair = (big, small) if truth else (small, big)
        accept, reject = yes_no(truth, (), ("smaller",))
        add("size", png(scene, side), text.format(*(x.kind for x in pair)), accept, reject)
    for truth in (True, False):
        scene, side = pool.take(
            lambda s: len(s.shapes) == 3 and (len({x.size for x in s.shapes}) == 1) == truth
        )
        accept, reject = yes_no(truth, ("all the same size", "same size"), ("not all", "different sizes"))
        add("size", png(scene, side), "Are all the shapes the same size?", accept, reject)

    # 13 background
    texts = (
        ("white", "Is the background white or black?", None),
        ("black", "Is the background white or black?", None),
        ("grey", "What colour is the background?", None),
        ("white", "What's the background color?", None),
        ("grey", "Is the background grey or black?", None),
        ("black", "Which colour is behind the shapes?", None),
        ("black", "Is the background black?", True),
        ("grey", "Is the background white?", False),
        ("white", "Is the background white?", True),
        ("white", "Is the background dark?", False),
    )
    for back, text, truth in texts:
        scene, side = pool.take(lambda s: s.background == back and len(s.shapes) >= 2)
        if truth is None:
            accept = BACK_WORDS[back]
            reject = [w for b, ws in BACK_WORDS.items() if b != back for w in ws]
        else:
            accept, reject = yes_no(truth)
            accept = accept + ([] if truth or "dark" in text else [f"it is {w}" for w in BACK_WORDS[back]])
            accept = accept + (["light", "bright"] if "dark" in text else [])
        add("background", png(scene, side), text, accept, reject)

    # 14 compare
    for i in range(12):
        form = i % 6
        truth = bool((i + i // 6) % 2)
        by_kind = form in (0, 2, 3, 5)
        values = KINDS if by_kind else tuple(COLOURS)
        count = (lambda s, v: n_of(s, kind=v)) if by_kind else (lambda s, v: n_of(s, v))

        def pairs(s):
            out = []
            for a in values:
                for b in values:
                    x, y = count(s, a), count(s, b)
                    if a == b or not x or not y and form != 0:
                        continue
                    if form in (0, 1) and (x > y) == truth and x + y >= 2:
                        out.append((a, b))
                    elif form in (2, 4) and (x < y) == truth and x + y >= 3 - (not truth):
                        out.append((a, b))
                    elif form == 3 and (x == y) == truth:
                        out.append((a, b))
                    elif form == 5 and x > y:
                        out.append((a, b) if truth else (b, a))
            return out

        scene, side = pool.take(lambda s: len(s.shapes) >= 3 and pairs(s))
        a, b = rng.choice(pairs(scene))
        if form == 5:
            winner, loser = (a, b) if truth else (b, a)
            text = (
                f"Which are there more of, {PLURALS[a]} or {PLURALS[b]}?",
                f"What is there more of in the image: {PLURALS[a]} or {PLURALS[b]}?",
            )[i // 6]
            accept = KIND_WORDS[winner]
            reject = [f"more {PLURALS[loser]}", "same number", "equal"] + other_kinds(winner, loser)
        else:
            name_a, name_b = (PLURALS[a], PLURALS[b]) if by_kind else (f"{a} shapes", f"{b} shapes")
            text = {
                0: f"Are there more {name_a} than {name_b}?",
                1: f"Do you see more {name_a} than {name_b}?",
                2: f"Are there fewer {name_a} than {name_b}?",
                3: f"Are there as many {name_a} as {name_b}?"
                if i < 6
                else f"Is the number of {name_a} equal to the number of {name_b}?",
                4: f"Are there fewer {name_a} than {name_b} ones?".replace(" shapes ones", " ones"),
            }[form]
            accept, reject = yes_no(truth)
        add("compare", png(scene, side), text, accept, reject)

    # 15 two_part
    for i in range(12):
        scene, side = pool.take(
            lambda s: (
                len(s.shapes) >= 3
                and any(n_of(s, kind=x.kind) == 2 for x in s.shapes)
                and bool(single_kinds(s))
                and bool(single_colours(s))
            )
        )
        many = next(x.kind for x in scene.shapes if n_of(scene, kind=x.kind) == 2)
        lone = next(x for x in scene.shapes if n_of(scene, kind=x.kind) == 1)
        total, back = len(scene.shapes), scene.background
        two = ["2", "two"]
        form = i % 6
        if form == 0:
            text = f"How many {PLURALS[many]} are there and what colour is the {lone.kind}?"
            parts, reject = [two, COLOUR_WORDS[lone.colour]], wrong_counts(2, PLURALS[many], many)
        elif form == 1:
            text = "How many shapes are there, and what is the background colour?"
            parts = [num(total), BACK_WORDS[back]]
            reject = wrong_counts(total, "shapes")
        elif form == 2:
            text = f"What colour is the {lone.kind}, and is the background white or black?"
            if back == "grey":
                text = f"What colour is the {lone.kind}, and what colour is the background?"
            parts = [COLOUR_WORDS[lone.colour], BACK_WORDS[back]]
            reject = [w for b, ws in BACK_WORDS.items() if b != back for w in ws]
        elif form == 3:
            absent = next(k for k in KINDS if not n_of(scene, kind=k))
            text = f"Is there a {absent}? And how many {PLURALS[many]} are there?"
            parts, reject = [["no", "not", "isnt"], two], ["yes"] + wrong_counts(2, PLURALS[many], many)
        elif form == 4:
            c = single_colours(scene)[0]
            own = the(scene, c)
            text = f"Which shape is {c} and how many shapes are there altogether?"
            parts, reject = [KIND_WORDS[own.kind], num(total)], wrong_counts(total, "shapes")
        else:
            text = f"Is there a {lone.kind}, and if so, what color is it?"
            parts = [
                ["yes", f"there is a {lone.kind}", f"the {lone.kind}", f"{lone.colour} {lone.kind}"],
                COLOUR_WORDS[lone.colour],
            ]
            reject = ["no"] + other_colours(lone.colour)
        add("two_part", png(scene, side), text, sum(parts, []), reject, every=parts)

    # 16 blank: images of one single colour
    def blank(rgb, side):
        return encode_image(np.full((side, side, 3), rgb, np.uint8))

    none = ["0", "zero", "no", "none", "nothing", "empty", "blank"]
    nothing = [
        "nothing",
        "empty",
        "blank",
        "no shapes",
        "no shape",
        "no objects",
        "just a",
        "only a",
        "plain",
    ]
    some = [f"{a} {k}" for a in ("a", "one") for k in KINDS]
    solid = [f"{a} {c} {k}" for a in ("a", "an", "one") for c in COLOURS for k in KINDS]
    for rgb, side, text, accept, reject in (
        (BACKGROUNDS["white"], 96, "How many shapes are there?", none, wrong_counts(0, "shapes", "shape")),
        (BACKGROUNDS["black"], 128, "Is there a circle in this image?", NO + ["none", "nothing"], ["yes"]),
        (
            COLOURS["red"],
            192,
            "What colour is this image?",
            COLOUR_WORDS["red"],
            other_colours("red") + ["circle"],
        ),
        (COLOURS["blue"], 256, "What color do you see?", COLOUR_WORDS["blue"], other_colours("blue")),
        (BACKGROUNDS["grey"], 96, "What is in the picture?", nothing, some + solid),
        (COLOURS["green"], 128, "How many stars are there?", none, wrong_counts(0, "stars", "star")),
        (
            BACKGROUNDS["white"],
            256,
            "Is this image empty?",
            YES + ["empty", "blank"],
            ["no", "not"] + some + solid,
        ),
        (
            COLOURS["yellow"],
            192,
            "Is this picture red or yellow?",
            COLOUR_WORDS["yellow"],
            other_colours("yellow"),
        ),
    ):
        add("blank", blank(rgb, side), text, accept, reject)

    _languages(add, pool)


def _possible(colour, kind) -> bool:
    from mmlab.world import NOVEL_PAIRS

    return (colour, kind) not in NOVEL_PAIRS


# ---------------------------------------------------------------- other languages

_LANG = {
    "de": {
        "n": (
            ["null", "keine", "kein"],
            ["eins", "ein", "eine", "einen", "einer"],
            ["zwei"],
            ["drei"],
            ["vier"],
        ),
        "colour": dict(
            red="rot rote roter rotes",
            orange="orange",
            yellow="gelb gelbe gelber",
            green="grün grüne grüner",
            cyan="hellblau türkis cyan zyan",
            blue="blau blaue blauer",
            purple="lila violett purpur",
            pink="rosa pink",
        ),
        "back": dict(black="schwarz", grey="grau", white="weiß"),
        "kind": dict(
            circle=("der Kreis", "Kreise"),
            square=("das Quadrat", "Quadrate"),
            triangle=("das Dreieck", "Dreiecke"),
            cross=("das Kreuz", "Kreuze"),
            star=("der Stern", "Sterne"),
            ring=("der Ring", "Ringe"),
        ),
        "yes": ["ja"],
        "no": ["nein"],
        "ask": (
            "Wie viele Formen sind auf dem Bild?",
            "Wie viele {p} gibt es?",
            "Welche Farbe hat {s}?",
            "Gibt es {p} auf dem Bild?",
            "Welche Farbe hat der Hintergrund?",
        ),
    },
    "fr": {
        "n": (["zéro", "aucun", "aucune"], ["un", "une"], ["deux"], ["trois"], ["quatre"]),
        "colour": dict(
            red="rouge",
            orange="orange",
            yellow="jaune",
            green="vert verte",
            cyan="cyan turquoise bleu-clair",
            blue="bleu bleue",
            purple="violet violette pourpre",
            pink="rose",
        ),
        "back": dict(black="noir noire", grey="gris grise", white="blanc blanche"),
        "kind": dict(
            circle=("le cercle", "cercles"),
            square=("le carré", "carrés"),
            triangle=("le triangle", "triangles"),
            cross=("la croix", "croix"),
            star=("l'étoile", "étoiles"),
            ring=("l'anneau", "anneaux"),
        ),
        "yes": ["oui"],
        "no": ["non"],
        "ask": (
            "Combien de formes y a-t-il dans l'image ?",
            "Combien y a-t-il de {p} ?",
            "De quelle couleur est {s} ?",
            "Y a-t-il des {p} dans l'image ?",
            "Quelle est la couleur du fond ?",
        ),
    },
    "es": {
        "n": (["cero", "ningún", "ninguno", "ninguna"], ["uno", "un", "una"], ["dos"], ["tres"], ["cuatro"]),
        "colour": dict(
            red="rojo roja",
            orange="naranja",
            yellow="amarillo amarilla",
            green="verde",
            cyan="cian celeste turquesa",
            blue="azul",
            purple="morado morada violeta púrpura",
            pink="rosa rosado rosada",
        ),
        "back": dict(black="negro negra", grey="gris", white="blanco blanca"),
        "kind": dict(
            circle=("el círculo", "círculos"),
            square=("el cuadrado", "cuadrados"),
            triangle=("el triángulo", "triángulos"),
            cross=("la cruz", "cruces"),
            star=("la estrella", "estrellas"),
            ring=("el anillo", "anillos"),
        ),
        "yes": ["sí"],
        "no": ["no"],
        "ask": (
            "¿Cuántas figuras hay en la imagen?",
            "¿Cuántos {p} hay?",
            "¿De qué color es {s}?",
            "¿Hay {p} en la imagen?",
            "¿De qué color es el fondo?",
        ),
    },
}


def _languages(add, pool):
    for index, (code, lang) in enumerate(_LANG.items()):

        def colour(c):
            return [*COLOUR_WORDS[c], *lang["colour"][c].split()]

        def others(c):
            return [
                w for o in other_colours(c) for w in (o, *lang["colour"][o].split()) if w not in colour(c)
            ]

        n = 2 + index % 3
        scene, side = pool.take(lambda s: len(s.shapes) == n)
        add(
            "language",
            png(scene, side),
            lang["ask"][0],
            num(n) + lang["n"][n],
            [str(m) for m in range(5) if m != n],
        )

        k, n = ("circle", "triangle", "square")[index], (2, 1, 2)[index]
        scene, side = pool.take(lambda s: len(s.shapes) >= 3 and n_of(s, kind=k) == n)
        add(
            "language",
            png(scene, side),
            lang["ask"][1].format(p=lang["kind"][k][1]),
            num(n) + lang["n"][n],
            [str(m) for m in range(5) if m != n],
        )

        k, c = (("star", "red"), ("star", "blue"), ("cross", "green"))[index]
        if not _possible(c, k):
            c = next(x for x in ("blue", "red", "yellow") if _possible(x, k))
        scene, side = pool.take(lambda s: len(s.shapes) >= 2 and n_of(s, kind=k) == 1 == n_of(s, c, k))
        add("language", png(scene, side), lang["ask"][2].format(s=lang["kind"][k][0]), colour(c), others(c))

        truth, k = index != 1, ("ring", "cross", "star")[index]
        scene, side = pool.take(lambda s: len(s.shapes) >= 2 and (n_of(s, kind=k) > 0) == truth)
        accept = ["yes", *lang["yes"]] if truth else ["no", *lang["no"]]
        reject = ["no", *lang["no"]] if truth else ["yes", *lang["yes"]]
        add("language", png(scene, side), lang["ask"][3].format(p=lang["kind"][k][1]), accept, reject)

        back = ("white", "black", "grey")[index]
        scene, side = pool.take(lambda s: s.background == back)
        add(
            "language",
            png(scene, side),
            lang["ask"][4],
            BACK_WORDS[back] + lang["back"][back].split(),
            [w for b in BACK_WORDS if b != back for w in (*BACK_WORDS[b], *lang["back"][b].split())],
        )


# ---------------------------------------------------------------- text only


def _text_only(add):
    about_images = ["image", "images", "picture", "pictures"]
    for text, accept in (
        ("What is 7 times 8?", ["56", "fifty six"]),
        ("What is the capital of France?", ["paris"]),
        ("How much is 12 plus 30?", ["42", "forty two"]),
        ("Who wrote Romeo and Juliet?", ["shakespeare"]),
        ("What is 100 minus 1?", ["99", "ninety nine"]),
        ("How many days are in a week?", ["7", "seven"]),
        ("What is the largest planet in the solar system?", ["jupiter"]),
        ("Which language is spoken in Brazil?", ["portuguese"]),
        ("How many sides does a triangle have?", ["3", "three"]),
        ("What is the opposite of hot?", ["cold"]),
    ):
        add("text_only", None, text, accept + about_images, [])


# ---------------------------------------------------------------- documents


def money(cents: int) -> list[str]:
    whole, part = divmod(cents, 100)
    dotted = f"{whole:,}".replace(",", ".")
    out = [f"{whole}.{part:02d}", f"{whole},{part:02d}", f"{dotted},{part:02d}"]
    return list(dict.fromkeys(out + ([str(whole)] if not part else [])))


_MONTHS = ("january february march april may june july august september october november december").split()


def dates(iso: str) -> list[str]:
    d = date.fromisoformat(iso)
    m, out = _MONTHS[d.month - 1], []
    for name in (m, m[:3]):
        out += [f"{d.day} {name} {d.year}", f"{name} {d.day} {d.year}", f"{d.day} of {name} {d.year}"]
        out += [f"{d.day:02d} {name} {d.year}", f"{name} {d.day:02d} {d.year}"]
    out += [
        iso,
        f"{d.day:02d}.{d.month:02d}.{d.year}",
        f"{d.day:02d}/{d.month:02d}/{d.year}",
        f"{d.month:02d}/{d.day:02d}/{d.year}",
        f"{d.day}.{d.month}.{d.year}",
        f"{d.day}/{d.month}/{d.year}",
        f"{d.month}/{d.day}/{d.year}",
    ]
    return list(dict.fromkeys(x.lower() for x in out))


def firm(name: str) -> list[str]:
    return [name.lower(), " ".join(name.lower().split()[:2])]


def page_png(document) -> bytes:
    return encode_image(document.image)


def _invoices(add):
    seeds = iter(range(9100, 9200))

    def new(**options):
        page = docs.invoice(next(seeds), **options)
        return page.fields, page_png(page)

    for text in (
        "What is the total amount?",
        "What's the total on this invoice?",
        "How much do I have to pay in total?",
        "total including tax?",
    ):
        f, image = new(scale=2) if "I have" in text else new()
        add("invoice", image, text, money(f["total"]), money(f["subtotal"]) + money(f["tax"]))
    for text in (
        "How many line items are on this invoice?",
        "How many different items were bought?",
        "Count the rows of items in the table.",
    ):
        f, image = new()
        n = len(f["items"])
        add(
            "invoice",
            image,
            text,
            num(n),
            wrong_counts(n, "items", "line items", "rows", "different items", top=12),
        )
    for text in ("What is the invoice number?", "Invoice no.?", "Which number does this invoice have?"):
        f, image = new()
        add("invoice", image, text, [f["number"].lower(), f["number"][4:]], [])
    for text in ("Who is the vendor?", "Which company issued this invoice?", "Who sent this invoice?"):
        f, image = new()
        add("invoice", image, text, firm(f["seller"]["name"]), [f["buyer"]["name"].lower()])
    f, image = new()
    add("invoice", image, "What is the date of this invoice?", dates(f["date"]), dates(f["due"]))
    f, image = new()
    add("invoice", image, "When is the payment due?", dates(f["due"]), dates(f["date"]))
    for text in ("What is the price of the {}?", "How much does one {} cost?"):
        while True:
            f, image = new()
            row = next((r for r in f["items"] if r["quantity"] > 1), None)
            if row:
                break
        add("invoice", image, text.format(row["item"].lower()), money(row["price"]), money(row["amount"]))


def _contracts(add):
    seeds = iter(range(9300, 9400))

    def new(fits=lambda f: True):
        while True:
            page = docs.contract(next(seeds))
            if fits(page.fields):
                return page.fields, page_png(page)

    def differ(f):
        return f["notice_days"] != f["payment_days"]

    for text in (
        "What is the notice period?",
        "How many days of notice must be given to end the contract?",
        "How long is the notice period in this agreement?",
    ):
        f, image = new(differ)
        add(
            "contract",
            image,
            text,
            [str(f["notice_days"]), word(f["notice_days"])],
            [f"{f['payment_days']} days", f"{f['months']} months"],
        )
    for text in ("Who are the parties to this contract?", "Between whom is this agreement made?"):
        f, image = new()
        parts = [firm(f["provider"]), [f["client"].lower()]]
        add("contract", image, text, sum(parts, []), [], every=parts)
    f, image = new()
    add("contract", image, "Who is the client?", [f["client"].lower()], firm(f["provider"]))
    f, image = new()
    add("contract", image, "Which firm is the provider?", firm(f["provider"]), [f["client"].lower()])
    f, image = new()
    add("contract", image, "What is the monthly fee?", money(f["fee"]), [])
    f, image = new()
    n = f["months"]
    years = {
        12: ["one year", "1 year"],
        24: ["two years", "2 years"],
        36: ["three years", "3 years"],
        6: ["half a year"],
    }.get(n, [])
    add(
        "contract",
        image,
        "For how many months does this contract run?",
        [str(n), word(n), *years],
        [f"{f['notice_days']} days"],
    )
    f, image = new(differ)
    add(
        "contract",
        image,
        "Within how many days are invoices due?",
        [str(f["payment_days"]), word(f["payment_days"])],
        [f"{f['notice_days']} days"],
    )


ON, OFF = (
    ["on", "yes", "enabled", "checked", "ticked", "active", "selected", "turned on"],
    ["off", "no", "not", "disabled", "unchecked", "unticked", "inactive", "isnt"],
)


def _state(on: bool) -> tuple[list[str], list[str]]:
    return (
        (ON, OFF)
        if on
        else (OFF, ["yes", "on not off", "is on", "turned on", "is enabled", "is ticked", "is checked"])
    )


def _forms(add):
    seeds = iter(range(9500, 9700))

    def new(fits=lambda f: True):
        while True:
            page = docs.form(next(seeds))
            if fits(page.fields):
                return page.fields, page_png(page)

    for on, text in (
        (True, 'Is the box "{}" ticked?'),
        (False, 'Is "{}" checked on this form?'),
        (True, "Did the person tick {}?"),
        (False, "Is the option {} on or off?"),
    ):
        f, image = new(lambda f: on in f["choices"].values() and (not on) in f["choices"].values())
        label = next(k for k, v in f["choices"].items() if v == on)
        add("form", image, text.format(label), *_state(on))
    f, image = new()
    add("form", image, "What is the last name on the form?", [f["answers"]["Last name"].lower()], [])
    f, image = new()
    add("form", image, "What is the title of this form?", [f["title"].lower()], [])
    f, image = new()
    add("form", image, "When was this person born?", dates(f["answers"]["Date of birth"]), dates(f["signed"]))
    f, image = new()
    phone = f["answers"]["Phone"]
    add("form", image, "What phone number is given?", [phone, phone.replace(" ", "")], [])
    f, image = new()
    add(
        "form",
        image,
        "What is the reference number of this form?",
        [f["reference"].lower(), f["reference"][2:]],
        [],
    )
    f, image = new(lambda f: 1 <= sum(f["choices"].values()) <= 3)
    n = sum(f["choices"].values())
    add(
        "form",
        image,
        "How many boxes are ticked?",
        num(n),
        wrong_counts(n, "boxes", "boxes are ticked", "ticked"),
    )


def _screens(add):
    seeds = iter(range(9700, 9999))

    def new(application, fits=lambda e: True):
        while True:
            page = docs.screenshot(next(seeds), application)
            if fits(page.fields["elements"]):
                return page.fields, page_png(page)

    def pick(elements, role, state):
        return next((e["label"] for e in elements if e["role"] == role and e["state"] == state), None)

    for role, state, text in (
        ("toggle", "on", "Is {} on or off?"),
        ("toggle", "off", "Is {} on or off?"),
        ("toggle", "on", "Is {} turned on?"),
        ("toggle", "off", "is the {} switch enabled"),
        ("checkbox", "on", 'Is "{}" checked?'),
        ("checkbox", "off", 'Is the checkbox "{}" ticked?'),
    ):
        other = "off" if state == "on" else "on"
        f, image = new(
            "settings", lambda e: pick(e, role, state) and (role != "toggle" or pick(e, role, other))
        )
        add("screen", image, text.format(pick(f["elements"], role, state)), *_state(state == "on"))
    f, image = new("checkout")
    on = next(e["state"] for e in f["elements"] if e["label"] == "Gift wrapping") == "on"
    add("screen", image, "Is gift wrapping selected?", *_state(on))
    f, image = new("settings")
    name = next(e["state"] for e in f["elements"] if e["label"] == "Device name")
    add("screen", image, "What is the device name?", [name.lower()], [])
    f, image = new("files", lambda e: pick(e, "row", "chosen"))
    add(
        "screen",
        image,
        "Which file is selected?",
        [pick(f["elements"], "row", "chosen").lower()],
        [e["label"].lower() for e in f["elements"] if e["role"] == "row" and e["state"] != "chosen"],
    )
    f, image = new("files")
    n = sum(e["role"] == "row" for e in f["elements"])
    add("screen", image, "How many files are listed?", num(n), wrong_counts(n, "files", top=12))
    f, image = new("settings")
    add(
        "screen",
        image,
        "Which tab is currently open?",
        [f["tab"].lower()],
        [e["label"].lower() for e in f["elements"] if e["role"] == "tab" and e["label"] != f["tab"]],
    )
    f, image = new("checkout", lambda e: any(x["label"] == "Name" and x["state"] for x in e))
    name = next(e["state"] for e in f["elements"] if e["label"] == "Name")
    add("screen", image, "What name is entered in the checkout?", [name.lower()], [])


_LONG_NAMES = (
    {m[:3].capitalize(): m for m in _MONTHS}
    | dict(
        zip(
            ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
            "monday tuesday wednesday thursday friday saturday sunday".split(),
        )
    )
    | {f"Q{i}": f"{w} quarter" for i, w in enumerate(("first", "second", "third", "fourth"), 1)}
)


def category(name: str) -> list[str]:
    return [name.lower()] + ([_LONG_NAMES[name]] if name in _LONG_NAMES else [])


def close_values(fields: dict, value: int) -> list[str]:
    """The values that differ from one of a chart by at most one hundredth of the axis."""
    step = max(int(value) for value in fields.get("_ticks", [100])) // 100
    return [w for v in range(value - step, value + step + 1) for w in (str(v), word(v))]


def _charts(add):
    seeds = iter(range(8000, 8999))

    def new(kind, fits=lambda f: True):
        while True:
            page = docs.chart(next(seeds), kind)
            page.fields["_ticks"] = [int(piece.text) for piece in page.layout if piece.role == "tick"] or [
                100
            ]
            if fits(page.fields):
                return page.fields, page_png(page)

    def single(f):
        return len(f["series"]) == 1

    def others(f, name):
        return [w for c in f["categories"] if c != name for w in category(c) if w != "may"]

    def clear(f, which):  # the extreme differs visibly from the next
        values = sorted(next(iter(f["series"].values())), reverse=which == "largest")
        return single(f) and abs(values[0] - values[1]) >= 0.04 * max(values)

    for kind, which, text in (
        ("bar", "largest", "Which bar is the highest?"),
        ("bar", "largest", "What is the category with the tallest bar?"),
        ("bar", "smallest", "Which bar is the lowest?"),
        ("line", "largest", "Where is the highest point of the line?"),
        ("line", "smallest", "Where does the line reach its lowest value?"),
        ("pie", "largest", "Which slice of the pie is the largest?"),
        ("pie", "smallest", "What has the smallest share?"),
        ("bar", "largest", "when was the value highest?"),
    ):
        f, image = new(kind, lambda f: clear(f, which))
        add("chart_extreme", image, text, category(f[which]), others(f, f[which]))

    for kind, text, form in (
        ("bar", "What is the value of {}?", 0),
        ("bar", "How high is the bar for {}?", 0),
        ("line", "What is the value at {}?", 0),
        ("pie", "What percentage does {} have?", 0),
        ("bar", "What is the value of {s} in {c}?", 1),
        ("pie", "How big is the share of {}?", 0),
        ("bar", "how many {u} in {c}?", 2),
        ("line", "What value does the line show for {}?", 0),
    ):
        f, image = new(kind, (lambda f: len(f["series"]) == 2) if form == 1 else single)
        index = len(f["categories"]) // 2
        name, values = list(f["series"].items())[form == 1]
        text = text.format(f["categories"][index], s=name, c=f["categories"][index], u=f["unit"])
        add("chart_value", image, text, close_values(f, values[index]), [])

    for kind, text in (
        ("bar", "What is the title of this chart?"),
        ("line", "What's the chart's title?"),
        ("pie", "What is the heading of the chart?"),
        ("bar", "What is this chart called?"),
        ("line", "Title of the graph?"),
        ("bar", "Which title does the diagram have?"),
    ):
        f, image = new(kind)
        add("chart_title", image, text, [f["title"].lower()], [])


def _extraction(add):
    def three(words_):
        return [w.lower() for w in words_]

    def entry(page, text, keys):
        add("text_extraction", page_png(page), text, three(keys), [], all=three(keys))

    def short(make, first, most):
        return next(
            page
            for seed in range(first, first + 200)
            if len(" ".join((page := make(seed)).text).split()) <= most
        )

    for seed, text in (
        (7000, "Read the text."),
        (7050, "Transcribe this document."),
        (7100, "What does the receipt say?"),
    ):
        page = short(docs.receipt, seed, 44)
        f = page.fields
        entry(page, text, (f["shop"], f["items"][0]["item"], f"{f['total'] / 100:.2f}"))
    for seed, application, text in (
        (7200, "settings", "Read all the text on this screen."),
        (7250, "files", "What text do you see?"),
        (7300, "checkout", "Write down the text in this screenshot."),
    ):
        page = docs.screenshot(seed, application)
        labels = [e["label"] for e in page.fields["elements"]]
        rows = [e["label"] for e in page.fields["elements"] if e["role"] in ("row", "toggle", "checkbox")]
        entry(page, text, (labels[0], rows[0], labels[-1]))
    for seed, text in ((7400, "Transcribe the form."), (7500, "Extract the text of this page.")):
        page = short(docs.form, seed, 50)
        a = page.fields["answers"]
        entry(page, text, (page.fields["title"], a["Last name"], a["Street"]))
    page = docs.chart(7601, "bar")
    entry(
        page,
        "Read out the text in this chart.",
        (page.fields["title"], page.fields["categories"][0], page.fields["categories"][-1]),
    )
    page = short(docs.code_page, 7700, 40)
    lines = page.fields["code"].splitlines()
    entry(
        page,
        "Transcribe the code.",
        (
            page.fields["file"],
            lines[0].split("(")[0].split(":")[0],
            "return" if "return" in page.fields["code"] else "yield",
        ),
    )
    page = docs.contract(7800)
    f = page.fields
    entry(page, "Read the clause about notice.", ("either party", f"{f['notice_days']} days", "in writing"))
    page = docs.contract(7801)
    f = page.fields
    entry(page, "Read out the first clause.", ("the provider takes over", f["service"], "trained staff"))


def _shops(add):
    seeds = iter(range(6000, 6100))

    f = (page := docs.receipt(next(seeds))).fields
    add(
        "receipt_menu",
        page_png(page),
        "What is the total on this receipt?",
        money(f["total"]),
        [m for m in money(f["tax"]) if "." in m],
    )
    f = (page := docs.receipt(next(seeds))).fields
    add(
        "receipt_menu",
        page_png(page),
        "Which shop is this receipt from?",
        [f["shop"].lower(), f["shop"][4:].lower()],
        [],
    )
    f = (page := docs.receipt(next(seeds))).fields
    other = "card" if f["method"] == "cash" else "cash"
    add("receipt_menu", page_png(page), "Was it paid by cash or by card?", [f["method"]], [other])
    f = (page := docs.menu(next(seeds))).fields
    dishes = [d for s in f["sections"] for d in s["dishes"]]
    add(
        "receipt_menu",
        page_png(page),
        "What is the most expensive dish on the menu?",
        [f["dearest"].lower()],
        [d["name"].lower() for d in dishes if d["name"] != f["dearest"]],
    )
    f = (page := docs.menu(next(seeds))).fields
    dish = f["sections"][1]["dishes"][1]
    add(
        "receipt_menu",
        page_png(page),
        f"How much is the {dish['name'].lower()}?",
        money(dish["price"]),
        [f"{d['price'] / 100:.2f}" for s in f["sections"] for d in s["dishes"] if d is not dish],
    )
    f = (page := docs.menu(next(seeds))).fields
    add(
        "receipt_menu",
        page_png(page),
        "What is the restaurant called?",
        [f["name"].lower(), f["name"][4:].lower()],
        [],
    )


def questions() -> list[dict]:
    """Return the 300 questions, always the same."""
    out = []

    def add(type_, image, question, accept, reject, **more):
        accept = list(dict.fromkeys(a.lower() for a in accept))
        reject = [r for r in dict.fromkeys(r.lower() for r in reject) if r not in accept]
        out.append(
            {"type": type_, "image": image, "question": question, "accept": accept, "reject": reject, **more}
        )

    _scene_questions(add)
    _text_only(add)
    for make in (_invoices, _contracts, _forms, _screens, _charts, _extraction, _shops):
        make(add)
    assert len(out) == 300, len(out)
    return out
