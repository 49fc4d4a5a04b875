"""How the time and memory of `mmlab grade` grow with the class, and where the time goes."""

import json
from pathlib import Path

from mmlab.course import places
from mmlab.course.bench_grade import WEEK, Course, Side, by_ours, made_up
from mmlab.course.exercise import weeks

SIZES = (10, 100, 500)
LINEAR, FLAT = 1.25, 1.25  # how much dearer the last submission may be than the first ones, in time and in memory


def measure(n: int = SIZES[-1]) -> dict:
    """Return seconds, seconds a submission, peak memory and seconds by step at three sizes up to `n`.

    "growth" compares what each further submission costs between the two larger sizes
    with what it costs between the two smaller ones; 1 is linear.
    """
    root = places.root()
    (week,) = weeks(root, [WEEK])
    sizes = [size for size in SIZES if size < n] + [n]
    found = {}
    for size in sizes:
        side = Side()
        with Course(root, week.id, made_up(week, size)) as scratch:
            by_ours(side, root, scratch, week, [])
            steps = where(scratch, week.id)
        found[str(size)] = {
            "seconds": round(side.seconds, 1), "each": round(side.seconds / size, 3), "peak_mb": round(side.peak_mb),
        } | steps  # fmt: skip
    slopes = [
        (found[str(b)]["seconds"] - found[str(a)]["seconds"]) / (b - a) for a, b in zip(sizes, sizes[1:], strict=False)
    ]
    growth = slopes[-1] / slopes[0] if len(slopes) > 1 else 1.0
    memory = found[str(sizes[-1])]["peak_mb"] / found[str(sizes[max(0, len(sizes) - 2)])]["peak_mb"]
    return {"sizes": found, "growth": round(growth, 2), "memory_growth": round(memory, 2),
            "ok": growth <= LINEAR and memory <= FLAT}  # fmt: skip


def where(scratch: Path, week: str) -> dict[str, float]:
    """Return the seconds by step that the run noted in its journal's last line."""
    lines = (scratch / ".mmlab" / week / "journal.jsonl").read_text().splitlines()
    return {name: round(took, 2) for name, took in json.loads(lines[-1]).get("spent", {}).items()}
