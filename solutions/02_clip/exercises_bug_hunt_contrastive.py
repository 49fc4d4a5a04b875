"""bug_hunt_contrastive: right and buggy losses, and wrong and right tests of them.

The tests use only the names of the setup cell: their source is pasted into the solution cell.
"""

import math

import torch
from torch.nn import functional as F

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def right_cross_entropy(image, text, temperature=0.07):
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def right_logsumexp(image, text, temperature=0.07):
    image = image / image.norm(dim=1, keepdim=True)
    text = text / text.norm(dim=1, keepdim=True)
    logits = torch.einsum("id,td->it", image, text) / temperature
    rows = logits.logsumexp(1) - logits.diagonal()
    columns = logits.logsumexp(0) - logits.diagonal()
    return 0.5 * rows.mean() + 0.5 * columns.mean()


def right_log_softmax(image, text, temperature=0.07):
    cosines = F.cosine_similarity(image[:, None], text[None], dim=-1)
    forward = F.log_softmax(cosines / temperature, dim=1).trace()
    backward = F.log_softmax(cosines / temperature, dim=0).trace()
    return -(forward + backward) / (2 * len(image))


def right_from_distances(image, text, temperature=0.07):
    image, text = F.normalize(image), F.normalize(text)
    squared = (image[:, None] - text[None]).square().sum(-1)
    closeness = (1 - squared / 2) / temperature
    target = torch.arange(len(image))
    both = torch.cat([closeness, closeness.T])
    return F.cross_entropy(both, torch.cat([target, target]))


def buggy_temperature_fixed(image, text, temperature=0.07):
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / 0.07
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_same_direction_twice(image, text, temperature=0.07):
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits, target)) / 2


def buggy_raw_text(image, text, temperature=0.07):
    logits = F.normalize(image, dim=-1) @ text.T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_text_detached(image, text, temperature=0.07):
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    logits = image @ text.detach().T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_sum_over_batch(image, text, temperature=0.07):
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    rows = logits.logsumexp(1) - logits.diagonal()
    columns = logits.logsumexp(0) - logits.diagonal()
    return (rows + columns).sum() / 2


def buggy_own_pair_left_out(image, text, temperature=0.07):
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / temperature
    own = torch.eye(len(logits), dtype=torch.bool)
    others = logits.masked_fill(own, -1e9)
    rows = others.logsumexp(1) - logits.diagonal()
    columns = others.logsumexp(0) - logits.diagonal()
    return (rows + columns).mean() / 2


def buggy_no_negative_cosine(image, text, temperature=0.07):
    cosines = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T
    logits = cosines.clamp(min=0) / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def bug_hunt_contrastive__looks_at_the_shape(loss):
    value = loss(torch.randn(4, 3), torch.randn(4, 3), 0.5)
    assert value.ndim == 0
    assert torch.isfinite(value)


def bug_hunt_contrastive__perfect_pairs_cost_nothing(loss):
    pairs = torch.tensor([[1.0, 2.0, 0.0], [0.5, -1.0, 3.0], [2.0, 0.0, 1.0]])
    assert loss(pairs, pairs, 1.0).item() < 0.01


def bug_hunt_contrastive__unit_axes_only(loss):
    for temperature in (0.5, 1.0, 2.0):
        expected = math.log(1 + 2 * math.exp(-1 / temperature))
        assert abs(loss(torch.eye(3), torch.eye(3), temperature).item() - expected) < 1e-4


def bug_hunt_contrastive__one_temperature(loss):
    image = torch.tensor([[1.0, 2.0], [-3.0, 0.5], [0.2, -0.4]], requires_grad=True)
    text = torch.tensor([[0.5, 2.0], [-1.0, -1.0], [4.0, 1.0]], requires_grad=True)
    logits = F.normalize(image, dim=1) @ F.normalize(text, dim=1).T / 0.07
    target = torch.arange(3)
    expected = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    value = loss(image, text, 0.07)
    assert torch.allclose(value, expected, atol=1e-4)
    wanted = torch.autograd.grad(expected, [image, text])
    found = torch.autograd.grad(value, [image, text], allow_unused=True)
    for one, other in zip(found, wanted):
        assert one is not None and torch.allclose(one, other, atol=1e-3)


def bug_hunt_contrastive__values_without_gradients(loss):
    image = torch.tensor([[1.0, 2.0], [-3.0, 0.5], [0.2, -0.4]])
    text = torch.tensor([[0.5, 2.0], [-1.0, -1.0], [4.0, 1.0]])
    target = torch.arange(3)
    for temperature in (0.3, 1.5):
        logits = F.normalize(image, dim=1) @ F.normalize(text, dim=1).T / temperature
        expected = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
        assert torch.allclose(loss(image, text, temperature), expected, atol=1e-4)


def bug_hunt_contrastive__image_equals_text(loss):
    image = torch.tensor([[1.0, 2.0], [-3.0, 0.5], [0.2, -0.4]])
    text = image.clone().requires_grad_()
    target = torch.arange(3)
    for temperature in (0.3, 1.5):
        logits = F.normalize(image, dim=1) @ F.normalize(text, dim=1).T / temperature
        expected = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
        value = loss(image, text, temperature)
        assert torch.allclose(value, expected, atol=1e-4)
        assert value.requires_grad


