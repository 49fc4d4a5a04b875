"""Week 07's references against other formulas, finite differences and GPT-2; what the find-the-bug gives away."""

import math

import pytest
import torch
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from answers import reference, week_called
from bug_versions import require_new_hidden_versions
from library_modules import close, noisy

pytestmark = pytest.mark.week("07_preference")
WEEK = week_called("07_preference")


def numbers(*shape: int, seed: int = 4) -> torch.Tensor:
    """Return drawn float64 numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slopes(function, at: torch.Tensor, size: float = 1e-6) -> torch.Tensor:
    """Return the gradient of a number at a tensor by central differences."""
    result = torch.zeros_like(at).flatten()
    for number in range(at.numel()):
        step = torch.zeros_like(at).flatten()
        step[number] = size
        step = step.view_as(at)
        result[number] = (function(at + step) - function(at - step)).item() / (2 * size)
    return result.view_as(at)


def has_slopes(function, at: torch.Tensor) -> None:
    """Fail unless a function's gradient is that of its central differences."""
    leaf = at.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(leaf), leaf)
    close(gradient, slopes(function, at), 1e-6)


def test_bradley_terry_is_the_likelihood_of_the_votes():
    loss = reference(WEEK, "bradley_terry_loss")
    first, second = numbers(5), numbers(5, seed=5)
    votes = torch.tensor([[3, 1], [0, 4], [2, 2], [0, 0], [5, 0]])
    cost = 0.0
    for a, b, (ours, theirs) in zip(first.tolist(), second.tolist(), votes.tolist(), strict=True):
        chance = math.exp(a) / (math.exp(a) + math.exp(b))  # as Bradley and Terry write it
        cost -= ours * math.log(chance) + theirs * math.log(1 - chance)
    close(loss(first, second, votes).item(), cost / 17, 1e-12)
    target = votes[:, 0] / votes.sum(dim=1).clamp(min=1)
    each = F.binary_cross_entropy_with_logits(first - second, target.double(), reduction="none")
    close(loss(first, second, votes), (each * votes.sum(dim=1)).sum() / votes.sum(), 1e-12)


def test_bradley_terry_sees_differences_alone_and_its_gradient_is_observed_minus_expected():
    loss = reference(WEEK, "bradley_terry_loss")
    first, second = numbers(4), numbers(4, seed=5)
    votes = torch.tensor([[3, 1], [0, 4], [2, 2], [1, 0]])
    close(loss(first + 100, second + 100, votes), loss(first, second, votes), 1e-12)
    has_slopes(lambda rewards: loss(rewards, second, votes), first)
    leaf = first.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(leaf, second, votes), leaf)
    expected = votes.sum(dim=1) * torch.sigmoid(first - second)
    close(gradient, (expected - votes[:, 0]) / votes.sum(), 1e-12)


def test_the_best_reward_difference_is_the_log_odds_of_the_votes():
    loss = reference(WEEK, "bradley_terry_loss")
    votes = torch.tensor([[3, 2]])
    gaps = torch.linspace(-2, 2, 4001, dtype=torch.float64)
    values = [loss(gap[None], torch.zeros(1, dtype=torch.float64), votes).item() for gap in gaps]
    assert abs(gaps[values.index(min(values))].item() - math.log(3 / 2)) < 1e-3


def tiny_gpt2() -> GPT2LMHeadModel:
    """Return a small GPT-2 with random weights."""
    torch.manual_seed(0)
    sizes = {"vocab_size": 11, "n_positions": 16, "n_embd": 12, "n_layer": 2, "n_head": 3}
    return noisy(GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=None, eos_token_id=None)))


