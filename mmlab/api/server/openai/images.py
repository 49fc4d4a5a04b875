"""OpenAI's embeddings and images: generated from text, or edited, with all pixels outside the mask unchanged."""

import base64
import time

import numpy as np

from mmlab.api import catalog
from mmlab.api.providers import OPENAI
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import ANY, HINT, Field, check
from mmlab.api.server.media import Image, MediaError, load_image
from mmlab.api.server.messages import Request, Response, form
from mmlab.api.server.model.generation import WIDTH, drawn, embedding
from mmlab.api.server.model.image_edits import edited
from mmlab.api.server.openai import content
from mmlab.api.server.openai.content import ERRORS, TEXT, TEXT_NEEDED
from mmlab.api.tokens import text_tokens
from mmlab.errors import InputError
from mmlab.perception import look
from mmlab.world import Scene, encode_image, render
from mmlab.world.files.image import decode_opacity
from mmlab.world.scene import CANVAS

_EMBED = {
    "input": Field("string|array", True, minimum=1),
    "model": TEXT_NEEDED,
    "user": TEXT,
    "dimensions": Field("integer", minimum=2, maximum=WIDTH),
    "encoding_format": Field("string", choices=("float", "base64")),
}
SIZES = {"auto": 512, "256x256": 256, "512x512": 512, "1024x1024": 512}
_DRAW = {
    "prompt": Field("string", True, minimum=1, maximum=4000),
    "model": TEXT_NEEDED,
    "n": Field("integer", minimum=1, maximum=10),
    "size": Field("string", choices=tuple(SIZES)),
    "output_format": Field("string", choices=("png", "jpeg", "webp")),
    "user": TEXT,
    "quality": Field("string", choices=("auto", "low", "medium", "high")),
    "background": Field("string", choices=("auto", "opaque")),
    "stream": ANY,
    "output_compression": Field("integer", offered=(100,)),
    **dict.fromkeys(("moderation", "partial_images", "safety_identifier"), HINT),
}
_TOKENS = 1056  # of an image of medium quality
_CHOICES = {
    "output_format": ("png", "jpeg", "webp"),
    "quality": ("auto", "low", "medium", "high"),
    "background": ("auto", "opaque"),
    "size": tuple(SIZES),
    "input_fidelity": ("low", "high"),
    "moderation": ("auto", "low"),
    "response_format": ("b64_json",),
    "stream": ("false",),
}
_FIELDS = {*_CHOICES, "prompt", "model", "n", "user", "safety_identifier", "output_compression"}
_LARGEST, _MASK_BYTES = 512, 4 << 20  # pixels of the side of a rendered scene; bytes


def embed(server, request: Request) -> Response:
    """Answer POST /v1/embeddings."""
    body = content.body_of(request, _EMBED)
    content.model(server, body["model"], "embedding")
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if len(texts) > 2048:
        raise ERRORS.bounds(("input",), texts, 1, 2048)
    for index, text in enumerate(texts):
        check(text, Field("string", minimum=1), ERRORS, ("input", index))
    rows = [embedding(text, body.get("dimensions") or WIDTH) for text in texts]
    if body.get("encoding_format") == "base64":
        values = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in rows]
    else:
        values = [row.tolist() for row in rows]
    tokens = sum(map(text_tokens, texts))
    return Response(
        {
            "object": "list",
            "model": body["model"],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            "data": [
                {"object": "embedding", "index": index, "embedding": value}
                for index, value in enumerate(values)
            ],
        }
    )


def draw(server, request: Request) -> Response:
    """Answer POST /v1/images/generations."""
    body = content.body_of(request, _DRAW)
    model = content.model(server, body["model"], "image")
    if body.get("stream"):
        raise ApiError(400, f"Model {model.id} does not stream images.", "stream", "invalid_value")
    number, form = body.get("n") or 1, body.get("output_format") or "png"
    size = body.get("size") or "auto"
    scenes = [drawn(body["prompt"], seed, model.weaknesses["forgets_above"]) for seed in range(number)]
    if None in scenes:
        raise ApiError(
            400,
            "Your request was rejected: the model only draws shapes, and the prompt names none.",
            "prompt",
            "moderation_blocked",
        )
    images = render(scenes, SIZES[size])
    if size == "1024x1024":
        images = images.repeat(2, axis=1).repeat(2, axis=2)
    text = text_tokens(body["prompt"])
    return Response(
        {
            "created": int(time.time()),
            "background": "opaque",
            "output_format": form,
            "quality": "medium",
            "size": "512x512" if size == "auto" else size,
            "data": [{"b64_json": base64.b64encode(encode_image(image, form)).decode()} for image in images],
            "usage": {
                "input_tokens": text,
                "output_tokens": _TOKENS * number,
                "total_tokens": text + _TOKENS * number,
                "input_tokens_details": {"text_tokens": text, "image_tokens": 0},
            },
        }
    )


