"""Cases of this week: tensors, rows of ids, and numbers in percent."""

import torch

from mmlab.instructor.authoring.draws import call, drawn, table  # noqa: F401, for the exercises


def percent(*rows: str, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Return rows of numbers that are given in percent: "5 25" is the row 0.05, 0.25."""
    return torch.tensor([[float(number) / 100 for number in row.split()] for row in rows], dtype=dtype)


def rows_of(*rows: str) -> torch.Tensor:
    """Return rows of whole numbers, (B, T) int64."""
    return torch.tensor([[int(number) for number in row.split()] for row in rows])
