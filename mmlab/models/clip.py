"""CLIP: an image tower and a text tower that learn to agree."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmlab.models.text import TextConfig, TextTower
from mmlab.models.validate import require_temperature
from mmlab.models.vit import VisionConfig, ViT


class CLIP(nn.Module):
    """Two towers, a projection from each into one space, and a learned scale.

    vision       ViT; its class token is the image
    text         TextTower; its token at the end id is the text
    embed_width  E, width of the shared space
    temperature  what the cosines are divided by at the start of training
    logit_bias   None (CLIP), or the starting value of a learned bias (SigLIP: -10)
    raises       InputError for a temperature that is not a finite number above 0
    source       Radford et al. 2021, CLIP, figure 3; Zhai et al. 2023, SigLIP, section 3
    """

    def __init__(
        self,
        vision: ViT,
        text: TextTower,
        embed_width: int = 64,
        *,
        temperature: float = 0.07,
        logit_bias: float | None = None,
    ):
        super().__init__()
        require_temperature(temperature)
        self.vision, self.text = vision, text
        self.image_projection = nn.Linear(vision.config.width, embed_width, bias=False)
        self.text_projection = nn.Linear(text.config.width, embed_width, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))
        bias = None if logit_bias is None else nn.Parameter(torch.tensor(float(logit_bias)))
        self.register_parameter("logit_bias", bias)

    def encode_image(self, pixels: Tensor) -> Tensor:
        """Return the image embeddings, not normalised: (B, C, Y, X) float → (B, E)."""
        return self.image_projection(self.vision.pooled(pixels))

    def encode_text(self, ids: Tensor) -> Tensor:
        """Return the text embeddings, not normalised: (B, T) int → (B, E)."""
        return self.text_projection(self.text(ids))

    def forward(self, pixels: Tensor, ids: Tensor) -> Tensor:
        """Return how well each image fits each text: logits per image, (images, texts).

        The cosines, times exp(logit_scale), plus logit_bias where there is one.
        The two batches may differ in size: many images against a few prompts.
        """
        return self.logits(self.encode_image(pixels), self.encode_text(ids))

    def logits(self, image: Tensor, text: Tensor) -> Tensor:
        """Return the logits per image of embeddings: (images, E), (texts, E) → (images, texts)."""
        cosines = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T
        scaled = cosines * self.logit_scale.exp()
        return scaled if self.logit_bias is None else scaled + self.logit_bias

    @property
    def temperature(self) -> Tensor:
        """What the cosines are divided by, exp(-logit_scale): () float, with its gradient."""
        return (-self.logit_scale).exp()


def small(
    vocabulary_size: int,
    length: int = 32,
    width: int = 64,
    layers: int = 2,
    *,
    image_size: int = 32,
    patch: int = 8,
    heads: int = 4,
    embed_width: int = 64,
    activation: str = "gelu",
    logit_bias: float | None = None,
) -> CLIP:
    """Return the course's CLIP, untrained: CLIP's own architecture, small enough to learn live.

    vocabulary_size  `WordTokenizer.vocabulary_size`; the end id is the highest
    length           ids a text at most
    width, layers, heads   of both towers

    >>> model = small(vocabulary_size=50)
    >>> sum(p.numel() for p in model.parameters()) < 250_000
    True
    """
    vision = VisionConfig(image_size, patch, width, layers, heads, activation=activation, pre_norm=True)
    text = TextConfig(vocabulary_size, width, layers, heads, length, activation=activation)
    return CLIP(ViT(vision), TextTower(text), embed_width, logit_bias=logit_bias)
