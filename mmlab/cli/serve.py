"""`mmlab serve`: a local model server for the official SDKs.

It prints its addresses, each in the form that the SDK's `base_url` needs, and serves until
Ctrl-C or SIGTERM. With `--json`, it prints one line when it is ready.
"""

import contextlib
import json
import os
import signal
import socket
import sys

from mmlab.errors import InputError, MissingPart

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def arguments(parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--port", type=int, default=8700, help="0 takes a free port (default: 8700)")
    parser.add_argument(
        "--require-key", metavar="KEY", help="the only key that is accepted (default: any key)"
    )
    parser.add_argument(
        "--retire",
        metavar="MODEL",
        action="append",
        default=[],
        help="let a model answer like a retired model; may be repeated",
    )
    parser.add_argument(
        "--faults",
        metavar="PLAN",
        default="",
        help="faults to inject, such as 429:2,500*2 (see mmlab.api.server.faults)",
    )
    parser.add_argument(
        "--alias",
        metavar="NAME=MODEL",
        action="append",
        default=[],
        help="serve a model under another name, such as your-model=mm-vision; '*=mm-vision' for every name",
    )
    parser.add_argument(
        "--replies", metavar="FILE", help="canned replies by prompt or image (see mmlab.api.server.canned)"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to bind; 0.0.0.0 serves other machines (default: 127.0.0.1)",
    )
    parser.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        help="host name that clients on other machines use; may be repeated",
    )
    parser.add_argument(
        "--rate", type=int, metavar="N", help="requests per minute, after which clients get error 429"
    )
    parser.add_argument(
        "--first-token", type=float, default=0.0, metavar="SECONDS", help="pause before a stream begins"
    )
    parser.add_argument(
        "--per-token", type=float, default=0.0, metavar="SECONDS", help="pause before each further event"
    )


def main(args) -> int:
    """Serve until stopped; return 0."""
    _use_one_thread()
    try:
        from mmlab.api import proxies, server
    except ImportError as error:
        raise MissingPart(f"serve: {error}", "numpy, scipy and Pillow", "pip install mmlab") from error
    if not 0 <= args.port <= 65535:
        raise InputError(
            f"serve: --port {args.port}", "a port from 0 to 65535", "pass --port 0 for a free port"
        )
    options = {
        "key": args.require_key,
        "retired": args.retire,
        "faults": args.faults,
        "aliases": _aliases(args.alias),
        "replies": args.replies,
        "host": args.host,
        "allowed": args.allow_host,
        "requests_per_minute": args.rate,
        "first_token": args.first_token,
        "per_token": args.per_token,
    }
    through = proxies.in_the_way()  # before the server takes this process out of it
    with _stopping() as stopped, server.running(args.port, **options) as local:
        print(_announcement(local, args.json, through), flush=True)
        stopped.recv(1)
    return 0


def _use_one_thread() -> None:
    """Let matrix products run in the thread of their request, unless the environment says otherwise.

    The readers' products take well under a millisecond each. The other threads of OpenBLAS wait for them
    actively: on a busy machine with two cores an image of 14x25 pixels took 4.1 CPU-seconds instead of 0.3.
    NumPy reads these variables once, when it is imported.
    """
    if "numpy" not in sys.modules and not any(name in os.environ for name in _THREADS):
        os.environ.update(dict.fromkeys(_THREADS, "1"))


def _aliases(given: list[str]) -> dict[str, str]:
    """Return name → model of the --alias options, or raise InputError."""
    for text in given:
        name, equals, model = text.partition("=")
        if not (name and equals and model):
            raise InputError(f"serve: --alias {text}", "NAME=MODEL", "pass --alias your-model=mm-vision")
    return dict(text.split("=", 1) for text in given)


@contextlib.contextmanager
def _stopping():
    """Yield a socket that has a byte to read once the process gets a signal to stop.

    A lock would not do: a signal that arrives just before the main thread starts to
    wait does not wake it.
    """
    stopped, stop = socket.socketpair()
    with stopped, stop:
        stop.setblocking(False)
        signal.set_wakeup_fd(stop.fileno())
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: None)
        yield stopped
        signal.set_wakeup_fd(-1)


def _announcement(local, as_json: bool, through: dict[str, str]) -> str:
    """Return the text to print when the server is ready; `through` comes from `proxies.in_the_way`."""
    if as_json:
        return json.dumps({**local.addresses(), "pid": os.getpid()})
    from mmlab.api.providers import PROVIDERS
    from mmlab.api.proxies import SETTING

    lines = [f"serving on {local.url} (Ctrl-C stops it)"]
    lines += [
        f"  {provider.id:<10}{provider.example.format(url=local.url + provider.base_path)}"
        for provider in PROVIDERS.values()
    ]
    if through:
        lines.append(
            f"note: {' and '.join(f'{kind} requests go through {address}' for kind, address in through.items())}; "
            f"set {SETTING} where your program runs, or it will not reach this server"
        )
    return "\n".join(lines)
