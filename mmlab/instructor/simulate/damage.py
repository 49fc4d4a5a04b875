"""Damaged submissions: correct answers in files that people, editors and disks have damaged.

Each damage has a name and a known true score: a file that is accepted has the points of its
answers, and a file that is refused has none.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmlab.instructor.simulate import damage_cells, damage_files

Made = (
    bytes | dict[str, bytes | Path]
)  # the bytes of lab.ipynb; or path → bytes, or path → the target of a link


@dataclass(frozen=True)
class Damage:
    """One way in which a submission is damaged.

    make     (the lab with correct answers, a random generator) → the submission's files; may change the lab
    refused  whether it has no points; otherwise it has all points of its answers
    message  a part of the message to the student, about the problem or a repair; "" if there is none
    """

    make: Callable[[dict, random.Random], Made]
    refused: bool
    message: str

    def write(self, lab: dict, folder: Path, seed: int = 0) -> None:
        """Write a damaged lab into an existing folder; the same seed gives the same bytes."""
        made = self.make(lab, random.Random(seed))
        for name, data in ({"lab.ipynb": made} if isinstance(made, bytes) else made).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(data, Path):
                path.symlink_to(data)
            else:
                path.write_bytes(data)


DAMAGES: dict[str, Damage] = {
    name: Damage(make, refused, message)
    for name, (make, refused, message) in {
        **damage_files.ACCEPTED,
        **damage_files.REFUSED,
        **damage_cells.ACCEPTED,
    }.items()
}
