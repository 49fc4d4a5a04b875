"""Isolate a child before it runs a student's code: the Linux system calls, in order.

    prepare_fork   the zygote's next child becomes the first process of a new pid namespace
    enter          cgroup → namespaces → files → network → limits → user → system calls

If the caller is root, each child gets a different high uid that no account uses. Otherwise each
child keeps the caller's uid and enters a user namespace, in which it is nobody and has no
capabilities. Because a child is the first process of its pid namespace, the kernel kills all
processes that it has started when it exits.
"""

import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
from pathlib import Path

from mmlab.errors import MissingPart
from mmlab.instructor.grading.sandbox import seccomp
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.wire import MB

try:
    import fcntl
    import resource
except ImportError:  # Windows
    raise MissingPart(
        "grading on a system without fork", "Linux", "use the container recipe in container/"
    ) from None

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x20000,
    0x2000000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
READ_ONLY, NOSUID, NODEV, NOEXEC, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 4, 24, 38, 36
LAST_CAPABILITY = 63
NOBODY = 65534
FIRST_UID, UIDS = 1_880_000_000, 2**27  # above the ranges that distributions and containers use
FILES = 256  # open at the same time
HOME = "/home/student"
SCRATCH = "/room"  # an empty folder, where a child's own file system is mounted before it is bound
DETACH, REMOUNT = 2, 32


