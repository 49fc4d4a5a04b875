"""The course's two optimizers: Muon and fused AdamW."""

import torch
from torch import Tensor, nn

MUON_OVER_ADAMW = 20 / 3  # ratio of the rates 0.02 and 0.003, which were tuned together


def orthogonal(matrices: Tensor, iterations: int = 5) -> Tensor:
    """Return the nearest matrices with all singular values close to 1.

    matrices  (B, rows, columns) float
    returns   the same shape; singular values within about 0.7 … 1.2
    source    Newton-Schulz with the coefficients of Jordan et al. 2024, Muon
    """
    if matrices.shape[-2] > matrices.shape[-1]:
        return orthogonal(matrices.mT, iterations).mT
    x = matrices / (matrices.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(iterations):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x


class Muon(torch.optim.Optimizer):
    """SGD with momentum and an orthogonalised update, for matrices only.

    Every direction of a weight matrix then changes by the same amount, so rare
    features (here: shape, after colour and size) are probably learned earlier.
    source  Jordan et al. 2024, Muon
    """

    def __init__(self, params, lr: float = 0.02, momentum: float = 0.95):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None):
        """Take one step; matrices of equal shape are orthogonalised in one batch."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    by_shape.setdefault(weight.shape, []).append(weight)
            for (rows, columns), weights in by_shape.items():
                updates = orthogonal(torch.stack([self._direction(w, group) for w in weights]))
                rate = group["lr"] * max(1, rows / columns) ** 0.5
                torch._foreach_add_(weights, list(updates.unbind()), alpha=-rate)

    def _direction(self, weight: Tensor, group: dict) -> Tensor:
        """Return the gradient blended with its momentum (Nesterov)."""
        state = self.state[weight]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
        return weight.grad.lerp(state["momentum"], group["momentum"])


def adamw(model: nn.Module, learning_rate: float = 3e-3) -> list[torch.optim.Optimizer]:
    """Return AdamW over all trainable parameters of `model`."""
    learns = [weight for weight in model.parameters() if weight.requires_grad]
    return [_adamw(learns, learning_rate)]


def muon(model: nn.Module, learning_rate: float = 3e-3) -> list[torch.optim.Optimizer]:
    """Return Muon over the wide matrices of `model` and AdamW over the rest.

    learning_rate  AdamW's peak rate; Muon's is 6.7 times that
    Wide means that both sides are at least 64. Embedding tables do not count, because they
    are looked up and never multiplied.
    """
    tables = {id(part.weight) for part in model.modules() if isinstance(part, nn.Embedding)}
    wide, rest = [], []
    for weight in model.parameters():
        if weight.requires_grad:
            matrix = weight.ndim == 2 and min(weight.shape) >= 64 and id(weight) not in tables
            (wide if matrix else rest).append(weight)
    both = [Muon(wide, MUON_OVER_ADAMW * learning_rate)] if wide else []
    return both + ([_adamw(rest, learning_rate)] if rest else [])


def _adamw(weights: list[Tensor], learning_rate: float) -> torch.optim.Optimizer:
    # fused: a step takes 0.5 ms, against 2.3 ms for a loop over small weights
    return torch.optim.AdamW(weights, learning_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
