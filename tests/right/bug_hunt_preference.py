"""Right answers to bug_hunt_preference that are written in unusual ways."""

import math

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def gradient_in_closed_form(loss):
    generator = torch.Generator().manual_seed(29)
    answer = torch.zeros(6, 7, dtype=torch.bool)
    for row, (start, end) in enumerate([(1, 4), (2, 7), (5, 7), (3, 4), (1, 7), (2, 5)]):
        answer[row, start:end] = True
    ids = torch.randint(0, 5, (6, 7), generator=generator)
    logits, ref_logits, others = torch.randn(3, 6, 7, 5, generator=generator)
    scores = 1.5 * torch.randn(6, generator=generator)
    words = F.one_hot(ids[:, 1:], 5).float()
    new, fixed, old = (
        (x[:, :-1].log_softmax(-1) * words).sum(-1) for x in (logits, ref_logits, 0.6 * logits + 0.4 * others)
    )
    gains, futures = torch.zeros(6, 6), []
    for row in range(6):
        future = scores[row].item()
        for column in range(5, -1, -1):
            if answer[row, column + 1]:
                future -= 0.25 * (old[row, column] - fixed[row, column]).item()
                futures.append(future)
                gains[row, column] = future
    mean = math.fsum(futures) / len(futures)
    deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in futures) / len(futures))
    live = answer[:, 1:]
    gains = torch.where(live, (gains - mean) / deviation, 0.0)
    ratio = (new - old).exp()
    bounded = ratio.clamp(0.7, 1.3)
    wanted = -torch.where(bounded * gains < ratio * gains, bounded, ratio).mul(gains).sum() / live.sum()
    moving = live & ~(bounded * gains < ratio * gains)
    slope = torch.zeros(6, 7, 5)
    each = (moving * ratio * gains / live.sum())[..., None] * (words - logits[:, :-1].softmax(-1))
    slope[:, :-1] = -each
    leaves = [logits.clone().requires_grad_(), ref_logits.clone().requires_grad_()]
    got = loss(*leaves, ids, answer, old, scores, 0.25, 0.3)
    assert got.shape == torch.Size([])
    assert torch.isclose(got, wanted, rtol=0, atol=9e-4)
    assert got.requires_grad
    got.backward()
    if leaves[0].grad is None:
        raise AssertionError("nothing learns")
    assert (leaves[0].grad - slope).abs().amax() < 9e-4
    assert leaves[1].grad is None or not leaves[1].grad.count_nonzero()


def several_draws(loss):
    for seed in (41, 42):
        torch.manual_seed(seed)
        starts, ends = torch.tensor([1, 3, 2, 2]), torch.tensor([8, 5, 10, 6])
        t = torch.arange(10)
        answer = (t >= starts[:, None]) & (t < ends[:, None])
        logits, ref_logits = torch.randn(4, 10, 7).requires_grad_(), torch.randn(4, 10, 7).requires_grad_()
        ids, scores = torch.randint(7, (4, 10)), torch.randn(4)
        target, live = ids[:, 1:], answer[:, 1:]

        def logp(x):
            return -F.cross_entropy(x[:, :-1].transpose(1, 2), target, reduction="none")

        with torch.no_grad():
            old = logp(logits + 0.7 * torch.randn(4, 10, 7))
            paid = 0.2 * (old - logp(ref_logits)) * live
            to_go = scores.unsqueeze(1) - paid.flip(1).cumsum(1).flip(1)
            gain = (to_go - to_go[live].mean()) / to_go[live].var(correction=0).sqrt()
        ratio = (logp(logits) - old).exp()
        right = torch.maximum(-ratio * gain, -ratio.clip(0.85, 1.15) * gain)[live].mean()
        got = loss(logits, ref_logits, ids, answer, old, scores, 0.2, 0.15)
        assert abs(float(got) - float(right)) < 0.001
        wanted = torch.autograd.grad(right, logits)[0]
        if got.grad_fn is None:
            raise AssertionError("no gradient")
        slopes = torch.autograd.grad(got, (logits, ref_logits), allow_unused=True, materialize_grads=True)
        assert torch.allclose(slopes[0], wanted, atol=0.0009, rtol=0) and slopes[1].abs().sum() == 0


ANSWERS = (
    Answer("gradient_in_closed_form", gradient_in_closed_form, "the slope from the softmax's formula"),
    Answer("several_draws", several_draws, "two draws, other sizes"),
)
