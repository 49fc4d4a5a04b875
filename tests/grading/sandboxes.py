"""A sandbox whose children run the sources that they are sent: what its tests start from."""

from pathlib import Path

from mmlab.codec import Raised
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.grading.sandbox import probes as probes
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.sandbox import Sandbox
from tiny_course import WEEK

LIMITS = Limits(total_seconds=30, memory_mb=512, processes=24, file_mb=4, disk_mb=16)


def box_of(root: Path, **options) -> Sandbox:
    """Return a sandbox of the tiny course in `root`."""
    return Sandbox(root, load(root / "solutions" / WEEK), LIMITS, **{"serve": probes.__name__} | options)


def run(child, source: str, seconds: float = 30, **given):
    """Return what `source` leaves as `found` in a child; what it raises is an AssertionError."""
    child.send({"source": source, "given": given})
    answer = child.receive(seconds)
    assert not isinstance(answer, Raised), answer.message
    return answer


def in_a_fresh_child(box: Sandbox, source: str, **given):
    """Return what `source` leaves as `found` in a child of its own."""
    with box.child() as child:
        return run(child, source, **given)


def tried(box: Sandbox, probe, **given) -> list[str]:
    """Return what a probe could do in a fresh child and should not have been able to."""
    return in_a_fresh_child(box, probes.source(probe)["source"], **given)
