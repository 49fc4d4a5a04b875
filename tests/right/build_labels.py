"""Right answers to build_labels that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def padded_tensors(prompts, answers, *, image_id, image_tokens, eos):
    if len(prompts) != len(answers):
        raise ValueError("unequal")
    whole, masks, labels = [], [], []
    for prompt, answer in zip(prompts, answers):
        given = torch.cat([torch.full((image_tokens,), image_id), torch.tensor(prompt, dtype=torch.int64)])
        wanted = torch.tensor(answer + [eos], dtype=torch.int64)
        whole.append(torch.cat([given, wanted]))
        labels.append(torch.cat([torch.full_like(given, -100), wanted]))
        masks.append(torch.ones(len(whole[-1])))
    size = max(len(row) for row in whole)

    def stacked(rows, value):
        return torch.stack([F.pad(row, (0, size - len(row)), value=value) for row in rows])

    return stacked(whole, eos), stacked(masks, 0.0) == 1, stacked(labels, -100)


def columns(prompts, answers, *, image_id, image_tokens, eos):
    if not len(prompts) == len(answers):
        raise ValueError
    rows = [[image_id] * image_tokens + p + a + [eos] for p, a in zip(prompts, answers)]
    width = max(map(len, rows))
    ids = torch.tensor(
        [[row[k] if k < len(row) else eos for row in rows] for k in range(width)]
    ).T.contiguous()
    steps = torch.arange(ids.size(1)).repeat(len(rows), 1)
    ends = torch.tensor([[len(row)] for row in rows])
    learned = torch.tensor([[len(a) + 1] for a in answers])
    mask = steps.lt(ends)
    return ids, mask, ids.masked_fill(~mask | (steps < ends - learned), -100)


ANSWERS = (
    Answer("padded_tensors", padded_tensors, "one tensor for each row"),
    Answer("columns", columns, "transposed lists"),
)
