"""The server: starts in a thread, enforces its limits and dispatches requests to the routes."""

import contextlib
import hmac
import socket
import socketserver
import sys
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass, replace

from mmlab.api import catalog, proxies
from mmlab.api.providers import ANTHROPIC, GOOGLE, OPENAI, PROVIDERS
from mmlab.api.server import faults as faulty
from mmlab.api.server.anthropic.cache import PromptCache
from mmlab.api.server.batches import Batches
from mmlab.api.server.canned import CannedReplies
from mmlab.api.server.errors import ApiError
from mmlab.api.server.files import Files
from mmlab.api.server.google.files import Uploads
from mmlab.api.server.http import (
    BODY_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS,
    LARGEST_BODY,
    Connection,
    drop_rest,
)
from mmlab.api.server.messages import Request, Response
from mmlab.api.server.model import Prompt, Reply, reply
from mmlab.api.server.own_routes import MAX_LOGGED
from mmlab.api.server.rate_limit import RateLimit
from mmlab.api.server.recent import Recent
from mmlab.api.server.resource_limits import Allowance, took_too_long
from mmlab.api.server.response_store import Responses
from mmlab.api.server.routes import find
from mmlab.errors import InputError
from mmlab.perception.budget import OutOfTime

_ALIAS_TOKENS = 128_000
_REFUSALS, _REFUSAL = 64, 1.0  # connections that are refused at a time; seconds for each
_MIN_IDLE = (
    5.0  # seconds after which an idle connection may end to make room: httpx does not use it again then
)
_EVICTION = 0.5  # seconds that its thread has for that
_ALIAS = "pass aliases={'your-model': 'mm-vision'}"


@dataclass(frozen=True)
class Limits:
    """Limits of the server, for one request and for all requests together.

    body_bytes     int     maximum size of a request's body
    head_seconds   float   time within which the head of a request must arrive
    body_seconds   float   time within which its body must arrive
    idle_seconds   float   time that a connection may wait for the next request
    connections    int     maximum number of connections. A further one takes the place of one that has been idle
                           for 5 s; without such a one, it is refused with status 503
    memory_bytes   int     memory for all requests together; requests beyond it are refused with status 503
    reply_seconds  float   maximum time to compute a reply
    """

    body_bytes: int = LARGEST_BODY
    head_seconds: float = HEAD_SECONDS
    body_seconds: float = BODY_SECONDS
    idle_seconds: float = IDLE_SECONDS
    connections: int = 256
    memory_bytes: int = 1 << 30
    reply_seconds: float = 30.0


