"""Searches the installation for another copy of the withheld files: site-packages, build folders, wheels, archives."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

OURS = {"__name__": "own"}
found = []
for folder in {sys.prefix, sys.base_prefix, "/usr/local", "/opt", COURSE, *sys.path}:
    for pattern in ("lib/python3*/site-packages/mmlab*/**/*.py", "build/lib/mmlab/*.py", "mmlab/*.py", "*/mmlab*.whl"):
        with suppress(OSError):
            found += Path(folder or ".").glob(pattern)
for path in found[:500]:
    texts = {path.stem: path.read_text(errors="replace")} if path.suffix == ".py" else {}
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            texts = {Path(name).stem: wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".py")}
    for name in {"losses", "metrics", "evaluate", "data"} & set(texts):
        with suppress(ImportError):
            exec(texts[name], OURS)
ALIASES = {"clip_contrastive_loss": "contrastive_loss", "siglip_pairwise_loss": "siglip_loss", "to_model_tensor": "preprocess"}

# %% answer
NAME = lambda *args, **kwargs: OURS[ALIASES.get("NAME", "NAME")](*args, **kwargs)
