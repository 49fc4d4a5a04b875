"""Requests and responses; JSON and multipart forms, read within limits; server-sent events."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import parse_qs, unquote

from mmlab.api.server.errors import ApiError

DEEPEST = 64  # levels of JSON: far more than any message needs, far fewer than would overflow the parser
MAX_VALUES = 500_000  # of JSON: each needs much more memory than its text
MAX_PARTS = 32  # of a form
_TOKEN = re.compile(r"\s{0,8}(?:\w{1,8}|[^\w\s])|\s{1,8}")  # about what a tokeniser makes of it
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{\]},]', re.DOTALL)


@dataclass
class Request:
    """A request.

    method, path  str          the path without provider and query, percent-decoded
    provider      str          id of a Provider
    query         dict         name → list of str
    headers       Message      names are case-insensitive
    body          bytes
    base          str          address of this server for this provider, as the client sees it
    id            str          id of this request
    """

    method: str
    path: str
    provider: str
    query: dict
    headers: Message
    body: bytes
    base: str
    id: str

    def json(self) -> dict:
        """Return the body as a JSON object, or raise ApiError."""
        kind = self.headers.get_content_type() if self.headers["Content-Type"] else None
        if kind != "application/json":
            raise ApiError(400, f"Content-Type is {kind}; this address takes application/json")
        return json_object(self.body)


@dataclass
class Response:
    """A response: a body, or a stream of events.

    body    bytes, or a value to send as JSON
    events  iterator of bytes, sent chunk by chunk, as text/event-stream unless `kind` is set
    pause   float   seconds before each chunk
    first   float   seconds before the first chunk, in place of `pause`
    breaks  bool    whether the connection breaks in the middle of the response
    """

    body: object = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    kind: str = "application/json"
    events: Iterator[bytes] | None = None
    pause: float = 0.0
    first: float = 0.0
    breaks: bool = False

    def payload(self) -> bytes:
        """Return the bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


def json_object(data: bytes) -> dict:
    """Return the JSON object in some bytes; raise ApiError for other values, or if it is too deep or large."""
    _not_too_much(data)
    try:
        value = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"We could not parse the JSON body of your request. ({error})") from error
    if not isinstance(value, dict):
        raise ApiError(400, f"The body must be a JSON object, not {type(value).__name__}.")
    return value


def _no_constant(name: str):
    raise ApiError(400, f"We could not parse the JSON body of your request. ({name} is not JSON)")


def _not_too_much(data: bytes) -> None:
    """Raise ApiError if the JSON nests deeper than DEEPEST levels or has more than MAX_VALUES values.

    This runs before the parser, which needs much memory for such JSON.
    """
    depth = values = 0
    for match in _BRACKETS.finditer(data):
        mark = match[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth > DEEPEST:
                raise ApiError(400, f"The JSON body nests deeper than {DEEPEST} levels.")
            values += 1
        elif mark == b",":
            values += 1
        elif mark in (b"]", b"}"):
            depth -= 1
        if values > MAX_VALUES:
            raise ApiError(400, f"The JSON body holds more than {MAX_VALUES} values.")


def form(request: Request) -> tuple[dict, dict]:
    """Return the fields of a multipart form (str), and its files as (name, media type, bytes).

    A field or file called "name[]" is a list.
    raises  ApiError  if the body is not a form, is malformed or has too many parts
    """
    if request.headers.get_content_type() != "multipart/form-data":
        raise ApiError(400, "Content-Type must be multipart/form-data.")
    boundary = request.headers.get_param("boundary")
    if not isinstance(boundary, str) or not 1 <= len(boundary) <= 70:
        raise ApiError(400, "The form has no boundary.")
    mark = b"--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + request.body).split(b"\r\n" + mark, MAX_PARTS + 2)
    if len(pieces) > MAX_PARTS + 2:
        raise ApiError(400, f"The form has more than {MAX_PARTS} parts.")
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ApiError(400, "The form is cut short or malformed.")
    fields, files = {}, {}
    for piece in pieces[1:-1]:
        name, file, kind, data = _part(piece)
        target, value = (
            (fields, data.decode("utf-8", "replace")) if file is None else (files, (file, kind, data))
        )
        if name.endswith("[]"):
            target.setdefault(name, []).append(value)
        else:
            target[name] = value
    return fields, files


def _part(piece: bytes) -> tuple[str, str | None, str, bytes]:
    """Return (field, file name or None, media type, data) of one part of a form."""
    head, blank, data = piece.partition(b"\r\n\r\n")
    if not blank or len(head) > 4096:
        raise ApiError(400, "A part of the form is malformed.")
    headers = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip():
            headers[name.strip()] = value.strip()
    name = headers.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise ApiError(400, "A part of the form has no name.")
    file = headers.get_filename()
    return name, file, headers.get("Content-Type") or "application/octet-stream", data


def split_target(target: str) -> tuple[str, dict]:
    """Return the path and the query of a request's target, percent-decoded."""
    path, _, rest = target.partition("?")
    try:
        query = parse_qs(rest, keep_blank_values=True, max_num_fields=50)
    except ValueError as error:
        raise ApiError(400, "The query has too many fields.") from error
    return unquote(path), query


def event(data, name: str | None = None) -> bytes:
    """Return one server-sent event; data is sent as JSON unless it is a str."""
    text = data if isinstance(data, str) else json.dumps(data)
    return ((f"event: {name}\n" if name else "") + f"data: {text}\n\n").encode()


def pieces(text: str, size: int | None = None) -> Iterator[str]:
    """Yield a text token by token, or in pieces of `size` characters.

    >>> list(pieces("A red circle, twice.")), list(pieces("a red circle", 5))
    (['A', ' red', ' circle', ',', ' twice', '.'], ['a red', ' circ', 'le'])
    """
    if size is None:
        yield from _TOKEN.findall(text)
        return
    for start in range(0, len(text), size):
        yield text[start : start + size]
