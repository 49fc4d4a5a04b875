"""to_model_tensor: a uint8 image, scaled, normalised and with its channels first."""

import numpy as np
import torch

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def call(image, mean, std):
    """Return one case: the arguments of the function."""
    return {"args": [image, mean, std], "kwargs": {}}


def cases(rng):
    """Unequal sides, and three means and standard deviations of its own for each image."""
    drawn = []
    for height, width in ((5, 8), (9, 4), (12, 3), (6, 11)):
        image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        mean = [round(float(m), 4) for m in rng.permutation([0.31, 0.42, 0.55]) + rng.uniform(0, 0.05, 3)]
        std = [round(float(s), 4) for s in rng.permutation([0.18, 0.24, 0.33]) + rng.uniform(0, 0.03, 3)]
        drawn.append(call(image, tuple(mean), tuple(std)))
    return drawn


def image(height, width, largest=255):
    """Return a fixed (height, width, 3) uint8 without symmetry, between 0 and `largest`."""
    pixels = np.arange(height * width * 3) * 89 % 251 % (largest + 1)
    return pixels.reshape(height, width, 3).astype(np.uint8)


MEAN, STD = (0.31, 0.57, 0.44), (0.18, 0.33, 0.24)
CLAUSES = {
    "a dark image is scaled like any other": [call(image(4, 3, largest), MEAN, STD) for largest in (0, 1, 2)],
    "an image of one colour": [call(np.full((2, 3, 3), 255, np.uint8), MEAN, STD)],
    "one row, one column, one pixel": [call(image(*sides), MEAN, STD) for sides in ((1, 7), (6, 1), (1, 1))],
    "equal means or equal standard deviations": [
        call(image(3, 4), (0.31, 0.57, 0.44), (0.25, 0.25, 0.25)),
        call(image(4, 2), (0.5, 0.5, 0.5), (0.18, 0.33, 0.24)),
        call(image(3, 2), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        call(image(2, 3), (0.18, 0.33, 0.24), (0.18, 0.33, 0.24)),
    ],
    "hundreds of rows or columns": [
        call(image(*sides), MEAN, STD) for sides in ((1030, 1), (1, 1030), (300, 5))
    ],
    "three rows or three columns are no channels": [
        call(image(*sides), MEAN, STD) for sides in ((3, 5), (5, 3), (3, 3))
    ],
    "no value is cut off": [
        call(np.full((2, 3, 3), 255, np.uint8), (0.0, 0.1, 0.2), (0.001, 0.02, 0.01)),
        call(np.zeros((3, 2, 3), np.uint8), (1.0, 0.9, 0.8), (0.01, 0.001, 0.02)),
        call(image(3, 3, 1), (-0.5, 2.0, 0.0), (0.25, 4.0, 2.0)),
        call(image(4, 5), (0.0, 0.0, 0.0), (0.001, 0.02, 0.3)),
        call(image(4, 5, 200), (1.0, 1.0, 1.0), (0.02, 0.001, 0.3)),
    ],
    "mean 0 and standard deviation 1 still divide by 255": [
        call(image(4, 5), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    ],
}


def with_numpy(image, mean, std):
    scaled = (np.asarray(image, np.float64) / 255 - np.asarray(mean)) / np.asarray(std)
    return torch.tensor(np.moveaxis(scaled, -1, 0).astype(np.float32))


def channel_by_channel(image, mean, std):
    planes = []
    for channel in range(3):
        plane = torch.tensor(image[:, :, channel].astype(np.float32))
        planes.append((plane / 255 - mean[channel]) / std[channel])
    return torch.stack(planes)


EXERCISE = Exercise(
    difficulty=1,
    importance=5,
    minutes=15,
    hints=(
        "Follow one number: the red of the first pixel, say 128. What should it be after the division by 255, and then "
        "after the mean and the standard deviation of the *first* channel?",
        "Compute while the channels are still last: a shape (3,) lines up with (Y, X, 3) by itself. "
        "`torch.tensor(image) / 255` is float32 already, because dividing integers gives floats.",
        "`permute(2, 0, 1)` moves the channels to the front. `reshape(3, Y, X)` has the same shape and shuffles the pixels.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-6, atol=1e-6, dtype=True),
    mistakes=(
        mistake(
            "forgets_to_divide_by_255",
            {" / 255": ""},
            "your numbers are those of pixels still between 0 and 255",
            "divide by 255 before you subtract the mean",
        ),
        mistake(
            "normalises_before_scaling",
            {" / 255": "", "(2, 0, 1)": "(2, 0, 1) / 255"},
            "your numbers come from normalising first and dividing by 255 afterwards",
            "divide by 255 first: mean and std are given for pixels between 0 and 1",
        ),
        mistake(
            "leaves_the_channels_last",
            {".permute(2, 0, 1)": ""},
            "your tensor still has its channels last, (Y, X, 3)",
            "move the last axis to the front with permute(2, 0, 1)",
        ),
        mistake(
            "reshapes_in_place_of_permuting",
            {".permute(2, 0, 1)": ".reshape(3, *image.shape[:2])"},
            "your tensor has the right shape and its pixels shuffled, as reshape gives",
            "use permute: reshape only cuts the same row of numbers at other places",
        ),
        mistake(
            "reads_the_channels_backwards",
            {"torch.tensor(image)": "torch.tensor(image[..., ::-1].copy())"},
            "your red is in the blue channel: the image was read as BGR",
            "leave the order of the channels as it is: the image is RGB already",
        ),
    ),
    alternates=(with_numpy, channel_by_channel),
    forbids=("mmlab.data.preprocess",),
)
