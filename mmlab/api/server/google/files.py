"""Google's files: resumable uploads in chunks, and the states PROCESSING, ACTIVE and FAILED."""

import base64
import datetime
import hashlib
import re
import secrets
import threading

from mmlab.api.providers import GOOGLE
from mmlab.api.server.errors import ApiError
from mmlab.api.server.files import Stored
from mmlab.api.server.google.content import camel_case
from mmlab.api.server.media import video_fault
from mmlab.api.server.messages import Request, Response, json_object
from mmlab.api.server.paging import start_of_page, whole

MAX_BYTES, MAX_UPLOADS, MAX_PENDING_BYTES = 64 << 20, 32, 192 << 20
_POLLS = 2  # number of polls for which a video is still PROCESSING
_EXPIRES_AFTER = datetime.timedelta(hours=48)


class Uploads:
    """Unfinished uploads by their secret id."""

    def __init__(self):
        self._lock = threading.Lock()
        self._uploads: dict[str, dict] = {}

    def begin(self, metadata: dict) -> str:
        """Start an upload and return its id; if there are too many, the oldest one is dropped."""
        name = secrets.token_urlsafe(24)
        with self._lock:
            while len(self._uploads) >= MAX_UPLOADS:
                del self._uploads[next(iter(self._uploads))]
            self._uploads[name] = {**metadata, "data": bytearray()}
        return name

    def add(self, name: str, offset: int, data: bytes) -> dict:
        """Append bytes at an offset, which must be the current size, and return the upload."""
        with self._lock:
            upload = self._uploads.get(name)
            if upload is None:
                raise ApiError(404, "Upload not found: it has ended, or was never started.")
            if offset != len(upload["data"]):
                raise ApiError(400, f"Upload offset {offset}: the server has {len(upload['data'])} bytes.")
            if (
                sum(len(pending["data"]) for pending in self._uploads.values()) + len(data)
                > MAX_PENDING_BYTES
            ):
                raise ApiError(429, "Too many unfinished uploads: finish some, or wait.")
            if len(upload["data"]) + len(data) > upload["size"]:
                raise ApiError(400, "The upload has more bytes than announced.")
            upload["data"] += data
            return upload

    def end(self, name: str) -> None:
        """Drop an upload."""
        with self._lock:
            self._uploads.pop(name, None)

    def state(self, stored: Stored, poll: bool = False) -> str:
        """Return the state of a file; `poll` counts towards the end of a video's processing."""
        if not stored.kind.startswith("video/"):
            return "ACTIVE"
        with self._lock:
            stored.polls += poll
        if stored.polls <= _POLLS:
            return "PROCESSING"
        if stored.fault is None:
            stored.fault = video_fault(stored.data)
        return "FAILED" if stored.fault else "ACTIVE"


def upload(server, request: Request) -> Response:
    """Answer POST /upload/v1/files: the start, the chunks and the end of an upload."""
    upload_id = request.query.get("upload_id")
    commands = {part.strip() for part in (request.headers["X-Goog-Upload-Command"] or "").split(",")}
    if upload_id is None:
        if request.headers["X-Goog-Upload-Protocol"] != "resumable" or commands != {"start"}:
            raise ApiError(
                400, "X-Goog-Upload-Protocol: resumable and X-Goog-Upload-Command: start are required."
            )
        return _begin(server, request)
    if not commands <= {"upload", "finalize", "query"} or not commands:
        raise ApiError(400, f"X-Goog-Upload-Command: {', '.join(sorted(commands))[:100]}")
    offset = request.headers["X-Goog-Upload-Offset"] or "0"
    if not re.fullmatch(r"\d{1,12}", offset):
        raise ApiError(400, "X-Goog-Upload-Offset must be a number.")
    if "query" in commands:
        pending = server.uploads.add(upload_id[0], int(offset), b"")
        return Response({}, headers=_status("active", received=len(pending["data"])))
    pending = server.uploads.add(upload_id[0], int(offset), request.body)
    if "finalize" not in commands:
        return Response({}, headers=_status("active", received=len(pending["data"])))
    if len(pending["data"]) != pending["size"]:
        raise ApiError(400, f"{len(pending['data'])} bytes received, but {pending['size']} were announced.")
    server.uploads.end(upload_id[0])
    stored = server.files.put(GOOGLE.id, pending["name"], pending["kind"], bytes(pending["data"]))
    return Response({"file": _file(server, request, stored)}, headers=_status("final"))


