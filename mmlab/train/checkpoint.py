"""Make training safe to stop: checkpoints, the stop button, and the state of random numbers."""

import contextlib
import signal
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmlab.errors import InputError
from mmlab.files import atomic_write

SAVE_EVERY = 100  # steps between checkpoints; a power cut loses no more than these


@dataclass
class History:
    """The record of a training.

    losses       the loss of every step, in order
    seconds      wall-clock seconds over all sessions
    interrupted  True if it was stopped before its last step
    """

    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def steps(self) -> int:
        """Number of steps so far."""
        return len(self.losses)

    def record(self, steps: int, seed: int) -> dict[str, Any]:
        """Return what a record beside trained weights says of their training, rounded for JSON.

        steps  how many were asked for
        seed   of the batches
        """
        last = self.losses[-100:]
        return {
            "steps": self.steps,
            "of": steps,
            "interrupted": self.interrupted,
            "seed": seed,
            "seconds": round(self.seconds),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "first_loss": round(self.losses[0], 3),
            "last_losses": round(sum(last) / len(last), 3),
        }


class Checkpoint:
    """A file with the state of a training, from which `fit` continues.

    path  None: nothing is stored
    """

    def __init__(self, path, model: nn.Module, optimizers: list, steps: int):
        self.path = None if path is None else Path(path)
        self.model, self.optimizers, self.steps = model, optimizers, steps
        self.device = next(model.parameters()).device

    def save(self, history: History) -> None:
        """Write the file completely, or leave the earlier file unchanged."""
        if self.path is None:
            return
        on_gpu = self.device.type == "cuda"
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "steps": self.steps,
            "history": asdict(history),
            "random": torch.get_rng_state(),
            "random_device": torch.cuda.get_rng_state(self.device) if on_gpu else None,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(self.path, lambda out: torch.save(state, out))

    def load(self) -> History:
        """Return the history to continue, with weights and optimizers restored; a new history if there is no file.

        raises  InputError if the file is damaged, or from another training
        """
        path = self.path
        if path is None or not path.exists():
            return History()
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            steps, history = state["steps"], History(**state["history"])
        except Exception as error:  # torch.load raises many types of error for damaged files
            raise InputError(
                f"fit: the checkpoint {path} cannot be read ({type(error).__name__})",
                "a file that fit(checkpoint=...) wrote",
                f"delete {path}: training then starts again from the first step",
            ) from error
        if steps != self.steps:
            raise InputError(
                f"fit: {path} is from a training of {steps} steps, but steps={self.steps}",
                "the same number of steps, because the learning-rate schedule depends on it",
                f"pass steps={steps}, or another checkpoint= for another training",
            )
        try:
            self.model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
        except (RuntimeError, ValueError, KeyError) as error:
            raise InputError(
                f"fit: {path} holds the weights of another model or optimizer",
                f"the weights of this {type(self.model).__name__}",
                f"pass another checkpoint= for this model, or delete {path}",
            ) from error
        torch.set_rng_state(state["random"].cpu())
        if state["random_device"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_device"].cpu(), self.device)
        return history


@contextlib.contextmanager
def training_mode(model: nn.Module, seed: int):
    """Run the block with the model in training mode and torch seeded; both are restored afterwards."""
    training, device = model.training, next(model.parameters()).device
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        model.train()
        try:
            yield
        finally:
            model.train(training)


class StopButton(contextlib.AbstractContextManager):
    """Delays Ctrl-C until the step is done; a second press stops immediately."""

    def __init__(self):
        self.pressed = False

    def __enter__(self):
        self.holds = threading.current_thread() is threading.main_thread()
        if self.holds:
            self.before = signal.signal(signal.SIGINT, self._press)
        return self

    def _press(self, signum, frame):
        if self.pressed:
            raise KeyboardInterrupt
        self.pressed = True

    def __exit__(self, *_):
        if self.holds:
            signal.signal(signal.SIGINT, self.before)
