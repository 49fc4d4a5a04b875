"""HTTP over one socket: every read has a deadline, every size a limit, every answer an end.

A client that sends a byte now and then (slow-loris) is cut off when its time is
over, however lively it looks; a body is refused by its announced length, before
any of it is kept.
"""

import io
import re
import socket
import struct
import time
import uuid
from http.server import BaseHTTPRequestHandler

from mmlab.api.server import errors
from mmlab.api.server.allowance import take
from mmlab.api.server.exchange import Request, Response, split_target
from mmlab.api.server.shown import show

HEAD_SECONDS, BODY_SECONDS, IDLE_SECONDS = 10.0, 60.0, 30.0
LARGEST_BODY = 64 << 20
_PIECE, _COPIES = 1 << 20, 3  # bytes of a body read at a time; how often it is held: as bytes, text, files
_HOSTS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)


class _Timed(io.RawIOBase):
    """A socket's bytes, to be read before a deadline."""

    def __init__(self, link):
        self.link, self.deadline = link, 0.0

    def readable(self) -> bool:
        """Say that there is something to read."""
        return True

    def readinto(self, buffer) -> int:
        """Fill a buffer with what has come, or raise TimeoutError."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the request took too long to arrive")
        self.link.settimeout(left)
        return self.link.recv_into(buffer)


class Connection(BaseHTTPRequestHandler):
    """One client's connection: reads requests one after another and answers each."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "mmlab", ""
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def setup(self):
        """Read through a clock."""
        super().setup()
        self._timed = _Timed(self.connection)
        self.rfile = io.BufferedReader(self._timed, 1 << 16)

    def handle_one_request(self):
        """Read a request and answer it, or end the connection."""
        try:
            self._await_first_byte()
            if self.close_connection:
                return
            self._read_and_answer()
            self.wfile.flush()
        except ConnectionResetError:
            self._reset()
        except (TimeoutError, ConnectionError):
            self.close_connection = True

    def _reset(self):
        """End the connection with a reset rather than a close."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _await_first_byte(self):
        """Wait as long as a kept connection may be idle; then the head's time begins."""
        self._timed.deadline = time.monotonic() + self.server.limits.idle_seconds
        self.close_connection = not self.rfile.peek(1)
        self._timed.deadline = time.monotonic() + self.server.limits.head_seconds

    def _read_and_answer(self):
        self.raw_requestline = self.rfile.readline(16385)
        if len(self.raw_requestline) > 16384:
            self.requestline, self.request_version, self.command = "", "", ""
            self.send_error(414)
        elif self.raw_requestline and self.parse_request() and self.request_version != "HTTP/0.9":  # has no status to answer with
            self.connection.settimeout(self.server.limits.body_seconds)
            self._answer()
        else:
            self.close_connection = True

    def _answer(self):
        """Answer a request whose head has been read."""
        with self.server.allowance.request():
            self._send(self._response("req_" + uuid.uuid4().hex[:24]))

    def _response(self, identity: str) -> Response:
        """Return the answer to a request; `identity` is its name."""
        provider = "openai"
        try:
            path, query = split_target(self.path)
            world = path.startswith("/world/")
            provider, rest = ("openai", path) if world else _provider(path)
            self._check_host()
            body = self._body()
            base = f"http://{self.headers['Host']}/{provider}"
            request = Request(self.command, rest, provider, query, self.headers, body, base, identity)
            response = show(request) if world else self.server.serve(request)
        except errors.ApiError as error:
            response = _refusal(error, provider, identity)
        except (TimeoutError, ConnectionError):
            raise
        # A fault of ours must not take the connection's thread down with it.
        except Exception as fault:
            self.server.fault(fault)
            error = errors.ApiError(500, "The server had an error while processing your request.")
            response = _refusal(error, provider, identity)
        response.headers.setdefault("request-id" if provider == "anthropic" else "x-request-id", identity)
        return response

    def _check_host(self):
        """Refuse names other than this machine's: a page elsewhere may point its name here."""
        if not _HOSTS.fullmatch(self.headers["Host"] or ""):
            raise errors.ApiError(403, "This server answers to localhost only.")

    def _body(self) -> bytes:
        """Return the body, refused by its length before it is read."""
        if self.headers["Transfer-Encoding"]:
            self.close_connection = True
            raise errors.ApiError(411, "Send the body with a Content-Length.")
        lengths = self.headers.get_all("Content-Length") or ["0"]
        if len(set(lengths)) > 1 or not re.fullmatch(r"\d{1,15}", lengths[0]):
            self.close_connection = True
            raise errors.ApiError(400, "Content-Length must be one number.")
        length = int(lengths[0])
        if length > self.server.limits.body_bytes:
            self.close_connection = True
            raise errors.ApiError(413, f"Request exceeds the maximum size: {length} bytes > "
                                       f"{self.server.limits.body_bytes} bytes")  # fmt: skip
        self._timed.deadline = time.monotonic() + self.server.limits.body_seconds
        body = bytearray()
        while len(body) < length:
            piece = self.rfile.read(min(_PIECE, length - len(body)))
            if not piece:
                raise ConnectionError("the body ended early")
            self._take(_COPIES * len(piece))
            body += piece
        return bytes(body)

    def _take(self, number: int):
        """Take memory for a body; where there is none, the rest of it is not read."""
        try:
            take(number)
        except errors.ApiError:
            self.close_connection = True
            raise

    def _send(self, response: Response):
        """Send an answer: whole, or event by event."""
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
            self._pieces([payload] if not response.pause and not response.breaks else
                         [payload[: len(payload) // 2], payload[len(payload) // 2 :]], response)  # fmt: skip
            return
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunks = (b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in response.events)
        self._pieces(list(chunks) if response.breaks else chunks, response, each=True)
        self.wfile.write(b"0\r\n\r\n")

    def _pieces(self, pieces, response: Response, each: bool = False):
        """Write an answer piece by piece, as slowly and as far as it is to go."""
        if response.breaks:
            pieces = pieces[: max(len(pieces) // 2, 1)]
        for piece in pieces:
            if response.pause:
                self.server.over.wait(response.pause)
            self.wfile.write(piece)
            if each or response.pause:
                self.wfile.flush()
        if response.breaks:
            self.wfile.flush()
            raise ConnectionAbortedError("the answer was to break off")

    def send_error(self, code, message=None, explain=None):
        """Answer what is no HTTP, or none that we speak, in JSON."""
        self.close_connection = True
        error = errors.ApiError(code, message or self.responses.get(code, ("Error",))[0])
        self.request_version = "HTTP/1.1"
        self._send(_refusal(error, "openai", "req_" + uuid.uuid4().hex[:24]))
        self.wfile.flush()

    def log_message(self, format, *args):
        """Say nothing: a notebook shows what its cells print, and nothing else."""


def _provider(path: str) -> tuple[str, str]:
    """Return the provider that a path speaks to, and the rest of the path."""
    for provider in ("openai", "anthropic", "google"):
        if path.startswith(f"/{provider}/"):
            return provider, path[len(provider) + 1 :]
    raise errors.ApiError(404, "Invalid URL: the path begins with /openai, /anthropic or /google.")


def _refusal(error: errors.ApiError, provider: str, identity: str) -> Response:
    """Return the answer that tells of an error."""
    body = errors.body(error, provider, identity)
    return Response(body, error.status, dict(error.headers))
