"""Unusual right answers to iou_matching that its cases must accept."""

import numpy as np

from mmlab.instructor.authoring.exercise import Answer


def with_arrays(predicted, truth, threshold):
    first = np.array(predicted, dtype=float).reshape(-1, 4)
    second = np.array(truth, dtype=float).reshape(-1, 4)
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (high - low).clip(min=0).prod(axis=-1)
    sizes = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    union = sizes[0][:, None] + sizes[1][None] - shared
    iou = np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)
    found = []
    while iou.size and iou.max() >= threshold:
        p, t = np.unravel_index(iou.argmax(), iou.shape)
        found.append((int(p), int(t)))
        iou[p], iou[:, t] = -1, -1
    counts = [len(found) / len(boxes) if len(boxes) else None for boxes in (first, second)]
    return sorted(found), *counts


def as_lists(predicted, truth, threshold):
    def iou(p, t):
        a, b = predicted[p], truth[t]
        shared = 1
        for low, high in ((0, 2), (1, 3)):
            shared *= max(0, min(a[high], b[high]) - max(a[low], b[low]))
        both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
        return shared / (both - shared) if shared else 0.0

    free_p, free_t, found = list(range(len(predicted))), list(range(len(truth))), []
    while free_p and free_t:
        best, p, t = max(((iou(p, t), -p, -t) for p in free_p for t in free_t))
        if best < threshold:
            break
        free_p.remove(-p)
        free_t.remove(-t)
        found.append([-p, -t])
    found.sort()
    precision = recall = None
    if predicted:
        precision = len(found) / len(predicted)
    if truth:
        recall = len(found) / len(truth)
    return [found, precision, recall]


ANSWERS = (
    Answer("with_arrays", with_arrays, "all pairs in one array"),
    Answer(
        "ties_by_the_truth",
        {"in sorted(pairs):": "in sorted(pairs, key=lambda pair: (pair[0], pair[2], pair[1])):"},
        "among equal IoU both orders give the same matches",
    ),
    Answer("as_lists", as_lists, "the best pair of what is left, as lists"),
)
