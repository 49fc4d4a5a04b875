"""Right answers to unpatchify that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def written_into_place(rows, patch, size):
    (tall, wide), (height, width) = patch, size
    if height % tall or width % wide:
        raise ValueError("does not tile")
    across = width // wide
    if rows.shape[1] != height // tall * across or rows.shape[2] % (tall * wide):
        raise ValueError("does not fit")
    images = torch.empty(len(rows), rows.shape[2] // (tall * wide), height, width, dtype=rows.dtype)
    for number in range(rows.shape[1]):
        y, x = number // across * tall, number % across * wide
        images[:, :, y : y + tall, x : x + wide] = rows[:, number].unflatten(1, (-1, tall, wide))
    return images


def inverse_index(rows, patch, size):
    batch, count, numbers = rows.shape
    area = patch[0] * patch[1]
    if size[0] % patch[0] or size[1] % patch[1] or count * area != size[0] * size[1] or numbers % area:
        raise ValueError(f"{count} rows of {numbers}")
    channels = numbers // area
    y, x = torch.arange(size[0])[:, None], torch.arange(size[1])[None]
    which = y // patch[0] * (size[1] // patch[1]) + x // patch[1]
    inside = y % patch[0] * patch[1] + x % patch[1]
    return torch.stack([rows[:, which, inside + area * channel] for channel in range(channels)], dim=1)


ANSWERS = (
    Answer("written_into_place", written_into_place, "patch by patch into an empty image"),
    Answer("inverse_index", inverse_index, "for each pixel its row and its place in the row"),
)
