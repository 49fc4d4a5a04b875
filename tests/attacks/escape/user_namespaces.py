"""Makes itself root in a user namespace of its own, and mounts what it would like to see."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import ctypes
import subprocess
from contextlib import suppress

libc = ctypes.CDLL(None, use_errno=True)
got = []
for flags in (0x10000000, 0x10020000, 0x20000000, 0x40000000, 0x00020000, 0x02000000):
    if libc.unshare(flags) == 0:
        got.append(hex(flags))
with suppress(OSError, subprocess.TimeoutExpired):
    done = subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, timeout=2)
    got += ["unshare"] if done.returncode == 0 else []
if libc.mount(b"none", b"/mnt", b"tmpfs", 0, None) == 0:
    got.append("mount")
if got:
    open(f"{HOME}/namespaces", "w").write(" ".join(got))
    raise SystemError(f"namespaces: {got}")
