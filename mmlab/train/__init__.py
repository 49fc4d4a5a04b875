"""Training, counted in steps: one `fit`, two optimizers, and the course's recipes."""

from mmlab.train.loop import History, fit, one_cycle
from mmlab.train.optimizers import Muon, adamw, muon, orthogonal

__all__ = ["History", "Muon", "adamw", "fit", "muon", "one_cycle", "orthogonal"]
