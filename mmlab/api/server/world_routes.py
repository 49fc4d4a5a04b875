"""Files of the world, served so that a message can refer to an image by its URL.

    /world/scene/SEED.png?size=128       and /world/scenes/SEED.png
    /world/invoice/SEED.png, .pdf        receipt, menu, form, contract, chart, code, screen, faces
    /world/before/SEED.png, /world/after/SEED.png
    /world/speech/SEED.wav               the caption of that scene, spoken
    /world/film/SEED.avi                 a video

A seed is a whole number of up to nine digits. The server has no other files, and fetches none.
"""

import re
from functools import lru_cache
from urllib.parse import parse_qs

from mmlab import world
from mmlab.api.server.errors import ApiError
from mmlab.api.server.messages import Request, Response
from mmlab.world import caption, encode_image, render, sample
from mmlab.world.documents import (
    before_after,
    chart,
    code_page,
    contract,
    faces,
    form,
    invoice,
    menu,
    pdf,
    receipt,
    screenshot,
)
from mmlab.world.files.avi import avi_bytes
from mmlab.world.files.wav import wav_bytes
from mmlab.world.video import film

PAGES = {
    "invoice": invoice,
    "receipt": receipt,
    "menu": menu,
    "form": form,
    "contract": contract,
    "chart": chart,
    "code": code_page,
    "screen": screenshot,
    "faces": faces,
}
TYPES = {"png": "image/png", "pdf": "application/pdf", "wav": "audio/wav", "avi": "video/avi"}
_PATH = re.compile(r"/world/([a-z]{4,10})/(\d{1,9})\.(png|pdf|wav|avi)")


def show(request: Request) -> Response:
    """Answer GET /world/…; it needs no key."""
    file = file_at(request.path, request.query) if request.method == "GET" else None
    if file is None:
        raise ApiError(404, f"Invalid URL ({request.method} {request.path[:200]})")
    return Response(file[0], kind=file[1])


def file_at(path: str, query: dict) -> tuple[bytes, str] | None:
    """Return the file at a path of this server and its media type, or None if there is none.

    query  name → list of str   size: side of a scene in pixels, 32 to 512
    """
    match = _PATH.fullmatch(path)
    size = query.get("size", ["128"])[0]
    if not match or not re.fullmatch(r"\d{2,3}", size) or not 32 <= int(size) <= 512:
        return None
    data = _made(match[1].replace("scenes", "scene"), int(match[2]), match[3], int(size))
    return data and (data, TYPES[match[3]])


@lru_cache(maxsize=32)
def _made(kind: str, seed: int, form_: str, size: int) -> bytes | None:
    """Return the bytes of a file, or None if there is no such file."""
    if kind in PAGES and form_ in ("png", "pdf"):
        page = PAGES[kind](seed)
        return pdf([page]) if form_ == "pdf" else encode_image(page.image)
    if kind == "scene" and form_ == "png":
        return encode_image(render(sample(1, seed=seed), size)[0])
    if kind in ("before", "after") and form_ == "png":
        return encode_image(getattr(before_after(seed), kind))
    if (kind, form_) == ("speech", "wav"):
        return wav_bytes(world.speak(caption(sample(1, seed=seed)[0]), seed=seed))
    if (kind, form_) == ("film", "avi"):
        video = film(seed)
        return avi_bytes(video.frames, video.fps)
    return None


def fetched(url: str, own: str) -> bytes | None:
    """Return the file at a URL of this server, without a network request; None for other URLs."""
    if not url.startswith(f"{own}/"):
        return None
    path, _, query = url[len(own) :].partition("?")
    try:
        file = file_at(path, parse_qs(query, max_num_fields=50))
    except ValueError:  # too many fields
        return None
    return file and file[0]
