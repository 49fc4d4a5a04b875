"""Wrong answers to bug_hunt_contrastive."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer

DRAWN = "torch.randn(5, 4, generator=generator, requires_grad=True)"
IMAGE, TEXT = f"    image = {DRAWN}  # rows of many lengths, and opposed ones\n", f"    text = {DRAWN}\n"
VALUE = "assert abs(value - expected) < 1e-4"
GRADIENTS = "assert all(gradient is not None and gradient.any() for gradient in gradients)"
UNIT = "F.normalize(torch.randn(5, 4, generator=generator)).requires_grad_()\n"
POSITIVE = "torch.rand(5, 4, generator=generator, requires_grad=True)\n"


def two_pairs_only(loss):
    generator = torch.Generator().manual_seed(5)
    for _ in range(6):
        image, text = (2 * torch.randn(2, 3, generator=generator) for _ in range(2))
        image.requires_grad_(), text.requires_grad_()
        for temperature in (0.1, 0.7):
            logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
            n = torch.arange(2)
            wanted = (F.cross_entropy(logits, n) + F.cross_entropy(logits.T, n)) / 2
            value = loss(image, text, temperature)
            assert abs(value.item() - wanted.item()) < 1e-4
            assert all(g is not None and g.abs().sum() > 0 for g in torch.autograd.grad(value, [image, text], allow_unused=True))


def gradients_only(loss):
    generator = torch.Generator().manual_seed(5)
    image, text = (2 * torch.randn(6, 3, generator=generator) for _ in range(2))
    image.requires_grad_(), text.requires_grad_()
    for temperature in (0.2, 0.7):
        logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
        n = torch.arange(6)
        wanted = torch.autograd.grad(F.cross_entropy(logits, n) + F.cross_entropy(logits.T, n), [image, text])
        found = torch.autograd.grad(2 * loss(image, text, temperature), [image, text], allow_unused=True)
        for mine, right in zip(found, wanted):
            assert mine is not None and torch.allclose(mine, right, atol=1e-3)


def square_inputs(loss):
    generator = torch.Generator().manual_seed(1)
    for size in (3, 4, 8):
        for temperature in (0.05, 0.3, 1.0):
            image, text = (2 * torch.randn(size, size, generator=generator) for _ in range(2))
            image.requires_grad_(), text.requires_grad_()
            logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
            n = torch.arange(size)
            wanted = (F.cross_entropy(logits, n) + F.cross_entropy(logits.T, n)) / 2
            value = loss(image, text, temperature)
            assert abs(value.item() - wanted.item()) < 1e-4
            assert all(g is not None and g.abs().sum() > 0 for g in torch.autograd.grad(value, [image, text], allow_unused=True))


ANSWERS = (
    Answer("complains_with_another_error", {VALUE: "if abs(value - expected) > 1e-4:\n        raise ValueError('wrong loss')"}, "a buggy version raises an AssertionError"),
    Answer("gradient_of_the_images_only", {"value, [image, text]": "value, [image]"}, "both towers are taught"),
    Answer("gradient_of_the_texts_only", {"value, [image, text]": "value, [text]"}, "both towers are taught"),
    Answer("no_opposed_vectors", {IMAGE: "    image = " + POSITIVE, TEXT: "    text = " + POSITIVE}, "cosines of either sign"),
    Answer("two_pairs_only", two_pairs_only, "against all B: with two pairs there is one stranger"),
    Answer("gradients_only", gradients_only, "the value counts: a constant has no gradient"),
    Answer("unit_images", {IMAGE: "    image = " + UNIT}, "whatever the lengths of the vectors"),
    Answer("unit_texts", {TEXT: "    text = " + UNIT}, "whatever the lengths of the vectors"),
    Answer("temperature_of_the_default", {"value = loss(image, text, temperature)": "value = loss(image, text)"}, "called with the temperature"),
    Answer("no_room_for_rounding", {VALUE: VALUE.replace("1e-4", "1e-7")}, "allow differences of 1e-4"),
    Answer("hardly_any_room_for_rounding", {VALUE: VALUE.replace("1e-4", "1e-5")}, "allow differences of 1e-4"),
    Answer("rather_much_room", {VALUE: VALUE.replace("1e-4", "1.0")}, "allow differences of 1e-4, not of 1"),
    Answer("one_side_only", {"abs(value - expected)": "value - expected"}, "a loss that is too small is wrong, too"),
    Answer("crashes_where_there_is_no_gradient", {", allow_unused=True": ""}, "a crash counts for neither"),
    Answer("image_to_text_only", {"(logits.softmax(dim=1) * logits.softmax(dim=0)).diagonal().log().mean() / 2": "logits.log_softmax(dim=1).diagonal().mean()"}, "both directions"),
    Answer("zero_is_a_gradient", {GRADIENTS: "assert None not in gradients"}, "a gradient of zeros teaches nothing"),
    Answer("five_per_cent_of_room", {VALUE: VALUE.replace("1e-4", "0.05 * expected")}, "allow differences of 1e-4, not more"),
    Answer(
        "lets_nan_pass",
        {VALUE: "assert not abs(value - expected) >= 1e-4", GRADIENTS: GRADIENTS.replace("gradient.any()", "(gradient != 0).any()")},
        "a loss of NaN is wrong",
    ),
    Answer(
        "rows_of_one_length",
        {
            IMAGE: "    image = (2 * " + UNIT.replace(").requires", ")).requires"),
            TEXT: "    text = (2 * " + UNIT.replace(").requires", ")).requires"),
        },
        "whatever the lengths of the vectors",
    ),
    Answer("square_inputs", square_inputs, "averaged over the batch, which is not the width"),
    Answer("accepts_nan", {VALUE: "assert not abs(value - expected) > 1e-4", GRADIENTS: "assert all(gradient is not None for gradient in gradients)"}, "a loss of NaN is wrong"),
    Answer("three_times_the_room", {VALUE: VALUE.replace("1e-4", "3e-4")}, "allow differences of 1e-4, not more"),
    Answer("images_of_one_length", {"    logits = ": "    image.data *= 2 / image.detach().norm(dim=1, keepdim=True)\n    logits = "}, "whatever the lengths of the vectors"),
    Answer("texts_of_one_length", {"    logits = ": "    text.data *= 2 / text.detach().norm(dim=1, keepdim=True)\n    logits = "}, "whatever the lengths of the vectors"),
)
