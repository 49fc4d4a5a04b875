"""The Vision Transformer: an image is a sentence of patches."""

import torch
from torch import Tensor, nn

from mmlab.errors import InputError, ShapeError
from mmlab.models.attention import TransformerBlock


class ViT(nn.Module):
    """Patches, a class token and positions in; tokens that have looked at each other out.

    image_size     Y and X in pixels, divisible by patch
    patch          pixels a side
    width          D
    layers, heads  blocks, and heads in each
    pre_norm       True: normalise the embedded tokens before the blocks (and so
                   give the patches no bias), as CLIP's vision tower does
    mlp_ratio, activation, norm_eps   as in `TransformerBlock`
    raises         InputError when the patches do not tile the image
    source         Dosovitskiy et al. 2021, An Image is Worth 16x16 Words, section 3.1
    """

    def __init__(
        self,
        image_size: int = 32,
        patch: int = 8,
        width: int = 64,
        layers: int = 2,
        heads: int = 4,
        *,
        channels: int = 3,
        mlp_ratio: float = 4,
        activation: str = "gelu",
        pre_norm: bool = False,
        norm_eps: float = 1e-5,
    ):
        super().__init__()
        if patch < 1 or image_size < patch or image_size % patch:
            given = f"ViT(image_size={image_size}, patch={patch})"
            raise InputError(given, "patches that tile the image", "try image_size=32, patch=8")
        self.config = dict(
            image_size=image_size, patch=patch, width=width, layers=layers, heads=heads,
            channels=channels, mlp_ratio=mlp_ratio, activation=activation, pre_norm=pre_norm,
            norm_eps=norm_eps,
        )  # fmt: skip
        self.patches = nn.Conv2d(channels, width, patch, stride=patch, bias=not pre_norm)
        self.class_token = nn.Parameter(torch.empty(width))
        self.positions = nn.Parameter(torch.empty(1 + (image_size // patch) ** 2, width))
        self.pre_norm = nn.LayerNorm(width, eps=norm_eps) if pre_norm else nn.Identity()
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, mlp_ratio, activation, norm_eps=norm_eps)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width, eps=norm_eps)
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
        self.demand(pixels)
        patches = self.patches(pixels).flatten(2).transpose(1, 2)  # (B, T - 1, D), row by row
        first = self.class_token.expand(len(pixels), 1, -1)
        return torch.cat([first, patches], dim=1) + self.positions

    def demand(self, pixels: Tensor) -> None:
        """Raise ShapeError unless the pixels are (B, C, Y, X) floats of this model's size."""
        size, channels = self.config["image_size"], self.config["channels"]
        fits = pixels.ndim == 4 and tuple(pixels.shape[1:]) == (channels, size, size)
        if not fits or not len(pixels):
            given = f"ViT: pixels {tuple(pixels.shape)}"
            wanted = f"(B, {channels}, {size}, {size}) with B at least 1"
            raise ShapeError(given, wanted, "make pixels with data.preprocess(images)")
        if not pixels.is_floating_point():
            given = f"ViT: pixels of {pixels.dtype}"
            raise ShapeError(given, "floats, normalised", "call data.preprocess(images) first")


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
        width = vision.config["width"]
        self.heads = nn.ModuleDict({name: nn.Linear(width, n) for name, n in classes.items()})

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """Return the logits of each attribute: (B, C, Y, X) → {name: (B, classes)}."""
        pooled = self.vision.pooled(pixels)
        return {name: head(pooled) for name, head in self.heads.items()}
