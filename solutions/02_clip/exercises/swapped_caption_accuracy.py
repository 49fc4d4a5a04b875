"""swapped_caption_accuracy: how often an image prefers its caption to the same caption with swapped colours."""

import math

import torch
from _draw import call, table, vectors
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

NAMES = ("red", "blue", "pink", "purple", "orange")


def pairs(rows, equal=()):
    """Return the colours of two shapes in each of `rows` images; in the rows `equal` both have one colour."""
    return [(NAMES[row % 5], NAMES[(row + (row not in equal)) % 5]) for row in range(rows)]


def margins(image, caption, swapped):
    """Return the cosine with the own caption less that with the swapped one, (B,)."""
    return F.cosine_similarity(image, caption) - F.cosine_similarity(image, swapped)


def cases(rng):
    """Images near one of their two captions, one tie, one or two images of one colour."""
    drawn = []
    for rows, width, equal in [(7, 4, (2,)), (9, 3, (0, 5)), (6, 5, (5,)), (8, 6, (1, 6)), (11, 4, (3,))]:
        captions = vectors(rng, rows, width), vectors(rng, rows, width)
        chosen = torch.from_numpy(rng.random(rows) < 0.6)
        near = torch.where(chosen[:, None], captions[0], captions[1])
        captions[1][4] = captions[0][4]  # a tie
        image = near + vectors(rng, rows, width) / 2
        while ((gaps := margins(image, *captions).abs()) < 2e-3).sum() > 1:  # the tie alone is small
            image[gaps < 2e-3] = vectors(rng, rows, width)[gaps < 2e-3]
        drawn.append(call(image, *captions, pairs(rows, equal)))
    return drawn


AXES = torch.eye(3)
IMAGE = AXES[[0, 1, 2, 0]]
OWN = torch.tensor([[4.0, 3, 0], [0, 2, 1], [1, 0, 0.5], [0, 1, 1]])  # cosines 0.8, 0.894, 0.447, 0
SWAPPED = torch.tensor([[3.0, 4, 0], [0, 10, 4], [0, 1, 3], [5, 0, 1]])  # cosines 0.6, 0.928, 0.949, 0.981
CLOSE = torch.tensor([[1.0, 0.02, 0], [0, 1, 0.04], [0.06, 0, 1], [1, 0.08, 0]])
ASIDE = AXES[[1, 2, 0]]
PUBLISHED = pairs(4)

CLAUSES = {
    "the longer caption is not the nearer one": [
        call(IMAGE, OWN, SWAPPED, PUBLISHED),
        call(IMAGE, OWN * torch.tensor([[1e-3], [1e3], [1e3], [1e6]]), SWAPPED, PUBLISHED),
        call(IMAGE * 1e-3, OWN, SWAPPED * 1e4, PUBLISHED),
        call(IMAGE, OWN * torch.tensor([[2e-7], [1], [1], [1]]), SWAPPED, PUBLISHED),
        call(IMAGE * 1e-6, CLOSE, CLOSE + 0.05 * AXES[[1, 2, 0, 1]], PUBLISHED),
    ],
    "ties count one half": [
        call(IMAGE, OWN, OWN, PUBLISHED),
        call(IMAGE, OWN, torch.cat([OWN[:3], SWAPPED[3:]]), PUBLISHED),
        call(IMAGE, OWN, 3 * OWN, PUBLISHED),  # the same direction
        call(AXES, AXES[[1, 2, 0]], AXES[[2, 0, 1]], pairs(3)),  # all cosines are 0
        call(AXES, ASIDE + 5e-7 * AXES, ASIDE, pairs(3)),  # two small cosines, which differ by 5e-7
        call(table(40, 5), table(40, 5, 1), 0.7 * table(40, 5, 1), pairs(40)),  # they differ by rounding
        call(1e6 * table(40, 5), table(40, 5, 1), 0.7 * table(40, 5, 1), pairs(40)),
    ],
    "two shapes of one colour are left out": [
        call(IMAGE, OWN, SWAPPED, pairs(4, equal=(0,))),
        call(IMAGE, OWN, SWAPPED, pairs(4, equal=(1, 3))),
        call(IMAGE, OWN, SWAPPED, pairs(4, equal=(1, 2, 3))),
        call(
            IMAGE, OWN, torch.cat([OWN[:2], SWAPPED[2:]]), pairs(4, equal=(0, 3))
        ),  # a tie is left out, one is not
    ],
    "no image left": [
        call(IMAGE, OWN, SWAPPED, pairs(4, equal=range(4))),
        call(AXES[:1], OWN[:1, :], SWAPPED[:1], pairs(1, (0,))),
    ],
    "one image": [call(AXES[:1], *two, pairs(1)) for two in ((OWN[:1], SWAPPED[:1]), (SWAPPED[:1], OWN[:1]))],
    "negative cosines": [call(-IMAGE, OWN, SWAPPED, PUBLISHED), call(IMAGE, -OWN, SWAPPED, PUBLISHED)],
    "small differences count": [call(IMAGE, CLOSE, CLOSE + 0.05 * AXES[[1, 2, 0, 1]], PUBLISHED)],
    "captions of other images do not matter": [call(IMAGE, OWN, SWAPPED[[1, 0, 3, 2]], PUBLISHED)],
    "other widths": [call(table(5, 2), table(5, 2, 1), table(5, 2, 3), pairs(5, (2,)))],
    "hundreds of images": [
        call(IMAGE.repeat(300, 1), OWN.repeat(300, 1), SWAPPED.repeat(300, 1), pairs(1200, range(0, 1200, 7)))
    ],
    "shapes that differ are refused": [
        call(IMAGE, OWN[:3], SWAPPED, PUBLISHED),
        call(IMAGE, OWN, SWAPPED[:1], PUBLISHED),
        call(IMAGE, OWN, SWAPPED, PUBLISHED[:3]),
    ],
}


