"""Right answers to trace_shapes that are written in unusual ways."""

import math

import torch

from mmlab.instructor.authoring.exercise import Answer


def on_meta_tensors(*, batch, images, image, patch, merge, vision_width, width, heads, text, vocabulary):
    side = patch * merge
    if image[0] % side or image[1] % side:
        raise ValueError("not tiled")
    pixels = torch.empty(batch * images, 3, *image, device="meta")
    rows, columns = image[0] // patch, image[1] // patch
    cells = pixels.reshape(len(pixels), 3, rows, patch, columns, patch).permute(0, 2, 4, 1, 3, 5)
    patches = cells.reshape(len(pixels), rows * columns, 3 * patch * patch)
    encoded = torch.empty(len(pixels), 1 + patches.shape[1], vision_width, device="meta")
    groups = (rows // merge) * (columns // merge)
    merged = encoded[:, 1:].reshape(len(pixels), groups, merge * merge * vision_width)
    projected = torch.empty(*merged.shape[:2], width, device="meta")
    spans = projected.reshape(batch, images * groups, width)
    sequence = torch.cat([spans, torch.empty(batch, text, width, device="meta")], dim=1)
    scores = torch.empty(batch, heads, sequence.shape[1], sequence.shape[1], device="meta")
    logits = torch.empty(*sequence.shape[:2], vocabulary, device="meta")
    found = {"pixels": pixels, "patches": patches, "encoded": encoded, "merged": merged}
    found |= {"projected": projected, "sequence": sequence, "attention": scores, "logits": logits}
    return {name: tuple(tensor.shape) for name, tensor in found.items()}


def by_fractions(**sizes):
    rows, columns = (pixels / (sizes["patch"] * sizes["merge"]) for pixels in sizes["image"])
    if not (rows.is_integer() and columns.is_integer()):
        raise ValueError("a group is cut")
    tokens, joined = round(rows * columns), sizes["merge"] ** 2
    stack, prompts = sizes["batch"] * sizes["images"], sizes["batch"]
    length = sizes["images"] * tokens + sizes["text"]
    table = {
        "logits": (prompts, length, sizes["vocabulary"]),
        "attention": (prompts, sizes["heads"], length, length),
        "sequence": (prompts, length, sizes["width"]),
        "projected": (stack, tokens, sizes["width"]),
        "merged": (stack, tokens, sizes["vision_width"] * joined),
        "encoded": (stack, tokens * joined + 1, sizes["vision_width"]),
        "patches": (stack, tokens * joined, sizes["patch"] ** 2 * 3),
    }
    return table | {"pixels": (stack, 3, sizes["image"][0], sizes["image"][1])}


def counting_loops(*, batch, images, image, patch, merge, vision_width, width, heads, text, vocabulary):
    height, across = (int(side) for side in image)
    if math.gcd(height, across, patch * merge) != patch * merge:
        raise ValueError("sides")
    patches = len(range(0, height, patch)) * len(range(0, across, patch))
    tokens = len(range(0, height, patch * merge)) * len(range(0, across, patch * merge))
    total = images * batch
    length = text + tokens * images
    names = "pixels patches encoded merged projected sequence attention logits".split()
    shapes = [
        [total, 3, height, across],
        [total, patches, height * across * 3 // patches],
        [total, patches + 1, vision_width],
        [total, tokens, vision_width * patches // tokens],
        [total, tokens, width],
        [batch, length, width],
        [batch, heads, length, length],
        [batch, length, vocabulary],
    ]
    return {name: tuple(shape) for name, shape in zip(names, shapes)}


ANSWERS = (
    Answer("on_meta_tensors", on_meta_tensors, "tensors without data carry the shapes"),
    Answer("by_fractions", by_fractions, "groups first, patches from them"),
    Answer("counting_loops", counting_loops, "ranges count patches and tokens"),
)
