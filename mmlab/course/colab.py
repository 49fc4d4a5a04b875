"""The old address of `mmlab/cli/colab.py`: setup cells of published notebooks run this file by its path."""

import runpy
from pathlib import Path

main = runpy.run_path(str(Path(__file__).resolve().parents[1] / "cli" / "colab.py"))["main"]
