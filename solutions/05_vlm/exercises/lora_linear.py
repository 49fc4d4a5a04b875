"""lora_linear: a frozen linear layer with a learned change of low rank, which can be merged."""

import torch
from _draw import drawn, table
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


class two_weights(nn.Module):
    def __init__(self, weight, bias, down, alpha):
        super().__init__()
        for name, tensor, learns in (("weight", weight, False), ("bias", bias, False), ("down", down, True)):
            self.register_parameter(
                name, tensor if tensor is None else nn.Parameter(tensor.clone(), requires_grad=learns)
            )
        self.up = nn.Parameter(torch.zeros(weight.shape[0], down.shape[0]))
        self.alpha, self.before = alpha, None

    def gradients(self, x):
        self.zero_grad()
        self(x).square().mean().backward()
        return {name: parameter.grad for name, parameter in self.named_parameters()}

    def forward(self, x):
        weight = self.weight
        if self.before is None:
            weight = weight + self.up @ self.down * self.alpha / self.down.shape[0]
        return F.linear(x, weight, self.bias)

    @torch.no_grad()
    def merge(self):
        if self.before is None:
            self.before = self.weight.clone()
            self.weight.add_(self.up.mm(self.down), alpha=self.alpha / self.down.shape[0])

    @torch.no_grad()
    def unmerge(self):
        if self.before is not None:
            self.weight.copy_(self.before)
            self.before = None

    def trainable(self):
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)


class branches(nn.Module):
    def __init__(self, weight, bias, down, alpha):
        super().__init__()
        self.weight, self.down = nn.Parameter(weight.detach().clone()), nn.Parameter(down.detach().clone())
        self.bias = bias if bias is None else nn.Parameter(bias.detach().clone())
        self.up = nn.Parameter(weight.new_zeros((weight.shape[0], down.shape[0])))
        for parameter in (self.weight, self.bias):
            if parameter is not None:
                parameter.requires_grad = False
        self.factor, self.sign = float(alpha) / down.shape[0], 1

    def gradients(self, x):
        self.zero_grad()
        self(x).square().mean().backward()
        return {name: parameter.grad for name, parameter in self.named_parameters()}

    def forward(self, x):
        y = x @ self.weight.T
        if self.bias is not None:
            y = y + self.bias
        if self.sign == 1:
            y = y + torch.einsum("...i,ri,or->...o", x, self.down, self.up) * self.factor
        return y

    def change(self, sign):
        if self.sign == sign:
            with torch.no_grad():
                self.weight += sign * self.factor * torch.einsum("or,ri->oi", self.up, self.down)
            self.sign = -sign

    def merge(self):
        self.change(1)

    def unmerge(self):
        self.change(-1)

    def trainable(self):
        return len(self.down) * (self.weight.shape[0] + self.weight.shape[1])


def layer(make, outputs, inputs, rank, alpha, *steps, bias=True, trained=True) -> dict:
    """Return one case: the layer's sizes and what is called; `trained` gives `up` other values than 0.

    steps  "x": call the layer; "gradients", "merge", "unmerge", "trainable", or the name of a tensor
    """
    given = [make(outputs, inputs), make(outputs) if bias else None, make(rank, inputs), alpha]
    calls = [["new", given]]
    if trained:
        calls.append(["set", "up.data", make(outputs, rank)])
    for step in steps:
        if step in ("weight", "bias", "up", "down", "up.requires_grad", "down.requires_grad"):
            calls.append(["get", step])
        elif step in ("x", "gradients"):
            calls.append(["call", step.replace("x", ""), [make(3, inputs)]])
        else:
            calls.append(["call", step])
    return {"steps": calls}


ALL = (
    "weight",
    "bias",
    "down",
    "up",
    "x",
    "gradients",
    "trainable",
    "merge",
    "weight",
    "x",
    "unmerge",
    "weight",
    "x",
    "gradients",
)


def cases(rng):
    """Unequal widths and ranks, several values of alpha."""
    sizes = ((5, 3, 2, 6), (4, 7, 3, 2), (6, 6, 2, 1), (3, 8, 1, 0.5))
    return [layer(lambda *shape: drawn(rng, *shape, scale=0.7), *size, *ALL) for size in sizes]


def fixed(*size, **options) -> dict:
    """Return one case with fixed tensors."""
    numbers = iter(range(100))
    return layer(lambda *shape: table(*shape, shift=next(numbers)) / 5, *size, **options)


def of_shape(*shape) -> dict:
    """Return one case whose input has another shape."""
    case = fixed(4, 3, 2, 3)
    x = table(*shape) / 4
    case["steps"] += [["call", "", [x]], ["call", "merge"], ["call", "", [x]]]
    return case


