"""The Vision Transformer: an image as a sequence of patches."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmlab.models.attention import TransformerBlock
from mmlab.models.validate import require_heads, require_patches, require_pixels


@dataclass(frozen=True)
class VisionConfig:
    """The shape of a `ViT`.

    image_size     Y and X in pixels, divisible by patch
    patch          pixels a side
    width          D
    layers, heads  blocks, and heads in each
    pre_norm       True: normalise the embedded tokens before the blocks (and so
                   give the patches no bias), as CLIP's vision tower does
    mlp_ratio, activation, norm_eps   as in `TransformerBlock`
    raises         InputError when the patches do not tile the image, or the heads the width
    """

    image_size: int = 32
    patch: int = 8
    width: int = 64
    layers: int = 2
    heads: int = 4
    channels: int = 3
    mlp_ratio: float = 4
    activation: str = "gelu"
    pre_norm: bool = False
    norm_eps: float = 1e-5

    def __post_init__(self):
        require_patches(self.image_size, self.patch)
        require_heads(self.width, self.heads, "VisionConfig")

    @property
    def tokens(self) -> int:
        """T: the class token and the patches."""
        return 1 + (self.image_size // self.patch) ** 2


class ViT(nn.Module):
    """Patches, a class token and positions in; tokens that have attended to each other out.

    config  its shape
    source  Dosovitskiy et al. 2021, An Image is Worth 16x16 Words, section 3.1
    """

    def __init__(self, config: VisionConfig = VisionConfig()):
        super().__init__()
        self.config, width, eps = config, config.width, config.norm_eps
        self.patches = nn.Conv2d(
            config.channels, width, config.patch, stride=config.patch, bias=not config.pre_norm
        )
        self.class_token = nn.Parameter(torch.empty(width))
        self.positions = nn.Parameter(torch.empty(config.tokens, width))
        self.pre_norm = nn.LayerNorm(width, eps=eps) if config.pre_norm else nn.Identity()
        self.blocks = nn.ModuleList(
            TransformerBlock(width, config.heads, config.mlp_ratio, config.activation, norm_eps=eps)
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width, eps=eps)
        nn.init.normal_(self.class_token, std=0.02)
        nn.init.normal_(self.positions, std=0.02)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the tokens, class token first, normalised: (B, C, Y, X) float → (B, T, D)."""
        return self.norm(self.hidden(pixels))

    def pooled(self, pixels: Tensor) -> Tensor:
        """Return one vector an image, its class token, normalised: (B, C, Y, X) → (B, D)."""
        return self.norm(self.hidden(pixels)[:, 0])

    def hidden(self, pixels: Tensor) -> Tensor:
        """Return the tokens before the final norm: (B, C, Y, X) → (B, T, D)."""
        x = self.pre_norm(self.embed(pixels))
        for block in self.blocks:
            x = block(x)
        return x

    def embed(self, pixels: Tensor) -> Tensor:
        """Return class token and patches with their positions added: (B, C, Y, X) → (B, T, D)."""
        require_pixels(pixels, self.config.channels, self.config.image_size)
        patches = self.patches(pixels).flatten(2).transpose(1, 2)  # (B, T - 1, D), row by row
        first = self.class_token.expand(len(pixels), 1, -1)
        return torch.cat([first, patches], dim=1) + self.positions


class Classifier(nn.Module):
    """A ViT with one linear head for each named attribute.

    vision   a ViT of width D
    classes  attribute → number of classes, such as {"colour": 8, "kind": 6}

    >>> model = Classifier(ViT(), {"colour": 8, "kind": 6})
    >>> {name: tuple(x.shape) for name, x in model(torch.zeros(2, 3, 32, 32)).items()}
    {'colour': (2, 8), 'kind': (2, 6)}
    """

    def __init__(self, vision: ViT, classes: dict[str, int]):
        super().__init__()
        self.vision = vision
        width = vision.config.width
        self.heads = nn.ModuleDict({name: nn.Linear(width, n) for name, n in classes.items()})

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """Return the logits of each attribute: (B, C, Y, X) → {name: (B, classes)}."""
        pooled = self.vision.pooled(pixels)
        return {name: head(pooled) for name, head in self.heads.items()}
