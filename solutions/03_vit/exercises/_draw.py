"""Tensors for the cases: drawn ones that show every clause, and fixed ones for the boundaries."""

import math

import numpy as np
import torch


def call(*args):
    """Return one case of a function: its arguments."""
    return {"args": list(args), "kwargs": {}}


def value(*args):
    """Return one case of a function that is judged by its value alone: rounding decides the last digits of its gradient."""
    return call(*args) | {"gradient": False}


def drawn(rng: np.random.Generator, *shape: int, scale: float = 1.0, dtype=torch.float32) -> torch.Tensor:
    """Return drawn numbers around 0.3·scale, rounded to compress."""
    return torch.from_numpy(np.round(rng.standard_normal(shape) + 0.3, 2) * scale).to(dtype)


def table(*shape: int, shift: int = 0, dtype=torch.float32) -> torch.Tensor:
    """Return fixed small whole numbers without symmetry."""
    numbers = torch.arange(math.prod(shape))
    return (numbers * 7 % 11 + numbers * numbers % 5 - 6 + shift).reshape(shape).to(dtype)


def numbered(*shape: int, dtype=torch.float32) -> torch.Tensor:
    """Return 0, 1, 2, …: every place has a number of its own."""
    return torch.arange(math.prod(shape)).reshape(shape).to(dtype)


def state_of(
    module: torch.nn.Module, rng: np.random.Generator, scale: float = 0.5
) -> dict[str, torch.Tensor]:
    """Return drawn values for every tensor of a module's state; none is 0 or 1 by design."""
    return {name: drawn(rng, *tensor.shape, scale=scale) for name, tensor in module.state_dict().items()}
