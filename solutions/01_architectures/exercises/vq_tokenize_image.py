"""vq_tokenize_image: an image as ids of a codebook, with line ends and offsets, and back."""

import numpy as np
import torch
from _draw import drawn, table

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def script(codebook, words, *steps):
    """Return one case: a tokenizer, its size, and a few calls."""
    return {
        "steps": [
            ["new", [codebook, words], {}],
            ["get", "size"],
            *(["call", name, [value]] for name, value in steps),
        ]
    }


def encoded(codes, words, count):
    """Return the ids of a grid of codes, a list of lists."""
    rows = [[*(words + 3 + code for code in row), words + 2] for row in codes]
    return torch.tensor([words, *(number for row in rows for number in row), words + 1])


def cases(rng):
    """Rectangular grids, several codebooks and vocabularies; a round trip and noisy features."""
    found = []
    for count, width, rows, columns, words in (
        (7, 3, 2, 4, 20),
        (5, 2, 3, 1, 9),
        (12, 4, 1, 5, 50),
        (30, 6, 4, 3, 3),
    ):
        codebook = drawn(rng, count, width, scale=3.0)
        codes = rng.integers(0, count, (rows, columns))
        near = codebook[torch.from_numpy(codes)] + torch.from_numpy(
            np.round(rng.uniform(-0.05, 0.05, (rows, columns, width)), 2).astype(np.float32)
        )
        found.append(
            script(
                codebook,
                words,
                ("encode", near),
                ("encode", 2 * near.flip(0)),
                ("decode", encoded(codes.tolist(), words, count)),
                ("decode", encoded(codes.T.tolist(), words, count)),
            )
        )
    return found  # fmt: skip


BOOK = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0], [4.0, 0.0]])  # code 4 repeats code 1
GOOD = encoded([[0, 1, 2], [3, 3, 0]], 10, 5)  # begin 10, end 11, line end 12, codes 13 … 17

STEPS = torch.tensor([[0.0], [0.5], [1.0]])
NEAR = torch.tensor([[[0.125], [0.375], [0.625]], [[0.875], [0.0], [1.0]]])


def broken(**changes):
    """Return the good ids with a few of them replaced: place_N=id."""
    ids = GOOD.clone()
    for name, value in changes.items():
        ids[int(name.removeprefix("place_"))] = value
    return ids


def without(*places):
    """Return the good ids without those at these places."""
    return GOOD[[place for place in range(len(GOOD)) if place not in places]]


def decode(*wrong):
    """Return one case for each of some ids."""
    return [script(BOOK, 10, ("decode", ids)) for ids in wrong]


