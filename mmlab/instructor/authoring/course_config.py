"""The course's nbgrader_config.py: its errors in words, its defaults, and what follows from it.

    load           the configuration; a missing file or setting gets the course's default
    Layout         the folder of each student's submission, graded notebook and feedback
    time_zone      the zone of times that name none
    database_url   the address of an SQLite file, with the characters that an address cannot hold escaped
    database_path  the file that an address names

An instructor's own file may set as little as a course id, or not exist.
"""

import contextlib
import os
import re
import sys
import traceback
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from mmlab.errors import InputError
from mmlab.instructor.unicode_names import same_name

if TYPE_CHECKING:
    from traitlets.config import Config

FILE = "nbgrader_config.py"
SOURCE, RELEASE = "solutions", "labs"
STEPS = ("submitted", "autograded", "feedback")
STRUCTURE = "{nbgrader_step}/{student_id}/{assignment_id}"
CORRECT = f"correct {FILE}, or move it away to use the course's defaults"


def load(root: Path) -> "Config":
    """Return the configuration of the course at `root`, with the course's defaults for what it leaves out.

    raises  InputError  that names the file and the line, if the file cannot be run or a setting cannot be used
    """
    from traitlets.config.loader import Config, ConfigError, PyFileConfigLoader

    root = Path(os.path.abspath(root))
    path = root / FILE
    config = Config()
    if os.path.lexists(path):
        try:  # the whole path, because traitlets would expand $NAME and ~ in a folder's name
            with contextlib.redirect_stdout(
                sys.stderr
            ):  # what it prints would stand in a report for machines
                config = PyFileConfigLoader(str(path), path=str(root)).load_config()
        except (Exception, SystemExit) as error:
            if isinstance(error, ConfigError):
                raise InputError(f"{path} cannot be read", "a readable file", CORRECT) from None
            raise InputError(
                f"{_line(path, error)}: {_message(error)}",
                "a configuration file that Python can run",
                CORRECT,
            ) from None
    try:
        _complete(config, root)
    except (AttributeError, TypeError, ValueError, ImportError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path}: {_message(error)}", "settings as nbgrader documents them", CORRECT
        ) from None
    return config


def _line(path: Path, error: BaseException) -> str:
    """Return the file and, if it is known, the line in which it failed."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}, line {error.lineno}"
    numbers = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return f"{path}, line {numbers[-1]}" if numbers else str(path)


def _message(error: BaseException) -> str:
    """Return an error's type and message in one line."""
    message = getattr(error, "msg", None) if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(str(message).split()) or 'no message'}"


def _complete(config: "Config", root: Path) -> None:
    """Fill in the defaults of the course; paths become absolute texts."""
    from traitlets.config.loader import LazyConfigValue
    from traitlets.utils.importstring import import_item

    from mmlab.instructor.authoring.release_hooks import IGNORED, PREPROCESSORS

    course = config.CourseDirectory
    for name, value in list(course.items()):
        if isinstance(value, os.PathLike):
            course[name] = os.fspath(value)
    course["root"] = os.path.abspath(root / course.get("root", ""))
    for name, folder in (("source_directory", SOURCE), ("release_directory", RELEASE)):
        if (given := course.get(name, folder)) != folder:
            raise InputError(
                f"{root / FILE} sets CourseDirectory.{name} to {given!r}",
                f"{folder!r}, which is the folder that mmlab uses",
                f"remove the line and keep the labs in {folder}/",
            )
        course[name] = folder
    course["db_url"] = _address(course.get("db_url") or "", Path(course["root"]), root)
    for section, name, default in (
        (course, "ignore", IGNORED),
        (config.GenerateAssignment, "preprocessors", PREPROCESSORS),
    ):
        value = section.get(name, list(default))
        section[name] = value.get_value(list(default)) if isinstance(value, LazyConfigValue) else list(value)
    steps = config.GenerateAssignment
    steps["preprocessors"] = [
        import_item(step) if isinstance(step, str) else step for step in steps["preprocessors"]
    ]


