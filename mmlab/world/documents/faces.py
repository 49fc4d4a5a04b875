"""Images with drawn faces among other round objects: only the faces are to be blurred."""

from mmlab.world.documents import names
from mmlab.world.documents.page import Document, Sheet
from mmlab.world.documents.strokes import disc, stroke
from mmlab.world.scene import COLOURS

_SKINS = ((241, 194, 158), (198, 134, 92), (141, 85, 54), (255, 221, 89), (224, 172, 132))
_WALLS = ((214, 226, 233), (233, 227, 214), (221, 233, 219))
_DARK = (40, 30, 28)
_WIDTH, _HEIGHT, _CELL = 384, 256, 128


def faces(seed: int = 0, *, scale: int = 1) -> Document:
    """Return an image with one to four drawn faces, and balls and boxes that are not faces.

    seed     int        another seed gives another image
    scale    int        pixels per unit, 1 to 4
    returns  Document   fields: faces, the boxes of the heads in pixels, and others, the boxes of
                        the other objects; both from left to right
    """
    rng = names.rng_for("faces", seed)
    sheet = Sheet(_WIDTH, _HEIGHT, scale, rng.pick(_WALLS))
    sheet.box(0, 200, _WIDTH, _HEIGHT, (92, 108, 132))
    cells = rng.shuffle((x, y) for x in range(3) for y in range(2))
    count = 1 + rng.integers(4)
    labelled = {"faces": [], "others": []}
    for index, (column, row) in enumerate(cells[: count + 2]):
        radius = 24 + rng.integers(24)
        x = column * _CELL + 64 + rng.integers(17) - 8
        y = row * _CELL + 64 + rng.integers(17) - 8
        box = tuple(scale * value for value in (x - radius, y - radius, x + radius, y + radius))
        if index < count:
            _face(sheet, x, y, radius, rng)
            labelled["faces"].append((*box[:2], box[2] + scale, box[3] + scale))
            sheet.element("face", labelled["faces"][-1], "face", pixels=True)
        else:
            _thing(sheet, x, y, radius, rng)
            labelled["others"].append(box)
    return sheet.finish("faces", {name: sorted(boxes) for name, boxes in labelled.items()})


def _face(sheet: Sheet, x: int, y: int, radius: int, rng) -> None:
    """Draw a head with two eyes and a mouth, smiling or not."""
    scale, image = sheet.scale, sheet.image
    disc(image, (x * scale, y * scale), radius * scale, rng.pick(_SKINS))
    for side in (-1, 1):
        disc(
            image,
            ((x + side * radius * 3 // 8) * scale, (y - radius // 4) * scale),
            radius * scale // 8 + 1,
            _DARK,
        )
    bend = rng.pick((radius // 4, radius // 6, 0, -radius // 8))
    half, low = radius * 4 // 10, y + radius * 4 // 10
    points = [
        (x + half * step // 4, low + bend * (16 - step * step) // 16 - bend // 2) for step in range(-4, 5)
    ]
    for start, end in zip(points, points[1:]):
        stroke(
            image,
            *([scale * value for value in point] for point in (start, end)),
            _DARK,
            max(radius * scale // 10, 2),
        )


def _thing(sheet: Sheet, x: int, y: int, radius: int, rng) -> None:
    """Draw a ball, a ring or a box."""
    ink, scale = COLOURS[rng.pick(tuple(COLOURS))], sheet.scale
    way = rng.integers(3)
    if way == 2:
        sheet.box(x - radius, y - radius, x + radius, y + radius, ink, round=4)
    else:
        disc(sheet.image, (x * scale, y * scale), radius * scale, ink, radius * scale // 2 if way else 0)
