"""`connect`: choose the server, the model and the key, and return a client."""

import os
import random
import threading

from mmlab.api.catalog import model_for
from mmlab.api.client import sdks
from mmlab.api.client.asking import Client
from mmlab.api.client.budget import Budget, price_of
from mmlab.api.client.cache import Cache
from mmlab.api.client.parts import Parts
from mmlab.api.client.trace import Trace
from mmlab.api.providers import PROVIDERS
from mmlab.errors import InputError, MissingPart

LIVE_CAP = 1.0  # dollars that a live client may spend if no budget is given
_local = None
_starting = threading.Lock()


def connect(
    provider: str = "openai",
    *,
    server=None,
    role: str = "vision",
    model: str | None = None,
    budget=None,
    cache=None,
    trace=None,
    retries: int = 3,
    patience: float = 120.0,
    parts=None,
    timeout: float = 60.0,
    key: str | None = None,
    price: dict | None = None,
    sleep=None,
    draw=random.random,
    transport=None,
) -> Client:
    """Return a client of one provider: of the local server, or of the real one with MMLAB_LIVE=1 and a key.

    provider  "openai", "anthropic" or "google": the SDK and the protocol
    server    a running mmlab.api.server.Server, or its URL; None: this process's own, started on first use
    role      the use of the model: "vision", "fast", "listen" ...; catalog.toml names a model for each
    model     a model id, instead of a role
    budget    dollars, or a Budget that clients share; live, the default is one dollar
    cache     a path, or a Cache; None: every request is sent
    trace     a path, or a Trace; None: no trace is written
    retries   int    further requests after a failure that may pass
    patience  float  seconds; if a provider asks to wait longer, the call fails at once
    parts     name → your function, which replaces mmlab's: see mmlab.api.client.parts
    timeout   float  seconds without a byte from the server
    key       str    instead of the key in the environment
    price     dict   input, output, optionally cached: dollars per million tokens, if the catalog has none
    sleep, draw, transport   for tests: a virtual clock, the random part of waits, recorded responses
    raises    InputError  for an unknown provider or role; MissingPart without a key, or without the SDK
    """
    if provider not in PROVIDERS:
        raise InputError(f"connect({provider!r})", f"one of {', '.join(PROVIDERS)}", "connect('openai')")
    if retries < 0:
        raise InputError(f"connect: retries={retries}", "0 or more", "pass retries=0 to ask once")
    live = server is None and os.environ.get("MMLAB_LIVE", "") not in ("", "0")
    model = model or model_for(role, provider if live else "mmlab")
    if live:
        sdks.module(provider)
        key, base_url = key or _key(provider), None
        budget = LIVE_CAP if budget is None else budget
    else:
        base_url = _url(server) + PROVIDERS[provider].base_path
        key = key or getattr(server, "key", None) or "local"
    if budget is not None and not (price or price_of(model)):
        raise InputError(
            f"connect: a budget for {model}, whose price is not in the catalog",
            "dollars per million tokens",
            "price={'input': 2.0, 'output': 8.0}",
        )
    return Client(
        provider,
        model,
        base_url=base_url,
        key=key,
        price=price,
        timeout=timeout,
        transport=transport,
        budget=budget if budget is None or isinstance(budget, Budget) else Budget(budget),
        cache=cache if cache is None or isinstance(cache, Cache) else Cache(cache),
        trace=trace if trace is None or isinstance(trace, Trace) else Trace(trace),
        parts=parts if isinstance(parts, Parts) else Parts(parts),
        sleep=sleep,
        retrying={"attempts": retries + 1, "first": 0.5, "longest": 8.0, "patience": patience, "draw": draw},
    )


def _key(provider: str) -> str:
    """Return a provider's key from the environment, or raise MissingPart."""
    names = PROVIDERS[provider].key_variables
    for name in names:
        if os.environ.get(name, "").strip():
            return os.environ[name].strip()
    name = names[0]
    raise MissingPart(
        f"MMLAB_LIVE is set, and {name} is not",
        f"a key of {provider} in the environment",
        f"set {name}, or unset MMLAB_LIVE to ask the local server",
    )


def _url(server) -> str:
    """Return the address of a server; start this process's own if none is given."""
    global _local
    if isinstance(server, str):
        return server.rstrip("/")
    if server is not None:
        return server.url
    with _starting:
        if _local is None or _local.over.is_set():
            from mmlab.api import server as local

            _local = local.start()
    return _local.url
