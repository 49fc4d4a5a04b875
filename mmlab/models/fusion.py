"""How one sequence looks at another, and how several modalities become one vector.

Blocks of cross-attention: `DecoderBlock` (Transformer), `GatedCrossBlock` (Flamingo), `Resampler`
(Flamingo's Perceiver) and `QueryTransformer` (BLIP-2's Q-Former). In all of them x gives the queries
and the context gives keys and values.

Fusers with one interface, `fuser(parts, present) -> (B, D)`: `ConcatFusion`, `LateFusion`,
`CrossFusion` and `TokenFusion`.

Letters: S tokens of the context, W its width, Q queries or latents, M modalities.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mmlab.errors import InputError
from mmlab.models.attention import MultiHeadAttention, TransformerBlock, activation_layer, causal_mask, mlp
from mmlab.models.validate import require_context, require_context_mask, require_parts


def broadcast_mask(mask: Tensor | None, x: Tensor, context: Tensor) -> Tensor | None:
    """Return a mask of the context, (B, S) or (B, T, S) bool, in attention's form: (B, 1, 1 or T, S)."""
    if mask is None:
        return None
    require_context_mask(mask, x, context)
    return mask[:, None, None] if mask.ndim == 2 else mask[:, None]


class DecoderBlock(nn.Module):
    """x + self-attention, then x + cross-attention, then x + MLP, each of a normed x: the pre-norm decoder block.

    width          D
    heads          H
    mlp_ratio      hidden width of the MLP, in widths
    activation     one of `mmlab.models.attention.ACTIVATIONS`
    context_width  W; None: D
    source         Vaswani et al. 2017, Attention Is All You Need, figure 1; Xiong et al. 2020 on pre-norm
    """

    def __init__(
        self,
        width: int,
        heads: int,
        mlp_ratio: float = 4,
        activation: str = "gelu",
        context_width: int | None = None,
    ):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.attention = MultiHeadAttention(width, heads)
        self.cross = MultiHeadAttention(width, heads, context_width)
        self.mlp = mlp(width, mlp_ratio, activation)

    def forward(
        self, x: Tensor, context: Tensor, mask: Tensor | None = None, context_mask: Tensor | None = None
    ) -> Tensor:
        """Return the tokens after one block: (B, T, D), (B, S, W) → (B, T, D).

        mask          which tokens of x may look at which, as in attention; None: the causal mask
        context_mask  bool, (B, S) or (B, T, S): True where the context has a token (that a query may look at)
        raises        ShapeError for a context or a mask of another shape or type
        """
        mask = causal_mask(x.shape[1], x.device) if mask is None else mask
        x = x + self.attention(self.norm1(x), mask=mask)
        x = x + self.cross(self.norm2(x), context, broadcast_mask(context_mask, x, context))
        return x + self.mlp(self.norm3(x))


class GatedCrossBlock(nn.Module):
    """x + tanh(a) · cross-attention(norm(x), context), then x + tanh(b) · MLP(norm(x)); a and b start at 0.

    At the start the block returns x exactly, so inserting it into a trained language model changes
    nothing; training a and b lets the context in.

    width, heads, mlp_ratio, activation, context_width   as in `DecoderBlock`
    source  Alayrac et al. 2022, Flamingo, section 2.2
    """

    def __init__(
        self,
        width: int,
        heads: int,
        mlp_ratio: float = 4,
        activation: str = "gelu",
        context_width: int | None = None,
    ):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.cross = MultiHeadAttention(width, heads, context_width)
        self.mlp = mlp(width, mlp_ratio, activation)
        self.gate_attention = nn.Parameter(torch.zeros(()))
        self.gate_mlp = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, context: Tensor, context_mask: Tensor | None = None) -> Tensor:
        """Return the tokens after one block, masks as in `DecoderBlock`: (B, T, D), (B, S, W) → (B, T, D)."""
        mixed = self.cross(self.norm1(x), context, broadcast_mask(context_mask, x, context))
        x = x + self.gate_attention.tanh() * mixed
        return x + self.gate_mlp.tanh() * self.mlp(self.norm2(x))