def test_sequence_logprob_is_a_loop_over_gpt2_and_its_own_loss():
    model, logprob = tiny_gpt2(), reference(WEEK, "sequence_logprob")
    ids = torch.randint(0, 11, (4, 9), generator=torch.Generator().manual_seed(2))
    answer = torch.tensor([[3 <= t < end for t in range(9)] for end in (9, 4, 7, 3)])
    with torch.no_grad():
        batch = logprob(model(ids).logits, ids, answer)
        for row in range(4):
            total = 0.0
            for t in answer[row].nonzero().flatten().tolist():
                total += model(ids[row : row + 1, :t]).logits[0, -1].log_softmax(dim=0)[ids[row, t]].item()
            close(batch[row].item(), total)
        for row in range(3):  # the library's loss is the mean over the labelled tokens
            labels = torch.where(answer[row], ids[row], -100)[None]
            theirs = -model(ids[row : row + 1], labels=labels).loss * answer[row].sum()
            close(batch[row], theirs)
        assert batch[3] == 0


def test_sequence_logprob_does_not_see_left_padding():
    model, logprob = tiny_gpt2(), reference(WEEK, "sequence_logprob")
    ids = torch.randint(0, 11, (2, 7), generator=torch.Generator().manual_seed(2))
    answer = (torch.arange(7) >= 4).expand(2, -1)
    padded = F.pad(ids, (3, 0))
    mask = F.pad(torch.ones_like(ids), (3, 0))
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(padded, attention_mask=mask, position_ids=positions).logits
        logits[:, :3] = float("nan")
        close(logprob(logits, padded, F.pad(answer, (3, 0))), logprob(model(ids).logits, ids, answer))


def test_sequence_logprob_has_the_gradient_of_finite_differences():
    logprob = reference(WEEK, "sequence_logprob")
    ids = torch.tensor([[1, 0, 2, 3], [2, 2, 0, 1]])
    answer = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 1]]).bool()
    weights = torch.tensor([1.0, -2.0], dtype=torch.float64)
    has_slopes(lambda logits: (weights * logprob(logits, ids, answer)).sum(), numbers(2, 4, 4))


LIVE = torch.tensor([[0, 1, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 1, 0, 0]]).bool()


def test_shaped_rewards_add_up_to_the_score_minus_the_penalty():
    shaped = reference(WEEK, "kl_shaped_reward")
    scores, logp, ref = numbers(3), -numbers(3, 6, seed=5).abs(), -numbers(3, 6, seed=6).abs()
    rewards = shaped(scores, logp, ref, LIVE, beta=0.3, limit=0.5)
    penalty = torch.stack([(a - b)[on].sum() for a, b, on in zip(logp, ref, LIVE, strict=True)])
    close(rewards.sum(dim=1), scores.clamp(-0.5, 0.5) - 0.3 * penalty, 1e-12)
    assert rewards[~LIVE].eq(0).all()
    free = shaped(scores, logp, ref, LIVE, beta=0.0, limit=0.5)
    assert free.nonzero().tolist() == [[0, 4], [1, 5], [2, 3]]


def test_the_mean_penalty_is_the_kl_divergence():
    shaped = reference(WEEK, "kl_shaped_reward")
    policy, other = numbers(7).log_softmax(dim=0), numbers(7, seed=5).log_softmax(dim=0)
    every = torch.arange(7)[:, None]
    single = torch.ones(7, 1, dtype=torch.bool)
    zero = torch.zeros(7, dtype=torch.float64)
    rewards = shaped(zero, policy[every], other[every], single, beta=1.0, limit=1.0)
    close(-(policy.exp() @ rewards[:, 0]), F.kl_div(other, policy, log_target=True, reduction="sum"), 1e-12)


@pytest.mark.parametrize("gamma", [0.9, 1.0])
@pytest.mark.parametrize("lam", [0.0, 0.7, 1.0])
def test_gae_is_the_slow_formula(gamma, lam):
    gae = reference(WEEK, "gae")
    rewards, values, tail = numbers(3, 6), numbers(3, 6, seed=5), numbers(3, seed=6)
    advantages, returns = gae(rewards, values, LIVE, tail, gamma=gamma, lam=lam)
    for row in range(3):
        places = LIVE[row].nonzero().flatten().tolist()
        following = [values[row, t] for t in places[1:]] + [tail[row]]
        errors = [
            rewards[row, t] + gamma * after - values[row, t]
            for t, after in zip(places, following, strict=True)
        ]
        for n, t in enumerate(places):
            slow = sum((gamma * lam) ** (k - n) * errors[k] for k in range(n, len(places)))
            close(advantages[row, t], slow, 1e-12)
            close(returns[row, t], slow + values[row, t], 1e-12)
    assert advantages[~LIVE].eq(0).all() and returns[~LIVE].eq(0).all()


