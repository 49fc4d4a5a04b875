"""Random embeddings that show every clause: no unit length, nothing centred, nothing symmetric."""

import numpy as np
import torch


def vectors(rng: np.random.Generator, rows: int, width: int, length: float = 1.0) -> torch.Tensor:
    """Return (rows, width) float32 of unequal lengths around `length`, off centre, rounded to compress."""
    drawn = rng.standard_normal((rows, width)) + 0.4 * rng.standard_normal(width)
    drawn *= rng.uniform(0.4, 2.5, (rows, 1))
    return torch.from_numpy((np.round(drawn, 2) * length).astype(np.float32))
