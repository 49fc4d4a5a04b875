"""recall_at_k: retrieval in both directions, several captions an image, ties counted against the model."""

import numpy as np
from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Captions in no order and unequal in number, ties with foreign and with own captions."""
    drawn = []
    for images, captions, k, digits in [
        (4, 7, 1, 1),
        (6, 15, 2, 1),
        (5, 9, 3, 1),
        (7, 12, 1, 2),
        (3, 8, 2, 1),
    ]:
        extra = rng.integers(0, images - 1, captions - images)  # the last image keeps a single caption
        owners = rng.permutation(np.concatenate([np.arange(images), extra]))
        similarity = rng.normal(0, 0.3, (images, captions))
        similarity[owners, np.arange(captions)] += 0.25
        drawn.append(call(np.round(similarity, digits), owners, k))
    owners = rng.permutation(np.concatenate([np.arange(5), rng.integers(0, 3, 6)]))
    near = rng.uniform(0, 0.5, (5, 5)) + np.diag(rng.uniform(0.1, 0.9, 5))
    repeated = call(np.round(near, 2)[:, owners], owners, 1)  # the captions of one image all score the same
    return [*drawn, repeated]


def crowded(captions, k):
    """Return a case of two images; the only caption of the first scores below all others."""
    later = np.arange(captions) > 0
    return call(np.stack([later, later]).astype(float), later.astype(int), k)


INF, NAN = np.inf, np.nan
OWNERS = np.array([2, 0, 1, 0, 0])
LADDER = np.array([[3.0, 5.0, 2.0, 4.0], [6.0, 1.0, 7.0, 0.0], [1.0, 2.0, 3.0, 8.0]])  # one rival, two, three
MASKED = np.array([[-INF, 0.2, INF, INF], [INF, INF, 0.1, -INF], [-INF, 0.3, -INF, -INF]])
LAST_DIGIT = np.array([[0.5, 0.5 + 1e-12, 0.1], [0.3, 0.5, 0.5 - 1e-12], [0.5 - 1e-12, 0.2, 0.5]])
ABOVE, BELOW = np.nextafter(0.5, 1.0), np.nextafter(0.5, 0.0)
LAST_BIT = np.array([[0.5, ABOVE, BELOW], [BELOW, 0.5, 0.5], [0.5, BELOW, ABOVE]])
LARGEST = np.finfo(float).max
NEAR_INFINITY = np.array([[INF, LARGEST, INF], [INF, INF, 1e300], [LARGEST, -INF, INF], [-INF, 1e300, 0.3]])

CLAUSES = {
    "every score the same": [
        call(np.full((3, 5), score), OWNERS, k) for score, k in ((0.5, 2), (0.0, 1), (0.5, 4))
    ],
    "k at its boundary": [call(LADDER, np.array([0, 1, 2, 1]), k) for k in (1, 2, 3)],
    "k beyond what there is": [
        call(LADDER - 4, np.array([1, 0, 2, 1]), 4),
        call(LADDER, np.array([1, 0, 2, 1]), 9),
        call(LADDER, np.array([2, 0, 1, 0]), 4),  # its only caption comes last of four
    ],
    "hundreds of captions or images": [
        *(crowded(*plan) for plan in ((257, 1), (257, 256), (257, 257), (301, 300), (1031, 1030))),
        *(call(np.arange(259.0)[:, None] + np.zeros(259), np.arange(259), k) for k in (1, 256, 258)),
    ],
    "one image": [
        call(np.array([[0.3, -0.2, 0.3]]), np.array([0, 0, 0]), 1),
        call(np.array([[-1.5]]), np.array([0]), 1),
    ],
    "infinite scores": [
        call(sign * MASKED, np.array([1, 0, 2, 0]), k) for sign in (1, -1) for k in (1, 2, 3, 4)
    ],
    "infinity ties with infinity alone": [
        call(sign * NEAR_INFINITY.T, owners, k)
        for sign in (1, -1)
        for owners in (np.array([0, 1, 2, 0]), np.array([1, 0, 2, 2]))
        for k in (1, 2)
    ],
    "values below -1, huge and tiny ones": [
        call(LADDER * scale, np.array([2, 0, 1, 0]), 2) for scale in (-3.0, -1e300, 1e300, 1e-13, 1e-300)
    ],
    "the last digit counts": [
        call(matrix, np.array([0, 1, 2]), k) for matrix in (LAST_DIGIT, LAST_BIT) for k in (1, 2)
    ],
    "0 and -0 tie": [call(np.array([[0.0, -0.0], [0.0, -0.0]]), np.array([0, 1]), 1)],
    "float32": [call(LADDER.astype(np.float32), np.array([0, 1, 2, 1]), 2)],
    "owners that do not fit are refused": [
        call(np.ones((3, 5)), owners, 1) for owners in (OWNERS[:4], OWNERS[[0, 1, 2, 3, 4, 4]])
    ],
    "NaN is refused": [
        call(np.where(cell, NAN, 0.5), OWNERS[:3], 1) for cell in (np.eye(3) > 0, np.eye(3, k=2) > 0)
    ],
}


def loops(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    found_captions = found_images = 0
    for image, row in enumerate(similarity):
        best = max(score for score, owner in zip(row, owners) if owner == image)
        rivals = [score for score, owner in zip(row, owners) if owner != image and score >= best]
        found_captions += len(rivals) < k
    for caption, owner in enumerate(owners):
        column = similarity[:, caption]
        rivals = [s for image, s in enumerate(column) if image != owner and s >= column[owner]]
        found_images += len(rivals) < k
    return found_captions / len(similarity), found_images / len(owners)


def sorting(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    own = np.arange(len(similarity))[:, None] == owners

    def share(scores, mask):  # of equal scores the wrong ones come first: sort by (-score, right)
        hits = [right[np.lexsort((right, -row))][:k].any() for row, right in zip(scores, mask)]
        return float(np.mean(hits))

    return share(similarity, own), share(similarity.T, own.T)


BEST = "np.where(own, similarity, -np.inf).max(axis=1, keepdims=True)"
RIVALS = "(~own & (similarity >= best)).sum(axis=1)"
RETURN = "return (rivals < k).mean(), (others < k).mean()"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=20,
    hints=(
        "`own = owners[None] == np.arange(I)[:, None]` is an (I, T) mask of the correct cells. "
        "Everything can be counted with it and comparisons, without sorting.",
        "An image's best own caption: `np.where(own, similarity, -np.inf).max(axis=1)`. It is among the k first "
        "when fewer than k captions of *other* images score as high or higher.",
        "A caption has one correct image, at row `owners[t]` of column t. Count the other rows "
        "that score as high or higher.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-9, atol=1e-9),
    mistakes=(
        mistake(
            "first_caption_only",
            {BEST: "similarity[np.arange(len(similarity)), own.argmax(axis=1)][:, None]"},
            "your image→text recall looks for the first caption of each image alone",
            "an image is a hit when any of its captions is among the k best: take its best one",
        ),
        mistake(
            "same_number_both_ways",
            {RETURN: "return (rivals < k).mean(), (rivals < k).mean()"},
            "your second number is the first again",
            "for text→image, go down the columns: one right image for each caption, averaged over captions",
        ),
        mistake(
            "ties_are_hits",
            {
                "similarity >= best": "similarity > best",
                "(similarity >= mine).sum(axis=0) - 1": "(similarity > mine).sum(axis=0)",
            },
            "your ranks are broken in your favour: a model that gives every pair one score would be perfect",
            "count rivals with >= in place of >",
        ),
        mistake(
            "share_of_captions",
            {
                RETURN: "rivals = np.array([(~own[i] & (similarity[i] >= s)).sum() for i, s in zip(owners, mine)])\n"
                "    shares = [(rivals[owners == image] < k).mean() for image in range(len(similarity))]\n"
                "    return np.mean(shares), (others < k).mean()"
            },
            "your image→text number is the share of an image's captions that are found",
            "an image counts once: 1 when at least one of its captions is among the k best, else 0",
        ),
        mistake(
            "directions_swapped",
            {RETURN: "return (others < k).mean(), (rivals < k).mean()"},
            "your two numbers are right, in the wrong order",
            "return image→text first (a mean over images), then text→image (a mean over captions)",
        ),
        mistake(
            "own_captions_take_places",
            {
                BEST: "np.where(own, similarity, np.inf).min(axis=1, keepdims=True)",
                RIVALS: "(similarity >= best).sum(axis=1) - 1",
            },
            "your image→text recall wants all captions of an image among the k best",
            "one is enough: compare its best caption with the foreign ones",
        ),
    ),
    alternates=(loops, sorting),
    forbids=("mmlab.metrics.recall_at_k",),
)
