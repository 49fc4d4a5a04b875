"""Multi-head attention and the transformer block that every model here is made of.

Queries, keys and values are three matrices, not one fused one: at these sizes
fusing gains no time, and the names then equal the library's one to one.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmlab.errors import InputError


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


class MultiHeadAttention(nn.Module):
    """softmax(Q Kᵀ / √(D/H)) V in H heads, then one matrix that mixes the heads.

    width   D, divisible by heads
    heads   H
    raises  InputError when the heads do not divide the width
    source  Vaswani et al. 2017, Attention Is All You Need, section 3.2
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        if heads < 1 or width % heads:
            given = f"MultiHeadAttention(width={width}, heads={heads})"
            raise InputError(given, "heads that divide the width", f"try width={heads * 16}")
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        """Return each token's mixture of the others: (B, T, D) → (B, T, D).

        causal  token t attends to tokens 0 … t only
        """
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)  # (B, H, T, D/H)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def split(self, x: Tensor) -> Tensor:
        """Return the heads side by side: (B, T, D) → (B, H, T, D/H)."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)


class TransformerBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)): the pre-norm block.

    width       D
    heads       H
    mlp_ratio   hidden width of the MLP, in widths
    activation  one of `ACTIVATIONS`
    causal      True: a token sees itself and those before it
    norm_eps    epsilon of both layer norms
    source      Dosovitskiy et al. 2021, ViT, figure 1; Xiong et al. 2020 on pre-norm
    """

    def __init__(
        self,
        width: int,
        heads: int,
        mlp_ratio: float = 4,
        activation: str = "gelu",
        causal: bool = False,
        *,
        norm_eps: float = 1e-5,
    ):
        super().__init__()
        self.causal = causal
        hidden = round(mlp_ratio * width)
        self.norm1 = nn.LayerNorm(width, eps=norm_eps)
        self.attention = MultiHeadAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=norm_eps)
        self.mlp = nn.Sequential(
            nn.Linear(width, hidden), activation_layer(activation), nn.Linear(hidden, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the tokens after one round of mixing and thinking: (B, T, D) → (B, T, D)."""
        x = x + self.attention(self.norm1(x), causal=self.causal)
        return x + self.mlp(self.norm2(x))
