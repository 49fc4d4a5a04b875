"""What models refuse, in one place: shapes, sizes and dtypes, each with what was given, wanted and to try."""

import torch
from torch import Tensor

from mmlab.errors import InputError, ShapeError


def require_heads(width: int, heads: int, where: str) -> None:
    """Raise InputError unless the heads divide the width."""
    if heads < 1 or width % heads:
        given = f"{where}(width={width}, heads={heads})"
        raise InputError(given, "heads that divide the width", f"try width={max(heads, 1) * 16}")


def require_patches(image_size: int, patch: int) -> None:
    """Raise InputError unless square patches tile the image."""
    if patch < 1 or image_size < patch or image_size % patch:
        given = f"VisionConfig(image_size={image_size}, patch={patch})"
        raise InputError(given, "patches that tile the image", "try image_size=32, patch=8")


def require_pixels(pixels: Tensor, channels: int, size: int) -> None:
    """Raise ShapeError unless the pixels are (B, C, Y, X) floats of one model's size, B at least 1."""
    if pixels.ndim != 4 or tuple(pixels.shape[1:]) != (channels, size, size) or not len(pixels):
        given, wanted = (
            f"ViT: pixels {tuple(pixels.shape)}",
            f"(B, {channels}, {size}, {size}) with B at least 1",
        )
        raise ShapeError(given, wanted, "make pixels with data.preprocess(images)")
    if not pixels.is_floating_point():
        raise ShapeError(
            f"ViT: pixels of {pixels.dtype}", "floats, normalised", "call data.preprocess(images) first"
        )


def require_ids(ids: Tensor, vocabulary_size: int, length: int) -> None:
    """Raise ShapeError or InputError unless the ids are (B, T) integers below vocabulary_size, T at most length."""
    if ids.ndim != 2 or not len(ids) or not 1 <= ids.shape[1] <= length:
        given, wanted = (
            f"TextTower: ids {tuple(ids.shape)}",
            f"(B, T) with B at least 1 and T at most {length}",
        )
        raise ShapeError(given, wanted, "make ids with WordTokenizer(words, length)")
    if ids.is_floating_point():
        raise ShapeError(f"TextTower: ids of {ids.dtype}", "integers", "call ids.long()")
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= vocabulary_size:
        given, wanted = f"TextTower: ids from {low} to {high}", f"0 to {vocabulary_size - 1}, the vocabulary"
        raise InputError(given, wanted, "build the tower with tokenizer.vocabulary_size")


def require_mask(mask: Tensor, queries: int, keys: int) -> None:
    """Raise ShapeError unless a mask is boolean and ends in (queries, keys), or in 1 where it is shared."""
    fits = mask.ndim >= 2 and mask.shape[-2] in (1, queries) and mask.shape[-1] in (1, keys)
    if mask.dtype is not torch.bool or not fits:
        given = f"attention: a mask {tuple(mask.shape)} of {mask.dtype}"
        raise ShapeError(
            given, f"booleans (..., {queries}, {keys}), True where a query may look", "call mask.bool()"
        )


def require_context(context: Tensor, batch: int, width: int) -> None:
    """Raise ShapeError unless a context is (B, S, width) with the batch of its queries, S at least 1."""
    if context.ndim != 3 or len(context) != batch or not context.shape[1] or context.shape[2] != width:
        raise ShapeError(
            f"attention: a context {tuple(context.shape)}",
            f"({batch}, S, {width}), S at least 1",
            f"build the module with context_width={context.shape[-1] if context.ndim else 1}, or project the context",
        )


def require_context_mask(mask: Tensor, queries: Tensor, context: Tensor) -> None:
    """Raise ShapeError unless a mask of the context is boolean, (B, S) or (B, T, S)."""
    batch, keys = context.shape[:2]
    if mask.dtype is not torch.bool or tuple(mask.shape) not in {
        (batch, keys),
        (batch, queries.shape[1], keys),
    }:
        raise ShapeError(
            f"context_mask: {tuple(mask.shape)} of {mask.dtype}",
            f"booleans ({batch}, {keys}) or ({batch}, {queries.shape[1]}, {keys}), True where there is a token",
            "make one with torch.arange(context.shape[1]) < lengths[:, None]",
        )


def require_parts(parts: dict[str, Tensor], present: dict[str, Tensor], widths: dict[str, int]) -> None:
    """Raise InputError or ShapeError unless parts are features of known modalities, and each example has one.

    parts    name → (B, d) or (B, T, d)
    present  name → bool (B,) or (B, T); names that parts have
    widths   name → d
    """
    for name in [*parts, *present]:
        if name not in widths:
            raise InputError(
                f"a part {name!r}", f"one of {', '.join(widths)}", "name it when you build the fuser"
            )
    if not parts:
        raise InputError(
            "no parts", f"at least one of {', '.join(widths)}", "pass the features that you have"
        )
    batch = len(next(iter(parts.values())))
    for name, part in parts.items():
        if (
            part.ndim not in (2, 3)
            or len(part) != batch
            or part.shape[-1] != widths[name]
            or not part.numel()
        ):
            raise ShapeError(
                f"parts[{name!r}] {tuple(part.shape)}",
                f"({batch}, {widths[name]}) or ({batch}, T, {widths[name]})",
                "pass one row per example, in every part; leave out a part that no example has",
            )
    for name, mask in present.items():
        if name not in parts:
            raise InputError(
                f"present[{name!r}]", "a mask of a part that is given", f"pass parts[{name!r}] too"
            )
        if mask.dtype is not torch.bool or tuple(mask.shape) not in {(batch,), tuple(parts[name].shape[:-1])}:
            raise ShapeError(
                f"present[{name!r}]: {tuple(mask.shape)} of {mask.dtype}",
                f"booleans ({batch},) or {tuple(parts[name].shape[:-1])}, True where there is something",
                "call mask.bool()",
            )


def require_temperature(temperature: float | Tensor) -> None:
    """Raise InputError unless a temperature is one finite number that float32 holds above 0.

    Raises ShapeError for a tensor of more than one number.
    """
    value = _number(temperature, "temperature")
    if not torch.finfo(torch.float32).tiny <= value < float("inf"):  # nan is neither
        raise InputError(
            f"temperature={value:g}",
            "a finite number above 0, and not below what float32 holds",
            "pass temperature=0.07, or learn its logarithm: log_scale.exp() is never negative",
        )


def require_bias(bias: float | Tensor) -> None:
    """Raise InputError unless a bias is one finite number; ShapeError for a tensor of more than one."""
    value = _number(bias, "bias")
    if not abs(value) < float("inf"):
        raise InputError(
            f"bias={value:g}", "a finite number", "pass bias=-10.0, and look for nan in a learned one"
        )


def _number(value: float | Tensor, name: str) -> float:
    if isinstance(value, Tensor):
        if value.numel() != 1:
            raise ShapeError(f"a {name} {tuple(value.shape)}", "one number", "pass a () tensor")
        value = value.item()
    try:
        if isinstance(value, (str, bool)):
            raise TypeError("text and truth values are no numbers here")
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{name}={value!r:.40}", "one finite number", "pass a float, or a () tensor"
        ) from None
