"""ruff owns the layout: every file is formatted by it, and its rules find no fault."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = (["check"], ["format", "--check"])


def ruff(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess:
    """Return what ruff says of a folder under the settings of pyproject.toml."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        *words,
        "--config",
        str(ROOT / "pyproject.toml"),
        "--no-cache",
        str(folder),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_file_is_as_ruff_wants_it(words):
    done = ruff(*words)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\ntry: ruff check --fix && ruff format"


@pytest.mark.parametrize("words", COMMANDS)
def test_a_bad_file_is_flagged(words, tmp_path):
    (tmp_path / "bad.py").write_text("import os\nx = {  'a':1 }\n")
    done = ruff(*words, folder=tmp_path)
    assert done.returncode == 1 and "bad.py" in done.stdout
