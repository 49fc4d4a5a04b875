"""Right answers to token_budget that are written in unusual ways."""

import math

import numpy as np

from mmlab.instructor.authoring.exercise import Answer


def counted(size, scheme, *, window, text):
    kind, rest = scheme["kind"], window - text
    if kind == "fixed":
        starts = range(0, scheme["side"] - scheme["patch"] + 1, scheme["patch"])
        each = len(starts) ** 2 + (1 if scheme["class_token"] else 0)
    elif kind == "dynamic":
        if max(size) > 200 * min(size):
            raise ValueError("200 : 1")
        factor = scheme["patch"] * scheme["merge"]
        sides = np.rint(np.array(size) / factor).astype(int)
        area = int(sides.prod()) * factor**2
        if area > scheme["most"]:
            scale = math.sqrt(size[0] * size[1] / scheme["most"])
            sides = np.maximum(np.floor(np.array(size) / scale / factor), 1).astype(int)
        if area < scheme["least"]:
            scale = math.sqrt(scheme["least"] / (size[0] * size[1]))
            sides = np.ceil(np.array(size) * scale / factor).astype(int)
        each = int(sides.prod())
    elif kind == "tiles":
        short, long = sorted(size)
        across = 1
        while across * scheme["tile"] * long < short * scheme["longest"]:
            across += 1
        tiles = across * scheme["longest"] // scheme["tile"]
        each = scheme["per_tile"] * (tiles + int(tiles != 1))
    else:
        raise ValueError(f"no scheme {kind}")
    images = 0
    while rest >= (images + 1) * each:
        images += 1
    return each, images


def in_pixels(size, scheme, *, window, text):
    names = ["fixed", "dynamic", "tiles"]
    if scheme["kind"] not in names:
        raise ValueError(names)
    if scheme["kind"] == "fixed":
        tokens = int(scheme["class_token"]) + math.floor(scheme["side"] / scheme["patch"]) ** 2
    elif scheme["kind"] == "tiles":
        height, width = size
        if height > width:
            height, width = width, height
        pixels_times_width = height * scheme["longest"]
        rows = (pixels_times_width + scheme["tile"] * width - 1) // (scheme["tile"] * width)
        tiles = rows * (scheme["longest"] // scheme["tile"])
        tokens = scheme["per_tile"] * (tiles if tiles == 1 else tiles + 1)
    else:
        height, width = size
        if height / width > 200 or width / height > 200:
            raise ValueError("narrow")
        factor = scheme["patch"] * scheme["merge"]
        down, across = round(height / factor) * factor, round(width / factor) * factor
        if down * across > scheme["most"]:
            beta = math.sqrt((height * width) / scheme["most"])
            down = max(factor, math.floor(height / beta / factor) * factor)
            across = max(factor, math.floor(width / beta / factor) * factor)
        elif down * across < scheme["least"]:
            beta = math.sqrt(scheme["least"] / (height * width))
            down = math.ceil(height * beta / factor) * factor
            across = math.ceil(width * beta / factor) * factor
        tokens = (down // factor) * (across // factor)
    return tokens, 0 if window <= text else (window - text) // tokens


def fractions_everywhere(size, scheme, *, window, text):
    from fractions import Fraction

    height, width = map(int, size)
    match scheme:
        case {"kind": "fixed", "side": side, "patch": patch, "class_token": extra}:
            tokens = math.floor(Fraction(side, patch)) ** 2 + int(bool(extra))
        case {"kind": "dynamic", "patch": patch, "merge": merge, "least": least, "most": most}:
            if Fraction(max(height, width), min(height, width)) > 200:
                raise ValueError("too thin")
            f = patch * merge
            h, w = (f * round(Fraction(side, f)) for side in (height, width))
            if h * w > most:
                s = math.sqrt(height * width / most)
                h, w = (max(f, f * math.floor(side / s / f)) for side in (height, width))
            elif h * w < least:
                s = math.sqrt(least / (height * width))
                h, w = (f * math.ceil(side * s / f) for side in (height, width))
            tokens = (h // f) * (w // f)
        case {"kind": "tiles", "longest": longest, "tile": tile, "per_tile": per_tile}:
            exact = Fraction(min(height, width) * longest, max(height, width))
            across = 0
            while across * tile < exact:
                across += 1
            pieces = across * (longest // tile)
            tokens = per_tile * (pieces + (pieces > 1))
        case _:
            raise ValueError(f"unknown kind {scheme.get('kind')!r}")
    return tokens, len(range(text + tokens, window + 1, tokens))


def table_of_functions(size, scheme, *, window, text):
    def fixed(side, patch, class_token):
        return len(range(patch, side + 1, patch)) ** 2 + bool(class_token)

    def nearest(side, f):
        whole, rest = divmod(side, f)
        return whole + (2 * rest > f or (2 * rest == f and whole % 2 == 1))

    def dynamic(patch, merge, least, most):
        (h, w), f = size, patch * merge
        if h > 200 * w or w > 200 * h:
            raise ValueError("ratio")
        grid = [nearest(h, f), nearest(w, f)]
        area = math.prod(grid) * f * f
        if area > most:
            s = math.sqrt(h * w / most)
            grid = [int(side / s) // f or 1 for side in size]
        if area < least:
            s = math.sqrt(least / (h * w))
            grid = [math.ceil((side * s) / f) for side in size]
        return math.prod(grid)

    def tiles(longest, tile, per_tile):
        long, short = sorted(size, reverse=True)
        along = longest // tile
        across = (short * longest + long * tile - 1) // (long * tile)
        return per_tile if along == across == 1 else per_tile * (along * across + 1)

    kinds = {"fixed": fixed, "dynamic": dynamic, "tiles": tiles}
    numbers = dict(scheme)
    kind = numbers.pop("kind", None)
    if kind not in kinds:
        raise ValueError(f"kind is one of {sorted(kinds)}")
    tokens = int(kinds[kind](**numbers))
    return tokens, (window - text) // tokens if window >= text else 0


ANSWERS = (
    Answer("counted", counted, "loops where a formula would do"),
    Answer("in_pixels", in_pixels, "the dynamic scheme as the library writes it"),
    Answer("fractions_everywhere", fractions_everywhere, "exact fractions, and a range counts the images"),
    Answer("table_of_functions", table_of_functions, "halves are rounded with whole numbers"),
)
