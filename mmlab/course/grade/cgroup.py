"""Memory and processes of a child, held by the kernel as one sum, where a cgroup can be had.

Both versions are known. A child's group is made by the engine, beside the engine's own or below
it; the child enters it through an open file that it is handed. Where none may be made (most
containers, most unprivileged users) `find` says why, and the bounds of one process hold alone.
"""

import contextlib
import itertools
import os
import re
import subprocess
import time
from pathlib import Path

from mmlab.course.grade.limits import Limits
from mmlab.course.grade.wire import MB

PREFIX = "mmlab-grade-"
_numbers = itertools.count()  # one count a process: two sandboxes in it must not meet
WANTED = ("memory", "pids", "cpu")  # memory is a must; cpu gives a child one share, however many processes it has


class Group:
    """One child's cgroup: one folder in version 2, one for each controller in version 1."""

    def __init__(self, folders: dict[str, Path]):
        self.folders = folders
        self.files = [os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for folder in unique(folders)]

    def release_files(self) -> None:
        """Close the files that the child enters by, once they are on their way."""
        for descriptor in self.files:
            os.close(descriptor)
        self.files = []

    def peak_mb(self) -> float:
        """Return the most memory that was held at once, 0 where the kernel does not say."""
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            text = read(self.folders["memory"] / name)
            if text.strip().isdigit():
                return int(text) / MB
        return 0.0

    def killed(self) -> bool:
        """Return whether the kernel has killed a process of the group for its memory."""
        text = "".join(read(self.folders["memory"] / name) for name in ("memory.events", "memory.oom_control"))
        found = re.search(r"^oom_kill (\d+)$", text, re.MULTILINE)
        return bool(found and int(found[1]))

    def close(self) -> None:
        """Remove the group; its processes must be dead."""
        self.release_files()
        for folder in unique(self.folders):
            for _ in range(50):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    pass  # gone already
                except OSError:  # the last process is on its way out
                    time.sleep(0.01)
                    continue
                break


class Groups:
    """Where groups can be made.

    parents  controller ("memory", and "pids" and "cpu" where they are) → folder to make groups in
    version  1 or 2
    """

    def __init__(self, parents: dict[str, Path], version: int):
        self.parents, self.version = parents, version

    def make(self, limits: Limits) -> Group:
        """Return a new group under `limits`; raises OSError where it cannot be made."""
        name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
        folders = {controller: parent / name for controller, parent in self.parents.items()}
        try:
            for folder in unique(folders):
                folder.mkdir()
            self.limit(folders, limits)
            return Group(folders)
        except OSError:
            for folder in unique(folders):
                with contextlib.suppress(OSError):
                    folder.rmdir()
            raise

    def limit(self, folders: dict[str, Path], limits: Limits) -> None:
        """Write the limits into new groups; raises OSError."""
        most = str(limits.memory_mb * MB)
        if self.version == 2:
            write(folders["memory"] / "memory.max", most)
            extra = {"memory.swap.max": "0", "memory.oom.group": "1"}
        else:
            write(folders["memory"] / "memory.limit_in_bytes", most)
            extra = {"memory.memsw.limit_in_bytes": most}
        for file, text in extra.items():
            with contextlib.suppress(OSError):  # no swap accounting, or an older kernel
                write(folders["memory"] / file, text)
        if "pids" in folders:
            write(folders["pids"] / "pids.max", str(limits.processes))


def find(proc: Path = Path("/proc/self")) -> tuple[Groups | None, str]:
    """Return where groups can be made and how to call that, or None and why not.

    proc  where to read mountinfo and cgroup
    """
    why = "no cgroup is mounted"
    for version, parents in candidates(proc):
        groups = Groups(parents, version)
        try:
            sweep(unique(parents))
            probe(groups)
        except OSError as error:
            why = f"cgroup v{version}: {(error.strerror or str(error)).lower()}"
            continue
        return groups, f"cgroup v{version}"
    return None, why


def candidates(proc: Path) -> list[tuple[int, dict[str, Path]]]:
    """Return (version, controller → folder) to try, the best first."""
    own = {}
    for line in read(proc / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        own |= {controller: path for controller in controllers.split(",")}
    first, second = {}, []
    for fields in map(str.split, read(proc / "mountinfo").splitlines()):
        kind, options = fields[fields.index("-") + 1], fields[-1].split(",")
        root, point = fields[3], fields[4]
        if kind == "cgroup":
            first |= {controller: below(point, root, own.get(controller, "/")) for controller in WANTED if controller in options}
        elif kind == "cgroup2":
            folder = below(point, root, own.get("", "/"))
            for place in (folder, *folder.parents):
                there = read(place / "cgroup.controllers").split()
                if place.is_relative_to(point) and "memory" in there:
                    second.append({controller: place for controller in WANTED if controller in there})
    found = [(1, first), (1, {"memory": first["memory"]})] if "memory" in first else []
    return found + [(2, parents) for parents in second]


def below(point: str, root: str, path: str) -> Path:
    """Return where a process's cgroup `path` lies under a mount of `root` at `point`."""
    inner = os.path.relpath(path, root) if path.startswith(root) else "."
    return Path(point) / inner


def probe(groups: Groups) -> None:
    """Make a group, move a process into it, remove it; raises OSError where any of that is refused."""
    if groups.version == 2:
        folder = groups.parents["memory"]
        missing = set(groups.parents) - set(read(folder / "cgroup.subtree_control").split())
        if missing:
            write(folder / "cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(missing)))
    group = groups.make(Limits(processes=8))
    sleeper = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        for descriptor in group.files:
            os.write(descriptor, str(sleeper.pid).encode())
    finally:
        sleeper.communicate()
        group.close()


def sweep(parents: list[Path]) -> None:
    """Remove empty groups that killed runs have left behind."""
    for parent in parents:
        for folder in parent.glob(f"{PREFIX}*"):
            owner = folder.name.removeprefix(PREFIX).split("-")[0]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()


def unique(folders: dict[str, Path]) -> list[Path]:
    """Return each folder once."""
    return list(dict.fromkeys(folders.values()))


def read(path: Path) -> str:
    """Return a file's text, "" where it cannot be read."""
    try:
        return path.read_text()
    except OSError:
        return ""


def write(path: Path, text: str) -> None:
    """Write a kernel file; raises OSError with its name."""
    try:
        path.write_text(text)
    except OSError as error:
        error.filename = str(path)
        raise
