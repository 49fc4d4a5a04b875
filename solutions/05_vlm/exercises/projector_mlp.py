"""projector_mlp: LLaVA's two layers from a hidden state of the encoder to the language model's width."""

import torch
from _draw import drawn, state_of, table
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


class written_out(nn.Module):
    def __init__(self, image_width, width, layer, keep_class):
        super().__init__()
        self.options = (layer, keep_class)
        for name, size in (("linear_1", image_width), ("linear_2", width)):
            self.add_module(name, nn.Linear(size, width))

    def forward(self, hidden):
        layer, keep_class = self.options
        x = hidden[layer] @ self.linear_1.weight.T + self.linear_1.bias
        x = 0.5 * x * (1 + torch.erf(x / 2**0.5))
        y = F.linear(x, self.linear_2.weight, self.linear_2.bias)
        return y if keep_class else y[:, 1:]


class patch_by_patch(nn.Module):
    def __init__(self, image_width, width, layer, keep_class):
        super().__init__()
        self.linear_1, self.act, self.linear_2 = (
            nn.Linear(image_width, width),
            nn.GELU(),
            nn.Linear(width, width),
        )
        self.layer, self.keep_class = layer, keep_class

    def forward(self, hidden):
        state = hidden[len(hidden) + self.layer if self.layer < 0 else self.layer]
        first = 1 - bool(self.keep_class)
        tokens = state.narrow(1, first, state.shape[1] - first).unbind(1)
        return torch.stack([self.linear_2(self.act(self.linear_1(token))) for token in tokens], dim=1)


def case(make, batch, patches, image_width, width, layer, keep_class, states=3, state=None) -> dict:
    """Return one case; `make` gives a tensor of a shape."""
    init = {"image_width": image_width, "width": width, "layer": layer, "keep_class": keep_class}
    hidden = [make(batch, 1 + patches, image_width) for _ in range(states)]
    return {"init": init, "state": state(written_out(**init)), "inputs": [hidden]}


def cases(rng):
    """Unequal batches, patches, widths and layers."""
    sizes = ((2, 4, 5, 3, -2, False), (3, 6, 4, 7, 1, False), (2, 3, 6, 5, 0, True), (1, 5, 3, 8, -1, False))
    return [
        case(lambda *shape: drawn(rng, *shape), *size, state=lambda module: state_of(module, rng)) for size in sizes
    ]  # fmt: skip


def fixed_state(module):
    """Return fixed values for every tensor of a module's state."""
    return {name: table(*part.shape, shift=n) * 0.1 + 0.03 for n, (name, part) in enumerate(module.state_dict().items())}  # fmt: skip


def fixed(*size, states=3, scale=0.25) -> dict:
    """Return one case with fixed tensors, another one for each hidden state."""
    numbers = iter(range(states))
    return case(
        lambda *shape: table(*shape, shift=next(numbers)) * scale, *size, states=states, state=fixed_state
    )


CLAUSES = {
    "each layer, from both ends": [
        fixed(2, 3, 4, 3, layer, False, states=4) for layer in (0, 1, 2, 3, -1, -2, -3, -4)
    ],
    "with and without the class token": [fixed(2, 3, 4, 3, -2, True), fixed(2, 3, 4, 3, 0, False)],
    "one image, one patch": [
        fixed(1, 1, 4, 3, -2, False),
        fixed(1, 1, 4, 3, -2, True),
        fixed(3, 1, 2, 5, -1, False),
    ],
    "equal widths, width 1": [
        fixed(2, 3, 4, 4, -2, False),
        fixed(2, 2, 1, 1, -2, False),
        fixed(2, 2, 1, 3, -2, True),
    ],
    "one hidden state": [fixed(2, 3, 4, 3, -1, False, states=1), fixed(2, 3, 4, 3, 0, True, states=1)],
    "small and large numbers": [
        fixed(2, 3, 4, 3, -2, False, scale=0.01),
        fixed(2, 3, 4, 3, -2, False, scale=3.0),
    ],
}

LAST = "self.linear_2(F.gelu(self.linear_1(patches)))"

EXERCISE = Exercise(
    difficulty=1,
    importance=4,
    minutes=15,
    hints=(
        "Make `self.linear_1 = nn.Linear(image_width, width)` and `self.linear_2 = nn.Linear(width, width)`, and store `layer` and `keep_class`.",
        "`hidden[layer]` works for negative numbers as well. `[:, 1:]` along the tokens drops the class token, once.",
        "`self.linear_2(F.gelu(self.linear_1(patches)))`: nothing follows the second layer.",
    ),
    driver=Driver("module"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close"),
    mistakes=(
        mistake(
            "activation_after_the_last_layer",
            {LAST: f"F.gelu({LAST})"},
            "your result goes through a GELU at the end, so an image token can hardly be negative",
            "put the GELU between the two layers only",
        ),
        mistake(
            "class_token_dropped_twice",
            {"self.linear_1(patches)": "self.linear_1(patches[:, self.first :])"},
            "you drop a token twice, and the first patch is lost",
            "drop the class token once",
        ),
        mistake(
            "class_token_kept",
            {"[:, self.first :]": ""},
            "the class token is still there although it was not wanted",
            "drop the first token unless keep_class is True",
        ),
        mistake(
            "last_token_dropped",
            {"[:, self.first :]": "[:, : hidden[self.layer].shape[1] - self.first]"},
            "you drop the last patch, but the class token stands first",
            "use [:, 1:]",
        ),
        mistake(
            "last_layer_always",
            {"hidden[self.layer]": "hidden[-1]"},
            "you always use the last hidden state",
            "use hidden[layer]",
        ),
        mistake(
            "last_layer_but_one_always",
            {"hidden[self.layer]": "hidden[max(len(hidden) - 2, 0)]"},
            "you always use the last hidden state but one",
            "use hidden[layer]: LLaVA's choice is only one of them",
        ),
        mistake(
            "no_activation",
            {"F.gelu(self.linear_1(patches))": "self.linear_1(patches)"},
            "your two layers have nothing between them, so together they are one linear layer",
            "put a GELU between them",
        ),
        mistake("relu", {"F.gelu": "F.relu"}, "you use a ReLU", "use F.gelu"),
        mistake(
            "gelu_of_tanh",
            {"F.gelu(self.linear_1(patches))": 'F.gelu(self.linear_1(patches), approximate="tanh")'},
            "you use the approximate GELU",
            "use F.gelu without options",
        ),
        mistake(
            "second_layer_twice",
            {LAST: f"self.linear_2(F.gelu({LAST}))"},
            "your second layer runs twice",
            "use each layer once",
        ),
    ),
    alternates=(written_out, patch_by_patch),
    equivalent={},
    forbids=(
        "mmlab.models.vlm.Projector",
        "transformers.models.llava.modeling_llava.LlavaMultiModalProjector",
    ),
)
