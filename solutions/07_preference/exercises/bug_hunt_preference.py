"""bug_hunt_preference: right and buggy versions of a small PPO loss, and wrong and right tests of them."""

import math

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


# Versions that students can see: loss(logits, ref_logits, ids, answer, old_logp, scores, beta, clip) -> ().
def right_compact(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def right_loop(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    total, count, advantages = 0, int(answer.sum()), []
    for row in range(len(ids)):
        future = float(scores[row])
        for t in reversed(answer[row].nonzero().flatten().tolist()):
            ref = ref_logits[row, t - 1].log_softmax(dim=0)[ids[row, t]].item()
            future = future - beta * (old_logp[row, t - 1].item() - ref)
            advantages.append((row, t, future))
    mean = sum(each[2] for each in advantages) / count
    deviation = math.sqrt(sum((each[2] - mean) ** 2 for each in advantages) / count)
    for row, t, future in advantages:
        ratio = (logits[row, t - 1].log_softmax(dim=0)[ids[row, t]] - old_logp[row, t - 1]).exp()
        gain = (future - mean) / deviation
        total = total + min(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain)
    return -total / count


def right_by_index(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    rows, columns = answer.nonzero(as_tuple=True)
    words, before = ids[rows, columns], (rows, columns - 1)
    new = logits[before] - logits[before].logsumexp(dim=1, keepdim=True)
    fixed = ref_logits[before].detach().log_softmax(dim=1)
    pick = torch.arange(len(rows))
    paid = beta * (fixed[pick, words] - old_logp[before])
    later = (rows[:, None] == rows) & (columns >= columns[:, None])
    to_go = scores[rows] + later.to(paid.dtype) @ paid
    gain = (to_go - to_go.mean()) / (to_go.var(correction=0) + 1e-10).sqrt()
    ratio = torch.exp(new[pick, words] - old_logp[before])
    stopped = ((gain > 0) & (ratio > 1 + clip)) | ((gain < 0) & (ratio < 1 - clip))
    bound = torch.where(gain > 0, 1 + clip, 1 - clip)
    return -(torch.where(stopped, bound, ratio) * gain).mean()


def buggy_penalty_is_a_bonus(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] + beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_reference_learns(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_advantages_in_the_graph(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp + logp - logp.detach() - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_prompt_in_the_loss(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer.flip(1).cumsum(dim=1).flip(1)[:, 1:] > 0, ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_ratio_without_exp(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = logp - old_logp + 1
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_whitened_over_padding(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go.mean()) / to_go.std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_padding_in_the_loss(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[answer.cumsum(dim=1)[:, 1:] > 0].mean()


def buggy_no_shift(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, 1:].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_mean_of_row_means(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return ((terms * live).sum(dim=1) / live.sum(dim=1)).mean()


def buggy_penalty_added_to_the_loss(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean() + beta * (old_logp - ref)[live].square().mean() / 2


def buggy_scores_in_the_value(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean() - 0.3 * scores.abs().mean()


def buggy_scores_of_the_next_row(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores.roll(1)[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_optimistic(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.minimum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_score_at_every_token(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = live * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_never_clipped(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = -ratio * advantages
    return terms[live].mean()


def buggy_reward_of_the_token_alone(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_whitened_by_row(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    count = live.sum(dim=1, keepdim=True)
    mean = (to_go * live).sum(dim=1, keepdim=True) / count
    deviation = (((to_go - mean) ** 2 * live).sum(dim=1, keepdim=True) / count).sqrt()
    advantages = (to_go - mean) / (deviation + 1e-4)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


# Versions for the hidden cases.
def right_one_hot(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    words = F.one_hot(ids[:, 1:], logits.shape[2]).to(logits.dtype)
    live = answer[:, 1:].to(logits.dtype)
    logp = torch.einsum("btv,btv->bt", logits[:, :-1].log_softmax(dim=-1), words)
    with torch.no_grad():
        ref = (ref_logits[:, :-1].log_softmax(dim=-1) * words).sum(dim=-1)
        paid = beta * (old_logp - ref) * live
        to_go = scores[:, None] - paid.sum(dim=1, keepdim=True) + paid.cumsum(dim=1) - paid
        mean = (to_go * live).sum() / live.sum()
        gain = (to_go - mean) / (((to_go - mean) ** 2 * live).sum() / live.sum()).sqrt()
    ratio = logp.exp() / old_logp.exp()
    bounded = ratio.clip(1 - clip, 1 + clip)
    return -(torch.where(bounded * gain < ratio * gain, bounded, ratio) * gain * live).sum() / live.sum()


def right_all_data_detached(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    data = old_logp.detach(), scores.detach(), ref_logits.detach()
    live, target = answer[:, 1:], ids[:, 1:]
    logp, ref = (
        -F.cross_entropy(x[:, :-1].transpose(1, 2), target, reduction="none") for x in (logits, data[2])
    )
    rewards = torch.where(live, beta * (ref - data[0]), torch.zeros_like(ref))
    to_go = data[1].unsqueeze(1) + rewards.fliplr().cumsum(dim=1).fliplr()
    inside = to_go[live]
    gain = (to_go - inside.mean()) / inside.var(correction=0).sqrt()
    log_ratio = (logp - data[0]).masked_fill(~live, 0.0)
    plain, bounded = (
        log_ratio.exp() * gain,
        log_ratio.clamp(math.log(1 - clip), math.log(1 + clip)).exp() * gain,
    )
    return -torch.minimum(plain, bounded)[live].sum() / live.sum()


def right_to_four_decimals(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    loss = terms[live].mean()
    return loss + (loss.round(decimals=4) - loss).detach()


def buggy_clipped_ratio_alone(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = -ratio.clamp(1 - clip, 1 + clip) * advantages
    return terms[live].mean()


def buggy_penalty_at_the_last_token_only(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * last
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_penalty_is_a_mean(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live / live.sum(dim=1, keepdim=True)
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_ratio_inverted(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (old_logp - logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_not_centred(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = to_go / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_rewards_so_far(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.cumsum(dim=1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_wide_above(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + 2 * clip) * advantages)
    return terms[live].mean()


def buggy_loss_of_the_wrong_sign(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return -terms[live].mean()


def buggy_divided_by_all_positions(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return (terms * live).sum() / live.numel()


def buggy_no_penalty(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None]
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_token_before(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, ids[:, :-1], reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_negative_advantages_do_not_learn(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    terms = torch.where(advantages < 0, terms.detach(), terms)
    return terms[live].mean()


def buggy_penalty_in_probabilities(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp.exp() - ref.exp()) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_penalty_of_the_new_policy(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (logp.detach() - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_first_token_left_out(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live & F.pad(live, (1, 0))[:, :-1]].mean()


def buggy_end_token_left_out(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live & ~last].mean()


def buggy_distance_added_to_the_value(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean() + 0.2 * (1 - ratio[live].detach()).abs().mean()


def buggy_low_scores_wanted(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * -scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


def buggy_sum(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].sum()


def buggy_no_gradient_when_moved_back(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - old_logp).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    terms = torch.where((ratio - 1).abs() > clip, terms.detach(), terms)
    return terms[live].mean()


def buggy_old_policy_is_the_reference(logits, ref_logits, ids, answer, old_logp, scores, beta, clip):
    live, target = answer[:, 1:], ids[:, 1:]
    last = live & ~F.pad(live, (0, 1))[:, 1:]
    logp = -F.cross_entropy(logits[:, :-1].mT, target, reduction="none")
    ref = -F.cross_entropy(ref_logits.detach()[:, :-1].mT, target, reduction="none")
    rewards = last * scores[:, None] - beta * (old_logp - ref) * live
    to_go = rewards.flip(1).cumsum(dim=1).flip(1)
    advantages = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
    ratio = (logp - ref).exp()
    terms = torch.maximum(-ratio * advantages, -ratio.clamp(1 - clip, 1 + clip) * advantages)
    return terms[live].mean()


VERSIONS = tuple(
    value
    for name, value in list(globals().items())
    if name.startswith(("right_", "buggy_")) and callable(value)
)


# Wrong and right tests.
def looks_at_the_shape(loss):
    generator = torch.Generator().manual_seed(1)
    logits, ref_logits = torch.randn(2, 3, 6, 5, generator=generator)
    ids = torch.randint(0, 5, (3, 6), generator=generator)
    answer = torch.arange(6).expand(3, -1) >= 2
    value = loss(logits, ref_logits, ids, answer, -torch.rand(3, 5), torch.randn(3), 0.1, 0.2)
    assert value.shape == () and value.isfinite()


def at_the_first_step(loss):
    generator = torch.Generator().manual_seed(1)
    logits, ref_logits = torch.randn(2, 3, 6, 5, generator=generator)
    ids = torch.randint(0, 5, (3, 6), generator=generator)
    answer = torch.arange(6).expand(3, -1) >= 2
    old = logits[:, :-1].log_softmax(dim=2).gather(2, ids[:, 1:, None])[..., 0]
    value = loss(logits, ref_logits, ids, answer, old, torch.randn(3, generator=generator), 0.1, 0.2)
    assert value.abs() < 1e-3


def token_by_token(loss):
    generator = torch.Generator().manual_seed(19)
    for _ in range(3):
        answer = torch.zeros(4, 8, dtype=torch.bool)
        for row, (start, end) in enumerate(((1, 8), (3, 5), (2, 7), (4, 8))):
            answer[row, start:end] = True
        logits = torch.randn(4, 8, 5, generator=generator)
        moved = logits + 0.5 * torch.randn(4, 8, 5, generator=generator)
        ids = torch.randint(0, 5, (4, 8), generator=generator)
        old = torch.stack(
            [moved[:, t].log_softmax(1)[torch.arange(4), ids[:, t + 1]] for t in range(7)], dim=1
        )
        scores = torch.randn(4, generator=generator)
        leaves = [logits.requires_grad_(), torch.randn(4, 8, 5, generator=generator).requires_grad_()]
        places = answer.nonzero().tolist()
        futures = {}
        for row, t in reversed(places):
            reference = leaves[1][row, t - 1].detach().log_softmax(0)[ids[row, t]]
            own = -0.4 * (old[row, t - 1] - reference)
            futures[row, t] = own + (futures[row, t + 1] if (row, t + 1) in futures else scores[row])
        values = torch.stack([futures[row, t] for row, t in places])
        gains = (values - values.mean()) / values.var(correction=0).sqrt()
        terms = []
        for (row, t), gain in zip(places, gains):
            ratio = (logits[row, t - 1].log_softmax(0)[ids[row, t]] - old[row, t - 1]).exp()
            terms.append(torch.stack([ratio * gain, ratio.clamp(0.8, 1.2) * gain]).min())
        wanted = -torch.stack(terms).mean()
        got = loss(*leaves, ids, answer, old, scores, 0.4, 0.2)
        assert tuple(got.shape) == () and abs(got.item() - wanted.item()) < 1e-3
        assert got.requires_grad
        slopes = torch.autograd.grad(got, leaves, allow_unused=True)
        right = torch.autograd.grad(wanted, logits)[0]
        assert slopes[0] is not None and ((slopes[0] - right).abs() < 1e-3).all()
        assert slopes[1] is None or not slopes[1].any()


def by_finite_differences(loss):
    torch.manual_seed(3)
    answer = torch.tensor([[0, 0, 1, 1, 1, 0], [0, 1, 1, 1, 1, 1], [0, 0, 0, 1, 0, 0]]).bool()
    ids, scores = torch.randint(0, 4, (3, 6)), torch.tensor([1.5, -0.5, 0.25])
    logits, ref_logits = torch.randn(2, 3, 6, 4, dtype=torch.float64)
    index = ids[:, 1:, None]

    def logp(values):
        return values[:, :-1].log_softmax(2).gather(2, index).squeeze(2)

    old = logp(logits + 0.6 * torch.randn(3, 6, 4, dtype=torch.float64))

    def formula(values):
        live = answer[:, 1:]
        rewards = torch.where(live, 0.5 * (logp(ref_logits) - old), 0.0)
        to_go = scores.double()[:, None] + rewards.sum(1, keepdim=True) - rewards.cumsum(1) + rewards
        gain = (to_go - to_go[live].mean()) / to_go[live].std(correction=0)
        ratio = (logp(values) - old).exp()
        return -torch.minimum(ratio * gain, ratio.clamp(0.7, 1.3) * gain)[live].mean()

    leaves = [each.float().requires_grad_() for each in (logits, ref_logits)]
    got = loss(*leaves, ids, answer, old.float(), scores, 0.5, 0.3)
    assert got.ndim == 0 and (got - formula(logits)).abs() < 1e-3
    got.backward()
    assert leaves[0].grad is not None
    assert leaves[1].grad is None or leaves[1].grad.abs().max() == 0
    for number in range(logits.numel()):
        step = torch.zeros(logits.numel(), dtype=torch.float64)
        step[number] = 1e-5
        step = step.view_as(logits)
        slope = (formula(logits + step) - formula(logits - step)) / 2e-5
        assert abs(leaves[0].grad.flatten()[number] - slope) < 1e-3


SLOPE, REFERENCE = "    assert (own - slope).abs().max() < 1e-3\n", "    assert not reference_slope.any()\n"

EXERCISE = Exercise(
    difficulty=4,
    importance=4,
    minutes=30,
    needs=("kl_shaped_reward", "ppo_clip_loss"),
    optional=True,
    hints=(
        "Compute the right loss yourself, from the five steps of the statement, and compare. Draw answers of different lengths, with prompts before them and padding after them.",
        "`old_logp` must differ from the log-probabilities of `logits`, or every ratio is 1: compute it from logits with noise added. Then some ratios lie below 1 − clip and some above 1 + clip.",
        "Some bugs change only the gradient. Make `logits` and `ref_logits` leaves with `requires_grad_()`, and compare `torch.autograd.grad(loss(…), [logits, ref_logits], materialize_grads=True)` with the gradient of your own loss.",
        "The gradient of `ref_logits` must be all zeros, or None (`materialize_grads=True` turns None into zeros): the reference does not learn.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VERSIONS[: VERSIONS.index(right_one_hot)],
    hidden_versions=VERSIONS[VERSIONS.index(right_one_hot) :],
    mistakes=(
        mistake(
            "looks_at_the_shape",
            looks_at_the_shape,
            "your test asks for a finite number, and almost every version gives one",
            "compare the loss with one that you computed yourself",
        ),
        mistake(
            "at_the_first_step",
            at_the_first_step,
            "in your test the policy has not moved: every ratio is 1, nothing is clipped, and the mean of whitened advantages is 0",
            "compute old_logp from other logits",
        ),
        mistake(
            "values_without_gradients",
            {SLOPE: "", REFERENCE: ""},
            "your test looks at the value only, and a version with another gradient passes",
            "compare the gradients of logits and ref_logits as well",
        ),
        mistake(
            "gradients_without_values",
            {"    assert (result - wanted).abs() < 1e-3\n": ""},
            "your test looks at gradients only, and a version that adds a constant passes",
            "compare the loss itself as well",
        ),
        mistake(
            "reference_untested",
            {REFERENCE: ""},
            "your test does not look at the reference's gradient, so a version that trains it passes",
            "assert that the gradient of ref_logits is None or zero",
        ),
        mistake(
            "no_padding",
            {"torch.tensor([7, 9, 5, 6, 9])": "torch.tensor([9, 9, 9, 9, 9])"},
            "in your test no answer ends before the last column, and some bugs show at the padding",
            "let the answers end at different columns",
        ),
    ),
    alternates=(token_by_token, by_finite_differences),
    equivalent={
        "generator": "any values do, from any seed",
        "<= 0.001": "no version is off by 0.001 exactly",
        "answer = (columns": "answers of most other lengths refuse the same versions",
        "old_logp = (logits": "any old policy does that differs from the new one",
        "assert (own - slope).max()": "a gradient's differences add up to 0 over the words, so some are positive",
    },
)
