"""HTTP over one socket, with a deadline for every read and a limit on every size.

A client that sends a byte now and then (a slow-loris attack) gets status 408 at the deadline. A body
that is too long is refused because of its Content-Length, before the server reads it. Every request whose
first byte has arrived gets a response, unless an injected fault forbids it.
"""

import contextlib
import io
import itertools
import re
import socket
import struct
import time
import uuid
from http.server import BaseHTTPRequestHandler

from mmlab.api.providers import OPENAI, PROVIDERS
from mmlab.api.server import errors, own_routes
from mmlab.api.server.messages import Request, Response, split_target
from mmlab.api.server.resource_limits import take
from mmlab.api.server.world_routes import show

# Clients close connections that were idle for 4 s (undici), 5 s (httpx), 15 s (aiohttp) or 60 s (.NET). A server that
# waits less than its client loses the request that the client sends at the moment of closing.
HEAD_SECONDS, BODY_SECONDS, IDLE_SECONDS = 10.0, 60.0, 90.0
LARGEST_BODY = 64 << 20
_SLICE = 1.0  # seconds of one wait for bytes
_LINGER = 2.0  # seconds for which the rest of a refused body is read and dropped
_PIECE, _COPIES = 1 << 20, 3  # bytes read at a time; copies of a body in memory: bytes, text, files
_HOST = re.compile(r"([\w.-]{1,253}|\[[0-9a-f:]{2,45}\])(:\d{1,5})?", re.IGNORECASE)


class _Timed(io.RawIOBase):
    """A stream over a socket whose reads share a limited time, `left`.

    The time is counted in waits of at most _SLICE: while the process is stopped or starved, at most one of
    them passes. A clock would count that time against a client whose bytes had no chance to be read.
    """

    def __init__(self, link):
        self.link, self.left = link, 0.0

    def readable(self) -> bool:
        """Return True: the stream can be read."""
        return True

    def readinto(self, buffer) -> int:
        """Read into a buffer, or raise TimeoutError when no time is left."""
        while self.left > 0:
            wait = min(self.left, _SLICE)
            self.link.settimeout(wait)
            begun = time.monotonic()
            try:
                return self.link.recv_into(buffer)
            except TimeoutError:
                pass  # this wait is over; the loop looks whether time is left
            finally:
                self.left -= min(time.monotonic() - begun, wait)
        raise TimeoutError("the request took too long to arrive")


