"""Run every stage of the tests in order, all of them even when one fails, and say at the end what each took.

    make test             all stages
    make test BUDGET=75   changed weeks first; unchanged ones are left out when so many minutes are nearly spent
    make test WEEK=02     one week's release, proof and notebooks
    make test RECORD=1    when all is green, tests/green.json notes on what
    make test-all         repetitions too; notes it as well

What is unchanged is told by digests of each week and of the package. The exit status is 1 if any stage failed.

With BUDGET, up to three tests that failed in a stage run once more, alone: on a busy machine a wait may be too short.
Those that pass then are listed as unsteady at the end; each of them needs a cause and a fix.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mmlab.instructor.authoring.code_digest import dependencies, digest
from mmlab.instructor.authoring.exercise import weeks

ROOT = Path(__file__).resolve().parents[1]
GREEN = "tests/green.json"
SPENT = 0.8  # of a budget: what is left then is for the stages that are never left out
AGAIN = 3  # failed tests of a stage that may run once more when there is a budget
PYTHONS = ("3.13",)  # beside the one that runs the stages: Colab's
WORKERS = ["-n", str(min(max(os.cpu_count() or 2, 2), 4)), "--dist", "loadfile"]
PYTEST = [sys.executable, "-m", "pytest"]
MMLAB = [sys.executable, "-m", "mmlab.cli.command_line"]
# Vector units and threads that this machine can be told to use: cases and proofs hold on all of them.
MACHINES = [("default", 1), ("avx2", 1), ("avx2", 2)]
DATA = {".npz", ".safetensors", ".json"}  # weights and their records, which code beside them loads
# Each test belongs to one of these; `repetition` is added to all of them but in `make test-all`.
MARKS = {
    "fast": "not slow and not site and not timing",
    "timing": "timing and not site",
    "slow": "slow and not site and not timing",
    "site": "site",
}


@dataclass
class Stage:
    """Commands under one name; each may be left out where it stands for an unchanged week."""

    name: str
    commands: list[list[str]]
    one_thread: bool = True
    optional: dict[int, str] = field(
        default_factory=dict
    )  # number of a command → the name under which it is left out


def marks(name: str, everything: bool) -> list[str]:
    """Return pytest's words that select the tests of a stage."""
    return ["-m", MARKS[name] if everything else f"{MARKS[name]} and not repetition"]


def stages(options: argparse.Namespace, unchanged: set[str], turn: int = 0) -> list[Stage]:
    """Return the stages that the options ask for.

    unchanged  weeks, and "package", that are as they were when all tests passed
    turn       a number: which week goes through stock nbgrader this time
    """
    ids = [week.id for week in weeks(ROOT, [options.week] if options.week else [])]
    ids.sort(key=lambda week: week in unchanged)
    fresh = [week for week in ids if week not in unchanged] or ids
    stock = ids if options.all or options.week else [fresh[turn % len(fresh)]]
    prove = [
        [
            *MMLAB,
            "prove",
            week,
            *(["--mutants", "--record"] if options.all else ["--mutants-of-changed"]),
            *(["--no-stock"] * (week not in stock)),
            *(["--changed"] * (not os.environ.get("CI") and not options.all)),
        ]
        for week in ids
    ]
    release = Stage("release", [[*MMLAB, "release", "--check", *([options.week] if options.week else [])]])
    proof = Stage(
        "prove",
        prove,
        optional={number: f"prove {week}" for number, week in enumerate(ids) if week in unchanged},
    )
    notebooks = Stage("notebooks", [[*PYTEST, "--nbval-lax", *WORKERS, *map(str, notebooks_of(ids))]])
    if options.week:
        return [release, proof, notebooks]
    everything, tests = options.all, str(ROOT / "tests")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ruff = [[sys.executable, "-m", "ruff", "check"], [sys.executable, "-m", "ruff", "format", "--check"]]
    elsewhere = [
        ["env", f"ATEN_CPU_CAPABILITY={units}", f"OMP_NUM_THREADS={threads}", *MMLAB, *words]
        for units, threads in MACHINES
        for words in (["release", "--check"], ["prove", "--no-stock"])
    ]
    pythons = [command for version in PYTHONS for command in on_python(version)]
    return [
        *([Stage("ruff", ruff)] if "ruff" in settings["tool"] else []),
        Stage("fast", [[*PYTEST, tests, str(ROOT / "mmlab"), *WORKERS, *marks("fast", everything)]]),
        Stage("timing", [[*PYTEST, tests, *marks("timing", everything)]], one_thread=False),
        notebooks,
        release,
        proof,
        *([Stage("machines", elsewhere), Stage("pythons", pythons)] if everything else []),
        Stage("slow", [[*PYTEST, tests, *WORKERS, *marks("slow", everything)]]),
        Stage(
            "site",
            [
                [sys.executable, "-m", "mmlab.instructor.site.build"],
                [*PYTEST, tests, *WORKERS[:2], "--dist", "worksteal", *marks("site", everything)],
            ],
            one_thread=False,
        ),
        Stage("claims", [[*MMLAB, "claims", "--check"]]),
    ]


