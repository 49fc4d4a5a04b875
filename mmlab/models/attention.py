"""Multi-head attention and the transformer block that every model here is made of.

Queries, keys and values are three matrices, not one fused one: at these sizes
fusing gains no time, and the names then equal the library's one to one.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmlab.errors import InputError
from mmlab.models.validate import require_context, require_heads, require_mask


class QuickGELU(nn.Module):
    """x · sigmoid(1.702 x), the approximation of GELU that CLIP was trained with.

    source  Hendrycks and Gimpel 2016, Gaussian Error Linear Units, section 2
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation of each element; any shape."""
        return x * torch.sigmoid(1.702 * x)


ACTIVATIONS = {
    "gelu": nn.GELU,
    "gelu_tanh": partial(nn.GELU, approximate="tanh"),
    "quick_gelu": QuickGELU,
    "relu": nn.ReLU,
}


def activation_layer(name: str) -> nn.Module:
    """Return the activation layer of that name, one of `ACTIVATIONS`; InputError otherwise."""
    if name not in ACTIVATIONS:
        wanted = f"one of {', '.join(ACTIVATIONS)}"
        raise InputError(f"activation={name!r}", wanted, 'pass activation="gelu"')
    return ACTIVATIONS[name]()


def mlp(width: int, ratio: float = 4, activation: str = "gelu") -> nn.Sequential:
    """Return two linear layers with an activation between them: (…, D) → (…, D), ratio · D wide inside."""
    hidden = round(ratio * width)
    return nn.Sequential(nn.Linear(width, hidden), activation_layer(activation), nn.Linear(hidden, width))


class MultiHeadAttention(nn.Module):
    """softmax(Q Kᵀ / √(D/H)) V in H heads, then one matrix that mixes the heads.

    width          D, divisible by heads
    heads          H
    context_width  W, width of what keys and values are made of; None: D
    raises         InputError when the heads do not divide the width
    source         Vaswani et al. 2017, Attention Is All You Need, section 3.2
    """

    def __init__(self, width: int, heads: int, context_width: int | None = None):
        super().__init__()
        require_heads(width, heads, "MultiHeadAttention")
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(context_width or width, width)
        self.value = nn.Linear(context_width or width, width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        mask: Tensor | None = None,
        return_weights: bool = False,
        cache: "KeyValueCache | None" = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return each query's mixture of the values: (B, T, D) → (B, T, D).

        x               (B, T, D) float: what asks
        context         (B, S, W) float: what is looked at (cross-attention); None: x itself
        mask            bool, (T, S) or broadcastable to (B, H, T, S): True where a query may look
        return_weights  also return the attention weights, (B, H, T, S); rows sum to 1
        cache           keys and values of earlier tokens: x is then the new tokens only, and the
                        S keys are the earlier tokens and the new ones
        raises          ShapeError for a mask or a context of another shape or type

        A query that may look at nothing has weights of 0, so its mixture is 0, not nan.
        """
        if context is not None:
            require_context(context, len(x), self.key.in_features)
        context = x if context is None else context
        q, k, v = self.split(self.query(x)), self.split(self.key(context)), self.split(self.value(context))
        if cache is not None:
            k, v = cache.append(k, v)
        if mask is not None:
            require_mask(mask, q.shape[2], k.shape[2])
        if not return_weights:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)  # (B, H, T, D/H)
            return self.out(mixed.transpose(1, 2).flatten(2))
        scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5  # (B, H, T, S)
        if mask is None:
            weights = scores.softmax(dim=3)
        else:  # the lowest number, not -inf: the softmax of a row of -inf is nan
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
            weights = scores.softmax(dim=3).masked_fill(~mask, 0.0)
        return self.out((weights @ v).transpose(1, 2).flatten(2)), weights

    def split(self, x: Tensor) -> Tensor:
        """Return the heads side by side: (B, T, D) → (B, H, T, D/H)."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)


class KeyValueCache:
    """The keys and values of one attention layer for all tokens so far, so that no token is computed twice.

    source  Shazeer 2019, Fast Transformer Decoding, section 2.4
    """

    def __init__(self):
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add the new tokens' keys and values, each (B, H, T, D/H), and return all, each (B, H, S, D/H)."""
        if self.keys is not None:
            keys, values = torch.cat([self.keys, keys], dim=2), torch.cat([self.values, values], dim=2)
        self.keys, self.values = keys, values
        return keys, values

    def __len__(self) -> int:
        return 0 if self.keys is None else self.keys.shape[2]


def causal_mask(length: int, device: torch.device | None = None) -> Tensor:
    """Return the mask (T, T) by which token t looks at tokens 0 … t only.

    >>> causal_mask(3).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


class TransformerBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)): the pre-norm block.

    width       D
    heads       H
    mlp_ratio   hidden width of the MLP, in widths
    activation  one of `ACTIVATIONS`
    norm_eps    epsilon of both layer norms
    source      Dosovitskiy et al. 2021, ViT, figure 1; Xiong et al. 2020 on pre-norm
    """

    def __init__(
        self,
        width: int,
        heads: int,
        mlp_ratio: float = 4,
        activation: str = "gelu",
        *,
        norm_eps: float = 1e-5,
    ):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=norm_eps)
        self.attention = MultiHeadAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=norm_eps)
        self.mlp = mlp(width, mlp_ratio, activation)

    def forward(self, x: Tensor, mask: Tensor | None = None, cache: KeyValueCache | None = None) -> Tensor:
        """Return the tokens after one attention and MLP block: (B, T, D) → (B, T, D); arguments as in attention."""
        x = x + self.attention(self.norm1(x), mask=mask, cache=cache)
        return x + self.mlp(self.norm2(x))
