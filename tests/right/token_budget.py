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


ANSWERS = (
    Answer("counted", counted, "loops where a formula would do"),
    Answer("in_pixels", in_pixels, "the dynamic scheme as the library writes it"),
)