def bug_hunt_contrastive__against_loops(loss):
    def cosine(u, v):
        return sum(a * b for a, b in zip(u, v)) / math.sqrt(sum(a * a for a in u) * sum(b * b for b in v))

    def slow(image, text, temperature):
        size, total = len(image), 0.0
        for i in range(size):
            rows = [math.exp(cosine(image[i], t) / temperature) for t in text]
            columns = [math.exp(cosine(m, text[i]) / temperature) for m in image]
            total -= math.log(rows[i] / sum(rows)) + math.log(columns[i] / sum(columns))
        return total / (2 * size)

    generator = torch.Generator().manual_seed(3)
    for size, temperature in ((3, 0.4), (5, 1.7)):
        image = (3 * torch.randn(size, 4, generator=generator)).requires_grad_()
        text = torch.randn(size, 4, generator=generator).requires_grad_()
        value = loss(image, text, temperature)
        assert abs(value.item() - slow(image.tolist(), text.tolist(), temperature)) < 1e-4
        for name, gradient in zip("it", torch.autograd.grad(value, [image, text], allow_unused=True)):
            assert gradient is not None and gradient.abs().max() > 1e-4, name


def bug_hunt_contrastive__by_properties(loss):
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    assert abs(float(loss(opposite, opposite, 1.0)) - math.log(1 + math.exp(-2.0))) < 1e-4
    image = torch.tensor([[2.0, 0.0], [0.0, 3.0]], requires_grad=True)
    text = torch.tensor([[4.0, 0.0], [3.0, 4.0]], requires_grad=True)
    for temperature in (0.5, 2.0):
        cells = [[1.0, 0.6], [0.0, 0.8]]  # the four cosines, by hand
        (a, b), (c, d) = [[math.exp(cosine / temperature) for cosine in row] for row in cells]
        logs = [math.log(a / (a + b)), math.log(d / (c + d)), math.log(a / (a + c)), math.log(d / (b + d))]
        assert abs(float(loss(image, text, temperature).detach()) + sum(logs) / 4) < 1e-4
    loss(image, text, 0.5).backward()
    assert text.grad is not None and image.grad is not None
    assert text.grad.abs().sum() > 0 and image.grad.abs().sum() > 0


VERSIONS = (
    right_cross_entropy,
    right_logsumexp,
    right_log_softmax,
    right_from_distances,
    buggy_temperature_fixed,
    buggy_same_direction_twice,
    buggy_raw_text,
    buggy_text_detached,
    buggy_sum_over_batch,
    buggy_own_pair_left_out,
    buggy_no_negative_cosine,
)

EXERCISE = Exercise(
    name="bug_hunt_contrastive",
    difficulty=3,
    importance=4,
    minutes=20,
    needs=("clip_contrastive_loss",),
    hints=(
        "Work out a tiny example yourself, or write the definition once more as plain loops, and compare. "
        "Leave room for rounding: `abs(a - b) < 1e-4`, never `==`.",
        "An input that is too tidy hides bugs. Identity matrices have unit rows, no negative cosine and are "
        "symmetric. Use vectors of several lengths, and images that differ from the texts.",
        "A loss that returns the right number can still teach one tower only: call `torch.autograd.grad(value, "
        "[image, text], allow_unused=True)` and look for None or zeros.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VERSIONS,
    misconceptions=(
        Misconception(
            bug_hunt_contrastive__looks_at_the_shape,
            "your test accepts every version: a wrong number is as finite as a right one",
            "compare the value with one that you worked out yourself",
        ),
        Misconception(
            bug_hunt_contrastive__perfect_pairs_cost_nothing,
            "your test refuses the right versions too: perfect pairs still cost log(1 + Σ exp((cosine − 1)/T))",
            "work out what the loss of your example is; it is 0 only as the temperature goes to 0",
        ),
        Misconception(
            bug_hunt_contrastive__unit_axes_only,
            "your inputs are so tidy (unit rows, symmetric, no negative cosine) that several bugs do not show",
            "use vectors of several lengths, some of them opposed, and texts that differ from the images",
        ),
        Misconception(
            bug_hunt_contrastive__one_temperature,
            "your test uses the usual temperature only, and a version that ignores its argument passes",
            "compare at two temperatures, neither of them 0.07",
        ),
        Misconception(
            bug_hunt_contrastive__values_without_gradients,
            "your test looks at values only, and a version that never teaches one of the towers passes",
            "make both inputs require gradients and assert that neither gradient is None or zero",
        ),
        Misconception(
            bug_hunt_contrastive__image_equals_text,
            "your images equal your texts, so both directions are one number and half a loss passes",
            "use texts that differ from the images, so that the matrix is not symmetric",
        ),
    ),
    alternates=(bug_hunt_contrastive__against_loops, bug_hunt_contrastive__by_properties),
)