LEARNED = ("up.requires_grad", "down.requires_grad")
CLAUSES = {
    "the start is the trained layer": [fixed(4, 3, 2, 5, *ALL, trained=False), fixed(3, 5, 1, 2, "x", "gradients", "up", trained=False, bias=False)],
    "no bias": [fixed(4, 3, 2, 3, *(step for step in ALL if step != "bias"), bias=False), fixed(4, 3, 2, 3, "bias", "gradients", bias=False)],
    "alpha over the rank": [fixed(4, 3, rank, alpha, "x", "gradients", "merge", "weight") for rank, alpha in ((1, 1), (2, 8), (3, 3), (2, 0.5), (4, 16), (2, -1))],
    "a merge of a merged layer": [fixed(4, 3, 2, 3, "merge", "merge", "weight", "x", "unmerge", "weight", "x"), fixed(4, 3, 2, 3, "merge", "unmerge", "merge", "weight", "x")],
    "an unmerge of one that is not merged": [fixed(4, 3, 2, 3, "unmerge", "weight", "x", "gradients", "merge", "weight"), fixed(4, 3, 2, 3, "merge", "unmerge", "unmerge", "weight", "x", "gradients")],
    "down and up stay": [fixed(4, 3, 2, 3, "merge", "down", "up", "unmerge", "down", "up"), fixed(4, 3, 2, 3, "merge", "trainable", "unmerge", "trainable"), fixed(4, 3, 2, 3, "merge", *LEARNED, "unmerge", *LEARNED, "down", "up")],
    "equal widths": [fixed(4, 4, 2, 3, *ALL), fixed(3, 3, 3, 2, *ALL)],
    "width 1, rank 1, a rank above the widths": [fixed(1, 1, 1, 2, *ALL), fixed(2, 1, 3, 2, *ALL), fixed(1, 4, 2, 2, *ALL)],
    "inputs of any shape": [of_shape(3), of_shape(2, 5, 3), of_shape(2, 1, 4, 3), of_shape(1, 3)],
}  # fmt: skip

WEIGHT = "nn.Parameter(weight, requires_grad=False)"
UP = "nn.Parameter(down.new_zeros(len(weight), len(down)))"
ADD = "self.weight.data += self.scale * (self.up @ self.down)"
TAKE = "self.weight.data -= self.scale * (self.up @ self.down)"
FORWARD = "y if self.merged else y + self.scale * (x @ self.down.T @ self.up.T)"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=20,
    hints=(
        "`nn.Parameter(weight, requires_grad=False)` is a frozen parameter. `self.bias = None` is right where there is no bias, and `F.linear(x, weight, None)` accepts it.",
        "B is (O, r) and A is (r, I), so `up @ down` has the shape of the weight. For x (…, I) the change is `x @ down.T @ up.T`, which never builds the large matrix.",
        "Remember in a flag whether the change is in the weight. If it is, the forward must not add it again.",
        "With `self.scale = alpha / len(down)`, `self.weight.data.add_(…)` takes scale · up · down in, and `sub_` takes it out again in unmerge; both only if the flag says so.",
    ),
    driver=Driver("script"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "both_random",
            {UP: UP.replace("new_zeros", "new_ones")},
            "your layer does not start as the trained layer: B is not 0",
            "start up at 0; down is not 0, so that up has a gradient",
        ),
        mistake(
            "alpha_alone",
            {"alpha / len(down)": "alpha"},
            "you multiply the change by alpha instead of alpha / r, so a larger rank learns faster",
            "divide alpha by the rank",
        ),
        mistake(
            "no_scale",
            {"alpha / len(down)": "1.0"},
            "your change is not multiplied by alpha / r",
            "multiply it in forward, and in merge and unmerge",
        ),
        mistake(
            "weight_learns",
            {WEIGHT: WEIGHT.replace(", requires_grad=False", "")},
            "the trained weight learns as well: nothing is saved",
            "freeze it with requires_grad=False",
        ),
        mistake(
            "bias_learns",
            {"nn.Parameter(bias, requires_grad=False)": "nn.Parameter(bias)"},
            "the bias learns as well",
            "freeze it with requires_grad=False",
        ),
        mistake(
            "added_after_the_merge",
            {FORWARD: "y + self.scale * (x @ self.down.T @ self.up.T)"},
            "after the merge your forward adds the change a second time",
            "leave it out while the layer is merged",
        ),
        mistake(
            "merged_twice",
            {"if not self.merged:\n            ": ""},
            "a second merge adds the change again",
            "do nothing if the layer is merged",
        ),
        mistake(
            "unmerged_without_a_merge",
            {"if self.merged:\n            ": ""},
            "your unmerge takes the change out of a weight that does not have it",
            "do nothing if the layer is not merged",
        ),
        mistake(
            "merge_without_scale",
            {ADD: ADD.replace("self.scale * ", ""), TAKE: TAKE.replace("self.scale * ", "")},
            "your merged weight has the change without alpha / r, so the merge changes the output",
            "multiply it in merge and unmerge, too",
        ),
        mistake(
            "unmerge_forgets_the_weight",
            {TAKE: "pass"},
            "your unmerge leaves the change in the weight, and the forward adds it again",
            "subtract it",
        ),
        mistake(
            "down_frozen",
            {"nn.Parameter(down)": "nn.Parameter(down, requires_grad=False)"},
            "down gets no gradient",
            "both factors are learned",
        ),
        mistake(
            "all_counted",
            {
                "self.down.numel() + self.up.numel()": "sum(parameter.numel() for parameter in self.parameters())"
            },
            "you count the frozen numbers as well",
            "count down and up: r · (I + O)",
        ),
    ),
    alternates=(two_weights, branches),
    equivalent={},
    forbids=("torch.nn.utils.parametrize.register_parametrization",),
)
