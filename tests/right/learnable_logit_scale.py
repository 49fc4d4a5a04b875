"""Right answers to learnable_logit_scale that are written in unusual ways."""

import math

import torch
from torch import nn

from mmlab.instructor.authoring.exercise import Answer


class registered_by_name(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.register_parameter("log_scale", nn.Parameter(torch.as_tensor(-math.log(temperature))))
        self.limit = {"max": maximum}

    def forward(self, cosines):
        return torch.clamp(torch.exp(self.log_scale), **self.limit) * cosines


class by_cases(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.log_scale, self.maximum = nn.Parameter(torch.log(torch.tensor(1.0 / temperature))), maximum

    def forward(self, cosines):
        scale = self.log_scale.exp()
        return cosines * torch.where(scale > self.maximum, torch.full_like(scale, self.maximum), scale)


ANSWERS = (
    Answer("registered_by_name", registered_by_name, "register_parameter and keyword arguments"),
    Answer("by_cases", by_cases, "torch.where instead of a clamp"),
)
