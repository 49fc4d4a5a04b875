"""The table of third-party clients: what each of them can do with the local server.

`python -m mmlab.instructor.reports.client_table` installs each client into a virtual environment of its own (several
need older SDKs than the course), lets it try every feature against `mmlab serve`, and writes book/clients.json and the
page book/clients.md. `--page` writes the page from the stored results, `--environments FOLDER` keeps the environments,
and names of clients measure only those again.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from mmlab.api.catalog import catalog
from mmlab.api.providers import PROVIDERS
from mmlab.cli import paths
from mmlab.errors import InputError, MissingPart
from mmlab.files import atomic_write
from mmlab.instructor.bench.api import serving
from mmlab.instructor.reports import client_calls
from mmlab.instructor.reports.client_calls import CLIENTS, FEATURES

RECORD, PAGE = Path("book/clients.json"), Path("book/clients.md")
ERRORS = ("429", "401")
SHAPES, SEED, SIDE = 3, 5, 128  # of the scene that the clients ask about; pixels
_INSTALL_SECONDS, _CALL_SECONDS = 1800, 600
_PROTOCOLS = {
    "openai chat": "Chat Completions",
    "openai responses": "Responses",
    "anthropic": "Messages",
    "google": "generateContent",
}
_CELLS = {"works": "yes", "none": "—", "fails": "**no**"}
HEAD = """\
# Clients of third parties

Programs often call a provider through a library of somebody else. For this page, {clients} such clients were installed, each
in an environment of its own, and tried every feature that they have against `mmlab serve --alias '*=mm-vision'`. They need
nothing but the base URL. Each feature counts as working only if the answer was correct: the number of shapes in an image, the
text that a tool returned, the fields of a schema.

Of {tries} combinations of client, protocol and feature, **{works}** work, **{fails}** fail, and {none} do not exist in the client.

Measured on {date} with Python {python}. The rows come from `python -m mmlab.instructor.reports.client_table`.
"""


def environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """Return the Python of a virtual environment with some packages; it is made unless the folder exists.

    raises  MissingPart  if they cannot be installed
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists():
        return python
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    for command in ([sys.executable, "-m", "venv", folder], pip):
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
        if done.returncode:
            raise MissingPart(
                f"clients: {done.stderr.strip()[-300:]}",
                ", ".join(packages) + ", from a package index",
                f"pip install {' '.join(packages)}",
            )
    return python


def measured(name: str, python: Path) -> dict:
    """Return the outcomes of one client, called by the Python of its environment.

    returns  {"versions": {package: version}, "rows": {protocol: {feature: [outcome, detail]}}}, see client_calls
    """
    from mmlab.world import encode_image, render, sample

    scene = next(scene for scene in sample(100, seed=SEED) if len(scene.shapes) == SHAPES)
    alias = ("--alias", "*=mm-vision")
    failing = (*alias, "--require-key", "right", "--faults", "429*always")
    with tempfile.TemporaryDirectory() as folder, serving(*alias) as works, serving(*failing) as fails:
        image = Path(folder, "scene.png")
        image.write_bytes(encode_image(render([scene], SIDE)[0]))
        settings = {
            **_bases(works[0]),
            "failing": _bases(fails[0]),
            "image": str(image),
            "count": len(scene.shapes),
            "models": catalog()["client_models"],
        }
        command = [python, "-I", client_calls.__file__, name, json.dumps(settings)]
        surroundings = {**os.environ, "HOME": folder, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_CALL_SECONDS, env=surroundings, cwd=folder
        )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise MissingPart(
            f"clients: {name}: {done.stderr.strip()[-300:]}", "a client that can be called", "try it alone"
        )
    return json.loads(lines[-1])


def _bases(port: int) -> dict[str, str]:
    return {name: f"http://127.0.0.1:{port}{provider.base_path}" for name, provider in PROVIDERS.items()}


def outcomes(rows: dict) -> dict:
    """Return the rows of a client without their details."""
    return {
        protocol: {feature: outcome for feature, (outcome, _) in row.items()}
        for protocol, row in rows.items()
    }


def page(record: dict) -> str:
    """Return the page of a record."""
    rows = [
        (name, protocol, row)
        for name, client in record["clients"].items()
        for protocol, row in client["rows"].items()
    ]
    counts = dict.fromkeys(_CELLS, 0)
    for _, _, row in rows:
        for outcome, _ in row.values():
            counts[outcome] += 1
    text = HEAD.format(
        clients=len(record["clients"]), tries=sum(counts.values()), **counts, **record["facts"]
    )
    visible = [feature for feature in FEATURES if feature not in ERRORS]
    text += "\n## Features\n\n" + "".join(f"- **{feature}**: {FEATURES[feature]}\n" for feature in visible)
    text += _table(
        ("client", "protocol", *visible),
        [
            (name, _PROTOCOLS[protocol], *(_CELLS[row[feature][0]] for feature in visible))
            for name, protocol, row in rows
        ],
    )
    text += "\n## Errors\n\nThe class of the error that the client raises.\n"
    text += _table(
        ("client", "protocol", "too many requests (429)", "wrong key (401)"),
        [
            (name, _PROTOCOLS[protocol], *(_error(row[feature]) for feature in ERRORS))
            for name, protocol, row in rows
        ],
    )
    notes = [
        f"- {name}, {_PROTOCOLS[protocol]}, {feature}: {detail}\n"
        for name, protocol, row in rows
        for feature, (outcome, detail) in row.items()
        if outcome != "works"
    ]
    text += "\n## What is missing, and why\n\n" + ("".join(notes) or "Nothing.\n")
    text += "\n## Versions\n\n"
    for name, client in record["clients"].items():
        versions = ", ".join(f"{package} {version}" for package, version in client["versions"].items())
        text += f"- {name}: {versions}\n"
    return text


def _error(cell: list) -> str:
    outcome, detail = cell
    return f"`{detail}`" if outcome == "works" else _CELLS[outcome]


def _table(head: tuple, rows: list[tuple]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the record and the page; return 1 if a feature fails."""
    parser = argparse.ArgumentParser(
        prog="python -m mmlab.instructor.reports.client_table", description=__doc__
    )
    parser.add_argument("names", nargs="*", metavar="CLIENT", help=f"{', '.join(CLIENTS)}; default: all")
    parser.add_argument("--page", action="store_true", help="write the page without measuring")
    parser.add_argument("--environments", type=Path, metavar="FOLDER", help="make the environments there")
    options, root = parser.parse_args(argv), paths.root()
    for name in options.names:
        if name not in CLIENTS:
            raise InputError(f"client {name}", f"one of {', '.join(CLIENTS)}", "leave the name out for all")
    record = json.loads((root / RECORD).read_text()) if (root / RECORD).exists() else {"clients": {}}
    if not options.page:
        with tempfile.TemporaryDirectory(prefix="mmlab-clients-") as temporary:
            for name in options.names or CLIENTS:
                folder = (options.environments or Path(temporary)).resolve() / name
                record["clients"][name] = measured(name, environment(folder, CLIENTS[name].packages))
        record["clients"] = {name: record["clients"][name] for name in CLIENTS if name in record["clients"]}
        record["facts"] = {"date": datetime.date.today().isoformat(), "python": platform.python_version()}
        atomic_write(root / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    atomic_write(root / PAGE, page(record).encode())
    return int("fails" in json.dumps([outcomes(client["rows"]) for client in record["clients"].values()]))


if __name__ == "__main__":
    sys.exit(main())
