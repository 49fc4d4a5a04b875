"""One training loop, `fit`, counted in steps.

- `fit` counts steps, never seconds or epochs: the same seed and the same number
  of steps give the same weights, on one machine and number of threads, bit for bit.
- The world never runs out of scenes, so there are no epochs and nothing to overfit.
- The rate follows one cycle: up over the first fifth, down to zero at the end.
- The stop button ends a run between two steps: what was learned stays, and with
  `checkpoint=` the next call goes on where the last one stopped.
"""

import contextlib
import itertools
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from mmlab.errors import InputError, ShapeError
from mmlab.train.optimizers import muon

SAVE_EVERY = 100  # steps between checkpoints: a power cut costs at most these


@dataclass
class History:
    """What a training did.

    losses       the loss of every step, in order
    seconds      wall-clock seconds over all its sittings
    interrupted  True when it was stopped before its last step
    """

    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def steps(self) -> int:
        """Steps taken so far."""
        return len(self.losses)


def one_cycle(step: int, steps: int, rise: float = 0.2) -> float:
    """Return the share of the peak rate that step `step` of `steps` trains with.

    step    0 … steps - 1
    rise    share of the steps over which the rate climbs; it falls as a cosine after
    source  Smith and Topin 2018, Super-Convergence

    >>> [round(one_cycle(step, 10), 2) for step in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.04]
    """
    top = max(1, round(rise * steps))
    if step < top:
        return (step + 1) / top
    return 0.5 * (1 + math.cos(math.pi * (step - top) / max(1, steps - top)))


def fit(
    model: nn.Module,
    batches: Iterable,
    loss: Callable[..., Tensor],
    steps: int,
    *,
    optimizer: Callable[[nn.Module, float], list] = muon,
    learning_rate: float = 3e-3,
    schedule: Callable[[int, int], float] = one_cycle,
    seed: int = 0,
    checkpoint: str | os.PathLike | None = None,
    on_step: Callable[[int, float], object] | None = None,
) -> History:
    """Train `model` in place for a number of steps and return what happened.

    model          trained where it is: on the CPU or on a GPU
    batches        endless tuples of tensors (B, ...); with `at(step)`, as the streams
                   of `mmlab.data` have, a resumed run starts there without drawing the past
    loss           loss(model, *batch) -> () tensor
    steps          how many steps in all, earlier sittings included
    optimizer      `muon` or `adamw`: (model, learning_rate) -> list of optimizers
    learning_rate  the peak; `schedule(step, steps)` gives each step's share of it
    seed           for what the model draws while it trains (dropout); your own stream of
                   random numbers is left as it was
    checkpoint     a file: written now and then and at the end, and gone on from if there
    on_step        on_step(step, loss) after each step, counted from 1
    returns        History; a stopped run (Ctrl-C, the stop button) has .interrupted
    raises         ShapeError for an empty batch or parts of unequal size; InputError for a
                   loss that is no finite number, batches that run out, an unusable checkpoint
    """
    run = _Run(model, optimizer(model, learning_rate), steps, schedule)
    with _learning(model, run.device, seed), _StopButton() as stop:
        if checkpoint is not None and Path(checkpoint).exists():
            run.load(checkpoint)
        started, before = time.perf_counter(), run.history.seconds
        try:
            for batch in _from_step(batches, run.history.steps, steps):
                value = run.step(batch, loss)
                run.history.seconds = before + time.perf_counter() - started
                if checkpoint is not None and run.history.steps % SAVE_EVERY == 0:
                    run.save(checkpoint)
                if on_step is not None:
                    on_step(run.history.steps, value)
                if stop.pressed:
                    raise KeyboardInterrupt
            run.expect_all()
        except KeyboardInterrupt:  # what was learned stays
            pass
        run.history.interrupted = run.history.steps < steps
        if checkpoint is not None:
            run.save(checkpoint)
    return run.history


@contextlib.contextmanager
def _learning(model: nn.Module, device: torch.device, seed: int):
    """Put the model into training mode and its draws under the seed; afterwards all is as before."""
    training = model.training
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        model.train()
        try:
            yield
        finally:
            model.train(training)