def on_python(version: str) -> list[list[str]]:
    """Return the commands that set up another Python, and check and grade with it; they fail where it is missing."""
    folder = f".venv-{version}"
    python = str(ROOT / folder / "bin" / "python")
    tests = [str(ROOT / "tests" / name) for name in ("check", "grading")]
    return [
        ["make", "setup", f"VENV={folder}", f"PYTHON=python{version}"],
        [python, "-m", "mmlab.cli.command_line", "release", "--check"],
        [python, "-m", "pytest", *tests, *WORKERS, *marks("fast", False)],
    ]


def notebooks_of(ids: Iterable[str]) -> list[Path]:
    """Return weeks' solved labs and lessons, week by week."""
    return [
        path
        for week in ids
        for path in (
            ROOT / "solutions" / week / "lab.ipynb",
            *sorted((ROOT / "lessons").glob(f"{week}*.ipynb")),
        )
    ]


def digests() -> dict[str, str]:
    """Return a digest of each week (notebooks, exercises, labs, wrong answers, code they run) and of package and tests."""
    lock = [ROOT / "constraints.txt", ROOT / "conftest.py"]
    trained = [path for path in (ROOT / "mmlab/train").rglob("*") if path.is_file() and path.suffix in DATA]
    found = {}
    for week in weeks(ROOT):
        wrong = [path for one in week.exercises for path in (ROOT / "tests/wrong" / one.name).glob("*.py")]
        code = dependencies([*week.folder.rglob("*.py"), *notebooks_of([week.id])])
        released = [path for path in (ROOT / "labs" / week.id).rglob("*") if path.is_file()]
        weights = trained * any(path.is_relative_to(ROOT / "mmlab/train") for path in code)
        found[week.id] = digest([*code, *weights, *wrong, *released, week.folder / "cases.npz", *lock], ROOT)
    kept = [
        path
        for name in ("mmlab", "tests")
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path != ROOT / GREEN
    ]
    return found | {"package": digest([*kept, *lock, ROOT / "pyproject.toml", ROOT / "Makefile"], ROOT)}


def unsteady(command: list[str], cache: Path, root: Path, environment: dict[str, str]) -> list[str]:
    """Run a pytest command's failed tests again, alone; return their names if there are few and all of them pass."""
    noted = cache / "v" / "cache" / "lastfailed"
    failed = sorted(json.loads(noted.read_text(encoding="utf-8"))) if noted.is_file() else []
    if not 1 <= len(failed) <= AGAIN or "--nbval-lax" in command:  # a notebook's cell cannot run alone
        return []
    print(f"\n== again, alone: {', '.join(failed)}", flush=True)
    alone, environment = [*command, "-n", "0", "--last-failed"], environment | {"MMLAB_TEST_END": "inf"}
    return failed if subprocess.run(alone, cwd=root, env=environment).returncode == 0 else []


