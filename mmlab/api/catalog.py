"""Reads catalog.toml: models by role, limits, prices and retirement dates."""

import datetime
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from mmlab.errors import InputError


@dataclass(frozen=True)
class Model:
    """A model of the local server.

    id             str
    input, output  tuple of "text", "image", "audio", "video", "embedding"
    context        int    maximum number of tokens of a request
    longest_reply  int    maximum number of tokens of a reply
    price          dict   dollars per million tokens: input, output; cached, write_5m, write_1h
    weaknesses     dict   kinds of errors that the model makes, by name; see mmlab.api.server.model.vision
    """

    id: str
    input: tuple[str, ...]
    output: tuple[str, ...]
    context: int
    longest_reply: int
    price: dict
    weaknesses: dict


@lru_cache(maxsize=1)
def catalog() -> dict:
    """Return all of catalog.toml as plain data; do not change it.

    >>> catalog()["roles"]["mmlab"]["vision"]
    'mm-vision'
    """
    text = resources.files("mmlab.api").joinpath("catalog.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=1)
def models() -> dict[str, Model]:
    """Return the models of the local server by id; the best vision model comes first."""
    rows = catalog()["models"].items()
    return {
        name: Model(
            name,
            tuple(row["input"]),
            tuple(row["output"]),
            row["context"],
            row["longest_reply"],
            row["price"],
            row["weaknesses"],
        )
        for name, row in rows
    }


def model_for(role: str, provider: str = "mmlab") -> str:
    """Return the id of the model for a role at a provider.

    role      "vision", "fast" ...
    provider  "mmlab" (the local server, by any protocol), "openai", "anthropic" or "google"
    raises    InputError  if the provider has no model for the role; the message lists its roles

    >>> model_for("fast")
    'mm-vision-mini'
    """
    roles = catalog()["roles"]
    if provider not in roles:
        raise InputError(
            f"model_for: provider={provider!r}", f"one of {', '.join(roles)}", "pass provider='mmlab'"
        )
    if role not in roles[provider]:
        raise InputError(
            f"model_for: role={role!r} at {provider}", f"one of {', '.join(roles[provider])}", "pass 'vision'"
        )
    return roles[provider][role]


def price_of(model: str, prompt_tokens: int = 0) -> dict[str, float]:
    """Return the price of a model in dollars per million tokens: input, output, maybe cached, write_5m, write_1h.

    model          str   id of a model of the local server, or of a model in the catalog
    prompt_tokens  int   length of the prompt: some models cost more for long prompts
    raises         InputError  if the price is unknown; the message lists the known models

    >>> price_of("mm-vision")["input"]
    2.0
    """
    known = {name: {"price": entry.price} for name, entry in models().items()} | catalog()["prices"]
    if model not in known:
        raise InputError(f"price_of: model={model!r}", f"one of {', '.join(known)}", "pass 'mm-vision'")
    above = known[model].get("above")
    if above and prompt_tokens > above["tokens"]:
        return {name: value for name, value in above.items() if name != "tokens"}
    return dict(known[model]["price"])


@lru_cache(maxsize=1)
def retirements() -> dict[str, datetime.date]:
    """Return the retirement date of each model id for which a provider has announced one.

    >>> min(retirements().values()).isoformat()
    '2024-09-13'
    """
    return {name: row["date"] for row in catalog()["retirements"] for name in row["ids"]}


def is_retired(model: str, day: datetime.date | None = None) -> bool:
    """Return whether a model id is retired on a day (default: today)."""
    date = retirements().get(model)
    return date is not None and date <= (day or datetime.date.today())
