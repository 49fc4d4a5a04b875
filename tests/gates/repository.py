"""Gates on the tree: README, map, licence, versions, and what must not be public."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

CONDA_NAMES = {"torch": "pytorch"}
# What tells of one machine or person, or opens a door.
PRIVATE = {
    "a path of one machine": r"(?<![\w.])/(?:root|work|home/\w+|Users/\w+)/|[A-Z]:\\\\?Users\\",
    "an e-mail address": r"\b[\w.+-]+@[\w-]+\.(?!git\b|ipynb\b)[a-zA-Z]{2,}\b",
    "an access key": r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|hf_\w{34}|sk-[\w-]{20,}|xox[abp]-[\w-]{10,})\b",
    "a private key": r"-----BEGIN (?:\w+ )?PRIVATE KEY-----",
}
PATTERNS = {what: re.compile(pattern) for what, pattern in PRIVATE.items()}
UNFROZEN = ("setuptools", "wheel")  # `pip freeze` leaves these two out
BINARY = {".png", ".npz", ".woff2", ".ico", ".jpg", ".gif", ".zip", ".safetensors"}


def tracked(root: Path) -> list[Path]:
    """Return every file that git holds or would hold (without git: every file)."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return [path for path in sorted(root.rglob("*")) if path.is_file()]
    files = [root / name for name in done.stdout.split("\0") if name]
    return [path for path in files if path.is_file()]


def text_files(root: Path) -> list[Path]:
    """Return the tracked files that hold text."""
    return [path for path in tracked(root) if path.suffix not in BINARY]


def private_text(path: Path) -> list[str]:
    """No host path, e-mail address or secret stands in a committed file."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return [f"{path}: {what}: {m[0]!r}" for what, p in PATTERNS.items() for m in p.finditer(text)]


def file_names(root: Path) -> list[str]:
    """Names of committed files have letters, digits, "_", "-" and "." only: others are traces of a run."""
    names = [path.relative_to(root).as_posix() for path in tracked(root)]
    return [
        f"{name!r} is no name for a file" for name in names if not re.fullmatch(r"[\w./-]+", name, re.ASCII)
    ]


def package_map(root: Path) -> list[str]:
    """The package's docstring has one line a room: every room, and no other."""
    tree = ast.parse((root / "mmlab/__init__.py").read_text(encoding="utf-8"))
    listed = set(package_table(ast.get_docstring(tree) or ""))
    there = rooms(root)
    return [f"{room} is not in the map" for room in sorted(there - listed)] + [
        f"{room} is in the map and not there" for room in sorted(listed - there)
    ]


def rooms(root: Path) -> set[str]:
    """Return the package's rooms as they lie on disk."""
    modules = {path.stem for path in (root / "mmlab").glob("*.py")}
    folders = {path.parent.name for path in (root / "mmlab").glob("*/__init__.py")}
    return (modules | folders) - {"__init__", "__main__"}


def package_table(docstring: str) -> dict[str, tuple[str, str]]:
    """Return room → (what it is for, what it may import) from the package's docstring."""
    rows = re.findall(r"^ {4}(\w+) +(\S.*?\S) {2,}(\S.*?) *$", docstring, re.MULTILINE)
    return {room: (purpose, imports) for room, purpose, imports in rows}