def test_gae_with_lam_1_gives_discounted_sums_and_a_perfect_critic_has_no_advantage():
    gae = reference(WEEK, "gae")
    rewards, tail = numbers(3, 6), numbers(3, seed=6)
    sums = torch.zeros_like(rewards)
    for row in range(3):
        ahead = tail[row]
        for t in reversed(LIVE[row].nonzero().flatten().tolist()):
            ahead = sums[row, t] = rewards[row, t] + 0.9 * ahead
    close(gae(rewards, numbers(3, 6, seed=5), LIVE, tail, gamma=0.9, lam=1.0)[1], sums, 1e-12)
    for lam in (0.0, 0.6, 1.0):
        advantages, returns = gae(rewards, sums, LIVE, tail, gamma=0.9, lam=lam)
        close(advantages, torch.zeros_like(rewards), 1e-12)
        close(returns, sums, 1e-12)


def test_ppo_clip_loss_is_the_case_distinction_at_200_points():
    loss = reference(WEEK, "ppo_clip_loss")
    log_ratio, gain = 0.5 * numbers(1, 200), numbers(1, 200, seed=5)
    old, live = -numbers(1, 200, seed=6).abs(), torch.ones(1, 200, dtype=torch.bool)
    value, share = loss(old + log_ratio, old, gain, live, low=0.2, high=0.3)
    total, stopped = 0.0, 0
    for x, a in zip(log_ratio[0].exp().tolist(), gain[0].tolist(), strict=True):
        if a >= 0:
            total, stopped = total + min(x, 1.3) * a, stopped + (x > 1.3 and a > 0)
        else:
            total, stopped = total + max(x, 0.8) * a, stopped + (x < 0.8)
    assert 20 < stopped < 120 and int((gain < 0).sum()) > 50
    close(value.item(), -total / 200, 1e-12)
    close(share.item(), stopped / 200, 1e-6)
    has_slopes(lambda new: loss(new, old, gain, live, low=0.2, high=0.3)[0], old + log_ratio)


def test_ppo_before_the_first_step_is_the_policy_gradient():
    loss = reference(WEEK, "ppo_clip_loss")
    old, gain = -numbers(3, 6).abs(), numbers(3, 6, seed=5)
    leaf = old.clone().requires_grad_()
    value, share = loss(leaf, old, gain, LIVE, low=0.2, high=0.2)
    (gradient,) = torch.autograd.grad(value, leaf)
    close(gradient, -gain.masked_fill(~LIVE, 0.0) / LIVE.sum(), 1e-12)
    close(value, -gain[LIVE].mean(), 1e-12)
    assert share == 0


def dpo_by_hand(logp, ref, live, beta, smoothing) -> float:
    """Return the loss from probabilities of whole answers, as the paper writes it."""
    rewards = [
        beta * math.log(a[on].sum().exp().item() / b[on].sum().exp().item())
        for a, b, on in zip(logp, ref, live, strict=True)
    ]
    half, costs = len(rewards) // 2, []
    for plus, minus in zip(rewards[:half], rewards[half:], strict=True):
        chance = math.exp(plus) / (math.exp(plus) + math.exp(minus))
        costs.append(-(1 - smoothing) * math.log(chance) - smoothing * math.log(1 - chance))
    return sum(costs) / half


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("beta", [0.1, 1.5])
def test_dpo_is_the_papers_formula_and_its_gradient_that_of_differences(beta, smoothing):
    loss = reference(WEEK, "dpo_loss")
    live = torch.cat([LIVE, LIVE.flip(1)[[2, 0, 1]]])
    logp, ref = -numbers(6, 6).abs() / 2, -numbers(6, 6, seed=5).abs() / 2
    value, chosen, rejected = loss(logp, ref, live, beta=beta, smoothing=smoothing)
    close(value.item(), dpo_by_hand(logp, ref, live, beta, smoothing), 1e-10)
    each = beta * torch.where(live, logp - ref, 0.0).sum(dim=1)
    close(torch.cat([chosen, rejected]), each, 1e-12)
    has_slopes(lambda new: loss(new, ref, live, beta=beta, smoothing=smoothing)[0], logp)
    leaf = logp.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(leaf, ref, live, beta=beta, smoothing=0.0)[0], leaf)
    weight = -beta * torch.sigmoid(each[3:] - each[:3]) / 3  # the paper's section 4
    close(gradient, torch.cat([weight, -weight])[:, None] * live, 1e-12)