class Connection(BaseHTTPRequestHandler):
    """The connection of a client: reads requests one after another and answers each."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mmlab", ""
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def setup(self):
        """Read the socket through a stream with a deadline."""
        super().setup()
        self._timed = _Timed(self.connection)
        self.rfile = io.BufferedReader(self._timed, 1 << 16)
        self._begun = False  # whether a byte of the current request has arrived
        self._unread = False  # whether the rest of a refused request may still arrive

    def finish(self):
        """Send what is left to send; read the rest of a refused request, because closing would reset the connection."""
        super().finish()
        if self._unread:
            drop_rest(self.connection, min(_LINGER, self.server.limits.body_seconds))

    def handle_one_request(self):
        """Read a request and answer it, or close the connection."""
        self._begun = False
        try:
            self._await_first_byte()
            if self.close_connection:
                return
            self._read_and_answer()
            self.wfile.flush()
        except ConnectionResetError:
            self._reset()
        except ConnectionError:
            self.close_connection = True
        except TimeoutError:  # of the first byte or of the rest of the head, or the client does not read
            self.close_connection = True
            if self._begun:
                self._too_slow()

    def _too_slow(self):
        """Answer a request whose head did not arrive in time."""
        self._begun = False
        self.requestline, self.request_version, self.command = "", "", ""
        with contextlib.suppress(OSError):
            self.send_error(408)

    def _reset(self):
        """Reset the connection in place of an orderly close."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _await_first_byte(self):
        """Wait for the next request up to idle_seconds, then start the time for its head."""
        self._timed.left = self.server.limits.idle_seconds
        with self.server.idle(self.connection):
            self.close_connection = not self.rfile.peek(1)
        self._begun = not self.close_connection
        self._timed.left = self.server.limits.head_seconds

    def _read_and_answer(self):
        self.raw_requestline = self.rfile.readline(16385)
        if len(self.raw_requestline) > 16384:
            self.requestline, self.request_version, self.command = "", "", ""
            self.send_error(414)
        elif (
            self.raw_requestline and self.parse_request() and self.request_version != "HTTP/0.9"
        ):  # HTTP/0.9 has no status line
            self._begun = False
            self._answer()
        else:
            self.close_connection = True

    def _answer(self):
        """Answer a request whose head has been read."""
        with self.server.allowance.request():
            self._send(self._response("req_" + uuid.uuid4().hex[:24]))

    def _response(self, identity: str) -> Response:
        """Return the response to a request; `identity` is the id of the request."""
        provider, request = OPENAI.id, None
        try:
            path, query = split_target(self.path)
            if path in ("/health", "/_requests"):
                self._check_host()
                self._body()
                return own_routes.answer(self.server, self.command, path)
            world = path.startswith("/world/")
            provider, rest = (OPENAI.id, path) if world else _provider(path)
            self._check_host()
            body = self._body()
            base = f"http://{self.headers['Host']}/{provider}"
            request = Request(self.command, rest, provider, query, self.headers, body, base, identity)
            response = _prepared(show(request) if world else self.server.serve(request))
        except errors.ApiError as error:
            response = _refusal(error, provider, identity)
        except ConnectionError:
            raise
        # An internal error must not end the thread of the connection.
        except Exception as fault:
            self.server.fault(fault)
            error = errors.ApiError(500, "The server had an error while processing your request.")
            response = _refusal(error, provider, identity)
        response.headers.setdefault(PROVIDERS[provider].id_header, identity)
        if request is not None and not world:
            self.server.log.put(identity, own_routes.entry(request, response.status))
            for name, value in self.server.rate.headers(provider).items():
                response.headers.setdefault(name, value)
        return response

    def _check_host(self):
        """Refuse host names other than localhost and those allowed, as a defence against DNS rebinding."""
        match = _HOST.fullmatch(self.headers["Host"] or "")
        if not match or match[1].lower() not in self.server.hosts:
            allowed = ", ".join(sorted(self.server.hosts - {"127.0.0.1", "[::1]"}))
            raise errors.ApiError(403, f"This server answers to {allowed} only.")

    def _body(self) -> bytes:
        """Return the body; one that is too long is refused before it is read."""
        if self.headers["Transfer-Encoding"]:
            self._leave_body()
            raise errors.ApiError(411, "Send the body with a Content-Length.")
        lengths = self.headers.get_all("Content-Length") or ["0"]
        if len(set(lengths)) > 1 or not re.fullmatch(r"\d{1,15}", lengths[0]):
            self._leave_body()
            raise errors.ApiError(400, "Content-Length must be one number.")
        length = int(lengths[0])
        if length > self.server.limits.body_bytes:
            self._leave_body()
            raise errors.ApiError(
                413,
                f"Request exceeds the maximum size: {length} bytes > {self.server.limits.body_bytes} bytes",
            )
        self._timed.left = self.server.limits.body_seconds
        body = bytearray()
        while len(body) < length:
            try:
                piece = self.rfile.read(min(_PIECE, length - len(body)))
            except TimeoutError as error:
                self._leave_body()
                raise errors.ApiError(408, "The body of the request took too long to arrive.") from error
            if not piece:
                raise ConnectionError("the body ended early")
            self._take(_COPIES * len(piece))
            body += piece
        return bytes(body)

    def _take(self, number: int):
        """Reserve memory for a body; without memory, the rest of the body is not read."""
        try:
            take(number)
        except errors.ApiError:
            self._leave_body()
            raise

    def _leave_body(self):
        """Close the connection after the response, because the rest of the body is not read."""
        self.close_connection = self._unread = True

    def _send(self, response: Response):
        """Send a response, whole or event by event."""
        self.connection.settimeout(self.server.limits.body_seconds)
        self.send_response(response.status)
        stream = response.events is not None
        events = stream and response.kind == Response.kind
        self.send_header("Content-Type", "text/event-stream" if events else response.kind)
        for name, value in response.headers.items():
            self.send_header(name, re.sub(r"[^\x20-\x7e]", "", str(value)))
        if self.close_connection:
            self.send_header("Connection", "close")
        if not stream:
            payload = response.payload()
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self._pieces(
                [payload]
                if not response.pause and not response.breaks
                else [payload[: len(payload) // 2], payload[len(payload) // 2 :]],
                response,
            )
            return
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunks = (b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in response.events)
        self._pieces(list(chunks) if response.breaks else chunks, response, each=True)
        self.wfile.write(b"0\r\n\r\n")

    def _pieces(self, pieces, response: Response, each: bool = False):
        """Write a response in pieces, with the pauses and the break that it asks for."""
        if response.breaks:
            pieces = pieces[: max(len(pieces) // 2, 1)]
        for number, piece in enumerate(pieces):
            pause = response.first or response.pause if number == 0 else response.pause
            if pause:
                self.server.over.wait(pause)
            self.wfile.write(piece)
            if each or response.pause:
                self.wfile.flush()
        if response.breaks:
            self.wfile.flush()
            raise ConnectionAbortedError("injected fault: broken")

    def handle_expect_100(self):
        """Tell a client that waits for it to send the body."""
        self.connection.settimeout(self.server.limits.body_seconds)
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def send_error(self, code, message=None, explain=None):
        """Reject malformed or unsupported HTTP with a JSON error."""
        self._leave_body()
        error = errors.ApiError(code, message or self.responses.get(code, ("Error",))[0])
        self.request_version = "HTTP/1.1"
        self._send(_refusal(error, OPENAI.id, "req_" + uuid.uuid4().hex[:24]))
        self.wfile.flush()

    def log_message(self, format, *args):
        """Log nothing, so that a notebook shows only the output of its cells."""


def drop_rest(link, seconds: float) -> None:
    """Read what a client still sends, for at most some seconds, and drop it.

    A connection that is closed while bytes are unread is reset, and a reset destroys a response that the client has
    not read yet: it would see a broken connection in place of the error.
    """
    end = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_WR)
        while (left := end - time.monotonic()) > 0:
            link.settimeout(left)
            if not link.recv(_PIECE):
                return


def _prepared(response: Response) -> Response:
    """Return a response with its body as bytes, or with the first event of its stream made.

    What goes wrong in making them is then an error with a status, and not a connection that closes.
    """
    if response.events is None:
        response.body = response.payload()
        return response
    events = iter(response.events)
    response.events = itertools.chain(list(itertools.islice(events, 1)), events)
    return response


def _provider(path: str) -> tuple[str, str]:
    """Return the provider that a path begins with, and the rest of the path."""
    for provider in PROVIDERS:
        if path.startswith(f"/{provider}/"):
            return provider, path[len(provider) + 1 :]
    *others, last = (f"/{provider}" for provider in PROVIDERS)
    raise errors.ApiError(404, f"Invalid URL: the path must begin with {', '.join(others)} or {last}.")


def _refusal(error: errors.ApiError, provider: str, identity: str) -> Response:
    """Return the response for an error."""
    body = errors.body(error, provider, identity)
    return Response(body, error.status, dict(error.headers))
