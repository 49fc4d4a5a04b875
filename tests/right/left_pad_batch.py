"""Right answers to left_pad_batch that are written in unusual ways."""

import torch
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def reversed_rows(prompts, image_tokens, *, image_id, pad, limit):
    if any(count >= limit for count in image_tokens):
        raise ValueError("no room")
    pad_sequence, rows = nn.utils.rnn.pad_sequence, []
    for prompt, count in zip(prompts, image_tokens, strict=True):
        backwards = prompt[::-1][: limit - count] + [image_id] * count
        rows.append(torch.tensor(backwards))
    ids = pad_sequence(rows, batch_first=True, padding_value=pad).flip(1)
    mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True).flip(1).bool()
    positions = pad_sequence([torch.arange(len(row) - 1, -1, -1) for row in rows], batch_first=True).flip(1)
    return ids, mask, positions


def padded_on_the_left(prompts, image_tokens, *, image_id, pad, limit):
    rows = []
    for prompt, count in zip(prompts, image_tokens, strict=True):
        room = limit - count
        if room <= 0:
            raise ValueError(room)
        kept = list(prompt)
        while len(kept) > room:
            kept.pop(0)
        rows.append(F.pad(torch.tensor(kept), (count, 0), value=image_id))
    size = max(row.numel() for row in rows)
    gaps = torch.tensor([size - row.numel() for row in rows])[:, None]
    ids = torch.stack([F.pad(row, (size - row.numel(), 0), value=pad) for row in rows])
    steps = torch.arange(size) - gaps
    return ids, steps >= 0, steps.relu()


ANSWERS = (
    Answer("reversed_rows", reversed_rows, "pads reversed rows on the right, and turns them"),
    Answer("padded_on_the_left", padded_on_the_left, "pops ids, and pads twice"),
)