def _begin(server, request: Request) -> Response:
    size = request.headers["X-Goog-Upload-Header-Content-Length"] or ""
    kind = request.headers["X-Goog-Upload-Header-Content-Type"] or "application/octet-stream"
    metadata = camel_case((json_object(request.body) if request.body else {}).get("file") or {})
    if not re.fullmatch(r"\d{1,12}", size) or int(size) > MAX_BYTES:
        raise ApiError(400, f"X-Goog-Upload-Header-Content-Length: expected a number up to {MAX_BYTES}.")
    if not re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", kind):
        raise ApiError(400, "X-Goog-Upload-Header-Content-Type: expected a media type.")
    name = metadata.get("displayName") or request.headers["X-Goog-Upload-File-Name"] or ""
    upload_id = server.uploads.begin({"size": int(size), "kind": kind, "name": str(name)[:512]})
    address = f"{request.base}/upload/v1/files?upload_id={upload_id}"
    return Response({}, headers={"X-Goog-Upload-URL": address, **_status("active")})


def _status(status: str, received: int | None = None) -> dict:
    more = {} if received is None else {"X-Goog-Upload-Size-Received": received}
    return {"X-Goog-Upload-Status": status, **more}


def listed(server, request: Request) -> Response:
    """Answer GET /v1/files."""
    rows, size = server.files.all(GOOGLE.id), whole(request.query, "pageSize", 100, 10)
    first = start_of_page(request.query)
    body = {"files": [_file(server, request, stored) for stored in rows[first : first + size]]}
    if first + size < len(rows):
        body["nextPageToken"] = str(first + size)
    return Response(body)


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/files/ID."""
    stored = _stored(server, name)
    server.uploads.state(stored, poll=True)
    return Response(_file(server, request, stored))


def delete(server, request: Request, name: str) -> Response:
    """Answer DELETE /v1/files/ID."""
    server.files.drop(GOOGLE.id, _stored(server, name).id)
    return Response({})


def _stored(server, name: str) -> Stored:
    stored = server.files.find(GOOGLE.id, name)
    if stored is None:
        raise ApiError(
            403, f"You do not have permission to access the File {name[:100]} or it may not exist."
        )
    return stored


def _file(server, request: Request, stored: Stored) -> dict:
    """Return a file as Google's File object."""
    born = datetime.datetime.fromtimestamp(stored.created, datetime.UTC)
    state = server.uploads.state(stored)
    file = {
        "name": f"files/{stored.id}",
        "mimeType": stored.kind,
        "sizeBytes": str(len(stored.data)),
        "createTime": born.isoformat(),
        "updateTime": born.isoformat(),
        "expirationTime": (born + _EXPIRES_AFTER).isoformat(),
        "uri": f"{request.base}/v1/files/{stored.id}",
        "sha256Hash": base64.b64encode(hashlib.sha256(stored.data).digest()).decode(),
        "state": state,
        "source": "UPLOADED",
    }
    if stored.name:
        file["displayName"] = stored.name
    if state == "FAILED":
        file["error"] = {"code": 3, "message": f"The file is not a readable video: {stored.fault}."}
    return file


_V = "/v1(?:beta)?"
ROUTES = (
    ("POST", f"/upload{_V}/files", upload),
    ("GET", f"{_V}/files", listed),
    ("GET", f"{_V}/files/([^/]+)", retrieve),
    ("DELETE", f"{_V}/files/([^/]+)", delete),
)
