"""bug_hunt_patch_embedding: right and buggy versions of a ViT's embedding, and wrong and right tests of them."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


# Versions that students can see: embed(pixels, weight, bias, class_token, positions) -> tokens (B, 1 + N, D).
def right_convolution(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("the patches do not tile the image")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def right_loops(pixels, weight, bias, class_token, positions):
    side, rows = weight.shape[-1], []
    if (pixels.shape[2] % side, pixels.shape[3] % side) != (0, 0):
        raise ValueError("sizes")
    for top in range(0, pixels.shape[2], side):
        for left in range(0, pixels.shape[3], side):
            patch = pixels[:, :, top : top + side, left : left + side].flatten(1)
            rows.append(patch @ weight.flatten(1).T + bias + positions[1 + len(rows)])
    first = (class_token + positions[0]).repeat(len(pixels), 1)
    return torch.stack([first, *rows], dim=1)


def right_in_double_precision(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side + pixels.shape[3] % side > 0:
        raise ValueError("sizes")
    grid = F.conv2d(pixels.double(), weight.double(), bias.double(), stride=side)
    patches = grid.flatten(2).mT + positions[1:]
    first = (class_token.double() + positions[0]).expand(len(pixels), 1, -1)
    return torch.cat([first, patches], dim=1).float()


def buggy_class_token_last(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([patches, class_token.expand(len(pixels), 1, -1)], dim=1) + positions


def buggy_class_token_without_position(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2) + positions[1:]
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1)


def buggy_positions_of_the_token_before(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    tokens = torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1)
    return tokens + positions.roll(1, dims=0)


def buggy_columns_first(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).transpose(2, 3).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_transposed_patches(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight.transpose(2, 3), bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_sizes_floored(pixels, weight, bias, class_token, positions):
    patches = F.conv2d(pixels, weight, bias, stride=weight.shape[-1]).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_width_floored(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_no_bias(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, stride=side).flatten(2).transpose(1, 2) + 0 * bias
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_scaled_by_the_width(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    tokens = torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1)
    return tokens * tokens.shape[2] ** 0.5 + positions


def buggy_reshaped_without_transpose(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).reshape(len(pixels), -1, len(bias))
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_positions_never_learn(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions.detach()


def buggy_positions_twice(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2) + positions[1:]
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_same_image_for_all(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return (
        torch.cat([class_token.expand(len(pixels), 1, -1), patches[:1].expand_as(patches)], dim=1) + positions
    )


def right_to_four_decimals(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    tokens = torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions
    return tokens + (tokens.round(decimals=4) - tokens).detach()


def buggy_bias_on_the_class_token(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + bias + positions


def buggy_class_token_never_learns(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.data.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_images_in_reverse(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels.flip(0), weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_class_token_twice(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([(2 * class_token).expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_a_little_too_small(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions - 3e-3


def buggy_infinity_minus_infinity(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    tokens = torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions
    return tokens + (torch.inf - tokens.detach().exp() - torch.inf)


def buggy_positions_in_the_graph_by_zero(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return (
        torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1)
        + positions.detach()
        + 0 * positions
    )


def buggy_first_channel_for_all(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    pixels = pixels[:, :1].expand_as(pixels)
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_width_cropped(pixels, weight, bias, class_token, positions):
    side, width = weight.shape[-1], pixels.shape[3]
    if pixels.shape[2] % side:
        raise ValueError("sizes")
    pixels = pixels[..., : width - width % side]
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_height_cropped(pixels, weight, bias, class_token, positions):
    side, height = weight.shape[-1], pixels.shape[2]
    if pixels.shape[3] % side:
        raise ValueError("sizes")
    pixels = pixels[:, :, : height - height % side]
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


# Versions of hidden cases alone, beside those above.
def right_matrix_product(pixels, weight, bias, class_token, positions):
    width, _, tall, wide = weight.shape
    (down, rest), (across, more) = divmod(pixels.shape[2], tall), divmod(pixels.shape[3], wide)
    if rest or more:
        raise ValueError("sizes")
    cells = pixels.reshape(len(pixels), -1, down, tall, across, wide)
    patches = torch.einsum("bcyhxw,dchw->byxd", cells, weight).reshape(len(pixels), -1, width) + bias
    return torch.cat([class_token.repeat(len(pixels), 1, 1), patches], dim=1) + positions[None]


def buggy_class_token_on_every_patch(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([torch.zeros_like(patches[:, :1]), patches], dim=1) + class_token + positions


def buggy_positions_multiplied(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) * positions


def buggy_positions_of_the_sample(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    tokens = torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1)
    return tokens + positions[[number % len(positions) for number in range(len(pixels))]][:, None]


def buggy_weight_in_the_graph_by_zero(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight.detach(), bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions + 0 * weight.sum()


def buggy_bias_never_learns(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias.detach(), stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_height_floored(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_sizes_checked_by_their_product(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] * pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_flipped_kernel(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight.flip(2, 3), bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_channels_reversed(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels.flip(1), weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_mean_of_the_pixels(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight / weight[0].numel(), bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_no_negative_feature(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).relu().flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_a_little_too_much(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions + 3e-3


def buggy_not_a_number(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    tokens = torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions
    return tokens.log().exp()


def right_patches_to_four_decimals(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    patches = patches + (patches.round(decimals=4) - patches).detach()
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_next_image(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels.roll(1, dims=0), weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([class_token.expand(len(pixels), 1, -1), patches], dim=1) + positions


def buggy_class_token_halved(pixels, weight, bias, class_token, positions):
    side = weight.shape[-1]
    if pixels.shape[2] % side or pixels.shape[3] % side:
        raise ValueError("sizes")
    patches = F.conv2d(pixels, weight, bias, stride=side).flatten(2).transpose(1, 2)
    return torch.cat([(class_token / 2).expand(len(pixels), 1, -1), patches], dim=1) + positions


VERSIONS = tuple(
    version for name, version in list(globals().items()) if name.startswith(("right_", "buggy_"))
)


def against_a_convolution(embed):
    torch.manual_seed(1)
    learned = [torch.randn(*shape, requires_grad=True) for shape in ((3, 2, 3, 3), (3,), (3,), (9, 3))]
    weight, bias, class_token, positions = learned
    pixels = torch.randn(3, 2, 12, 6)
    tokens = embed(pixels, *learned)
    patches = F.conv2d(pixels, weight, bias, stride=3).flatten(2).transpose(1, 2)
    wanted = torch.cat([class_token.expand(3, 1, 3), patches], dim=1) + positions
    assert tokens.shape == wanted.shape and torch.allclose(tokens, wanted, atol=1e-3, rtol=0)
    for mine, right in zip(
        torch.autograd.grad((tokens**2).sum(), learned, allow_unused=True),
        torch.autograd.grad((wanted**2).sum(), learned),
        strict=True,
    ):
        assert mine is not None and torch.allclose(mine, right, atol=0.5)
    for shape in ((13, 6), (14, 6), (12, 7), (12, 8)):
        refused = False
        try:
            embed(torch.randn(1, 2, *shape), *learned)
        except ValueError:
            refused = True
        assert refused, shape


def part_by_part(embed):
    def tokens(pixels, weight=0.0, bias=0.0, class_token=0.0, positions=0.0):
        parts = (3, 1, 2, 2), (3,), (3,), (7, 3)
        given = (weight, bias, class_token, positions)
        return embed(pixels, *[torch.zeros(shape) + part for shape, part in zip(parts, given, strict=True)])

    pixels = torch.arange(48.0).reshape(2, 1, 4, 6)
    assert (
        tokens(pixels, class_token=torch.tensor([1.0, -2.0, 3.0]))[:, 0] - torch.tensor([1.0, -2.0, 3.0])
    ).abs().max() < 1e-3
    assert tokens(pixels, class_token=2.0)[:, 1:].abs().max() < 1e-3
    where = torch.arange(21.0).reshape(7, 3) - 4
    assert (tokens(pixels, positions=where) - where).abs().max() < 1e-3
    biases = tokens(pixels, bias=torch.tensor([1.0, -2.0, 3.0]))
    assert (
        biases[:, 0].abs().max() < 1e-3
        and (biases[:, 1:] - torch.tensor([1.0, -2.0, 3.0])).abs().max() < 1e-3
    )
    weight = (
        torch.tensor([[1.0, 10.0], [100.0, 1000.0]]) * torch.tensor([1.0, 2.0, -1.0])[:, None, None, None]
    )
    found = tokens(pixels, weight)
    corners = [
        24 * image + 12 * row + 2 * column for image in range(2) for row in range(2) for column in range(3)
    ]
    for (image, place), corner in zip([(i, p) for i in range(2) for p in range(1, 7)], corners, strict=True):
        plain = corner + 10 * (corner + 1) + 100 * (corner + 6) + 1000 * (corner + 7)
        assert (found[image, place] - plain * torch.tensor([1.0, 2.0, -1.0])).abs().max() < 1e-3 * max(
            1, plain
        )
    generator = torch.Generator().manual_seed(4)
    learned = [
        torch.randn(shape, generator=generator).requires_grad_()
        for shape in ((3, 2, 2, 2), (3,), (3,), (7, 3))
    ]
    pixels = torch.randn(2, 2, 4, 6, generator=generator)
    value = embed(pixels, *learned)
    colours = sum(
        F.conv2d(pixels[:, c : c + 1], learned[0][:, c : c + 1], stride=2).flatten(2).mT for c in range(2)
    )
    assert (value[:, 1:] - colours - learned[1] - learned[3][1:]).abs().max() < 1e-3
    for each in torch.autograd.grad(value.pow(3).sum(), learned, allow_unused=True):
        assert each is not None and each.abs().sum() > 0
    for sizes in ((4, 7), (5, 6), (5, 7)):
        try:
            tokens(torch.zeros(1, 1, *sizes))
        except ValueError:
            continue  # refused, as it must be
        raise AssertionError(f"{sizes} accepted")


def looks_at_the_shape(embed):
    tokens = embed(
        torch.randn(2, 3, 8, 12), torch.randn(5, 3, 4, 4), torch.randn(5), torch.randn(5), torch.randn(7, 5)
    )
    assert tokens.shape == (2, 7, 5)
    assert tokens.isfinite().all()


def fresh_parameters(embed):
    weight, pixels = torch.randn(5, 3, 4, 4), torch.randn(2, 3, 8, 12)
    zeros = torch.zeros(5)
    wanted = F.conv2d(pixels, weight, stride=4).flatten(2).transpose(1, 2)
    tokens = embed(pixels, weight, zeros, zeros, torch.zeros(7, 5))
    assert (tokens[:, 1:] - wanted).abs().max() < 1e-3
    assert tokens[:, 0].abs().max() < 1e-3


SIZES = """\
    for wrong in (F.pad(pixels, (0, 1)), F.pad(pixels, (0, 0, 0, 1))):  # one column too many, one row too many
        refused = False
        try:
            embed(wrong, *learned)
        except ValueError:
            refused = True
        assert refused
