"""recall_at_k: its cases, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_recall_at_k(rng: np.random.Generator) -> list[dict]:
    """Captions in no order and unequal in number, ties with foreign and with own captions, k from 1 to all, bad input."""
    cases = []
    for images, captions, k, digits in [(4, 7, 1, 1), (6, 15, 2, 1), (5, 9, 3, 1), (7, 12, 1, 2), (3, 8, 2, 1)]:
        extra = rng.integers(0, images - 1, captions - images)  # the last image keeps a single caption
        owners = rng.permutation(np.concatenate([np.arange(images), extra]))
        similarity = rng.normal(0, 0.3, (images, captions))
        similarity[owners, np.arange(captions)] += 0.25
        cases.append({"args": [np.round(similarity, digits), owners, k], "kwargs": {}})
    owners = rng.permutation(np.concatenate([np.arange(5), rng.integers(0, 3, 6)]))
    close = rng.uniform(0, 0.5, (5, 5)) + np.diag(rng.uniform(0.1, 0.9, 5))
    told_twice = [np.round(close, 2)[:, owners], owners, 1]  # the captions of one image all score the same
    constant = [np.full((3, 5), 0.5), np.array([2, 0, 1, 0, 0]), 2]
    everything = [np.round(rng.normal(0, 1, (3, 4)), 2), np.array([1, 0, 2, 1]), 9]
    short = [np.round(rng.normal(0, 1, (3, 5)), 2), np.array([0, 1, 2, 0]), 1]
    broken = [np.where(np.eye(3, 4) > 0, np.nan, 0.5), np.array([0, 1, 2, 2]), 1]
    return cases + [{"args": args, "kwargs": {}} for args in (told_twice, constant, everything, short, broken)]


def recall_at_k__first_caption_only(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    images = np.arange(len(similarity))
    own = owners[None] == images[:, None]
    first = similarity[images, own.argmax(axis=1)]
    above = (~own & (similarity >= first[:, None])).sum(axis=1)
    mine = similarity[owners, np.arange(len(owners))]
    others = (similarity >= mine).sum(axis=0) - 1
    return float((above < k).mean()), float((others < k).mean())


def recall_at_k__same_number_both_ways(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    own = owners[None] == np.arange(len(similarity))[:, None]
    best = np.where(own, similarity, -np.inf).max(axis=1)
    above = (~own & (similarity >= best[:, None])).sum(axis=1)
    return float((above < k).mean()), float((above < k).mean())


def recall_at_k__ties_are_hits(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    own = owners[None] == np.arange(len(similarity))[:, None]
    best = np.where(own, similarity, -np.inf).max(axis=1)
    above = (~own & (similarity > best[:, None])).sum(axis=1)
    mine = similarity[owners, np.arange(len(owners))]
    others = (similarity > mine).sum(axis=0)
    return float((above < k).mean()), float((others < k).mean())


def recall_at_k__share_of_captions(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    own = owners[None] == np.arange(len(similarity))[:, None]
    shares = []
    for row, mask in zip(similarity, own):
        above = (row[~mask][None] >= row[mask][:, None]).sum(axis=1)
        shares.append((above < k).mean())
    mine = similarity[owners, np.arange(len(owners))]
    others = (similarity >= mine).sum(axis=0) - 1
    return float(np.mean(shares)), float((others < k).mean())


def recall_at_k__directions_swapped(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    own = owners[None] == np.arange(len(similarity))[:, None]
    best = np.where(own, similarity, -np.inf).max(axis=1)
    above = (~own & (similarity >= best[:, None])).sum(axis=1)
    mine = similarity[owners, np.arange(len(owners))]
    others = (similarity >= mine).sum(axis=0) - 1
    return float((others < k).mean()), float((above < k).mean())


def recall_at_k__own_captions_take_places(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    own = owners[None] == np.arange(len(similarity))[:, None]
    worst = np.where(own, similarity, np.inf).min(axis=1)
    above = (similarity >= worst[:, None]).sum(axis=1) - 1
    mine = similarity[owners, np.arange(len(owners))]
    others = (similarity >= mine).sum(axis=0) - 1
    return float((above < k).mean()), float((others < k).mean())


def recall_at_k__loops(similarity, owners, k):
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


def recall_at_k__sorting(similarity, owners, k):
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError("owners do not fit the similarity, or a similarity is NaN")
    own = np.arange(len(similarity))[:, None] == owners

    def share(scores, mask):  # of equal scores the wrong ones come first: sort by (-score, right)
        hits = []
        for row, right in zip(scores, mask):
            order = np.lexsort((right, -row))
            hits.append(right[order][:k].any())
        return float(np.mean(hits))

    return share(similarity, own), share(similarity.T, own.T)


EXERCISE = Exercise(
    name="recall_at_k",
    difficulty=3,
    importance=5,
    minutes=20,
    hints=(
        "`own = owners[None] == np.arange(I)[:, None]` is an (I, T) mask of the right cells. "
        "Everything can be counted with it and comparisons, without sorting.",
        "An image's best own caption: `np.where(own, similarity, -np.inf).max(axis=1)`. It is among the k first "
        "when fewer than k *foreign* captions score as high or higher.",
        "A caption has one right image, at row `owners[t]` of column t. Count the other rows "
        "that score as high or higher.",
    ),
    driver=Driver("call"),
    cases=cases_for_recall_at_k,
    compare=Compare("close", rtol=1e-9, atol=1e-9),
    misconceptions=(
        Misconception(
            recall_at_k__first_caption_only,
            "your image→text recall looks for the first caption of each image alone",
            "an image is a hit when any of its captions is among the k best: take its best one",
        ),
        Misconception(
            recall_at_k__same_number_both_ways,
            "your second number is the first again",
            "for text→image, go down the columns: one right image for each caption, averaged over captions",
        ),
        Misconception(
            recall_at_k__ties_are_hits,
            "your ranks are broken in your favour: a model that gives every pair one score would be perfect",
            "count rivals with >= in place of >",
        ),
        Misconception(
            recall_at_k__share_of_captions,
            "your image→text number is the share of an image's captions that are found",
            "an image counts once: 1 when at least one of its captions is among the k best, else 0",
        ),
        Misconception(
            recall_at_k__directions_swapped,
            "your two numbers are right, in the wrong order",
            "return image→text first (a mean over images), then text→image (a mean over captions)",
        ),
        Misconception(
            recall_at_k__own_captions_take_places,
            "your image→text recall wants all captions of an image among the k best",
            "one is enough: compare its best caption with the foreign ones",
        ),
    ),
    alternates=(recall_at_k__loops, recall_at_k__sorting),
)
