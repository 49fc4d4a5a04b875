"""The losses that teach two towers to agree, on embeddings and on logits.

    contrastive_loss   one softmax over the batch, both ways (InfoNCE, CLIP)
    siglip_loss        one yes or no a pair (SigLIP)

Each takes embeddings; `..._of_logits` takes a (B, B) matrix that is scaled already.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from mmlab.errors import ShapeError
from mmlab.models.validate import require_bias, require_temperature


def contrastive_loss(image: Tensor, text: Tensor, temperature: float | Tensor = 0.07) -> Tensor:
    """Return how badly a batch of image and text embeddings finds its own pairs.

    image        (B, D) float   row i is image i; normalised here
    text         (B, D) float   row i is the caption of image i
    temperature  float > 0      divides the cosines; lower is stricter; a () tensor may be learned
    returns      () float       mean of the image→text and text→image cross-entropies
    raises       ShapeError     when the batches differ
                 InputError     for a temperature that is not a finite number above 0
    source       Radford et al. 2021, CLIP, figure 3

    >>> round(contrastive_loss(torch.eye(2), torch.eye(2), temperature=1.0).item(), 4)
    0.3133
    """
    require_temperature(temperature)
    return contrastive_loss_of_logits(cosines(image, text) / temperature)


def contrastive_loss_of_logits(logits: Tensor) -> Tensor:
    """Return the contrastive loss of a matrix of logits whose pairs lie on the diagonal.

    logits   (B, B) float   row i is image i against every text, scaled
    returns  () float       mean of the cross-entropies along rows and along columns
    raises   ShapeError     when the matrix is empty or not square
    """
    require_square(logits)
    own = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def siglip_loss(
    image: Tensor, text: Tensor, temperature: float | Tensor = 0.1, bias: float | Tensor = -10.0
) -> Tensor:
    """Return how badly each pair, alone, is told to belong together or not.

    image        (B, D) float   row i is image i; normalised here
    text         (B, D) float   row i is the caption of image i
    temperature  float > 0      divides the cosines; a () tensor may be learned
    bias         float          added to every logit: most pairs do not belong together
    returns      () float       summed over the texts of an image, averaged over the images
    raises       ShapeError     when the batches differ
                 InputError     for a temperature that is not a finite number above 0, or a bias that is not finite
    source       Zhai et al. 2023, Sigmoid Loss for Language Image Pre-Training, algorithm 1

    >>> round(siglip_loss(torch.eye(2), torch.eye(2), temperature=1.0, bias=0.0).item(), 4)
    1.0064
    """
    require_temperature(temperature)
    require_bias(bias)
    return siglip_loss_of_logits(cosines(image, text) / temperature + bias)


def siglip_loss_of_logits(logits: Tensor) -> Tensor:
    """Return the sigmoid loss of a matrix of logits whose pairs lie on the diagonal.

    logits   (B, B) float   row i is image i against every text, scaled and shifted
    returns  () float       summed over the texts of an image, averaged over the images
    raises   ShapeError     when the matrix is empty or not square
    """
    require_square(logits)
    sign = 2 * torch.eye(len(logits), dtype=logits.dtype, device=logits.device) - 1
    return -F.logsigmoid(sign * logits).sum() / len(logits)


def cosines(image: Tensor, text: Tensor) -> Tensor:
    """Return the cosine of every image with every text: (B, D), (B, D) → (B, B).

    Raises ShapeError unless both are (B, D) of one shape, B at least 1.
    """
    if image.ndim != 2 or image.shape != text.shape or not len(image):
        given = f"image {tuple(image.shape)} and text {tuple(text.shape)}"
        wanted = f"both (B, D), B at least 1: text {tuple(image.shape)} to go with image"
        if image.ndim != 2 or not len(image):
            wanted = "both (B, D), B at least 1"
        raise ShapeError(given, wanted, "pass one caption embedding for each image embedding")
    return F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T


def require_square(logits: Tensor) -> None:
    """Raise ShapeError unless the logits are (B, B), B at least 1."""
    if logits.ndim != 2 or logits.shape[0] != logits.shape[1] or not len(logits):
        given = f"logits {tuple(logits.shape)}"
        raise ShapeError(given, "(B, B), B at least 1", "pass as many texts as images, in order")
