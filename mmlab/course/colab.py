"""What the setup cell runs on Colab: install mmlab, touch nothing that is there.

Run by its path, out of the clone and with the standard library alone: nothing
is installed yet. Colab's torch,
numpy and CUDA fit each other and its GPU; a constraint file holds them at the
versions found. Then the week's cases come to where the notebook runs.
"""

import importlib
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

COURSE = Path(__file__).resolve().parents[2]
# Never moved: the numeric stack and whatever was compiled against it or the GPU.
HELD = re.compile(r"^(torch|torchvision|torchaudio|triton|numpy|scipy|jax.*|nvidia[-_].*|cupy.*)$")

EXTRAS = {"09_api": "api"}  # what a week needs besides

def held_versions() -> dict[str, str]:
    """Return the installed distributions that must stay as they are, name → version."""
    found = {d.metadata["Name"].lower(): d.version for d in metadata.distributions()}
    return {name: found[name] for name in sorted(found) if HELD.match(name)}


def install(course: Path, held: dict[str, str], extra: str = "") -> None:
    """Install the course's package from its clone, under constraints that hold `held`.

    extra   one of the package's extras, which a week needs
    raises  RuntimeError  with pip's own words when the two cannot be had together
    """
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "held.txt"
        constraints.write_text("".join(f"{name}=={held[name]}\n" for name in held))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        result = subprocess.run(
            [*command, "--constraint", str(constraints), f"{course}[{extra}]" if extra else str(course)],
            capture_output=True,
            text=True,
        )
    if result.returncode:
        raise RuntimeError(
            f"{result.stdout}{result.stderr}\nmmlab could not be installed beside {held}\n"
            "  wanted: the versions of pyproject.toml\n"
            "  try: Runtime > Disconnect and delete runtime, then run this cell again"
        )


def bring_cases(course: Path, week: str, here: Path) -> None:
    """Copy the week's cases beside the notebook, where `check` looks first."""
    cases = course / "labs" / week / "cases.npz"
    if cases.exists():
        shutil.copyfile(cases, here / "cases.npz")


def main(week: str) -> None:
    """Install once, see that nothing was moved, bring the cases, say so in one line."""
    held = held_versions()
    install(COURSE, held, EXTRAS.get(week, ""))
    importlib.invalidate_caches()  # this process looked before the packages came
    moved = {name: version for name, version in held_versions().items() if held.get(name, version) != version}
    if moved:
        raise RuntimeError(f"the install moved {moved}; wanted: {held}\n  try: a fresh runtime")
    bring_cases(COURSE, week, Path.cwd())
    kept = ", ".join(f"{name} {held[name]}" for name in ("torch", "numpy") if name in held)
    print(f"mmlab {metadata.version('mmlab')} installed; kept {kept}")

