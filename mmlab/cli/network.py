"""Count a kernel's attempts to reach the network, including those whose error it catches.

There are two counters. An *audit hook*, installed before the kernel's first import,
writes one line to a log for each connect, sendto or name look-up beyond loopback,
whether or not it succeeds. If Linux allows it, the kernel also runs in a *network
namespace* that has only loopback. No attempt can succeed there, and the namespace's
counter of packets without a route also counts native code and child processes,
which a Python hook does not see.

    python -m mmlab.cli.network LOG KERNEL-ARGUMENTS…

is `python -m ipykernel_launcher KERNEL-ARGUMENTS…` under both counters.
"""

import functools
import ipaddress
import os
import runpy
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

CONNECTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
STEP = "mmlab.step"  # raised by `mmlab.train.fit` at each step


def is_local(host) -> bool:
    """Return whether `host` (a name, an address or nothing) is this machine.

    >>> is_local("127.0.0.1"), is_local("localhost"), is_local(None), is_local("example.org")
    (True, True, True, False)
    """
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if not isinstance(host, str) or host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def attempt(event: str, arguments: tuple) -> str | None:
    """Return the remote host that an audit event tries to reach, or None.

    event      str    the audit event's name
    arguments  tuple  (socket, address) of a connect, or (host, …) of a look-up
    """
    if event in CONNECTS:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) and address else None  # not a Unix path
    elif event in LOOKUPS:
        host = arguments[0]
    else:
        return None
    return None if is_local(host) else str(host)


def watch(log: str | os.PathLike) -> None:
    """Append to `log` one line for each attempt and each training step, from now on.

    A hook cannot be removed, so call this only in a separate process.
    """
    target = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def hook(event, arguments):
        if event == STEP:
            os.write(target, b"step\n")
        elif event.startswith("socket."):
            host = attempt(event, arguments)
            if host is not None:
                os.write(target, f"network {event} {host}\n".encode())

    sys.addaudithook(hook)


@functools.cache
def namespace() -> tuple[str, ...]:
    """Return the command prefix that runs a program in its own network, () if that is not possible."""
    program = shutil.which("unshare")
    if program is None:
        return ()
    prefix = (program, "--map-root-user", "--net")
    probe = [*prefix, sys.executable, "-c", "from mmlab.cli.network import raise_loopback as r; r()"]
    done = subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    return prefix if done.returncode == 0 else ()


def raise_loopback() -> None:
    """Switch on `lo`, which is off in a new namespace; this needs no `ip` program."""
    import fcntl

    set_flags, up_and_running = 0x8914, 0x1 | 0x40
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", b"lo", up_and_running))


def unrouted(pid: int) -> int:
    """Return how many packets found no route in the network of process `pid` (0 if unknown)."""
    try:
        v4 = Path(f"/proc/{pid}/net/snmp").read_text().splitlines()
        v6 = Path(f"/proc/{pid}/net/snmp6").read_text().split()
    except OSError:
        return 0
    names, values = (line.split() for line in v4 if line.startswith("Ip:"))
    packets = int(dict(zip(names, values, strict=True)).get("OutNoRoutes", 0))
    return packets + int(dict(zip(v6[::2], v6[1::2])).get("Ip6OutNoRoutes", 0))


def read_log(log: str | os.PathLike) -> tuple[list[str], int]:
    """Return a log's attempts, such as "socket.connect 192.0.2.1", and its count of steps."""
    lines = Path(log).read_text().splitlines() if Path(log).exists() else []
    attempts = [line.removeprefix("network ") for line in lines if line.startswith("network ")]
    return attempts, lines.count("step")


def main(argv: list[str]) -> None:
    """Become a watched IPython kernel; argv is LOG, then the kernel's own arguments."""
    log, *rest = argv
    if os.environ.get("MMLAB_OWN_NETWORK") == "1":
        raise_loopback()
    watch(log)
    sys.argv = ["ipykernel_launcher", *rest]
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
