"""Generate `labs/` from `solutions/`: first the visible cases, then nbgrader's release.

`mmlab release` writes solutions/NN_slug/cases.npz and lets nbgrader's
generate_assignment write labs/NN_slug/. With `--check` it changes nothing and compares:
inputs by bytes, outputs within tolerance, notebooks and files byte for byte.
"""

import argparse
import contextlib
import glob
import json
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

from mmlab.check import cases as case_files
from mmlab.cli import notebook, paths, setup_cell
from mmlab.errors import CasesError, InputError, NotebookError
from mmlab.instructor.authoring import course_config
from mmlab.instructor.authoring.case_records import drift, record
from mmlab.instructor.authoring.exercise import Week, cells_of, weeks


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if labs/ is out of date")


def main(args: argparse.Namespace) -> int:
    """Release weeks, or report what a release would change."""
    root, reports = paths.root(), []
    for week in weeks(root, args.weeks):
        report = {"id": week.id, "problems": stale(root, week)} if args.check else release(root, week)
        reports.append(report | {"ok": not report.get("problems")})
        if not args.json:
            _tell(reports[-1], args.check)
    if args.json:
        print(json.dumps({"weeks": reports}))
    return 0 if all(report["ok"] for report in reports) else 1


def release(root: Path, week: Week) -> dict:
    """Write one week's cases.npz and its folder in labs/; return what was written.

    raises  InputError for an unfinished exercise, NotebookError for a missing cell or an error of nbgrader
    """
    lab = notebook.read(week.notebook)
    refuse_unfinished(week, lab)
    records = [record(week, exercise, lab) for exercise in week.exercises if not exercise.is_text]
    unchanged = _write_cases(week, records)
    generate(root, week.id)
    return {"id": week.id, "exercises": len(week.exercises), "cases_kept": unchanged}


def stale(root: Path, week: Week) -> list[str]:
    """Return what a release of the week would change, one line each, without changing anything."""
    lab, problems = notebook.read(week.notebook), []
    refuse_unfinished(week, lab)
    for exercise in week.exercises:
        if exercise.is_text:
            continue
        try:
            old = case_files.read(week.folder / case_files.FILE, exercise.name)
        except CasesError as error:
            problems.append(f"{exercise.name}: {error.given}")
            continue
        if difference := drift(old, record(week, exercise, lab)):
            problems.append(f"{exercise.name}: {difference}")
    with tempfile.TemporaryDirectory() as scratch:
        generate(root, week.id, scratch=Path(scratch), database=False)
        problems += _different(Path(scratch) / "labs" / week.id, root / "labs" / week.id)
    return problems


def generate(root: Path, week: str, *, scratch: Path | None = None, database: bool = True) -> None:
    """Run nbgrader's generate_assignment on one week.

    root      the course's folder
    scratch   a folder for labs/ and gradebook.db in place of the course's own
    database  False: write the files only
    raises    NotebookError with nbgrader's message
    """
    with nbgrader(root, scratch=scratch) as api, _without_wildcards(api.coursedir):
        if not database:
            settings = api.config.GenerateAssignment
            settings.no_database = True
            settings.preprocessors = [step for step in settings.preprocessors if step.__name__ != "SaveCells"]
        finished(
            api.generate_assignment(week, force=True, create=True), f"nbgrader generate_assignment {week}"
        )


@contextlib.contextmanager
def _without_wildcards(course) -> Iterator[None]:
    """Let nbgrader, which searches with glob, reach a course through links whose paths contain no wildcards."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("root", "source_directory"):
            path = getattr(course, name)
            if glob.escape(path) != path:
                link = Path(folder) / name
                link.symlink_to(os.path.realpath(path), target_is_directory=True)
                setattr(course, name, str(link))
        yield


@contextlib.contextmanager
def nbgrader(root: Path, *, scratch: Path | None = None):
    """Yield nbgrader's API under the course's configuration; its own messages are not printed.

    raises  InputError  if nbgrader_config.py cannot be used
    """
    import nbgrader.apps.api as nbgrader_api
    from traitlets import TraitError

    config = course_config.load(root)
    if scratch is not None:
        config.CourseDirectory.root = str(scratch)
        config.CourseDirectory.source_directory = str(root / "solutions")
        config.CourseDirectory.db_url = course_config.database_url(scratch / "gradebook.db")
    path = os.environ.get("PATH", "")
    # nbgrader calls alembic by name
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"nbgrader\..*")  # about its own database
            try:
                api = nbgrader_api.NbGraderAPI(config=config)
            except TraitError as error:
                raise InputError(
                    f"{root / course_config.FILE}: {error}",
                    "settings as nbgrader documents them",
                    course_config.CORRECT,
                ) from None
            yield api
    finally:
        os.environ["PATH"] = path


def finished(result: dict, what: str) -> None:
    """Raise NotebookError with nbgrader's message unless it succeeded."""
    if not result["success"]:
        log = f"{result.get('error') or ''}\n{result.get('log') or ''}".strip().splitlines()
        errors = [
            line for line in log if re.match(r"[\w.]*(Error|Exception): ", line) and "NbGrader" not in line
        ]
        why = (errors or log or ["no reason given"])[-1]
        raise NotebookError(
            f"{what} failed: {why}",
            "a notebook that nbgrader accepts",
            "fix what the message names; the end of nbgrader's log:\n" + "\n".join(log[-30:]),
        )


def refuse_unfinished(week: Week, lab: dict) -> None:
    """Raise InputError if an exercise lacks a part, NotebookError if the lab lacks one of its cells."""
    if problems := [problem for exercise in week.exercises for problem in exercise.problems()]:
        raise InputError(
            f"{week.id}: " + "; ".join(problems),
            "exercises as CONTRIBUTING.md describes them",
            "complete them",
        )
    for name in [setup_cell.CELL_ID, *(name for exercise in week.exercises for name in cells_of(exercise))]:
        notebook.find(lab, name)


def _write_cases(week: Week, records: list[dict]) -> bool:
    """Write cases.npz unless the existing file agrees within tolerance; return whether it does."""
    file = week.folder / case_files.FILE
    with contextlib.suppress(CasesError):
        names = case_files.read_names(file)
        same = names == [entry["name"] for entry in records]
        if same and not any(drift(case_files.read(file, entry["name"]), entry) for entry in records):
            return True
    case_files.write(file, week.id, records)
    return False


def _different(fresh: Path, existing: Path) -> list[str]:
    names = {
        path.relative_to(folder)
        for folder in (fresh, existing)
        for path in folder.rglob("*")
        if path.is_file()
    }
    problems = []
    for name in sorted(name for name in names if ".ipynb_checkpoints" not in name.parts):
        new, old = fresh / name, existing / name
        if not new.exists():
            problems.append(f"{old}: exists, but no release would write it")
        elif not old.exists():
            problems.append(f"{old}: is missing")
        elif new.read_bytes() != old.read_bytes():
            problems.append(f"{old}: differs from what a release would write")
    return problems


def _tell(report: dict, checked: bool) -> None:
    if report.get("problems"):
        print(f"{report['id']}: out of date, run `mmlab release {report['id']}`")
        for problem in report["problems"]:
            print(f"  {problem}")
    elif checked:
        print(f"{report['id']}: as released")
    else:
        outcome = "kept" if report["cases_kept"] else "written"
        print(
            f"{report['id']}: {report['exercises']} exercises released to labs/{report['id']}, cases {outcome}"
        )
