"""`mmlab start`: open the course's first page in JupyterLab.

BROWSER=0 in the environment, or --no-browser, serves without opening a browser. The
address is always printed, once the server answers. Ctrl-C stops the server.
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib import metadata
from pathlib import Path

from mmlab.cli import paths
from mmlab.errors import InputError, MissingPart

FIRST_PAGE = "lessons/00_setup.ipynb"
FIRST_PORT, PORTS = 8888, 50
# JupyterLab would fetch news and ask new users for consent; our settings switch both off.
SETTINGS = Path(__file__).parent / "jupyter"
PATIENCE = 120  # seconds for the server's first answer; cold disks are slow


def free_port(requested: int | None = None) -> int:
    """Return a port to serve on: the requested one, or the first free one from 8888.

    raises  InputError  if the requested port is in use, or none is free
    """
    for port in [requested] if requested else range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise InputError(
        f"port {requested or f'{FIRST_PORT}…'} is in use",
        "a free port",
        f"mmlab start --port {(requested or FIRST_PORT) + PORTS}, or stop the other JupyterLab",
    )


def page(folder: Path) -> str:
    """Return the page that opens first."""
    return f"/lab/tree/{FIRST_PAGE}" if (folder / FIRST_PAGE).exists() else "/lab"


def command(folder: Path, port: int) -> list[str]:
    """Return the command that serves the course in `folder` on `port`."""
    words = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--log-level=WARN",
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--LabApp.default_url={page(folder)}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")  # in containers; it listens on loopback only
    return words


def direct() -> urllib.request.OpenerDirector:
    """Return an opener that sends requests to this machine directly, whatever HTTP_PROXY says."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_until_served(server: subprocess.Popen, port: int) -> None:
    """Return once the server answers; raises InputError if it ends or does not answer in time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with direct().open(f"http://127.0.0.1:{port}/api", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    what = "ended" if server.poll() is not None else f"did not answer within {PATIENCE} s"
    raise InputError(f"JupyterLab {what}", "a server that answers", "read its output above; run mmlab doctor")


def arguments(parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--port", type=int, help=f"default: the first free one from {FIRST_PORT}")
    parser.add_argument("--no-browser", action="store_true", help="serve only (as BROWSER=0 does)")


def main(args) -> int:
    """Serve until stopped; raises InputError outside the course, MissingPart without JupyterLab."""
    folder = paths.root()
    try:
        metadata.version("jupyterlab")
    except metadata.PackageNotFoundError as error:
        raise MissingPart("JupyterLab is not installed", "", "pip install 'mmlab[lab]'") from error
    port, token = free_port(args.port), secrets.token_hex(16)
    open_browser = not args.no_browser and os.environ.get("BROWSER") != "0"
    if os.environ.get("BROWSER") in ("0", "1"):
        del os.environ["BROWSER"]  # for other programs this variable names a browser
    environment = {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_PATH": os.pathsep.join([str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH", "")]),
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    # Its own process session: Ctrl-C reaches only this process, and the server does not ask "y/n".
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    server = subprocess.Popen(command(folder, port), cwd=folder, env=environment, start_new_session=True)
    try:
        wait_until_served(server, port)
        address = f"http://127.0.0.1:{port}{page(folder)}?token={token}"
        announce(address, folder, port, as_json=args.json)
        if open_browser:
            show(address)
        return server.wait()
    finally:
        stop(server)


def announce(address: str, folder: Path, port: int, *, as_json: bool) -> None:
    """Print the address of the course."""
    if as_json:
        print(json.dumps({"url": address, "port": port, "root": str(folder)}), flush=True)
    else:
        print(f"the course is open at\n\n    {address}\n\nstop it with Ctrl-C", flush=True)


def show(address: str) -> None:
    """Open a browser on the course, if there is a browser."""
    import webbrowser

    if not webbrowser.open(address):
        print("no browser was found: open the address above yourself", flush=True)


def stop(server: subprocess.Popen) -> None:
    """End the server and its kernels."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
