"""The conformance tests, run with the oldest SDK versions that pyproject.toml allows.

The SDKs are installed into a temporary folder, so this bench needs a package index, and
the course's source tree for the tests.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile

from mmlab.api.providers import PROVIDERS
from mmlab.cli import paths
from mmlab.errors import MissingPart

TESTS = "tests/api/test_conformance.py"


def measure() -> dict:
    """Return the oldest allowed versions, and the numbers of conformance tests that pass and fail with them.

    returns  {"versions": {package: version}, "passed", "failed", "ok"}
    raises   MissingPart  when they cannot be installed
    """
    packages = {provider.package for provider in PROVIDERS.values()}
    wanted = {
        name: version
        for name, version in oldest(importlib.metadata.requires("mmlab") or []).items()
        if name in packages
    }
    with tempfile.TemporaryDirectory(prefix="mmlab-sdks-") as folder:
        install = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--target",
            folder,
            *(f"{name}=={version}" for name, version in wanted.items()),
        ]
        done = subprocess.run(install, capture_output=True, text=True)
        if done.returncode:
            raise MissingPart(
                f"bench api-sdks: {done.stderr.strip()[-300:]}",
                "the oldest SDKs, from a package index",
                "pip install " + " ".join(f"{k}=={v}" for k, v in wanted.items()),
            )
        tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS]
        environment = {**os.environ, "PYTHONPATH": folder}
        run = subprocess.run(tests, cwd=paths.root(), capture_output=True, text=True, env=environment)
        versions = imported(environment)
    return {"versions": versions, **counted(run.stdout), "ok": run.returncode == 0 and versions == wanted}


def oldest(requirements: list[str]) -> dict[str, str]:
    """Return package → the oldest version that the extra `api` allows.

    >>> oldest(['openai<4,>=3; extra == "api"', "numpy>=1.26"])
    {'openai': '3.0.0'}
    """
    versions = {}
    for line in requirements:
        match = re.match(r"([\w-]+)[^;]*?>=\s*([\d.]+)[^;]*;.*extra == ['\"]api['\"]", line)
        if match:
            parts = [*match[2].split("."), "0", "0"][: max(3, match[2].count(".") + 1)]
            versions[match[1]] = ".".join(parts)
    return versions


def counted(report: str) -> dict[str, int]:
    """Return the numbers of passed and failed tests in a pytest report.

    >>> counted("2 failed, 30 passed in 9.9s")
    {'passed': 30, 'failed': 2}
    """
    numbers = {kind: int(number) for number, kind in re.findall(r"(\d+) (passed|failed|error)", report)}
    return {"passed": numbers.get("passed", 0), "failed": numbers.get("failed", 0) + numbers.get("error", 0)}


def imported(environment: dict[str, str]) -> dict[str, str]:
    """Return an SDK's package → the version that Python imports in an environment."""
    modules = {provider.package: provider.module for provider in PROVIDERS.values()}
    code = (
        "import importlib, json; print(json.dumps({package: importlib.import_module(module).__version__ "
        f"for package, module in {modules}.items()}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    return json.loads(done.stdout)
