"""Google's files: uploaded in pieces that can be taken up again, then PROCESSING, ACTIVE or FAILED."""

import base64
import datetime
import hashlib
import re
import secrets
import threading

from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, json_object
from mmlab.api.server.clips import film_fault
from mmlab.api.server.files import Stored
from mmlab.api.server.google_content import named

LARGEST, MOST_BEGUN, MOST_WAITING = 64 << 20, 32, 192 << 20
_LOOKS = 2  # how often a film is still PROCESSING when its state is asked for
_KEPT = datetime.timedelta(hours=48)


class Uploads:
    """Uploads that have begun, by their secret id."""

    def __init__(self):
        self._lock = threading.Lock()
        self._begun: dict[str, dict] = {}

    def begin(self, told: dict) -> str:
        """Begin an upload and return its id; the oldest begun one goes when there are too many."""
        name = secrets.token_urlsafe(24)
        with self._lock:
            while len(self._begun) >= MOST_BEGUN:
                del self._begun[next(iter(self._begun))]
            self._begun[name] = {**told, "data": bytearray()}
        return name

    def add(self, name: str, offset: int, data: bytes) -> dict:
        """Add bytes at an offset, which must be where the last ones ended; return the upload."""
        with self._lock:
            upload = self._begun.get(name)
            if upload is None:
                raise ApiError(404, "Upload not found: it is over, or never began.")
            if offset != len(upload["data"]):
                raise ApiError(400, f"Upload offset {offset}: {len(upload['data'])} bytes have come.")
            if sum(len(one["data"]) for one in self._begun.values()) + len(data) > MOST_WAITING:
                raise ApiError(429, "Too many uploads have begun and not ended: end some, or wait.")
            if len(upload["data"]) + len(data) > upload["size"]:
                raise ApiError(400, "More bytes came than were announced.")
            upload["data"] += data
            return upload

    def end(self, name: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._begun.pop(name, None)

    def state(self, stored: Stored, look: bool = False) -> str:
        """Return a file's state; a look brings a film nearer to its end."""
        if not stored.kind.startswith("video/"):
            return "ACTIVE"
        with self._lock:
            stored.looks += look
        if stored.looks <= _LOOKS:
            return "PROCESSING"
        if stored.fault is None:
            stored.fault = film_fault(stored.data)
        return "FAILED" if stored.fault else "ACTIVE"


def upload(server, request: Request) -> Response:
    """Answer POST /upload/v1/files: the beginning, the pieces, the end."""
    begun = request.query.get("upload_id")
    commands = {part.strip() for part in (request.headers["X-Goog-Upload-Command"] or "").split(",")}
    if begun is None:
        if request.headers["X-Goog-Upload-Protocol"] != "resumable" or commands != {"start"}:
            raise ApiError(400, "X-Goog-Upload-Protocol: resumable and X-Goog-Upload-Command: start are due.")
        return _begin(server, request)
    if not commands <= {"upload", "finalize", "query"} or not commands:
        raise ApiError(400, f"X-Goog-Upload-Command: {', '.join(sorted(commands))[:100]}")
    offset = request.headers["X-Goog-Upload-Offset"] or "0"
    if not re.fullmatch(r"\d{1,12}", offset):
        raise ApiError(400, "X-Goog-Upload-Offset must be a number.")
    if "query" in commands:
        one = server.uploads.add(begun[0], int(offset), b"")
        return Response({}, headers=_status("active", received=len(one["data"])))
    one = server.uploads.add(begun[0], int(offset), request.body)
    if "finalize" not in commands:
        return Response({}, headers=_status("active", received=len(one["data"])))
    if len(one["data"]) != one["size"]:
        raise ApiError(400, f"{len(one['data'])} bytes came, {one['size']} were announced.")
    server.uploads.end(begun[0])
    stored = server.files.put("google", one["name"], one["kind"], bytes(one["data"]))
    return Response({"file": _file(server, request, stored)}, headers=_status("final"))


def _begin(server, request: Request) -> Response:
    size = request.headers["X-Goog-Upload-Header-Content-Length"] or ""
    kind = request.headers["X-Goog-Upload-Header-Content-Type"] or "application/octet-stream"
    told = named((json_object(request.body) if request.body else {}).get("file") or {})
    if not re.fullmatch(r"\d{1,12}", size) or int(size) > LARGEST:
        raise ApiError(400, f"X-Goog-Upload-Header-Content-Length: a number up to {LARGEST} is due.")
    if not re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", kind):
        raise ApiError(400, "X-Goog-Upload-Header-Content-Type: a media type is due.")
    name = told.get("displayName") or request.headers["X-Goog-Upload-File-Name"] or ""
    begun = server.uploads.begin({"size": int(size), "kind": kind, "name": str(name)[:512]})
    address = f"{request.base}/upload/v1/files?upload_id={begun}"
    return Response({}, headers={"X-Goog-Upload-URL": address, **_status("active")})


def _status(status: str, received: int | None = None) -> dict:
    more = {} if received is None else {"X-Goog-Upload-Size-Received": received}
    return {"X-Goog-Upload-Status": status, **more}


def listed(server, request: Request) -> Response:
    """Answer GET /v1/files."""
    return Response({"files": [_file(server, request, one) for one in server.files.all("google")]})


def retrieve(server, request: Request, name: str) -> Response:
    """Answer GET /v1/files/ID."""
    stored = _stored(server, name)
    server.uploads.state(stored, look=True)
    return Response(_file(server, request, stored))


def delete(server, request: Request, name: str) -> Response:
    """Answer DELETE /v1/files/ID."""
    server.files.drop("google", _stored(server, name).id)
    return Response({})


def _stored(server, name: str) -> Stored:
    stored = server.files.find("google", name)
    if stored is None:
        raise ApiError(403, f"You do not have permission to access the File {name[:100]} or it may not exist.")
    return stored


def _file(server, request: Request, stored: Stored) -> dict:
    """Return a file as Google tells of it."""
    born = datetime.datetime.fromtimestamp(stored.created, datetime.UTC)
    state = server.uploads.state(stored)
    file = {
        "name": f"files/{stored.id}", "mimeType": stored.kind, "sizeBytes": str(len(stored.data)),
        "createTime": born.isoformat(), "updateTime": born.isoformat(),
        "expirationTime": (born + _KEPT).isoformat(), "uri": f"{request.base}/v1/files/{stored.id}",
        "sha256Hash": base64.b64encode(hashlib.sha256(stored.data).digest()).decode(),
        "state": state, "source": "UPLOADED",
    }  # fmt: skip
    if stored.name:
        file["displayName"] = stored.name
    if state == "FAILED":
        file["error"] = {"code": 3, "message": f"The file is no film that can be read: {stored.fault}."}
    return file


_V = "/v1(?:beta)?"
ROUTES = (
    ("POST", f"/upload{_V}/files", upload),
    ("GET", f"{_V}/files", listed),
    ("GET", f"{_V}/files/([^/]+)", retrieve),
    ("DELETE", f"{_V}/files/([^/]+)", delete),
)
