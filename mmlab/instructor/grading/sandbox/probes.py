"""The probes of `mmlab doctor --grade`: functions that try to break the sandbox's limits from inside.

A probe takes plain values and returns one line for each forbidden action that succeeded; an empty
list means that the limit is enforced. Its source is sent to the child, so it must import everything
it needs except os.
"""

import inspect
import os
import traceback

from mmlab.codec import Raised


def serve(connection, limits) -> None:
    """Run in the child: execute each received source in a new namespace, and reply with its variable `found`."""
    while True:
        request = connection.receive()
        names = {"os": os, "connection": connection, "limits": limits, "given": request.get("given", {})}
        try:
            exec(request["source"], names)
            answer = names.get("found")
        except BaseException as error:
            answer = Raised(type(error).__name__, traceback.format_exc())
        connection.send(answer)


def source(probe, **given) -> dict:
    """Return the request that runs one probe in a child."""
    return {"source": f"{inspect.getsource(probe)}\nfound = {probe.__name__}(**given)", "given": given}


def network(port: int, name: str) -> list[str]:
    """Connect to a server on this machine, by IP and by a Unix socket's name; then to other hosts."""
    import socket

    for family, address in (
        (socket.AF_INET, ("127.0.0.1", port)),
        (socket.AF_UNIX, "\0" + name),
        (socket.AF_INET, ("192.0.2.1", 80)),
        (socket.AF_INET, ("1.1.1.1", 53)),
        (socket.AF_VSOCK, (2, 1)),
    ):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as channel:
                channel.settimeout(2)
                channel.connect(address)
            return [f"reached {address}"]
        except OSError:
            continue  # blocked, as it should be
    with socket.create_server(("127.0.0.1", 0)) as own, socket.create_connection(own.getsockname()):
        return []  # a server inside the sandbox must work


def paths(there: list[str]) -> list[str]:
    """See any of these paths, which exist outside."""
    return [f"{path} is there" for path in there if os.path.lexists(path)]


def lines(lines: list[list[str]]) -> list[str]:
    """Find a line of a file in that file."""
    visible = []
    for path, line in lines:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                visible += [f"{path} contains {line!r}"] if line in file.read() else []
    return visible


def environment(secret: str) -> list[str]:
    """Find a value of the caller's environment, in this process's environment or another's."""
    import glob

    visible = [f"${name} is there" for name in os.environ if secret in os.environ[name]]
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as file:
                visible += [path] if secret.encode() in file.read() else []
        except OSError:
            continue  # not readable, as it should be
    return visible


def memory(megabytes: int, processes: int, seconds: float = 1.0) -> list[str]:
    """Hold this many megabytes in each of several processes at the same time, for some seconds."""
    import time

    pids, full = [], b"x" * 2**20  # random bytes would take processor time, which has a limit of its own
    for _ in range(processes - 1):
        pid = os.fork()
        if pid == 0:
            held = [bytearray(full) for _ in range(megabytes)]
            time.sleep(60)
            os._exit(len(held) % 2)
        pids.append(pid)
    held = [bytearray(full) for _ in range(megabytes)]
    time.sleep(seconds)
    alive = sum(os.waitpid(pid, os.WNOHANG) == (0, 0) for pid in pids) + 1
    return [f"{alive * len(held):,} MB held in {alive} processes"]


def processes(limit: int) -> list[str]:
    """Start more processes than the limit allows."""
    import time

    pids = []
    try:
        while len(pids) <= limit + 8:
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            pids.append(pid)
    except OSError:
        pass  # the limit
    return [f"{len(pids) + 1} processes at once"] if len(pids) + 1 > limit else []


def file_size(megabytes: int) -> list[str]:
    """Write one file above the limit."""
    try:
        with open("large", "wb") as file:
            for _ in range(megabytes + 1):
                file.write(bytes(2**20))
    except OSError:
        return []
    finally:
        os.remove("large")
    return [f"a file of {megabytes + 1} MB"]


