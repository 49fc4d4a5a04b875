"""A vision-language model in the manner of LLaVA: frozen image encoder, projector, language model.

words     start  <image> × 16        what  colour  is  the  ring   red   end   pad
vectors   word   projected patches   word vectors …
labels    -100   -100 …              -100 …                        red   end   -100
"""

from torch import Tensor, nn
from torch.nn import functional as F

from mmlab.errors import ShapeError
from mmlab.models.language import LanguageModel
from mmlab.models.vit import ViT

IGNORE = -100  # the label of a position without a loss, as in PyTorch's cross_entropy


class Projector(nn.Module):
    """Two linear layers with a GELU between them: the space of image features to that of word vectors.

    source  Liu et al. 2024, Improved Baselines with Visual Instruction Tuning, section 3.2
    """

    def __init__(self, image_width: int, text_width: int):
        super().__init__()
        self.linear1 = nn.Linear(image_width, text_width)
        self.linear2 = nn.Linear(text_width, text_width)

    def forward(self, features: Tensor) -> Tensor:
        """Return one vector a feature: (…, W) → (…, D)."""
        return self.linear2(F.gelu(self.linear1(features)))


class VLM(nn.Module):
    """An image encoder whose patch features stand in the text, at its placeholders.

    vision     a ViT; it is frozen here
    projector  image features (N, P, W) → (N, P, D); P may change, as with a resampler
    language   a LanguageModel of width D
    image_id   the id of the placeholder; an image takes P of them
    source     Liu et al. 2023, Visual Instruction Tuning, section 4.1
    """

    def __init__(self, vision: ViT, projector: nn.Module, language: LanguageModel, image_id: int):
        super().__init__()
        self.vision, self.projector, self.language = vision.requires_grad_(False), projector, language
        self.image_id = image_id

    def features(self, pixels: Tensor) -> Tensor:
        """Return the patch features of the last block, without norm and class token: (N, C, Y, X) → (N, P, W)."""
        return self.vision.hidden(pixels)[:, 1:]

    def embed(self, ids: Tensor, pixels: Tensor | None = None) -> Tensor:
        """Return word vectors with the projected patches at the placeholders: (B, T) int → (B, T, D).

        pixels  (N, C, Y, X) float: all images of the batch in reading order; None: a text without images
        raises  ShapeError when the placeholders are not as many as the projected patches
        """
        vectors = self.language.words(ids)
        is_image = ids == self.image_id
        projected = vectors[:0, 0] if pixels is None else self.projector(self.features(pixels)).flatten(0, 1)
        if int(is_image.sum()) != len(projected):
            raise ShapeError(
                f"VLM: {int(is_image.sum())} placeholders and {len(projected)} image vectors",
                "as many placeholders as image vectors",
                "write the placeholder once for every patch of every image",
            )
        return vectors.masked_scatter(is_image[:, :, None], projected.to(vectors.dtype))

    def forward(self, ids: Tensor, pixels: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Return the logits of the token after each position: (B, T) int → (B, T, V); mask False at padding."""
        return self.language(self.embed(ids, pixels), mask)


def answer_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of the labelled tokens: logits (B, T, V), labels (B, T) → ().

    labels  the ids themselves where a token is to be learned, else `IGNORE`; position t is
            compared with the label at t + 1, as the libraries do
    """
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORE)