CLAUSES = {
    "the size counts words, three special ids and codes": [
        script(BOOK, 10),
        script(BOOK, 0),
        script(table(1, 3), 1),
    ],
    "ties go to the lowest code": [
        script(
            BOOK, 10, ("encode", torch.tensor([[[4.0, 0.0], [2.0, 0.0], [2.0, 2.0]]]))
        ),  # a repeated row; two; four
        script(BOOK, 10, ("encode", torch.tensor([[[0.0, 2.0], [4.0, 2.0]]]))),
    ],
    "the distance is Euclidean": [
        script(
            torch.tensor([[3.0, 0.0], [2.0, 2.0]]), 4, ("encode", torch.tensor([[[0.0, 0.0]]]))
        ),  # not the sum of sides
        script(
            torch.tensor([[3.0, 3.0], [0.0, 4.0]]), 4, ("encode", torch.tensor([[[0.0, 0.0]]]))
        ),  # not the largest
        script(
            torch.tensor([[9.0, 0.0], [1.0, 0.0]]), 4, ("encode", torch.tensor([[[2.0, 0.0]]]))
        ),  # not the dot product
        script(
            torch.tensor([[9.0, 0.0], [1.0, 1.0]]), 4, ("encode", torch.tensor([[[2.0, 0.0]]]))
        ),  # not the cosine
    ],
    "one code": [
        script(table(1, 3), 6, ("encode", table(2, 2, 3)), ("decode", encoded([[0, 0], [0, 0]], 6, 1)))
    ],
    "one cell, one row, one column": [
        script(BOOK, 10, ("encode", table(1, 1, 2)), ("decode", encoded([[3]], 10, 5))),
        script(BOOK, 10, ("encode", table(1, 4, 2)), ("decode", encoded([[3, 0, 1, 4]], 10, 5))),
        script(BOOK, 10, ("encode", table(4, 1, 2)), ("decode", encoded([[3], [0], [1], [4]], 10, 5))),
    ],
    "no words": [script(BOOK, 0, ("encode", table(2, 3, 2)), ("decode", encoded([[2, 4]], 0, 5)))],
    "equal images": [script(BOOK, 10, ("encode", torch.zeros(2, 2, 2)), ("encode", torch.full((2, 2, 2), 4.0)))],
    "features that are not contiguous": [script(BOOK, 10, ("encode", table(2, 3, 4).permute(1, 2, 0)[:, :3]))],
    "float64": [
        script(BOOK.double(), 10, ("encode", table(2, 3, 2, dtype=torch.float64)), ("decode", GOOD))
    ],
    "a wrong begin or end": decode(
        broken(place_0=9), broken(place_0=11), broken(place_0=13), broken(place_9=10), broken(place_9=12), broken(place_9=13)
    ),
    "no begin, no end": decode(without(0), without(9), without(0, 9)),
    "ids that are no codes": decode(
        broken(place_1=9), broken(place_1=0), broken(place_2=10), broken(place_2=11), broken(place_3=18), broken(place_5=-1), broken(place_6=100),
    ),
    "a line without its end": decode(without(8), without(4), broken(place_8=13), without(4, 8)),
    "lines of unequal length": decode(
        without(1), without(7), broken(place_3=12), broken(place_4=13, place_3=12), without(4, 5),
        torch.tensor([10, 13, 12, 13, 13, 12, 13, 13, 13, 12, 11]),  # as many cells as 3 lines of 2
        torch.tensor([10, 13, 13, 12, 13, 12, 13, 13, 13, 12, 11]),  # the first line has 2 cells, like the mean line
    ),
    "empty lines": decode(
        torch.tensor([10, 12, 11]), torch.tensor([10, 12, 12, 11]), torch.tensor([10, 13, 12, 12, 11]), torch.tensor([10, 13, 12, 12, 12, 11])
    ),
    "nothing between begin and end": decode(
        torch.tensor([10, 11]), torch.tensor([10]), torch.tensor([11]), torch.zeros(0, dtype=torch.int64)
    ),
    "something after the end": decode(
        torch.cat([GOOD, GOOD[-1:]]), torch.cat([GOOD, torch.tensor([13])]), torch.cat([GOOD, GOOD])
    ),
    "large numbers at small distances": [
        script(4096 + STEPS, 9, ("encode", 4096 + NEAR)),
        script(2.0**28 + STEPS.double(), 9, ("encode", 2.0**28 + NEAR.double())),
    ],
    "more words than float32 counts": [script(BOOK, 2**24 + 2, ("encode", table(2, 3, 2)), ("decode", encoded([[0, 1, 2]], 2**24 + 2, 5)))],
    "many codes and cells": [
        script(torch.arange(600.0)[:, None], 40, ("encode", torch.arange(599.0, -1.0, -1.0).reshape(20, 30, 1)))
    ],
}  # fmt: skip


class with_loops:
    def __init__(self, codebook, words):
        self.codebook, self.words, self.size = codebook, words, words + 3 + codebook.shape[0]

    def encode(self, features):
        ids = [self.words]
        for row in features:
            for cell in row:
                distances = ((self.codebook - cell) ** 2).sum(dim=1).tolist()
                ids.append(self.words + 3 + distances.index(min(distances)))
            ids.append(self.words + 2)
        return torch.tensor([*ids, self.words + 1])

    def decode(self, ids):
        ids = ids.tolist()
        if len(ids) < 4 or ids[0] != self.words or ids[-1] != self.words + 1 or ids[-2] != self.words + 2:
            raise ValueError("not an image")
        lines, line = [], []
        for number in ids[1:-1]:
            if number == self.words + 2:
                lines.append(line)
                line = []
            elif 0 <= number - self.words - 3 < len(self.codebook):
                line.append(self.codebook[number - self.words - 3])
            else:
                raise ValueError(f"the id {number}")
        if not lines[0] or any(len(line) != len(lines[0]) for line in lines):
            raise ValueError("lines")
        return torch.stack([torch.stack(line) for line in lines])


class as_a_grid:
    def __init__(self, codebook, words):
        self.codebook, self.words = codebook, words

    @property
    def size(self):
        return self.words + 3 + len(self.codebook)

    def encode(self, features):
        codes = (features[:, :, None] - self.codebook).square().sum(-1).argmin(-1)
        grid = torch.nn.functional.pad(codes + 1, (0, 1)) + self.words + 2
        return torch.nn.functional.pad(grid.flatten(), (1, 1), value=self.words) + torch.tensor(
            [0] * (grid.numel() + 1) + [1]
        )

    def decode(self, ids):
        ends = (ids == self.words + 2).nonzero().flatten()
        columns = int(ends[0]) - 1 if len(ends) else 0
        inner = ids[1:-1]
        if columns < 1 or len(inner) % (columns + 1):
            raise ValueError("no grid")
        grid = inner.reshape(-1, columns + 1)
        codes = grid[:, :-1] - self.words - 3
        outside = (codes < 0) | (codes >= len(self.codebook))
        wrong = [
            ids[0] != self.words,
            ids[-1] != self.words + 1,
            (grid[:, -1] != self.words + 2).any(),
            outside.any(),
        ]
        if any(wrong):
            raise ValueError("malformed")
        return self.codebook[codes]  # fmt: skip


