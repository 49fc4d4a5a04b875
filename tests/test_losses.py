"""The losses: against plain loops and closed forms, and what they refuse."""

import math

import pytest
import torch

from mmlab.errors import InputError, ShapeError
from mmlab.losses import contrastive_loss, contrastive_loss_of_logits, siglip_loss, siglip_loss_of_logits


def embeddings(batch=5, width=7, scale=1.0):
    """Return image and text embeddings of unequal, non-unit length."""
    generator = torch.Generator().manual_seed(1)
    lengths = torch.rand(2, batch, 1, generator=generator) + 0.2
    image, text = torch.randn(2, batch, width, generator=generator) * lengths * scale
    return image, text


def cosine(a, b):
    """Return the cosine of two vectors, in Python floats."""
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(x * x for x in a)) / math.sqrt(sum(y * y for y in b))


def logits_by_loops(image, text, temperature, bias=0.0):
    """Return the matrix of logits as nested lists of Python floats."""
    return [[cosine(a, b) / temperature + bias for b in text.tolist()] for a in image.tolist()]


def contrastive_by_loops(logits):
    """Return the contrastive loss as its formula reads."""
    columns = [list(column) for column in zip(*logits, strict=True)]
    total = 0.0
    for rows in (logits, columns):
        for own, row in enumerate(rows):
            total += math.log(sum(math.exp(x) for x in row)) - row[own]
    return total / (2 * len(logits))


def siglip_by_loops(logits):
    """Return the sigmoid loss as its formula reads."""
    total = 0.0
    for i, row in enumerate(logits):
        for j, x in enumerate(row):
            total += math.log1p(math.exp(-x if i == j else x))
    return total / len(logits)


@pytest.mark.parametrize("temperature", [0.07, 0.5, 2.0])
def test_contrastive_loss_is_its_formula(temperature):
    image, text = embeddings()
    wanted = contrastive_by_loops(logits_by_loops(image, text, temperature))
    assert contrastive_loss(image, text, temperature).item() == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("temperature, bias", [(0.1, -10.0), (0.5, 1.5)])
def test_siglip_loss_is_its_formula(temperature, bias):
    image, text = embeddings()
    wanted = siglip_by_loops(logits_by_loops(image, text, temperature, bias))
    assert siglip_loss(image, text, temperature, bias).item() == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("loss", [contrastive_loss, siglip_loss])
def test_the_length_of_an_embedding_does_not_matter(loss):
    image, text = embeddings()
    scaled = loss(image * torch.tensor([[1e-3], [9], [2], [0.5], [70]]), text * 0.2)
    torch.testing.assert_close(scaled, loss(image, text), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("loss", [contrastive_loss, siglip_loss])
def test_images_and_texts_may_change_places(loss):
    image, text = embeddings()
    torch.testing.assert_close(loss(image, text), loss(text, image))


@pytest.mark.parametrize("loss", [contrastive_loss, siglip_loss])
def test_a_learned_temperature_gets_a_gradient(loss):
    image, text = (x.requires_grad_() for x in embeddings())
    temperature = torch.tensor(0.3, requires_grad=True)
    loss(image, text, temperature).backward()
    assert temperature.grad.abs() > 0 and image.grad.any() and text.grad.any()


def test_a_batch_of_one_has_nothing_to_contrast():
    image, text = embeddings(batch=1)
    assert contrastive_loss(image, text).item() == 0


@pytest.mark.parametrize("loss", [contrastive_loss, siglip_loss])
def test_zero_vectors_stay_finite(loss):
    image = torch.zeros(3, 4, requires_grad=True)
    value = loss(image, torch.randn(3, 4))
    value.backward()
    assert value.isfinite() and image.grad.isfinite().all()


@pytest.mark.parametrize("loss", [contrastive_loss, siglip_loss])
def test_unequal_batches_are_named(loss):
    with pytest.raises(ShapeError, match=r"image \(4, 7\) and text \(5, 7\)\n  wanted: .*\(4, 7\)"):
        loss(torch.randn(4, 7), torch.randn(5, 7))


@pytest.mark.parametrize("loss", [contrastive_loss, siglip_loss])
@pytest.mark.parametrize("shapes", [((0, 7), (0, 7)), ((4, 7), (4, 8)), ((7,), (7,)), ((), ())])
def test_shapes_that_do_not_fit_are_named(loss, shapes):
    with pytest.raises(ShapeError, match="\n  wanted: .*\n  try: "):
        loss(*(torch.randn(shape) for shape in shapes))


@pytest.mark.parametrize("loss", [contrastive_loss_of_logits, siglip_loss_of_logits])
@pytest.mark.parametrize("shape", [(4, 5), (0, 0), (4,)])
def test_logits_that_are_not_square_are_named(loss, shape):
    with pytest.raises(ShapeError, match=r"wanted: \(B, B\)"):
        loss(torch.randn(shape))


@pytest.mark.parametrize("loss", [contrastive_loss, siglip_loss])
@pytest.mark.parametrize("temperature", [0, -0.1, 1e-60, math.nan, math.inf, torch.tensor(-1.0)])
def test_a_temperature_that_divides_by_nothing_is_named(loss, temperature):
    with pytest.raises(InputError, match=f"temperature={float(temperature):g}\n  wanted: .*above 0"):
        loss(torch.randn(4, 7), torch.randn(4, 7), temperature)


@pytest.mark.parametrize("bias", [math.nan, -math.inf, torch.tensor(math.nan)])
def test_a_bias_that_is_not_finite_is_named(bias):
    with pytest.raises(InputError, match=f"bias={float(bias):g}\n  wanted: a finite number"):
        siglip_loss(torch.randn(4, 7), torch.randn(4, 7), bias=bias)


@pytest.mark.parametrize("value", ["0.07", None, True, 0.07j, 10**400, [0.07]])
def test_what_is_no_number_is_named(value):
    for name, loss in (
        ("temperature", contrastive_loss),
        ("temperature", siglip_loss),
        ("bias", siglip_loss),
    ):
        with pytest.raises(InputError, match=f"{name}=.*\n  wanted: one finite number"):
            loss(torch.randn(4, 7), torch.randn(4, 7), **{name: value})


def test_a_temperature_a_row_is_no_temperature():
    with pytest.raises(ShapeError, match=r"a temperature \(4,\)"):
        contrastive_loss(torch.randn(4, 7), torch.randn(4, 7), torch.ones(4))
