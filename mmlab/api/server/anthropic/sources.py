"""Images and documents of Anthropic's messages: their sources and their errors."""

from mmlab.api import catalog
from mmlab.api.providers import ANTHROPIC
from mmlab.api.server import document_input
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, AnthropicErrors, Field, checked, tagged
from mmlab.api.server.files import Stored
from mmlab.api.server.media import Image, MediaError, decode_base64, load_image
from mmlab.api.server.world_routes import fetched

ERRORS = AnthropicErrors()
TEXT, TEXT_NEEDED = Field("string"), Field("string", required=True)
_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_ELSEWHERE = {"url": {"url": TEXT_NEEDED}, "file": {"file_id": TEXT_NEEDED}}
_SOURCES = {"base64": {"media_type": Field("string", True, _IMAGE_TYPES), "data": TEXT_NEEDED}, **_ELSEWHERE}
_DOCUMENTS = {
    "base64": {"media_type": Field("string", True, ("application/pdf",)), "data": TEXT_NEEDED},
    "text": {"media_type": Field("string", True, ("text/plain",)), "data": TEXT_NEEDED},
    "content": {"content": Field("string|array", True)},
    **_ELSEWHERE,
}
CACHED = {"cache_control": ANY}
TEXT_BLOCK = {"text": TEXT_NEEDED, "citations": ANY, **CACHED}
IMAGE_BLOCK = {"source": Field("object", True), "transformations": Field("object"), **CACHED}
DOCUMENT_BLOCK = {
    "source": Field("object", True),
    "title": TEXT,
    "context": TEXT,
    "citations": Field("object"),
    **CACHED,
}
_OVERSIZED = {"oversized_image": Field("string", choices=("downsize", "error"))}


def image_of(server, block: dict, parts: tuple) -> Image:
    """Return the image of an image block, or raise Anthropic's error."""
    limits = ANTHROPIC.limits
    source = tagged(block["source"], _SOURCES, ERRORS, (*parts, "source"))
    wishes = checked(block.get("transformations") or {}, _OVERSIZED, ERRORS, (*parts, "transformations"))
    name = ERRORS.path((*parts, "source", source["type"]))
    media_type = source.get("media_type")
    try:
        data = _bytes(server, source)[0]
        if len(data) > limits["image_bytes"]:  # the API counts the bytes of base64
            raise MediaError(
                "bytes", f"{-(-len(data) // 3) * 4} bytes > {limits['image_bytes'] // 3 * 4} bytes"
            )
        image = load_image(data, limits, media_type)
    except MediaError as error:
        raise _image_error(error, name, media_type) from error
    longest = catalog.catalog()["image_tokens"][ANTHROPIC.id]["numbers"]["fit"]
    if wishes.get("oversized_image") == "error" and max(image.width, image.height) > longest:
        raise ApiError(
            400,
            f"{name}: image of {image.width} x {image.height} pixels exceeds the model's "
            f"maximum of {longest} pixels on its longer side",
        )
    return image


def document_of(server, block: dict, parts: tuple) -> tuple[list[Image], list[str]]:
    """Return the pages and the texts of a document block, or raise Anthropic's error."""
    source = tagged(block["source"], _DOCUMENTS, ERRORS, (*parts, "source"))
    cites = checked(
        block.get("citations") or {}, {"enabled": Field("boolean")}, ERRORS, (*parts, "citations")
    )
    if cites.get("enabled"):
        raise ApiError(
            400, f"{ERRORS.path(parts)}.citations.enabled: citations are not available on this model"
        )
    head = [text for text in (block.get("title"), block.get("context")) if text]
    if source["type"] == "text":
        return [], [*head, _not_empty(source["data"], parts)]
    if source["type"] == "content":
        images, texts = _content(server, source["content"], (*parts, "source", "content"))
        return images, head + texts
    name = ERRORS.path((*parts, "source", source["type"]))
    try:
        data, stored = _bytes(server, source)
        if stored and stored.kind.partition(";")[0] == "text/plain":
            return [], [*head, document_input.text(data)]
        if stored and stored.kind != "application/pdf":
            raise ApiError(
                400, f"{name}: documents are application/pdf or text/plain, not {stored.kind[:60]}"
            )
        return list(document_input.pages(data, ANTHROPIC.limits)), head
    except MediaError as error:
        raise _document_error(error, name) from error


