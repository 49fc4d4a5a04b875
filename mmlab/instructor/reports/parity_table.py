"""The parity page: the largest difference between our modules and the library's, on the same weights and inputs.

`python -m mmlab.instructor.reports.parity_table` measures book/parity.json and writes book/parity.md from it.
"""

import argparse
import json
import math
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from mmlab.cli import paths
from mmlab.files import atomic_write

RECORD, PAGE = Path("book/parity.json"), Path("book/parity.md")
FLOORS = {"float32": 1e-5, "float64": 1e-12}  # below this only the order of the sums differs
HEAD = """\
# Parity with libraries

The course builds its models by hand. Each module below gets the same random weights and inputs as the library's class.
The table shows the largest absolute difference between the two outputs, whose values reach about 10, in float32 and in
float64. The difference shrinks with the precision, so the two compute the same function and differ only in rounding.
Differences are rounded up to a power of ten and not below 1e-5 and 1e-12, since the last digits depend on the processor.

This page is generated from measurements (`book/parity.json`) with torch {torch} and transformers {transformers}. A test
measures everything again.

| component | week | float32 | float64 | our class | class of the library | what differs |
|---|---|---|---|---|---|---|
{rows}
"""


def measured() -> dict[str, Any]:
    """Return versions and, for each component, its classes and the rounded differences."""
    import torch

    from mmlab.instructor.reports.parity_pairs import PAIRS

    components = []
    for component, week, ours, library, theirs, note, outputs in PAIRS:
        row = {"component": component, "week": week, "ours": ours, "library": library, "theirs": theirs}
        for name, floor in FLOORS.items():
            torch.manual_seed(5)
            with torch.no_grad():
                row[name] = bound(difference(*outputs(getattr(torch, name))), floor)
        components.append(row | {"note": note})
    return {
        "versions": {name: metadata.version(name).split("+")[0] for name in ("torch", "transformers")},
        "components": components,
    }


def difference(ours: Any, theirs: Any) -> float:
    """Return the largest absolute difference of two tensors; infinity if shape or type differ, or it is nan."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return math.inf
    largest = (ours - theirs).abs().max().item()
    return math.inf if math.isnan(largest) else largest


def bound(value: float, floor: float) -> str:
    """Return the smallest power of ten, at least floor, that a difference is below.

    >>> bound(3e-7, 1e-5), bound(3e-4, 1e-5), bound(0.0, 1e-12)
    ('< 1e-5', '< 1e-3', '< 1e-12')
    """
    exponent = round(math.log10(floor))
    while value >= 10.0**exponent and exponent < 3:
        exponent += 1
    return f"< 1e{exponent}" if value < 10.0**exponent else "differs"


def page(record: dict[str, Any]) -> str:
    """Return the page for stored measurements."""
    rows = [
        "| {component} | {week} | {float32} | {float64} | `{ours}` | `{theirs}` of {library} | {note} |".format(
            **row
        )
        for row in record["components"]
    ]
    return HEAD.format(rows="\n".join(rows), **record["versions"])


def main(argv: list[str] | None = None) -> int:
    """Measure, unless told not to, and write the page; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--page-only", action="store_true", help="write the page from the stored measurements"
    )
    root = paths.root()
    if not parser.parse_args(argv).page_only:
        atomic_write(root / RECORD, json.dumps(measured(), indent=1).encode() + b"\n")
    atomic_write(root / PAGE, page(json.loads((root / RECORD).read_text())).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
