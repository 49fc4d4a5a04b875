"""bug_hunt_fusion: right and buggy means over the modalities that are present, and wrong and right tests of them."""

import torch

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


# Versions that students can see: fuse(image, audio, text, present) -> (B, D).
def right_stack(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("a sample without any modality")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def right_loop(image, audio, text, present):
    rows = []
    for sample, has in enumerate(present):
        found = [part[sample] for part, here in zip((image, audio, text), has) if here]
        if not found:
            raise ValueError("nothing")
        rows.append(sum(found) / len(found))
    return torch.stack(rows)


def right_one_by_one(image, audio, text, present):
    total, count = torch.zeros_like(image), present.double().sum(dim=1, keepdim=True)
    if (count == 0).any():
        raise ValueError("nothing")
    for number, part in enumerate((image, audio, text)):
        total = total + torch.where(present[:, number, None], part, torch.zeros_like(part)).double()
    return (total / count).float()


def buggy_missing_counts_as_zeros(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.mean(dim=1)


def buggy_not_divided(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1)
    return torch.where(present[..., None], parts, torch.zeros_like(parts)).sum(dim=1)


def buggy_presence_ignored(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    return (image.nan_to_num(0.0) + audio.nan_to_num(0.0) + text.nan_to_num(0.0)) / 3


def buggy_nan_times_zero(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    flags = present.float()
    total = flags[:, :1] * image + flags[:, 1:2] * audio + flags[:, 2:] * text
    return total / flags.sum(dim=1, keepdim=True)


def buggy_flags_of_the_first_sample(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = [part for part, here in zip((image, audio, text), present[0]) if here]
    return torch.stack(parts).nan_to_num(0.0).mean(dim=0)


def buggy_columns_swapped(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([audio, image, text], dim=1).masked_fill(~present[..., None], 0.0).nan_to_num(0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_largest_instead_of_mean(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], float("-inf"))
    return parts.amax(dim=1)


def buggy_audio_never_learns(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio.detach(), text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_nothing_gives_zeros(image, audio, text, present):
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1)


def right_to_four_decimals(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text]).masked_fill(~present.T[..., None], 0.0)
    mean = parts.sum(dim=0) / present.sum(dim=1)[:, None]
    return mean + (mean.round(decimals=4) - mean).detach()


def buggy_one_empty_sample_accepted(image, audio, text, present):
    if not present.any():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1)


def buggy_image_never_learns(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image.detach(), audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_text_in_the_graph_by_zero(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    given = text.nan_to_num(0.0)
    parts = torch.stack([image, audio, given.detach() + 0 * given], dim=1)
    return parts.masked_fill(~present[..., None], 0.0).sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_learns_only_when_all_are_there(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    fused = parts.sum(dim=1) / present.sum(dim=1, keepdim=True)
    return torch.where(present.all(dim=1, keepdim=True), fused, fused.detach())


def buggy_text_dropped_beside_both(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    kept = present.clone()
    kept[:, 2] &= ~(present[:, 0] & present[:, 1])
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~kept[..., None], 0.0)
    return parts.sum(dim=1) / kept.sum(dim=1, keepdim=True)


def buggy_neighbour_fills_in(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    filled = torch.where(present[..., None], parts, parts.roll(1, dims=0))
    count = (present | present.roll(1, dims=0)).sum(dim=1, keepdim=True)
    return filled.sum(dim=1) / count


def buggy_samples_in_reverse(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return (parts.sum(dim=1) / present.sum(dim=1, keepdim=True)).flip(0)


def buggy_a_little_too_much_beside_a_gap(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).nan_to_num(1.0) * present[..., None]
    fused = parts.sum(dim=1) / present.sum(dim=1, keepdim=True)
    return fused + 0.004 * (1 - present.all(dim=1, keepdim=True).float())


def buggy_a_little_too_small(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True) - 0.003


# Further versions, which only hidden cases contain.
def buggy_count_of_the_batch(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.float().sum(dim=1).mean()


def buggy_unit_length(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    total = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0).sum(dim=1)
    return total / total.norm(dim=1, keepdim=True)


def right_matrix_product(image, audio, text, present):
    weights = present / present.sum(dim=1, keepdim=True)
    if weights.isnan().any():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1)
    parts = torch.where(present.unsqueeze(2), parts, parts.new_zeros(()))
    return (weights.unsqueeze(1) @ parts).squeeze(1)


def right_by_subsets(image, audio, text, present):
    together, fused = torch.stack([image, audio, text]), torch.zeros_like(image)
    if bool((~present).all(dim=1).any()):
        raise ValueError("nothing")
    for subset in present.unique(dim=0):
        rows = (present == subset).all(dim=1).nonzero().flatten()
        fused = fused.index_put((rows,), together[subset][:, rows].mean(dim=0))
    return fused


def buggy_empty_sample_is_nan(image, audio, text, present):
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_first_modality_only(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    first = present.float().argmax(dim=1)
    return torch.stack([image, audio, text], dim=1)[torch.arange(len(first)), first]


def buggy_pairwise_mean(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    fused, seen = torch.zeros_like(image), torch.zeros_like(present[:, :1])
    for number, part in enumerate((image, audio, text)):
        here = present[:, number, None]
        both = torch.where(seen, (fused + part.nan_to_num(0.0)) / 2, part)
        fused, seen = torch.where(here, both, fused), seen | here
    return fused


def buggy_negative_counts_as_missing(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / (parts > 0).sum(dim=1).clamp(min=1)


def buggy_mean_over_the_features(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    fused = parts.sum(dim=1) / present.sum(dim=1, keepdim=True)
    return fused - fused.mean(dim=1, keepdim=True)


def buggy_batch_mean(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return (parts.sum(dim=1) / present.sum(dim=1, keepdim=True)).mean(dim=0, keepdim=True)


def right_nanmean(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1)
    return parts.masked_fill(~present[..., None], float("nan")).nanmean(dim=1)


def buggy_text_never_learns(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text.detach()], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_image_counts_twice(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    weights = present * torch.tensor([2.0, 1.0, 1.0])
    return (parts * weights[..., None]).sum(dim=1) / weights.sum(dim=1, keepdim=True)


def buggy_smallest_instead_of_mean(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], float("inf"))
    return parts.amin(dim=1)


def buggy_flags_shifted(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    shifted = present.roll(1, dims=1)
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~shifted[..., None], 0.0)
    return parts.nan_to_num(0.0).sum(dim=1) / shifted.sum(dim=1, keepdim=True)


def buggy_parts_of_unit_length(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    parts = parts / parts.norm(dim=2, keepdim=True).clamp(min=1e-6)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_text_of_the_next_sample(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    parts = torch.cat([parts[:, :2], parts[:, 2:].roll(1, dims=0)], dim=1)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_rounded_to_one_decimal(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    mean = parts.sum(dim=1) / present.sum(dim=1, keepdim=True)
    return mean + (mean.round(decimals=1) - mean).detach()


def buggy_middle_value(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], float("nan"))
    return parts.nanmedian(dim=1).values


def buggy_audio_louder(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    parts = parts * torch.tensor([1.0, 1.1, 1.0])[:, None]
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True)


def buggy_gaps_filled_with_ones(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 1.0)
    return parts.mean(dim=1)


def buggy_divided_by_two_at_least(image, audio, text, present):
    if not present.any(dim=1).all():
        raise ValueError("nothing")
    parts = torch.stack([image, audio, text], dim=1).masked_fill(~present[..., None], 0.0)
    return parts.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=2)


VERSIONS = tuple(
    value
    for name, value in list(globals().items())
    if name.startswith(("right_", "buggy_")) and callable(value)
)


# Wrong and right tests.
def looks_at_the_shape(fuse):
    parts = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(1))
    present = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 0], [1, 1, 0]]).bool()
    assert fuse(*parts, present).shape == (4, 5)


def everything_present(fuse):
    parts = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(1))
    fused = fuse(*parts, torch.ones(4, 3, dtype=torch.bool))
    assert fused.shape == (4, 5) and (fused - parts.mean(dim=0)).abs().max() < 1e-3


def subset_by_subset(fuse):
    generator = torch.Generator().manual_seed(31)

    def draw(hidden):
        part = torch.randn(4, 6, generator=generator)
        return part.masked_fill(hidden[:, None], float("nan")).requires_grad_()

    for number in range(1, 8):
        own = torch.tensor([bool(number & bit) for bit in (1, 2, 4)])
        flags = torch.stack([own, torch.tensor([True] * 3), own.roll(1), own])
        leaves = [draw(~flags[:, column]) for column in range(3)]
        fused = fuse(*leaves, flags)
        assert tuple(fused.shape) == (4, 6)
        for sample in range(4):
            present = [leaf[sample] for leaf, here in zip(leaves, flags[sample]) if here]
            gap = (fused[sample] - sum(present) / len(present)).abs()
            assert bool((gap < 0.001).all())
        if not fused.requires_grad:
            raise AssertionError("no gradient")
        fused.square().sum().backward()
        for column, leaf in enumerate(leaves):
            for sample in range(4):
                if flags[sample, column]:
                    assert leaf.grad is not None
                    assert torch.isfinite(leaf.grad[sample]).all() and leaf.grad[sample].abs().sum() > 0
    for row in range(4):
        flags = torch.ones(4, 3).bool()
        flags[row] = False
        refused = False
        try:
            fuse(*(torch.zeros(4, 6) for _ in range(3)), flags)
        except ValueError:
            refused = True
        if not refused:
            raise AssertionError("a sample with nothing was accepted")
    try:
        fuse(*(torch.zeros(4, 6) for _ in range(3)), torch.zeros(4, 3).bool())
    except ValueError:
        return
    raise AssertionError("nothing was accepted")


def against_a_formula(fuse):
    torch.manual_seed(8)
    flags = (
        torch.tensor([[1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 0, 1], [1, 1, 1]])
        > 0
    )
    clean = torch.randn(8, 3, 3)
    weights = flags / flags.sum(1, keepdim=True)
    wanted = torch.einsum("bm,bmd->bd", weights, clean)
    dirty = torch.where(flags[..., None], clean, torch.tensor(float("nan")))
    image, audio, text = leaves = [part.clone().requires_grad_() for part in dirty.unbind(1)]
    fused = fuse(image, audio, text, flags)
    assert list(fused.shape) == [8, 3]
    assert torch.all(torch.abs(fused - wanted) < 1e-3).item()
    got = torch.autograd.grad((fused**2).sum(), leaves, allow_unused=True)
    for column, gradient in enumerate(got):
        assert gradient is not None
        own = gradient[flags[:, column]]
        assert not own.isnan().any() and (own.abs().sum(dim=1) > 0).all()
    for flags in (torch.zeros(8, 3, dtype=torch.bool), torch.arange(8)[:, None].expand(8, 3) < 7):
        error = None
        try:
            fuse(*clean.unbind(1), flags)
        except ValueError as caught:
            error = caught
        assert error is not None


GRADIENTS = "    assert all(gradient is not None and gradient[has].all() for gradient, has in zip(gradients, present.T))\n"

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=25,
    needs=("fuse_ragged",),
    optional=True,
    hints=(
        "Compute the mean yourself, sample by sample, for all seven subsets of the three modalities, and compare every number.",
        "Fill what is missing with NaN: a version that reads it gives NaN, and `(NaN).abs().max() < 0.001` is False.",
        "Make the three inputs leaves with `requires_grad_()`, call `torch.autograd.grad(fused.square().sum(), parts, allow_unused=True)`, and look at the rows of the samples that have the modality: not None, finite, not 0.",
        "Two calls must raise ValueError: with nothing in any sample, and with nothing in one sample among others. Catch ValueError and assert that it came.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VERSIONS[: VERSIONS.index(buggy_count_of_the_batch)],
    hidden_versions=VERSIONS[VERSIONS.index(buggy_count_of_the_batch) :],
    mistakes=(
        mistake(
            "looks_at_the_shape",
            looks_at_the_shape,
            "your test looks at shapes, and almost every version has the right one",
            "compare the values with means that you computed yourself",
        ),
        mistake(
            "everything_present",
            everything_present,
            "in your test every modality is present, and the bugs show when one is missing",
            "use all seven subsets of the three modalities",
        ),
        mistake(
            "values_without_gradients",
            {GRADIENTS: ""},
            "your test looks at values only, and a version whose audio never learns passes",
            "ask for the gradients of all three inputs",
        ),
        mistake(
            "missing_filled_with_numbers",
            {"torch.nan)": "50.0)"},
            "what is missing is a finite number in your test, and a version that multiplies it by 0 passes",
            "fill it with NaN",
        ),
        mistake(
            "empty_untested",
            {"    assert refused\n": ""},
            "your test never finds out what happens when a sample has nothing",
            "expect ValueError for such a call, with an assert",
        ),
    ),
    alternates=(subset_by_subset, against_a_formula),
    equivalent={
        "generator": "any values do, from any seed",
        "<= 0.001": "no version is off by 0.001 exactly",
        "present = torch.tensor": "most other lists of subsets refuse the same versions",
        "torch.arange(7)": "any sample may be the one that has nothing",
    },
    forbids=(),
)
