"""How many tokens a text or a picture costs, by each provider's published formula.

Texts: tokenizers are the providers' own, and all three publish the same rule of
thumb, four characters a token. Pictures: exact, from width and height alone;
a smaller file of the same picture costs the same.
"""

from math import ceil

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

    provider       a row of the catalog's image_tokens: "openai", "openai-mini", "anthropic", "google"
    width, height  int, pixels
    detail         OpenAI: "low", "high", "auto"; Google: "low", "medium", "high", "ultra_high"
    raises         InputError  for an unknown provider, or a picture without pixels

    >>> image_tokens("openai", 1024, 1024), image_tokens("openai", 1024, 1024, "low")
    (765, 85)
    >>> image_tokens("anthropic", 280, 140)
    50
    """
    rows = catalog()["image_tokens"]
    if provider not in rows:
        raise InputError(f"image_tokens: provider={provider!r}", f"one of {', '.join(rows)}",
                         "pass provider='openai'")  # fmt: skip
    if min(width, height) < 1:
        raise InputError(f"image_tokens: {width} x {height} pixels", "at least 1 x 1", "pass its size")
    row = rows[provider]
    return {"tiles": _tiles, "patches": _patches, "resolution": _resolution}[row["rule"]](
        row["numbers"], width, height, detail
    )


def _tiles(numbers: dict, width: int, height: int, detail: str) -> int:
    """A base, and a price for each tile of the picture after it was made to fit."""
    if detail == "low":
        return numbers["base"]
    scale = min(1.0, numbers["fit"] / max(width, height))
    scale *= min(1.0, numbers["shortest"] / (min(width, height) * scale))
    across, down = (ceil(round(side * scale, 6) / numbers["side"]) for side in (width, height))
    return numbers["base"] + numbers["tile"] * across * down


def _patches(numbers: dict, width: int, height: int, detail: str) -> int:
    """One token a patch, no more than `most`; some models count a patch as `factor` tokens."""
    scale = min(1.0, numbers.get("fit", max(width, height)) / max(width, height))
    across, down = (ceil(round(side * scale, 6) / numbers["side"]) for side in (width, height))
    return ceil(min(across * down, numbers["most"]) * numbers.get("factor", 1))


def _resolution(numbers: dict, width: int, height: int, detail: str) -> int:
    """One price a picture, by the resolution that the request asks for."""
    return numbers.get(detail, numbers["high"])
