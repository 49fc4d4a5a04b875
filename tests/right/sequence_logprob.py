"""Right answers to sequence_logprob that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def picked(logits, ids, answer):
    if not logits.shape[:2] == ids.shape == answer.shape:
        raise ValueError("shapes that differ")
    rows, columns = answer.nonzero(as_tuple=True)
    if (columns == 0).any():
        raise ValueError("position 0")
    before = logits[rows, columns - 1]
    each = before[torch.arange(len(rows)), ids[rows, columns]] - torch.logsumexp(before, dim=1)
    return torch.zeros(len(ids), dtype=logits.dtype).index_add(0, rows, each)


def row_by_row(logits, ids, answer):
    if not logits.shape[:2] == ids.shape == answer.shape:
        raise ValueError("shapes that differ")
    if answer[:, :1].sum() > 0:
        raise ValueError("an answer at 0")
    totals = []
    for row in range(ids.shape[0]):
        t = torch.where(answer[row])[0]
        table = torch.log_softmax(logits[row, t - 1], dim=-1)
        totals.append(table.gather(1, ids[row, t].unsqueeze(1)).sum())
    return torch.stack(totals)


def shifted_right(logits, ids, answer):
    if not logits.shape[:2] == ids.shape == answer.shape:
        raise ValueError("shapes that differ")
    if answer.T[0].any():
        raise ValueError("nothing comes before position 0")
    start = torch.zeros_like(logits[:, :1])
    before = torch.cat([start, logits[:, :-1]], dim=1)
    before = torch.where(answer.unsqueeze(2), before, torch.zeros_like(before))
    words = torch.where(answer, ids, torch.zeros_like(ids))
    chosen = torch.take_along_dim(before, words.unsqueeze(2), dim=2).squeeze(2)
    return torch.where(answer, chosen - before.logsumexp(dim=2), torch.zeros_like(chosen)).sum(dim=1)


ANSWERS = (
    Answer("picked", picked, "only the answers' positions, added by row"),
    Answer("row_by_row", row_by_row, "one row at a time"),
    Answer("shifted_right", shifted_right, "the logits move instead of the ids"),
)