DISTANCES = 'torch.cdist(features.flatten(0, 1), self.codebook, compute_mode="donot_use_mm_for_euclid_dist")'
NEAREST = "distances.argmin(dim=1)"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=30,
    hints=(
        "`torch.cdist(cells, codebook)` gives all distances, (cells, K), and `argmin(dim=1)` the nearest code, the lowest on a tie. "
        'Above 25 rows it expands the square and loses digits; `compute_mode="donot_use_mm_for_euclid_dist"` prevents that.',
        "Reshape the codes to (rows, columns), add `words + 3`, and put a column of `words + 2` on the right: `F.pad(grid, (0, 1), value=words + 2)`. "
        "Then `flatten()`, and the begin and end around it.",
        "For decode, cut off the first and the last id after you have compared them. The place of the first line end gives the number of columns; then the length must be a "
        "multiple of columns + 1.",
        "After the reshape to (rows, columns + 1) the last column must hold line ends only, and every other id must lie from words + 3 to size − 1. "
        "Raise ValueError otherwise, also for an empty line.",
    ),
    driver=Driver("script"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-6, atol=1e-6, dtype=True),
    mistakes=(
        mistake(
            "ids_from_the_position",
            {NEAREST: "torch.arange(features.shape[0] * features.shape[1]) % len(self.codebook)"},
            "your ids depend on the position alone: every image of a size gets the same ids",
            "compare the features with the codebook; a patch's number says nothing about its content",
        ),
        mistake(
            "farthest",
            {"argmin(dim=1)": "argmax(dim=1)"},
            "your codes are the farthest ones",
            "take the smallest distance: argmin",
        ),
        mistake(
            "largest_product",
            {NEAREST: "(features.flatten(0, 1) @ self.codebook.T).argmax(dim=1)"},
            "your codes have the largest dot product with the features",
            "take the smallest Euclidean distance; long codes win dot products",
        ),
        mistake(
            "no_offset",
            {"codes + self.words + 3": "codes"},
            "your image ids begin at 0, where the words are",
            "add words + 3: code k has the id words + 3 + k",
        ),
        mistake(
            "offset_without_the_special_ids",
            {"codes + self.words + 3": "codes + self.words"},
            "your first three codes have the ids of begin, end and line end",
            "the codes begin behind the three special ids, at words + 3",
        ),
        mistake(
            "highest_on_ties",
            {NEAREST: "len(self.codebook) - 1 - distances.flip(1).argmin(dim=1)"},
            "your ties go to the highest code",
            "give a tie to the lowest code, as argmin does",
        ),
        mistake(
            "columns_first",
            {"features.flatten(0, 1)": "features.transpose(0, 1).flatten(0, 1)"},
            "your ids run down the columns of the grid",
            "go through the cells left to right, then top to bottom",
        ),
        mistake(
            "size_of_the_codebook",
            {"self.size = words + 3 + len(codebook)": "self.size = len(codebook)"},
            "your size counts the codes alone",
            "an embedding table needs a row for every word, special id and code",
        ),
        mistake(
            "no_check_of_the_codes",
            {"outside.any()": "False"},
            "ids that are no codes are not refused with ValueError",
            "require words + 3 <= id < size for every cell: a negative index would silently count from the end",
        ),
        mistake(
            "no_check_of_the_lines",
            {"(grid[:, -1] != self.words + 2).any()": "False"},
            "a missing or misplaced line end is not refused",
            "after the reshape, the last column must hold line ends only",
        ),
    ),
    alternates=(with_loops, as_a_grid),
    equivalent={
        ", compute_mode=": "the statement allows torch.cdist as it is; it differs above 25 rows and far from 0 only",
        "if len(ends) else": "without a line end, the check of the lines refuses as well",
        "columns = ends[0] - 1": "a tensor of one number is an int to reshape and %",
        "if len(ids) < 3": "three ids hold no code with a line end, which the later checks refuse",
    },
    forbids=("transformers.models.chameleon.modeling_chameleon.ChameleonVQVAEVectorQuantizer",),
)  # fmt: skip
