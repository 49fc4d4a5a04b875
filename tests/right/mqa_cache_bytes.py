"""Right answers to mqa_cache_bytes that are written in unusual ways."""

import math

import torch

from mmlab.instructor.authoring.exercise import Answer


def allocated(layers, *, width, heads, kv_heads, text, images, image_tokens, window, batch, dtype):
    size, rest = divmod(width, heads)
    if rest or heads != kv_heads * (heads // kv_heads):
        raise ValueError("heads")
    pictures, total = images * image_tokens, 0
    has_cross = any(layer == "cross" for layer in layers)
    for layer in layers:
        length = {"full": text + pictures, "sliding": text + pictures, "cross": pictures}.get(layer)
        if length is None:
            raise ValueError(layer)
        if has_cross and layer != "cross":
            length -= pictures
        if layer == "sliding":
            length = length if length < window else window - 1
        keys = torch.empty(batch, kv_heads, length, size, dtype=getattr(torch, dtype), device="meta")
        total += keys.numel() * keys.element_size() + torch.empty_like(keys).nbytes
    return total


def in_bits(layers, *, width, heads, kv_heads, text, images, image_tokens, window, batch, dtype):
    if width / heads % 1 or heads / kv_heads % 1:
        raise ValueError("not whole")
    if extra := [layer for layer in layers if layer not in {"full", "cross", "sliding"}]:
        raise ValueError(extra)
    own = text + images * image_tokens * ("cross" not in layers)
    full, cross = layers.count("full"), layers.count("cross")
    tokens = full * own + (len(layers) - full - cross) * min(own, window - 1) + cross * images * image_tokens
    bits = {"bfloat16": 16}.get(dtype) or int("".join(letter for letter in dtype if letter.isdigit()))
    return math.prod((tokens, batch, kv_heads, width // heads, 2, bits)) // 8


def sum_of_samples(layers, *, width, heads, kv_heads, text, images, image_tokens, window, batch, dtype):
    bad = [layer for layer in layers if layer not in ("full", "sliding", "cross")]
    if bad or width % heads != 0 or heads % kv_heads != 0:
        raise ValueError("layers or heads")
    kind = getattr(torch, dtype)
    bits = torch.finfo(kind).bits if kind.is_floating_point else torch.iinfo(kind).bits
    has_cross = layers.count("cross") > 0

    def tokens(rest):
        if not rest:
            return 0
        first, *others = rest
        length = text + images * image_tokens * (not has_cross)
        mine = (
            images * image_tokens
            if first == "cross"
            else min(length, window - 1)
            if first == "sliding"
            else length
        )
        return mine + tokens(others)

    done = 0
    for start in range(0, len(layers), 100):
        done += tokens(layers[start : start + 100])
    return (width * kv_heads // heads) * done * (2 * bits // 8) * batch


ANSWERS = (
    Answer("allocated", allocated, "tensors without data say how many bytes they would have"),
    Answer("in_bits", in_bits, "the dtype's name says its bits"),
    Answer("sum_of_samples", sum_of_samples, "a recursion over the layers"),
)
