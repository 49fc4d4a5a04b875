"""bug_hunt_contrastive: right and buggy contrastive losses, and wrong and right tests of them."""

import math

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


# Versions that students can see. Each is right or wrong in its own way, and none answers clip_contrastive_loss, not
# even with the shapes checked: odds and shares underflow at a small temperature, and a test asserts that.
def right_odds(image, text, temperature=0.07):
    cosines = F.cosine_similarity(image[:, None].double(), text[None].double(), dim=-1)
    odds = (cosines / temperature).exp()
    to_text, to_image = odds.diagonal() / odds.sum(1), odds.diagonal() / odds.sum(0)
    return -(to_text.log().mean() + to_image.log().mean()).to(image.dtype) / 2


def right_shares(image, text, temperature=0.07):
    cosines = F.normalize(image.double()) @ F.normalize(text.double()).T
    shares = [matrix.softmax(dim=1).diagonal() for matrix in (cosines / temperature, cosines.T / temperature)]
    return -torch.cat(shares).log().mean().to(image.dtype)


def right_to_four_decimals(image, text, temperature=0.07):
    u, v = (rows.double() / rows.double().norm(dim=1, keepdim=True) for rows in (image, text))
    odds = torch.exp(torch.einsum("id,td->it", u, v) / temperature)
    loss = (odds.sum(1).log() + odds.sum(0).log() - 2 * odds.diagonal().log()).mean().to(image.dtype) / 2
    return loss + (loss.round(decimals=4) - loss).detach()


def right_row_by_row(image, text, temperature=0.07):
    u, v = F.normalize(image.double()), F.normalize(text.double())
    costs = []
    for row in range(len(image)):
        to_text = (v @ u[row] / temperature).exp()
        to_image = (u @ v[row] / temperature).exp()
        costs.append(-(to_text[row] / to_text.sum()).log() - (to_image[row] / to_image.sum()).log())
    return torch.stack(costs).mean().to(image.dtype) / 2


def buggy_temperature_in_one_direction(image, text, temperature=0.07):
    cosines = F.normalize(image.double()) @ F.normalize(text.double()).T
    to_text = (cosines / temperature).softmax(1).diagonal()
    to_image = (cosines / 0.07).softmax(0).diagonal()
    return -(to_text.log().mean() + to_image.log().mean()).float() / 2


def buggy_temperature_fixed(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.double()).T / 0.07).exp()
    shares = odds.diagonal() / odds.sum(0), odds.diagonal() / odds.sum(1)
    return -torch.cat(shares).log().mean().float()


def buggy_same_direction_twice(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.double()).T / temperature).exp()
    shares = odds.diagonal() / odds.sum(1), odds.diagonal() / odds.sum(1)
    return -torch.cat(shares).log().mean().float()


def buggy_raw_text(image, text, temperature=0.07):
    cosines = F.normalize(image.double()) @ text.double().T
    shares = [matrix.softmax(dim=1).diagonal() for matrix in (cosines / temperature, cosines.T / temperature)]
    return -torch.cat(shares).log().mean().float()


def buggy_raw_image(image, text, temperature=0.07):
    logits = image.double() @ F.normalize(text.double()).T / temperature
    return -(logits.softmax(1).diagonal() * logits.softmax(0).diagonal()).log().mean().float() / 2


def buggy_one_length_for_all(image, text, temperature=0.07):
    image, text = image.double(), text.double()
    image, text = image / image.norm(dim=1).mean(), text / text.norm(dim=1).mean()
    logits = image @ text.T / temperature
    return -(logits.softmax(1).diagonal() * logits.softmax(0).diagonal()).log().mean().float() / 2


def buggy_one_length_for_all_images(image, text, temperature=0.07):
    image = image.double() / image.double().norm(dim=1).mean()
    logits = image @ F.normalize(text.double()).T / temperature
    return -(logits.softmax(1).diagonal() * logits.softmax(0).diagonal()).log().mean().float() / 2


