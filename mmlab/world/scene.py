"""A scene: one to four coloured shapes on a plain background.

Positions are integers on a grid of CANVAS x CANVAS units, independent of the size of
the rendered image; x grows to the right and y grows downwards, as the viewer sees it.

    COLOURS and BACKGROUNDS are distinguishable with every common kind of colour
    blindness (CIELAB distance of at least 25 under simulated protan-, deuter- and
    tritanopia; a test measures it).
    NOVEL_PAIRS are the colour-kind pairs that no scene of train, val or test
    contains: two kinds for each of six colours, two colours for each kind. Red and
    cyan appear with every kind.
"""

from dataclasses import dataclass
from numbers import Integral

from mmlab.errors import InputError

COLOURS = {
    "red": (172, 2, 0),
    "orange": (236, 110, 14),
    "yellow": (255, 216, 20),
    "green": (14, 139, 76),
    "cyan": (119, 211, 253),
    "blue": (1, 47, 221),
    "purple": (155, 23, 145),
    "pink": (249, 155, 160),
}
KINDS = ("circle", "square", "triangle", "cross", "star", "ring")
SIZES = ("small", "large")
BACKGROUNDS = {"black": (16, 16, 16), "grey": (76, 76, 76), "white": (249, 249, 249)}
SPLITS = ("train", "val", "test", "novel")

CANVAS = 96  # units along one side of every image
RADIUS = {"small": 11, "large": 18}  # units from a shape's centre to its farthest edge
GAP = CANVAS // 4  # minimum distance of the centres for "left of", "above" ...
MAXIMUM = 4  # shapes in one scene

_HELD_OUT = ("orange", "yellow", "green", "blue", "purple", "pink")
NOVEL_PAIRS = frozenset(
    (colour, KINDS[(row + step) % len(KINDS)]) for row, colour in enumerate(_HELD_OUT) for step in (0, 2)
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape and the position of its centre.

    kind    one of KINDS
    colour  one of COLOURS
    size    one of SIZES
    x, y    int   units from the left and from the top edge; the shape must lie
                  entirely inside the image
    raises  InputError  when a name is unknown or the shape would not lie inside

    >>> Shape("circle", "red", "large", 24, 24).pair
    ('red', 'circle')
    """

    kind: str
    colour: str
    size: str
    x: int
    y: int

    def __post_init__(self):
        for field, known in (("kind", KINDS), ("colour", COLOURS), ("size", SIZES)):
            if getattr(self, field) not in known:
                raise InputError(
                    f"Shape: {field}={getattr(self, field)!r}",
                    f"one of {', '.join(known)}",
                    f"pass {field}={next(iter(known))!r}",
                )
        minimum, maximum = RADIUS[self.size], CANVAS - RADIUS[self.size]
        for field in ("x", "y"):
            coordinate = getattr(self, field)
            if not isinstance(coordinate, Integral) or not minimum <= coordinate <= maximum:
                raise InputError(
                    f"Shape: {field}={coordinate!r} for a {self.size} {self.kind}",
                    f"a whole number from {minimum} to {maximum}, so that it lies inside the image",
                    f"pass {field}={CANVAS // 2}",
                )

    @property
    def pair(self) -> tuple[str, str]:
        """Colour and kind, as in NOVEL_PAIRS."""
        return self.colour, self.kind


def reading_order(shape: Shape) -> tuple:
    """Return the key that sorts shapes in reading order: top half first, each half left to right."""
    return shape.y >= CANVAS // 2, shape.x, shape.y, shape.kind, shape.colour, shape.size


@dataclass(frozen=True, slots=True)
class Scene:
    """One to four shapes on a background: the ground truth for every modality.

    shapes      tuple of Shape   stored in reading order, so that equal scenes compare equal
    background  one of BACKGROUNDS
    raises      InputError  when there are too few or too many shapes, or the name is unknown

    >>> Scene([Shape("star", "blue", "small", 30, 60)], "grey").shapes[0].kind
    'star'
    """

    shapes: tuple[Shape, ...]
    background: str

    def __post_init__(self):
        if not 1 <= len(self.shapes) <= MAXIMUM:
            raise InputError(
                f"Scene: {len(self.shapes)} shapes",
                f"1 to {MAXIMUM} shapes",
                "leave some out" if self.shapes else "put a Shape into it",
            )
        if self.background not in BACKGROUNDS:
            raise InputError(
                f"Scene: background={self.background!r}",
                f"one of {', '.join(BACKGROUNDS)}",
                f"pass background={next(iter(BACKGROUNDS))!r}",
            )
        object.__setattr__(self, "shapes", tuple(sorted(self.shapes, key=reading_order)))