def edit(server, request: Request) -> Response:
    """Answer POST /v1/images/edits."""
    fields, files = form(request)
    for name in files:
        if name not in ("image", "image[]", "mask"):
            raise ERRORS.unknown((name[:100],))
    model, number = _checked(server, fields)
    before = _image(files)
    scene = look(before.pixels).scene
    if scene is None or before.pixels.shape[0] != before.pixels.shape[1]:
        raise ApiError(
            400,
            f"Model {model.id} edits only square images of one to four plain shapes.",
            "image",
            "invalid_image",
        )
    mask = _mask(files, before)
    scenes = [edited(scene, fields["prompt"], seed, _inside(mask)) for seed in range(number)]
    if None in scenes:
        raise ApiError(
            400,
            "Your request was rejected: the model adds, removes and changes shapes, and the "
            "prompt asks for no edit that is possible in this image.",
            "prompt",
            "moderation_blocked",
        )
    size, output_format = fields.get("size") or "auto", fields.get("output_format") or "png"
    images = [_drawn(scene, after, before.pixels, mask, size) for after in scenes]
    text, seen = text_tokens(fields["prompt"]), OPENAI.image_tokens(before.width, before.height)
    height, width = images[0].shape[:2]
    return Response(
        {
            "created": int(time.time()),
            "background": "opaque",
            "output_format": output_format,
            "quality": "medium",
            "size": f"{width}x{height}",
            "data": [
                {"b64_json": base64.b64encode(encode_image(image, output_format)).decode()}
                for image in images
            ],
            "usage": {
                "input_tokens": text + seen,
                "output_tokens": _TOKENS * number,
                "total_tokens": text + seen + _TOKENS * number,
                "input_tokens_details": {"text_tokens": text, "image_tokens": seen},
            },
        }
    )


def _checked(server, fields: dict) -> tuple[catalog.Model, int]:
    """Return the model and the number of images, or raise ApiError for a wrong field."""
    for name, value in fields.items():
        if name not in _FIELDS:
            raise ERRORS.unknown((name[:100],))
        if name in _CHOICES:
            check(value, Field("string", choices=_CHOICES[name]), ERRORS, (name,))
    for name in ("prompt", "model"):
        if not fields.get(name):
            raise ERRORS.missing((name,))
    check(fields["prompt"], Field("string", maximum=4000), ERRORS, ("prompt",))
    model = content.model(server, fields["model"], "image")
    number = fields.get("n") or "1"
    if number not in map(str, range(1, 11)):
        raise ERRORS.bounds(("n",), 0, 1, 10)
    return model, int(number)


def _image(files: dict) -> Image:
    """Return the only image of a form, or raise ApiError."""
    given = [*([files["image"]] if "image" in files else []), *files.get("image[]", [])]
    if not given:
        raise ERRORS.missing(("image",))
    if len(given) > 1:
        raise ApiError(
            400,
            f"This model edits one image at a time; the request has {len(given)}.",
            "image",
            "invalid_value",
        )
    try:
        return load_image(given[0][2], OPENAI.limits)
    except MediaError as error:
        raise content.media_error(error, "image") from error


def _mask(files: dict, before: Image) -> np.ndarray | None:
    """Return (h, w) bool, True where the mask allows changes; None without a mask."""
    if "mask" not in files:
        return None
    data = files["mask"][2]
    try:
        mask = load_image(data, {"image_bytes": _MASK_BYTES, "formats": ["PNG"]})
    except MediaError as error:
        raise ApiError(
            400, "Invalid mask: expected a PNG file of less than 4 MB.", "mask", "invalid_mask"
        ) from error
    if (mask.width, mask.height) != (before.width, before.height):
        raise ApiError(
            400,
            f"Invalid mask: {mask.width}x{mask.height} pixels, but the image has "
            f"{before.width}x{before.height}.",
            "mask",
            "invalid_mask_size",
        )
    try:
        opacity = decode_opacity(data)
    except InputError as error:
        raise ApiError(400, "Invalid mask: the file is damaged.", "mask", "invalid_mask") from error
    editable = opacity == 0
    if not editable.any():
        raise ApiError(
            400,
            "Invalid mask: no pixel of it is fully transparent, so nothing may be changed.",
            "mask",
            "invalid_mask",
        )
    return editable[_nearest(before.pixels.shape[0], mask.height)][
        :, _nearest(before.pixels.shape[1], mask.width)
    ]


def _inside(editable: np.ndarray | None):
    """Return a function of (x, y), in units of CANVAS, that says whether the image may change there."""
    if editable is None:
        return None
    side = editable.shape[0]
    return lambda x, y: bool(editable[int(y) * side // CANVAS, int(x) * side // CANVAS])


def _nearest(side: int, other: int) -> np.ndarray:
    """Return the indices for nearest-neighbour scaling from `other` to `side` pixels."""
    return np.arange(side) * other // side


def _drawn(old: Scene, new: Scene, pixels: np.ndarray, editable: np.ndarray | None, size: str) -> np.ndarray:
    """Return an image with a new scene in place of the old one, where the mask allows changes.

    Pixels that are the same in both scenes are kept. An image that the world did not render, such as a
    JPEG, is rendered again wherever the mask allows changes.
    """
    side = pixels.shape[0]
    drawn = min(max(side, 8), _LARGEST)
    before, after = (
        each[_nearest(side, drawn)][:, _nearest(side, drawn)] for each in render([old, new], drawn)
    )
    changed = (before != after).any(axis=2)
    if not np.array_equal(before, pixels):
        changed[:] = True
    if editable is not None:
        changed &= editable
    result = np.where(changed[..., None], after, pixels)
    if size == "auto":
        return result
    wanted = int(size.partition("x")[0])
    return result[_nearest(wanted, side)][:, _nearest(wanted, side)]


ROUTES = (
    ("POST", "/v1/embeddings", embed),
    ("POST", "/v1/images/generations", draw),
    ("POST", "/v1/images/edits", edit),
)