"""
GRADIENTS = "    assert all(gradient is not None and gradient.any() for gradient in gradients)\n"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=20,
    needs=("patchify", "vit_forward"),
    hints=(
        "Compute the tokens yourself for a small example, by a convolution whose stride is its kernel, or patch by patch with slices.",
        "Zeros and squares hide bugs. A model starts with positions and biases near 0, and in a square grid a transposed order has the right shape. "
        "Use random values for all four parameters, two images, and a grid that is wider than tall.",
        "Two kinds of bugs do not show in the values: a parameter that never learns, for which "
        "`torch.autograd.grad(tokens.square().sum(), learned, allow_unused=True)` gives None or zeros, and a size that no patch tiles. "
        "Try a height and a width that do not divide, one at a time.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VERSIONS[: VERSIONS.index(right_matrix_product)],
    hidden_versions=VERSIONS[VERSIONS.index(right_matrix_product) :],
    mistakes=(
        mistake(
            "looks_at_the_shape",
            looks_at_the_shape,
            "your test looks at shapes, and almost every version has the right one",
            "compare the values with tokens that you computed yourself",
        ),
        mistake(
            "fresh_parameters",
            fresh_parameters,
            "your class token, bias and positions are zeros, as in a model that has not learned, so bugs with them do not show",
            "use random values for all four parameters",
        ),
        mistake(
            "one_image",
            {"(2, 3, 4, 6)": "(1, 3, 4, 6)", "expand(2, 1, 5)": "expand(1, 1, 5)"},
            "your test uses one image, and a version that mixes up the images of a batch passes",
            "use two images that differ",
        ),
        mistake(
            "values_without_gradients",
            {GRADIENTS: ""},
            "your test looks at values only, and a version whose positions never learn passes",
            "ask for the gradients of all four parameters and assert that none is None or zero",
        ),
        mistake(
            "sizes_untested",
            {SIZES: ""},
            "your test never tries a size that the patches do not tile, where a convolution cuts the rest off in silence",
            "call embed with such a size and expect ValueError",
        ),
        mistake(
            "one_size_tested",
            {"(F.pad(pixels, (0, 1)), F.pad(pixels, (0, 0, 0, 1)))": "(F.pad(pixels, (0, 0, 0, 1)),)"},
            "your test tries a wrong height only, and a version that floors the width passes",
            "try a wrong width as well",
        ),
        mistake(
            "class_token_unseen",
            {"(tokens - wanted)": "(tokens - wanted)[:, 1:]"},
            "your test compares the patches alone, and a version whose class token has no position passes",
            "compare the first token too",
        ),
    ),
    alternates=(against_a_convolution, part_by_part),
    equivalent={
        "generator": "any values do, from any seed",
        "<= 0.001": "no version is off by 0.001 exactly",
        "gradient.all()": "no entry of a right version's gradient is exactly 0 at random values",
    },
    forbids=(
        "mmlab.models.vit.ViT",
        "transformers.models.vit.modeling_vit.ViTEmbeddings",
        "transformers.models.vit.modeling_vit.ViTPatchEmbeddings",
    ),
)
