"""Right answers to cross_attention that are written in unusual ways."""

import math

import torch

from mmlab.instructor.authoring.exercise import Answer


def heads_as_samples(text, image, *layers, heads, padding):
    q_weight, k_weight, v_weight, in_bias, out_weight, out_bias = layers
    (batch, count, width), keys = text.shape, image.shape[1]
    if heads * (width // heads) != width:
        raise ValueError(f"{heads} heads of a width of {width}")

    def split(side, weight, bias):
        rows = torch.addmm(bias, side.reshape(-1, side.shape[-1]), weight.T)
        rows = rows.reshape(batch, -1, heads, width // heads).permute(0, 2, 1, 3)
        return rows.reshape(batch * heads, -1, width // heads)

    q = split(text, q_weight, in_bias[:width])
    k = split(image, k_weight, in_bias[width:-width])
    v = split(image, v_weight, in_bias[-width:])
    hidden = padding.repeat_interleave(heads, dim=0)[:, None].expand(-1, count, -1)
    nothing = hidden.all(dim=-1, keepdim=True)
    logits = torch.bmm(q, k.mT) * (width // heads) ** -0.5
    logits = torch.where(hidden, torch.full_like(logits, float("-inf")), logits)
    weights = torch.where(nothing, torch.zeros_like(logits), logits).softmax(-1)
    weights = torch.where(nothing, torch.zeros_like(weights), weights)
    mixed = (
        torch.bmm(weights, v).reshape(batch, heads, count, -1).transpose(1, 2).reshape(batch, count, width)
    )
    return mixed @ out_weight.T + out_bias, weights.reshape(batch, heads, count, keys).mean(dim=1)


def odds_in_parts(text, image, *layers, heads, padding):
    q_weight, k_weight, v_weight, in_bias, out_weight, out_bias = layers
    width = text.size(-1)
    if width % heads:
        raise ValueError("heads")
    size = width // heads
    output, weights = out_bias.expand(text.shape), 0
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        q = text @ q_weight[part].T + in_bias[:width][part]
        k = image @ k_weight[part].T + in_bias[width : 2 * width][part]
        v = image @ v_weight[part].T + in_bias[2 * width :][part]
        scores = (q / size**0.5) @ k.mT
        scores = scores.masked_fill(padding[:, None], -1e35)
        odds = (scores - scores.detach().amax(dim=-1, keepdim=True)).exp() * (~padding)[:, None]
        share = odds / odds.sum(dim=-1, keepdim=True).clamp(min=1e-30)
        output = output + share @ v @ out_weight[:, part].T
        weights = weights + share / heads
    return output, weights


def maximum_of_the_visible(text, image, *layers, heads, padding):
    q_weight, k_weight, v_weight, in_bias, out_weight, out_bias = layers
    width, context = text.shape[2], image.shape[2]
    size, left = divmod(width, heads)
    if left:
        raise ValueError("heads must divide the width")
    bq, bk, bv = in_bias.reshape(3, heads, size)
    q = torch.einsum("btd,hed->bhte", text, q_weight.reshape(heads, size, width)) + bq[:, None]
    k = torch.einsum("bnc,hec->bhne", image, k_weight.reshape(heads, size, context)) + bk[:, None]
    v = torch.einsum("bnc,hec->bhne", image, v_weight.reshape(heads, size, context)) + bv[:, None]
    logits = torch.einsum("bhte,bhne->bhtn", q / size**0.5, k)
    seen = ~padding[:, None, None, :].expand_as(logits)
    top = torch.where(seen, logits, torch.full_like(logits, -math.inf)).amax(dim=3, keepdim=True).detach()
    top = torch.where(top.isinf(), torch.zeros_like(top), top)
    raised = torch.where(seen, logits - top, torch.zeros_like(logits)).exp() * seen
    total = raised.sum(dim=3, keepdim=True)
    weights = raised / torch.where(total == 0, torch.ones_like(total), total)
    out = torch.einsum("bhtn,bhne,dhe->btd", weights, v, out_weight.reshape(width, heads, size))
    return out + out_bias, torch.einsum("bhtn->btn", weights) / heads


ANSWERS = (
    Answer("heads_as_samples", heads_as_samples, "heads as further samples, −inf and torch.where"),
    Answer(
        "odds_in_parts", odds_in_parts, "head by head, odds divided by their sum, the output layer in parts"
    ),
    Answer(
        "maximum_of_the_visible",
        maximum_of_the_visible,
        "einsum by head, and a softmax whose maximum is that of the visible tokens",
    ),
)
