"""Right answers to bug_hunt_patch_embedding that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def against_unfold(embed):
    for seed, (side, down, across) in enumerate(((2, 3, 2), (3, 1, 4))):
        generator = torch.Generator().manual_seed(seed)
        shapes = ((4, 3, side, side), (4,), (4,), (1 + down * across, 4))
        parts = [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]
        pixels = torch.randn(3, 3, side * down, side * across, generator=generator)
        rows = F.unfold(pixels, side, stride=side).mT @ parts[0].flatten(1).T + parts[1]
        wanted = torch.cat([parts[2].repeat(3, 1, 1), rows], 1) + parts[3]
        found = embed(pixels, *parts)
        assert found.shape == wanted.shape
        assert bool(((found - wanted).abs() < 1e-3).all())
        for part in parts:
            (gradient,) = torch.autograd.grad(found.exp().sum(), part, retain_graph=True, allow_unused=True)
            assert gradient is not None and gradient.abs().max() > 0
        for height, width in ((1, 0), (0, 1), (side - 1, 0), (0, side - 1), (1, 1)):
            wrong = torch.randn(1, 3, side * down + height, side * across + width, generator=generator)
            try:
                embed(wrong, *parts)
            except ValueError:
                pass  # refused, as it must be
            else:
                raise AssertionError("accepted")


def one_parameter_at_a_time(embed):
    torch.manual_seed(11)
    parts = [torch.randn(3, 2, 2, 2), torch.randn(3), torch.randn(3), torch.randn(9, 3)]
    pixels, zero = torch.randn(2, 2, 4, 8), [torch.zeros_like(part) for part in parts]
    whole = embed(pixels, *parts)
    alone = [
        embed(pixels, *(parts[:n] + zero[n:])) - embed(pixels, *(parts[: n - 1] + zero[n - 1 :]))
        for n in range(1, 5)
    ]
    assert (whole - sum(alone) - embed(pixels, *zero)).abs().max() < 1e-3
    assert embed(pixels, *zero).abs().max() < 1e-3
    weight, bias, first, positions = alone
    grid = torch.stack(
        [pixels[:, :, y : y + 2, x : x + 2].flatten(1) for y in (0, 2) for x in (0, 2, 4, 6)], 1
    )
    assert (weight[:, 1:] - grid @ parts[0].flatten(1).T).abs().max() < 1e-3 and weight[
        :, 0
    ].abs().max() < 1e-3
    assert (bias[:, 1:] - parts[1]).abs().max() < 1e-3 and bias[:, 0].abs().max() < 1e-3
    assert (first[:, 0] - parts[2]).abs().max() < 1e-3 and first[:, 1:].abs().max() < 1e-3
    assert (positions - parts[3]).abs().max() < 1e-3
    learned = [part.clone().requires_grad_() for part in parts]
    (embed(pixels, *learned) ** 2).sum().backward()
    assert all(part.grad is not None and (part.grad != 0).any() for part in learned)
    accepted = []
    for size in ((4, 9), (5, 8)):
        try:
            accepted.append(embed(torch.randn(1, 2, *size), *parts))
        except ValueError:
            continue  # refused, as it must be
    assert not accepted


ANSWERS = (
    Answer("against_unfold", against_unfold, "the library's unfold, two patch sizes"),
    Answer("one_parameter_at_a_time", one_parameter_at_a_time, "each parameter's own contribution"),
)