class _Run:
    """A training on its way: what a checkpoint has to hold."""

    def __init__(self, model, optimizers, steps, schedule):
        self.model, self.optimizers, self.steps, self.schedule = model, optimizers, steps, schedule
        self.device = next(model.parameters()).device
        self.peaks = [[group["lr"] for group in each.param_groups] for each in optimizers]
        self.history = History()

    def step(self, batch, loss) -> float:
        """Take one step on one batch and return its loss."""
        batch = checked(batch)
        share = self.schedule(self.history.steps, self.steps)
        for each, peaks in zip(self.optimizers, self.peaks, strict=True):
            for group, peak in zip(each.param_groups, peaks, strict=True):
                group["lr"] = peak * share
        self.model.zero_grad(set_to_none=True)
        result = loss(self.model, *(part.to(self.device) for part in batch))
        value = _number(result)
        if not math.isfinite(value):
            raise InputError(
                f"fit: the loss is {value} at step {self.history.steps + 1} of {self.steps}",
                "a finite number at every step",
                "lower learning_rate, and look for a log or a division by zero in the loss",
            )
        result.backward()
        for each in self.optimizers:
            each.step()
        self.history.losses.append(value)
        sys.audit("mmlab.step")  # what `mmlab run` counts; free where nobody listens
        return value

    def expect_all(self) -> None:
        """Raise InputError when the batches ended before the steps did."""
        if self.history.steps < self.steps:
            raise InputError(
                f"fit: the batches ran out after {self.history.steps} of {self.steps} steps",
                "as many batches as steps; those of mmlab.data never end",
                f"pass steps={self.history.steps}, or batches that go on",
            )

    def save(self, path) -> None:
        """Write the checkpoint beside its place, then move it there in one act."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [each.state_dict() for each in self.optimizers],
            "steps": self.steps,
            "history": asdict(self.history),
            "random": torch.get_rng_state(),
            "random_device": torch.cuda.get_rng_state(self.device)
            if self.device.type == "cuda"
            else None,
        }
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            torch.save(state, beside)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    def load(self, path) -> None:
        """Go on from a checkpoint."""
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            steps, history = state["steps"], History(**state["history"])
        except Exception as error:  # torch.load raises a dozen kinds for one damaged file
            raise InputError(
                f"fit: the checkpoint {path} cannot be read ({type(error).__name__})",
                "a file that fit(checkpoint=...) wrote",
                f"delete {path}: the training starts again from its first step",
            ) from error
        if steps != self.steps:
            raise InputError(
                f"fit: {path} is a training of {steps} steps; steps={self.steps} was asked for",
                "the same number: the rate's schedule depends on it",
                f"pass steps={steps}, or another checkpoint= for another training",
            )
        self._restore(state, path)
        self.history = history

    def _restore(self, state, path) -> None:
        try:
            self.model.load_state_dict(state["model"])
            for each, saved in zip(self.optimizers, state["optimizers"], strict=True):
                each.load_state_dict(saved)
        except (RuntimeError, ValueError, KeyError) as error:
            raise InputError(
                f"fit: {path} holds the weights of another model or optimizer",
                f"the weights of this {type(self.model).__name__}",
                f"pass another checkpoint= for this model, or delete {path}",
            ) from error
        torch.set_rng_state(state["random"].cpu())
        if state["random_device"] is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state["random_device"].cpu(), self.device)


def checked(batch) -> tuple[Tensor, ...]:
    """Return a batch as a tuple of tensors of one size above zero, or raise ShapeError."""
    batch = (batch,) if isinstance(batch, Tensor) else tuple(batch)
    sizes = [len(part) for part in batch]
    if not sizes or min(sizes) == 0:
        raise ShapeError(
            f"fit: an empty batch, with parts of sizes {sizes}",
            "at least one example in every batch",
            "look at what the batches yield: next(iter(batches))",
        )
    if len(set(sizes)) > 1:
        raise ShapeError(
            f"fit: a batch whose parts have sizes {sizes}",
            f"{sizes[0]} examples in every part, as in the first",
            "give every part one row for each example",
        )
    return batch


def _number(loss) -> float:
    """Return a loss as a float, or raise ShapeError when it is not one number."""
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise ShapeError(
            f"fit: the loss returned {got}",
            "one number in a tensor, shape ()",
            "take the mean over the batch: losses.mean()",
        )
    return loss.detach().item()


def _from_step(batches: Iterable, start: int, stop: int):
    """Yield the batches of steps start … stop - 1."""
    if hasattr(batches, "at"):
        return itertools.islice(batches.at(start), max(0, stop - start))
    return itertools.islice(batches, start, stop)


class _StopButton(contextlib.AbstractContextManager):
    """Holds Ctrl-C back until the step is done; a second press stops at once."""

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
