"""Cases of iou_matching: boxes that a model predicts, and true ones."""

import numpy as np


def call(predicted, truth, threshold=0.5):
    """Return one case."""
    return {"args": [list(predicted), list(truth), threshold], "kwargs": {}}


def cases(rng):
    """Scenes of several boxes: predictions near the truth, some of them twice, some beside it, in no order."""
    drawn = []
    for count, extra, threshold in ((4, 2, 0.5), (7, 4, 0.3), (9, 0, 0.75), (6, 9, 0.1), (12, 5, 0.5)):
        corner, size = rng.integers(-50, 300, (count, 2)), rng.integers(20, 120, (count, 2))
        truth = np.concatenate([corner, corner + size], axis=1)
        near = truth[rng.integers(0, count, count + extra)]
        near = near + rng.integers(-16, 17, near.shape)
        drawn.append(call(map(tuple, near.tolist()), map(tuple, truth.tolist()), threshold))
    return drawn


A = (0, 0, 10, 10)
ROW = [(20 * n, 0, 20 * n + 10, 10) for n in range(300)]
CROSS = (
    [(0, 0, 10, 10), (4, 0, 14, 10)],
    [(1, 0, 11, 10), (-5, 0, 5, 10)],
)  # the best pair spoils a better total
EMPTY = [(5, 5, 5, 9), (5, 5, 9, 5), (9, 5, 5, 9), (5, 9, 9, 5), (9, 9, 5, 5), (5, 5, 5, 5)]

CLAUSES = {
    "no box": [call([], []), call([], [A]), call([A], []), call([], [A, A], 1.0), call([A] * 3, [])],
    "one box each": [
        call([box], [other], threshold)
        for box, other in (
            (A, A),
            (A, (2, 2, 4, 4)),  # contained
            (A, (2, 2, 12, 12)),
            ((2, 3, 4, 5), A),
            (A, (9, 9, 19, 19)),  # one pixel
            (A, (9, -9, 19, 1)),
            (A, (10, 0, 20, 10)),  # touching
            (A, (10, 10, 20, 20)),
            (A, (30, 0, 40, 10)),  # apart in x, in y, in both
            (A, (0, 30, 10, 40)),
            (A, (30, 30, 40, 40)),
            ((30, 30, 40, 40), (0, 50, 10, 60)),
            ((0, 0, 100, 2), (0, 0, 2, 100)),  # wide and high
            ((3, 40, 9, 90), (4, 42, 9, 88)),
        )
        for threshold in (1e-6, 0.45)
    ],
    "at least the threshold": [
        *(call([A], [(0, 0, 10, 5)], threshold) for threshold in (0.5, 0.49, 0.51, 0.50000001)),
        *(call([(0, 5, 10, 15)], [A], threshold) for threshold in (1 / 3, 0.25, 0.34)),
        *(call([A], [(0, 0, 10, height)], 0.5) for height in (4, 19, 20, 21)),
        *(call([A, (1, 0, 11, 10)], [A], threshold) for threshold in (1.0, 0.999)),
        call([(0, 0, 8, 1)], [(0, 0, 1, 1)], 0.125),
    ],
    "empty boxes": [
        *(call(boxes, other, 1e-6) for box in EMPTY for boxes, other in (([box], [A]), ([A, box], [box, A]), ([box], [box]))),
        call([(9, 9, 5, 5)], [(5, 5, 9, 9)]),
        call(EMPTY, EMPTY, 1e-6),
        call([(30, 30, 0, 0)], [(60, 60, 0, 0)], 0.2),
    ],
    "one to one": [
        call([A, A, A], [A]),
        call([A], [A, A]),
        call([A, A], [A, A]),
        call([(0, 0, 10, 9), A, (0, 0, 10, 8)], [A]),
        call([A], [(0, 0, 10, 8), (0, 0, 10, 9), A, A]),
        call([(1, 0, 11, 10), A], [A, (2, 0, 12, 10)]),
        call([A, (40, 0, 50, 10)], [A, A, (41, 0, 51, 10)]),
    ],
    "the largest IoU first": [
        call([(2, 0, 12, 10), (1, 0, 11, 10)], [A]),
        *(call(*boxes, 0.1) for boxes in (CROSS, CROSS[::-1], [CROSS[0][::-1], CROSS[1]], [CROSS[0], CROSS[1][::-1]])),
        call([(3, 0, 13, 10), (6, 0, 16, 10), (9, 0, 19, 10)], [A, (5, 0, 15, 10), (8, 0, 18, 10)], 0.1),
        call([(0, 0, 100, 10), (0, 0, 10, 10)], [(0, 0, 10, 9), (0, 0, 90, 10)], 0.05),
    ],
    "equal IoU": [
        call([(-1, 0, 9, 10), (1, 0, 11, 10)], [A]),
        call([A], [(1, 0, 11, 10), (-1, 0, 9, 10)]),
        call([(4, 0, 14, 10), (-4, 0, 6, 10)], [A, (8, 0, 18, 10)], 0.1),
        call([(-4, 0, 6, 10), (4, 0, 14, 10)], [(8, 0, 18, 10), A], 0.1),
        call([(4, 0, 14, 10), (12, 0, 22, 10)], [(0, 0, 10, 10), (8, 0, 18, 10)], 0.1),
        call([(8, 0, 18, 10), A], [(4, 0, 14, 10), (12, 0, 22, 10), (-4, 0, 6, 10)], 0.1),
    ],
    "lists, too": [call([[0, 0, 10, 10], [20, 0, 30, 10]], [[21, 0, 31, 10], [0, 1, 10, 11], [50, 50, 60, 60]])],
    "large, small and negative numbers": [
        call([(-2000, -2000, 2000, 2000)], [(-2000, -2000, 2000, 1999), (-2000, -2000, 1999, 1999)], 0.9),
        call([(-1, -1, 0, 0), (-3, -3, -1, -1)], [(-2, -2, 0, 0), (-1, -1, 0, 0)], 0.1),
        call([(0, 0, 1, 1), (1, 0, 2, 1)], [(1, 0, 2, 1), (0, 0, 2, 1)], 0.5),
    ],
    "hundreds": [
        call(ROW[:260], [ROW[259], ROW[3], (5, 0, 15, 10)], 0.3),
        call([ROW[2], ROW[257]], ROW[:260]),
        call(ROW[:40], [(x + 3, 0, right + 3, 10) for x, _, right, _ in ROW[30:65][::-1]]),
    ],
}  # fmt: skip
