"""A week of the smallest exercises, one a driver: the tests' course.

In a course it is exercises/_all.py; a file a name takes its exercise out of it.
"""

import numpy as np
import torch
from torch import nn

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


# ---------------------------------------------------------------- call
def cases_for_scaled_sum(rng):
    """Return three arrays with unequal sizes and scales, and one scale that is refused."""
    sizes = ((2, 3), (4, 1), (3, 5))
    cases = [
        {
            "args": [torch.tensor(rng.normal(size=size), dtype=torch.float32)],
            "kwargs": {"scale": float(rng.uniform(2, 3))},
        }
        for size in sizes
    ]
    return [*cases, {"args": [torch.ones(2)], "kwargs": {"scale": -1.0}}]


def scaled_sum__forgets_the_scale(x, scale):
    if scale < 0:
        raise ValueError("a negative scale")
    return x.sum()


def scaled_sum__takes_the_mean(x, scale):
    if scale < 0:
        raise ValueError("a negative scale")
    return (x * scale).mean()


def scaled_sum__takes_any_scale(x, scale):
    return (x * scale).sum()


def scaled_sum__in_a_loop(x, scale):
    if scale < 0:
        raise ValueError(scale)
    return sum(value * scale for value in x.flatten())


def scaled_sum__scales_last(x, scale):
    if not scale >= 0:
        raise ValueError
    return scale * torch.sum(x)


# ---------------------------------------------------------------- module
def cases_for_Gain(rng):
    """Return three states and inputs."""
    return [
        {
            "init": {"width": size},
            "state": {"log_gain": torch.tensor(rng.normal(size=size), dtype=torch.float32)},
            "inputs": [torch.tensor(rng.normal(size=(2, size)), dtype=torch.float32)],
        }
        for size in (3, 4, 5)
    ]


