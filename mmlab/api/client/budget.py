"""Limits in dollars: the maximum cost of a call is reserved before it is sent, and settled afterwards."""

import json
import threading

from mmlab.api import catalog
from mmlab.api.client.answers import Ask, Turn, Usage
from mmlab.api.client.attachments import audio_bytes, document_bytes, image_bytes
from mmlab.api.providers import PROVIDERS
from mmlab.api.tokens import image_tokens, text_tokens
from mmlab.errors import InputError

MILLION = 1_000_000
_PAGE_TOKENS, _AUDIO_BYTES_PER_TOKEN, _LINKED_IMAGE = (
    3000,
    1000,
    (1600, 1600),
)  # upper bounds; the size of an image that is given by address


class Budget:
    """A sum that is never overspent, even when several threads ask at the same time.

    dollars  float   the sum
    spent    float   the cost of all calls; a call whose connection failed counts with its maximum cost
    left     float   the part that is neither spent nor reserved

    >>> budget = Budget(1.0)
    >>> reserved = budget.reserve(0.75)
    >>> budget.left
    0.25
    >>> reserved.settle(0.5)
    >>> budget.spent, budget.left
    (0.5, 0.5)
    """

    def __init__(self, dollars: float):
        if not dollars > 0:
            raise InputError(f"Budget({dollars!r})", "dollars, more than 0", "pass Budget(1.0)")
        self.dollars, self.spent = float(dollars), 0.0
        self._lock = threading.Lock()

    @property
    def left(self) -> float:
        """The sum that may still be reserved."""
        return self.dollars - self.spent

    def reserve(self, maximum: float) -> "Reservation":
        """Return a reservation of `maximum` dollars; raise InputError if less is left."""
        with self._lock:
            if maximum > self.left:
                raise InputError(
                    f"a call that may cost ${maximum:.6f}",
                    f"at most ${self.left:.6f}, the rest of ${self.dollars:.2f}",
                    "raise the budget, or ask for fewer max_tokens",
                )
            self.spent += maximum
        return Reservation(self, maximum)

    def add(self, dollars: float) -> None:
        """Count dollars as spent; a negative sum gives dollars back."""
        with self._lock:
            self.spent += dollars

    def __repr__(self) -> str:
        return f"Budget({self.dollars:g}): ${self.spent:.6f} spent, ${self.left:.6f} left"


class Reservation:
    """Reserved dollars. They count as spent until settled, because a lost call may have been billed."""

    def __init__(self, budget: Budget, maximum: float):
        self.budget, self.maximum, self.open = budget, maximum, True

    def settle(self, cost: float) -> None:
        """Replace the maximum cost of a call by its actual cost."""
        if self.open:
            self.budget.add(cost - self.maximum)
        self.open = False

    def release(self) -> None:
        """Give all of it back: the call was refused and cost nothing."""
        self.settle(0.0)


def price_of(model: str, prompt_tokens: int = 0) -> dict | None:
    """Return a model's dollars per million tokens for a prompt of this length; None if the catalog has none."""
    try:
        return catalog.price_of(model, prompt_tokens)
    except InputError:
        return None


def cost_of(usage: Usage, price: dict) -> float:
    """Return the cost of a call in dollars.

    >>> cost_of(Usage(1_000_000, 500_000), {"input": 2.0, "output": 8.0})
    6.0
    """
    fresh = usage.input - usage.cached
    cached = usage.cached * price.get("cached", price["input"])
    return (fresh * price["input"] + cached + usage.output * price["output"]) / MILLION


def max_usage(ask: Ask, provider: str) -> Usage:
    """Return an upper bound of a call's tokens: all that is sent plus 10 %, and `max_tokens` of reply."""
    texts = [ask.system, json.dumps(ask.schema) if ask.schema else "", *map(str, ask.tools)]
    tokens = sum(map(text_tokens, texts)) + sum(_tokens(turn, provider, ask.detail) for turn in ask.turns)
    return Usage(int(tokens * 1.1) + 50, ask.max_tokens)


def _tokens(turn: Turn, provider: str, detail: str | None) -> int:
    """Return an upper bound of one turn's tokens, by the most expensive of its provider's rules for images."""
    texts = [turn.text, *(str(result.output) for result in turn.results), *map(str, turn.calls)]
    tokens = sum(map(text_tokens, texts)) + 8
    rules = PROVIDERS[provider].image_rules
    for width, height in (_size(image_bytes(image)) for image in turn.images):
        tokens += max(image_tokens(rule, width, height, detail or "auto") for rule in rules)
    tokens += sum(len(audio_bytes(clip)) // _AUDIO_BYTES_PER_TOKEN + 1 for clip in turn.audio)
    return tokens + sum(_PAGE_TOKENS * _pages(document_bytes(document)) for document in turn.documents)


def _size(image: bytes | str) -> tuple[int, int]:
    from mmlab.world.files.image import image_header

    return _LINKED_IMAGE if isinstance(image, str) else image_header(image)[1:]


def _pages(document: bytes) -> int:
    """Return an upper bound of a PDF file's pages; if its list of pages is compressed, from the file's size."""
    pages = document.count(b"/Type /Page") + document.count(b"/Type/Page")
    return pages or len(document) // 2000 + 1