class Resampler(nn.Module):
    """A fixed number of latents that look at features of any number, and at each other.

    In every layer the latents give the queries; keys and values come from [features, latents].
    Positions are the features' own: without them the order of the features does not matter.

    width          D
    heads          H
    latents        Q, tokens that come out
    layers         layers of attention and MLP
    mlp_ratio, activation   as in `DecoderBlock`
    context_width  W, width of the features; None: D, else a linear layer W → D comes first
    source         Alayrac et al. 2022, Flamingo, section 2.1; Jaegle et al. 2021, Perceiver
    """

    def __init__(
        self,
        width: int,
        heads: int,
        latents: int = 8,
        layers: int = 2,
        mlp_ratio: float = 4,
        *,
        activation: str = "gelu",
        context_width: int | None = None,
    ):
        super().__init__()
        self.context_width = context_width or width
        self.project = nn.Linear(context_width, width) if context_width else nn.Identity()
        self.latents = nn.Parameter(torch.randn(latents, width))
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "norm_features": nn.LayerNorm(width),
                    "norm_latents": nn.LayerNorm(width),
                    "attention": MultiHeadAttention(width, heads),
                    "norm_mlp": nn.LayerNorm(width),
                    "mlp": mlp(width, mlp_ratio, activation),
                }
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the latents after all layers, normalised: (B, S, W) → (B, Q, D).

        mask    bool (B, S): True where there is a feature
        raises  ShapeError for features or a mask of another shape or type
        """
        require_context(features, len(features), self.context_width)
        features = self.project(features)
        x = self.latents.expand(len(features), -1, -1)
        if mask is not None:  # the latents may always look at themselves
            require_context_mask(mask, mask, features)
            mask = torch.cat([mask, mask.new_ones(x.shape[:2])], dim=1)[:, None, None]
        for layer in self.layers:
            queries = layer["norm_latents"](x)
            context = torch.cat([layer["norm_features"](features), queries], dim=1)  # (B, S + Q, D)
            x = x + layer["attention"](queries, context, mask)
            x = x + layer["mlp"](layer["norm_mlp"](x))
        return self.norm(x)


class QueryBlock(nn.Module):
    """norm(x + self-attention), norm(x + cross-attention), norm(x + MLP): BERT's post-norm layer with a context.

    looks          False: a layer without cross-attention
    width, heads, mlp_ratio, activation, context_width   as in `DecoderBlock`
    """

    def __init__(
        self,
        width: int,
        heads: int,
        mlp_ratio: float = 4,
        activation: str = "gelu",
        context_width: int | None = None,
        *,
        looks: bool = True,
        norm_eps: float = 1e-12,
    ):
        super().__init__()
        self.attention = MultiHeadAttention(width, heads)
        self.norm1 = nn.LayerNorm(width, eps=norm_eps)
        self.cross = MultiHeadAttention(width, heads, context_width) if looks else None
        self.norm2 = nn.LayerNorm(width, eps=norm_eps) if looks else None
        self.mlp = mlp(width, mlp_ratio, activation)
        self.norm3 = nn.LayerNorm(width, eps=norm_eps)

    def forward(self, x: Tensor, context: Tensor, context_mask: Tensor | None = None) -> Tensor:
        """Return the queries after one layer: (B, Q, D), (B, S, W) → (B, Q, D); mask as in `DecoderBlock`."""
        x = self.norm1(x + self.attention(x))
        if self.cross is not None:
            x = self.norm2(x + self.cross(x, context, broadcast_mask(context_mask, x, context)))
        return self.norm3(x + self.mlp(x))


class QueryTransformer(nn.Module):
    """Learned queries that look at each other and, in every `cross_every`-th layer, at the features: a Q-Former.

    The branch that reads text, which BLIP-2 trains beside it, is left out.

    width, heads   D and H
    queries        Q, tokens that come out
    layers         `QueryBlock`s; the first one looks at the features
    cross_every    2 in BLIP-2
    mlp_ratio, activation, context_width   as in `DecoderBlock`
    source         Li et al. 2023, BLIP-2, section 3.1
    """

    def __init__(
        self,
        width: int,
        heads: int,
        queries: int = 8,
        layers: int = 2,
        mlp_ratio: float = 4,
        *,
        activation: str = "gelu",
        context_width: int | None = None,
        cross_every: int = 2,
        norm_eps: float = 1e-12,
    ):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(queries, width))
        self.norm = nn.LayerNorm(width, eps=norm_eps)
        block = (width, heads, mlp_ratio, activation, context_width)
        self.blocks = nn.ModuleList(
            QueryBlock(*block, looks=layer % cross_every == 0, norm_eps=norm_eps) for layer in range(layers)
        )

    def forward(self, features: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the queries after all layers: (B, S, W) → (B, Q, D); mask as in `Resampler`."""
        x = self.norm(self.queries).expand(len(features), -1, -1)
        for block in self.blocks:
            x = block(x, features, mask)
        return x


