"""Questions about a scene with their exact answers.

    exists    "is there a red circle?"                        yes · no
    count     "how many red shapes are there?"                zero · one · two · three · four
    colour    "what colour is the ring?"                      a colour or a background
    shape     "what kind is the red shape?"                   a kind
    size      "what size is the blue star?"                   small · large
    relation  "is the ring left of the blue star?"            yes · no
    compare   "are there more rings than stars?"              yes · no
              "is the ring larger than the blue star?"        yes · no

"the ..." appears only where the image contains exactly one such shape. About half of
the yes-no questions have the answer yes. A question names a pair of NOVEL_PAIRS only
in scenes of the split `novel`, so training never names one.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from mmlab.errors import InputError
from mmlab.world.grammar import NUMBERS, OPPOSITES, RELATIONS, article, describe, holds, plural
from mmlab.world.noise import Rng
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
    """Return the questions about a scene with their answers; the same scene gives the same questions.

    Every scene has questions of the types exists, count, colour and compare; the other
    types appear where the scene allows them.

    raises  InputError  when the argument is not a Scene

    >>> from mmlab.world import Shape
    >>> [q.answer for q in questions(Scene([Shape("ring", "red", "small", 24, 24)], "grey"))
    ...  if q.type in ("colour", "size")]
    ['grey', 'red', 'small']
    """
    if not isinstance(scene, Scene):
        raise InputError(f"questions: a {type(scene).__name__}", "one Scene", "pass scenes[0]")
    rng, tally = Rng(fingerprint(scene), 7), _tally(scene)
    candidates = [
        *_exists(scene, rng),
        *_count(scene, rng, tally),
        *_attributes(scene, tally),
        *_relations(scene, rng, tally),
        *_compare(scene, rng, tally),
    ]
    return list(dict.fromkeys(candidates))


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"


# Which of (size, colour, kind) a description may contain, the shortest first.
_KEEPS = ((0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 1))
_FIELDS = ("size", "colour", "kind")


def _sort(shape: Shape, keep: tuple) -> tuple:
    """Return (size, colour, kind) of a shape, with None for what `keep` omits."""
    return (
        shape.size if keep[0] else None,
        shape.colour if keep[1] else None,
        shape.kind if keep[2] else None,
    )


def _tally(scene: Scene) -> Counter:
    """Return the number of shapes of each sort (size, colour, kind), with None for any."""
    return Counter(_sort(shape, keep) for shape in scene.shapes for keep in _KEEPS)


@lru_cache(maxsize=4096)
def _name(sort: tuple, many: bool = False) -> str:
    """Return the description of a sort."""
    return plural(describe(*sort)) if many else describe(*sort)


def _the(shape: Shape, tally: Counter, without: str = "") -> str | None:
    """Return the shortest description that fits only this shape, or None.

    without  the attribute that the description must not reveal
    """
    for keep in _KEEPS:
        if not (without and keep[_FIELDS.index(without)]) and tally[_sort(shape, keep)] == 1:
            return f"the {_name(_sort(shape, keep))}"
    return None


def _absent_pair(scene: Scene, rng: Rng) -> tuple[str, str]:
    """Return a (colour, kind) pair that is not in the scene, though its colour or its kind is."""
    held = {shape.pair for shape in scene.shapes}
    taboo = held if held & NOVEL_PAIRS else held | NOVEL_PAIRS
    near = dict.fromkeys(
        pair
        for shape in scene.shapes
        for pair in (*((c, shape.kind) for c in COLOURS), *((shape.colour, k) for k in KINDS))
    )
    return rng.pick([pair for pair in near if pair not in taboo])


def _exists(scene: Scene, rng: Rng):
    """Yield one question with the answer yes and one with the answer no."""
    pairs = [(rng.pick(scene.shapes).pair, "yes"), (_absent_pair(scene, rng), "no")]
    for pair, answer in rng.shuffle(pairs):
        yield Question(f"is there {article(_name((None, *pair)))}?", "exists", answer)


def _count(scene: Scene, rng: Rng, tally: Counter):
    """Yield questions for the number of all shapes, of a kind, a colour, a pair, and an absent kind."""
    yield Question("how many shapes are there?", "count", NUMBERS[len(scene.shapes)])
    shape = rng.pick(scene.shapes)
    absent = rng.pick([kind for kind in KINDS if not tally[None, None, kind]])
    sorts = [_sort(shape, keep) for keep in _KEEPS[:3]] + [(None, None, absent)]
    for sort in sorts:
        yield Question(f"how many {_name(sort, True)} are there?", "count", NUMBERS[tally[sort]])


def _attributes(scene: Scene, tally: Counter):
    """Yield questions for the colour, kind and size of each shape that can be named without it."""
    yield Question("what colour is the background?", "colour", scene.background)
    for shape in scene.shapes:
        for type_, field in (("colour", "colour"), ("shape", "kind"), ("size", "size")):
            if name := _the(shape, tally, without=field):
                yield Question(f"what {field} is {name}?", type_, getattr(shape, field))


def _relations(scene: Scene, rng: Rng, tally: Counter):
    """Yield one question for each pair of shapes with a relation, true or reversed."""
    for pair in combinations(scene.shapes, 2):
        first, second = rng.shuffle(pair)
        names = _the(first, tally), _the(second, tally)
        true = [word for word in RELATIONS if holds(word, first, second)]
        if all(names) and true:
            word, turned = rng.pick(true), rng.integers(2)
            relation = OPPOSITES[word] if turned else word
            yield Question(f"is {names[0]} {relation} {names[1]}?", "relation", _yes(not turned))


def _compare(scene: Scene, rng: Rng, tally: Counter):
    """Yield comparisons of the numbers of two sorts and of the sizes of two shapes."""
    for keep, values in ((_KEEPS[0], KINDS), (_KEEPS[1], tuple(COLOURS))):
        present = _sort(rng.pick(scene.shapes), keep)
        field = keep.index(1)
        value = rng.pick([value for value in values if value != present[field]])
        other = (*present[:field], value, *present[field + 1 :])
        first, second = rng.shuffle((present, other))
        text = f"are there more {_name(first, True)} than {_name(second, True)}?"
        yield Question(text, "compare", _yes(tally[first] > tally[second]))
    for pair in combinations(scene.shapes, 2):
        first, second = rng.shuffle(pair)
        names = [_the(shape, tally, without="size") for shape in (first, second)]
        if all(names) and first.size != second.size:
            truth = first.size == "large"
            yield Question(f"is {names[0]} larger than {names[1]}?", "compare", _yes(truth))
