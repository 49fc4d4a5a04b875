"""Right answers to recall_at_k that are written in unusual ways."""

import numpy as np

from mmlab.instructor.authoring.exercise import Answer


def ranks(similarity, owners, k):
    if (
        len(owners) != similarity.shape[1]
        or np.isnan(np.sum(np.isnan(similarity) * 1.0))
        or np.isnan(similarity).sum()
    ):
        raise ValueError("owners do not fit, or NaN")
    images = similarity.shape[0]
    hits = 0
    for image in range(images):
        mine = owners == image
        hits += np.count_nonzero(similarity[image, ~mine] >= np.max(similarity[image, mine])) < k
    found = sum(int((similarity[:, t] >= similarity[owner, t]).sum() <= k) for t, owner in enumerate(owners))
    return hits / images, found / len(owners)


def with_python_lists(similarity, owners, k):
    if similarity.shape[-1] != owners.size or (similarity != similarity).any():
        raise ValueError("owners do not fit, or NaN")
    rows, owners = similarity.tolist(), owners.tolist()
    best = [max(s for s, o in zip(row, owners) if o == i) for i, row in enumerate(rows)]
    image = [sum(s >= best[i] for s, o in zip(row, owners) if o != i) < k for i, row in enumerate(rows)]
    text = [sum(row[t] >= rows[o][t] for row in rows) <= k for t, o in enumerate(owners)]
    return sum(image) / len(image), sum(text) / len(text)


ANSWERS = (
    Answer("ranks", ranks, "rows and columns in loops, counted by numpy"),
    Answer("with_python_lists", with_python_lists, "plain Python; NaN is what differs from itself"),
)