class Kernel:
    """The few libc functions that Python does not provide; loaded once, before the fork."""

    def __init__(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def call(self, name: str, *arguments) -> None:
        """Call libc's function `name`; raises OSError with its name if it fails."""
        ctypes.set_errno(0)
        if getattr(self.libc, name)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")

    def mount(self, source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
        """Mount, remount or bind; raises OSError that names the source and target."""
        try:
            self.call(
                "mount",
                source.encode(),
                target.encode(),
                kind and kind.encode(),
                ctypes.c_ulong(flags),
                data.encode(),
            )
        except OSError as error:
            raise OSError(
                error.errno, f"mount of {kind or source} on {target}: {os.strerror(error.errno)}"
            ) from None


_kernel: Kernel | None = None


def prepare_zygote(spec: dict) -> None:
    """Prepare the zygote, once, for all forks."""
    global _kernel
    if spec["mode"] != "unsafe":
        _kernel = Kernel()
    elif sys.platform == "linux":  # orphans of a child become children of the zygote
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def prepare_fork(mode: str) -> None:
    """Make the next fork the first process of a new pid namespace."""
    if mode != "unsafe":
        _kernel.call("setns", _kernel.pids, NEWPID)  # first back to ours, out of the last child's
        _kernel.call("unshare", NEWPID)


def enter(spec: dict, request: dict, limits: Limits, groups: list[int]) -> None:
    """Isolate the calling process; raises OSError if the kernel refuses a step.

    spec     "mode" is "root", "user" or "unsafe"; "memory" is "cgroup" or "process"; "week"
    request  "number" of the child; its working "folder", if unsafe
    groups   open cgroup.procs files to enter
    """
    os.setsid()
    for descriptor in groups:
        os.write(descriptor, b"0")
        os.close(descriptor)
    silence()
    maximum = mapped() + limits.memory_mb * MB
    if spec["mode"] == "unsafe":
        folder = request["folder"]
        limit_resources(limits, maximum, strict=False)
    else:
        folder = f"{HOME}/{spec['week']}"
        user = uid_of(spec["engine"], request["number"]) if spec["mode"] == "root" else os.getuid()
        os.close(_kernel.pids)
        with own_folder_of_proc() as facts:
            with contextlib.suppress(OSError):  # killed first if the whole machine runs out of memory
                write(facts, "oom_score_adj", "1000")
            _kernel.call("unshare", NEWNS | NEWIPC | NEWNET | NEWUTS | NEWCGROUP)
            own_files(spec["week"], limits, user, spec["visible"])
            raise_loopback()
            if spec["mode"] == "user":
                own_user(facts)
        limit_resources(limits, maximum, strict=True)
        give_up_rights(user if spec["mode"] == "root" else None, memfd=spec["memory"] == "cgroup")
    os.chdir(folder)
    os.environ.update(HOME=HOME if spec["mode"] != "unsafe" else folder, PWD=folder)


def silence() -> None:
    """Redirect standard input, output and error to /dev/null, because they belong to the zygote."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def own_files(week: str, limits: Limits, user: int, visible: list[str]) -> None:
    """Mount one new tmpfs with a size limit as /tmp, /dev/shm and home, and a /proc of this namespace only.

    week     the release's files are copied to HOME/WEEK
    visible  folders below /tmp that stay visible, read-only: for a course that lies in /tmp
    """
    mount = _kernel.mount
    mount("none", "/", None, RECURSIVE | PRIVATE)
    mount("tmpfs", SCRATCH, "tmpfs", NOSUID | NODEV, f"size={limits.disk_mb}m,nr_inodes=65536,mode=755")
    for name, mode in (("home", 0o700), ("shm", 0o1777), ("tmp", 0o1777)):
        os.mkdir(f"{SCRATCH}/{name}")
        os.chmod(f"{SCRATCH}/{name}", mode)
    folder = f"{SCRATCH}/home/{week}"
    os.mkdir(folder)
    for source in sorted(Path("/release").iterdir()):
        copy(source, f"{folder}/{source.name}")
    for path in (folder, f"{SCRATCH}/home"):
        os.chown(path, user, user)
    for path in visible:
        os.makedirs(f"{SCRATCH}{path}", exist_ok=True)
        mount(path, f"{SCRATCH}{path}", None, BIND | RECURSIVE)
    for top in sorted({f"{SCRATCH}/tmp/{Path(path).parts[2]}" for path in visible}):
        mount(top, top, None, BIND | RECURSIVE)  # the folders above are read-only too
        mount("none", top, None, REMOUNT | BIND | READ_ONLY | NOSUID | NODEV)
    mount(f"{SCRATCH}/home", HOME, None, BIND)
    mount(f"{SCRATCH}/shm", "/dev/shm", None, BIND)
    mount(f"{SCRATCH}/tmp", "/tmp", None, BIND | RECURSIVE)
    _kernel.call("umount2", SCRATCH.encode(), DETACH)  # the bind mounts stay
    try:
        mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    except OSError:  # /proc is masked, as in many containers: the child gets none
        mount("tmpfs", "/proc", "tmpfs", NOSUID | NODEV | NOEXEC | READ_ONLY, "size=4k,mode=555")


def copy(source: Path, target: str) -> None:
    """Copy a file or folder of the release, read-only."""
    if source.is_dir():
        os.mkdir(target)
        for inner in sorted(source.iterdir()):
            copy(inner, f"{target}/{inner.name}")
        os.chmod(target, 0o555)
    else:
        Path(target).write_bytes(source.read_bytes())
        os.chmod(target, 0o444)


def raise_loopback() -> None:
    """Switch on `lo`, the only interface of a new network namespace."""
    set_flags, up_and_running = 0x8914, 0x1 | 0x40
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", b"lo", up_and_running))


@contextlib.contextmanager
def own_folder_of_proc():
    """Yield the opened folder /proc/self, which stays usable after a mount on /proc."""
    facts = os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield facts
    finally:
        os.close(facts)


def write(facts: int, name: str, text: str) -> None:
    """Write one of the files of /proc/self; raises OSError."""
    descriptor = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=facts)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def own_user(facts: int) -> None:
    """Enter a new user namespace as nobody, without any capability outside it."""
    user, group = os.getuid(), os.getgid()
    _kernel.call("unshare", NEWUSER)
    write(facts, "setgroups", "deny")
    write(facts, "uid_map", f"{NOBODY} {user} 1")
    write(facts, "gid_map", f"{NOBODY} {group} 1")


def limit_resources(limits: Limits, address_space: int, *, strict: bool) -> None:
    """Set this process's resource limits, which its children inherit."""
    maximum = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_mb * MB,
        resource.RLIMIT_CPU: int(limits.total_seconds) + 1,
        resource.RLIMIT_NOFILE: FILES,
    }
    if sys.platform == "linux":
        maximum |= {
            resource.RLIMIT_AS: address_space,
            resource.RLIMIT_MEMLOCK: 64 * 1024,
            resource.RLIMIT_MSGQUEUE: 0,
        }
    if strict:  # in unsafe mode the number would include all of the caller's processes
        maximum[resource.RLIMIT_NPROC] = limits.processes
    for what, number in maximum.items():
        hard = resource.getrlimit(what)[1]
        number = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(what, (number, number))


def mapped() -> int:
    """Return the bytes of address space in use, or a guess if there is no /proc."""
    with contextlib.suppress(OSError, ValueError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 8 * 1024 * MB


def give_up_rights(user: int | None, *, memfd: bool) -> None:
    """Permanently drop all capabilities, change to `user` (None: no change), and block system calls."""
    for capability in range(LAST_CAPABILITY + 1):
        if _kernel.libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
            break  # the kernel has no more capabilities
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = struct.pack("@Ii", 0x20080522, 0)
    _kernel.call("capset", ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))
    _kernel.call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _kernel.call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)
    seccomp.install(_kernel.libc, memfd=memfd)


def uid_of(engine: int, number: int) -> int:
    """Return a uid that no account and no other running child uses, within the range that this namespace maps."""
    uid = FIRST_UID + (engine * 32 + number % 32) % UIDS
    with contextlib.suppress(OSError, ValueError):
        inside, _, count = map(int, Path("/proc/self/uid_map").read_text().splitlines()[-1].split())
        if uid >= inside + count:  # a rootless container maps only few uids: use the highest of them
            uid = inside + count - 2 - (engine * 32 + number % 32) % max(1, min(4096, count // 4))
    return uid


def kill(pid: int, mode: str) -> None:
    """Kill a child and all processes that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL) if mode == "unsafe" else os.kill(pid, signal.SIGKILL)


def kill_orphans(mode: str) -> None:
    """In unsafe mode, when no child is left: kill the processes that ended children have left behind."""
    if mode == "unsafe":
        with contextlib.suppress(OSError):
            for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
