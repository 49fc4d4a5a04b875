"""Asks a name server, connects to a listener on the loopback and to the world, and sends it the answers."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import socket
import urllib.request
from contextlib import suppress

# %% last
with suppress(OSError):
    print(socket.getaddrinfo("example.org", 80))
for address in (("127.0.0.1", PORT), ("::1", PORT), ("localhost", PORT), ("0.0.0.0", PORT), ("192.0.2.1", 80)):
    with suppress(OSError):
        with socket.create_connection(address, timeout=0.3) as line:
            line.sendall(b"mmlab attack\n")
with suppress(OSError):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"mmlab attack", ("127.0.0.1", PORT))
with suppress(OSError, ValueError):
    urllib.request.urlopen(f"http://127.0.0.1:{PORT}/?score=100", timeout=0.3).read(10)
