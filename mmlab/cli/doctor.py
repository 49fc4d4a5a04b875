"""`mmlab doctor`: check whether this machine can run the course, and say what to do if it cannot.

Every check has a name, a result, what was seen, and one action that fixes a fault. The exit
status is 1 if a check that the course needs fails; a missing optional part or GPU is reported
and is no failure. With `--grade`, for an instructor's machine, it tests every limit of the
grader's sandbox for real.
"""

import importlib
import json
import os
import platform
import shutil
import time
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from mmlab.cli import paths, project
from mmlab.errors import MissingPart, MmlabError

MEMORY_GB, DISK_GB = 3.0, 1.0  # a notebook may use 2 GB, and the system needs some
LEARNED, CHANCE = 0.6, 1 / 8  # share of colours predicted correctly after a five-second training
# Extras beyond what every notebook imports, with their purpose.
PARTS = {
    "lab": "JupyterLab",
    "real": "real weights and media",
    "grade": "grading with nbgrader",
    "site": "building the site",
}


@dataclass
class Check:
    """The result of one check: its name, whether it passed, what was seen, what to do."""

    name: str
    ok: bool
    detail: str
    do: str = ""


def python() -> Check:
    """Is this Python new enough?"""
    from packaging.specifiers import SpecifierSet

    wanted = project.requires_python()
    ok = platform.python_version() in SpecifierSet(wanted)
    do = "" if ok else f"install Python {wanted} and make the environment with it"
    return Check("python", ok, f"{platform.python_version()} ({wanted})", do)


def missing(extra: str | None) -> list[str]:
    """Return the requirements that are missing or out of range (of one extra, or of all notebooks)."""
    from packaging.requirements import Requirement

    faults = []
    for line in project.requirements():
        wanted = Requirement(line)
        plain = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if wanted.name == "mmlab" or (plain if extra else not plain):
            continue
        if extra and not wanted.marker.evaluate({"extra": extra}):
            continue
        try:
            have = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            faults.append(f"{wanted.name} missing")
            continue
        if not wanted.specifier.contains(have, prereleases=True):
            faults.append(f"{wanted.name} {have} ({wanted.specifier})")
    return faults


def packages() -> Check:
    """Are the notebooks' packages installed, in versions that are known to work?"""
    absent = missing(None)
    detail = ", ".join(absent) or f"all in range; torch {metadata.version('torch')}"
    return Check("packages", not absent, detail, "pip install --upgrade mmlab" if absent else "")


def parts() -> list[Check]:
    """Which optional parts are installed? Only JupyterLab is needed to open the course."""
    checks = []
    for extra, purpose in PARTS.items():
        absent = missing(extra)
        detail = f"{purpose}: {', '.join(absent) or 'installed'}"
        do = f"pip install 'mmlab[{extra}]'" if absent else ""
        checks.append(Check(f"part {extra}", not absent or extra != "lab", detail, do))
    return checks


def weights(full: bool = False) -> list[Check]:
    """Which real weights and media are here? Files are compared by size, or by SHA-256 if `full`.

    An absent part is no failure: a loader says what to install. A file of another content is one.
    """
    from mmlab import pretrained

    checks, present, absent = [], [], []
    for name in pretrained.PARTS:
        try:
            (pretrained.verified if full else pretrained.locate)(name)
            present.append(name)
        except MissingPart:
            absent.append(name)
        except MmlabError as error:
            checks.append(Check(f"real {name}", False, error.given, error.do))
    compared = "SHA-256 as stated" if full else "sizes as stated"
    detail = f"{', '.join(present) or 'none'} ({compared})" + (
        f"; absent: {', '.join(absent)}" if absent else ""
    )
    return [Check("real parts", True, detail, pretrained.INSTALL if absent else ""), *checks]


def cores() -> Check:
    """How many cores may this process use?"""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    do = "" if count > 1 else "expect training to take twice as long; close other programs"
    return Check("cores", True, f"{count}", do)


def memory() -> Check:
    """Is there enough memory for one notebook?"""
    total = memory_bytes() / 2**30
    ok = total >= MEMORY_GB
    do = "" if ok else "close other programs, or open the notebooks on Colab"
    return Check("memory", ok, f"{total:.1f} GB (the course needs {MEMORY_GB:.0f})", do)


def memory_bytes() -> int:
    """Return the bytes of memory that this process may use: the machine's, or its container's if that is less."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # Windows
        import psutil

        total = psutil.virtual_memory().total
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        text = Path(path).read_text().strip() if Path(path).is_file() else ""
        if text.isdigit():
            total = min(total, int(text))
    return total


def disk(folder: Path) -> Check:
    """Is there enough disk space for what the course writes?"""
    free = shutil.disk_usage(folder).free / 2**30
    ok = free >= DISK_GB
    return Check("disk", ok, f"{free:.1f} GB free", "" if ok else f"free {DISK_GB:.0f} GB on this disk")


def proxy() -> Check:
    """Would a proxy get the requests of the SDKs to the course's own server?"""
    from mmlab.api import proxies

    through = proxies.in_the_way()
    if not through:
        return Check("proxy", True, "none for requests to this machine")
    listed = ", ".join(f"{kind}: {address}" for kind, address in through.items())
    do = f"set {proxies.SETTING}, or programs will not reach `mmlab serve` (week 09 does it by itself)"
    return Check("proxy", True, f"requests to this machine go through {listed}", do)


def gpu() -> Check:
    """Is there a GPU? If not, how slow is bfloat16?"""
    import torch

    if torch.cuda.is_available():
        return Check("gpu", True, f"{torch.cuda.get_device_name()}: notebooks scale their sizes up")
    ratio = bfloat16_slowdown()
    advice = "" if ratio < 1 else "train in float32 on this CPU; leave bfloat16 autocast off"
    detail = f"none, and none is needed; a bfloat16 matrix product takes {ratio:.1f} times as long as float32"
    return Check("gpu", True, detail, advice)


