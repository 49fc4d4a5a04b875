"""Right answers to multi_head_attention that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def head_by_head(x, in_weight, in_bias, out_weight, out_bias, *, heads, padding):
    width = x.size(-1)
    if width % heads:
        raise ValueError("heads")
    q_all, k_all, v_all = F.linear(x, in_weight, in_bias).tensor_split(3, dim=-1)
    visible = (~padding).unsqueeze(1).to(x.dtype)
    outputs, weights = 0, []
    size = width // heads
    for q, k, v, mix in zip(
        *(part.split(size, -1) for part in (q_all, k_all, v_all)), out_weight.split(size, 1)
    ):
        scores = torch.bmm(q, k.mT) * size**-0.5
        scores = scores - scores.detach().masked_fill(padding.unsqueeze(1), -1e30).amax(-1, True)
        odds = torch.where(padding.unsqueeze(1), 0.0, scores.clamp(max=0.0)).exp() * visible
        share = odds / odds.sum(-1, keepdim=True).clamp(min=1e-30)
        weights.append(share)
        outputs = outputs + (share @ v) @ mix.T
    return outputs + out_bias, torch.stack(weights, dim=1)


def heads_as_samples(x, in_weight, in_bias, out_weight, out_bias, *, heads, padding):
    batch, tokens, width = x.shape
    if heads * (width // heads) != width:
        raise ValueError(f"{heads} heads of a width of {width}")
    q, k, v = (
        (x @ weight.T + bias)
        .view(batch, tokens, heads, -1)
        .permute(0, 2, 1, 3)
        .reshape(batch * heads, tokens, -1)
        for weight, bias in zip(in_weight.chunk(3), in_bias.chunk(3))
    )
    hidden = padding.repeat_interleave(heads, dim=0)[:, None, :].expand(-1, tokens, -1)
    bias = torch.zeros(hidden.shape, dtype=x.dtype).masked_fill(hidden, float("-inf"))
    nothing = hidden.all(dim=-1, keepdim=True)
    logits = torch.baddbmm(bias, q / (width // heads) ** 0.5, k.transpose(1, 2))
    weights = torch.softmax(torch.where(nothing, torch.zeros_like(logits), logits), -1)
    weights = torch.where(nothing, torch.zeros_like(weights), weights)
    mixed = torch.bmm(weights, v).view(batch, heads, tokens, -1).transpose(1, 2).reshape(batch, tokens, width)
    return mixed @ out_weight.T + out_bias, weights.view(batch, heads, tokens, tokens)


ANSWERS = (
    Answer("head_by_head", head_by_head, "each head's part of the output layer, added up"),
    Answer("heads_as_samples", heads_as_samples, "heads as further samples, a mask that is added"),
)