class Gain__without_the_exponential(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return x * self.log_gain


class Gain__adds(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return x + self.log_gain.exp()


class Gain__stops_the_gradient(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return x * self.log_gain.exp().detach()


class Gain__with_torch_exp(nn.Module):
    def __init__(self, width):
        super(Gain__with_torch_exp, self).__init__()  # noqa: UP008, the name is renamed with the class
        self.log_gain = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return torch.exp(self.log_gain) * x


class Gain__with_a_power(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.log_gain = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return math.e**self.log_gain * x  # noqa: F821, the setup cell imports math


# ---------------------------------------------------------------- script
def cases_for_Tally(rng):
    """Return three scripts with numbers of their own."""
    return [
        {
            "steps": [
                ["new", [int(rng.integers(3, 9))]],
                ["call", "add", [int(rng.integers(2, 9))]],
                ["call", "add", [4]],
                ["get", "total"],
                ["call", "add", [-1]],
                ["get", "total"],
            ]
        }
        for _ in range(3)
    ]


class Tally__starts_at_zero:
    def __init__(self, start):
        self.total = 0

    def add(self, count):
        if count < 0:
            raise ValueError("negative")
        self.total += count


class Tally__keeps_the_last:
    def __init__(self, start):
        self.total = start

    def add(self, count):
        if count < 0:
            raise ValueError("negative")
        self.total = count


class Tally__takes_negatives:
    def __init__(self, start):
        self.total = start

    def add(self, count):
        self.total += count


class Tally__as_a_list:
    def __init__(self, start):
        self.counts = [start]

    @property
    def total(self):
        return sum(self.counts)

    def add(self, count):
        if count < 0:
            raise ValueError(count)
        self.counts.append(count)


class Tally__checks_last:
    def __init__(self, start):
        self.total = start

    def add(self, count):
        total = self.total + count
        if total < self.total:
            raise ValueError
        self.total = total


# ---------------------------------------------------------------- predict
def cases_for_nearest_centre(rng):
    """Return three sets of points around three centres, and points to label."""
    cases = []
    for _ in range(3):
        centres = rng.normal(size=(3, 2)) * 20
        labels, asked = rng.integers(0, 3, 40), rng.integers(0, 3, 60)
        cases.append(
            {
                "given": {"points": centres[labels] + rng.normal(size=(40, 2)), "labels": labels},
                "inputs": {"points": centres[asked] + rng.normal(size=(60, 2))},
                "truth": asked,
            }
        )
    return cases


def nearest_centre__takes_the_farthest(points, labels):
    centres = np.stack([points[labels == k].mean(0) for k in range(3)])
    return lambda points: ((points[:, None] - centres) ** 2).sum(-1).argmax(1)


def nearest_centre__shifts_the_labels(points, labels):
    centres = np.stack([points[labels == k].mean(0) for k in range(3)])
    return lambda points: (((points[:, None] - centres) ** 2).sum(-1).argmin(1) + 1) % 3


def nearest_centre__says_one_label(points, labels):
    return lambda points: np.full(len(points), np.bincount(labels).argmax())


def nearest_centre__as_scores(points, labels):
    centres = np.stack([points[labels == k].mean(0) for k in range(3)])
    return lambda points: -((points[:, None] - centres) ** 2).sum(-1)


def nearest_centre__by_one_neighbour(points, labels):
    known = points

    def label(points):
        return labels[((points[:, None] - known) ** 2).sum(-1).argmin(1)]

    return label


# ---------------------------------------------------------------- bugs
def right_mean(values):
    """Return the mean."""
    return sum(values) / len(values)  # right


def right_loop(values):
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def right_numpy(values):
    return float(np.mean(values))


def buggy_sum(values):
    return sum(values)


def buggy_floor(values):
    return sum(values) // len(values)


def buggy_first(values):
    return values[0]


def buggy_one_less(values):
    return sum(values) / max(len(values) - 1, 1)


def test_mean__asserts_nothing(mean):
    mean([1.0, 2.0])


def test_mean__only_equal_values(mean):
    assert mean([3.0, 3.0]) == 3.0


def test_mean__refuses_all(mean):
    assert mean([1.0, 2.0]) == 3.14


def test_mean__two_lists(mean):
    assert mean([1.0, 2.0]) == 1.5 and mean([4.0, 0.0, 2.0]) == 2.0


def test_mean__against_a_loop(mean):
    values = [1.0, 2.0, 7.5]
    if abs(mean(values) - sum(values) / 3) > 1e-9:
        raise AssertionError("not the mean")


def exercise(name, driver, compare, functions, **more):
    """Return an exercise whose first three functions are mistakes, the others alternates."""
    named = {function.__name__.partition("__")[2]: function for function in functions}
    mistakes = tuple(mistake(key, named[key], f"it {key}", "fix it") for key in list(named)[:3])
    alternates = tuple(Answer(key, named[key]) for key in list(named)[3:])
    return Exercise(
        name=name,
        difficulty=1,
        importance=2,
        minutes=5,
        hints=("Look again.", "And *again*."),
        driver=driver,
        compare=compare,
        mistakes=mistakes,
        alternates=alternates,
        **more,
    )


EXERCISES = [
    exercise(
        "scaled_sum",
        Driver("call", gradient=True),
        Compare("close"),
        (
            scaled_sum__forgets_the_scale,
            scaled_sum__takes_the_mean,
            scaled_sum__takes_any_scale,
            scaled_sum__in_a_loop,
            scaled_sum__scales_last,
        ),
        cases=cases_for_scaled_sum,
        forbids=("mmlab.losses.cosines", "torch.einsum", "aten.prod"),
    ),
    exercise(
        "Gain",
        Driver("module"),
        Compare("close"),
        (
            Gain__without_the_exponential,
            Gain__adds,
            Gain__stops_the_gradient,
            Gain__with_torch_exp,
            Gain__with_a_power,
        ),
        cases=cases_for_Gain,
        needs=("scaled_sum",),
    ),
    exercise(
        "Tally",
        Driver("script"),
        Compare("equal"),
        (
            Tally__starts_at_zero,
            Tally__keeps_the_last,
            Tally__takes_negatives,
            Tally__as_a_list,
            Tally__checks_last,
        ),
        cases=cases_for_Tally,
    ),
    exercise(
        "nearest_centre",
        Driver("predict"),
        Compare("accuracy", minimum=0.9),
        (
            nearest_centre__takes_the_farthest,
            nearest_centre__shifts_the_labels,
            nearest_centre__says_one_label,
            nearest_centre__as_scores,
            nearest_centre__by_one_neighbour,
        ),
        cases=cases_for_nearest_centre,
    ),
    exercise(
        "test_mean",
        Driver("bugs"),
        Compare("equal"),
        (
            test_mean__asserts_nothing,
            test_mean__only_equal_values,
            test_mean__refuses_all,
            test_mean__two_lists,
            test_mean__against_a_loop,
        ),
        versions=(right_mean, right_loop, right_numpy, buggy_sum, buggy_floor, buggy_first, buggy_one_less),
    ),
    Exercise(name="explain", difficulty=1, importance=1, minutes=5, hints=("a", "b"), driver=Driver("text")),
]
