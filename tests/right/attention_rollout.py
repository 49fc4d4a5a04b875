"""Right answers to attention_rollout that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def in_loops(attention, grid, residual, fusion):
    rows, columns = grid
    if attention.size(-1) - 1 != rows * columns:
        raise ValueError("tokens")
    if fusion == "mean":
        fused = attention.sum(1) / attention.size(1)
    elif fusion in ("max", "min"):
        fused = getattr(attention, fusion)(dim=1).values
    else:
        raise ValueError(fusion)
    have = [1.0] + [0.0] * rows * columns
    for block in fused.flip(0):
        mixed = (1 - residual) * block
        mixed = mixed + torch.diag(torch.full((len(have),), residual, dtype=block.dtype))
        row = torch.tensor(have, dtype=torch.float64)
        have = (row / mixed.double().sum(1) @ mixed.double()).tolist()
    return torch.tensor(have[1:], dtype=attention.dtype).view(rows, columns)


def from_the_last_block(attention, grid, residual, fusion):
    count = grid[0] * grid[1]
    fuse = dict(mean=attention.mean(1), max=attention.amax(1), min=attention.amin(1)).get(fusion)
    if fuse is None or attention.shape[2:] != (count + 1, count + 1):
        raise ValueError(f"grid {grid}, fusion {fusion}")
    blocks = torch.lerp(fuse, torch.eye(count + 1, dtype=fuse.dtype).expand_as(fuse), residual)
    shares = torch.einsum("ltu,lt->ltu", blocks, 1 / blocks.sum(2))
    product = shares[-1]
    for share in shares[:-1].flip(0):
        product = product @ share
    return product[:1, 1:].view(*grid)


ANSWERS = (
    Answer("in_loops", in_loops, "the class token's row, followed back from the last block"),
    Answer("from_the_last_block", from_the_last_block, "all blocks at once, multiplied from the last"),
)