def bfloat16_slowdown(width: int = 256) -> float:
    """Return how many times as long a (width, width) product takes in bfloat16 as in float32."""
    import torch

    seconds = {}
    for kind in (torch.float32, torch.bfloat16):
        matrix = torch.ones(width, width, dtype=kind)
        matrix @ matrix  # the first call initialises the kernel
        best = float("inf")
        for _ in range(5):
            began = time.perf_counter()
            matrix @ matrix
            best = min(best, time.perf_counter() - began)
        seconds[kind] = best
    return seconds[torch.bfloat16] / seconds[torch.float32]


def cases(folder: Path) -> Check:
    """Can the cases of every lab here be read?"""
    from mmlab.check import cases as files

    labs = sorted(folder.glob("labs/*/lab.ipynb"))
    broken, count = [], 0
    for lab in labs:
        try:
            names = files.read_names(lab.parent / files.FILE)
            count += len([files.read(lab.parent / files.FILE, name) for name in names])
        except MmlabError as error:
            broken.append(f"{lab.parent.name}: {error.given}")
    if broken or not labs:
        do = f"restore the labs: git -C {folder} checkout -- labs"
        return Check("cases", False, "; ".join(broken) or f"no lab in {folder / 'labs'}", do)
    return Check("cases", True, f"{len(labs)} labs, {count} exercises")


def training() -> Check:
    """Does a training of a few seconds learn to predict the colour of a shape?"""
    began = time.perf_counter()
    accuracy = colour_accuracy()
    took = time.perf_counter() - began
    ok = accuracy >= LEARNED
    detail = f"predicts {accuracy:.0%} of the colours correctly (chance {CHANCE:.0%}) after {took:.1f} s"
    if not ok:
        return Check(
            "training", False, detail, "pip install --force-reinstall torch, then mmlab doctor again"
        )
    slow = "stop other training runs, or set OMP_WAIT_POLICY=PASSIVE" if took > 30 else ""
    return Check("training", True, detail, slow)


def colour_accuracy(steps: int = 150, seed: int = 0) -> float:
    """Return the accuracy of a small network, trained for `steps`, on the colours of new shapes."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    from mmlab import world
    from mmlab.train import adamw, fit

    colours = list(world.COLOURS)

    def batch(count, split):
        scenes = world.sample(count, seed=seed, split=split, shapes=(1, 1))
        pixels = torch.from_numpy(world.render(scenes, size=32)).permute(0, 3, 1, 2) / 255
        return pixels, torch.tensor([colours.index(scene.shapes[0].colour) for scene in scenes])

    pixels, labels = batch(64 * 16, "train")
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        model = nn.Sequential(
            nn.Conv2d(3, 32, 4, stride=2), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(32, 8)
        )
    turns = [slice(64 * (i % 16), 64 * (i % 16) + 64) for i in range(steps)]
    batches = [(pixels[turn], labels[turn]) for turn in turns]
    fit(
        model,
        batches,
        lambda net, x, y: F.cross_entropy(net(x), y),
        steps,
        optimizer=adamw,
        learning_rate=1e-2,
    )
    pixels, labels = batch(512, "test")
    with torch.no_grad():
        return (model(pixels).argmax(1) == labels).float().mean().item()


def examine(full: bool = False) -> list[Check]:
    """Return the result of every check, including checks that raised an error; `full` reads all real weights."""
    try:
        folder = paths.root()
    except MmlabError as error:
        here = Check("course", False, error.given, error.do)
    else:
        here = Check("course", True, str(folder))
    checks = [here, attempt(python), attempt(packages), *parts(), *weights(full), cores(), attempt(memory)]
    if here.ok:
        checks += [attempt(disk, folder), attempt(cases, folder)]
    return [*checks, attempt(proxy), attempt(gpu), attempt(training)]


def attempt(check, *arguments) -> Check:
    """Run a check and return its result; an error is a failed check."""
    try:
        return check(*arguments)
    except Exception as error:  # a broken installation can raise anything
        detail = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
        return Check(check.__name__, False, detail, "pip install --upgrade --force-reinstall mmlab")


def arguments(parser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--full", action="store_true", help="compare the SHA-256 of all real weights too")
    parser.add_argument("--grade", action="store_true", help="test every limit of the grader's sandbox")


def main(args) -> int:
    """Print every check; return 1 if the course would not run here, or could not be graded."""
    checks = graded() if args.grade else examine(args.full)
    ok = all(check.ok for check in checks)
    if args.json:
        print(json.dumps({"ok": ok, "checks": [asdict(check) for check in checks]}, indent=1))
        return int(not ok)
    for check in checks:
        print(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<11} {check.detail}")
        if check.do:
            print(f"{'':18}{'try' if not check.ok else 'note'}: {check.do}")
    good, bad = (
        ("submissions can be graded", "submissions cannot be graded")
        if args.grade
        else ("the course runs", "the course would not run")
    )
    print(f"{good} here" if ok else f"{bad} here yet: fix the lines marked FAIL")
    return int(not ok)


def graded() -> list[Check]:
    """Return a check for every limit of the grader's sandbox; raises MissingPart in a student's repository."""
    if not paths.INSTRUCTOR.is_dir():
        raise MissingPart(
            "mmlab doctor --grade",
            "the instructors' package, mmlab.instructor",
            "run it in the course's own repository",
        )
    return importlib.import_module("mmlab.instructor.grading.sandbox.doctor").examine()
