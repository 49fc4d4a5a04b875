"""Make `labs/` from `solutions/`: the visible cases, then nbgrader's own release.

`mmlab release` writes solutions/NN_slug/cases.npz and lets nbgrader's
generate_assignment write labs/NN_slug/. With `--check` nothing is changed: inputs
are compared by bytes, outputs within tolerance, notebooks and files byte for byte.
"""

import argparse
import contextlib
import json
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path

from mmlab.check import cases as case_files
from mmlab.course import notebook, places, setup_cell
from mmlab.course.exercise import Week, cells_of, weeks
from mmlab.course.records import drift, record
from mmlab.errors import CasesError, InputError, NotebookError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("weeks", nargs="*", metavar="WEEK", help="such as 02_clip or 02 (default: all)")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if labs/ is out of date")


def main(args: argparse.Namespace) -> int:
    """Release weeks, or say what a release would change."""
    root, reports = places.root(), []
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

    raises  InputError for an unfinished exercise, NotebookError for a missing cell or from nbgrader
    """
    lab = notebook.read(week.notebook)
    refuse_unfinished(week, lab)
    kept = _write_cases(week, [record(week, one, lab) for one in week.exercises if not one.is_text])
    generate(root, week.id)
    return {"id": week.id, "exercises": len(week.exercises), "cases_kept": kept}


def stale(root: Path, week: Week) -> list[str]:
    """Return what a release of the week would change, one line each; changes nothing."""
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
        if found := drift(old, record(week, exercise, lab)):
            problems.append(f"{exercise.name}: {found}")
    with tempfile.TemporaryDirectory() as scratch:
        generate(root, week.id, scratch=Path(scratch), database=False)
        problems += _different(Path(scratch) / "labs" / week.id, root / "labs" / week.id)
    return problems


def generate(root: Path, week: str, *, scratch: Path | None = None, database: bool = True) -> None:
    """Run nbgrader's generate_assignment on one week.

    root      the course's folder
    scratch   a folder for labs/ and gradebook.db in place of the course's own
    database  False: write the files only
    raises    NotebookError with what nbgrader said
    """
    with nbgrader(root, scratch=scratch) as api:
        if not database:
            settings = api.config.GenerateAssignment
            settings.no_database = True
            settings.preprocessors = [one for one in settings.preprocessors if one.__name__ != "SaveCells"]
        finished(api.generate_assignment(week, force=True, create=True), f"nbgrader generate_assignment {week}")


@contextlib.contextmanager
def nbgrader(root: Path, *, scratch: Path | None = None):
    """Yield nbgrader's API under the course's configuration; its own messages stay off the terminal."""
    import nbgrader.apps.api as nbgrader_api
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    if scratch is not None:
        config.CourseDirectory.root = str(scratch)
        config.CourseDirectory.source_directory = str(root / "solutions")
        config.CourseDirectory.db_url = f"sqlite:///{scratch}/gradebook.db"
    path = os.environ.get("PATH", "")
    # nbgrader calls alembic by its name
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"nbgrader\..*")  # its own about its own database
            yield nbgrader_api.NbGraderAPI(config=config)
    finally:
        os.environ["PATH"] = path


def finished(result: dict, what: str) -> None:
    """Raise NotebookError with nbgrader's words unless its result says success."""
    if not result["success"]:
        said = f"{result.get('error') or ''}\n{result.get('log') or ''}".strip().splitlines()
        errors = [line for line in said if re.match(r"[\w.]*(Error|Exception): ", line) and "NbGrader" not in line]
        why = (errors or said or ["no word why"])[-1]
        raise NotebookError(f"{what} failed: {why}", "a notebook that nbgrader accepts",
                            "mend what it names; the end of its log:\n" + "\n".join(said[-30:]))  # fmt: skip


def refuse_unfinished(week: Week, lab: dict) -> None:
    """Raise InputError where an exercise lacks a part, NotebookError where the lab lacks one of its cells."""
    if problems := [problem for exercise in week.exercises for problem in exercise.problems()]:
        raise InputError(f"{week.id}: " + "; ".join(problems), "exercises as CONTRIBUTING.md describes them",
                         "complete them")  # fmt: skip
    for name in [setup_cell.CELL_ID, *(name for exercise in week.exercises for name in cells_of(exercise))]:
        notebook.find(lab, name)


def _write_cases(week: Week, records: list[dict]) -> bool:
    """Write cases.npz unless the one there says the same: another CPU's last bits are no change."""
    file = week.folder / case_files.FILE
    with contextlib.suppress(CasesError):
        names = case_files.read_names(file)
        same = names == [one["name"] for one in records]
        if same and not any(drift(case_files.read(file, one["name"]), one) for one in records):
            return True
    case_files.write(file, week.id, records)
    return False


def _different(fresh: Path, kept: Path) -> list[str]:
    names = {path.relative_to(folder) for folder in (fresh, kept) for path in folder.rglob("*") if path.is_file()}
    problems = []
    for name in sorted(name for name in names if ".ipynb_checkpoints" not in name.parts):
        one, other = fresh / name, kept / name
        if not one.exists():
            problems.append(f"{other}: is there and no release would write it")
        elif not other.exists():
            problems.append(f"{other}: is missing")
        elif one.read_bytes() != other.read_bytes():
            problems.append(f"{other}: differs from what a release would write")
    return problems


def _tell(report: dict, checked: bool) -> None:
    if report.get("problems"):
        print(f"{report['id']}: out of date, run `mmlab release {report['id']}`")
        for problem in report["problems"]:
            print(f"  {problem}")
    elif checked:
        print(f"{report['id']}: as released")
    else:
        kept = "kept" if report["cases_kept"] else "written"
        print(f"{report['id']}: {report['exercises']} exercises released to labs/{report['id']}, cases {kept}")
