"""The notebooks on a stand-in for Colab: bare environment, its own torch and numpy kept.

A virtual environment gets the torch of this one under another version number, a
numpy of another version, and a `google.colab` module that is loaded before the
notebook, as Colab does. Packages come from a folder of wheels; the repository's
address leads to this checkout. Then every lesson and solved lab runs there.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import nbformat
import pytest

from mmlab.cli import colab
from mmlab.cli.project import repository

ROOT = Path(__file__).resolve().parents[1]
TORCH, NUMPY = "2.12.7", "2.3.5"
NOTEBOOKS = sorted([*ROOT.glob("lessons/*.ipynb"), *ROOT.glob("solutions/*/lab.ipynb")])

pytestmark = [pytest.mark.slow, pytest.mark.repetition]


def repack_torch(folder: Path) -> Path:
    """Write the installed torch as a wheel under version TORCH; return its path."""
    torch = metadata.distribution("torch")
    name = f"torch-{TORCH}-cp{sys.version_info[0]}{sys.version_info[1]}-none-any.whl"
    info = f"torch-{TORCH}.dist-info"
    with zipfile.ZipFile(folder / name, "w") as wheel:
        for entry in torch.files:
            path, target = entry.locate(), str(entry)
            if target.startswith("..") or target.endswith((".pyc", "RECORD", "WHEEL", "INSTALLER")):
                continue
            target = target.replace(f"torch-{torch.version}.dist-info", info)
            text = None
            if target == f"{info}/METADATA":
                text = path.read_text().replace(f"Version: {torch.version}", f"Version: {TORCH}", 1)
            elif target == "torch/version.py":
                text = path.read_text().replace(torch.version, TORCH)
            if text is None:
                wheel.write(path, target)
            else:
                wheel.writestr(target, text)
        tag = name.split("-", 2)[2].removesuffix(".whl")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder / name


def pip(python: Path, *words: str, **environment: str) -> None:
    """Run pip of one interpreter; show what it said when it fails."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *words]
    result = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]


@pytest.fixture(scope="module")
def wheels() -> Path:
    """A folder of wheels: what mmlab needs, and what stands for Colab's own."""
    lock = (ROOT / "constraints.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    folder = ROOT / "build/colab" / hashlib.sha256(lock + TORCH.encode()).hexdigest()[:12]
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        extras = {f'extra == "{name}"' for names in colab.EXTRAS.values() for name in names.split(",")}
        needs = [need.partition(";") for need in metadata.requires("mmlab")]
        needs = [name for name, _, when in needs if "extra ==" not in when or when.strip() in extras]
        needs = [n for n in needs if not n.startswith("torch")]
        pip(
            Path(sys.executable),
            "download",
            "-q",
            "-d",
            str(folder),
            "-c",
            str(ROOT / "constraints.txt"),
            *needs,
        )
        others = [
            "setuptools>=77",
            "wheel",
            "filelock",
            "sympy",
            "networkx",
            "jinja2",
            "fsspec",
            "typing_extensions",
        ]
        pip(Path(sys.executable), "download", "-q", "-d", str(folder), *others)
        pip(Path(sys.executable), "download", "-q", "--no-deps", "-d", str(folder), f"numpy=={NUMPY}")
        repack_torch(folder)
        (folder / "complete").write_text("")
    return folder


@pytest.fixture(scope="module")
def machine(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The bare environment as Colab starts it, and the variables it runs under."""
    home = tmp_path_factory.mktemp("colab")
    subprocess.run([sys.executable, "-m", "venv", home / "env"], check=True)
    python = home / "env/bin/python"
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": os.devnull}
    pip(python, "install", "-q", f"torch=={TORCH}", f"numpy=={NUMPY}", "ipykernel", **offline)
    packages = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    (packages / "google/colab").mkdir(parents=True)
    (packages / "google/colab/__init__.py").write_text("")
    (packages / "stand_in_for_colab.pth").write_text("import google.colab\n")
    clone = home / "origin"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    overlay(clone)
    environment = {
        **offline,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": f"url.file://{clone}.insteadOf",
        "GIT_CONFIG_VALUE_0": repository(),
        "GIT_CONFIG_KEY_1": "safe.directory",
        "GIT_CONFIG_VALUE_1": "*",
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    return {"python": python, "home": home, "packages": packages, "environment": environment}


def overlay(clone: Path) -> None:
    """Bring the working tree's own state into the clone, committed, so that it is what runs."""
    listing = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in filter(None, listing.splitlines()):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, clone / name)
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "add", "-A"], cwd=clone, check=True)
    subprocess.run(["git", *who, "commit", "-qm", "state", "--allow-empty"], cwd=clone, check=True)


def execute(machine: dict, notebook: Path, folder: Path) -> nbformat.NotebookNode:
    """Run one notebook's cells in the stand-in's own kernel; return the executed copy."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import KernelManager
    from nbclient import NotebookClient

    argv = [str(machine["python"]), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager = KernelManager()
    manager._kernel_spec = KernelSpec(argv=argv, display_name="colab", language="python")
    node = nbformat.read(notebook, 4)
    client = NotebookClient(node, km=manager, timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, **machine["environment"]}, cwd=str(folder))
    return node


def state(packages: Path) -> dict[str, str]:
    """Return version and record digest of what must stay untouched."""
    found = {}
    for name, version in (("torch", TORCH), ("numpy", NUMPY)):
        record = packages / f"{name}-{version}.dist-info/RECORD"
        found[name] = hashlib.sha256(record.read_bytes()).hexdigest()
    return found


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_notebook_runs_on_colab_and_leaves_torch_and_numpy_alone(machine, notebook, tmp_path):
    before = state(machine["packages"])
    executed = execute(machine, notebook, tmp_path)
    assert state(machine["packages"]) == before
    setup = next(cell for cell in executed.cells if cell.id == "setup")
    said = "".join(output.get("text", "") for output in setup.outputs)
    assert f"unchanged: torch {TORCH}, numpy {NUMPY}" in said
    problems = [
        output
        for cell in executed.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error" or output.get("name") == "stderr"
        if "raises-exception" not in cell.metadata.get("tags", [])
    ]
    assert not problems, json.dumps(problems[:1])[:2000]


def test_there_are_notebooks_to_run():
    assert NOTEBOOKS


def test_held_versions_names_torch_and_numpy_and_no_pure_python_package():
    held = colab.held_versions()
    assert {"torch", "numpy"} <= set(held)
    assert "nbformat" not in held


def test_an_install_that_cannot_be_had_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(RuntimeError, match="try: Runtime"):
        colab.install(tmp_path / "nowhere", {"torch": "2.12.7"})
