"""A GPT: a causal transformer that gives the logits of the next token at every position.

It takes ids or vectors, because a vision-language model puts image vectors between the words.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmlab.errors import ShapeError
from mmlab.models.attention import KeyValueCache, TransformerBlock
from mmlab.models.validate import require_heads, require_ids


@dataclass(frozen=True)
class LanguageConfig:
    """The shape of a `LanguageModel`.

    vocabulary_size  V, number of ids
    width            D
    layers, heads    blocks, and heads in each
    length           the longest T
    mlp_ratio, activation, norm_eps   as in `TransformerBlock`; the defaults are those of GPT-2
    raises           InputError when the heads do not divide the width
    """

    vocabulary_size: int
    width: int = 64
    layers: int = 2
    heads: int = 4
    length: int = 64
    mlp_ratio: float = 4
    activation: str = "gelu_tanh"
    norm_eps: float = 1e-5

    def __post_init__(self):
        require_heads(self.width, self.heads, "LanguageConfig")


class LanguageModel(nn.Module):
    """GPT-2: word and position vectors, pre-norm blocks, and logits from the table of word vectors itself.

    config  its shape
    source  Radford et al. 2019, Language Models are Unsupervised Multitask Learners, section 2.3
    """

    def __init__(self, config: LanguageConfig):
        super().__init__()
        self.config, width, eps = config, config.width, config.norm_eps
        self.words = nn.Embedding(config.vocabulary_size, width)
        self.positions = nn.Embedding(config.length, width)
        self.blocks = nn.ModuleList(
            TransformerBlock(width, config.heads, config.mlp_ratio, config.activation, norm_eps=eps)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width, eps=eps)
        nn.init.normal_(self.words.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, caches: list[KeyValueCache] | None = None
    ) -> Tensor:
        """Return the logits of the token after each position: (B, T) int or (B, T, D) float → (B, T, V).

        The arguments are those of `hidden`.
        """
        return F.linear(self.hidden(x, mask, caches), self.words.weight)

    def hidden(
        self, x: Tensor, mask: Tensor | None = None, caches: list[KeyValueCache] | None = None
    ) -> Tensor:
        """Return the vector at each position after the final norm: (B, T) int or (B, T, D) float → (B, T, D).

        The logits are its products with the word vectors; a reward or a value is read from it by another head.

        x       ids, or vectors that stand in place of word vectors
        mask    (B, S) bool, False at padding; the padding may stand left or right. S counts the
                cached tokens too. A position is the number of real tokens before it.
        caches  one `KeyValueCache` a block, from `new_caches`; x is then the new tokens only
        raises  ShapeError for ids, vectors or a mask of another shape, and for more than `length` tokens
        """
        if not x.is_floating_point():
            require_ids(x, self.config.vocabulary_size, self.config.length)
            x = self.words(x)
        new, seen = x.shape[1], len(caches[0]) if caches else 0
        total = seen + new
        if mask is None:
            mask = torch.ones(len(x), total, dtype=torch.bool, device=x.device)
        self._require(x, mask, total)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, seen:]
        x = x + self.positions(positions)
        past = torch.ones(new, total, dtype=torch.bool, device=x.device).tril(seen)  # (T, S)
        allowed = past & mask[:, None, None]  # (B, 1, T, S)
        for number, block in enumerate(self.blocks):
            x = block(x, allowed, caches[number] if caches else None)
        return self.norm(x)

    def new_caches(self) -> list[KeyValueCache]:
        """Return an empty cache for each block."""
        return [KeyValueCache() for _ in self.blocks]

    def _require(self, x: Tensor, mask: Tensor, total: int) -> None:
        """Raise ShapeError when vectors and mask do not fit each other or the model."""
        width, length = self.config.width, self.config.length
        if x.ndim != 3 or x.shape[2] != width:
            raise ShapeError(
                f"LanguageModel: vectors {tuple(x.shape)}",
                f"(B, T, {width})",
                "project them to the model's width",
            )
        if total > length:
            raise ShapeError(
                f"LanguageModel: {total} tokens",
                f"at most {length}",
                "LanguageConfig(length=...), or fewer tokens",
            )
        if mask.shape != (len(x), total) or mask.dtype != torch.bool:
            raise ShapeError(
                f"LanguageModel: a {mask.dtype} mask {tuple(mask.shape)}",
                f"bool ({len(x)}, {total}), False at padding",
                "mask = ids != pad, with a column for every token so far",
            )
