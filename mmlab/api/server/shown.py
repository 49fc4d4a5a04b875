"""What the server shows of the world, so that a message may name a picture by its address.

    /world/scene/SEED.png?size=128       and /world/scenes/SEED.png
    /world/invoice/SEED.png, .pdf        receipt, menu, form, contract, chart, code, screen, faces
    /world/before/SEED.png, /world/after/SEED.png
    /world/speech/SEED.wav               the caption of that scene, spoken
    /world/film/SEED.avi

A seed is a whole number of up to nine digits. Nothing else is shown, and no
other host is ever asked.
"""

import re
from functools import lru_cache
from urllib.parse import parse_qs

from mmlab import world
from mmlab.api.server.errors import ApiError
from mmlab.api.server.exchange import Request, Response
from mmlab.world import caption, encode_image, render, sample
from mmlab.world.avi import avi_bytes
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
from mmlab.world.films import film
from mmlab.world.sounds import wav_bytes

PAGES = {"invoice": invoice, "receipt": receipt, "menu": menu, "form": form, "contract": contract,
         "chart": chart, "code": code_page, "screen": screenshot, "faces": faces}  # fmt: skip
TYPES = {"png": "image/png", "pdf": "application/pdf", "wav": "audio/wav", "avi": "video/avi"}
_PATH = re.compile(r"/world/([a-z]{4,10})/(\d{1,9})\.(png|pdf|wav|avi)")


def show(request: Request) -> Response:
    """Answer GET /world/…, which needs no key."""
    found = shown(request.path, request.query) if request.method == "GET" else None
    if found is None:
        raise ApiError(404, f"Invalid URL ({request.method} {request.path[:200]})")
    return Response(found[0], kind=found[1])


def shown(path: str, query: dict) -> tuple[bytes, str] | None:
    """Return the file behind a path of this server and its media type; None where there is none.

    query  name → list of str   size: pixels along a scene's side, 32 to 512
    """
    found = _PATH.fullmatch(path)
    size = query.get("size", ["128"])[0]
    if not found or not re.fullmatch(r"\d{2,3}", size) or not 32 <= int(size) <= 512:
        return None
    data = _made(found[1].replace("scenes", "scene"), int(found[2]), found[3], int(size))
    return data and (data, TYPES[found[3]])


@lru_cache(maxsize=32)
def _made(kind: str, seed: int, form_: str, size: int) -> bytes | None:
    """Return one file, or None."""
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
        made = film(seed)
        return avi_bytes(made.frames, made.fps)
    return None


def fetched(url: str, own: str) -> bytes | None:
    """Return the bytes behind an address of this server, without asking any network; None for any other."""
    if not url.startswith(f"{own}/"):
        return None
    path, _, query = url[len(own) :].partition("?")
    try:
        found = shown(path, parse_qs(query, max_num_fields=50))
    except ValueError:  # too many fields: no address of ours
        return None
    return found and found[0]
