"""Right answers to gae that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


@torch.no_grad()
def by_a_matrix(rewards, values, live, tail, *, gamma, lam):
    if not (tail.shape == rewards.shape[:1] and rewards.shape == values.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    order = live.long().cumsum(dim=1)
    distance = order[:, None, :] - order[:, :, None]  # live steps from t to s
    both = live[:, :, None] & live[:, None, :] & (distance >= 0)
    v, r = values.where(live, 0.0), rewards.where(live, 0.0)
    following = (both & (distance == 1)).to(v.dtype) @ v[..., None]
    is_last = live & (order == order[:, -1:])
    errors = r + gamma * (following[..., 0] + is_last * tail[:, None]) - v
    weights = torch.where(
        both, float(gamma * lam) ** distance.clamp(min=0).to(v.dtype), torch.zeros((), dtype=v.dtype)
    )
    advantages = (weights @ errors.where(live, 0.0)[..., None])[..., 0]
    advantages = advantages.where(live, 0.0)
    return advantages, advantages + v


def recursive(rewards, values, live, tail, *, gamma, lam):
    if not (tail.shape == rewards.shape[:1] and rewards.shape == values.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    out = torch.zeros(2, *rewards.shape, dtype=rewards.dtype)

    def fill(row, positions, value_after, advantage_after):
        while positions:
            t = positions.pop()
            v = values[row, t].item()
            advantage_after = rewards[row, t].item() + gamma * (value_after + lam * advantage_after) - v
            out[0, row, t], out[1, row, t], value_after = advantage_after, advantage_after + v, v

    for row, marks in enumerate(live.tolist()):
        fill(row, [t for t, here in enumerate(marks) if here], tail[row].item(), 0.0)
    return out[0], out[1].clone()


def returns_first(rewards, values, live, tail, *, gamma, lam):
    if not (tail.shape == rewards.shape[:1] and rewards.shape == values.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    r, v, future = (torch.nan_to_num(part.detach(), 0.0, 0.0, 0.0) for part in (rewards, values, tail))
    value, returns = future, []
    for t in range(live.shape[1])[::-1]:
        step = r[:, t] + gamma * ((1 - lam) * value + lam * future)
        returns.append(live[:, t] * step)
        future, value = torch.where(live[:, t], step, future), torch.where(live[:, t], v[:, t], value)
    returns = torch.stack(returns).flip(0).T.contiguous()
    return torch.where(live, returns - v, torch.zeros_like(v)), returns


ANSWERS = (
    Answer(
        "by_a_matrix", by_a_matrix, "powers of gamma · lam by the number of live steps between two tokens"
    ),
    Answer("recursive", recursive, "plain numbers, row by row"),
    Answer("returns_first", returns_first, "lambda-returns, and advantages from them"),
)
