"""A model at work, not in training: evaluation mode and no gradients."""

from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def inference(model: nn.Module):
    """Run the block with a model in evaluation mode and without gradients; yields the model's device."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield next(model.parameters()).device
    finally:
        model.train(training)
