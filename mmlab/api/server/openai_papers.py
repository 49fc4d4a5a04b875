"""Files that OpenAI's messages bring as documents: PDF, of which each page is looked at, and plain text."""

import re

from mmlab.api import catalog
from mmlab.api.server import papers
from mmlab.api.server.errors import ApiError
from mmlab.api.server.openai_content import VOICE
from mmlab.api.server.pictures import Unfit, decoded
from mmlab.api.server.shown import fetched

_DATA_URL = re.compile(r"data:([a-z]{1,20}/[a-z0-9.+-]{1,80});base64,")
_TEXTS = re.compile(r"text/.*|application/(json|xml|x-yaml|yaml)")
_ENDINGS = {".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".json": "application/json",
            ".html": "text/html", ".xml": "text/xml", ".py": "text/x-python"}  # fmt: skip


def document(server, told: dict, where: tuple) -> tuple:
    """Return what a file part holds, for a turn: pictures of pages, or a text; or raise ApiError.

    told   {"file_id"} or {"file_data"} or {"file_url"}, perhaps with "filename" and "detail"
    where  its place in the request
    """
    detail = told.get("detail") or "auto"
    if told.get("file_id"):
        stored = server.files.find("openai", told["file_id"])
        if stored is None:
            raise ApiError(404, f"No such File object: {told['file_id'][:100]}", VOICE.path((*where, "file_id")),
                           "not_found")  # fmt: skip
        return _unpacked(stored.data, _kind(stored.kind, stored.name), detail, (*where, "file_id"))
    if told.get("file_data"):
        return _from_data_url(told, detail, (*where, "file_data"))
    if told.get("file_url"):
        data = fetched(told["file_url"], server.url)
        if data is None:
            raise ApiError(400, f"Error while downloading {told['file_url'][:100]}.",
                           VOICE.path((*where, "file_url")), "invalid_value")  # fmt: skip
        return _unpacked(data, "", detail, (*where, "file_url"))
    raise VOICE.missing((*where, "file_id"))


def _from_data_url(told: dict, detail: str, where: tuple) -> tuple:
    name = VOICE.path(where)
    found = _DATA_URL.match(told["file_data"])
    if not found:
        raise ApiError(400, f"Invalid '{name}'. Expected a base64-encoded data URL with a MIME type (e.g. "
                            "'data:application/pdf;base64,JVBERi0xLjQK'), but got a value without the 'data:' "
                            "prefix.", name, "invalid_value")  # fmt: skip
    try:
        data = decoded(told["file_data"][found.end() :])
    except Unfit as error:
        raise ApiError(400, f"Invalid '{name}': the data is no valid base64.", name, "invalid_base64") from error
    return _unpacked(data, _kind(found[1], told.get("filename") or ""), detail, where)


def _kind(said: str, name: str) -> str:
    """Return a file's media type, told by its name where it was not said."""
    said = said.partition(";")[0].strip().lower()
    if said != "application/octet-stream":
        return said
    return next((kind for ending, kind in _ENDINGS.items() if name.lower().endswith(ending)), said)


def _unpacked(data: bytes, kind: str, detail: str, where: tuple) -> tuple:
    """Return what bytes hold: by their own beginning, by their media type only where that says nothing."""
    name = VOICE.path(where)
    try:
        if papers.is_pdf(data) or kind == "application/pdf":
            return papers.pages(data, catalog.catalog()["limits"]["openai"], detail)
        if _TEXTS.fullmatch(kind):
            return (papers.text(data),)
    except Unfit as error:
        words = {"bytes": f"The file is too large: {error.said}.", "pages": f"The file has too many pages: {error.said}.",
                 "pixels": f"The file is too large: {error.said}.", "locked": "The file is password protected."}  # fmt: skip
        raise ApiError(400, words.get(error.why, f"The file could not be read: {error.said}."), name,
                       "invalid_file") from error  # fmt: skip
    raise ApiError(400, "Invalid input: expected context stuffing file type to be a supported format: .pdf or a text, "
                        f"but got {kind[:60] or 'something else'}.", name, "unsupported_file")  # fmt: skip