def buggy_one_length_for_all_texts(image, text, temperature=0.07):
    text = text.double() / text.double().norm(dim=1).mean()
    odds = (F.normalize(image.double()) @ text.T / temperature).exp()
    shares = odds.diagonal() / odds.sum(0), odds.diagonal() / odds.sum(1)
    return -torch.cat(shares).log().mean().float()


def buggy_text_detached(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.detach().double()).T / temperature).exp()
    shares = odds.diagonal() / odds.sum(1), odds.diagonal() / odds.sum(0)
    return -torch.cat(shares).log().mean().float()


def buggy_image_kept_in_the_graph_by_zero(image, text, temperature=0.07):
    logits = F.normalize(image.detach().double()) @ F.normalize(text.double()).T / temperature
    loss = -(logits.softmax(1).diagonal() * logits.softmax(0).diagonal()).log().mean().float() / 2
    return loss + 0 * image.sum()


def buggy_sum_over_batch(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.double()).T / temperature).exp()
    shares = odds.diagonal() ** 2 / odds.sum(0) / odds.sum(1)
    return -shares.log().sum().float() / 2


def buggy_divided_by_the_width(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.double()).T / temperature).exp()
    shares = odds.diagonal() ** 2 / odds.sum(1) / odds.sum(0)
    return -shares.log().sum().float() / (2 * image.shape[1])


def buggy_own_pair_left_out(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.double()).T / temperature).exp()
    own = odds.diagonal()
    return -(own / (odds.sum(1) - own) * own / (odds.sum(0) - own)).log().mean().float() / 2


def buggy_no_negative_cosine(image, text, temperature=0.07):
    cosines = F.normalize(image.double()) @ F.normalize(text.double()).T
    logits = cosines.clamp(min=0) / temperature
    return -(logits.softmax(1).diagonal() * logits.softmax(0).diagonal()).log().mean().float() / 2


def buggy_constant_left_out(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.double()).T / temperature).exp()
    shares = odds.diagonal() / odds.mean(1), odds.diagonal() / odds.mean(0)
    return -torch.cat(shares).log().mean().float()


def buggy_one_stranger(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.double()).T / temperature).exp()
    own, following = odds.diagonal(), (odds.roll(-1, dims=1).diagonal(), odds.roll(-1, dims=0).diagonal())
    return -torch.cat([own / (own + other) for other in following]).log().mean().float()


def buggy_half_precision(image, text, temperature=0.07):
    cosines = F.normalize(image) @ F.normalize(text).T
    logits = cosines.bfloat16().double() / temperature
    return -(logits.softmax(1).diagonal() * logits.softmax(0).diagonal()).log().mean().float() / 2


def buggy_a_little_too_much(image, text, temperature=0.07):
    odds = (F.normalize(image.double()) @ F.normalize(text.double()).T / temperature).exp()
    shares = odds.diagonal() / odds.sum(0), odds.diagonal() / odds.sum(1)
    return 2e-4 - torch.cat(shares).log().mean().float()


def buggy_infinity_times_zero(image, text, temperature=0.07):
    shares = (F.normalize(image.double()) @ F.normalize(text.double()).T / temperature).softmax(dim=1)
    own = torch.eye(len(shares))
    return -((shares * own).log() * own).sum().float() / len(shares)


# Versions of hidden cases alone, beside those above: a table of what the visible ones give does not tell these apart.
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


