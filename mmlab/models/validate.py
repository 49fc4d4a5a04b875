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
