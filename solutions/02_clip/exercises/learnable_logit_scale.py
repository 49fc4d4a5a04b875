"""learnable_logit_scale: the scale 1/T as a parameter, learned by its logarithm, with a ceiling."""

import math

import numpy as np
import torch
from torch import nn

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def scaled(init, log_scale, cosines):
    """Return one case: arguments of the class, the parameter's value (None: as it starts), the input."""
    return {
        "init": init,
        "state": None if log_scale is None else {"log_scale": torch.tensor(log_scale)},
        "inputs": [cosines],
    }


def cases(rng):
    """Below the ceiling, above it, a negative logarithm, one to three axes."""
    plans = [
        ({}, None, (2, 3)),
        ({"temperature": 0.3}, None, (3, 2)),
        ({"temperature": 0.1, "maximum": 6.0}, None, (4, 3)),
        ({}, 5.2, (2, 4)),
        ({"temperature": 0.2, "maximum": 20.0}, -1.3, (3, 5)),
        ({"maximum": 30.0}, 2.1, (2, 4, 3)),
        ({"temperature": 0.5}, None, (5,)),
    ]
    drawn = [np.round(rng.uniform(-1.6, 1.6, shape), 3).astype(np.float32) for _, _, shape in plans]
    return [scaled(*plan[:2], torch.from_numpy(cosines)) for plan, cosines in zip(plans, drawn, strict=True)]


ROW = torch.tensor([0.5, -1.0, 0.0, 3.0])

CLAUSES = {
    "a start above the ceiling": [scaled({"temperature": 0.005}, None, ROW)],
    "each object has its own ceiling": [
        scaled({"temperature": 0.001, "maximum": 10.0}, None, ROW),
        scaled({"temperature": 0.001, "maximum": 50.0}, None, ROW),
        scaled({"temperature": 0.001}, None, ROW),
    ],
    "a temperature above 1": [scaled({"temperature": 4.0}, None, ROW)],
    "a ceiling below 1": [scaled({"maximum": 0.5}, -0.2, ROW), scaled({"maximum": 0.5}, -2.0, ROW)],
    "no axis, and four": [scaled({}, 1.0, torch.tensor(-0.25)), scaled({}, 1.0, ROW.reshape(2, 1, 2, 1))],
    "numbers that are no cosines": [scaled({}, 1.0, ROW * 1e4), scaled({}, 5.0, ROW * 1e4)],
    "zeros, and no number at all": [scaled({}, 1.0, torch.zeros(3)), scaled({}, 1.0, torch.zeros(0, 4))],
    "a logarithm of 0": [scaled({}, 0.0, ROW), scaled({"temperature": 1.0}, None, ROW)],
    "a scale near 0": [scaled({}, -5.0, ROW)],
}


class clamps_first(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.log_maximum = math.log(maximum)
        self.log_scale = nn.Parameter(-torch.log(torch.tensor(temperature)))

    def forward(self, cosines):
        return torch.exp(torch.clamp(self.log_scale, max=self.log_maximum)) * cosines


class ceiling_by_minimum(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.register_buffer("maximum", torch.tensor(float(maximum)), persistent=False)
        self.log_scale = nn.Parameter(torch.empty(()).fill_(-math.log(temperature)))

    def forward(self, cosines):
        return cosines.mul(torch.minimum(self.log_scale.exp(), self.maximum))


START, SCALE = "torch.tensor(math.log(1 / temperature))", "self.log_scale.exp().clamp(max=self.maximum)"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=10,
    hints=(
        "A number that an optimiser may change is an `nn.Parameter`; `torch.tensor(3.0)` is a () tensor.",
        "log(1 / T) = −log T. `x.clamp(max=c)` does not change smaller values and their gradients.",
        "Use tensors from the parameter to the result: `.item()` and `float()` drop the gradient.",
    ),
    driver=Driver("module", state=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    mistakes=(
        mistake(
            "learns_the_scale_itself",
            {START: "torch.tensor(1 / temperature)", SCALE: "self.log_scale.clamp(max=self.maximum)"},
            "your parameter is the scale 1/T itself: a step too far makes it negative, and pairs repel",
            "store the logarithm, log(1/T), and take exp of it in forward",
        ),
        mistake(
            "clamps_the_logits",
            {f"cosines * {SCALE}": "(cosines * self.log_scale.exp()).clamp(max=self.maximum)"},
            "your ceiling holds the results down, not the scale: it is applied after its use",
            "clamp exp(log_scale) to the maximum first, then multiply the cosines by it",
        ),
        mistake(
            "clamps_the_logarithm",
            {SCALE: "self.log_scale.clamp(max=self.maximum).exp()"},
            "your ceiling is put on the logarithm: a scale of exp(100) would pass",
            "clamp after exp, or clamp the logarithm to log(maximum)",
        ),
        mistake(
            "cuts_the_gradient",
            {SCALE: "min(math.exp(self.log_scale.item()), self.maximum)"},
            "the values are right, but no gradient reaches log_scale: it would never learn",
            "use self.log_scale.exp() in place of .item(), float(), .data or .detach()",
        ),
        mistake(
            "starts_at_log_temperature",
            {START: "torch.tensor(math.log(temperature))"},
            "your scale starts at T, not at 1/T",
            "start log_scale at log(1/T), which is −log T",
        ),
    ),
    alternates=(clamps_first, ceiling_by_minimum),
)