def test_dpo_starts_at_ln_2_and_is_bradley_terry_of_its_rewards():
    loss, bradley_terry = reference(WEEK, "dpo_loss"), reference(WEEK, "bradley_terry_loss")
    live = torch.cat([LIVE, LIVE.flip(1)])
    logp, ref = -numbers(6, 6).abs(), -numbers(6, 6, seed=5).abs()
    for beta, smoothing in ((0.1, 0.0), (2.0, 0.3)):
        value, chosen, rejected = loss(ref, ref, live, beta=beta, smoothing=smoothing)
        close(value.item(), math.log(2), 1e-12)
        assert not chosen.any() and not rejected.any()
    value, chosen, rejected = loss(logp, ref, live, beta=0.7, smoothing=0.2)
    close(value, bradley_terry(chosen, rejected, torch.tensor([[4, 1]] * 3)), 1e-12)


def test_gpt2_learns_a_preference_by_dpo_and_leaves_its_reference_alone():
    policy, fixed = tiny_gpt2(), tiny_gpt2()
    logprob, dpo = reference(WEEK, "sequence_logprob"), reference(WEEK, "dpo_loss")
    ids = torch.randint(0, 11, (4, 8), generator=torch.Generator().manual_seed(3))
    ids[2:, :3] = ids[:2, :3]  # the same prompts
    answer = torch.tensor([[3 <= t < end for t in range(8)] for end in (8, 6, 5, 8)])

    def tokens(model):
        own = F.one_hot(torch.arange(8)).bool() & answer[:, :, None]
        rows = [logprob(model(ids).logits, ids, own[:, t]) for t in range(1, 8)]
        return torch.stack([torch.zeros(4), *rows], dim=1)

    before = [parameter.clone() for parameter in fixed.parameters()]
    optimizer = torch.optim.SGD(policy.parameters(), lr=0.3)
    losses = []
    for _ in range(8):
        value, chosen, rejected = dpo(tokens(policy), tokens(fixed), answer, beta=0.5, smoothing=0.0)
        losses.append(value.item())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    assert abs(losses[0] - math.log(2)) < 1e-5 and losses[-1] < 0.4 and (chosen > rejected).all()
    assert all(parameter.grad is None for parameter in fixed.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, fixed.parameters(), strict=True))


BUGS = "bug_hunt_preference"


def test_a_table_of_the_visible_versions_is_no_test_of_the_hidden_ones():
    generator = torch.Generator().manual_seed(5)
    logits, ref_logits, noise = torch.randn(3, 4, 8, 5, generator=generator)
    ids = torch.randint(0, 5, (4, 8), generator=generator)
    answer = torch.tensor(
        [[start <= t < end for t in range(8)] for start, end in ((2, 6), (1, 8), (4, 5), (3, 7))]
    )
    old = (logits + 0.5 * noise)[:, :-1].log_softmax(dim=2).gather(2, ids[:, 1:, None]).squeeze(2)
    scores = torch.randn(4, generator=generator)

    def entry(loss) -> str:
        """Return what a version gives, with its gradients, rounded."""
        leaves = [part.clone().requires_grad_() for part in (logits, ref_logits)]
        value = loss(*leaves, ids, answer, old, scores, 0.3, 0.2)
        gradients = torch.autograd.grad(value, leaves, allow_unused=True)
        sizes = [None if part is None else round(float(part.abs().sum()), 3) for part in gradients]
        return str((round(value.item(), 3), sizes))

    require_new_hidden_versions(WEEK, BUGS, entry)