def _address(given: str, folder: Path, root: Path) -> str:
    """Return the gradebook's address; a relative path in it starts at the course's folder.

    raises  InputError  if a path in it contains a character that ends the path of an address
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    if not given:
        return database_url(folder / "gradebook.db")
    try:
        url = make_url(given)
    except ArgumentError:
        raise InputError(
            f"{root / FILE} sets CourseDirectory.db_url to {given!r}",
            "an address that SQLAlchemy reads",
            CORRECT,
        ) from None
    if not given.startswith("sqlite") or not url.database:
        return given
    rest = given.partition("?")[2]
    if (
        "#" in given
        or re.search(r"%(?![0-9A-Fa-f]{2})", given)
        or (rest and "=" not in rest.partition("/")[0])
    ):
        raise InputError(
            f"{root / FILE} sets CourseDirectory.db_url to {given!r}, a path with ?, # or %",
            "an address with these characters escaped",
            "remove the line: the gradebook is gradebook.db in the course's folder",
        )
    if os.path.isabs(url.database) or url.database.startswith((":memory:", "file:")):
        return given
    return url.set(database=str(folder / url.database)).render_as_string(hide_password=False)


def database_url(path: Path) -> str:
    """Return the address of an SQLite file for SQLAlchemy.

    >>> database_url(Path("/courses/100% #1?/gradebook.db"))
    'sqlite:////courses/100%25 %231%3F/gradebook.db'
    """
    from sqlalchemy.engine import URL, make_url

    address = URL.create("sqlite", database=str(path)).render_as_string()
    if make_url(address).database != str(path):  # SQLAlchemy 2.0 escapes nothing
        raise InputError(
            f"the path {path} with the installed SQLAlchemy",
            "a path without ?, # and %",
            "rename the folder, or run `pip install --upgrade sqlalchemy`",
        )
    return address


def database_path(address: str) -> Path | None:
    """Return the SQLite file of an address, None for another database.

    >>> database_path("sqlite:////courses/100%25 %231%3F/gradebook.db"), database_path("postgresql://host/book")
    (PosixPath('/courses/100% #1?/gradebook.db'), None)
    """
    from sqlalchemy.engine import make_url

    url = make_url(address)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def time_zone(config: "Config", root: Path) -> tzinfo | None:
    """Return the zone of times that name none: `c.Exchange.timezone`, else `c.NbGraderAPI.timezone`, else None.

    raises  InputError  if it is not the name of a time zone
    """
    from dateutil import tz

    name = config.Exchange.get("timezone") or config.NbGraderAPI.get("timezone")
    if not name:
        return None
    known = isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", name)
    zone = tz.gettz(name) if known else None
    if zone is None:
        raise InputError(
            f"{Path(root) / FILE} sets the time zone {name!r}", "a name such as 'Europe/Berlin'", "correct it"
        )
    return zone


@dataclass(frozen=True)
class Layout:
    """The folders of a course's submissions, graded notebooks and feedback.

    root       the folder that contains them
    steps      "submitted", "autograded", "feedback" → the configured name
    structure  nbgrader's CourseDirectory.directory_structure
    zone       the course's time zone, None if it sets none
    """

    root: Path
    steps: dict[str, str]
    structure: str = STRUCTURE
    zone: tzinfo | None = None

    @classmethod
    def of(cls, root: Path) -> "Layout":
        """Return the layout that a course's nbgrader_config.py sets; raises InputError if it cannot be used."""
        config = load(root)
        course = config.CourseDirectory
        steps = {step: course.get(f"{step}_directory", step) for step in STEPS}
        structure = course.get("directory_structure", STRUCTURE)
        wanted = ("{nbgrader_step}", "{student_id}", "{assignment_id}")
        if not isinstance(structure, str) or not all(name in structure for name in wanted):
            raise InputError(
                f"{Path(root) / FILE} sets CourseDirectory.directory_structure to {structure!r}",
                f"a text with {', '.join(wanted)}",
                CORRECT,
            )
        for step, name in steps.items():
            if not isinstance(name, str) or not name.strip():
                raise InputError(
                    f"{Path(root) / FILE} sets CourseDirectory.{step}_directory to {name!r}",
                    "the name of a folder",
                    CORRECT,
                )
        return cls(Path(course["root"]), steps, structure, time_zone(config, root))

    def folder(self, step: str, student: str, week: str) -> Path:
        """Return a student's folder; one that exists under the same name in another Unicode form is used."""
        path = self.root
        for part in Path(self.structure).parts:
            name = self._named(part, step, student, week)
            path = same_name(path, name) if "{student_id}" in part else path / name
        return path

    def submitted(self, week: str) -> list[tuple[str, Path]]:
        """Return the name on disk and the folder of each student who has a folder for the week, sorted."""
        parts = Path(self.structure).parts
        position = next(index for index, part in enumerate(parts) if "{student_id}" in part)
        above = self.root.joinpath(*(self._named(part, "submitted", "", week) for part in parts[:position]))
        mark = "\0"
        pattern = re.escape(self._named(parts[position], "submitted", mark, week)).replace(
            re.escape(mark), "(.+)", 1
        )
        folders = []
        for name in sorted(os.listdir(above)) if above.is_dir() else []:
            match = re.fullmatch(pattern, name)
            if match is None or name.startswith("."):
                continue
            rest = (self._named(part, "submitted", match[1], week) for part in parts[position + 1 :])
            if os.path.lexists(folder := (above / name).joinpath(*rest)):
                folders.append((match[1], folder))
        return folders

    def _named(self, part: str, step: str, student: str, week: str) -> str:
        return part.format(nbgrader_step=self.steps[step], student_id=student, assignment_id=week)
