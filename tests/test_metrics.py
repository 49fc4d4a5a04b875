"""Metrics against slow plain loops, and clear about what they cannot score."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmlab import metrics
from mmlab.errors import InputError, ShapeError


def brute_recall(similarity, owners, k):
    """Sort with every tie put before the right answer, and look at the first k."""
    images, texts = similarity.shape
    found_text = found_image = 0
    for i in range(images):
        order = sorted(range(texts), key=lambda t: (-similarity[i, t], owners[t] == i))
        found_text += any(owners[t] == i for t in order[:k])
    for t in range(texts):
        order = sorted(range(images), key=lambda i: (-similarity[i, t], owners[t] == i))
        found_image += owners[t] in order[:k]
    return found_text / images, found_image / texts


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 6), st.integers(0, 6), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_recall_equals_brute_force_with_ties(images, extra, k, seed):
    rng = np.random.default_rng(seed)
    owners = rng.permutation(np.concatenate([np.arange(images), rng.integers(0, images, extra)]))
    similarity = rng.integers(0, 4, (images, images + extra)) / 2  # few values: many ties
    assert metrics.recall_at_k(similarity, owners, k) == pytest.approx(brute_recall(similarity, owners, k))


def test_recall_of_a_constant_model_is_zero():
    assert metrics.recall_at_k(np.ones((5, 5))) == (0.0, 0.0)


def test_recall_directions_differ():
    similarity = np.array([[0.9, 0.1, 0.2], [0.8, 0.3, 0.1], [0.85, 0.2, 0.1]])
    assert metrics.recall_at_k(similarity) == pytest.approx((1 / 3, 2 / 3))


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (([[1.0, math.nan]], [0, 0]), InputError, "not finite"),
        (([[1.0, 2.0]], [0]), ShapeError, r"owners \(1,\)"),
        (([[1.0, 2.0]], None), ShapeError, r"owners \(1,\)"),
        (([[1.0, 2.0], [3.0, 4.0]], [0, 0]), InputError, "image 1 owns no text"),
        (([[1.0, 2.0]], [0, 1]), ShapeError, "integers from 0 to 0"),
        (([[1.0]], [0], 0), InputError, "k=0"),
        (([[1.0]], [0], 1.5), InputError, "k=1.5"),
        (([[1.0]], [0], True), InputError, "k=True"),
        ((np.zeros((0, 3)), [0]), ShapeError, r"\(0, 3\)"),
    ],
)
def test_recall_names_what_it_cannot_score(arguments, error, message):
    with pytest.raises(error, match=message):
        metrics.recall_at_k(*arguments)


def test_cosines_ignore_length_and_name_unequal_widths():
    rng = np.random.default_rng(0)
    image, text = rng.normal(size=(4, 7)), rng.normal(size=(3, 7))
    got = metrics.cosine_similarity_matrix(image * 9, text * 0.01)
    wanted = [[i @ t / math.sqrt(i @ i * (t @ t)) for t in text] for i in image]
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    with pytest.raises(ShapeError, match="same width"):
        metrics.cosine_similarity_matrix(image, text[:, :5])
    with pytest.raises(ShapeError, match=r"shape \(0, 7\)"):
        metrics.cosine_similarity_matrix(image[:0], text)


def test_centring_closes_the_gap_and_the_gap_ignores_length():
    rng = np.random.default_rng(1)
    image, text = rng.normal(size=(50, 8)) + 2, rng.normal(size=(60, 8)) - 1
    gap = metrics.modality_gap(image, text)
    assert gap > 0.5
    scaled = image * rng.uniform(0.1, 9, (50, 1))
    assert metrics.modality_gap(scaled, text) == pytest.approx(gap)
    assert metrics.modality_gap(metrics.centred(image), metrics.centred(text)) < 0.2 * gap
    with pytest.raises(ShapeError, match=r"\(50, 8\) and .*\(60, 7\)"):
        metrics.modality_gap(image, text[:, :7])


def test_precision_recall_equals_counting():
    rng = np.random.default_rng(2)
    scores, truth = rng.integers(0, 6, 40) / 5, rng.random(40) < 0.4
    curve = metrics.precision_recall(scores, truth)
    assert list(curve.thresholds) == sorted(set(scores), reverse=True)
    for threshold, precision, recall in zip(*curve, strict=True):
        yes = scores >= threshold
        assert precision == pytest.approx((yes & truth).sum() / yes.sum())
        assert recall == pytest.approx((yes & truth).sum() / truth.sum())
    with pytest.raises(InputError, match="nothing is true"):
        metrics.precision_recall([0.5], [False])


def test_confusion_counts_and_names_strangers():
    counts = metrics.confusion(["b", "a", "b"], ["a", "a", "b"], ["a", "b", "c"])
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    with pytest.raises(InputError, match="'d'"):
        metrics.confusion(["d"], ["a"], ["a"])


def test_classes_given_twice_and_truths_beside_0_and_1_are_named():
    with pytest.raises(InputError, match="each class once"):
        metrics.confusion(["a"], ["a"], classes=["a", "b", "a"])
    with pytest.raises(InputError, match="truth 2"):
        metrics.precision_recall([0.1, 0.2, 0.3], [1, 2, 0])


def test_accuracy_never_broadcasts():
    assert metrics.accuracy([1, 2, 3, 3], [1, 2, 2, 3]) == 0.75
    with pytest.raises(ShapeError, match=r"\(1,\) and \(3,\)"):
        metrics.accuracy([1], [1, 1, 1])
    with pytest.raises(ShapeError, match="at least 1"):
        metrics.accuracy([], [])


def test_it_needs_no_torch():
    import subprocess
    import sys

    code = "import sys, mmlab.metrics; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_are_not_finite_are_named(number):
    rows = [[1.0, number], [0.0, 1.0]]
    for score in (
        lambda: metrics.modality_gap(rows, [[1.0, 0.0]]),
        lambda: metrics.cosine_similarity_matrix([[1.0, 0.0]], rows),
        lambda: metrics.centred(rows),
        lambda: metrics.precision_recall([0.5, number], [True, False]),
    ):
        with pytest.raises(InputError, match="not finite\n  wanted: finite numbers"):
            score()
