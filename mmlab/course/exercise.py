"""What an exercise is, and how a week's `exercises.py` is found and read.

    Exercise ── Driver          how an answer is run        (public, in mmlab/check)
             ├─ Compare         how its result is judged    (public, travels in cases.npz)
             ├─ Misconception…  wrong answers, each with its message
             └─ Alternate…      right answers, written another way

The right answer itself is no part of it: it is the solution cell of `lab.ipynb`.
"""

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mmlab import values
from mmlab.check.compare import COMPARERS
from mmlab.check.drivers import RUN
from mmlab.errors import InputError

DRIVERS = (*RUN, "text")
MINIMUM = {"hints": 2, "misconceptions": 3, "alternates": 2}
VISIBLE = b"visible"  # the seed of the cases that students see


class Driver:
    """How an answer is run: a kind and plain options, such as Driver("call", gradient=True).

    kind     one of "call", "module", "script", "predict", "bugs"; "text" is marked by a person
    options  plain values for the driver, see `mmlab.check.drivers`
    """

    def __init__(self, kind: str, **options):
        self.kind, self.options = _one_of("driver", kind, DRIVERS), options

    def __repr__(self):
        return _called("Driver", self.kind, self.options)


class Compare:
    """How a result is judged: a comparer of `mmlab.check.compare` and its plain parameters."""

    def __init__(self, kind: str, **parameters):
        self.kind, self.parameters = _one_of("comparer", kind, COMPARERS), parameters

    def __repr__(self):
        return _called("Compare", self.kind, self.parameters)


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that people give, and what to tell them.

    function  module-level function or class; uses only what the setup cell defines
    message   what the result is ("your number is the loss without …")
    do        one act that mends it
    detect    Compare against this misconception's own values; None: the exercise's, as an equality
    """

    function: Callable
    message: str
    do: str
    detect: Compare | None = None

    @property
    def name(self) -> str:
        """The function's name, without the exercise's name in front."""
        return self.function.__name__.partition("__")[2] or self.function.__name__


@dataclass(frozen=True)
class Alternate:
    """A right answer written another way than the reference."""

    function: Callable

    @property
    def name(self) -> str:
        """The function's name, without the exercise's name in front."""
        return self.function.__name__.partition("__")[2] or self.function.__name__


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One graded exercise of a lab.

    name            grade id of its cell and name of what the student defines
    difficulty      1–5;  importance 1–5;  minutes as planned
    needs           exercises to read first (reading order only)
    hints           at least two, folded below the statement
    driver          how an answer is run
    cases           cases(rng) -> list of dicts, inputs only, at least three
    compare         how a result is judged
    misconceptions  at least three, pairwise distinguishable
    alternates      at least two
    forbids         "aten.…" operations and "name:…" identifiers the answer must do without
    versions        driver "bugs": module-level functions named right_… and buggy_…
    partial         `mmlab grade` gives the share of right cases; False: all or nothing
    """

    name: str
    difficulty: int
    importance: int
    minutes: int
    driver: Driver
    needs: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    cases: Callable | None = None
    compare: Compare = field(default_factory=lambda: Compare("close"))
    misconceptions: tuple[Misconception, ...] = ()
    alternates: tuple[Alternate, ...] = ()
    forbids: tuple[str, ...] = ()
    versions: tuple[Callable, ...] = ()
    partial: bool = False

    def __post_init__(self):
        wrapped = (other if isinstance(other, Alternate) else Alternate(other) for other in self.alternates)
        object.__setattr__(self, "alternates", tuple(wrapped))

    @property
    def is_text(self) -> bool:
        """Whether a person marks it."""
        return self.driver.kind == "text"

    def problems(self) -> list[str]:
        """Return what is missing or out of range, one sentence each."""
        found = [f"{field} is {getattr(self, field)}, wanted 1 to 5"
                 for field in ("difficulty", "importance") if getattr(self, field) not in range(1, 6)]  # fmt: skip
        if not self.is_text:
            found += [f"{len(getattr(self, part))} {part}, wanted {least} or more"
                      for part, least in MINIMUM.items() if len(getattr(self, part)) < least]  # fmt: skip
            if (self.driver.kind == "bugs") == (self.cases is not None):
                found.append("a find-the-bug has versions, every other exercise has cases")
        if self.driver.kind == "bugs":
            names = [version.__name__ for version in self.versions]
            found += [f"{sum(name.startswith(kind) for name in names)} {kind}… versions, wanted {least} or more"
                      for kind, least in (("right_", 3), ("buggy_", 4))
                      if sum(name.startswith(kind) for name in names) < least]  # fmt: skip
        for planted in (*self.misconceptions, *self.alternates):
            function = planted.function
            if not (inspect.isfunction(function) or inspect.isclass(function)) or "." in function.__qualname__:
                found.append(f"{function!r} is no module-level function or class")
        return [f"{self.name}: {problem}" for problem in found]

    def seed(self, secret: bytes = VISIBLE) -> list[int]:
        """Return the seed of this exercise's cases under a course's secret."""
        digest = hashlib.sha256(secret + b"\0" + self.name.encode()).digest()
        return [int.from_bytes(digest[at : at + 4], "little") for at in range(0, 32, 4)]

    def inputs(self, secret: bytes = VISIBLE) -> list[dict]:
        """Return the cases under `secret`, as the codec gives them back; raises InputError below three."""
        import numpy as np

        rng = np.random.default_rng(self.seed(secret))
        if self.driver.kind == "bugs":
            from mmlab.course.versions import version_cases

            cases = version_cases(self.versions, rng)
        else:
            cases = self.cases(rng)
        if len(cases) < 3:
            raise InputError(f"{self.name}: {len(cases)} cases", "3 or more", "return more dicts from its cases")
        return values.loads(values.dumps(list(cases)))


