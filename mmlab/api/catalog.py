"""What catalog.toml says: models by role, limits, prices, and when ids stop answering."""

import datetime
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from mmlab.errors import InputError

PROVIDERS = ("openai", "anthropic", "google")


@dataclass(frozen=True)
class Model:
    """One model of the local server.

    id             str
    input, output  tuple of "text", "image", "audio", "video", "embedding"
    context        int    tokens that a request may hold
    longest_reply  int    tokens that a reply may hold
    price          dict   dollars a million tokens: input, output; cached, write_5m, write_1h
    weaknesses     dict   how it errs, by name; see mmlab.api.server.mind
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
    """Return the local server's models by id, the one that sees best first."""
    told = catalog()["models"].items()
    return {
        name: Model(name, tuple(row["input"]), tuple(row["output"]), row["context"],
                    row["longest_reply"], row["price"], row["weaknesses"])
        for name, row in told
    }  # fmt: skip


def model_for(role: str, provider: str = "mmlab") -> str:
    """Return the id of the model that plays a role at a provider.

    role      "vision", "fast" ...
    provider  "mmlab" (the local server, by any protocol), "openai", "anthropic" or "google"
    raises    InputError  when that provider has no model for the role, naming those it has

    >>> model_for("fast")
    'mm-vision-mini'
    """
    roles = catalog()["roles"]
    if provider not in roles:
        raise InputError(f"model_for: provider={provider!r}", f"one of {', '.join(roles)}",
                         "pass provider='mmlab'")  # fmt: skip
    if role not in roles[provider]:
        raise InputError(f"model_for: role={role!r} at {provider}",
                         f"one of {', '.join(roles[provider])}", "pass 'vision'")  # fmt: skip
    return roles[provider][role]


def price_of(model: str, prompt_tokens: int = 0) -> dict[str, float]:
    """Return what a model costs, dollars a million tokens: input, output, perhaps cached, write_5m, write_1h.

    model          str   of the local server, or one that plays a role at a provider
    prompt_tokens  int   how long the prompt is: some models cost more for long ones
    raises         InputError  when its price is not known, naming those that are

    >>> price_of("mm-vision")["input"]
    2.0
    """
    known = {name: {"price": one.price} for name, one in models().items()} | catalog()["prices"]
    if model not in known:
        raise InputError(f"price_of: model={model!r}", f"one of {', '.join(known)}", "pass 'mm-vision'")
    above = known[model].get("above")
    if above and prompt_tokens > above["tokens"]:
        return {name: value for name, value in above.items() if name != "tokens"}
    return dict(known[model]["price"])


@lru_cache(maxsize=1)
def retirements() -> dict[str, datetime.date]:
    """Return id → the day it stops answering, of every id that has been announced.

    >>> min(retirements().values()).isoformat()
    '2024-09-13'
    """
    return {name: row["date"] for row in catalog()["retirements"] for name in row["ids"]}


def is_retired(model: str, day: datetime.date | None = None) -> bool:
    """Return whether an id has stopped answering by a day (default: today)."""
    gone = retirements().get(model)
    return gone is not None and gone <= (day or datetime.date.today())
