"""to_model_tensor: cases of unequal sides, wrong orders of the three steps, right answers.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np
import torch

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_to_model_tensor(rng: np.random.Generator) -> list[dict]:
    """Return six pictures of unequal sides, two of them dark, each with three means and three spreads of its own."""
    cases = []
    for height, width in ((5, 8), (9, 4), (1, 7), (12, 3), (6, 11), (2, 5)):
        image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        mean = [round(float(m), 4) for m in rng.permutation([0.31, 0.42, 0.55]) + rng.uniform(0, 0.05, 3)]
        std = [round(float(s), 4) for s in rng.permutation([0.18, 0.24, 0.33]) + rng.uniform(0, 0.03, 3)]
        cases.append({"args": [image, tuple(mean), tuple(std)], "kwargs": {}})
    for case in cases[3:5]:  # one picture so dark that no number is above 1, one that is black
        case["args"][0] = (case["args"][0] % (2 if case is cases[3] else 1)).astype(np.uint8)
    return cases


def to_model_tensor__forgets_to_divide_by_255(image, mean, std):
    scaled = (torch.tensor(image, dtype=torch.float32) - torch.tensor(mean)) / torch.tensor(std)
    return scaled.permute(2, 0, 1)


def to_model_tensor__normalises_before_scaling(image, mean, std):
    scaled = (torch.tensor(image, dtype=torch.float32) - torch.tensor(mean)) / torch.tensor(std)
    return scaled.permute(2, 0, 1) / 255


def to_model_tensor__leaves_the_channels_last(image, mean, std):
    return (torch.tensor(image, dtype=torch.float32) / 255 - torch.tensor(mean)) / torch.tensor(std)


def to_model_tensor__reshapes_in_place_of_permuting(image, mean, std):
    scaled = (torch.tensor(image, dtype=torch.float32) / 255 - torch.tensor(mean)) / torch.tensor(std)
    return scaled.reshape(3, image.shape[0], image.shape[1])


def to_model_tensor__reads_the_channels_backwards(image, mean, std):
    pixels = torch.tensor(image[..., ::-1].copy(), dtype=torch.float32) / 255
    return ((pixels - torch.tensor(mean)) / torch.tensor(std)).permute(2, 0, 1)


def to_model_tensor__with_numpy(image, mean, std):
    scaled = (np.asarray(image, np.float64) / 255 - np.asarray(mean)) / np.asarray(std)
    return torch.tensor(np.moveaxis(scaled, -1, 0).astype(np.float32))


def to_model_tensor__channel_by_channel(image, mean, std):
    planes = []
    for channel in range(3):
        plane = torch.tensor(image[:, :, channel].astype(np.float32))
        planes.append((plane / 255 - mean[channel]) / std[channel])
    return torch.stack(planes)


EXERCISE = Exercise(
    name="to_model_tensor",
    difficulty=1,
    importance=5,
    minutes=15,
    hints=(
        "Follow one number: the red of the first pixel, say 128. What should it be after the "
        "division by 255, and then after the mean and the spread of the *first* channel?",
        "`torch.tensor(image)` keeps uint8. Convert to float32 first, then compute while the "
        "channels are still last: a shape (3,) lines up with (Y, X, 3) by itself.",
        "`permute(2, 0, 1)` moves the channels to the front. `reshape(3, Y, X)` has the same "
        "shape and shuffles the pixels.",
    ),
    driver=Driver("call"),
    cases=cases_for_to_model_tensor,
    compare=Compare("close", rtol=1e-6, atol=1e-6, dtype=True),
    misconceptions=(
        Misconception(
            to_model_tensor__forgets_to_divide_by_255,
            "your numbers are those of pixels still between 0 and 255",
            "divide by 255 before taking the mean away",
        ),
        Misconception(
            to_model_tensor__normalises_before_scaling,
            "your numbers come from normalising first and dividing by 255 afterwards",
            "divide by 255 first: mean and std are given for pixels between 0 and 1",
        ),
        Misconception(
            to_model_tensor__leaves_the_channels_last,
            "your tensor still has its channels last, (Y, X, 3)",
            "move the last axis to the front with permute(2, 0, 1)",
        ),
        Misconception(
            to_model_tensor__reshapes_in_place_of_permuting,
            "your tensor has the right shape and its pixels shuffled, as reshape gives",
            "use permute: reshape only cuts the same row of numbers at other places",
        ),
        Misconception(
            to_model_tensor__reads_the_channels_backwards,
            "your red is in the blue channel: the picture was read as BGR",
            "leave the order of the channels as it is: the picture is RGB already",
        ),
    ),
    alternates=(to_model_tensor__with_numpy, to_model_tensor__channel_by_channel),
)
