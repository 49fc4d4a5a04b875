"""Dollars: what a call may cost at most, reserved before it is sent; what it did cost, after."""

import json
import threading

from mmlab.api import catalog
from mmlab.api.client.answers import Ask, Turn, Usage
from mmlab.api.client.attachments import document_bytes, picture_bytes, sound_bytes
from mmlab.api.tokens import image_tokens, text_tokens
from mmlab.errors import InputError

MILLION = 1_000_000
_PAGE_TOKENS, _SOUND_BYTES_A_TOKEN, _FAR_PICTURE = 3000, 1000, (1600, 1600)  # with room to spare


class Budget:
    """A sum that is never overspent, whichever threads ask at once.

    dollars  float   the sum
    spent    float   what calls cost; those that were lost on the way count as if they had cost the most
    left     float   what is neither spent nor reserved

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
        """What may still be reserved."""
        return self.dollars - self.spent

    def reserve(self, most: float) -> "Reservation":
        """Return the right to spend so much; raise InputError where less is left."""
        with self._lock:
            if most > self.left:
                raise InputError(f"a call that may cost ${most:.6f}", f"at most ${self.left:.6f}, what is left of "
                                 f"${self.dollars:.2f}", "raise the budget, or ask for fewer max_tokens")  # fmt: skip
            self.spent += most
        return Reservation(self, most)

    def add(self, dollars: float) -> None:
        """Count dollars as spent; less than 0 gives some back."""
        with self._lock:
            self.spent += dollars

    def __repr__(self) -> str:
        return f"Budget({self.dollars:g}): ${self.spent:.6f} spent, ${self.left:.6f} left"


class Reservation:
    """The right to spend so much. Left alone it counts as spent: a lost call may have been billed."""

    def __init__(self, budget: Budget, most: float):
        self.budget, self.most, self.open = budget, most, True

    def settle(self, cost: float) -> None:
        """Count what a call really cost in place of the most that it might have."""
        if self.open:
            self.budget.add(cost - self.most)
        self.open = False

    def release(self) -> None:
        """Give it all back: the call was refused, and cost nothing."""
        self.settle(0.0)


def price_of(model: str, prompt_tokens: int = 0) -> dict | None:
    """Return a model's dollars a million tokens, for a prompt so long; None where the catalog has none."""
    try:
        return catalog.price_of(model, prompt_tokens)
    except InputError:
        return None


def cost_of(usage: Usage, price: dict) -> float:
    """Return what a call cost in dollars.

    >>> cost_of(Usage(1_000_000, 500_000), {"input": 2.0, "output": 8.0})
    6.0
    """
    fresh = usage.input - usage.cached
    kept = usage.cached * price.get("cached", price["input"])
    return (fresh * price["input"] + kept + usage.output * price["output"]) / MILLION


def most_usage(ask: Ask, provider: str) -> Usage:
    """Return how many tokens a call takes at most: all that is sent, a tenth more, and the longest reply."""
    told = [ask.system, json.dumps(ask.schema) if ask.schema else "", *map(str, ask.tools)]
    tokens = sum(map(text_tokens, told)) + sum(_tokens(turn, provider, ask.detail) for turn in ask.turns)
    return Usage(int(tokens * 1.1) + 50, ask.max_tokens)


def _tokens(turn: Turn, provider: str, detail: str | None) -> int:
    """Return how many tokens one turn has at most, by the dearest of its provider's rules for pictures."""
    texts = [turn.text, *(str(one.output) for one in turn.results), *map(str, turn.calls)]
    tokens = sum(map(text_tokens, texts)) + 8
    rules = [name for name in catalog.catalog()["image_tokens"] if name.partition("-")[0] == provider]
    for width, height in (_size(picture_bytes(one)) for one in turn.images):
        tokens += max(image_tokens(rule, width, height, detail or "auto") for rule in rules)
    tokens += sum(len(sound_bytes(one)) // _SOUND_BYTES_A_TOKEN + 1 for one in turn.sounds)
    return tokens + sum(_PAGE_TOKENS * _pages(document_bytes(one)) for one in turn.documents)


def _size(given: bytes | str) -> tuple[int, int]:
    from mmlab.world.images import image_header

    return _FAR_PICTURE if isinstance(given, str) else image_header(given)[1:]


def _pages(document: bytes) -> int:
    """Return how many pages a PDF file has at most: a compressed list of pages counts by its size."""
    told = document.count(b"/Type /Page") + document.count(b"/Type/Page")
    return told or len(document) // 2000 + 1
