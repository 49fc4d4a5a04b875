"""The server itself: starts in a thread, keeps its limits, and knows its routes."""

import contextlib
import hmac
import socketserver
import sys
import threading
import traceback
from collections import deque
from dataclasses import dataclass

from mmlab.api import catalog
from mmlab.api.server import faults as faulty
from mmlab.api.server.allowance import Allowance
from mmlab.api.server.anthropic_cache import Beginnings
from mmlab.api.server.batches import Batches
from mmlab.api.server.connection import (
    BODY_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS,
    LARGEST_BODY,
    Connection,
)
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response
from mmlab.api.server.files import Files
from mmlab.api.server.google_files import Uploads
from mmlab.api.server.kept import Responses
from mmlab.api.server.mind import Prompt, Reply, reply
from mmlab.api.server.routes import find
from mmlab.errors import InputError


@dataclass(frozen=True)
class Limits:
    """What one client, and all together, may ask of the server.

    body_bytes    int     of one request
    head_seconds, body_seconds, idle_seconds   float   until the head, the body, the next
                          request must have arrived
    connections   int     at once; more are turned away with 503
    memory_bytes  int     that all requests together may hold; more are turned away with 503
    reply_seconds float   that finding an answer may take
    """

    body_bytes: int = LARGEST_BODY
    head_seconds: float = HEAD_SECONDS
    body_seconds: float = BODY_SECONDS
    idle_seconds: float = IDLE_SECONDS
    connections: int = 256
    memory_bytes: int = 1 << 30
    reply_seconds: float = 120.0


