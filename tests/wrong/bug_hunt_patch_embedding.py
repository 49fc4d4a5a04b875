"""Wrong answers to bug_hunt_patch_embedding."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer

VALUE = "assert (tokens - wanted).abs().max() < 1e-3"
GRADIENTS = "assert all(gradient is not None and gradient.any() for gradient in gradients)"
SHAPES = "shapes = (2, 3, 4, 6), (5, 3, 2, 2), (5,), (5,), (7, 5)"
LEARNED = "    weight, bias, class_token, positions = learned\n"
SIZES = "(F.pad(pixels, (0, 1)), F.pad(pixels, (0, 0, 0, 1)))"


def means_only(embed):
    generator = torch.Generator().manual_seed(2)
    parts = [torch.randn(*shape, generator=generator) for shape in ((5, 3, 2, 2), (5,), (5,), (7, 5))]
    pixels = torch.randn(2, 3, 4, 6, generator=generator)
    tokens = embed(pixels, *parts)
    patches = F.conv2d(pixels, parts[0], parts[1], stride=2).flatten(2).mT
    wanted = torch.cat([parts[2].expand(2, 1, 5), patches], dim=1) + parts[3]
    assert abs(tokens.mean() - wanted.mean()) < 1e-3


def against_its_own_first_image(embed):
    parts = [torch.ones(5, 3, 2, 2), torch.ones(5), torch.ones(5), torch.ones(7, 5)]
    pixels = torch.ones(2, 3, 4, 6)
    tokens = embed(pixels, *parts)
    assert torch.allclose(tokens[0], tokens[1])
    assert abs(tokens[0, 1, 0] - 14) < 1e-3


ANSWERS = (
    Answer("another_error", {VALUE: "if (tokens - wanted).abs().max() >= 1e-3:\n        raise ValueError('wrong tokens')"}, "an AssertionError"),
    Answer("no_room_for_rounding", {VALUE: VALUE.replace("1e-3", "1e-6")}, "less than 0.001 is accepted"),
    Answer("much_room", {VALUE: VALUE.replace("1e-3", "0.5")}, "others are refused"),
    Answer("a_per_cent", {VALUE: VALUE.replace("1e-3", "1e-2")}, "others are refused"),
    Answer("one_side_only", {VALUE: VALUE.replace(".abs()", "")}, "too small is wrong, too"),
    Answer("mean_difference", {VALUE: VALUE.replace(".abs().max()", ".mean().abs()")}, "every number counts"),
    Answer("nan_passes", {VALUE: "assert not (tokens - wanted).abs().max() >= 1e-3", GRADIENTS: GRADIENTS.replace("gradient.any()", "(gradient != 0).any()")}, "NaN is wrong"),
    Answer("first_image_only", {VALUE: VALUE.replace("(tokens - wanted)", "(tokens - wanted)[:1]")}, "every image of the batch"),
    Answer("first_two_tokens", {VALUE: VALUE.replace("(tokens - wanted)", "(tokens - wanted)[:, :2]")}, "every token"),
    Answer("crashes_without_gradient", {", allow_unused=True": ""}, "a crash counts for neither"),
    Answer("zero_is_a_gradient", {GRADIENTS: "assert None not in gradients"}, "a gradient of zeros teaches nothing"),
    Answer("gradient_of_the_weight", {"tokens.square().sum(), learned": "tokens.square().sum(), learned[:1]"}, "each of the four parameters"),
    Answer("gradient_of_three", {"tokens.square().sum(), learned": "tokens.square().sum(), learned[:3]"}, "each of the four parameters"),
    Answer("zero_bias", {LEARNED: "    learned[1].data.zero_()\n" + LEARNED}, "a bias of zeros hides bugs"),
    Answer("zero_class_token", {LEARNED: "    learned[2].data.zero_()\n" + LEARNED}, "a class token of zeros hides bugs"),
    Answer("zero_positions", {LEARNED: "    learned[3].data.zero_()\n" + LEARNED}, "positions of zeros hide bugs"),
    Answer("equal_positions", {LEARNED: "    learned[3].data[:] = learned[3].data[0].clone()\n" + LEARNED}, "equal positions hide bugs"),
    Answer("only_too_wide", {SIZES: "(F.pad(pixels, (0, 1)),)"}, "a height that does not divide"),
    Answer("both_too_large", {SIZES: "(F.pad(pixels, (0, 1, 0, 1)),)"}, "one side at a time"),
    Answer("sizes_that_divide", {SIZES: "(pixels, pixels)"}, "sizes that P divides are accepted"),
    Answer("sizes_without_a_verdict", {"        assert refused\n": ""}, "an accepted size is a bug"),
    Answer("grey_images", {SHAPES: SHAPES.replace("(2, 3, 4, 6), (5, 3, 2, 2)", "(2, 1, 4, 6), (5, 1, 2, 2)")}, "one channel hides an exchange of channels"),
    Answer("constant_images", {LEARNED: "    pixels = pixels[:, :, :1, :1].expand(2, 3, 4, 6)\n" + LEARNED}, "constant images hide the order of pixels"),
    Answer("one_row_of_patches", {SHAPES: SHAPES.replace("(2, 3, 4, 6)", "(2, 3, 2, 12)")}, "one row hides the order of patches"),
    Answer("means_only", means_only, "every number counts"),
    Answer("ones_everywhere", against_its_own_first_image, "ones hide most bugs"),
)  # fmt: skip