def _content(server, content, parts: tuple) -> tuple[list[Image], list[str]]:
    """Return the images and texts of a document that consists of blocks."""
    if isinstance(content, str):
        return [], [_not_empty(content, parts)]
    images, texts = [], []
    for index, block in enumerate(content):
        where = (*parts, index)
        tagged(block, {"text": TEXT_BLOCK, "image": IMAGE_BLOCK}, ERRORS, where)
        if block["type"] == "text":
            texts.append(block["text"])
        else:
            images.append(image_of(server, block, (*where, "image")))
    return images, texts


def _not_empty(text: str, parts: tuple) -> str:
    if not text.strip():
        raise ApiError(400, f"{ERRORS.path(parts)}: document content must be non-empty")
    return text


def _bytes(server, source: dict) -> tuple[bytes, Stored | None]:
    """Return the bytes of a source, and the uploaded file that they come from, or None."""
    if source["type"] == "base64":
        return decode_base64(source["data"]), None
    if source["type"] == "url":
        data = fetched(source["url"], server.url)
        if data is None:
            raise ApiError(400, "Unable to download the file. Please verify the URL and try again.")
        return data, None
    stored = server.files.find(ANTHROPIC.id, source["file_id"])
    if stored is None:
        raise ApiError(404, f"File not found: {source['file_id'][:100]}")
    return stored.data, stored


def _image_error(error: MediaError, name: str, media_type: str | None) -> ApiError:
    """Return Anthropic's error for an image that cannot be used."""
    words = {
        "base64": f"{name}.data: Invalid base64 data",
        "mismatch": f"{name}.data: Image does not match the provided media type {media_type}",
        "bytes": f"{name}: image exceeds 10 MB maximum: {error.detail}",
        "side": f"{name}.data: At least one of the image dimensions exceed max allowed size: {error.detail}",
        "pixels": f"{name}.data: Image has too many pixels: {error.detail}",
    }
    return ApiError(400, words.get(error.reason, "Could not process image"))


def _document_error(error: MediaError, name: str) -> ApiError:
    """Return Anthropic's error for a document that cannot be used."""
    maximum = ANTHROPIC.limits["pdf_pages"]
    if error.reason == "bytes":
        return ApiError(413, "Request exceeds the maximum size")
    words = {
        "base64": f"{name}.data: Invalid base64 data",
        "pages": f"A maximum of {maximum} PDF pages may be provided.",
        "locked": "The PDF specified is password protected.",
        "pixels": f"The PDF specified is too large: {error.detail}.",
    }
    return ApiError(400, words.get(error.reason, f"The PDF specified was not valid: {error.detail}."))


def check_image_count(images: list[Image]) -> None:
    """Raise ApiError for too many images or pages, or for large images in a request with many."""
    limits = ANTHROPIC.limits
    without_pages = [image for image in images if not image.page]
    if len(images) - len(without_pages) > limits["pdf_pages"]:
        raise ApiError(400, f"A maximum of {limits['pdf_pages']} PDF pages may be provided.")
    if len(without_pages) > limits["images"]:
        raise ApiError(400, f"messages: too many images: {len(without_pages)} > {limits['images']}")
    if len(without_pages) > 20 and any(max(image.width, image.height) > 2000 for image in without_pages):
        raise ApiError(
            400,
            "messages: At least one of the image dimensions exceed max allowed size "
            "for many-image requests: 2000 pixels",
        )