def cells_of(exercise: Exercise) -> list[str]:
    """Return the names of the cells that a lab must hold for an exercise."""
    suffixes = ("-statement", "") if exercise.is_text else ("-statement", "-solution", "")
    return [exercise.name + suffix for suffix in suffixes]


@dataclass(frozen=True)
class Week:
    """One week's exercises: its id ("02_clip"), folder, exercises and withheld package files."""

    id: str
    folder: Path
    exercises: tuple[Exercise, ...]
    withheld: tuple[str, ...] = ()

    @property
    def notebook(self) -> Path:
        """The source lab, with its solutions."""
        return self.folder / "lab.ipynb"

    def exercise(self, name: str) -> Exercise:
        """Return the exercise called `name`; raises InputError listing those there are."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        names = ", ".join(exercise.name for exercise in self.exercises)
        raise InputError(f"exercise {name!r} of {self.id}", f"one of {names}", "check the spelling")


def load(folder: Path) -> Week:
    """Return the week whose `exercises.py` lies in `folder`; raises InputError where it cannot be used."""
    path = Path(folder) / "exercises.py"
    if not path.is_file():
        raise InputError(f"{path} is not there", "an exercises.py in the week's folder", "check the week's name")
    module = _imported(path)
    exercises = tuple(module.EXERCISES)
    names = [exercise.name for exercise in exercises]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{path}: {', '.join(twice)} twice", "names unique in the course", "rename one")
    return Week(path.parent.name, path.parent, exercises, tuple(getattr(module, "WITHHELD", ())))


def weeks(root: Path, names: list[str] = ()) -> list[Week]:
    """Return the weeks of a course in order: all of them, or those named ("02" names "02_clip")."""
    there = sorted(path.parent for path in (root / "solutions").glob("*/exercises.py"))
    if not there:
        raise InputError(f"no week's source in {root / 'solutions'}", "solutions/NN_slug/exercises.py",
                         "run it in the instructors' repository; students get no solutions")  # fmt: skip
    chosen = []
    for name in names or [folder.name for folder in there]:
        found = [folder for folder in there if folder.name == name or folder.name.split("_")[0] == name]
        if not found:
            have = ", ".join(folder.name for folder in there)
            raise InputError(f"week {name!r}", f"one of {have}", "name a week whose solutions are there")
        chosen += [load(folder) for folder in found]
    owners: dict[str, str] = {}
    for week in chosen:
        for exercise in week.exercises:
            if exercise.name in owners:
                raise InputError(f"{exercise.name} stands in {owners[exercise.name]} and {week.id}",
                                 "names unique in the course", "rename one")  # fmt: skip
            owners[exercise.name] = week.id
    return chosen


def _imported(path: Path):
    """Import exercises.py by its path; files beside it may be imported from it by their names."""
    for beside in path.parent.glob("*.py"):
        sys.modules.pop(beside.stem, None)  # the same name may belong to another copy of the week
    spec = importlib.util.spec_from_file_location(f"exercises_{path.parent.name}", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def _one_of(what: str, kind: str, known) -> str:
    if kind not in known:
        raise InputError(f"{what} {kind!r}", f"one of {', '.join(known)}", "check the spelling")
    return kind


def _called(name: str, kind: str, options: dict) -> str:
    return f"{name}({', '.join([repr(kind), *(f'{key}={value!r}' for key, value in options.items())])})"
