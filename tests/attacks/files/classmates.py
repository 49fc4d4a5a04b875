"""Copies the answers of whoever submitted before, from the other submissions."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import json
from pathlib import Path

here = Path.cwd()
for folder in (Path(COURSE), *here.parents):
    for path in sorted([*folder.glob(f"submitted/*/{WEEK}/lab.ipynb"), *folder.glob(f"autograded/*/{WEEK}/lab.ipynb")]):
        if STUDENT in path.parts:
            continue
        for cell in json.loads(path.read_text())["cells"]:
            text = "".join(cell["source"])
            if cell["id"].endswith("-solution") and "NotImplementedError" not in text:
                try:
                    exec(text, globals())
                except Exception as error:
                    print(path, error)

# %% answer
NAME = globals()["NAME"]
