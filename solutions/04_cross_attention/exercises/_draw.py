"""Tensors for the cases: drawn ones that show every clause, and fixed ones for the boundaries."""

import math

import numpy as np
import torch


def drawn(rng: np.random.Generator, *shape: int, scale: float = 1.0, dtype=torch.float32) -> torch.Tensor:
    """Return drawn numbers around 0.3·scale, rounded to compress."""
    return torch.from_numpy(np.round(rng.standard_normal(shape) + 0.3, 2) * scale).to(dtype)


def table(*shape: int, shift: int = 0, dtype=torch.float32) -> torch.Tensor:
    """Return fixed small whole numbers without symmetry."""
    numbers = torch.arange(math.prod(shape))
    return (numbers * 7 % 11 + numbers * numbers % 5 - 6 + shift).reshape(shape).to(dtype)


def mask(*rows: str) -> torch.Tensor:
    """Return a bool tensor: one string for each row, True where it has an x."""
    return torch.tensor([[letter == "x" for letter in row] for row in rows])


def state_of(
    module: torch.nn.Module, rng: np.random.Generator, scale: float = 0.5
) -> dict[str, torch.Tensor]:
    """Return drawn values for every tensor of a module's state; none is 0 or 1 by design."""
    return {name: drawn(rng, *tensor.shape, scale=scale) for name, tensor in module.state_dict().items()}


def fixed_state(module: torch.nn.Module, scale: float = 0.05) -> dict[str, torch.Tensor]:
    """Return fixed values for every tensor of a module's state."""
    return {
        name: table(*tensor.shape, shift=number % 3) * scale + 0.02
        for number, (name, tensor) in enumerate(module.state_dict().items())
    }
