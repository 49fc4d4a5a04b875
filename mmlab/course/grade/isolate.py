"""What a child gives up before it runs a student's code: the Linux calls, in their order.

    prepare_fork   the zygote gives its next child a pid namespace, of which it is the first process
    enter          cgroup → namespaces → files → network → limits → user → system calls

A root caller's children become a high uid that nobody has, another one each. Any other caller's
stay what they are and go, each, into a user namespace of its own, in which they are nobody and
hold nothing. As the first process of its namespace a child takes all that it started along.
"""

import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
from pathlib import Path

from mmlab.course.grade import seccomp
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.wire import MB
from mmlab.errors import MissingPart

try:
    import fcntl
    import resource
except ImportError:  # Windows
    raise MissingPart("grading on a system without fork", "Linux", "use the container recipe in container/") from None

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
READ_ONLY, NOSUID, NODEV, NOEXEC, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 4, 24, 38, 36
LAST_CAPABILITY = 63
NOBODY = 65534
UIDS, ROOM = 1_880_000_000, 2**27  # above every range that distributions and containers hand out
FILES = 256  # open at once
HOME = "/home/student"
ROOM_MADE = "/room"  # an empty folder, in which a child's own files are put up
DETACH, REMOUNT = 2, 32


class Kernel:
    """The few calls that Python has no name for; made once, before the fork."""

    def __init__(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def call(self, name: str, *arguments) -> None:
        """Call libc's `name`; raises OSError with its name where it fails."""
        ctypes.set_errno(0)
        if getattr(self.libc, name)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")

    def mount(self, source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
        """Mount, remount or bind; raises OSError that says what and where."""
        try:
            self.call("mount", source.encode(), target.encode(), kind and kind.encode(), ctypes.c_ulong(flags), data.encode())
        except OSError as error:
            raise OSError(error.errno, f"mount of {kind or source} on {target}: {os.strerror(error.errno)}") from None


_kernel: Kernel | None = None


def prepare_zygote(spec: dict) -> None:
    """Make ready, once, what every fork needs."""
    global _kernel
    if spec["mode"] != "unsafe":
        _kernel = Kernel()
    elif sys.platform == "linux":  # what a child leaves behind falls to the zygote
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def prepare_fork(mode: str) -> None:
    """Let the next fork be the first process of a pid namespace of its own."""
    if mode != "unsafe":
        _kernel.call("setns", _kernel.pids, NEWPID)  # back to ours: the last child's cannot be left otherwise
        _kernel.call("unshare", NEWPID)


def enter(spec: dict, request: dict, limits: Limits, groups: list[int]) -> None:
    """Shut the calling process in; raises OSError where a step is refused.

    spec     "mode" is "root", "user" or "unsafe"; "memory" is "cgroup" or "process"; "week"
    request  "number" of the child; "folder" to work in, if unsafe
    groups   open cgroup.procs files to enter
    """
    os.setsid()
    for descriptor in groups:
        os.write(descriptor, b"0")
        os.close(descriptor)
    silence()
    most = mapped() + limits.memory_mb * MB
    if spec["mode"] == "unsafe":
        folder = request["folder"]
        limit_resources(limits, most, strict=False)
    else:
        folder = f"{HOME}/{spec['week']}"
        user = uid_of(spec["engine"], request["number"]) if spec["mode"] == "root" else os.getuid()
        os.close(_kernel.pids)
        with own_folder_of_proc() as facts:
            with contextlib.suppress(OSError):  # the first to go where the whole machine runs out of memory
                write(facts, "oom_score_adj", "1000")
            _kernel.call("unshare", NEWNS | NEWIPC | NEWNET | NEWUTS | NEWCGROUP)
            own_files(spec["week"], limits, user, spec["shown"])
            raise_loopback()
            if spec["mode"] == "user":
                own_user(facts)
        limit_resources(limits, most, strict=True)
        give_up_rights(user if spec["mode"] == "root" else None, memfd=spec["memory"] == "cgroup")
    os.chdir(folder)
    os.environ.update(HOME=HOME if spec["mode"] != "unsafe" else folder, PWD=folder)


def silence() -> None:
    """Point standard input, output and error to nothing: they are the zygote's."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def own_files(week: str, limits: Limits, user: int, shown: list[str]) -> None:
    """Mount one fresh tmpfs, of one size, as /tmp, /dev/shm and home; a /proc of this namespace alone.

    week   whose folder in home gets the release's files
    shown  folders below /tmp to show there again, for reading: a course that lies in /tmp
    """
    mount = _kernel.mount
    mount("none", "/", None, RECURSIVE | PRIVATE)
    mount("tmpfs", ROOM_MADE, "tmpfs", NOSUID | NODEV, f"size={limits.disk_mb}m,nr_inodes=65536,mode=755")
    for name, mode in (("home", 0o700), ("shm", 0o1777), ("tmp", 0o1777)):
        os.mkdir(f"{ROOM_MADE}/{name}")
        os.chmod(f"{ROOM_MADE}/{name}", mode)
    folder = f"{ROOM_MADE}/home/{week}"
    os.mkdir(folder)
    for source in sorted(Path("/release").iterdir()):
        copy(source, f"{folder}/{source.name}")
    for path in (folder, f"{ROOM_MADE}/home"):
        os.chown(path, user, user)
    for path in shown:
        os.makedirs(f"{ROOM_MADE}{path}", exist_ok=True)
        mount(path, f"{ROOM_MADE}{path}", None, BIND | RECURSIVE)
    for top in sorted({f"{ROOM_MADE}/tmp/{Path(path).parts[2]}" for path in shown}):
        mount(top, top, None, BIND | RECURSIVE)  # what leads there is for reading too
        mount("none", top, None, REMOUNT | BIND | READ_ONLY | NOSUID | NODEV)
    mount(f"{ROOM_MADE}/home", HOME, None, BIND)
    mount(f"{ROOM_MADE}/shm", "/dev/shm", None, BIND)
    mount(f"{ROOM_MADE}/tmp", "/tmp", None, BIND | RECURSIVE)
    _kernel.call("umount2", ROOM_MADE.encode(), DETACH)  # what is mounted elsewhere stays
    try:
        mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    except OSError:  # masked, as in many containers: then there is none
        mount("tmpfs", "/proc", "tmpfs", NOSUID | NODEV | NOEXEC | READ_ONLY, "size=4k,mode=555")


def copy(source: Path, target: str) -> None:
    """Copy a file or folder of the release, for reading only."""
    if source.is_dir():
        os.mkdir(target)
        for inner in sorted(source.iterdir()):
            copy(inner, f"{target}/{inner.name}")
        os.chmod(target, 0o555)
    else:
        Path(target).write_bytes(source.read_bytes())
        os.chmod(target, 0o444)


def raise_loopback() -> None:
    """Switch on `lo`, the only way out of a new network namespace: to itself."""
    set_flags, up_and_running = 0x8914, 0x1 | 0x40
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", b"lo", up_and_running))


@contextlib.contextmanager
def own_folder_of_proc():
    """Yield the open /proc/self, which stays when /proc is covered."""
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
    """Go into a new user namespace as nobody, who holds no right in any other."""
    user, group = os.getuid(), os.getgid()
    _kernel.call("unshare", NEWUSER)
    write(facts, "setgroups", "deny")
    write(facts, "uid_map", f"{NOBODY} {user} 1")
    write(facts, "gid_map", f"{NOBODY} {group} 1")


def limit_resources(limits: Limits, address_space: int, *, strict: bool) -> None:
    """Set the limits of one process, which its children inherit."""
    most = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_mb * MB,
        resource.RLIMIT_CPU: int(limits.total_seconds) + 1,
        resource.RLIMIT_NOFILE: FILES,
    }
    if sys.platform == "linux":
        most |= {resource.RLIMIT_AS: address_space, resource.RLIMIT_MEMLOCK: 64 * 1024, resource.RLIMIT_MSGQUEUE: 0}
    if strict:  # unsafe, the number would count all that the caller runs
        most[resource.RLIMIT_NPROC] = limits.processes
    for what, number in most.items():
        hard = resource.getrlimit(what)[1]
        number = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(what, (number, number))


def mapped() -> int:
    """Return the bytes of address space in use, or a guess where no /proc says."""
    with contextlib.suppress(OSError, ValueError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 8 * 1024 * MB


def give_up_rights(user: int | None, *, memfd: bool) -> None:
    """Drop every capability, become `user` (None: stay), and close the system calls; for good."""
    for capability in range(LAST_CAPABILITY + 1):
        if _kernel.libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
            break  # the kernel knows no more
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
    """Return a uid that no account has and no other child holds now; within what this namespace maps."""
    uid = UIDS + (engine * 32 + number % 32) % ROOM
    with contextlib.suppress(OSError, ValueError):
        inside, _, count = map(int, Path("/proc/self/uid_map").read_text().splitlines()[-1].split())
        if uid >= inside + count:  # a rootless container maps few: take from their upper end
            uid = inside + count - 2 - (engine * 32 + number % 32) % max(1, min(4096, count // 4))
    return uid


def kill(pid: int, mode: str) -> None:
    """Kill a child and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL) if mode == "unsafe" else os.kill(pid, signal.SIGKILL)


def kill_orphans(mode: str) -> None:
    """Unsafe, once no child is left: kill what ended children have left behind."""
    if mode == "unsafe":
        with contextlib.suppress(OSError):
            for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
