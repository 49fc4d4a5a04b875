"""Pictures with drawn faces among other round things: what is to be blurred, and what is not."""

from mmlab.world.documents import names
from mmlab.world.documents.page import Document, Sheet
from mmlab.world.documents.strokes import disc, stroke
from mmlab.world.scene import COLOURS

_SKINS = ((241, 194, 158), (198, 134, 92), (141, 85, 54), (255, 221, 89), (224, 172, 132))
_WALLS = ((214, 226, 233), (233, 227, 214), (221, 233, 219))
_DARK = (40, 30, 28)
_WIDTH, _HEIGHT, _CELL = 384, 256, 128


def faces(seed: int = 0, *, scale: int = 1) -> Document:
    """Return a picture with one to four drawn faces, and balls and boxes that are no faces.

    seed     int        another seed gives another picture
    scale    int        pixels to a unit, 1 to 4
    returns  Document   fields: faces, the boxes of the heads in pixels, and others, the boxes of
                        what is no face; both from left to right
    """
    dice = names.dice_for("faces", seed)
    sheet = Sheet(_WIDTH, _HEIGHT, scale, dice.pick(_WALLS))
    sheet.box(0, 200, _WIDTH, _HEIGHT, (92, 108, 132))
    cells = dice.shuffle((x, y) for x in range(3) for y in range(2))
    count = 1 + dice.roll(4)
    found = {"faces": [], "others": []}
    for place, (column, row) in enumerate(cells[: count + 2]):
        radius = 24 + dice.roll(24)
        x = column * _CELL + 64 + dice.roll(17) - 8
        y = row * _CELL + 64 + dice.roll(17) - 8
        box = tuple(scale * value for value in (x - radius, y - radius, x + radius, y + radius))
        if place < count:
            _face(sheet, x, y, radius, dice)
            found["faces"].append((*box[:2], box[2] + scale, box[3] + scale))
            sheet.element("face", found["faces"][-1], "face", pixels=True)
        else:
            _thing(sheet, x, y, radius, dice)
            found["others"].append(box)
    return sheet.finish("faces", {name: sorted(boxes) for name, boxes in found.items()})


def _face(sheet: Sheet, x: int, y: int, radius: int, dice) -> None:
    """Draw a head with two eyes and a mouth that smiles, or does not."""
    scale, image = sheet.scale, sheet.image
    disc(image, (x * scale, y * scale), radius * scale, dice.pick(_SKINS))
    for side in (-1, 1):
        disc(image, ((x + side * radius * 3 // 8) * scale, (y - radius // 4) * scale), radius * scale // 8 + 1, _DARK)
    bend = dice.pick((radius // 4, radius // 6, 0, -radius // 8))
    half, low = radius * 4 // 10, y + radius * 4 // 10
    points = [(x + half * step // 4, low + bend * (16 - step * step) // 16 - bend // 2) for step in range(-4, 5)]
    for start, end in zip(points, points[1:]):
        stroke(image, *([scale * value for value in point] for point in (start, end)), _DARK, max(radius * scale // 10, 2))


def _thing(sheet: Sheet, x: int, y: int, radius: int, dice) -> None:
    """Draw a ball, a ring or a box: no face."""
    ink, scale = COLOURS[dice.pick(tuple(COLOURS))], sheet.scale
    way = dice.roll(3)
    if way == 2:
        sheet.box(x - radius, y - radius, x + radius, y + radius, ink, round=4)
    else:
        disc(sheet.image, (x * scale, y * scale), radius * scale, ink, radius * scale // 2 if way else 0)
