"""How many tokens texts, pictures, sounds and films cost, by each provider's published formula.

Texts: tokenizers are the providers' own, and all three publish the same rule of
thumb, four characters a token. Pictures: exact, from width and height alone;
a smaller file of the same picture costs the same.
"""

from math import ceil, floor, prod, sqrt

from mmlab.api.catalog import catalog
from mmlab.errors import InputError


def text_tokens(text: str) -> int:
    """Return how many tokens a text costs: a quarter of its characters, rounded up.

    >>> text_tokens("what is in this picture?")
    6
    """
    return ceil(len(text) / 4)


def image_tokens(provider: str, width: int, height: int, detail: str = "auto") -> int:
    """Return how many tokens a picture costs.

    provider       a row of the catalog's image_tokens: "openai", "openai-mini", "anthropic", "google" ...
    width, height  int, pixels
    detail         OpenAI: "low", "high", "auto"; Google: "low", "medium", "high", "ultra_high"
    raises         InputError  for an unknown provider, or a picture without pixels

    >>> image_tokens("openai", 1024, 1024), image_tokens("openai", 1024, 1024, "low")
    (765, 85)
    >>> image_tokens("anthropic", 280, 140), image_tokens("anthropic", 4000, 4000)
    (50, 1521)
    """
    row = _row("image_tokens", provider)
    if min(width, height) < 1:
        raise InputError(f"image_tokens: {width} x {height} pixels", "at least 1 x 1", "pass its size")
    rules = {"tiles": _tiles, "shrunk": _shrunk, "patches": _patches, "resolution": _resolution}
    return rules[row["rule"]](row["numbers"], width, height, detail)


def sound_tokens(provider: str, seconds: float, *, said: bool = False) -> int:
    """Return how many tokens a sound costs, rounded up.

    provider  a row of the catalog's sound_tokens: "openai", "google"
    seconds   float   how long it is
    said      bool    whether the model says it, rather than hears it
    raises    InputError  for an unknown provider, or a time below 0

    >>> sound_tokens("openai", 2.5), sound_tokens("google", 2.5), sound_tokens("openai", 2.5, said=True)
    (25, 80, 50)
    """
    row = _row("sound_tokens", provider)
    if not seconds >= 0:
        raise InputError(f"sound_tokens: seconds={seconds!r}", "0 or more", "pass its length in seconds")
    return ceil(round(seconds * row["said" if said else "heard"], 6))


def film_tokens(provider: str, frames: int, detail: str = "unspecified") -> int:
    """Return how many tokens a film costs: so many for each frame that is looked at.

    provider  a row of the catalog's film_tokens: "google"
    frames    int   as many as are looked at: one a second, unless a request says otherwise
    detail    "low", "medium", "high", "unspecified"
    raises    InputError  for an unknown provider

    >>> film_tokens("google", 10), film_tokens("google", 10, "high")
    (700, 2800)
    """
    row = _row("film_tokens", provider)
    return frames * row.get(detail, row["unspecified"])


def _row(table: str, provider: str) -> dict:
    """Return a provider's row of one of the catalog's tables, or raise InputError."""
    rows = catalog()[table]
    if provider not in rows:
        raise InputError(f"{table}: provider={provider!r}", f"one of {', '.join(rows)}",
                         f"pass provider={next(iter(rows))!r}")  # fmt: skip
    return rows[provider]


def _tiles(numbers: dict, width: int, height: int, detail: str) -> int:
    """A base, and a price for each tile of the picture after it was made to fit."""
    if detail == "low":
        return numbers["base"]
    scale = min(1.0, numbers["fit"] / max(width, height))
    scale *= min(1.0, numbers["shortest"] / (min(width, height) * scale))
    across, down = (ceil(round(side * scale, 6) / numbers["side"]) for side in (width, height))
    return numbers["base"] + numbers["tile"] * across * down


def _shrunk(numbers: dict, width: int, height: int, detail: str) -> int:
    """One token a patch; where there are too many, the picture is made smaller until whole patches fit.

    source  OpenAI, images and vision: 1800 x 2400 pixels are 1452 patches of at most 1536
    """
    side, most, factor = numbers["side"], numbers["most"], numbers.get("factor", 1)
    across, down = ceil(width / side), ceil(height / side)
    if across * down > most:
        scale = sqrt(most * side**2 / (width * height))
        wide, high = width * scale / side, height * scale / side
        scale *= min(max(floor(wide), 1) / wide, max(floor(high), 1) / high)
        across, down = (max(ceil(round(length * scale / side, 6)), 1) for length in (width, height))
    return ceil(min(across * down, most) * factor)


def _patches(numbers: dict, width: int, height: int, detail: str) -> int:
    """One token a patch, of the largest size at which the picture fits and has few enough patches.

    source  Anthropic, vision: the largest pictures that are not made smaller, by aspect ratio
    """
    side, most = numbers["side"], numbers["most"]
    limit = min(1.0, numbers["fit"] / max(width, height))

    def patches(scale: float) -> int:
        return prod(max(ceil(round(length * scale / side, 6)), 1) for length in (width, height))

    # The number of patches changes only where a side is a whole number of them.
    steps = (count * side / length for length in (width, height)
             for count in range(1, ceil(numbers["fit"] / side) + 1))  # fmt: skip
    fitting = [scale for scale in (limit, *steps) if scale <= limit and patches(scale) <= most]
    return patches(max(fitting, default=limit))


def _resolution(numbers: dict, width: int, height: int, detail: str) -> int:
    """One price a picture, by the resolution that the request asks for."""
    return numbers.get(detail, numbers["high"])
