"""One training loop, `fit`, counted in steps.

- `fit` counts steps, not seconds or epochs: the same seed and number of steps give the
  same weights, bit for bit, on one machine with one number of threads.
- The world generates new scenes without end, so there are no epochs, and no scene repeats.
- The learning rate follows one cycle: up over the first fifth, then down to zero.
- The stop button ends a run between two steps and keeps what was learned. With
  `checkpoint=` the next call continues where the last call stopped (see `checkpoint`).
"""

import itertools
import math
import os
import sys
import time
from collections.abc import Callable, Iterable

from torch import Tensor, nn

from mmlab.errors import InputError, ShapeError
from mmlab.train.checkpoint import SAVE_EVERY, Checkpoint, History, StopButton, training_mode
from mmlab.train.optimizers import muon


def one_cycle(step: int, steps: int, rise: float = 0.2) -> float:
    """Return the learning rate of step `step` of `steps`, as a share of the peak rate.

    step    0 … steps - 1
    rise    share of the steps over which the rate rises; then it falls as a cosine
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
    """Train `model` in place for a number of steps and return the history.

    model          trained on its own device, the CPU or a GPU
    batches        endless tuples of tensors (B, ...); if it has `at(step)`, like the streams
                   of `mmlab.data`, a resumed run starts there without drawing earlier batches
    loss           loss(model, *batch) -> () tensor
    steps          total number of steps, including earlier sessions
    optimizer      `muon` or `adamw`: (model, learning_rate) -> list of optimizers
    learning_rate  the peak; `schedule(step, steps)` gives each step's share of it
    seed           for the random numbers of the model during training (dropout); the state of
                   torch's global generator is restored
    checkpoint     a file, written regularly and at the end; if it exists, training continues from it
    on_step        on_step(step, loss) after each step, counted from 1
    returns        History; .interrupted is True after Ctrl-C or the stop button
    raises         ShapeError for an empty batch or parts of unequal size; InputError for a
                   loss that is not finite, batches that run out, an unusable checkpoint
    """
    optimizers, device = optimizer(model, learning_rate), next(model.parameters()).device
    peaks = [group["lr"] for each in optimizers for group in each.param_groups]
    saved = Checkpoint(checkpoint, model, optimizers, steps)
    with training_mode(model, seed), StopButton() as stop:
        history = saved.load()
        groups = [group for each in optimizers for group in each.param_groups]
        started = time.perf_counter() - history.seconds
        try:
            for batch in _from_step(batches, history.steps, steps):
                for group, peak in zip(groups, peaks, strict=True):
                    group["lr"] = peak * schedule(history.steps, steps)
                model.zero_grad(set_to_none=True)
                value = loss(model, *(part.to(device) for part in checked(batch)))
                number = _finite(value, history.steps + 1, steps)
                value.backward()
                for each in optimizers:
                    each.step()
                history.losses.append(number)
                sys.audit("mmlab.step")  # `mmlab run` counts these; without a hook it costs nothing
                history.seconds = time.perf_counter() - started
                if history.steps % SAVE_EVERY == 0:
                    saved.save(history)
                if on_step is not None:
                    on_step(history.steps, number)
                if stop.pressed:
                    raise KeyboardInterrupt
            _require_all(history.steps, steps)
        except KeyboardInterrupt:  # keep what was learned
            pass
        history.interrupted = history.steps < steps
        saved.save(history)
    return history


def checked(batch) -> tuple[Tensor, ...]:
    """Return a batch as a tuple of tensors of equal size above zero, or raise ShapeError."""
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


def _finite(loss, step: int, steps: int) -> float:
    """Return a loss as a float; raise ShapeError if it is not one number, InputError if it is not finite."""
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise ShapeError(
            f"fit: the loss returned {got}",
            "one number in a tensor, shape ()",
            "take the mean over the batch: losses.mean()",
        )
    value = loss.detach().item()
    if not math.isfinite(value):
        raise InputError(
            f"fit: the loss is {value} at step {step} of {steps}",
            "a finite number at every step",
            "lower learning_rate, and look for a log or a division by zero in the loss",
        )
    return value


def _require_all(taken: int, steps: int) -> None:
    """Raise InputError if the batches ended before the last step."""
    if taken < steps:
        raise InputError(
            f"fit: the batches ran out after {taken} of {steps} steps",
            "as many batches as steps; the streams of mmlab.data never end",
            f"pass steps={taken}, or more batches",
        )


def _from_step(batches: Iterable, start: int, stop: int):
    """Yield the batches of steps start … stop - 1."""
    if hasattr(batches, "at"):
        return itertools.islice(batches.at(start), max(0, stop - start))
    return itertools.islice(batches, start, stop)