Parts, Present = Mapping[str, Tensor], Mapping[str, Tensor] | None


class Fuser(nn.Module):
    """What all fusers share: a projection to one width, and a mask of what is there.

    widths  name of a modality → width of its features
    width   D
    raises  InputError for no modalities

    `fuser(parts, present)` returns one vector an example, (B, D):

    parts    name → (B, d) or (B, T, d) float; a name that is left out is missing in every example
    present  name → bool, (B,): which examples have it, or (B, T): which tokens; a name left out is there
    raises   InputError for an unknown name or an example that has nothing, ShapeError for other shapes

    Missing examples and tokens have no influence, whatever their features hold. The order of the names has none.
    """

    def __init__(self, widths: Mapping[str, int], width: int):
        super().__init__()
        if not widths:
            raise InputError("widths={}", "at least one modality", 'pass widths={"image": 64, "text": 32}')
        self.widths, self.width = dict(widths), width
        self.project = nn.ModuleDict({name: nn.Linear(size, width) for name, size in self.widths.items()})

    def tokens(self, parts: Parts, present: Present = None) -> dict[str, tuple[Tensor, Tensor]]:
        """Return name → (tokens (B, T, D), mask (B, T)) of the modalities in parts, in the order of `widths`."""
        present = present or {}
        require_parts(parts, present, self.widths)
        aligned = {}
        for name in self.widths:
            if name in parts:
                part = parts[name] if parts[name].ndim == 3 else parts[name][:, None]
                mask = present.get(name, part.new_ones(len(part), dtype=torch.bool))
                mask = mask.reshape(len(part), -1).expand(part.shape[:2])  # (B,) or (B, T) → (B, T)
                aligned[name] = self.project[name](part.masked_fill(~mask[:, :, None], 0.0)), mask
        nothing = ~torch.stack([mask.any(dim=1) for _, mask in aligned.values()]).any(dim=0)
        if nothing.any():
            given = f"example {int(nothing.nonzero()[0])} of the batch has no modality"
            raise InputError(given, "at least one in each example", "drop the example, or keep one modality")
        return aligned

    def pooled(self, parts: Parts, present: Present = None) -> dict[str, tuple[Tensor, Tensor]]:
        """Return name → (mean of its valid tokens (B, D), whether there are any (B,)), in the order of `widths`."""
        return {name: mean_of(*pair) for name, pair in self.tokens(parts, present).items()}


