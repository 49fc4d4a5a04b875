"""token_budget: the tokens of an image in three schemes, and how many images fit into a context window."""

import math

from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

FIXED = {"kind": "fixed", "side": 336, "patch": 14, "class_token": False}
DYNAMIC = {"kind": "dynamic", "patch": 14, "merge": 2, "least": 3136, "most": 1003520}
TILES = {"kind": "tiles", "longest": 1456, "tile": 364, "per_tile": 169}


def budget(size, scheme, window=4096, text=100, **changes):
    """Return one case."""
    return call(size, scheme | changes, window=window, text=text)


def cases(rng):
    """Drawn sizes and windows for each scheme, with several patch sizes and limits."""
    found = []
    for number in range(6):
        size = tuple(int(side) for side in rng.integers(20, 2500, 2))
        window, text = int(rng.integers(5000, 200000)), int(rng.integers(0, 4000))
        tile, patch = int(rng.integers(2, 9)) * 56, int(rng.choice((14, 16, 28)))
        found += [
            budget(size, FIXED, window, text, side=tile + number, patch=patch, class_token=number % 2 == 1),
            budget(size, DYNAMIC, window, text, patch=patch, merge=1 + number % 3, least=(4 * patch) ** 2),
            budget(size, TILES, window, text, tile=tile, longest=tile * (2 + number % 4), per_tile=tile // 7),
        ]
    return found


CLAUSES = {
    "fixed: the image's size does not matter": [budget(size, FIXED) for size in ((1, 1), (2000, 333), (1, 500))],
    "fixed: a rest of the side is cut off": [budget((9, 9), FIXED, side=335), budget((9, 9), FIXED, side=349)],
    "fixed: with and without the class token": [budget((9, 9), FIXED, class_token=True), budget((9, 9), FIXED, side=14)],
    "dynamic: rounded to the nearest": [
        budget((28 * 10 + 13, 28 * 7 + 15), DYNAMIC),
        budget((28 * 10 + 15, 28 * 7 + 13), DYNAMIC),
    ],
    "dynamic: a half goes to the even multiple": [
        budget((28 * 10 + 14, 28 * 9 + 14), DYNAMIC),
        budget((28 * 11 + 14, 28 * 12 + 14), DYNAMIC),
    ],
    "dynamic: too small": [
        budget((28, 28), DYNAMIC),
        budget((10, 300), DYNAMIC),
        budget((13, 13), DYNAMIC),
        budget((300, 10), DYNAMIC),
        budget((500, 700), DYNAMIC, least=600_000),
    ],
    "dynamic: too large": [
        budget((3000, 2000), DYNAMIC, 9000),
        budget((900, 4000), DYNAMIC, 9000),
        budget((1288, 1288), DYNAMIC, most=1_000_000),
        budget((30, 5000), DYNAMIC, least=784, most=50_000),  # one row of groups is left
        budget((5000, 30), DYNAMIC, least=784, most=50_000),
    ],
    "dynamic: exactly at the limits": [
        budget((56, 56), DYNAMIC),
        budget((50, 60), DYNAMIC),
        budget((1120, 896), DYNAMIC),
        budget((1120, 897), DYNAMIC),
        budget((1149, 896), DYNAMIC),
    ],
    "dynamic: other merges": [budget((280, 420), DYNAMIC, merge=1), budget((280, 420), DYNAMIC, merge=5)],
    "dynamic: a side 200 times as long as the other": [
        budget((10, 2000), DYNAMIC),
        budget((10, 2001), DYNAMIC),
        budget((4010, 20), DYNAMIC),
        budget((4000, 20), DYNAMIC),
    ],
    "tiles: wide, tall and square": [budget(size, TILES) for size in ((600, 800), (800, 600), (512, 512))],
    "tiles: every image is scaled to the longest side": [budget((10, 20), TILES), budget((3000, 6000), TILES, 20000)],
    "tiles: a started tile counts": [
        budget((501, 1000), TILES),
        budget((500, 1000), TILES),
        budget((499, 1000), TILES),
        budget((251, 1000), TILES),
        budget((250, 1000), TILES),
        budget((1251, 5000), TILES),  # 364.3 pixels
        budget((5000, 1251), TILES),
    ],
    "tiles: exactly full tiles": [
        budget((41, 41), TILES, longest=728),  # 41 · (728 / 41) is more than 728 in floats
        budget((294, 147), TILES, longest=20, tile=10),
    ],
    "tiles: one row at least": [budget((1, 5000), TILES), budget((5000, 1), TILES)],
    "tiles: the whole image once more, but not for one tile": [
        budget((700, 900), TILES, longest=364),
        budget((100, 900), TILES, longest=728),
    ],
    "no room, and exactly room": [
        budget((9, 9), FIXED, window=600, text=25),
        budget((9, 9), FIXED, window=600, text=24),
        budget((9, 9), FIXED, window=1152, text=0),
        budget((9, 9), FIXED, window=1151, text=0),
        budget((9, 9), FIXED, window=100, text=100),
        budget((9, 9), FIXED, window=100, text=5000),  # the text alone is too long
        budget((9, 9), FIXED, window=0, text=0),
    ],
    "another kind is refused": [
        budget((9, 9), FIXED, kind="tile"),
        budget((9, 9), DYNAMIC, kind=""),
        budget((9, 9), TILES, kind="Tiles"),
    ],
}  # fmt: skip


def three_branches(size, scheme, *, window, text):
    height, width = size
    match scheme["kind"]:
        case "fixed":
            tokens = (scheme["side"] // scheme["patch"]) ** 2 + bool(scheme["class_token"])
        case "dynamic":
            if max(size) > 200 * min(size):
                raise ValueError("too long")
            factor, pixels = scheme["patch"] * scheme["merge"], height * width
            rows, columns = (round(side / factor) for side in size)
            if rows * columns * factor**2 > scheme["most"]:
                shrink = math.sqrt(pixels / scheme["most"])
                rows, columns = (max(1, math.floor(side / shrink / factor)) for side in size)
            elif rows * columns * factor**2 < scheme["least"]:
                grow = math.sqrt(scheme["least"] / pixels)
                rows, columns = (math.ceil(side * grow / factor) for side in size)
            tokens = rows * columns
        case "tiles":
            along = scheme["longest"] // scheme["tile"]
            across, rest = divmod(min(size) * scheme["longest"], max(size) * scheme["tile"])
            across += rest > 0
            tokens = (along * across + (along * across > 1)) * scheme["per_tile"]
        case other:
            raise ValueError(other)
    return tokens, max(0, window - text) // tokens


def by_functions(size, scheme, *, window, text):
    def fixed(side, patch, class_token):
        return (side // patch) * (side // patch) + int(class_token)

    def dynamic(patch, merge, least, most):
        factor = patch * merge
        if max(size) / min(size) > 200:
            raise ValueError("the image is too narrow")
        area = math.prod(factor * round(side / factor) for side in size)
        if least <= area <= most:
            return area // factor**2
        scale = math.sqrt(math.prod(size) / most) if area > most else math.sqrt(least / math.prod(size))
        if area > most:
            return math.prod(max(1, int(side / scale / factor)) for side in size)
        return math.prod(-int(-side * scale // factor) for side in size)

    def tiles(longest, tile, per_tile):
        short, long = sorted(size)
        count = (longest // tile) * -(-short * longest // (long * tile))
        return per_tile * (1 if count == 1 else count + 1)

    functions = {"fixed": fixed, "dynamic": dynamic, "tiles": tiles}
    if scheme["kind"] not in functions:
        raise ValueError(scheme["kind"])
    tokens = functions[scheme["kind"]](**{name: value for name, value in scheme.items() if name != "kind"})
    return tokens, (window - text) // tokens if text < window else 0


ROWS = "rows, columns = (round(side / factor) for side in size)"
FIT = "max(0, (window - text) // tokens)"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=25,
    hints=(
        "Write one branch for each kind, each of which ends with `tokens`. The last line is the same for all three: the room that is left, divided by the tokens and rounded down, at least 0.",
        'For "dynamic", count groups of merge × merge patches rather than pixels: `rows = round(height / factor)` with `factor = patch * merge`. The area in pixels is `rows * columns * factor ** 2`.',
        "Compare the *rounded* area with the limits, but compute the scale from the true size: "
        "`math.sqrt(height * width / most)` divides both sides, rounded down, at least 1; `math.sqrt(least / (height * width))` multiplies both, rounded up.",
        'For "tiles", whole numbers avoid rounding errors: the short side has `-(-short * longest // (long * tile))` tiles, which is the quotient rounded up.',
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "class_token_always",
            {'scheme["class_token"]': "1"},
            "your fixed scheme always counts the class token",
            "add 1 only where class_token is True",
        ),
        mistake(
            "ceil_of_the_side",
            {'(scheme["side"] // scheme["patch"]) ** 2': 'math.ceil(scheme["side"] / scheme["patch"]) ** 2'},
            "your fixed scheme counts patches that are cut off at the edge",
            "round side / patch down, as a convolution does",
        ),
        mistake(
            "tokens_of_one_patch",
            {'factor = scheme["patch"] * scheme["merge"]': 'factor = scheme["patch"]'},
            "your dynamic scheme counts patches, not merged tokens",
            "one token covers (patch · merge)² pixels",
        ),
        mistake(
            "independent_of_the_size",
            {ROWS: "rows = columns = round(math.prod(size) ** 0.5 / factor)"},
            "your dynamic scheme makes every image square",
            "round each side by itself",
        ),
        mistake(
            "half_up",
            {"round(side / factor)": "math.floor(side / factor + 0.5)"},
            "your halves are rounded up",
            "a half goes to the even multiple, as Python's round does",
        ),
        mistake(
            "floor_where_ceil",
            {"math.ceil(side * scale / factor)": "math.floor(side * scale / factor)"},
            "your small images are enlarged too little",
            "round up where the image is enlarged",
        ),
        mistake(
            "no_largest",
            {'area > scheme["most"]': "False"},
            "your large images keep all their tokens",
            "scale an image down whose rounded area is more than most",
        ),
        mistake(
            "no_smallest",
            {'area < scheme["least"]': "False"},
            "your small images keep their few tokens",
            "scale an image up whose rounded area is less than least",
        ),
        mistake(
            "floor_of_the_tiles",
            {'-(-short * scheme["longest"] // (long * scheme["tile"]))': 'max(1, short * scheme["longest"] // (long * scheme["tile"]))'},
            "your tiles do not cover the short side",
            "round the number of tiles of the short side up",
        ),
        mistake(
            "no_overview",
            {"tiles + (tiles > 1)": "tiles"},
            "your tiles lack the whole image",
            "add one more tile for the whole image where there are several",
        ),
        mistake(
            "overview_of_one_tile",
            {"tiles + (tiles > 1)": "tiles + 1"},
            "your single tile is counted twice",
            "an image of one tile gets no further copy",
        ),
        mistake(
            "text_forgotten",
            {FIT: "window // tokens"},
            "your images fill the whole window, and the text has no room",
            "subtract the text from the window first",
        ),
        mistake(
            "rounded_up_images",
            {FIT: "max(0, -(-(window - text) // tokens))"},
            "your last image does not fit completely",
            "round the number of images down",
        ),
    ),
    alternates=(three_branches, by_functions),
    forbids=("transformers.Qwen2VLImageProcessorPil", "transformers.models.qwen2_vl.image_processing_pil_qwen2_vl.smart_resize"),
)  # fmt: skip