def disk(megabytes: int) -> list[str]:
    """Write more files to home, /tmp and /dev/shm than the limit for their total allows."""
    written = 0
    for folder in (".", "/tmp", "/dev/shm"):
        for number in range(megabytes // 4 + 4):
            try:
                with open(f"{folder}/{number}", "wb") as file:
                    file.write(bytes(4 * 2**20))
                    file.flush()
                written += 4
            except OSError:  # full
                break
    return [f"{written} MB of files"] if written > megabytes else []


def spin() -> list[str]:
    """Run forever, with all signals blocked."""
    import signal

    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass


def linger(token: str) -> list[str]:
    """Leave orphaned processes behind: forked twice, in new sessions, with all signals blocked."""
    import signal
    import time

    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            if os.fork() == 0:
                os.execv("/bin/sh", ["sh", "-c", f"while :; do sleep 1; done # {token}"])
            os._exit(0)
    time.sleep(0.3)
    return []


def namespaces() -> list[str]:
    """Create a namespace or a mount with every system call that could."""
    import ctypes
    import platform
    import subprocess

    libc, user = ctypes.CDLL(None, use_errno=True), 0x10000000
    clone, clone3, arguments = (
        {"x86_64": 56, "aarch64": 220}[platform.machine()],
        435,
        (ctypes.c_uint64 * 8)(user),
    )
    done = []
    for name, call in (
        ("unshare", lambda: libc.unshare(user)),
        ("clone", lambda: libc.syscall(clone, ctypes.c_long(user | 17), None, None, None, None)),
        ("clone3", lambda: libc.syscall(clone3, ctypes.byref(arguments), ctypes.c_long(64))),
        ("mount", lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None)),
        ("umount", lambda: libc.umount2(b"/proc", 2)),
        ("chroot", lambda: libc.chroot(b"/tmp")),
        ("setns", lambda: libc.setns(0, 0)),
    ):
        result = call()
        if result == 0 and name.startswith("clone") and os.getpid() != 1:
            os._exit(0)
        if result >= 0:
            done.append(f"{name} was allowed")
    if subprocess.run(["unshare", "-U", "true"], stderr=subprocess.DEVNULL).returncode == 0:
        done.append("the program unshare created a user namespace")
    return done


def ptrace() -> list[str]:
    """Access another process of the child, with ptrace and through its memory."""
    import ctypes
    import subprocess

    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    victim = subprocess.Popen(["sleep", "60"])
    done = ["ptrace attached"] if libc.ptrace(16, victim.pid, None, None) == 0 else []
    word = ctypes.create_string_buffer(8)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(word), 8)
    if libc.process_vm_readv(os.getpid(), vector, 1, vector, 1, 0) >= 0:
        done.append("process_vm_readv read memory")
    victim.kill()
    victim.wait()
    return done


def outside(pids: list[int]) -> list[str]:
    """See or signal any process outside the sandbox."""
    others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
    reachable = [f"process {name} is in /proc" for name in others]
    for pid in pids:
        if pid == os.getpid():  # the number of a process outside, such as 1, is this process's own in here
            continue
        try:
            os.kill(pid, 0)
            reachable.append(f"process {pid} takes signals")
        except OSError:
            continue  # does not exist in this namespace
    return reachable


def rights(folders: list[str]) -> list[str]:
    """Write to read-only folders, or have a capability."""
    import re

    problems = ["the user is root"] if os.getuid() == 0 else []
    for path in [*folders, "/", "/usr", "/etc", "/dev", "/home"]:
        written = os.path.join(path, "written-by-a-child")
        try:
            with open(written, "w"):
                problems.append(f"wrote into {path}")
            os.remove(written)
        except OSError:
            continue  # read-only, as it should be
    try:
        with open("/proc/self/status") as file:
            status = dict(re.findall(r"^(\w+):\s*(\w+)", file.read(), re.MULTILINE))
    except OSError:  # there is no /proc
        return problems
    problems += [
        f"{name} {status[name]}" for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb") if int(status[name], 16)
    ]
    return problems + [
        f"{name} {status[name]}"
        for name, good in (("NoNewPrivs", "1"), ("Seccomp", "2"))
        if status[name] != good
    ]


def shared_memory() -> list[str]:
    """Use /dev/shm as the DataLoader's workers do: files, and semaphores between processes."""
    import multiprocessing

    mode = os.stat("/dev/shm").st_mode & 0o7777
    with open("/dev/shm/one", "wb") as file:
        file.write(b"1")
    with multiprocessing.get_context("fork").Lock():
        return [] if mode == 0o1777 else [f"/dev/shm has mode {mode:o}"]


def programs() -> list[str]:
    """Start Python in a new process."""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", "import numpy; print(6 * 7)"], capture_output=True, text=True
    )
    return (
        []
        if done.stdout == "42\n"
        else [done.stderr.strip().splitlines()[-1] if done.stderr else "no output"]
    )


def torch_computes() -> list[str]:
    """Train for one step, and save a figure."""
    import io

    import torch
    from matplotlib import pyplot

    layer = torch.nn.Linear(64, 64)
    before = layer.weight.detach().clone()
    layer(torch.ones(64, 64)).square().mean().backward()
    torch.optim.Adam(layer.parameters()).step()
    pyplot.figure().savefig(io.BytesIO())
    return [] if not torch.equal(before, layer.weight) else ["a step of Adam changed nothing"]
