"""Tokenizer, text tower, ViT and CLIP: what they promise and what they refuse."""

import pytest
import torch
from torch.nn import functional as F

from mmlab import world
from mmlab.errors import InputError, ShapeError
from mmlab.models import clip
from mmlab.models.text import TextConfig, TextTower, WordTokenizer, split_words
from mmlab.models.vit import VisionConfig, ViT

WORDS = ("a", "large", "red", "circle", "left", "of")


def test_every_text_reads_back():
    tokenizer = WordTokenizer(WORDS, length=9)
    texts = ["a large red circle", "a red circle left of a circle", ""]
    ids = tokenizer(texts)
    assert ids.dtype == torch.int64 and ids.shape == (3, 9)
    assert tokenizer.decode(ids) == texts
    assert tokenizer.vocabulary_size == ids.max() + 1 == len(WORDS) + 3
    assert (ids.argmax(1) == (ids == tokenizer.end).int().argmax(1)).all()


def test_case_and_punctuation_are_set_aside():
    tokenizer = WordTokenizer(WORDS)
    assert torch.equal(tokenizer(["A red circle."]), tokenizer(["a red circle"]))


def test_no_texts_give_no_rows():
    assert WordTokenizer(WORDS, length=5)([]).shape == (0, 5)


@pytest.mark.parametrize(
    "texts, says",
    [
        (["a red dog"], "the word 'dog'"),
        (["a a a a a"], "at most 4 words"),
        ("a red circle", r"try: write \[text\]"),
    ],
)
def test_texts_that_do_not_fit_are_named(texts, says):
    with pytest.raises(InputError, match=says):
        WordTokenizer(WORDS, length=6)(texts)


def test_a_repeated_word_is_refused():
    with pytest.raises(InputError, match="distinct"):
        WordTokenizer(["a", "red", "a"])


def test_what_follows_the_end_changes_nothing():
    torch.manual_seed(1)
    tower = TextTower(TextConfig(20, width=24, heads=3, length=8))
    ids = torch.tensor([[18, 4, 19, 0, 0, 0, 0, 0], [18, 3, 5, 7, 19, 0, 0, 0]])
    littered = ids.clone()
    littered[0, 3:] = torch.tensor([4, 7, 19, 2, 2])
    torch.testing.assert_close(tower(ids), tower(littered), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(tower(ids), tower(ids[:, :5]), rtol=1e-5, atol=1e-6)
    assert not torch.allclose(tower(ids)[0], tower(ids)[1])


@pytest.mark.parametrize(
    "ids, error",
    [
        (torch.ones(4, 9, dtype=torch.long), ShapeError),
        (torch.ones(0, 8, dtype=torch.long), ShapeError),
        (torch.ones(8, dtype=torch.long), ShapeError),
        (torch.ones(4, 8), ShapeError),
        (torch.full((4, 8), 20), InputError),
        (torch.full((4, 8), -1), InputError),
        (torch.full((4, 8), 3), InputError),
    ],
)
def test_ids_that_do_not_fit_are_named(ids, error):
    with pytest.raises(error, match="wanted: .*\n  try: "):
        TextTower(TextConfig(20, width=24, heads=3, length=8))(ids)


def test_a_vit_gives_a_class_token_and_a_token_a_patch():
    model = ViT(VisionConfig(image_size=24, patch=8, width=40, heads=5))
    pixels = torch.randn(3, 3, 24, 24)
    tokens = model(pixels)
    assert tokens.shape == (3, 10, 40)
    torch.testing.assert_close(model.pooled(pixels), tokens[:, 0])


def test_patches_run_row_by_row():
    model = ViT(VisionConfig(image_size=24, patch=8, width=40, heads=5))
    pixels = torch.zeros(1, 3, 24, 24)
    pixels[:, :, 8:16, 0:8] = 1  # second row, first column: patch 3 of 0 … 8
    changed = model.embed(pixels) - model.embed(torch.zeros_like(pixels))
    assert changed.abs().sum(2).nonzero()[:, 1].tolist() == [1 + 3]


@pytest.mark.parametrize(
    "pixels",
    [
        torch.zeros(4, 32, 32, 3),
        torch.zeros(3, 32, 32),
        torch.zeros(4, 1, 32, 32),
        torch.zeros(4, 3, 32, 40),
        torch.zeros(0, 3, 32, 32),
        torch.zeros(4, 3, 32, 32, dtype=torch.uint8),
    ],
)
def test_pixels_that_do_not_fit_are_named(pixels):
    with pytest.raises(ShapeError, match=r"wanted: .*\n  try: .*data.preprocess"):
        ViT()(pixels)


@pytest.mark.parametrize("image_size, patch", [(32, 7), (32, 0), (8, 16)])
def test_patches_that_do_not_tile_the_image_are_refused(image_size, patch):
    with pytest.raises(InputError, match="tile the image"):
        VisionConfig(image_size, patch)


def test_logits_are_scaled_cosines_of_many_images_and_few_texts():
    torch.manual_seed(2)
    model = clip.small(vocabulary_size=20, length=6, logit_bias=-3.0)
    pixels = torch.randn(5, 3, 32, 32)
    ids = torch.tensor([[18, 2, 19, 0, 0, 0], [18, 4, 3, 19, 0, 0]])
    image, text = model.encode_image(pixels), model.encode_text(ids)
    cosines = F.cosine_similarity(image[:, None], text[None], dim=-1)
    assert image.shape == (5, 64) and text.shape == (2, 64)
    torch.testing.assert_close(model(pixels, ids), cosines / 0.07 - 3, rtol=1e-5, atol=1e-5)
    assert model.temperature.item() == pytest.approx(0.07)


def test_every_weight_of_clip_learns():
    torch.manual_seed(3)
    model = clip.small(vocabulary_size=20, length=6, logit_bias=-3.0)
    ids = torch.tensor([[18, 2, 19, 0, 0, 0], [18, 4, 3, 7, 5, 19]])
    model(torch.randn(2, 3, 32, 32), ids).square().sum().backward()
    still = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    # a key's bias adds one number to every score of a query, which softmax removes
    assert all(name.endswith("key.bias") for name in still), still


def test_empty_batches_are_named_by_clip():
    model = clip.small(vocabulary_size=20, length=6)
    ids = torch.tensor([[18, 2, 19, 0, 0, 0]])
    with pytest.raises(ShapeError, match="B at least 1"):
        model(torch.zeros(0, 3, 32, 32), ids)
    with pytest.raises(ShapeError, match="B at least 1"):
        model(torch.zeros(1, 3, 32, 32), ids[:0])


def test_every_caption_question_and_answer_of_the_world_fits_and_reads_back():
    tokenizer = WordTokenizer(world.vocabulary())
    scenes = world.sample(300, seed=4)
    texts = [world.caption(s, style, n) for style in world.STYLES for n, s in enumerate(scenes)]
    texts += [part for s in scenes for q in world.questions(s) for part in (q.text, q.answer)]
    assert tokenizer.decode(tokenizer(texts)) == [" ".join(split_words(text)) for text in texts]
