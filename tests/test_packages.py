"""The package's map holds: arrows go one way, heavy libraries stay in their packages, import is cheap."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from gates.repository import package_table

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mmlab"
# library → (packages that import it at the top, packages that import it inside functions)
HEAVY = {
    "torch": (
        {"models", "losses", "data", "train", "evaluate", "hub"},
        {"codec", "check", "pretrained", "view", "cli", "instructor"},
    ),
    "matplotlib": (set(), {"view", "instructor"}),
    "ipywidgets": (set(), {"view"}),
    "PIL": ({"world", "instructor"}, {"pretrained", "view"}),
    "pypdf": (set(), {"world"}),
    "scipy": ({"world", "perception", "metrics"}, {"evaluate", "pretrained", "instructor"}),
    "safetensors": ({"hub"}, {"hub", "pretrained", "train", "instructor"}),
    "nbgrader": ({"instructor"}, {"instructor"}),
    "nbclient": ({"cli", "instructor"}, {"cli", "instructor"}),
    "IPython": (set(), {"view", "instructor"}),
    # The library held against ours, and only there: `mmlab bench` measures both.
    "transformers": (set(), {"pretrained", "instructor"}),
    "diffusers": (set(), set()),
    "whisper": (set(), set()),
    "torchvision": (set(), set()),
    "openai": (set(), {"api", "instructor"}),
    "anthropic": (set(), {"api", "instructor"}),
    "google": (set(), {"api", "instructor"}),
    "httpx2": (set(), {"api", "instructor"}),
    "pickle": (set(), set()),
}


def files() -> list[Path]:
    """Return the package's files; a package of none is a fault of this test."""
    found = sorted(PACKAGE.rglob("*.py"))
    assert len(found) > 20, "the package was not found"
    return found


def package_of(path: Path) -> str:
    """Return the package or module that a file belongs to; "" for the package's own __init__."""
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imports(text: str) -> Iterator[tuple[str, bool, int]]:
    """Yield each imported dotted name, whether it stands inside a function, and its line."""

    def walk(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, inside, child.lineno) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                names = [f"{child.module}.{alias.name}" for alias in child.names]
                yield from ((name, inside, child.lineno) for name in names)
            elif not is_typing_only(child):
                deeper = inside or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                yield from walk(child, deeper)

    return walk(ast.parse(text), False)


def is_typing_only(node) -> bool:
    """Return whether a block is `if TYPE_CHECKING:`, which never runs."""
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def allowed() -> dict[str, set[str]]:
    """Return package → the packages it may import, straight or through another, from the map."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    table = package_table(ast.get_docstring(tree))
    order, reach = list(table), {}
    for place, (package, (_, listed)) in enumerate(table.items()):
        if listed.startswith("anything"):
            reach[package] = set(order)
        elif listed == "everything above":
            reach[package] = set(order[:place])
        else:
            straight = set() if listed == "nothing" else set(listed.split(", "))
            assert straight <= set(order[:place]), f"{package}: an arrow of the map goes down: {listed}"
            reach[package] = straight.union(*(reach[other] for other in straight))
    return reach


def arrow_faults(package: str, text: str, reach: dict[str, set[str]]) -> list[str]:
    """Return each import of another package that the map does not allow."""
    faults = []
    for name, _, line in imports(text):
        parts = name.split(".")
        if parts[0] == "None":
            faults.append(f"line {line}: a relative import")
        elif parts[0] == "mmlab" and len(parts) > 1:
            target = parts[1]
            if target in reach and target != package and target not in reach.get(package, set()):
                faults.append(f"line {line}: {package} imports {target}")
    return faults


def heavy_faults(package: str, text: str) -> list[str]:
    """Return each heavy library that is imported in a package, or at a level, where it must not be."""
    faults = []
    for name, inside, line in imports(text):
        library = name.split(".")[0]
        if library in HEAVY:
            top, lazy = HEAVY[library]
            if package not in top and not (inside and package in lazy):
                faults.append(f"line {line}: {package} imports {library}{'' if inside else ' at the top'}")
    return faults


def test_arrows_go_one_way():
    reach = allowed()
    faults = [
        f"{path}: {f}" for path in files() for f in arrow_faults(package_of(path), path.read_text(), reach)
    ]
    assert not faults, "\n".join(faults)


def test_heavy_libraries_stay_in_their_packages():
    faults = [
        f"{path}: {fault}" for path in files() for fault in heavy_faults(package_of(path), path.read_text())
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "package, text",
    [
        ("world", "from mmlab.models import vit"),
        ("errors", "from mmlab import codec"),
        ("check", "def f():\n    from mmlab import world"),
        ("models", "import mmlab.instructor.authoring.release"),
        ("cli", "def f():\n    from mmlab.instructor.authoring import exercise"),
        ("models", "from . import text"),
    ],
)
def test_an_arrow_back_is_flagged(package, text):
    assert arrow_faults(package, text, allowed())


@pytest.mark.parametrize(
    "package, text",
    [
        ("world", "import torch"),
        ("check", "from torch import nn"),
        ("models", "def f():\n    import transformers"),
        ("view", "import matplotlib.pyplot as plt"),
        ("codec", "import pickle"),
    ],
)
def test_a_heavy_import_is_flagged(package, text):
    assert heavy_faults(package, text)


def test_what_the_map_allows_passes():
    assert not arrow_faults(
        "train", "from mmlab.models import clip\nfrom mmlab.errors import InputError", allowed()
    )
    assert not heavy_faults("check", "def f():\n    import torch")


def run(code: str) -> str:
    """Return what a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.timing
def test_importing_the_package_is_cheap():
    code = "import time; t = time.perf_counter(); import mmlab; print(time.perf_counter() - t)"
    quickest = min(float(run(code)) for _ in range(5))  # the others measure the machine's load
    assert quickest < 0.1, f"import mmlab took {quickest * 1000:.0f} ms"


def test_importing_the_package_loads_no_heavy_library():
    code = "import sys, mmlab; print(sorted({'torch', 'numpy', 'PIL', 'matplotlib', 'scipy'} & set(sys.modules)))"
    assert run(code) == "[]"


WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; "


@pytest.mark.parametrize(
    "package",
    [
        "errors",
        "codec",
        "check",
        "world",
        "perception",
        "metrics",
        "api.client.connection",
        "cli.command_line",
    ],
)
def test_packages_that_need_no_torch_do_without(package):
    run(f"{WITHOUT_TORCH}import importlib; importlib.import_module('mmlab.{package}')")


def test_every_command_shows_its_help_without_torch():
    code = (
        "from mmlab.cli import command_line as cli; [cli.parser(name).format_help() for name in cli.COMMANDS]"
    )
    run(WITHOUT_TORCH + code)


def test_every_locked_version_runs_on_the_oldest_python():
    """Else pip tries other versions for many minutes before it gives up: Debian's Python is 3.11.2."""
    lowest = (
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].lstrip(">=") + ".0"
    )
    locked = {
        canonicalize_name(line.partition("==")[0]) for line in (ROOT / "constraints.txt").read_text().split()
    }
    installed = [one for one in metadata.distributions() if canonicalize_name(one.metadata["Name"]) in locked]
    newer = [
        f"{one.metadata['Name']} {one.version} needs Python {one.metadata.get('Requires-Python')}"
        for one in installed
        if not SpecifierSet(one.metadata.get("Requires-Python") or "").contains(lowest)
    ]
    assert len(installed) > 100 and newer == []
