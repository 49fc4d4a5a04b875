"""Week 02's references against the libraries and the package; room on both sides of a threshold."""

import math

import numpy as np
import pytest
import torch
from answers import reference, week_called
from torch.nn import functional as F
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

from mmlab import losses, metrics
from mmlab.check import drivers
from mmlab.check.compare import likelihood

pytestmark = pytest.mark.week("02_clip")
WEEK = week_called("02_clip")
TINY = {"hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 3}
TEXT = TINY | {"vocab_size": 30, "max_position_embeddings": 9, "bos_token_id": 1, "eos_token_id": 29, "pad_token_id": 0}
VISION = TINY | {"image_size": 16, "patch_size": 8}


def test_the_contrastive_loss_is_the_librarys():
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=10)).eval()
    ids = torch.randint(2, 29, (4, 7))
    ids[:, -1] = 29
    out = model(input_ids=ids, pixel_values=torch.randn(4, 3, 16, 16), return_loss=True)
    ours = reference(WEEK, "clip_contrastive_loss")(3 * out.image_embeds, out.text_embeds, (-model.logit_scale).exp().item())
    torch.testing.assert_close(ours, out.loss, rtol=1e-5, atol=1e-5)


def test_the_pairwise_loss_is_the_librarys():
    torch.manual_seed(0)
    model = SiglipModel(SiglipConfig(text_config=TEXT, vision_config=VISION)).eval()
    with torch.no_grad():
        model.logit_scale.fill_(1.3)
        model.logit_bias.fill_(-2.0)
    out = model(input_ids=torch.randint(2, 29, (4, 9)), pixel_values=torch.randn(4, 3, 16, 16), return_loss=True)
    scale, bias = model.logit_scale.exp().item(), model.logit_bias.item()
    ours = reference(WEEK, "siglip_pairwise_loss")(out.image_embeds, 2 * out.text_embeds, scale, bias)
    torch.testing.assert_close(ours, out.loss, rtol=1e-5, atol=1e-5)


def test_references_agree_with_the_package():
    generator = torch.Generator().manual_seed(5)
    image, text = (torch.randn(6, 4, generator=generator) for _ in range(2))
    plain = losses.contrastive_loss(image, text, 0.3)
    torch.testing.assert_close(reference(WEEK, "false_negative_batch")(image, text, list("abcdef"), 0.3), plain)
    rng = np.random.default_rng(5)
    similarity, owners = np.round(rng.normal(size=(5, 9)), 1), rng.permutation([0, 1, 2, 3, 4, 0, 0, 3, 2])
    for k in (1, 2, 4, 20):
        assert reference(WEEK, "recall_at_k")(similarity, owners, k) == metrics.recall_at_k(similarity, owners, k)
    gap, centred, _ = reference(WEEK, "modality_gap")(image, text[:5])
    assert math.isclose(gap.item(), metrics.modality_gap(image, text[:5]), rel_tol=1e-5)
    np.testing.assert_allclose(centred, metrics.centred(image), rtol=1e-4, atol=1e-5)


def test_centring_leaves_retrieval_as_good_or_better():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(60, 12))
    sides = [torch.tensor(shared + 0.5 * rng.normal(size=(60, 12)) + 2 * rng.normal(size=12)) for _ in range(2)]
    recall, owners = reference(WEEK, "recall_at_k"), np.arange(60)
    _, *moved = reference(WEEK, "modality_gap")(*sides)
    before, after = (recall((F.normalize(a) @ F.normalize(b).T).numpy(), owners, 1) for a, b in (sides, moved))
    assert after[0] > before[0] and after[1] > before[1]


@pytest.mark.slow
def test_train_clip_has_room_on_both_sides_of_its_threshold():
    exercise = WEEK.exercise("train_clip")
    only_image = next(m.function for m in exercise.misconceptions if m.name == "image_projection_only")
    driver = {"kind": exercise.driver.kind, "options": exercise.driver.options}
    good, bad = [], []
    for number in range(12):
        secret = b"draw %d" % number
        cases = exercise.inputs(secret)
        truths = [case["truth"] for case in cases]
        for answer, share in ((reference(WEEK, "train_clip"), good), (only_image, bad)):
            got = [drivers.run(driver, answer, case)["predictions"] for case in cases]
            share.append(min(float(p[torch.arange(len(t)), t].mean()) for p, t in zip(got, truths, strict=True)))
            assert all(likelihood(t, p, minimum=0.0) is None for p, t in zip(got, truths, strict=True))
    assert min(good) > 0.85 and max(bad) < 0.65, (good, bad)