class Server(socketserver.ThreadingTCPServer):
    """A running server.

    port      int    0 takes a free one
    key       str    the one key that works; without, any key that is not empty
    retired   ids that answer as retired ones do
    faults    str    what goes wrong, as mmlab.api.server.faults tells
    limits    Limits
    requests  int    how many were served
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int = 0, *, key: str | None = None, retired=(), faults: str = "",
                 limits: Limits = Limits()):  # fmt: skip
        if key == "":
            raise InputError("server: key=''", "a key that is not empty", "leave it out: any key works")
        self.key, self.limits = key, limits
        self.retired = set()
        for model in retired:
            self.retire(model)
        self.allowance = Allowance(limits.memory_bytes, limits.reply_seconds)
        self.beginnings = Beginnings()
        self.files, self.kept, self.uploads, self.batches = Files(), Responses(), Uploads(), Batches()
        self.spoken = Responses()  # replies that were said aloud
        self.requests = 0
        self.over = threading.Event()
        self._plan, self._now = faulty.Plan(faults), threading.local()
        self._counting = threading.Lock()
        self._places = threading.BoundedSemaphore(limits.connections)
        self._thread = None
        super().__init__(("127.0.0.1", port), Connection)

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def openai_base_url(self) -> str:
        """What `openai.OpenAI(base_url=…)` takes."""
        return self.url + "/openai/v1"

    @property
    def anthropic_base_url(self) -> str:
        """What `anthropic.Anthropic(base_url=…)` takes."""
        return self.url + "/anthropic"

    @property
    def gemini_base_url(self) -> str:
        """What `genai.Client(http_options={"base_url": …})` takes."""
        return self.url + "/google"

    def addresses(self) -> dict[str, str]:
        """Return all four addresses by name."""
        return {"url": self.url, "openai_base_url": self.openai_base_url,
                "anthropic_base_url": self.anthropic_base_url,
                "gemini_base_url": self.gemini_base_url}  # fmt: skip

    def retire(self, model: str) -> None:
        """Let a model id answer from now on as a retired one does."""
        if model not in catalog.models():
            raise InputError(f"retire: model={model!r}", f"one of {', '.join(catalog.models())}",
                             "see mmlab.api.catalog.models()")  # fmt: skip
        self.retired.add(model)

    def serve(self, request: Request) -> Response:
        """Return the answer to one request."""
        with self._counting:
            self.requests += 1
        self._check_key(request)
        action, names = find(request)
        fault = self._now.fault = self._plan.next(request.headers[faulty.HEADER])
        if fault is None:
            return action(self, request, *names)
        faulty.before(fault, self.over)
        return faulty.after(fault, action(self, request, *names))

    def reply(self, asked: Prompt) -> Reply:
        """Return what a model answers; nothing, or a refusal, where that fault was asked for."""
        fault = self._now.fault
        if fault and fault.name == "empty":
            return Reply("")
        if fault and fault.name == "refusal":
            return Reply("I cannot help with that.", ending="refusal")
        _takes(asked)
        return reply(asked)

    @contextlib.contextmanager
    def faults(self, plan: str):
        """Let a plan of faults come true within a `with`; what is left of it then is dropped.

        plan    str   such as "429:2, 500*2", as mmlab.api.server.faults tells
        raises  InputError  when it names no known fault
        """
        before = self._plan.swap(deque(faulty.planned(plan)))
        try:
            yield self
        finally:
            self._plan.swap(before)

    def _check_key(self, request: Request) -> None:
        """Raise ApiError unless the request brings a key that works, where its provider looks for it."""
        bearer = (request.headers["Authorization"] or "").removeprefix("Bearer ").strip()
        given = {
            "openai": bearer,
            "anthropic": request.headers["x-api-key"] or bearer,
            "google": request.headers["x-goog-api-key"] or request.query.get("key", [""])[0],
        }[request.provider]
        if request.provider == "google" and "upload_id" in request.query:
            return  # the id of a begun upload is its key
        if given and (not self.key or hmac.compare_digest(given.encode(), self.key.encode())):
            return
        if request.provider == "google":
            raise ApiError(400 if given else 403, "API key not valid. Please pass a valid API key.")
        words = {"openai": "Incorrect API key provided.", "anthropic": "invalid x-api-key"}
        raise ApiError(401, words[request.provider], code="invalid_api_key")

    def fault(self, fault: Exception) -> None:
        """Tell the terminal of a fault of ours: the client learns only that there was one."""
        traceback.print_exception(fault, file=sys.__stderr__)

    def process_request(self, request, client_address):
        """Give a connection its thread, or turn it away where all places are taken."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            request.sendall(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                            b"Content-Length: 0\r\nConnection: close\r\n\r\n")  # fmt: skip
        self.shutdown_request(request)

    def process_request_thread(self, request, client_address):
        """Serve a connection in its own thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request, client_address):
        """Say nothing of a client that went away; tell of anything else."""
        fault = sys.exception()
        if not isinstance(fault, OSError):
            self.fault(fault)

    def run(self) -> None:
        """Serve until `stop`, in a thread of its own that ends with the process."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True,
                                        name="mmlab-server")  # fmt: skip
        self._thread.start()

    def stop(self) -> None:
        """End the server and free its port; again is harmless."""
        self.over.set()
        if self._thread:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()


def _takes(asked: Prompt) -> None:
    """Raise ApiError where a prompt holds what its model has no sense for."""
    model = catalog.models()[asked.model]
    for sense, name in (("image", "images"), ("audio", "sounds"), ("video", "films")):
        if sense not in model.input and any(getattr(turn, name) for turn in asked.turns):
            raise ApiError(400, f"Model {model.id} does not take {name}: it takes {', '.join(model.input)}.",
                           code="unsupported_content")  # fmt: skip


def start(port: int = 0, **options) -> Server:
    """Start a server in the background and return it; `stop()` ends it, and so does the process's end.

    port     int   0 takes a free one
    options  key, retired, faults, limits: as Server takes them
    raises   InputError  when the port is taken

    >>> local = start()
    >>> local.openai_base_url.endswith("/openai/v1")
    True
    >>> local.stop()
    """
    try:
        server = Server(port, **options)
    except (OSError, OverflowError) as error:
        raise InputError(f"server: port={port}: {error}", "a free port", "pass port=0") from error
    server.run()
    return server


@contextlib.contextmanager
def running(port: int = 0, **options):
    """Give a started server, stopped at the end of the `with`.

    port, options  as for `start`
    """
    server = start(port, **options)
    try:
        yield server
    finally:
        server.stop()
