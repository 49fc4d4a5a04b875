"""`mmlab serve`: a local model server that the official SDKs speak to.

Prints its addresses, each as the SDK's own `base_url` wants it, and serves until
it is stopped, by Ctrl-C or SIGTERM. With `--json`, one line when it is ready.
"""

import contextlib
import json
import os
import signal
import socket

from mmlab.errors import InputError, MissingPart


def arguments(parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--port", type=int, default=8700, help="0 takes a free one (default: 8700)")
    parser.add_argument("--require-key", metavar="KEY", help="the one key that works (default: any)")
    parser.add_argument("--retire", metavar="MODEL", action="append", default=[],
                        help="let a model answer as a retired one does; may be repeated")  # fmt: skip
    parser.add_argument("--faults", metavar="PLAN", default="",
                        help="what goes wrong, such as 429:2,500*2 (see mmlab.api.server.faults)")  # fmt: skip


def main(args) -> int:
    """Serve until stopped; return 0."""
    try:
        from mmlab.api import server
    except ImportError as error:
        raise MissingPart(f"serve: {error}", "numpy, scipy and Pillow", "pip install mmlab") from error
    if not 0 <= args.port <= 65535:
        raise InputError(f"serve: --port {args.port}", "0 to 65535", "pass --port 0 for a free one")
    options = {"key": args.require_key, "retired": args.retire, "faults": args.faults}
    with _stopping() as stopped, server.running(args.port, **options) as local:
        print(_told(local, args.json), flush=True)
        stopped.recv(1)
    return 0


@contextlib.contextmanager
def _stopping():
    """Give a socket that has a byte to read once the process was told to stop.

    A lock is no way to wait for a signal: one that comes just before the main
    thread falls asleep does not wake it.
    """
    stopped, stop = socket.socketpair()
    with stopped, stop:
        stop.setblocking(False)
        signal.set_wakeup_fd(stop.fileno())
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: None)
        yield stopped
        signal.set_wakeup_fd(-1)


def _told(local, as_json: bool) -> str:
    """Return what is printed when the server is ready."""
    if as_json:
        return json.dumps({**local.addresses(), "pid": os.getpid()})
    rows = [
        ("openai", f'openai.OpenAI(base_url="{local.openai_base_url}", api_key="any")'),
        ("anthropic", f'anthropic.Anthropic(base_url="{local.anthropic_base_url}", api_key="any")'),
        ("google", f'genai.Client(api_key="any", http_options={{"base_url": "{local.gemini_base_url}"}})'),
    ]
    lines = [f"serving on {local.url} (Ctrl-C stops it)", *(f"  {name:<10}{call}" for name, call in rows)]
    return "\n".join(lines)
