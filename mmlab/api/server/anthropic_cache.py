"""Anthropic's prompt cache: which beginnings of a prompt were sent before, and for how long they are kept.

A prompt is a row of blocks: tools, system, messages. A block with `cache_control`
ends a beginning that is to be kept. What was kept is found again where a later
prompt begins with the very same blocks, up to LOOKBACK blocks before one that is
marked; it costs less to read, and a little more to write.
"""

import hashlib
import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from itertools import accumulate

from mmlab.api.catalog import catalog
from mmlab.api.server.errors import ApiError
from mmlab.api.server.fields import Anthropic, Field, checked

VOICE = Anthropic()
MOST_MARKS, LOOKBACK, MOST_KEPT = 4, 20, 4096
_SECONDS = {"5m": 300.0, "1h": 3600.0}
_CONTROL = {"type": Field("string", True, ("ephemeral",)), "ttl": Field("string", choices=tuple(_SECONDS))}


@dataclass(frozen=True)
class Span:
    """One block of a prompt.

    block   dict   as it was sent
    tokens  int    what it costs
    ttl     str    "5m" or "1h" where the prompt up to its end is to be kept; None for no
    where   str    its place in the request
    """

    block: dict
    tokens: int
    ttl: str | None = None
    where: str = ""


@dataclass(frozen=True)
class Cached:
    """How many tokens were read from the cache, and written to it, by how long they stay."""

    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def written(self) -> int:
        """All that were written."""
        return self.written_5m + self.written_1h


def ttl_of(block: dict, parts: tuple) -> str | None:
    """Return how long the prompt up to a block is to be kept, None for not at all; or raise ApiError."""
    control = block.get("cache_control")
    if control is None:
        return None
    return checked(control, _CONTROL, VOICE, (*parts, "cache_control")).get("ttl") or "5m"


def check_marks(spans: list[Span]) -> None:
    """Raise ApiError for too many marks, or for a long one after a short one."""
    marked = [span for span in spans if span.ttl]
    if len(marked) > MOST_MARKS:
        raise ApiError(400, f"A maximum of {MOST_MARKS} blocks with cache_control may be provided. "
                            f"Found {len(marked)}.")  # fmt: skip
    for before, after in zip(marked, marked[1:]):
        if before.ttl == "5m" and after.ttl == "1h":
            raise ApiError(400, f"{after.where}.cache_control.ttl: a ttl='1h' cache_control block must not come "
                                "after a ttl='5m' cache_control block. Note that blocks are processed in the "
                                "following order: `tools`, `system`, `messages`.")  # fmt: skip


class Beginnings:
    """The beginnings of prompts that are kept; the one that was used longest ago goes first."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._held: OrderedDict[bytes, tuple[float, str]] = OrderedDict()  # digest → (until, ttl)

    def use(self, model: str, spans: list[Span]) -> Cached:
        """Return what of a prompt comes from the cache and what goes to it, and keep that."""
        least = catalog()["caching"]["anthropic"]["least_tokens"]
        totals = list(accumulate(span.tokens for span in spans))
        marks = [place for place, span in enumerate(spans) if span.ttl and totals[place] >= least]
        if not marks:
            return Cached()
        digests = _digests(model, spans[: marks[-1] + 1])
        with self._lock:
            now = self._clock()
            found = max((place for place in range(marks[-1] + 1) if self._is_kept(digests[place], now)
                         and any(0 <= mark - place <= LOOKBACK for mark in marks)), default=None)  # fmt: skip
            done = read = 0
            if found is not None:
                done = read = totals[found]
                self._keep(digests[found], self._held[digests[found]][1], now)
            written = dict.fromkeys(_SECONDS, 0)
            for mark in marks:
                if found is None or mark > found:
                    written[spans[mark].ttl] += totals[mark] - done
                    done = totals[mark]
                    self._keep(digests[mark], spans[mark].ttl, now)
        return Cached(read, written["5m"], written["1h"])

    def _is_kept(self, digest: bytes, now: float) -> bool:
        return digest in self._held and self._held[digest][0] > now

    def _keep(self, digest: bytes, ttl: str, now: float) -> None:
        self._held[digest] = (now + _SECONDS[ttl], ttl)
        self._held.move_to_end(digest)
        while len(self._held) > MOST_KEPT:
            self._held.popitem(last=False)


def _digests(model: str, spans: list[Span]) -> list[bytes]:
    """Return the digest of the prompt up to the end of each block; the marks themselves do not count."""
    found, before = [], hashlib.blake2b(model.encode(), digest_size=16).digest()
    for span in spans:
        bare = {name: value for name, value in span.block.items() if name != "cache_control"}
        text = json.dumps(bare, sort_keys=True).encode()
        before = hashlib.blake2b(before + text, digest_size=16).digest()
        found.append(before)
    return found