def loops(image, caption, swapped, colours):
    if not image.shape == caption.shape == swapped.shape or len(image) != len(colours):
        raise ValueError("shapes differ")
    points = []
    for row, (first, second) in enumerate(colours):
        if first != second:
            own, other = (
                F.cosine_similarity(image[row], each[row], dim=0).item() for each in (caption, swapped)
            )
            points.append(0.5 if math.isclose(own, other, abs_tol=1e-6) else float(own > other))
    if not points:
        raise ValueError("no image with two colours")
    return sum(points) / len(points)


def sign_of_the_margin(image, caption, swapped, colours):
    if len({tuple(each.shape) for each in (image, caption, swapped)}) > 1 or len(image) != len(colours):
        raise ValueError("shapes differ")
    rows = [row for row, pair in enumerate(colours) if len(set(pair)) == 2]
    if not rows:
        raise ValueError("no image with two colours")
    margin = (F.normalize(image) * (F.normalize(caption) - F.normalize(swapped))).sum(1)[rows]
    margin[margin.abs() < 1e-6] = 0
    return ((1 + margin.sign()) / 2).mean().item()


POINTS = "torch.where(margin.abs() < 1e-6, 0.5, (margin > 0).float())"
OTHER = "F.cosine_similarity(image, swapped)"
COUNTED = "points[counted].mean().item()"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=10,
    hints=(
        "`F.cosine_similarity(a, b)` gives the cosines of row i with row i, for all rows at once.",
        "An image scores 1, ½ or 0. The sign of the difference of its two cosines decides, and its size says whether it is a tie.",
        "`torch.tensor([...])` of booleans selects rows. Look at how many it selects before you take a mean.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-6, atol=1e-6),
    mistakes=(
        mistake(
            "ties_are_hits",
            {POINTS: "(margin > -1e-6).float()"},
            "your share counts ties as hits: a model that ignores word order gets 1.0",
            "give a tie one half",
        ),
        mistake(
            "ties_are_misses",
            {POINTS: "(margin > 1e-6).float()"},
            "your share counts ties as misses: a model that ignores word order gets 0.0, below guessing",
            "give a tie one half",
        ),
        mistake(
            "one_colour_counts",
            {COUNTED: "points.mean().item()"},
            "your share also counts images whose two shapes have one colour, where nothing was swapped",
            "take the mean over images with two different colours",
        ),
        mistake(
            "one_colour_is_a_miss",
            {COUNTED: "(points * counted).mean().item()"},
            "your share divides by all images, and counts those of one colour as misses",
            "divide by the number of images with two different colours",
        ),
        mistake(
            "lengths_decide",
            {
                "F.cosine_similarity(image, caption)": "(image * caption).sum(1)",
                OTHER: "(image * swapped).sum(1)",
            },
            "your scores are dot products, so that the longer caption wins",
            "compare cosines",
        ),
        mistake(
            "prefers_the_swapped",
            {"margin > 0": "margin < 0"},
            "your share is that of the images that prefer the swapped caption",
            "count the images whose own caption has the larger cosine",
        ),
        mistake(
            "best_of_all_swapped",
            {OTHER: "(F.normalize(image) @ F.normalize(swapped).T).max(dim=1).values"},
            "your images must beat the swapped captions of all images",
            "compare each image with two captions: its own, and the same with swapped colours",
        ),
    ),
    alternates=(loops, sign_of_the_margin),
    equivalent={
        "margin.abs() <= 1e-06": "no difference of two cosines is exactly 1e-6",
        "margin >= 0": "a margin of 0 is a tie already",
        "0.5, margin > 0)": "torch.where turns True into 1.0",
    },
)
