"""OpenAI's image edits: what is asked for changes, within the mask; every other pixel stays."""

import base64
import time

import numpy as np

from mmlab.api import catalog
from mmlab.api.server import openai_content as content
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response, form
from mmlab.api.server.fields import Field, check
from mmlab.api.server.mind.edits import edited
from mmlab.api.server.openai_content import VOICE
from mmlab.api.server.openai_makes import SIZES
from mmlab.api.server.pictures import Picture, Unfit, picture
from mmlab.api.tokens import image_tokens, text_tokens
from mmlab.errors import InputError
from mmlab.world import Scene, encode_image, render
from mmlab.world.images import decode_opacity
from mmlab.world.readers import look
from mmlab.world.scene import CANVAS

_CHOICES = {
    "output_format": ("png", "jpeg", "webp"), "quality": ("auto", "low", "medium", "high"),
    "background": ("auto", "opaque"), "size": tuple(SIZES), "input_fidelity": ("low", "high"),
    "moderation": ("auto", "low"), "response_format": ("b64_json",), "stream": ("false",),
}  # fmt: skip
_FIELDS = {*_CHOICES, "prompt", "model", "n", "user", "safety_identifier", "output_compression"}
_LARGEST, _MASK_BYTES, _TOKENS = 512, 4 << 20, 1056  # pixels of a side that is drawn; bytes; of a picture


def edit(server, request: Request) -> Response:
    """Answer POST /v1/images/edits."""
    fields, files = form(request)
    for name in files:
        if name not in ("image", "image[]", "mask"):
            raise VOICE.unknown((name[:100],))
    model, number = _checked(server, fields)
    before = _picture(files)
    scene = look(before.pixels).scene
    if scene is None or before.pixels.shape[0] != before.pixels.shape[1]:
        raise ApiError(400, f"Model {model.id} edits square pictures of one to four plain shapes; this is none.",
                       "image", "invalid_image")  # fmt: skip
    open_ = _open(files, before)
    scenes = [edited(scene, fields["prompt"], seed, _inside(open_)) for seed in range(number)]
    if None in scenes:
        raise ApiError(400, "Your request was rejected: the model puts in, takes out and changes shapes, and the "
                            "prompt asks for none of it that can be done here.", "prompt",
                       "moderation_blocked")  # fmt: skip
    size, told = fields.get("size") or "auto", fields.get("output_format") or "png"
    pictures = [_drawn(scene, one, before.pixels, open_, size) for one in scenes]
    text, seen = text_tokens(fields["prompt"]), image_tokens("openai", before.width, before.height)
    height, width = pictures[0].shape[:2]
    return Response({
        "created": int(time.time()), "background": "opaque", "output_format": told, "quality": "medium",
        "size": f"{width}x{height}",
        "data": [{"b64_json": base64.b64encode(encode_image(one, told)).decode()} for one in pictures],
        "usage": {"input_tokens": text + seen, "output_tokens": _TOKENS * number,
                  "total_tokens": text + seen + _TOKENS * number,
                  "input_tokens_details": {"text_tokens": text, "image_tokens": seen}},
    })  # fmt: skip


def _checked(server, fields: dict) -> tuple[catalog.Model, int]:
    """Return the model and how many pictures are wanted, or raise ApiError for a wrong field."""
    for name, value in fields.items():
        if name not in _FIELDS:
            raise VOICE.unknown((name[:100],))
        if name in _CHOICES:
            check(value, Field("string", choices=_CHOICES[name]), VOICE, (name,))
    for name in ("prompt", "model"):
        if not fields.get(name):
            raise VOICE.missing((name,))
    check(fields["prompt"], Field("string", most=4000), VOICE, ("prompt",))
    model = content.model(server, fields["model"], "image")
    number = fields.get("n") or "1"
    if number not in map(str, range(1, 11)):
        raise VOICE.bounds(("n",), 0, 1, 10)
    return model, int(number)


def _picture(files: dict) -> Picture:
    """Return the one picture of a form, or raise ApiError."""
    given = [*([files["image"]] if "image" in files else []), *files.get("image[]", [])]
    if not given:
        raise VOICE.missing(("image",))
    if len(given) > 1:
        raise ApiError(400, f"This model edits one picture at a time; {len(given)} came.", "image", "invalid_value")
    try:
        return picture(given[0][2], catalog.catalog()["limits"]["openai"])
    except Unfit as error:
        raise content.unfit(error, "image") from error


def _open(files: dict, before: Picture) -> np.ndarray | None:
    """Return (h, w) bool, where the mask lets the picture be changed; None without a mask."""
    if "mask" not in files:
        return None
    data = files["mask"][2]
    try:
        mask = picture(data, {"image_bytes": _MASK_BYTES, "formats": ["PNG"]})
    except Unfit as error:
        raise ApiError(400, "Invalid mask: a PNG file of less than 4 MB is due.", "mask", "invalid_mask") from error
    if (mask.width, mask.height) != (before.width, before.height):
        raise ApiError(400, f"Invalid mask: {mask.width}x{mask.height} pixels, and the picture has "
                            f"{before.width}x{before.height}.", "mask", "invalid_mask_size")  # fmt: skip
    try:
        opacity = decode_opacity(data)
    except InputError as error:
        raise ApiError(400, "Invalid mask: the file is damaged.", "mask", "invalid_mask") from error
    found = opacity == 0
    if not found.any():
        raise ApiError(400, "Invalid mask: no pixel of it is fully transparent, so nothing may be changed.",
                       "mask", "invalid_mask")  # fmt: skip
    return found[_nearest(before.pixels.shape[0], mask.height)][:, _nearest(before.pixels.shape[1], mask.width)]


def _inside(open_: np.ndarray | None):
    """Return a function of (x, y), in units of the canvas, that says whether a place may be changed."""
    if open_ is None:
        return None
    side = open_.shape[0]
    return lambda x, y: bool(open_[int(y) * side // CANVAS, int(x) * side // CANVAS])


def _nearest(side: int, other: int) -> np.ndarray:
    """Return, for each of `side` pixels, the pixel of another size that shows the same."""
    return np.arange(side) * other // side


def _drawn(old: Scene, new: Scene, pixels: np.ndarray, open_: np.ndarray | None, size: str) -> np.ndarray:
    """Return a picture with one scene drawn in place of another, where that is allowed.

    The picture keeps each pixel that the two scenes share; one that was not drawn
    by the world (a photo, a JPEG) is drawn anew where it may be changed.
    """
    side = pixels.shape[0]
    drawn = min(max(side, 8), _LARGEST)
    before, after = (one[_nearest(side, drawn)][:, _nearest(side, drawn)] for one in render([old, new], drawn))
    changed = (before != after).any(axis=2)
    if not np.array_equal(before, pixels):
        changed[:] = True
    if open_ is not None:
        changed &= open_
    result = np.where(changed[..., None], after, pixels)
    if size == "auto":
        return result
    wanted = int(size.partition("x")[0])
    return result[_nearest(wanted, side)][:, _nearest(wanted, side)]


ROUTES = (("POST", "/v1/images/edits", edit),)