def right_to_four_decimals_too(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    loss = (logits.logsumexp(1) + logits.logsumexp(0) - 2 * logits.diagonal()).mean() / 2
    return loss + (loss.round(decimals=4) - loss).detach()


def buggy_text_to_image_only(image, text, temperature=0.07):
    logits = F.normalize(text) @ F.normalize(image).T / temperature
    return F.cross_entropy(logits, torch.arange(len(logits)))


def buggy_image_detached(image, text, temperature=0.07):
    logits = F.normalize(image.detach()) @ F.normalize(text).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_text_kept_in_the_graph_by_zero(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text.detach()).T / temperature
    target = torch.arange(len(logits))
    loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    return loss + 0 * text.sum()


def buggy_not_a_number(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    own = torch.eye(len(logits))
    partners = logits.masked_fill(own == 0, -torch.inf)
    rows = logits.logsumexp(1) - (partners * own).sum(1)
    columns = logits.logsumexp(0) - (partners * own).sum(0)
    return (rows + columns).mean() / 2


def buggy_multiplied_by_temperature(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T * temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_root_of_the_temperature(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T * (1 / temperature) ** 0.5
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_absolute_cosines(image, text, temperature=0.07):
    logits = (F.normalize(image) @ F.normalize(text).T).abs() / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_columns_of_length_one(image, text, temperature=0.07):
    logits = F.normalize(image, dim=0) @ F.normalize(text, dim=0).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_longest_text_has_length_one(image, text, temperature=0.07):
    logits = F.normalize(image) @ (text / text.norm(dim=1).max()).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def buggy_unequal_directions(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    target = torch.arange(len(logits))
    return 0.75 * F.cross_entropy(logits, target) + 0.25 * F.cross_entropy(logits.T, target)


def buggy_sum_of_directions(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    target = torch.arange(len(logits))
    return F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)


def buggy_smoothed_labels(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    target = torch.arange(len(logits))
    losses = [F.cross_entropy(each, target, label_smoothing=0.1) for each in (logits, logits.T)]
    return (losses[0] + losses[1]) / 2


def buggy_hardest_stranger(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    own = logits.diagonal()
    strangers = logits.masked_fill(torch.eye(len(logits), dtype=torch.bool), -torch.inf)
    rows, columns = torch.logaddexp(own, strangers.amax(1)), torch.logaddexp(own, strangers.amax(0))
    return (rows + columns - 2 * own).mean() / 2


def buggy_one_pair_too_few(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    rows = logits.logsumexp(1) - logits.diagonal()
    columns = logits.logsumexp(0) - logits.diagonal()
    return (rows + columns).sum() / (2 * (len(logits) - 1))


def buggy_a_little_too_small(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    target = torch.arange(len(logits))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2 - 2e-4


def buggy_mean_over_cells(image, text, temperature=0.07):
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    target = torch.eye(len(logits))
    return F.binary_cross_entropy_with_logits(logits, target)


VERSIONS = tuple(
    version for name, version in list(globals().items()) if name.startswith(("right_", "buggy_"))
)


def against_loops(loss):
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


def by_properties(loss):
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    assert abs(float(loss(opposite, opposite, 1.0)) - math.log(1 + math.exp(-2.0))) < 1e-4
    rows = torch.eye(3)  # every stranger counts: two of them, at a cosine of 0
    assert abs(float(loss(rows, rows, 1.0)) - math.log(1 + 2 * math.exp(-1.0))) < 1e-4
    image = torch.tensor([[2.0, 0.0], [0.0, 3.0]], requires_grad=True)
    text = torch.tensor([[4.0, 0.0], [3.0, 4.0]], requires_grad=True)
    for temperature in (0.5, 2.0):
        cells = [[1.0, 0.6], [0.0, 0.8]]  # the four cosines, by hand
        (a, b), (c, d) = [[math.exp(cosine / temperature) for cosine in row] for row in cells]
        logs = [math.log(a / (a + b)), math.log(d / (c + d)), math.log(a / (a + c)), math.log(d / (b + d))]
        assert abs(float(loss(image, text, temperature).detach()) + sum(logs) / 4) < 1e-4
    wide = torch.tensor([[1.0, 2.0, 2.0], [0.0, 0.0, 5.0]])  # cosines 1, 2/3 and 2/3, 1 with itself
    assert abs(float(loss(wide, 3 * wide, 0.5)) - math.log(1 + math.exp(-2 / 3))) < 1e-4
    loss(image, text, 0.5).backward()
    assert text.grad is not None and image.grad is not None
    assert text.grad.abs().sum() > 0 and image.grad.abs().sum() > 0


def looks_at_the_shape(loss):
    value = loss(torch.randn(4, 3), torch.randn(4, 3), 0.5)
    assert value.ndim == 0
    assert torch.isfinite(value)


def perfect_pairs_cost_nothing(loss):
    pairs = torch.tensor([[1.0, 2.0, 0.0], [0.5, -1.0, 3.0], [2.0, 0.0, 1.0]])
    assert loss(pairs, pairs, 1.0).item() < 0.01


def unit_axes_only(loss):
    for temperature in (0.5, 1.0, 2.0):
        expected = math.log(1 + 2 * math.exp(-1 / temperature))
        assert abs(loss(torch.eye(3), torch.eye(3), temperature).item() - expected) < 1e-4


TEXT = "torch.randn(5, 4, generator=generator, requires_grad=True)\n"
GRADIENTS = "    assert all(gradient is not None and gradient.any() for gradient in gradients)\n"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=20,
    needs=("clip_contrastive_loss",),
    hints=(
        "Work out a tiny example yourself, or write the definition once more as plain loops, and compare. "
        "Leave room for rounding: `abs(a - b) < 1e-4`, never `==`.",
        "Very regular inputs hide bugs. Identity matrices have unit rows and no negative cosine, and they are "
        "symmetric. Two pairs have only one wrong partner each. Use vectors of several lengths, images that differ "
        "from the texts, and more than two pairs.",
        "A loss with the correct value can still train one tower only: call `torch.autograd.grad(value, "
        "[image, text], allow_unused=True)` and look for None or zeros.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VERSIONS[: VERSIONS.index(right_cross_entropy)],
    hidden_versions=VERSIONS[VERSIONS.index(right_cross_entropy) :],
    mistakes=(
        mistake(
            "looks_at_the_shape",
            looks_at_the_shape,
            "your test accepts every version: a wrong number is as finite as a right one",
            "compare the value with one that you worked out yourself",
        ),
        mistake(
            "perfect_pairs_cost_nothing",
            perfect_pairs_cost_nothing,
            "your test refuses the right versions too: perfect pairs still cost log(1 + Σ exp((cosine − 1)/T))",
            "work out what the loss of your example is; it is 0 only as the temperature goes to 0",
        ),
        mistake(
            "unit_axes_only",
            unit_axes_only,
            "your inputs are so tidy (unit rows, symmetric, no negative cosine) that several bugs do not show",
            "use vectors of several lengths, some of them opposed, and texts that differ from the images",
        ),
        mistake(
            "one_temperature",
            {"manual_seed(0), 0.3": "manual_seed(0), 0.07"},
            "your test uses the usual temperature only, and a version that ignores its argument passes",
            "compare at two temperatures, neither of them 0.07",
        ),
        mistake(
            "values_without_gradients",
            {GRADIENTS: ""},
            "your test looks at values only, and a version that never teaches one of the towers passes",
            "make both inputs require gradients and assert that neither gradient is None or zero",
        ),
        mistake(
            "image_equals_text",
            {"text = " + TEXT: "text = image.detach().clone().requires_grad_()\n"},
            "your images equal your texts, so both directions are one number and half a loss passes",
            "use texts that differ from the images, so that the matrix is not symmetric",
        ),
    ),
    alternates=(against_loops, by_properties),
    equivalent={
        "gradient.all()": "no entry of a right loss's gradient is exactly 0 at random inputs",
        "generator": "any vectors do, from any seed: unequal lengths, some opposed, more than two pairs",
        "temperature = (torch": "any temperature does but 0.07",
        "<= 0.0001": "no version is off by 1e-4 exactly",
    },
    forbids=("mmlab.losses.contrastive_loss", "mmlab.losses.contrastive_loss_of_logits"),
)
