"""Figures that are updated in place while a model trains."""

import time
import uuid

from mmlab.view import figures

PAUSE = 0.5  # min seconds between two drawings
SHARE = 0.05  # max share of the time that drawing may take


class Live:
    """A figure in a notebook that can be replaced; a terminal prints its alternative text.

    Drawings that come too fast are skipped: at most two per second, and at most a
    twentieth of the time. The last drawing appears when the cell ends.
    """

    def __init__(self):
        self._handle = self._waiting = None
        self._next = 0.0

    def show(self, draw, *, now: bool = False) -> None:
        """Replace the figure by `draw() -> (figure, alt)`, immediately or when enough time has passed.

        now  True: draw immediately, even if the last drawing was a moment ago
        """
        self._waiting = draw
        began = time.monotonic()
        if not now and began < self._next:
            return
        self._waiting = None
        made = figures.picture(*draw())
        self._put(made)
        done = time.monotonic()
        self._next = done + max(PAUSE, (done - began) / SHARE)

    def finish(self, *_) -> None:
        """Draw the last skipped drawing, if there is one."""
        if self._waiting is not None:
            self.show(self._waiting, now=True)

    def _put(self, made) -> None:
        if self._handle is not None:
            self._handle.update(made)
            return
        self._handle = figures.put(made, display_id=uuid.uuid4().hex)
        if self._handle is not None:
            from IPython import get_ipython

            get_ipython().events.register("post_run_cell", self.finish)


class LiveCurve:
    """A loss curve that grows while `fit` runs: `fit(..., on_step=LiveCurve("CLIP learns"))`.

    title     str    above the curve
    steps     int    end of the axis; None: the end of the curve
    quantity  str    name of the values: "loss"
    baseline  tuple  (name, value) of a dotted line for comparison, such as the loss of guessing
    Outside a notebook it prints a line from time to time.
    """

    def __init__(
        self,
        title: str,
        steps: int | None = None,
        *,
        quantity: str = "loss",
        baseline: tuple[str, float] | None = None,
    ):
        self.title, self.total, self.quantity, self.baseline = title, steps, quantity, baseline
        self.steps, self.values = [], []
        self._live = Live()

    def __call__(self, step: int, value: float) -> None:
        """Add a point, and draw when enough time has passed."""
        self.steps.append(step)
        self.values.append(float(value))
        if figures.in_notebook():
            self._live.show(self._draw, now=step == self.total)
        elif step == 1 or step == self.total or step % max(1, (self.total or 500) // 10) == 0:
            print(f"{self.title}: {self._step_text(step)}, {self.quantity} {self._recent():.3g}")

    def _step_text(self, step: int) -> str:
        return f"step {step} of {self.total}" if self.total else f"step {step}"

    def _recent(self) -> float:
        """Return the mean of the last tenth of the points, at most 20, because single batches are noisy."""
        last = self.values[-max(1, min(20, len(self.values) // 10)) :]
        return sum(last) / len(last)

    def _draw(self):
        made, axes = figures.figure()
        axes.plot(self.steps, self.values, color=figures.PALETTE["sky"], linewidth=1, linestyle="-")
        axes.plot(self.steps, smooth(self.values), color=figures.PALETTE["blue"], linestyle="-")
        alt = (
            f"Line chart, {self.title}: {self.quantity} over {self.steps[-1]} steps, from "
            f"{self.values[0]:.3g} at step {self.steps[0]} to {self._recent():.3g} at the end"
        )
        if self.baseline:
            name, level = self.baseline
            axes.axhline(level, color=figures.PALETTE["vermillion"], linestyle=":")
            axes.annotate(name, (0.99, level), xycoords=("axes fraction", "data"), ha="right", va="bottom")
            alt += f"; {name} is {level:.3g}"
        axes.set(title=self.title, xlabel="step", ylabel=self.quantity)
        axes.set_xlim(0, self.total or max(self.steps[-1], 10))
        axes.set_ylim(bottom=min(0, *self.values))
        return made, alt + "."


def smooth(values: list[float], share: float = 0.8) -> list[float]:
    """Return the running mean with weights that shrink by a fifth at every step.

    >>> [round(x, 2) for x in smooth([1.0, 0.0, 0.0])]
    [1.0, 0.44, 0.26]
    """
    smoothed, total, weight = [], 0.0, 0.0
    for value in values:
        total, weight = share * total + value, share * weight + 1
        smoothed.append(total / weight)
    return smoothed
