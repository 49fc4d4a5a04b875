"""A request as it came and an answer as it goes; JSON and forms read with limits."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import parse_qs, unquote

from mmlab.api.server.errors import ApiError

DEEPEST = 64  # levels of JSON; far above any message, far below what a parser can take
MOST_VALUES = 500_000  # of JSON: each takes many times the bytes that it was sent in
MOST_PARTS = 32  # of a form
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{\]},]', re.DOTALL)


@dataclass
class Request:
    """One request.

    method, path  str          the path without provider and query, percent signs resolved
    provider      str          "openai", "anthropic", "google"
    query         dict         name → list of str
    headers       Message      names in any case
    body          bytes
    base          str          address of this server for this provider, as the caller sees it
    id            str          of this request
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
    """One answer: a body, or events that are sent as they come.

    body    bytes, or a value to send as JSON
    events  iterator of bytes, sent chunk by chunk; as text/event-stream, unless `kind` says otherwise
    pause   float   seconds before each piece that is sent
    breaks  bool    whether the answer breaks off in the middle, connection and all
    """

    body: object = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    kind: str = "application/json"
    events: Iterator[bytes] | None = None
    pause: float = 0.0
    breaks: bool = False

    def payload(self) -> bytes:
        """Return the bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


def json_object(data: bytes) -> dict:
    """Return bytes as a JSON object, or raise ApiError for anything else or too deep."""
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
    """Raise ApiError where brackets nest deeper than DEEPEST or values are more than MOST_VALUES.

    No parser has seen them by then.
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
        if values > MOST_VALUES:
            raise ApiError(400, f"The JSON body holds more than {MOST_VALUES} values.")


def form(request: Request) -> tuple[dict, dict]:
    """Return a multipart form's fields (str), and its files as (name, media type, bytes).

    What is named "name[]" is a list of them.
    raises  ApiError  when it is no form, is damaged or has too many parts
    """
    if request.headers.get_content_type() != "multipart/form-data":
        raise ApiError(400, "Content-Type must be multipart/form-data.")
    boundary = request.headers.get_param("boundary")
    if not isinstance(boundary, str) or not 1 <= len(boundary) <= 70:
        raise ApiError(400, "The form has no boundary.")
    mark = b"--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + request.body).split(b"\r\n" + mark, MOST_PARTS + 2)
    if len(pieces) > MOST_PARTS + 2:
        raise ApiError(400, f"The form has more than {MOST_PARTS} parts.")
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ApiError(400, "The form is cut short or malformed.")
    fields, files = {}, {}
    for piece in pieces[1:-1]:
        name, file, kind, data = _part(piece)
        kept, value = (fields, data.decode("utf-8", "replace")) if file is None else (files, (file, kind, data))
        if name.endswith("[]"):
            kept.setdefault(name, []).append(value)
        else:
            kept[name] = value
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
    """Return the path and the query of a request's target, percent signs resolved."""
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
