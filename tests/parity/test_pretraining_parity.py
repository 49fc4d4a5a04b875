"""Week 06: our blocks and formulas give the library's pre-training losses on the same weights."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipForImageTextRetrieval,
)

from mmlab.losses import cosines
from mmlab.models.fusion import QueryBlock

SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
PIECES = {f"attention.{name}": f"attention.self.{name}" for name in ("query", "key", "value")} | {
    "attention.out": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "mlp.0": "intermediate.dense",
    "mlp.2": "output.dense",
    "norm3": "output.LayerNorm",
}
LIMITS = {torch.float32: 1e-5, torch.float64: 1e-12}


def blip_config(smoothing: float) -> BlipConfig:
    """Return a small BLIP whose captioning loss is smoothed by that much."""
    image = {**SIZE, "image_size": 32, "patch_size": 8}
    text = {**SIZE, "vocab_size": 40, "max_position_embeddings": 12, "encoder_hidden_size": 32}
    ends = {"pad_token_id": 0, "bos_token_id": 38, "eos_token_id": 39, "sep_token_id": 39}
    text |= ends | {"label_smoothing": smoothing}
    return BlipConfig(vision_config=image, text_config=text, image_text_hidden_size=16)


def examples(dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return five images (5, 3, 32, 32) and texts (5, 9) without padding."""
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randn(5, 3, 32, 32, generator=generator, dtype=torch.float64).to(dtype)
    return pixels, torch.randint(1, 38, (5, 9), generator=generator)


@pytest.mark.parametrize("dtype", LIMITS)
def test_query_blocks_without_a_context_are_bert(dtype):
    torch.manual_seed(0)
    bert = BertForMaskedLM(BertConfig(vocab_size=40, max_position_embeddings=12, **SIZE)).to(dtype).eval()
    blocks = nn.ModuleList(QueryBlock(32, 4, looks=False) for _ in range(2)).to(dtype).eval()
    for block, layer in zip(blocks, bert.bert.encoder.layer, strict=True):
        for ours, theirs in PIECES.items():
            block.get_submodule(ours).load_state_dict(layer.get_submodule(theirs).state_dict())
    _, ids = examples(dtype)
    labels = torch.where(ids % 3 == 0, ids, -100)
    assert 0 < (labels >= 0).sum() < labels.numel()
    with torch.no_grad():
        x = bert.bert.embeddings(ids)
        for block in blocks:
            x = block(x, None)
        logits, wanted = bert.cls(x), bert(ids, labels=labels)
        loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten())
    assert (logits - wanted.logits).abs().max() < LIMITS[dtype]
    assert (loss - wanted.loss).abs() < LIMITS[dtype]


@pytest.mark.parametrize("dtype", LIMITS)
def test_matching_logits_and_similarities_are_blips(dtype):
    torch.manual_seed(0)
    blip = BlipForImageTextRetrieval(blip_config(0.1)).to(dtype).eval()
    pixels, ids = examples(dtype)
    with torch.no_grad():
        together, apart = blip(ids, pixels), blip(ids, pixels, use_itm_head=False)
        match = together.question_embeds[:, 0] @ blip.itm_head.weight.T + blip.itm_head.bias
        image = blip.vision_proj(apart.last_hidden_state[:, 0])
        text = blip.text_proj(apart.question_embeds[:, 0])
    assert match.shape == (5, 2)
    assert (match - together.itm_score).abs().max() < LIMITS[dtype]
    assert (cosines(image, text) - apart.itm_score).abs().max() < LIMITS[dtype]


@pytest.mark.parametrize("smoothing", (0.0, 0.1))
@pytest.mark.parametrize("dtype", LIMITS)
def test_the_captioning_loss_is_blips_with_its_label_smoothing(dtype, smoothing):
    torch.manual_seed(0)
    blip = BlipForConditionalGeneration(blip_config(smoothing)).to(dtype).eval()
    pixels, ids = examples(dtype)
    with torch.no_grad():
        out = blip(pixels, ids, labels=ids)
        logits, targets = out.logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()
        losses = [F.cross_entropy(logits, targets, label_smoothing=amount) for amount in (smoothing, 0.5)]
    assert (losses[0] - out.loss).abs() < LIMITS[dtype]
    assert (losses[1] - out.loss).abs() > 1e-6  # another smoothing gives another loss