def run(
    todo: list[Stage], *, end: float = float("inf"), unchanged: Iterable[str] = (), root: Path = ROOT
) -> tuple[str, list[str]]:
    """Run stages and return the last line and the names left out; a failed stage stops no other.

    end        seconds since 1970 from which on what is unchanged is left out
    unchanged  weeks, and "package", that are as they were when all tests passed
    """
    names = root / "build" / "left_out.txt"  # the stages' pytest writes there too
    names.parent.mkdir(exist_ok=True)
    names.write_text("")
    budget = {
        "MMLAB_TEST_UNCHANGED": ",".join(unchanged),
        "MMLAB_TEST_END": str(end),
        "MMLAB_TEST_LEFT_OUT": str(names),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT / "tests"), os.environ.get("PYTHONPATH")])),
    }
    took, failed, twice = [], [], []
    for stage in todo:
        began, good = time.monotonic(), True
        environment = (
            os.environ
            | {"OMP_WAIT_POLICY": "PASSIVE"}
            | ({"OMP_NUM_THREADS": "1"} if stage.one_thread else {})
        )
        without_lessons = (
            stage.name == "site" and "lessons/" in names.read_text()
        )  # it shows what their execution showed
        for number, command in enumerate(stage.commands):
            optional = "site" if without_lessons else stage.optional.get(number)
            if optional and time.time() > end:
                names.write_text(
                    names.read_text() + (f"{optional}\n" if number == 0 or optional != "site" else "")
                )
                continue
            may_repeat = end < float("inf") and "pytest" in command
            if may_repeat:
                cache = root / "build" / "pytest" / stage.name
                shutil.rmtree(cache, ignore_errors=True)
                order = ["--no-loadscope-reorder"] * ("-n" in command)
                command = [*command, *order, "-p", "left_out", "-o", f"cache_dir={cache}"]
                environment = environment | budget
            print(f"\n== {stage.name}: {shlex.join(command)}", flush=True)
            status = subprocess.run(command, cwd=root, env=environment).returncode
            passed_alone = []
            if (
                may_repeat and status == 1
            ):  # all tests ran, and some failed; any other status is no matter of chance
                passed_alone = unsteady(command, cache, root, environment)
                twice += passed_alone
            good = (status == 0 or bool(passed_alone)) and good
        print(f"== {stage.name}: {'passed' if good else 'FAILED'}", flush=True)
        took.append(f"{stage.name} {(time.monotonic() - began) / 60:.1f}")
        failed += [stage.name] * (not good)
    if twice:
        print("\n".join(["", *(f"unsteady: {name}" for name in twice)]))
    return (
        f"stages: {' '.join(took)}; {len(todo) - len(failed)} passed, {len(failed)} failed",
        names.read_text().splitlines(),
    )


def main(argv: list[str] | None = None) -> int:
    """Run what the options ask for; return 1 if a stage failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="repetitions too, and note what is green")
    parser.add_argument(
        "--budget", type=float, metavar="MINUTES", help="leave out unchanged weeks when nearly spent"
    )
    parser.add_argument("--week", help="one week's release, proof and notebooks")
    parser.add_argument("--record", action="store_true", help="note what is green, if all is")
    options = parser.parse_args(argv)
    now, green = digests(), ROOT / GREEN
    before = json.loads(green.read_text(encoding="utf-8")) if green.exists() else {}
    unchanged = (
        {name for name, value in now.items() if before.get(name) == value} if options.budget else set()
    )
    end = time.time() + options.budget * 60 * SPENT if options.budget else float("inf")
    counted = subprocess.run(
        ["git", "rev-list", "--count", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    line, left_out = run(stages(options, unchanged, int(counted or 0)), end=end, unchanged=unchanged)
    whole = not options.budget and not options.week  # a budget leaves out no more than such a run has seen
    if whole and (options.all or options.record) and line.endswith(" 0 failed"):
        green.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if options.budget:
        print("\n".join(["", *left_out, f"left out: {len(left_out)}"]))
    print(line)
    return int(not line.endswith(" 0 failed"))


if __name__ == "__main__":
    sys.exit(main())
