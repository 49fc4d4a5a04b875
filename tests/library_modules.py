"""What the comparisons of a week's references with the libraries' modules share."""

import torch
from torch import nn


def noisy(module: nn.Module) -> nn.Module:
    """Return the module in evaluation mode with noise on every parameter, so that none is 0 or 1."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return module.eval()


def close(ours, theirs, tolerance: float = 1e-5) -> None:
    """Fail unless two values are close, with one absolute and relative tolerance."""
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)
