"""Metrics in numpy: similarity, recall, accuracy, precision, the modality gap.

Arguments are anything that `np.asarray` accepts, including torch tensors on the CPU.
"""

from typing import NamedTuple

import numpy as np

from mmlab.errors import InputError, ShapeError


class Recall(NamedTuple):
    """Recall at k in both directions: shares of the images and of the texts, in 0 … 1."""

    image_to_text: float
    text_to_image: float


class Curve(NamedTuple):
    """Precision and recall at every threshold: three arrays of one length.

    thresholds  (N,) descending; a prediction is positive if score >= threshold
    precision   (N,) share of the positive predictions that are true
    recall      (N,) share of the true examples that are predicted positive
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def normalised(rows) -> np.ndarray:
    """Return each row (N, D) divided by its length, as float64; a row of zeros stays zero.

    raises  ShapeError, InputError for a number that is not finite
    """
    rows = _matrix(
        rows,
        "embeddings",
        "(N, D): one row for each image or text, at least one",
        "stack the embeddings: np.stack(rows)",
    )
    _require_finite(rows, "embeddings with", "look for a division by zero before them")
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def _matrix(numbers, given: str, wanted: str, do: str) -> np.ndarray:
    """Return numbers as a float64 matrix that is not empty, or raise ShapeError with this message."""
    numbers = np.asarray(numbers, dtype=np.float64)
    if numbers.ndim != 2 or not numbers.size:
        raise ShapeError(f"{given} of shape {numbers.shape}", wanted, do)
    return numbers


def _require_finite(numbers: np.ndarray, given: str, do: str) -> None:
    """Raise InputError for a number that is nan or infinite."""
    if not np.isfinite(numbers).all():
        raise InputError(f"{given} a number that is not finite", "finite numbers", do)


def cosine_similarity_matrix(image, text) -> np.ndarray:
    """Return the cosine of every image with every text.

    image    (I, D) float
    text     (T, D) float
    returns  (I, T) float64 in -1 … 1
    raises   ShapeError if the widths differ

    >>> cosine_similarity_matrix([[3.0, 0.0]], [[1.0, 0.0], [1.0, 1.0]]).round(2)
    array([[1.  , 0.71]])
    """
    image, text = _one_space(image, text)
    return image @ text.T


def _one_space(image, text) -> tuple[np.ndarray, np.ndarray]:
    """Return both normalised, or raise ShapeError if their widths differ."""
    image, text = normalised(image), normalised(text)
    if image.shape[1] != text.shape[1]:
        raise ShapeError(
            f"image embeddings {image.shape} and text embeddings {text.shape}",
            "the same width D: both are in one embedding space",
            "project both with the model: encode_image, encode_text",
        )
    return image, text


def recall_at_k(similarity, owners=None, k: int = 1) -> Recall:
    """Return how often the correct partner is among the k nearest, in both directions.

    similarity  (I, T) float; row = image, column = text; higher is nearer
    owners      (T,) int: the image that each text belongs to, several texts an
                image are allowed; None: text i belongs to image i
    k           int >= 1
    returns     Recall: an image counts if any of its texts is among its k nearest, a text
                if its image is. Ties count as wrong: a tied competitor is assumed to come
                first, so a constant model scores 0
    raises      ShapeError, InputError

    >>> recall_at_k([[0.9, 0.1], [0.8, 0.3]])
    Recall(image_to_text=0.5, text_to_image=1.0)
    """
    similarity, owners = _with_owners(similarity, owners)
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise InputError(f"recall_at_k: k={k!r}", "an integer k of at least 1", "pass k=1")
    images = np.arange(len(similarity))
    own = owners[None, :] == images[:, None]  # (I, T)
    if not own.any(axis=1).all():
        lonely = int(images[~own.any(axis=1)][0])
        raise InputError(
            f"recall_at_k: image {lonely} owns no text",
            "at least one text for every image",
            "leave such images out of the similarity matrix",
        )
    best = np.where(own, similarity, -np.inf).max(axis=1, keepdims=True)
    ahead_of_text = ((similarity >= best) & ~own).sum(axis=1)  # wrong texts at or above the best right one
    mine = similarity[owners, np.arange(len(owners))]  # (T,)
    ahead_of_image = (similarity >= mine).sum(axis=0) - 1  # minus the image itself
    return Recall(float((ahead_of_text < k).mean()), float((ahead_of_image < k).mean()))


def _with_owners(similarity, owners) -> tuple[np.ndarray, np.ndarray]:
    """Return the similarity as (I, T) float64 and the owners as (T,) int, or raise."""
    similarity = _matrix(
        similarity,
        "recall_at_k: similarity",
        "(images, texts), at least one of each",
        "use cosine_similarity_matrix(image, text)",
    )
    _require_finite(similarity, "recall_at_k: a similarity with", "look for nan and inf in the embeddings")
    owners = np.arange(len(similarity)) if owners is None else np.asarray(owners)
    fits = owners.shape == (similarity.shape[1],) and owners.dtype.kind in "iu"
    if not fits or owners.min() < 0 or owners.max() >= len(similarity):
        raise ShapeError(
            f"recall_at_k: owners {owners.shape} {owners.dtype}, similarity {similarity.shape}",
            f"({similarity.shape[1]},) integers from 0 to {len(similarity) - 1}: each text's image",
            "pass owners=, one image number for each column",
        )
    return similarity, owners


def accuracy(predicted, truth) -> float:
    """Return the share of predictions that are correct.

    predicted, truth  (N,) of one type: numbers or strings

    >>> accuracy(["red", "blue", "red"], ["red", "blue", "blue"])
    0.6666666666666666
    """
    predicted, truth = _same_length("accuracy", predicted, truth)
    return float((predicted == truth).mean())


def confusion(predicted, truth, classes) -> np.ndarray:
    """Return how often each true class (row) was predicted as each class (column): (K, K) int.

    raises  ShapeError unless both are (N,); InputError for a class that `classes` lacks or has twice

    >>> confusion(["b", "b", "a"], ["a", "b", "a"], classes=["a", "b"])
    array([[1, 1],
           [0, 1]])
    """
    predicted, truth = _same_length("confusion", predicted, truth)
    classes = list(classes)
    index = {name: number for number, name in enumerate(classes)}
    if len(index) < len(classes):
        raise InputError(f"confusion: classes={classes}", "each class once", "pass sorted(set(classes))")
    unknown = sorted({str(name) for name in [*predicted, *truth] if name not in index})
    if unknown:
        raise InputError(f"confusion: the class {unknown[0]!r}", f"one of {list(index)}", "add it to classes")
    counts = np.zeros((len(index), len(index)), dtype=int)
    np.add.at(counts, ([index[name] for name in truth], [index[name] for name in predicted]), 1)
    return counts


def modality_gap(image, text) -> float:
    """Return the distance between the centres of the images' and the texts' unit embeddings.

    image    (I, D) float
    text     (T, D) float
    returns  float in 0 … 2
    raises   ShapeError if the widths differ
    source   Liang et al. 2022, Mind the Gap, section 2

    >>> modality_gap([[2.0, 0.0]], [[0.0, 5.0]])
    1.4142135623730951
    """
    image, text = _one_space(image, text)
    return float(np.linalg.norm(image.mean(axis=0) - text.mean(axis=0)))


def centred(rows) -> np.ndarray:
    """Return unit rows with their mean subtracted, normalised again: (N, D) float64.

    Applied to images and to texts separately, it closes the modality gap.
    """
    rows = normalised(rows)
    return normalised(rows - rows.mean(axis=0))


def precision_recall(scores, truth) -> Curve:
    """Return precision and recall at every threshold that changes a prediction.

    scores   (N,) float, higher means more likely true
    truth    (N,) bool
    returns  Curve over the distinct scores, highest threshold first
    raises   InputError if nothing is true, because recall would be 0 / 0, for a score that is not finite,
             and for a truth that is neither 0 nor 1

    >>> precision_recall([0.9, 0.6, 0.2], [True, False, True]).precision.round(2)
    array([1.  , 0.5 , 0.67])
    """
    scores, truth = _same_length("precision_recall", scores, truth)
    if not np.isin(truth, (0, 1)).all():
        raise InputError(
            f"precision_recall: truth {truth[~np.isin(truth, (0, 1))][0]}",
            "True or False for each score",
            "compare first: pass labels == the_class",
        )
    scores, truth = scores.astype(np.float64), truth.astype(bool)
    _require_finite(scores, "precision_recall: scores with", "look for nan and inf in the scores")
    if not truth.any():
        raise InputError(
            "precision_recall: nothing is true", "at least one true example", "add true examples"
        )
    order = np.argsort(-scores, kind="stable")
    scores, truth = scores[order], truth[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # the last of each group of ties
    right = np.cumsum(truth)[last]
    return Curve(scores[last], right / (last + 1), right / truth.sum())


def _same_length(function: str, first, second) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first), np.asarray(second)
    if first.ndim != 1 or first.shape != second.shape or not len(first):
        raise ShapeError(
            f"{function}: arguments of shapes {first.shape} and {second.shape}",
            "two arguments of shape (N,), N at least 1",
            "give one entry for each example, in the same order",
        )
    return first, second
