"""Right answers to projector_mlp that are written in unusual ways."""

import torch
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


class selected(nn.Module):
    def __init__(self, image_width, width, layer, keep_class):
        super().__init__()
        self.linear_1 = nn.Linear(in_features=image_width, out_features=width)
        self.linear_2 = nn.Linear(width, width, bias=True)
        self.choose = lambda hidden: (
            hidden[layer] if keep_class else hidden[layer].split([1, hidden[layer].shape[1] - 1], 1)[1]
        )

    def forward(self, hidden):
        x = self.linear_1(self.choose(hidden))
        return self.linear_2(x * torch.special.ndtr(x))


class whole_first(nn.Module):
    def __init__(self, image_width, width, layer, keep_class):
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(image_width, width), nn.Linear(width, width)
        self.layer = layer
        self.start = int(not keep_class)

    def forward(self, hidden):
        first, *patches = F.gelu(self.linear_1(hidden[self.layer])).unbind(dim=1)
        tokens = [first, *patches][self.start :]
        return torch.stack([self.linear_2(token) for token in tokens], dim=1)


ANSWERS = (
    Answer("selected", selected, "a split, and GELU from the normal distribution"),
    Answer("whole_first", whole_first, "drops the class token between the layers"),
)
