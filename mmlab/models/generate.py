"""Next tokens from logits: greedy, temperature, top-k and nucleus sampling, for any model that gives logits.

Each rule is one function on a batch of logits, in the order in which libraries apply them.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mmlab.errors import InputError, ShapeError
from mmlab.models.language import LanguageModel


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Return the logits (B, V) with all but the k largest of each row at -inf; ties at the k-th all stay.

    raises  InputError unless k is a whole number of at least 1
    source  Fan et al. 2018, Hierarchical Neural Story Generation, section 5.1

    >>> keep_top_k(torch.tensor([[1.0, 3.0, 2.0]]), k=2).tolist()
    [[-inf, 3.0, 2.0]]
    """
    if not isinstance(k, int) or k < 1:
        raise InputError(f"top_k={k!r}", "a whole number, 1 or more", "pass top_k=50, or None for all tokens")
    threshold = logits.topk(min(k, logits.shape[1]), dim=1).values[:, -1:]
    return logits.masked_fill(logits < threshold, float("-inf"))


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Return the logits (B, V) with all but the nucleus of each row at -inf.

    The nucleus is the smallest set of most probable tokens whose probabilities sum to at least p.
    raises  InputError for p outside (0, 1]
    source  Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, section 3.1
    """
    if not 0 < p <= 1:
        raise InputError(
            f"top_p={p}", "a probability above 0 and up to 1", "pass top_p=0.9, or None for all tokens"
        )
    ascending, order = logits.sort(dim=1)
    tail = ascending.softmax(dim=1).cumsum(dim=1) <= 1 - p  # together with all that are less probable
    tail[:, -1] = False  # the most probable token always stays
    return logits.masked_fill(tail.scatter(1, order, tail.clone()), float("-inf"))


def next_tokens(
    logits: Tensor,
    *,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return one token id a row: (B, V) float → (B,) int64.

    temperature  divides the logits; 0: the most probable token, whatever the other settings say
    top_k        sample among the k most probable tokens only
    top_p        sample within the nucleus of probability top_p only
    generator    where the random numbers come from
    raises       InputError for a temperature that is negative or not finite, top_k below 1, top_p outside (0, 1]
    """
    if not 0 <= temperature < float("inf"):  # nan is neither
        raise InputError(
            f"temperature={temperature:g}",
            "a finite number, 0 or more",
            "pass temperature=0 for greedy decoding",
        )
    allowed = logits / (temperature or 1.0)
    if top_k is not None:
        allowed = keep_top_k(allowed, top_k)
    if top_p is not None:
        allowed = keep_top_p(allowed, top_p)
    if temperature == 0:
        return logits.argmax(dim=1)
    return torch.multinomial(allowed.softmax(dim=1), 1, generator=generator).squeeze(1)


@torch.no_grad()
def generate(
    model: Callable[[Tensor], Tensor],
    ids: Tensor,
    new_tokens: int,
    *,
    end: int | None = None,
    pad: int = 0,
    **sampling,
) -> Tensor:
    """Return the prompts with up to `new_tokens` more tokens each: (B, T) int → (B, T + new) int.

    model     model(ids (B, T)) -> logits (B, T, V); the last position predicts the next token
    ids       prompts of one length
    end       the id that ends a row; what follows it in that row is `pad`, and when all rows have ended it stops
    sampling  as in `next_tokens`; greedy by default
    raises    ShapeError for ids that are not (B, T)
    """
    if ids.ndim != 2 or not ids.shape[1]:
        raise ShapeError(
            f"generate: ids {tuple(ids.shape)}", "(B, T) with T at least 1", "pass ids[None] for one prompt"
        )
    ended = torch.zeros(len(ids), dtype=torch.bool, device=ids.device)
    for _ in range(new_tokens):
        new = next_tokens(model(ids)[:, -1], **sampling)
        new = new.masked_fill(ended, pad)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if end is not None:
            ended |= new == end
            if ended.all():
                break
    return ids


@torch.no_grad()
def generate_cached(
    language: LanguageModel,
    prompt: Tensor,
    new_tokens: int,
    *,
    mask: Tensor | None = None,
    end: int | None = None,
    pad: int = 0,
    **sampling,
) -> Tensor:
    """Return up to `new_tokens` tokens after each prompt, and each token is computed once: → (B, new) int.

    The prompt goes through the model once. Afterwards each step passes the last token alone, and
    the keys and values of all earlier tokens come from a cache.

    language  a LanguageModel
    prompt    (B, T) ids, or (B, T, D) vectors, such as those of `VLM.embed`
    mask      (B, T) bool, False at padding, which stands at the **left**: the last column must be a real token
    end       the id that ends a row; what follows it in that row is `pad`, and when all rows have ended it stops
    sampling  as in `next_tokens`; greedy by default
    raises    InputError for padding at the right, ShapeError for a prompt that is longer than the model's length
    """
    if mask is None:
        mask = torch.ones(prompt.shape[:2], dtype=torch.bool, device=prompt.device)
    if not bool(mask[:, -1].all()):
        row = int((~mask[:, -1]).nonzero()[0])
        raise InputError(
            f"generate_cached: row {row} ends with padding",
            "padding at the left",
            "pad each prompt on its left side",
        )
    caches, ended, made = language.new_caches(), torch.zeros_like(mask[:, 0]), []
    for _ in range(new_tokens):
        new = next_tokens(language(prompt, mask, caches)[:, -1], **sampling).masked_fill(ended, pad)
        made.append(new)
        if end is not None:
            ended = ended | (new == end)
            if ended.all():
                break
        prompt, mask = new[:, None], torch.cat([mask, torch.ones_like(mask[:, :1])], dim=1)
    return torch.stack(made, dim=1) if made else prompt.new_zeros(len(mask), 0, dtype=torch.long)
