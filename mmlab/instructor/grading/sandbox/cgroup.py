"""Limit the total memory and number of processes of a child with a cgroup, version 1 or 2.

The engine creates a child's group beside or below its own; the child enters it through an open
file. If no group can be created (in most containers, and for most unprivileged users), `find`
says why, and only the limits of single processes apply.
"""

import contextlib
import itertools
import os
import re
import subprocess
import time
from pathlib import Path

from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.wire import MB

PREFIX = "mmlab-grade-"
_numbers = itertools.count()  # shared by all sandboxes of this process, so that names are unique
# memory is required; cpu gives a child one share, however many processes it has
WANTED = ("memory", "pids", "cpu")


class Group:
    """One child's cgroup: one folder in version 2, one for each controller in version 1."""

    def __init__(self, folders: dict[str, Path]):
        self.folders = folders
        self.files = [
            os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for folder in unique(folders)
        ]

    def release_files(self) -> None:
        """Close the files through which the child enters, after they have been sent."""
        for descriptor in self.files:
            os.close(descriptor)
        self.files = []

    def peak_mb(self) -> float:
        """Return the peak memory, 0 if the kernel does not report it."""
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            text = read(self.folders["memory"] / name)
            if text.strip().isdigit():
                return int(text) / MB
        return 0.0

    def killed(self) -> bool:
        """Return whether the kernel has killed a process of the group for its memory."""
        text = "".join(
            read(self.folders["memory"] / name) for name in ("memory.events", "memory.oom_control")
        )
        kills = re.search(r"^oom_kill (\d+)$", text, re.MULTILINE)
        return bool(kills and int(kills[1]))

    def close(self) -> None:
        """Remove the group; its processes must have ended."""
        self.release_files()
        for folder in unique(self.folders):
            for _ in range(50):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    pass  # removed already
                except OSError:  # the last process is still exiting
                    time.sleep(0.01)
                    continue
                break


class Groups:
    """Creates groups.

    parents  controller ("memory", and "pids" and "cpu" if available) → folder in which to create groups
    version  1 or 2
    """

    def __init__(self, parents: dict[str, Path], version: int):
        self.parents, self.version = parents, version

    def make(self, limits: Limits) -> Group:
        """Return a new group with these limits; raises OSError if it cannot be created."""
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
        maximum = str(limits.memory_mb * MB)
        if self.version == 2:
            write(folders["memory"] / "memory.max", maximum)
            extra = {"memory.swap.max": "0", "memory.oom.group": "1"}
        else:
            write(folders["memory"] / "memory.limit_in_bytes", maximum)
            extra = {"memory.memsw.limit_in_bytes": maximum}
        for file, text in extra.items():
            with contextlib.suppress(OSError):  # no swap accounting, or an older kernel
                write(folders["memory"] / file, text)
        if "pids" in folders:
            write(folders["pids"] / "pids.max", str(limits.processes))


def find(proc: Path = Path("/proc/self")) -> tuple[Groups | None, str]:
    """Return Groups and the name of the version, or None and the reason why there are none.

    proc  the folder with mountinfo and cgroup
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
    """Return (version, controller → folder) pairs to try, the best first."""
    own = {}
    for line in read(proc / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        own |= {controller: path for controller in controllers.split(",")}
    first, second = {}, []
    for fields in map(str.split, read(proc / "mountinfo").splitlines()):
        kind, options = fields[fields.index("-") + 1], fields[-1].split(",")
        root, point = fields[3], fields[4]
        if kind == "cgroup":
            first |= {
                controller: below(point, root, own.get(controller, "/"))
                for controller in WANTED
                if controller in options
            }
        elif kind == "cgroup2":
            folder = below(point, root, own.get("", "/"))
            for parent in (folder, *folder.parents):
                available = read(parent / "cgroup.controllers").split()
                if parent.is_relative_to(point) and "memory" in available:
                    second.append({controller: parent for controller in WANTED if controller in available})
    version_1 = [(1, first), (1, {"memory": first["memory"]})] if "memory" in first else []
    return version_1 + [(2, parents) for parents in second]


def below(point: str, root: str, path: str) -> Path:
    """Return the folder of a process's cgroup `path` under a mount of `root` at `point`."""
    inner = os.path.relpath(path, root) if path.startswith(root) else "."
    return Path(point) / inner


def probe(groups: Groups) -> None:
    """Create a group, move a process into it, and remove it; raises OSError if the kernel refuses a step."""
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
    """Remove empty groups of killed runs."""
    for parent in parents:
        for folder in parent.glob(f"{PREFIX}*"):
            owner = folder.name.removeprefix(PREFIX).split("-")[0]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()


def unique(folders: dict[str, Path]) -> list[Path]:
    """Return the folders without duplicates."""
    return list(dict.fromkeys(folders.values()))


def read(path: Path) -> str:
    """Return a file's text, "" if it cannot be read."""
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
