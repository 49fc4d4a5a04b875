"""Questions about a scene with their exact answers.

    exists    "is there a red circle?"                        yes · no
    count     "how many red shapes are there?"                zero · one · two · three · four
    colour    "what colour is the ring?"                      a colour or a background
    shape     "what kind is the red shape?"                   a kind
    size      "what size is the blue star?"                   small · large
    relation  "is the ring left of the blue star?"            yes · no
    compare   "are there more rings than stars?"              yes · no
              "is the ring larger than the blue star?"        yes · no

"the ..." is used only where the picture holds exactly one such shape. About half
of the yes-no questions are answered yes. A question speaks of a pair of
NOVEL_PAIRS only in scenes of the split `novel`: training never names one.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from mmlab.errors import InputError
from mmlab.world.grammar import (
    NUMBERS,
    OPPOSITES,
    RELATIONS,
    article,
    describe,
    holds,
    plural,
)
from mmlab.world.noise import Dice
from mmlab.world.sampling import fingerprint
from mmlab.world.scene import COLOURS, KINDS, NOVEL_PAIRS, Scene, Shape

QUESTION_TYPES = ("exists", "count", "colour", "shape", "size", "relation", "compare")


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer.

    text    str   ends with a question mark; all words are in `vocabulary()`
    type    str   one of QUESTION_TYPES
    answer  str   one word
    """

    text: str
    type: str
    answer: str


def questions(scene: Scene) -> list[Question]:
    """Return questions about a scene with their answers: always the same ones.

    Every scene has questions of the types exists, count, colour and compare; the
    others appear where the scene has something to ask for.

    raises  InputError  when this is no scene

    >>> from mmlab.world import Shape
    >>> [q.answer for q in questions(Scene([Shape("ring", "red", "small", 24, 24)], "grey"))
    ...  if q.type in ("colour", "size")]
    ['grey', 'red', 'small']
    """
    if not isinstance(scene, Scene):
        raise InputError(f"questions: a {type(scene).__name__}", "one Scene", "pass scenes[0]")
    dice, tally = Dice(fingerprint(scene), 7), _tally(scene)
    found = [
        *_exists(scene, dice),
        *_count(scene, dice, tally),
        *_attributes(scene, tally),
        *_relations(scene, dice, tally),
        *_compare(scene, dice, tally),
    ]
    return list(dict.fromkeys(found))


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"


# Which of (size, colour, kind) a description may keep, the shortest first.
_KEEPS = ((0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 1))
_FIELDS = ("size", "colour", "kind")


def _sort(shape: Shape, keep: tuple) -> tuple:
    """Return (size, colour, kind) of a shape with None for what is not kept."""
    return (
        shape.size if keep[0] else None,
        shape.colour if keep[1] else None,
        shape.kind if keep[2] else None,
    )


def _tally(scene: Scene) -> Counter:
    """Return how many shapes there are of every sort (size, colour, kind), None for any."""
    return Counter(_sort(shape, keep) for shape in scene.shapes for keep in _KEEPS)


@lru_cache(maxsize=4096)
def _name(sort: tuple, many: bool = False) -> str:
    """Return the words for a sort."""
    return plural(describe(*sort)) if many else describe(*sort)


def _the(shape: Shape, tally: Counter, without: str = "") -> str | None:
    """Return the shortest description that fits this shape alone, or None.

    without  the attribute that the description must not give away
    """
    for keep in _KEEPS:
        if not (without and keep[_FIELDS.index(without)]) and tally[_sort(shape, keep)] == 1:
            return f"the {_name(_sort(shape, keep))}"
    return None


def _absent_pair(scene: Scene, dice: Dice) -> tuple[str, str]:
    """Return a pair that the scene does not hold; one of its two words is in the scene."""
    held = {shape.pair for shape in scene.shapes}
    taboo = held if held & NOVEL_PAIRS else held | NOVEL_PAIRS
    near = dict.fromkeys(
        pair
        for shape in scene.shapes
        for pair in (*((c, shape.kind) for c in COLOURS), *((shape.colour, k) for k in KINDS))
    )
    return dice.pick([pair for pair in near if pair not in taboo])


def _exists(scene: Scene, dice: Dice):
    """Yield one question answered yes and one answered no."""
    asked = [(dice.pick(scene.shapes).pair, "yes"), (_absent_pair(scene, dice), "no")]
    for pair, answer in dice.shuffle(asked):
        yield Question(f"is there {article(_name((None, *pair)))}?", "exists", answer)


def _count(scene: Scene, dice: Dice, tally: Counter):
    """Yield how many there are: of all, of a kind, of a colour, of a pair, of a kind not there."""
    yield Question("how many shapes are there?", "count", NUMBERS[len(scene.shapes)])
    shape = dice.pick(scene.shapes)
    absent = dice.pick([kind for kind in KINDS if not tally[None, None, kind]])
    sorts = [_sort(shape, keep) for keep in _KEEPS[:3]] + [(None, None, absent)]
    for sort in sorts:
        yield Question(f"how many {_name(sort, True)} are there?", "count", NUMBERS[tally[sort]])


def _attributes(scene: Scene, tally: Counter):
    """Yield what colour, kind and size each shape has, where it can be named without."""
    yield Question("what colour is the background?", "colour", scene.background)
    for shape in scene.shapes:
        for type_, field in (("colour", "colour"), ("shape", "kind"), ("size", "size")):
            if name := _the(shape, tally, without=field):
                yield Question(f"what {field} is {name}?", type_, getattr(shape, field))


def _relations(scene: Scene, dice: Dice, tally: Counter):
    """Yield for each two shapes that lie apart one question, true or turned round."""
    for pair in combinations(scene.shapes, 2):
        first, second = dice.shuffle(pair)
        names = _the(first, tally), _the(second, tally)
        true = [word for word in RELATIONS if holds(word, first, second)]
        if all(names) and true:
            word, turned = dice.pick(true), dice.roll(2)
            asked = OPPOSITES[word] if turned else word
            yield Question(f"is {names[0]} {asked} {names[1]}?", "relation", _yes(not turned))


def _compare(scene: Scene, dice: Dice, tally: Counter):
    """Yield which sort there is more of, and which of two shapes is larger."""
    for keep, values in ((_KEEPS[0], KINDS), (_KEEPS[1], tuple(COLOURS))):
        present = _sort(dice.pick(scene.shapes), keep)
        place = keep.index(1)
        value = dice.pick([value for value in values if value != present[place]])
        other = (*present[:place], value, *present[place + 1 :])
        first, second = dice.shuffle((present, other))
        asked = f"are there more {_name(first, True)} than {_name(second, True)}?"
        yield Question(asked, "compare", _yes(tally[first] > tally[second]))
    for pair in combinations(scene.shapes, 2):
        first, second = dice.shuffle(pair)
        names = [_the(shape, tally, without="size") for shape in (first, second)]
        if all(names) and first.size != second.size:
            truth = first.size == "large"
            yield Question(f"is {names[0]} larger than {names[1]}?", "compare", _yes(truth))
