"""Captions of scenes: every caption is true, and `parse` can read it.

    plain      all shapes with size, colour and kind, and the background; one wording per scene
    varied     all shapes, in any order, with or without size, background and opening
    short      one shape of the image: "a red circle"
    counting   numbers: "two circles and one ring", "three red shapes"
    relations  two shapes and their relation: "a ring left of a blue star"
    any        one of the other styles

An article says that there is such a shape; a number is the exact number of such shapes
in the whole image. A scene without two shapes that are far enough apart has no relation
and gets a varied caption.
"""

from functools import lru_cache

from mmlab.errors import InputError
from mmlab.world.grammar import PICTURES, RELATIONS, article, counted, describe, holds
from mmlab.world.noise import Rng, whole
from mmlab.world.sampling import fingerprint
from mmlab.world.scene import Scene

# Which of (size, colour, kind) a description contains.
_FULL, _PAIR = (True, True, True), (False, True, True)
_KIND, _COLOUR, _NOTHING = (False, False, True), (False, True, False), (False, False, False)


def caption(scene: Scene, style: str = "plain", seed: int = 0) -> str:
    """Return a true caption of a scene; the same arguments give the same words.

    scene   Scene
    style   one of STYLES
    seed    int         another seed may choose other words; `plain` has only one wording
    raises  InputError  when the style is unknown or the first argument is not a Scene

    >>> from mmlab.world import Shape
    >>> caption(Scene([Shape("circle", "red", "large", 24, 24)], "grey"))
    'a large red circle on a grey background'
    """
    if not isinstance(scene, Scene):
        raise InputError(f"caption: a {type(scene).__name__}", "one Scene", "pass scenes[0]")
    if style == "plain":
        return _plain(scene)
    if style not in STYLES:
        raise InputError(f"caption: style={style!r}", f"one of {', '.join(STYLES)}", "pass style='plain'")
    rng = Rng(whole(seed), fingerprint(scene))
    if style == "any":
        style = rng.pick(STYLES[:-1])
    return _WRITERS[style](scene, rng)


def _plain(scene: Scene, rng: Rng | None = None) -> str:
    """Return the canonical caption."""
    return f"{_body(_groups(scene, _FULL))} on {_background(scene)}"


def _varied(scene: Scene, rng: Rng) -> str:
    """Return a caption that names every shape, in one of several wordings."""
    groups = rng.shuffle(_groups(scene, rng.pick((_FULL, _FULL, _PAIR))))
    return _sentence(scene, _body(groups), rng, many=groups[0][1] > 1)


def _short(scene: Scene, rng: Rng) -> str:
    """Return a caption that names one shape."""
    shape = rng.pick(scene.shapes)
    return article(_description(shape, rng.pick((_PAIR, _PAIR, _FULL, _COLOUR, _KIND))))


def _counting(scene: Scene, rng: Rng) -> str:
    """Return a caption that gives the number of shapes of each sort."""
    groups = _groups(scene, rng.pick((_PAIR, _KIND, _COLOUR, _NOTHING)))
    body = " and ".join(counted(count, name) for name, count in rng.shuffle(groups))
    return _sentence(scene, body, rng, many=not body.startswith("one "))


def _relations(scene: Scene, rng: Rng) -> str:
    """Return a caption with the relation of two shapes, as the viewer sees it."""
    facts = [
        (first, word, second)
        for first in scene.shapes
        for second in scene.shapes
        for word in RELATIONS
        if holds(word, first, second)
    ]
    if not facts:
        return _varied(scene, rng)
    first, word, second = rng.pick(facts)
    keep = rng.pick((_PAIR, _PAIR, _FULL))
    if word.endswith("of"):
        word = rng.pick((word, f"to the {word}"))
    body = " ".join(
        (
            article(_description(first, keep)),
            *rng.pick(((), ("is",))),
            word,
            article(_description(second, keep)),
        )
    )
    return body + rng.pick(("", f" on {_background(scene)}"))


_WRITERS = {
    "plain": _plain,
    "varied": _varied,
    "short": _short,
    "counting": _counting,
    "relations": _relations,
}
STYLES = (*_WRITERS, "any")


def _sentence(scene: Scene, body: str, rng: Rng, *, many: bool) -> str:
    """Return `body` as one of several sentences, with or without the background."""
    there = "there are" if many else "there is"
    background = _background(scene)
    picture = rng.pick(PICTURES)
    return rng.pick(
        (
            body,
            f"{body} on {background}",
            f"{there} {body}",
            f"{there} {body} on {background}",
            f"{article(picture)} of {body}",
            f"{article(picture)} of {body} on {background}",
            f"this {picture} shows {body}",
            f"{background} with {body}",
            f"on {background} {there} {body}",
        )
    )


def _background(scene: Scene) -> str:
    """Return the phrase for the background."""
    return f"a {scene.background} background"


@lru_cache(maxsize=1024)
def _words(keep: tuple, size: str, colour: str, kind: str) -> str:
    """Return a description with some of a shape's attributes."""
    return describe(*(word if wanted else None for wanted, word in zip(keep, (size, colour, kind))))


def _description(shape, keep: tuple) -> str:
    """Return the description of a shape with some of its attributes."""
    return _words(keep, shape.size, shape.colour, shape.kind)


def _groups(scene: Scene, keep: tuple) -> list[tuple[str, int]]:
    """Return (description, count) of the shapes with equal descriptions, in reading order."""
    counts: dict[str, int] = {}
    for shape in scene.shapes:
        name = _description(shape, keep)
        counts[name] = counts.get(name, 0) + 1
    return list(counts.items())


def _body(groups: list[tuple[str, int]]) -> str:
    """Return the groups as one phrase: an article for one shape, a number for several."""
    return " and ".join(article(name) if count == 1 else counted(count, name) for name, count in groups)
