"""Right answers to patchify that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def gathered(images, patch):
    batch, channels, height, width = images.shape
    if height % patch[0] != 0 or width % patch[1] != 0:
        raise ValueError("does not tile")
    places = torch.arange(channels * height * width).reshape(channels, height, width)
    rows = [
        places[:, y : y + patch[0], x : x + patch[1]].reshape(-1)
        for y in range(0, height, patch[0])
        for x in range(0, width, patch[1])
    ]
    return images.reshape(batch, -1)[:, torch.stack(rows)]


def split_twice(images, patch):
    if any(side % part for side, part in zip(images.shape[2:], patch)):
        raise ValueError(f"{patch} does not tile {tuple(images.shape[2:])}")
    bands = images.split(patch[0], dim=2)
    return torch.cat(
        [torch.stack([part.flatten(1) for part in band.split(patch[1], dim=3)], 1) for band in bands], 1
    )


def identity_convolution(images, patch):
    channels, (tall, wide) = images.shape[1], patch
    if images.shape[2] % tall or images.shape[3] % wide:
        raise ValueError("does not tile")
    size = channels * tall * wide
    kernel = torch.eye(size, dtype=torch.float64).reshape(size, channels, tall, wide)
    return F.conv2d(images.double(), kernel, stride=patch).flatten(2).mT.to(images.dtype)


ANSWERS = (
    Answer("gathered", gathered, "an index for every number"),
    Answer("split_twice", split_twice, "bands, and patches of each band"),
    Answer("identity_convolution", identity_convolution, "the convolution whose weight is the identity"),
)
