"""Films as requests bring them: AVI files, of which the models look at some frames a second."""

import threading
from dataclasses import dataclass
from math import ceil

import numpy as np

from mmlab.api.server.pictures import Unfit
from mmlab.errors import InputError
from mmlab.world.avi import avi_frames

EVERY = 1.0  # frames a second that are looked at, unless a request says otherwise
MOST = 300  # frames of one film that are looked at
_one_at_a_time = threading.Lock()  # so that memory stays bounded


@dataclass(frozen=True, eq=False)
class Clip:
    """One film of a request.

    frames   (t, h, w, 3) uint8   those that the model looks at
    times    tuple of float       when each is shown, in seconds
    seconds  float                of the part that was asked for
    detail   str                  what the request says of its resolution
    """

    frames: np.ndarray
    times: tuple[float, ...]
    seconds: float
    detail: str = ""


def film_fault(data: bytes) -> str:
    """Return why bytes are no film that can be read; "" where they are one."""
    try:
        with _one_at_a_time:
            avi_frames(data)
    except InputError as error:
        return error.given.partition("(")[2].rstrip(")")
    return ""


def clip(data: bytes, limits: dict, fps: float | None = None, part: tuple = (0.0, None), *,
         detail: str = "") -> Clip:  # fmt: skip
    """Return the film that the bytes of an AVI file hold, as the model looks at it; or raise Unfit.

    limits  a provider's row of the catalog: film_bytes
    fps     frames a second to look at
    part    (start, end) in seconds; None for the end of the film
    """
    if len(data) > limits["film_bytes"]:
        raise Unfit("bytes", f"{len(data)} bytes > {limits['film_bytes']} bytes")
    try:
        with _one_at_a_time:
            reel = avi_frames(data)
    except InputError as error:
        raise Unfit("format", error.given.partition("(")[2].rstrip(")")) from error
    whole = len(reel.frames) / reel.fps
    start, end = part[0], whole if part[1] is None else min(part[1], whole)
    if not 0 <= start < end:
        raise Unfit("part", f"{start} to {end} seconds of a film of {whole:g} seconds")
    step = 1 / (fps or EVERY)
    times = [start + step * n for n in range(ceil(round((end - start) / step, 6)))]
    if len(times) > MOST:
        raise Unfit("part", f"{len(times)} frames to look at are more than {MOST}: ask for fewer a second")
    # A time between two frames shows the earlier one; rounding must not fall one short.
    places = [min(int(time * reel.fps + 1e-6), len(reel.frames) - 1) for time in times]
    return Clip(reel.frames[places], tuple(times), end - start, detail)
