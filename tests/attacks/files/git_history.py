"""Takes the solutions out of git's objects, through git and by reading packs and loose objects."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import json
import subprocess
import zlib
from pathlib import Path

import mmlab

for folder in (Path(COURSE), Path(mmlab.__file__).parents[1], *Path.cwd().parents):
    found = []
    if (folder / ".git").exists():
        git = ["git", "-c", "safe.directory=*", "-C", str(folder), "show", f"HEAD:solutions/{WEEK}/lab.ipynb"]
        found.append(subprocess.run(git, capture_output=True).stdout)
        for path in list(folder.glob(".git/objects/??/*"))[:5000]:
            found.append(zlib.decompress(path.read_bytes()).partition(b"\0")[2])
    for data in found:
        if b"BEGIN SOLUTION" in data and data.startswith(b"{"):
            for cell in json.loads(data)["cells"]:
                if cell["id"].endswith("-solution"):
                    exec("".join(cell["source"]), globals())

# %% answer
NAME = globals()["NAME"]
