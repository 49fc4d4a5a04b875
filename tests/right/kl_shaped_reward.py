"""Right answers to kl_shaped_reward that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


@torch.no_grad()
def backwards(scores, logp, ref_logp, live, *, beta, limit):
    if not (scores.shape == logp.shape[:1] and logp.shape == ref_logp.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    columns, waiting = [], scores.clamp(max=limit).clamp(min=-limit)
    for t in range(live.shape[1] - 1, -1, -1):
        here = live[:, t]
        own = beta * ref_logp[:, t] - beta * logp[:, t] + waiting
        columns.append(torch.where(here, own, torch.zeros_like(own)))
        waiting = torch.where(here, torch.zeros_like(waiting), waiting)
        scores = torch.where(here, torch.full_like(scores, torch.nan), scores)
    if not scores.isnan().all():
        raise ValueError("a row has nothing that is live")
    return torch.stack(columns[::-1], dim=1)


def by_index(scores, logp, ref_logp, live, *, beta, limit):
    if not (scores.shape == logp.shape[:1] and logp.shape == ref_logp.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    rows, columns = live.nonzero(as_tuple=True)
    if len(set(rows.tolist())) != len(live):
        raise ValueError("empty row")
    rewards = torch.zeros(live.shape, dtype=scores.dtype)
    rewards[rows, columns] = (logp[rows, columns] - ref_logp[rows, columns]).detach() * -beta
    last = torch.full((len(live),), -1).scatter_reduce(0, rows, columns, "amax")
    rewards[torch.arange(len(live)), last] += torch.minimum(
        scores.detach().clip(min=-limit), scores.new_tensor(limit)
    )
    return rewards


def flipped(scores, logp, ref_logp, live, *, beta, limit):
    if not (scores.shape == logp.shape[:1] and logp.shape == ref_logp.shape == live.shape):
        raise ValueError("shapes that do not fit together")
    some, back = live.fliplr().max(dim=1)
    if not bool(some.all()):
        raise ValueError(some)
    rewards = logp.data.where(live, 0.0) - ref_logp.data.where(live, 0.0)
    at_the_end = torch.nn.functional.one_hot(live.shape[1] - 1 - back, live.shape[1])
    return at_the_end * torch.clip(scores.data, -limit, limit)[:, None] - rewards * beta


ANSWERS = (
    Answer("backwards", backwards, "column by column, the score waits for a live token"),
    Answer("by_index", by_index, "index lists"),
    Answer("flipped", flipped, "the first live token of the flipped mask"),
)
