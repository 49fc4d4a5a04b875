"""learnable_logit_scale: its cases, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import math

import numpy as np
import torch
from torch import nn

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_learnable_logit_scale(rng: np.random.Generator) -> list[dict]:
    """Below the ceiling, above it, a negative log, one to three axes, values that are no cosines."""
    plans = [
        ({}, None, (2, 3)),
        ({"temperature": 0.3}, None, (3, 2)),
        ({"temperature": 0.1, "maximum": 6.0}, None, (4, 3)),
        ({}, 5.2, (2, 4)),
        ({"temperature": 0.2, "maximum": 20.0}, -1.3, (3, 5)),
        ({"maximum": 30.0}, 2.1, (2, 4, 3)),
        ({"temperature": 0.5}, None, (5,)),
    ]
    return [
        {
            "init": init,
            "state": None if log is None else {"log_scale": torch.tensor(log)},
            "inputs": [torch.from_numpy(np.round(rng.uniform(-1.6, 1.6, shape), 3).astype(np.float32))],
        }
        for init, log, shape in plans
    ]


class learnable_logit_scale__learns_the_scale_itself(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.maximum = maximum
        self.log_scale = nn.Parameter(torch.tensor(1 / temperature))

    def forward(self, cosines):
        return cosines * self.log_scale.clamp(max=self.maximum)


class learnable_logit_scale__clamps_the_logits(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.maximum = maximum
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))

    def forward(self, cosines):
        return (cosines * self.log_scale.exp()).clamp(max=self.maximum)


class learnable_logit_scale__clamps_the_logarithm(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.maximum = maximum
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))

    def forward(self, cosines):
        return cosines * self.log_scale.clamp(max=self.maximum).exp()


class learnable_logit_scale__cuts_the_gradient(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.maximum = maximum
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))

    def forward(self, cosines):
        return cosines * min(math.exp(self.log_scale.item()), self.maximum)


class learnable_logit_scale__starts_at_log_temperature(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.maximum = maximum
        self.log_scale = nn.Parameter(torch.tensor(math.log(temperature)))

    def forward(self, cosines):
        return cosines * self.log_scale.exp().clamp(max=self.maximum)


class learnable_logit_scale__clamps_first(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.log_maximum = math.log(maximum)
        self.log_scale = nn.Parameter(-torch.log(torch.tensor(temperature)))

    def forward(self, cosines):
        return torch.exp(torch.clamp(self.log_scale, max=self.log_maximum)) * cosines


class learnable_logit_scale__minimum(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.register_buffer("maximum", torch.tensor(float(maximum)), persistent=False)
        self.log_scale = nn.Parameter(torch.empty(()).fill_(-math.log(temperature)))

    def forward(self, cosines):
        return cosines.mul(torch.minimum(self.log_scale.exp(), self.maximum))


EXERCISE = Exercise(
    name="learnable_logit_scale",
    difficulty=2,
    importance=4,
    minutes=10,
    hints=(
        "A number that an optimiser may change is an `nn.Parameter`; `torch.tensor(3.0)` is a () tensor.",
        "log(1 / T) = −log T. `x.clamp(max=c)` leaves small values and their gradient alone.",
        "Stay with tensors from the parameter to the result: `.item()` and `float()` drop the gradient.",
    ),
    driver=Driver("module"),
    cases=cases_for_learnable_logit_scale,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    misconceptions=(
        Misconception(
            learnable_logit_scale__learns_the_scale_itself,
            "your parameter is the scale 1/T itself: a step too far makes it negative, and pairs repel",
            "store the logarithm, log(1/T), and take exp of it in forward",
        ),
        Misconception(
            learnable_logit_scale__clamps_the_logits,
            "your ceiling holds the results down, not the scale: it is applied after its use",
            "clamp exp(log_scale) to the maximum first, then multiply the cosines by it",
        ),
        Misconception(
            learnable_logit_scale__clamps_the_logarithm,
            "your ceiling is put on the logarithm: a scale of exp(100) would pass",
            "clamp after exp, or clamp the logarithm to log(maximum)",
        ),
        Misconception(
            learnable_logit_scale__cuts_the_gradient,
            "the values are right, but no gradient reaches log_scale: it would never learn",
            "use self.log_scale.exp() in place of .item(), float(), .data or .detach()",
        ),
        Misconception(
            learnable_logit_scale__starts_at_log_temperature,
            "your scale starts at T, not at 1/T",
            "start log_scale at log(1/T), which is −log T",
        ),
    ),
    alternates=(learnable_logit_scale__clamps_first, learnable_logit_scale__minimum),
)
