"""Time and memory of `mmlab grade` by class size, and the time of each step."""

from pathlib import Path

from mmlab.cli import paths
from mmlab.instructor.authoring.exercise import weeks
from mmlab.instructor.bench.grade import WEEK, Course, Side, by_ours, simulated_answers
from mmlab.instructor.grading.journal import Journal
from mmlab.instructor.grading.lock import state

SIZES = (10, 100, 500)
LINEAR, FLAT = (1.25, 1.25)  # maximum growth of the time per submission, and of the peak memory


def measure(n: int = SIZES[-1]) -> dict:
    """Return seconds, seconds per submission, peak memory and seconds by step at three sizes up to `n`.

    "growth" is the time per further submission between the two larger sizes, divided by
    that between the two smaller ones; 1 is linear.
    """
    root = paths.root()
    (week,) = weeks(root, [WEEK])
    sizes = [size for size in SIZES if size < n] + [n]
    by_size = {}
    for size in sizes:
        side = Side()
        with Course(root, week.id, simulated_answers(week, size)) as scratch:
            by_ours(side, root, scratch, week, [])
            steps = where(scratch, week.id)
        by_size[str(size)] = {
            "seconds": round(side.seconds, 1),
            "each": round(side.seconds / size, 3),
            "peak_mb": round(side.peak_mb),
        } | steps
    slopes = [
        (by_size[str(b)]["seconds"] - by_size[str(a)]["seconds"]) / (b - a)
        for a, b in zip(sizes, sizes[1:], strict=False)
    ]
    growth = slopes[-1] / slopes[0] if len(slopes) > 1 else 1.0
    memory = by_size[str(sizes[-1])]["peak_mb"] / by_size[str(sizes[max(0, len(sizes) - 2)])]["peak_mb"]
    return {
        "sizes": by_size,
        "growth": round(growth, 2),
        "memory_growth": round(memory, 2),
        "ok": growth <= LINEAR and memory <= FLAT,
    }


def where(scratch: Path, week: str) -> dict[str, float]:
    """Return the seconds by step from the run's journal."""
    with Journal(state(scratch, week)) as journal:
        return {name: round(took, 2) for name, took in journal.spent().items()}
