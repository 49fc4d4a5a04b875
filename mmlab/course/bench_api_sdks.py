"""The oldest SDKs that are allowed: the conformance tests, run once more with them.

They are installed into a folder of their own, for this run alone; so this needs
a package index, and the course's source tree for its tests.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile

from mmlab.course import places
from mmlab.errors import MissingPart

TESTS = "tests/api/test_conformance.py"


def measure() -> dict:
    """Return the oldest versions that pyproject.toml allows, and how many conformance tests pass with them.

    returns  {"versions": {package: version}, "passed", "failed", "ok"}
    raises   MissingPart  when they cannot be installed
    """
    wanted = oldest(importlib.metadata.requires("mmlab") or [])
    with tempfile.TemporaryDirectory(prefix="mmlab-sdks-") as folder:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder,
                   *(f"{name}=={version}" for name, version in wanted.items())]  # fmt: skip
        done = subprocess.run(install, capture_output=True, text=True)
        if done.returncode:
            raise MissingPart(f"bench api-sdks: {done.stderr.strip()[-300:]}", "the oldest SDKs, from a package index",
                              "pip install " + " ".join(f"{k}=={v}" for k, v in wanted.items()))  # fmt: skip
        tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS]
        environment = {**os.environ, "PYTHONPATH": folder}
        run = subprocess.run(tests, cwd=places.root(), capture_output=True, text=True, env=environment)
        found = imported(environment)
    return {"versions": found, **counted(run.stdout), "ok": run.returncode == 0 and found == wanted}


def oldest(requirements: list[str]) -> dict[str, str]:
    """Return package → the oldest version that the extra `api` allows.

    >>> oldest(['openai<4,>=3; extra == "api"', "numpy>=1.26"])
    {'openai': '3.0.0'}
    """
    found = {}
    for line in requirements:
        match = re.match(r"([\w-]+)[^;]*?>=\s*([\d.]+)[^;]*;.*extra == ['\"]api['\"]", line)
        if match:
            parts = [*match[2].split("."), "0", "0"][: max(3, match[2].count(".") + 1)]
            found[match[1]] = ".".join(parts)
    return found


def counted(report: str) -> dict[str, int]:
    """Return how many tests a pytest report says passed and failed.

    >>> counted("2 failed, 30 passed in 9.9s")
    {'passed': 30, 'failed': 2}
    """
    numbers = {kind: int(number) for number, kind in re.findall(r"(\d+) (passed|failed|error)", report)}
    return {"passed": numbers.get("passed", 0), "failed": numbers.get("failed", 0) + numbers.get("error", 0)}


def imported(environment: dict[str, str]) -> dict[str, str]:
    """Return package → the version that Python imports in an environment."""
    code = ("import json, anthropic, openai; from google import genai; print(json.dumps({'anthropic': "
            "anthropic.__version__, 'google-genai': genai.__version__, 'openai': openai.__version__}))")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return json.loads(done.stdout)