def readme_tree(root: Path) -> list[str]:
    """README shows the tree: each folder and each room, in the form it has on disk."""
    text = (root / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    shown = {line.split()[0] for block in blocks for line in block.splitlines() if line.split()}
    wanted = {f"{name}/" for name in ("mmlab", "lessons", "labs", "solutions", "book", "tests")}
    for room in rooms(root):
        wanted.add(f"{room}/" if (root / "mmlab" / room).is_dir() else f"{room}.py")
    faults = [f"README's tree lacks {name}" for name in sorted(wanted - shown)]
    indented = {line.split()[0] for block in blocks for line in block.splitlines() if line.startswith("  ")}
    strays = {name for name in indented if re.fullmatch(r"\w+(/|\.py)", name)} - wanted
    return faults + [f"README's tree shows {name}, which is not there" for name in sorted(strays)]


def licences(root: Path) -> list[str]:
    """LICENSE holds both licences: MIT for code, CC BY 4.0 for text."""
    path = root / "LICENSE"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    wanted = ("MIT License", "Creative Commons Attribution 4.0", "without restriction")
    return [f"LICENSE does not say {words!r}" for words in wanted if words.lower() not in text.lower()]


def project(root: Path) -> dict:
    """Return pyproject.toml's [project] table."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def conda_environment(root: Path) -> list[str]:
    """environment.yml asks for the ranges of pyproject.toml: the base and the extras `lab` and `real`."""
    asked = project(root)
    lines = [*asked["dependencies"], *extra(asked, "lab"), *extra(asked, "real")]
    wanted = {CONDA_NAMES.get(r.name, r.name): str(r.specifier) for r in map(Requirement, lines)}
    wanted["python"] = asked["requires-python"]
    listed = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    by_pip = [
        line for part in listed if isinstance(part, dict) for line in part["pip"] if not line.startswith("-")
    ]
    listed = [*by_pip, *(line for line in listed if isinstance(line, str) and line != "pip")]
    have = {r.name: str(r.specifier) for r in map(Requirement, listed)}
    return [
        f"{name}: pyproject.toml {wanted.get(name)}, environment.yml {have.get(name)}"
        for name in sorted(wanted.keys() | have.keys())
        if wanted.get(name) != have.get(name)
    ]


def extra(asked: dict, name: str) -> list[str]:
    """Return the requirements of an extra, those of the extras that it names among them."""
    found = []
    for line in asked["optional-dependencies"][name]:
        wanted = Requirement(line)
        own = wanted.name == asked["name"]
        found += [one for part in sorted(wanted.extras) for one in extra(asked, part)] if own else [line]
    return found


def constraints(root: Path) -> list[str]:
    """constraints.txt pins each requirement, inside its range."""
    lines = (root / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    pins = {canonical(name): version.strip() for name, version in pins.items()}
    asked = project(root)
    faults = []
    for line in [*asked["dependencies"], *sum(asked["optional-dependencies"].values(), [])]:
        wanted = Requirement(line)
        version = pins.get(canonical(wanted.name))
        if wanted.name not in (asked["name"], *UNFROZEN) and (
            version is None or version not in wanted.specifier
        ):
            faults.append(f"{line}: constraints.txt has {version}")
    return faults


def canonical(name: str) -> str:
    """Return a package's name in the one form that indexes use."""
    return re.sub(r"[-_.]+", "-", name).lower()


def one_address(root: Path) -> list[str]:
    """The repository's address is stated in pyproject.toml; every other mention equals it."""
    address = project(root)["urls"]["Repository"]
    owner, name = address.removeprefix("https://github.com/").split("/")
    other = re.compile(
        rf"github\.com/([\w-]+)/{re.escape(name)}(?![\w-])|gh/([\w-]+)/{re.escape(name)}(?![\w-])"
    )
    faults = []
    for path in text_files(root):
        text = path.read_text(encoding="utf-8", errors="replace")
        found = {m[1] or m[2] for m in other.finditer(text)}
        faults += [f"{path}: another address, of {who}" for who in sorted(found - {owner})]
        if found and path.suffix == ".py" and path.is_relative_to(root / "mmlab"):
            faults.append(f"{path}: states the address; read it from the package's metadata")
    return faults


def ci_command(root: Path) -> list[str]:
    """CI runs the README's test command and nothing else."""
    script = (root / ".ci/run").read_text().splitlines()
    acts = [line for line in script if line.strip() and not line.startswith(("#", "set ", "cd "))]
    return (
        []
        if acts == ["exec make test BUDGET=75"]
        else [f".ci/run does {acts}, wanted: exec make test BUDGET=75"]
    )


def one_version(root: Path) -> list[str]:
    """The version is the same in pyproject.toml, the package, the citation and the changelog's newest section."""
    wanted = project(root)["version"]
    places = {
        "mmlab/__init__.py": r'^__version__ = "(.+)"$',
        "CITATION.cff": r"^version: (.+)$",
        "CHANGELOG.md": r"^## (\S+)",
    }
    faults = []
    for name, pattern in places.items():
        path = root / name
        found = re.search(pattern, path.read_text(), re.MULTILINE) if path.exists() else None
        if not found or found[1] != wanted:
            faults.append(f"{name}: states {found[1] if found else 'no version'}, pyproject.toml {wanted}")
    return faults
