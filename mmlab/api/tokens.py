"""The number of tokens of text, images, audio and video, by the published formula of each provider.

Text is an estimate: the tokenizers are proprietary, but all three providers publish the same rule of
thumb, four characters per token. Images are exact and depend only on width and height, so compressing
the file does not save tokens.
"""

from math import ceil, floor, prod, sqrt

from mmlab.api.catalog import catalog
from mmlab.errors import InputError


def text_tokens(text: str) -> int:
    """Return the number of tokens of a text: a quarter of its characters, rounded up.

    >>> text_tokens("what is in this picture?")
    6
    """
    return ceil(len(text) / 4)


def image_tokens(provider: str, width: int, height: int, detail: str = "auto") -> int:
    """Return the number of tokens of an image.

    provider       a row of the catalog's image_tokens: "openai", "openai-mini", "anthropic", "google" ...
    width, height  int, pixels
    detail         OpenAI: "low", "high", "auto"; Google: "low", "medium", "high", "ultra_high"
    raises         InputError  for an unknown provider, or a side below 1 pixel

    >>> image_tokens("openai", 1024, 1024), image_tokens("openai", 1024, 1024, "low")
    (765, 85)
    >>> image_tokens("anthropic", 280, 140), image_tokens("anthropic", 4000, 4000)
    (50, 1521)
    """
    row = _row("image_tokens", provider)
    if min(width, height) < 1:
        raise InputError(
            f"image_tokens: {width} x {height} pixels", "at least 1 x 1", "pass the size of the image"
        )
    rules = {"tiles": _tiles, "shrunk": _shrunk, "patches": _patches, "resolution": _resolution}
    return rules[row["rule"]](row["numbers"], width, height, detail)


def audio_tokens(provider: str, seconds: float, *, generated: bool = False) -> int:
    """Return the number of tokens of an audio clip, rounded up.

    provider   a row of the catalog's audio_tokens: "openai", "google"
    seconds    float   length of the clip
    generated  bool    whether the model generates the audio instead of receiving it
    raises     InputError  for an unknown provider, or a negative length

    >>> audio_tokens("openai", 2.5), audio_tokens("google", 2.5), audio_tokens("openai", 2.5, generated=True)
    (25, 80, 50)
    """
    row = _row("audio_tokens", provider)
    if not seconds >= 0:
        raise InputError(
            f"audio_tokens: seconds={seconds!r}", "0 or more", "pass the length of the clip in seconds"
        )
    return ceil(round(seconds * row["output" if generated else "input"], 6))


def video_tokens(provider: str, frames: int, detail: str = "unspecified") -> int:
    """Return the number of tokens of a video: a fixed number for each sampled frame.

    provider  a row of the catalog's video_tokens: "google"
    frames    int   number of sampled frames: one per second, unless the request sets fps
    detail    "low", "medium", "high", "unspecified"
    raises    InputError  for an unknown provider

    >>> video_tokens("google", 10), video_tokens("google", 10, "high")
    (700, 2800)
    """
    row = _row("video_tokens", provider)
    return frames * row.get(detail, row["unspecified"])


def _row(table: str, provider: str) -> dict:
    """Return the row of a provider in a table of the catalog, or raise InputError."""
    rows = catalog()[table]
    if provider not in rows:
        raise InputError(
            f"{table}: provider={provider!r}",
            f"one of {', '.join(rows)}",
            f"pass provider={next(iter(rows))!r}",
        )
    return rows[provider]


def _tiles(numbers: dict, width: int, height: int, detail: str) -> int:
    """Tokens by tiles: a base number, and a number for each tile of the downscaled image."""
    if detail == "low":
        return numbers["base"]
    scale = min(1.0, numbers["fit"] / max(width, height))
    scale *= min(1.0, numbers["shortest"] / (min(width, height) * scale))
    across, down = (ceil(round(side * scale, 6) / numbers["side"]) for side in (width, height))
    return numbers["base"] + numbers["tile"] * across * down


def _shrunk(numbers: dict, width: int, height: int, detail: str) -> int:
    """One token per patch; an image with too many patches is downscaled until whole patches fit.

    source  OpenAI, images and vision: 1800 x 2400 pixels are 1452 patches, below the maximum of 1536
    """
    side, maximum, factor = numbers["side"], numbers["most"], numbers.get("factor", 1)
    across, down = ceil(width / side), ceil(height / side)
    if across * down > maximum:
        scale = sqrt(maximum * side**2 / (width * height))
        wide, high = width * scale / side, height * scale / side
        scale *= min(max(floor(wide), 1) / wide, max(floor(high), 1) / high)
        across, down = (max(ceil(round(length * scale / side, 6)), 1) for length in (width, height))
    return ceil(min(across * down, maximum) * factor)


def _patches(numbers: dict, width: int, height: int, detail: str) -> int:
    """One token per patch, at the largest scale at which both the size and the number of patches fit.

    source  Anthropic, vision: the largest images that are not downscaled, by aspect ratio
    """
    side, maximum = numbers["side"], numbers["most"]
    limit = min(1.0, numbers["fit"] / max(width, height))

    def patches(scale: float) -> int:
        return prod(max(ceil(round(length * scale / side, 6)), 1) for length in (width, height))

    # The number of patches changes only where a side is a whole number of them.
    steps = (
        count * side / length
        for length in (width, height)
        for count in range(1, ceil(numbers["fit"] / side) + 1)
    )
    fitting = [scale for scale in (limit, *steps) if scale <= limit and patches(scale) <= maximum]
    return patches(max(fitting, default=limit))


def _resolution(numbers: dict, width: int, height: int, detail: str) -> int:
    """A fixed number of tokens per image, by the resolution that the request asks for."""
    return numbers.get(detail, numbers["high"])
