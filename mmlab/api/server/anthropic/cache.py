"""Anthropic's prompt cache: stores prefixes of prompts for a limited time.

A prompt is a sequence of blocks: tools, system, messages. A block with `cache_control` is a cache
breakpoint: the prefix up to its end is stored. A later prompt that begins with the same blocks gets a
cache hit, if the stored prefix ends at most LOOKBACK blocks before a breakpoint. Tokens read from the
cache cost less than usual, and tokens written to it cost a little more.
"""

import hashlib
import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from itertools import accumulate

from mmlab.api.catalog import catalog
from mmlab.api.providers import ANTHROPIC
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import AnthropicErrors, Field, checked

ERRORS = AnthropicErrors()
MAX_BREAKPOINTS, LOOKBACK, MAX_STORED = 4, 20, 4096
_SECONDS = {"5m": 300.0, "1h": 3600.0}
_CONTROL = {"type": Field("string", True, ("ephemeral",)), "ttl": Field("string", choices=tuple(_SECONDS))}


@dataclass(frozen=True)
class Span:
    """A block of a prompt.

    block   dict          as it was sent
    tokens  int           number of tokens
    ttl     str or None   "5m" or "1h" if the block is a cache breakpoint
    where   str           path of the block in the request
    """

    block: dict
    tokens: int
    ttl: str | None = None
    where: str = ""


@dataclass(frozen=True)
class Cached:
    """The numbers of tokens read from the cache, and written to it for each lifetime."""

    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def written(self) -> int:
        """The number of all tokens written."""
        return self.written_5m + self.written_1h


def ttl_of(block: dict, parts: tuple) -> str | None:
    """Return the lifetime of the prefix up to a block, or None if it is no breakpoint; or raise ApiError."""
    control = block.get("cache_control")
    if control is None:
        return None
    return checked(control, _CONTROL, ERRORS, (*parts, "cache_control")).get("ttl") or "5m"


def check_breakpoints(spans: list[Span]) -> None:
    """Raise ApiError for too many breakpoints, or for a long lifetime after a short one."""
    marked = [span for span in spans if span.ttl]
    if len(marked) > MAX_BREAKPOINTS:
        raise ApiError(
            400,
            f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {len(marked)}.",
        )
    for before, after in zip(marked, marked[1:]):
        if before.ttl == "5m" and after.ttl == "1h":
            raise ApiError(
                400,
                f"{after.where}.cache_control.ttl: a ttl='1h' cache_control block must not come "
                "after a ttl='5m' cache_control block. Note that blocks are processed in the "
                "following order: `tools`, `system`, `messages`.",
            )


class PromptCache:
    """The stored prefixes of prompts; the least recently used one is dropped first."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._stored: OrderedDict[bytes, tuple[float, str]] = OrderedDict()  # digest → (expiry, ttl)

    def use(self, model: str, spans: list[Span]) -> Cached:
        """Return the tokens of a prompt that the cache serves and those it stores, and store them."""
        minimum = catalog()["caching"][ANTHROPIC.id]["least_tokens"]
        totals = list(accumulate(span.tokens for span in spans))
        ends = [index for index, span in enumerate(spans) if span.ttl and totals[index] >= minimum]
        if not ends:
            return Cached()
        digests = _digests(model, spans[: ends[-1] + 1])
        with self._lock:
            now = self._clock()
            hit = max(
                (
                    index
                    for index in range(ends[-1] + 1)
                    if self._is_stored(digests[index], now)
                    and any(0 <= end - index <= LOOKBACK for end in ends)
                ),
                default=None,
            )
            done = read = 0
            if hit is not None:
                done = read = totals[hit]
                self._store(digests[hit], self._stored[digests[hit]][1], now)
            written = dict.fromkeys(_SECONDS, 0)
            for end in ends:
                if hit is None or end > hit:
                    written[spans[end].ttl] += totals[end] - done
                    done = totals[end]
                    self._store(digests[end], spans[end].ttl, now)
        return Cached(read, written["5m"], written["1h"])

    def _is_stored(self, digest: bytes, now: float) -> bool:
        return digest in self._stored and self._stored[digest][0] > now

    def _store(self, digest: bytes, ttl: str, now: float) -> None:
        self._stored[digest] = (now + _SECONDS[ttl], ttl)
        self._stored.move_to_end(digest)
        while len(self._stored) > MAX_STORED:
            self._stored.popitem(last=False)


def _digests(model: str, spans: list[Span]) -> list[bytes]:
    """Return the digest of the prefix up to each block; cache_control itself is not part of it."""
    digests, before = [], hashlib.blake2b(model.encode(), digest_size=16).digest()
    for span in spans:
        bare = {name: value for name, value in span.block.items() if name != "cache_control"}
        text = json.dumps(bare, sort_keys=True).encode()
        before = hashlib.blake2b(before + text, digest_size=16).digest()
        digests.append(before)
    return digests
