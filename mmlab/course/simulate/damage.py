"""Hand-ins as they come in: right answers in files that people, editors and disks have damaged.

Each damage has a name, and its true mark is known: what is kept is worth as much as
it was, what is refused is worth nothing.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmlab.course.simulate import damage_cells, damage_files

Made = bytes | dict[str, bytes | Path]  # one lab.ipynb; or files by their paths, a Path being what a link leads to


@dataclass(frozen=True)
class Damage:
    """One way in which a hand-in is damaged.

    make     (the lab with right answers, a generator of chance) → what is handed in; the lab may be changed
    refused  whether it is worth nothing; else it is worth all that it was
    says     a part of what the student is told: of the problem, or of a repair; "" where there is nothing to say
    """

    make: Callable[[dict, random.Random], Made]
    refused: bool
    says: str

    def write(self, lab: dict, folder: Path, seed: int = 0) -> None:
        """Write a lab, damaged, into a folder that exists; the same seed gives the same bytes."""
        made = self.make(lab, random.Random(seed))
        for name, data in ({"lab.ipynb": made} if isinstance(made, bytes) else made).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(data, Path):
                path.symlink_to(data)
            else:
                path.write_bytes(data)


DAMAGES: dict[str, Damage] = {
    name: Damage(make, refused, says)
    for name, (make, refused, says) in {**damage_files.KEPT, **damage_files.REFUSED, **damage_cells.KEPT}.items()
}
