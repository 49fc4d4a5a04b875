"""Define an exercise, and find and load a week's exercises.

    Exercise ── Driver     how an answer is run        (public, in mmlab/check)
             ├─ Compare    how its result is judged    (public, travels in cases.npz)
             ├─ clauses    boundary cases for each clause of the statement
             ├─ mistakes   wrong answers, each with its message: edits of the reference
             └─ alternates right answers, written in another way

A week is the folder solutions/NN_slug/exercises/, with a file NAME.py for each exercise, which defines EXERCISE.
The other files can import files whose names begin with an underscore. The right answer is not part of an exercise:
it is the solution cell of `lab.ipynb`, which also gives the exercises' order.
"""

import ast
import contextlib
import hashlib
import importlib.util
import inspect
import itertools
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from mmlab import codec
from mmlab.check import syntax
from mmlab.check.compare import COMPARERS
from mmlab.check.drivers import RUN
from mmlab.cli import notebook
from mmlab.errors import InputError
from mmlab.instructor.authoring.code_digest import digest

DRIVERS = (*RUN, "text")
MINIMUM = {"hints": 2, "mistakes": 3, "alternates": 2}
EXERCISES = "exercises"  # the folder in a week's source
_loading = threading.RLock()
VISIBLE = b"visible"  # the seed of the cases that students see


