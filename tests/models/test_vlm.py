"""The VLM: image vectors stand at their placeholders, only projector and language model learn, labels are shifted once."""

import pytest
import torch
from torch.nn import functional as F

from mmlab.errors import ShapeError
from mmlab.models.language import LanguageConfig, LanguageModel
from mmlab.models.vit import VisionConfig, ViT
from mmlab.models.vlm import IGNORE, VLM, Projector, answer_loss

IMAGE = 9


@pytest.fixture
def model():
    torch.manual_seed(0)
    vision = ViT(VisionConfig(image_size=16, patch=8, width=24, layers=1, heads=3))
    language = LanguageModel(LanguageConfig(12, width=32, layers=2, heads=4, length=24))
    return VLM(vision, Projector(24, 32), language, IMAGE)


def pixels(count):
    return torch.randn(count, 3, 16, 16, generator=torch.Generator().manual_seed(2))


def test_image_vectors_stand_where_the_placeholders_are(model):
    ids = torch.tensor(
        [[1, 9, 9, 9, 9, 2, 9, 9, 9, 9], [3, 4, 5, 6, 7, 8, 1, 2, 3, 4], [9, 9, 9, 9, 1, 2, 3, 4, 5, 6]]
    )
    vectors = model.embed(ids, pixels(3))
    images = model.projector(model.features(pixels(3)))
    for row, start, number in ((0, 1, 0), (0, 6, 1), (2, 0, 2)):
        assert torch.equal(vectors[row, start : start + 4], images[number])
    words = ids != IMAGE
    assert torch.equal(vectors[words], model.language.words(ids)[words])


def test_a_text_without_images_needs_no_pixels(model):
    ids = torch.tensor([[1, 2, 3]])
    assert torch.equal(model(ids), model.language(ids))


@pytest.mark.parametrize("placeholders, images", [(3, 1), (8, 1), (4, None), (0, 1)])
def test_placeholders_must_be_as_many_as_image_vectors(model, placeholders, images):
    ids = torch.tensor([[1] + [IMAGE] * placeholders + [2]])
    with pytest.raises(ShapeError, match=f"{placeholders} placeholders"):
        model(ids, None if images is None else pixels(images))


def test_the_encoder_is_frozen_and_the_rest_learns(model):
    ids = torch.tensor([[1, 9, 9, 9, 9, 2, 5]])
    model(ids, pixels(1)).sum().backward()
    assert all(p.grad is None for p in model.vision.parameters())
    assert all(p.grad is not None for p in model.projector.parameters())
    assert model.language.words.weight.grad is not None


def test_the_loss_is_that_of_a_loop_over_the_labelled_tokens():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 6, 12, generator=generator)
    labels = torch.tensor([[IGNORE, IGNORE, 3, 4, IGNORE, IGNORE], [IGNORE, IGNORE, IGNORE, IGNORE, 5, 6]])
    terms = [
        -logits[row, place - 1].log_softmax(0)[labels[row, place]]
        for row in range(2)
        for place in range(1, 6)
        if labels[row, place] != IGNORE
    ]
    torch.testing.assert_close(answer_loss(logits, labels), torch.stack(terms).mean())
    assert len(terms) == 4
    assert not torch.isclose(
        answer_loss(logits, labels), F.cross_entropy(logits.flatten(0, 1), labels.flatten())
    )