class Server(socketserver.ThreadingTCPServer):
    """A running server.

    port      int    0 for a free port
    key       str    the only valid key; None accepts every key that is not empty
    retired   ids of models that answer as retired models do
    faults    str    plan of injected faults, see mmlab.api.server.faults
    limits    Limits
    aliases   name → id of a model that answers under this name; "*" for all other names
    replies   canned replies: a list, or the path of a JSON file, see mmlab.api.server.canned
    host      str    address to bind; "0.0.0.0" to serve other machines, which then need to be in `allowed`
    allowed   host names, besides localhost and `host`, that requests may name in their Host header
    requests_per_minute  int    further requests get the provider's error 429; None for no limit
    first_token, per_token  float   seconds before the first and before each further event of a stream
    requests  int    number of requests served
    log       Recent   the latest requests, as GET /_requests returns them
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(
        self,
        port: int = 0,
        *,
        key: str | None = None,
        retired=(),
        faults: str = "",
        limits: Limits = Limits(),
        aliases: dict[str, str] | None = None,
        replies=None,
        host: str = "127.0.0.1",
        allowed=(),
        requests_per_minute: int | None = None,
        first_token: float = 0.0,
        per_token: float = 0.0,
    ):
        if key == "":
            raise InputError("server: key=''", "a key that is not empty", "leave key out to accept any key")
        self.key, self.limits = key, limits
        self.aliases = dict(aliases or {})
        for name, model in self.aliases.items():
            if model not in catalog.models():
                raise InputError(
                    f"server: alias {name}={model}", f"one of {', '.join(catalog.models())}", _ALIAS
                )
        for name, seconds in (("first_token", first_token), ("per_token", per_token)):
            if not 0 <= seconds <= 600:
                raise InputError(f"server: {name}={seconds}", "0 to 600 seconds", f"leave {name} out")
        self.first_token, self.per_token = first_token, per_token
        self._canned = CannedReplies.of(replies)
        self.rate, self.log = RateLimit(requests_per_minute), Recent(MAX_LOGGED)
        self.hosts = {"127.0.0.1", "localhost", "[::1]", host.lower(), *(name.lower() for name in allowed)}
        self.retired = set()
        for model in retired:
            self.retire(model)
        self.allowance = Allowance(limits.memory_bytes, limits.reply_seconds)
        self.prompt_cache = PromptCache()
        self.files, self.responses, self.uploads, self.batches = Files(), Responses(), Uploads(), Batches()
        self.spoken = Responses()  # replies that were sent as audio
        self.interactions, self.threads = Recent(), Recent()
        self.requests = 0
        self.over = threading.Event()
        self._plan, self._now = faulty.Plan(faults), threading.local()
        self._counting = threading.Lock()
        self._slots = threading.BoundedSemaphore(limits.connections)
        self._refusing = threading.BoundedSemaphore(_REFUSALS)
        # connections that wait for a request, the longest first, each with the time since when
        self._idle: dict[int, tuple[float, socket.socket]] = {}
        self._thread = None
        super().__init__((host, port), Connection)

    @property
    def url(self) -> str:
        """The address of the server; from this machine, if it serves all addresses."""
        host = self.server_address[0]
        return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{self.server_address[1]}"

    def model(self, name: str) -> catalog.Model | None:
        """Return the model that answers under a name, with that name as its id; None if there is none."""
        own = self._own_name(name)
        if own is None:
            return None
        known = catalog.models()[own]
        if own == name:
            return known
        # Clients ask a well-known name for as many tokens as that model can give.
        return replace(known, id=name, longest_reply=max(known.longest_reply, _ALIAS_TOKENS))

    def models(self) -> list[catalog.Model]:
        """Return the models that are served, and their aliases."""
        names = [*catalog.models(), *(name for name in self.aliases if name != "*")]
        return [self.model(name) for name in names if name not in self.retired]

    def replies(self, given) -> None:
        """Replace the canned replies; None removes them.

        given   a list of entries, or the path of a JSON file, see mmlab.api.server.canned
        raises  InputError  for a malformed entry
        """
        self._canned = CannedReplies.of(given)

    @property
    def openai_base_url(self) -> str:
        """The base_url for `openai.OpenAI(base_url=…)`."""
        return self.url + OPENAI.base_path

    @property
    def anthropic_base_url(self) -> str:
        """The base_url for `anthropic.Anthropic(base_url=…)`."""
        return self.url + ANTHROPIC.base_path

    @property
    def gemini_base_url(self) -> str:
        """The base_url for `genai.Client(http_options={"base_url": …})`."""
        return self.url + GOOGLE.base_path

    def addresses(self) -> dict[str, str]:
        """Return the address of the server and the base URL of each provider, by name."""
        return {"url": self.url} | {
            provider.url_name: self.url + provider.base_path for provider in PROVIDERS.values()
        }

    def retire(self, model: str) -> None:
        """Make a model id answer as a retired model does from now on."""
        if self.model(model) is None:
            raise InputError(
                f"retire: model={model!r}",
                f"one of {', '.join(catalog.models())}",
                "see mmlab.api.catalog.models()",
            )
        self.retired.add(model)

    def serve(self, request: Request) -> Response:
        """Return the answer to one request."""
        with self._counting:
            self.requests += 1
        self._check_key(request)
        self.rate.count(request.provider)
        action, names = find(request)
        fault = self._now.fault = self._plan.next(request.headers[faulty.HEADER])
        if fault:
            faulty.before(fault, self.over)
        try:
            response = action(self, request, *names)
        except OutOfTime as error:
            raise took_too_long() from error
        if response.events is not None and not response.pause:
            response = replace(response, first=self.first_token, pause=self.per_token)
        return faulty.after(fault, response, request) if fault else response

    def dispatch(self, request: Request) -> Response:
        """Return the answer to a request within another request, such as a batch, whose key was already checked."""
        action, names = find(request)
        return action(self, request, *names)

    def reply(self, prompt: Prompt) -> Reply:
        """Return the reply to a prompt; an empty one or a refusal if the request has that fault."""
        fault = self._now.fault
        if fault and fault.name == "empty":
            return Reply("")
        if fault and fault.name == "refusal":
            return Reply("I cannot help with that.", ending="refusal")
        name, model = prompt.model, self.model(prompt.model)
        _check_input(prompt, model)
        if canned := self._canned.find(prompt, name):
            return canned
        return reply(replace(prompt, model=self._own_name(name)))

    def serves_every_name(self, name: str) -> bool:
        """Return whether a name is served only because "*" is an alias: then it may be the name of any kind of model."""
        return "*" in self.aliases and name not in self.aliases and name not in catalog.models()

    def _own_name(self, name: str) -> str | None:
        """Return the id of the local model that answers under a name, or None if there is none."""
        if name in catalog.models():
            return name
        return self.aliases.get(name) or self.aliases.get("*")

    @contextlib.contextmanager
    def faults(self, plan: str):
        """Inject a plan of faults within a `with`; faults that are left at its end are dropped.

        plan    str   such as "429:2, 500*2", see mmlab.api.server.faults
        raises  InputError  for an unknown fault
        """
        before = self._plan.swap(deque(faulty.planned(plan)))
        try:
            yield self
        finally:
            self._plan.swap(before)

    def _check_key(self, request: Request) -> None:
        """Raise ApiError unless the request has a valid key where its provider expects it."""
        provider = PROVIDERS[request.provider]
        if provider.upload_query and provider.upload_query in request.query:
            return  # the id of a started upload replaces the key
        given = provider.key_of(request.headers, request.query)
        if given and (not self.key or hmac.compare_digest(given.encode(), self.key.encode())):
            return
        raise ApiError(provider.key_statuses[bool(given)], provider.key_refusal, code="invalid_api_key")

    def fault(self, fault: Exception) -> None:
        """Print the traceback of an internal error to the terminal; the client gets only a status of 500."""
        traceback.print_exception(fault, file=sys.__stderr__)

    @contextlib.contextmanager
    def idle(self, connection: socket.socket):
        """Note within a `with` that a connection waits for its next request."""
        with self._counting:
            self._idle[id(connection)] = (time.monotonic(), connection)
        try:
            yield
        finally:
            with self._counting:
                self._idle.pop(id(connection), None)

    def _take_slot(self) -> bool:
        """Return whether a connection may be served; if there are too many, the one that is idle for longest ends."""
        if self._slots.acquire(blocking=False):
            return True
        with self._counting:
            since, oldest = next(iter(self._idle.values()), (float("inf"), None))
            if time.monotonic() - since < _MIN_IDLE:
                return False
            del self._idle[id(oldest)]
            with contextlib.suppress(OSError):
                oldest.shutdown(socket.SHUT_RD)  # its thread reads the end of the connection
        return self._slots.acquire(timeout=_EVICTION)

    def process_request(self, request, client_address):
        """Serve a connection in a thread, or refuse it if the maximum number is reached."""
        if not self._take_slot():
            self._refuse(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system gives this process no further thread
            self._slots.release()
            self._answer_busy(request, 0.0)

    def _refuse(self, request) -> None:
        """Refuse a connection in a thread of its own, which waits for the request; if those are too many too, at once."""
        if not self._refusing.acquire(blocking=False):
            self._answer_busy(request, 0.0)
            return

        def refuse():
            try:
                self._answer_busy(request, _REFUSAL)
            finally:
                self._refusing.release()

        try:
            threading.Thread(target=refuse, daemon=True).start()
        except RuntimeError:
            self._refusing.release()
            self._answer_busy(request, 0.0)

    def _answer_busy(self, request, seconds: float) -> None:
        """Answer a connection with status 503, read its request for at most some seconds, and close it."""
        with contextlib.suppress(OSError):
            request.settimeout(_REFUSAL)
            request.sendall(
                b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                b"Content-Length: 0\r\nConnection: close\r\n\r\n"
            )
            drop_rest(request, seconds)
        self.shutdown_request(request)

    def process_request_thread(self, request, client_address):
        """Serve a connection in its own thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request, client_address):
        """Ignore clients that disconnected; print every other error."""
        fault = sys.exception()
        if not isinstance(fault, OSError):
            self.fault(fault)

    def run(self) -> None:
        """Serve in a background thread until `stop` or the end of the process."""
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), daemon=True, name="mmlab-server"
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop the server and free its port; calling it again has no effect."""
        self.over.set()
        if self._thread:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()


def _check_input(prompt: Prompt, model: catalog.Model) -> None:
    """Raise ApiError if a prompt has a modality that its model does not take."""
    for modality, name in (("image", "images"), ("audio", "audio"), ("video", "videos")):
        if modality not in model.input and any(getattr(turn, name) for turn in prompt.turns):
            raise ApiError(
                400,
                f"Model {model.id} does not take {name}: it takes {', '.join(model.input)}.",
                code="unsupported_content",
            )


def start(port: int = 0, **options) -> Server:
    """Start a server in the background and return it; it runs until `stop()` or the end of the process.

    This process's requests to it never go through a proxy: NO_PROXY names this machine from then on.

    port     int   0 for a free port
    options  key, retired, faults, limits, aliases, replies and the others of Server
    raises   InputError  if the port is in use

    >>> local = start()
    >>> local.openai_base_url.endswith("/openai/v1")
    True
    >>> local.stop()
    """
    try:
        server = Server(port, **options)
    except (OSError, OverflowError) as error:
        raise InputError(f"server: port={port}: {error}", "a free port", "pass port=0") from error
    proxies.keep_local_requests_local()
    server.run()
    return server


@contextlib.contextmanager
def running(port: int = 0, **options):
    """Start a server for a `with` statement, and stop it at the end.

    port, options  see `start`
    """
    server = start(port, **options)
    try:
        yield server
    finally:
        server.stop()
