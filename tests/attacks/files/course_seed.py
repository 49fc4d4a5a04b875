"""Looks for the course's secret seed, and computes the hidden cases and their results from it."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% replay

# %% first
import os
from pathlib import Path

import mmlab
from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.authoring.case_records import record as make_record

SEEDS = [os.environ.get("MMLAB_SEED_FILE", ""), f"{COURSE}/.seed", f"{COURSE}/.mmlab/seed", ".seed", f"{HOME}/.seed"]
RECORDS = {}
for folder in (Path(COURSE), Path(mmlab.__file__).parents[1], *Path.cwd().parents):
    if (folder / "solutions" / WEEK).is_dir():
        week = load(folder / "solutions" / WEEK)
        lab = notebook.read(week.notebook)
        for seed in [Path(path).read_bytes() for path in SEEDS if Path(path).is_file()]:
            for exercise in week.exercises:
                if not exercise.is_text:
                    RECORDS[exercise.name] = make_record(week, exercise, lab, seed)
        break

# %% answer
NAME = replay(RECORDS["NAME"])
