"""What pyproject.toml says of the package: Pythons, requirements, repository.

A clone says it itself, also if it is only on PYTHONPATH or if another version is installed; an installed
package has it in its metadata.
"""

import os
import tomllib
from importlib import metadata
from pathlib import Path

import mmlab
from mmlab.errors import InputError

FILE = "pyproject.toml"


def requires_python() -> str:
    """Return the Pythons that the package works with, such as ">=3.11"."""
    project = own()
    return project["requires-python"] if project else installed().metadata["Requires-Python"]


def requirements() -> list[str]:
    """Return the package's requirements; those of an extra have the marker `extra == "NAME"`."""
    project = own()
    if project is None:
        return installed().requires or []
    extras = project.get("optional-dependencies", {})
    return project["dependencies"] + [
        f'{line}; extra == "{name}"' for name, lines in extras.items() for line in lines
    ]


def repository() -> str:
    """Return the address of the course's repository."""
    project = own()
    if project:
        return project["urls"]["Repository"]
    urls = installed().metadata.get_all("Project-URL") or []
    return next(url.split(", ", 1)[1] for url in urls if url.startswith("Repository, "))


def python_path() -> dict[str, str]:
    """Return the PYTHONPATH with which another Python finds this package; empty if it is installed."""
    try:
        metadata.distribution("mmlab")
    except metadata.PackageNotFoundError:
        folders = [str(Path(mmlab.__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
        return {"PYTHONPATH": os.pathsep.join(filter(None, folders))}
    return {}


def own() -> dict | None:
    """Return the table [project] of the clone that the package is in, None if it is in no clone."""
    file = Path(mmlab.__file__).resolve().parents[1] / FILE
    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    except (OSError, ValueError, KeyError):
        return None
    return project if project.get("name") == "mmlab" else None


def installed() -> metadata.Distribution:
    """Return the installed distribution; raises InputError if there is neither that nor a clone."""
    try:
        return metadata.distribution("mmlab")
    except metadata.PackageNotFoundError as error:
        raise InputError(
            f"mmlab runs from {Path(mmlab.__file__).parent}, which is neither installed nor in a clone of the course",
            "an installed package, or a clone with its pyproject.toml",
            "pip install --editable . in your clone of the course",
        ) from error
