"""Install mmlab on Colab, from the setup cell, without changing Colab's own packages.

The setup cell runs this file by its path in the clone. It uses only the standard library,
because nothing is installed yet. Colab's torch, numpy and CUDA fit each other and its GPU,
so a constraint file pins them at their installed versions. Then the week's cases are copied
to the notebook's folder.
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
# Never changed: the numeric packages and those compiled against them or the GPU.
HELD = re.compile(r"^(torch|torchvision|torchaudio|triton|numpy|scipy|jax.*|nvidia[-_].*|cupy.*)$")

# The extras that a week needs, with commas between.
EXTRAS = {
    "00_setup": "real",
    "01_architectures": "api,real",
    "02_clip": "real",
    "03_vit": "real",
    "04_cross_attention": "real",
    "05_vlm": "real",
    "06_pretraining_and_instruction": "real",
    "07_preference": "real",
    "09_api": "api,real",
}


def held_versions() -> dict[str, str]:
    """Return the installed distributions that must keep their version, name → version."""
    installed = {d.metadata["Name"].lower(): d.version for d in metadata.distributions()}
    return {name: installed[name] for name in sorted(installed) if HELD.match(name)}


def install(course: Path, held: dict[str, str], extra: str = "") -> None:
    """Install the course's package from its clone, with the versions of `held` pinned.

    extra   the extras of the package that the week needs, with commas between
    raises  RuntimeError  with pip's output if mmlab does not fit the pinned versions
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
            f"{result.stdout}{result.stderr}\nmmlab could not be installed with {held}\n"
            "  wanted: versions in the ranges of pyproject.toml\n"
            "  try: Runtime > Disconnect and delete runtime, then run this cell again"
        )


def bring_cases(course: Path, week: str, here: Path) -> None:
    """Copy the week's cases to the notebook's folder, where `check` looks first."""
    cases = course / "labs" / week / "cases.npz"
    if cases.exists():
        shutil.copyfile(cases, here / "cases.npz")


def main(week: str) -> None:
    """Install mmlab, check that no pinned version changed, copy the cases, and print one line."""
    held = held_versions()
    install(COURSE, held, EXTRAS.get(week, ""))
    importlib.invalidate_caches()  # this process cached the folders before the install
    moved = {name: version for name, version in held_versions().items() if held.get(name, version) != version}
    if moved:
        raise RuntimeError(
            f"the install changed {moved}\n  wanted: {held}\n"
            "  try: Runtime > Disconnect and delete runtime, then run this cell again"
        )
    bring_cases(COURSE, week, Path.cwd())
    unchanged = ", ".join(f"{name} {held[name]}" for name in ("torch", "numpy") if name in held)
    print(f"mmlab {metadata.version('mmlab')} installed; unchanged: {unchanged}")