def mean_of(tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of the valid tokens and whether there are any: (B, T, D), (B, T) → (B, D), (B,)."""
    total = (tokens * mask[:, :, None]).sum(dim=1)
    count = mask.sum(dim=1)
    return total / count.clamp(min=1)[:, None], count > 0


def join(first: Tensor, aligned: Mapping[str, tuple[Tensor, Tensor]], batch: int) -> tuple[Tensor, Tensor]:
    """Return a learned token and all tokens in one sequence, and which may be looked at.

    first    (D,), always there
    aligned  name → (tokens (B, T, D), mask (B, T))
    returns  (B, 1 + all T, D) and, in attention's form, (B, 1, 1, 1 + all T)
    """
    tokens = [first.expand(batch, 1, -1), *(tokens for tokens, _ in aligned.values())]
    masks = [
        torch.ones(batch, 1, dtype=torch.bool, device=first.device),
        *(mask for _, mask in aligned.values()),
    ]
    return torch.cat(tokens, dim=1), torch.cat(masks, dim=1)[:, None, None]


class ConcatFusion(Fuser):
    """Early fusion of vectors: pool each modality, concatenate in a fixed order, one MLP.

    A missing modality is a learned vector, so the width is always M · D and the MLP can tell
    "missing" from "all zeros".
    """

    def __init__(self, widths: Mapping[str, int], width: int, activation: str = "gelu"):
        super().__init__(widths, width)
        self.missing = nn.Parameter(0.02 * torch.randn(len(self.widths), width))
        self.mix = nn.Sequential(
            nn.LayerNorm(len(self.widths) * width),
            nn.Linear(len(self.widths) * width, width),
            activation_layer(activation),
            nn.Linear(width, width),
        )

    def forward(self, parts: Parts, present: Present = None) -> Tensor:
        """Return the fused vectors (B, D); arguments as in `Fuser`."""
        pooled, batch = self.pooled(parts, present), len(next(iter(parts.values())))
        rows = []
        for name, missing in zip(self.widths, self.missing, strict=True):
            rows.append(missing.expand(batch, -1))
            if name in pooled:
                vector, there = pooled[name]
                rows[-1] = torch.where(there[:, None], vector, rows[-1])
        return self.mix(torch.cat(rows, dim=1))


class LateFusion(Fuser):
    """Late fusion: each modality has its own MLP, and their results are averaged over those that are there."""

    def __init__(self, widths: Mapping[str, int], width: int, activation: str = "gelu"):
        super().__init__(widths, width)
        self.heads = nn.ModuleDict(
            {name: nn.Sequential(nn.LayerNorm(width), mlp(width, 2, activation)) for name in self.widths}
        )

    def forward(self, parts: Parts, present: Present = None) -> Tensor:
        """Return the fused vectors (B, D); arguments as in `Fuser`."""
        pooled = self.pooled(parts, present)
        results = torch.stack([self.heads[name](vector) for name, (vector, _) in pooled.items()], dim=1)
        return mean_of(results, torch.stack([there for _, there in pooled.values()], dim=1))[0]


class CrossFusion(Fuser):
    """Fusion by cross-attention: the vector of one modality looks at the tokens of the others.

    A learned vector asks where that modality is missing, and a learned token can be looked at where
    there are no others.

    heads, layers   of its attention
    query           the modality that asks; None: the first of widths
    raises          InputError for a query that is no modality, or heads that do not divide the width
    """

    def __init__(
        self,
        widths: Mapping[str, int],
        width: int,
        heads: int = 4,
        layers: int = 1,
        *,
        query: str | None = None,
    ):
        super().__init__(widths, width)
        self.query = next(iter(self.widths)) if query is None else query
        if self.query not in self.widths:
            raise InputError(
                f"query={query!r}", f"one of {', '.join(self.widths)}", "name a modality of widths"
            )
        self.missing = nn.Parameter(0.02 * torch.randn(width))
        self.nothing = nn.Parameter(0.02 * torch.randn(width))
        self.norm_context = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "norm1": nn.LayerNorm(width),
                    "attention": MultiHeadAttention(width, heads),
                    "norm2": nn.LayerNorm(width),
                    "mlp": mlp(width),
                }
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, parts: Parts, present: Present = None) -> Tensor:
        """Return the fused vectors (B, D); arguments as in `Fuser`."""
        aligned, batch = self.tokens(parts, present), len(next(iter(parts.values())))
        x = self.missing.expand(batch, 1, -1)
        if self.query in aligned:
            vector, there = mean_of(*aligned.pop(self.query))
            x = torch.where(there[:, None, None], vector[:, None], x)
        context, mask = join(self.nothing, aligned, batch)
        context = self.norm_context(context)
        for layer in self.layers:
            x = x + layer["attention"](layer["norm1"](x), context, mask)
            x = x + layer["mlp"](layer["norm2"](x))
        return self.norm(x[:, 0])


class TokenFusion(Fuser):
    """Early fusion of tokens: all tokens of all modalities in one transformer, read at a learned token.

    Each modality's tokens get a learned vector that says which one they are. Positions are the
    features' own.

    heads, layers   of its `TransformerBlock`s
    """

    def __init__(
        self, widths: Mapping[str, int], width: int, heads: int = 4, layers: int = 1, activation: str = "gelu"
    ):
        super().__init__(widths, width)
        self.kinds = nn.ParameterDict({name: 0.02 * torch.randn(width) for name in self.widths})
        self.summary = nn.Parameter(0.02 * torch.randn(width))
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, activation=activation) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, parts: Parts, present: Present = None) -> Tensor:
        """Return the fused vectors (B, D); arguments as in `Fuser`."""
        aligned = self.tokens(parts, present)
        marked = {name: (x + self.kinds[name], mask) for name, (x, mask) in aligned.items()}
        x, mask = join(self.summary, marked, len(next(iter(parts.values()))))
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x[:, 0])
