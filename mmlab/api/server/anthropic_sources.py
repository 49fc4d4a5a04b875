"""Pictures and documents of Anthropic's messages: where they come from, and what is wrong with them."""

from mmlab.api import catalog
from mmlab.api.server import papers
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, Anthropic, Field, checked, tagged
from mmlab.api.server.files import Stored
from mmlab.api.server.pictures import Picture, Unfit, decoded, picture
from mmlab.api.server.shown import fetched

VOICE = Anthropic()
TEXT, TEXT_NEEDED = Field("string"), Field("string", required=True)
_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_ELSEWHERE = {"url": {"url": TEXT_NEEDED}, "file": {"file_id": TEXT_NEEDED}}
_SOURCES = {"base64": {"media_type": Field("string", True, _PICTURES), "data": TEXT_NEEDED}, **_ELSEWHERE}
_PAPERS = {
    "base64": {"media_type": Field("string", True, ("application/pdf",)), "data": TEXT_NEEDED},
    "text": {"media_type": Field("string", True, ("text/plain",)), "data": TEXT_NEEDED},
    "content": {"content": Field("string|array", True)},
    **_ELSEWHERE,
}  # fmt: skip
CACHED = {"cache_control": ANY}
TEXT_BLOCK = {"text": TEXT_NEEDED, "citations": ANY, **CACHED}
IMAGE_BLOCK = {"source": Field("object", True), "transformations": Field("object"), **CACHED}
DOCUMENT_BLOCK = {"source": Field("object", True), "title": TEXT, "context": TEXT,
                  "citations": Field("object"), **CACHED}  # fmt: skip
_OVERSIZED = {"oversized_image": Field("string", choices=("downsize", "error"))}


def picture_of(server, block: dict, parts: tuple) -> Picture:
    """Return the picture of an image block, or raise what Anthropic says of it."""
    limits = catalog.catalog()["limits"]["anthropic"]
    source = tagged(block["source"], _SOURCES, VOICE, (*parts, "source"))
    wishes = checked(block.get("transformations") or {}, _OVERSIZED, VOICE, (*parts, "transformations"))
    name = VOICE.path((*parts, "source", source["type"]))
    said = source.get("media_type")
    try:
        data = _bytes(server, source)[0]
        if len(data) > limits["image_bytes"]:  # which counts as base64
            raise Unfit("bytes", f"{-(-len(data) // 3) * 4} bytes > {limits['image_bytes'] // 3 * 4} bytes")
        found = picture(data, limits, said)
    except Unfit as error:
        raise _unfit(error, name, said) from error
    longest = catalog.catalog()["image_tokens"]["anthropic"]["numbers"]["fit"]
    if wishes.get("oversized_image") == "error" and max(found.width, found.height) > longest:
        raise ApiError(400, f"{name}: image of {found.width} x {found.height} pixels exceeds the model's "
                            f"maximum of {longest} pixels on its longer side")  # fmt: skip
    return found


def document_of(server, block: dict, parts: tuple) -> tuple[list[Picture], list[str]]:
    """Return the pages and the texts of a document block, or raise what Anthropic says of it."""
    source = tagged(block["source"], _PAPERS, VOICE, (*parts, "source"))
    cites = checked(block.get("citations") or {}, {"enabled": Field("boolean")}, VOICE, (*parts, "citations"))
    if cites.get("enabled"):
        raise ApiError(400, f"{VOICE.path(parts)}.citations.enabled: citations are not available on this model")
    head = [text for text in (block.get("title"), block.get("context")) if text]
    if source["type"] == "text":
        return [], [*head, _not_empty(source["data"], parts)]
    if source["type"] == "content":
        images, texts = _content(server, source["content"], (*parts, "source", "content"))
        return images, head + texts
    name = VOICE.path((*parts, "source", source["type"]))
    try:
        data, stored = _bytes(server, source)
        if stored and stored.kind.partition(";")[0] == "text/plain":
            return [], [*head, papers.text(data)]
        if stored and stored.kind != "application/pdf":
            raise ApiError(400, f"{name}: documents are application/pdf or text/plain, not {stored.kind[:60]}")
        return list(papers.pages(data, catalog.catalog()["limits"]["anthropic"])), head
    except Unfit as error:
        raise _unreadable(error, name) from error


def _content(server, content, parts: tuple) -> tuple[list[Picture], list[str]]:
    """Return the pictures and texts of a document that is given block by block."""
    if isinstance(content, str):
        return [], [_not_empty(content, parts)]
    images, texts = [], []
    for place, one in enumerate(content):
        where = (*parts, place)
        tagged(one, {"text": TEXT_BLOCK, "image": IMAGE_BLOCK}, VOICE, where)
        if one["type"] == "text":
            texts.append(one["text"])
        else:
            images.append(picture_of(server, one, (*where, "image")))
    return images, texts


def _not_empty(text: str, parts: tuple) -> str:
    if not text.strip():
        raise ApiError(400, f"{VOICE.path(parts)}: document content must be non-empty")
    return text


def _bytes(server, source: dict) -> tuple[bytes, Stored | None]:
    """Return the bytes of a source, and the file that they come from, if any."""
    if source["type"] == "base64":
        return decoded(source["data"]), None
    if source["type"] == "url":
        data = fetched(source["url"], server.url)
        if data is None:
            raise ApiError(400, "Unable to download the file. Please verify the URL and try again.")
        return data, None
    stored = server.files.find("anthropic", source["file_id"])
    if stored is None:
        raise ApiError(404, f"File not found: {source['file_id'][:100]}")
    return stored.data, stored


def _unfit(error: Unfit, name: str, said: str | None) -> ApiError:
    """Return Anthropic's words for a picture that cannot be used."""
    words = {
        "base64": f"{name}.data: Invalid base64 data",
        "mismatch": f"{name}.data: Image does not match the provided media type {said}",
        "bytes": f"{name}: image exceeds 10 MB maximum: {error.said}",
        "side": f"{name}.data: At least one of the image dimensions exceed max allowed size: {error.said}",
        "pixels": f"{name}.data: Image has too many pixels: {error.said}",
    }
    return ApiError(400, words.get(error.why, "Could not process image"))


def _unreadable(error: Unfit, name: str) -> ApiError:
    """Return Anthropic's words for a document that cannot be used."""
    most = catalog.catalog()["limits"]["anthropic"]["pdf_pages"]
    if error.why == "bytes":
        return ApiError(413, "Request exceeds the maximum size")
    words = {
        "base64": f"{name}.data: Invalid base64 data",
        "pages": f"A maximum of {most} PDF pages may be provided.",
        "locked": "The PDF specified is password protected.",
        "pixels": f"The PDF specified is too large: {error.said}.",
    }
    return ApiError(400, words.get(error.why, f"The PDF specified was not valid: {error.said}."))


def count_pictures(images: list[Picture]) -> None:
    """Raise ApiError for too many pictures or pages, or for pictures too large to come with so many."""
    limits = catalog.catalog()["limits"]["anthropic"]
    pictures = [one for one in images if not one.page]
    if len(images) - len(pictures) > limits["pdf_pages"]:
        raise ApiError(400, f"A maximum of {limits['pdf_pages']} PDF pages may be provided.")
    if len(pictures) > limits["images"]:
        raise ApiError(400, f"messages: too many images: {len(pictures)} > {limits['images']}")
    if len(pictures) > 20 and any(max(one.width, one.height) > 2000 for one in pictures):
        raise ApiError(400, "messages: At least one of the image dimensions exceed max allowed size "
                            "for many-image requests: 2000 pixels")  # fmt: skip
