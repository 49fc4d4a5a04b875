"""Connects to sockets that are files, and to sockets that are only names."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import socket
from contextlib import suppress

paths = [SOCKET, "\0" + SOCKET]
with suppress(OSError):
    paths += [line.split()[-1].replace("@", "\0", 1) for line in open("/proc/net/unix").readlines()[1:] if len(line.split()) > 7]
for path in paths:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as line:
            line.settimeout(0.3)
            line.connect(path)
            line.sendall(b"mmlab attack\n")
