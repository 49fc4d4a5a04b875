"""Numbers that judge: similarity, recall, accuracy, precision, the modality gap. Numpy only.

Arrays come in as anything `np.asarray` takes; torch tensors on the CPU do.
"""

from typing import NamedTuple

import numpy as np

from mmlab.errors import InputError, ShapeError


class Recall(NamedTuple):
    """Recall at k in both directions: shares of the images, and of the texts, in 0 … 1."""

    image_to_text: float
    text_to_image: float


class Curve(NamedTuple):
    """Precision and recall at every threshold: three arrays of one length.

    thresholds  (N,) falling; "yes" means score >= threshold
    precision   (N,) share of the yeses that are right
    recall      (N,) share of what is true that got a yes
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def normalised(rows) -> np.ndarray:
    """Return each row (N, D) divided by its length, as float64; a row of zeros stays zero."""
    rows = _matrix(rows, "embeddings", "(N, D): one row for each image or text, at least one",
                   "stack the embeddings: np.stack(rows)")  # fmt: skip
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def _matrix(numbers, given: str, wanted: str, do: str) -> np.ndarray:
    """Return numbers as a float64 matrix that is not empty, or raise ShapeError in these words."""
    numbers = np.asarray(numbers, dtype=np.float64)
    if numbers.ndim != 2 or not numbers.size:
        raise ShapeError(f"{given} of shape {numbers.shape}", wanted, do)
    return numbers


def cosine_similarity_matrix(image, text) -> np.ndarray:
    """Return the cosine of every image with every text.

    image    (I, D) float
    text     (T, D) float
    returns  (I, T) float64 in -1 … 1
    raises   ShapeError when the widths differ

    >>> cosine_similarity_matrix([[3.0, 0.0]], [[1.0, 0.0], [1.0, 1.0]]).round(2)
    array([[1.  , 0.71]])
    """
    image, text = _one_space(image, text)
    return image @ text.T


def _one_space(image, text) -> tuple[np.ndarray, np.ndarray]:
    """Return both normalised, or raise ShapeError where their widths differ."""
    image, text = normalised(image), normalised(text)
    if image.shape[1] != text.shape[1]:
        raise ShapeError(
            f"image embeddings {image.shape} and text embeddings {text.shape}",
            "the same width D: both live in one space",
            "project both with the model: encode_image, encode_text",
        )
    return image, text


def recall_at_k(similarity, owners=None, k: int = 1) -> Recall:
    """Return how often the right partner is among the k nearest, in both directions.

    similarity  (I, T) float; row = image, column = text; higher is nearer
    owners      (T,) int: the image that each text belongs to, several texts an
                image allowed; None: text i belongs to image i
    k           int >= 1
    returns     Recall: an image counts when any of its texts is among its k nearest,
                a text when its image is. Ties count against: whatever scores
                the same is assumed to come first, so a constant model scores 0
    raises      ShapeError, InputError

    >>> recall_at_k([[0.9, 0.1], [0.8, 0.3]])
    Recall(image_to_text=0.5, text_to_image=1.0)
    """
    similarity, owners = _with_owners(similarity, owners)
    if k < 1:
        raise InputError(f"recall_at_k: k={k}", "k of at least 1", "pass k=1")
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
    ahead_of_text = ((similarity >= best) & ~own).sum(
        axis=1
    )  # wrong texts at or above the best right one
    mine = similarity[owners, np.arange(len(owners))]  # (T,)
    ahead_of_image = (similarity >= mine).sum(axis=0) - 1  # less the image itself
    return Recall(float((ahead_of_text < k).mean()), float((ahead_of_image < k).mean()))


def _with_owners(similarity, owners) -> tuple[np.ndarray, np.ndarray]:
    """Return the similarity as (I, T) float64 and the owners as (T,) int, or raise."""
    similarity = _matrix(similarity, "recall_at_k: similarity", "(images, texts), at least one of each",
                         "use cosine_similarity_matrix(image, text)")  # fmt: skip
    if not np.isfinite(similarity).all():
        raise InputError("recall_at_k: a similarity that is not finite", "numbers", "look for NaN")
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
    """Return the share of predictions that are right.

    predicted, truth  (N,) of any one kind: numbers, strings

    >>> accuracy(["red", "blue", "red"], ["red", "blue", "blue"])
    0.6666666666666666
    """
    predicted, truth = _same_length("accuracy", predicted, truth)
    return float((predicted == truth).mean())


def confusion(predicted, truth, classes) -> np.ndarray:
    """Return how often each true class (row) was called each class (column): (K, K) int.

    >>> confusion(["b", "b", "a"], ["a", "b", "a"], classes=["a", "b"])
    array([[1, 1],
           [0, 1]])
    """
    predicted, truth = _same_length("confusion", predicted, truth)
    place = {name: number for number, name in enumerate(classes)}
    strangers = sorted({str(name) for name in [*predicted, *truth] if name not in place})
    if strangers:
        raise InputError(
            f"confusion: the class {strangers[0]!r}", f"one of {list(place)}", "add it to classes"
        )
    counts = np.zeros((len(place), len(place)), dtype=int)
    np.add.at(counts, ([place[name] for name in truth], [place[name] for name in predicted]), 1)
    return counts


def modality_gap(image, text) -> float:
    """Return how far apart the images' and the texts' centres lie, all on the unit sphere.

    image    (I, D) float
    text     (T, D) float
    returns  float in 0 … 2
    raises   ShapeError when the widths differ
    source   Liang et al. 2022, Mind the Gap, section 2

    >>> modality_gap([[2.0, 0.0]], [[0.0, 5.0]])
    1.4142135623730951
    """
    image, text = _one_space(image, text)
    return float(np.linalg.norm(image.mean(axis=0) - text.mean(axis=0)))


def centred(rows) -> np.ndarray:
    """Return unit rows moved to their own centre and made unit again: (N, D) float64.

    Done to images and to texts apart, it closes the modality gap.
    """
    rows = normalised(rows)
    return normalised(rows - rows.mean(axis=0))


def precision_recall(scores, truth) -> Curve:
    """Return precision and recall at every threshold worth trying.

    scores   (N,) float, higher means "yes" more surely
    truth    (N,) bool
    returns  Curve over the distinct scores, highest threshold first
    raises   InputError when nothing is true: recall would be 0 / 0

    >>> precision_recall([0.9, 0.6, 0.2], [True, False, True]).precision.round(2)
    array([1.  , 0.5 , 0.67])
    """
    scores, truth = _same_length("precision_recall", scores, truth)
    scores, truth = scores.astype(np.float64), truth.astype(bool)
    if not truth.any():
        raise InputError(
            "precision_recall: nothing is true", "at least one true example", "add some"
        )
    order = np.argsort(-scores, kind="stable")
    scores, truth = scores[order], truth[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # last of each tie
    right = np.cumsum(truth)[last]
    return Curve(scores[last], right / (last + 1), right / truth.sum())


def _same_length(function: str, one, other) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.asarray(one), np.asarray(other)
    if one.ndim != 1 or one.shape != other.shape or not len(one):
        raise ShapeError(
            f"{function}: arguments of shapes {one.shape} and {other.shape}",
            "two of shape (N,), N at least 1",
            "give one entry for each example, in the same order",
        )
    return one, other