class Driver:
    """How an answer is run: a kind and plain options, such as Driver("call", gradient=True).

    kind     one of "call", "module", "script", "predict", "bugs"; "text" is graded by a person
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
class Answer:
    """An answer made from the reference: the solution cell with a few edits, or with another definition.

    name    its name in tables and messages
    edit    {old text: new text} for the solution cell, where each old text occurs exactly once;
            or a module-level function or class that replaces the reference's definition
    reason  why it is right or wrong, for readers of the exercise
    """

    name: str
    edit: dict[str, str] | Callable
    reason: str = ""

    def source(self, solution: str, exercise: str) -> str:
        """Return the solution cell's source with this answer in it.

        solution  source of the reference's solution cell
        exercise  the exercise's name, which the answer must define
        raises    InputError if an edit's text is absent or ambiguous, or the edits change nothing or do not parse
        """
        if not isinstance(self.edit, dict):
            return notebook.paste(solution, notebook.renamed(self.edit, exercise), exercise)
        return edited(solution, self.edit, f"{exercise}, {self.name}")


@dataclass(frozen=True)
class Mistake(Answer):
    """A wrong answer that students give, with its message.

    message  describes the result ("your result is the loss without …")
    do       one action that fixes it
    detect   how a result is compared with this mistake's own values; None: the exercise's comparer, for equality
    """

    message: str = ""
    do: str = ""
    detect: Compare | None = None


def mistake(
    name: str, edit: dict[str, str] | Callable, message: str, do: str, *, detect: Compare | None = None
) -> Mistake:
    """Return a mistake: an edit of the reference that students make, with its message.

    >>> mistake("no_temperature", {" / temperature": ""}, "your loss has no temperature", "divide by it").name
    'no_temperature'
    """
    return Mistake(name, edit, message=message, do=do, detect=detect)


def edited(source: str, edits: dict[str, str], what: str) -> str:
    """Return a source with each old text replaced by its new text; old texts are searched in the unchanged source.

    raises  InputError, which names the answer as `what`, if a text is absent, occurs more than once or overlaps
            another, or if the result is not Python or not a change
    """
    spans = []
    for old, new in edits.items():
        if not old or source.count(old) != 1:
            count = source.count(old) if old else 0
            raise InputError(
                f"{what}: {old!r} is {count} times in the solution cell",
                "exactly once",
                "copy more of the line, or the text as it stands now",
            )
        at = source.index(old)
        spans.append((at, at + len(old), new))
    spans.sort()
    if any(first[1] > second[0] for first, second in itertools.pairwise(spans)):
        raise InputError(f"{what}: two edits overlap", "edits of separate texts", "make one edit of the two")
    result, done = "", 0
    for start, end, new in spans:
        result, done = result + source[done:start] + new, end
    result += source[done:]
    try:
        same = ast.dump(syntax.parse(result)) == ast.dump(syntax.parse(source))
    except SyntaxError as error:
        raise InputError(
            f"{what}: the edited cell is not Python (line {error.lineno}: {error.msg})",
            "code that parses",
            "run the edit by hand in the lab",
        ) from None
    if same:
        raise InputError(
            f"{what}: the edits change nothing",
            "an answer that differs from the reference",
            "change the code, not only its comments or layout",
        )
    return result


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One graded exercise of a lab.

    difficulty  1–5;  importance 1–5;  minutes: planned time
    driver      how an answer is run
    needs       exercises to read first (reading order only)
    optional    True: beyond the lab's planned time; an instructor decides whether its points count
    hints       at least two, shown folded below the statement
    clauses     clause of the statement → boundary cases, the same for visible and hidden cases
    cases       cases(rng) -> list of dicts, inputs only, drawn in addition to the boundary cases
    compare     how a result is judged
    mistakes    at least three, pairwise distinguishable
    alternates  at least two: answers, or functions, whose names are then used
    equivalent  mutant of the reference → why no input distinguishes it from the reference (see `mutants`)
    forbids     what the answer must not use: dotted names ("transformers.CLIPModel", "PIL")
                and "aten.…" operations
    versions    driver "bugs": module-level functions named right_… and buggy_…
    hidden_versions  driver "bugs": further such functions for the hidden cases, which students do not see
    partial     True: `mmlab grade` gives the share of right cases; False: all or nothing
    name        grade id of its cell and name of the student's definition, taken from the file's name
    """

    difficulty: int
    importance: int
    minutes: int
    driver: Driver
    needs: tuple[str, ...] = ()
    optional: bool = False
    hints: tuple[str, ...] = ()
    clauses: dict[str, list[dict]] = field(default_factory=dict)
    cases: Callable | None = None
    compare: Compare = field(default_factory=lambda: Compare("close"))
    mistakes: tuple[Mistake, ...] = ()
    alternates: tuple[Answer | Callable, ...] = ()
    equivalent: dict[str, str] = field(default_factory=dict)
    forbids: tuple[str, ...] = ()
    versions: tuple[Callable, ...] = ()
    hidden_versions: tuple[Callable, ...] = ()
    partial: bool = False
    name: str = ""

    def __post_init__(self):
        wrapped = (
            other if isinstance(other, Answer) else Answer(other.__name__, other) for other in self.alternates
        )
        object.__setattr__(self, "alternates", tuple(wrapped))

    @property
    def is_text(self) -> bool:
        """Whether a person grades it."""
        return self.driver.kind == "text"

    def problems(self) -> list[str]:
        """Return what is missing or out of range, one sentence each."""
        problems = [
            f"{field} is {getattr(self, field)}, wanted 1 to 5"
            for field in ("difficulty", "importance")
            if getattr(self, field) not in range(1, 6)
        ]
        if not self.is_text:
            problems += [
                f"{len(getattr(self, part))} {part}, wanted {minimum} or more"
                for part, minimum in MINIMUM.items()
                if len(getattr(self, part)) < minimum
            ]
            if (self.driver.kind == "bugs") == bool(self.cases or self.clauses):
                problems.append("a find-the-bug has versions, every other exercise has clauses or cases")
        if self.driver.kind == "bugs":
            names = [version.__name__ for version in self.versions]
            problems += [
                f"{sum(name.startswith(kind) for name in names)} {kind}… versions, wanted {minimum} or more"
                for kind, minimum in (("right_", 3), ("buggy_", 4))
                if sum(name.startswith(kind) for name in names) < minimum
            ]
        for answer in (*self.mistakes, *self.alternates):
            function = answer.edit
            if not isinstance(function, dict) and (
                not (inspect.isfunction(function) or inspect.isclass(function))
                or "." in function.__qualname__
            ):
                problems.append(
                    f"{answer.name}: {function!r} is neither edits nor a module-level function or class"
                )
        names = [answer.name for answer in (*self.mistakes, *self.alternates)]
        problems += [
            f"two answers called {name}" for name in sorted({name for name in names if names.count(name) > 1})
        ]
        return [f"{self.name}: {problem}" for problem in problems]

    def seed(self, secret: bytes = VISIBLE) -> list[int]:
        """Return the seed of this exercise's cases for a course's secret."""
        digest = hashlib.sha256(secret + b"\0" + self.name.encode()).digest()
        return [int.from_bytes(digest[at : at + 4], "little") for at in range(0, 32, 4)]

    def inputs(self, secret: bytes = VISIBLE) -> list[dict]:
        """Return the cases for `secret` after a round trip through the codec; raises InputError for fewer than three."""
        import numpy as np

        rng = np.random.default_rng(self.seed(secret))
        if self.driver.kind == "bugs":
            from mmlab.instructor.authoring.versions import version_cases

            hidden = () if secret == VISIBLE else self.hidden_versions
            cases = version_cases((*self.versions, *hidden), rng)
        else:
            cases = [case for boundary in self.clauses.values() for case in boundary]
            cases += self.cases(rng) if self.cases else []
        if len(cases) < 3:
            raise InputError(f"{self.name}: {len(cases)} cases", "3 or more", "give more clauses or cases")
        return codec.loads(codec.dumps(list(cases)), keys=codec.RECORD_KEYS)


def cells_of(exercise: Exercise) -> list[str]:
    """Return the names of the cells that a lab must have for an exercise."""
    suffixes = ("-statement", "") if exercise.is_text else ("-statement", "-solution", "")
    return [exercise.name + suffix for suffix in suffixes]


@dataclass(frozen=True)
class Week:
    """One week's exercises.

    id         such as "02_clip"
    folder     its sources
    exercises  in the lab's order
    sources    digest of the folder's Python files just before they were imported
    """

    id: str
    folder: Path
    exercises: tuple[Exercise, ...]
    sources: str = ""

    def is_current(self) -> bool:
        """Return whether the folder's Python files are still those that were imported."""
        return self.sources == _sources(self.folder)

    @property
    def notebook(self) -> Path:
        """The source lab, with its solutions."""
        return self.folder / "lab.ipynb"

    def exercise(self, name: str) -> Exercise:
        """Return the exercise called `name`; raises InputError, which lists the exercises, if there is none."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        names = ", ".join(exercise.name for exercise in self.exercises)
        raise InputError(f"exercise {name!r} of {self.id}", f"one of {names}", "check the spelling")


def load(folder: Path) -> Week:
    """Return the week with the exercises in `folder`/exercises; raises InputError if they cannot be used."""
    folder = Path(folder)
    files = [path for path in sorted((folder / EXERCISES).glob("*.py")) if not path.stem.startswith("_")]
    if not files:
        raise InputError(
            f"no exercise in {folder / EXERCISES}",
            "a file NAME.py for each exercise",
            "check the week's name",
        )
    sources = _sources(folder)
    with _helpers(folder / EXERCISES):
        exercises = {path.stem: _exercise(path) for path in files}
    order = (
        list(notebook.points(notebook.read(folder / "lab.ipynb"))) if (folder / "lab.ipynb").is_file() else []
    )
    ordered = sorted(exercises, key=lambda name: (order.index(name) if name in order else len(order), name))
    return Week(folder.name, folder, tuple(exercises[name] for name in ordered), sources)


def _sources(folder: Path) -> str:
    return digest(folder.rglob("*.py"), folder)


def weeks(root: Path, names: list[str] = ()) -> list[Week]:
    """Return the weeks of a course in order: all of them, or the named ones ("02" means "02_clip")."""
    available = week_folders(root)
    if not available:
        raise InputError(
            f"no week's source in {root / 'solutions'}",
            f"solutions/NN_slug/{EXERCISES}/NAME.py",
            "run it in the instructors' repository; students get no solutions",
        )
    chosen = []
    for name in names or [folder.name for folder in available]:
        matching = [
            folder for folder in available if folder.name == name or folder.name.split("_")[0] == name
        ]
        if not matching:
            have = ", ".join(folder.name for folder in available)
            raise InputError(f"week {name!r}", f"one of {have}", "name a week whose solutions are there")
        chosen += [load(folder) for folder in matching]
    owners: dict[str, str] = {}
    for week in chosen:
        for exercise in week.exercises:
            if exercise.name in owners:
                raise InputError(
                    f"{exercise.name} is an exercise of {owners[exercise.name]} and of {week.id}",
                    "names unique in the course",
                    "rename one",
                )
            owners[exercise.name] = week.id
    return chosen


def week_folders(root: Path) -> list[Path]:
    """Return the folders of the weeks that have exercises, in order."""
    return sorted(
        path.parent for path in (root / "solutions").glob(f"*/{EXERCISES}") if any(path.glob("*.py"))
    )


def answers(path: Path) -> list[Answer]:
    """Return the ANSWERS of a file in tests/wrong or tests/right; [] if there is no such file."""
    if not path.is_file():
        return []
    with _helpers(path.parent):
        return list(_imported(path).ANSWERS)


def _exercise(path: Path) -> Exercise:
    """Return the EXERCISE of a file, under the file's name."""
    exercise = getattr(_imported(path), "EXERCISE", None)
    if not isinstance(exercise, Exercise):
        raise InputError(
            f"{path} defines no EXERCISE", "EXERCISE = Exercise(…)", "begin its name with _ if it is a helper"
        )
    if exercise.name not in ("", path.stem):
        raise InputError(
            f"{path} holds {exercise.name}", f"an exercise called {path.stem}", "rename the file"
        )
    return replace(exercise, name=path.stem)


def _imported(path: Path):
    """Import a file by its path; the module's name contains the week, because file names are unique only in a week."""
    name = re.sub(r"\W", "_", "_".join([*path.parts[-3:-1], path.stem]))
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _helpers(folder: Path):
    """Let the files of a folder import its helpers, whose names begin with an underscore, inside a `with` block."""
    helpers = {path.stem: path for path in sorted(folder.glob("_*.py")) if path.stem != "__init__"}
    _loading.acquire()  # module names are global in a process, and graders load weeks in threads
    before = {name: sys.modules.pop(name, None) for name in helpers}
    try:
        for name, path in helpers.items():
            sys.modules[name] = _imported(path)
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module
        _loading.release()


def _one_of(what: str, kind: str, known) -> str:
    if kind not in known:
        raise InputError(f"{what} {kind!r}", f"one of {', '.join(known)}", "check the spelling")
    return kind


def _called(name: str, kind: str, options: dict) -> str:
    return f"{name}({', '.join([repr(kind), *(f'{key}={value!r}' for key, value in options.items())])})"
