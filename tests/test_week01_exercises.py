"""Week 01's references against the libraries: Llava, Chameleon's quantiser, image processors, caches, torch."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import (
    ChameleonVQVAEConfig,
    CLIPVisionConfig,
    Gemma3TextConfig,
    Gemma3TextModel,
    LlamaConfig,
    LlamaModel,
    LlavaConfig,
    LlavaForConditionalGeneration,
)
from transformers.models.chameleon.modeling_chameleon import ChameleonVQVAEVectorQuantizer
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from answers import reference, week_called
from library_modules import close

pytestmark = pytest.mark.week("01_architectures")
WEEK = week_called("01_architectures")
IMAGE = 39  # the id of a placeholder


@pytest.fixture(scope="module")
def llava():
    """Return a tiny Llava: 9 patches an image, width 24, 40 words."""
    torch.manual_seed(0)
    vision = CLIPVisionConfig(
        image_size=24, patch_size=8, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2
    )  # fmt: skip
    language = LlamaConfig(
        vocab_size=40, hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4
    )
    config = LlavaConfig(
        vision_config=vision, text_config=language, image_token_id=IMAGE, attn_implementation="eager"
    )
    return LlavaForConditionalGeneration(config).eval()


def pixels(count: int) -> torch.Tensor:
    """Return drawn images of the tiny Llava."""
    return torch.randn(count, 3, 24, 24, generator=torch.Generator().manual_seed(4))


@torch.no_grad()
def test_shapes_are_those_of_a_tiny_llava(llava):
    ids = torch.tensor([[1, *[IMAGE] * 18, 5, 6], [2, *[IMAGE] * 18, 7, 8]])  # two images in each prompt
    out = llava(input_ids=ids, pixel_values=pixels(4), output_attentions=True, output_hidden_states=True)
    tower = llava.model.vision_tower(pixels(4), output_hidden_states=True)
    shapes = reference(WEEK, "trace_shapes")(
        batch=2, images=2, image=(24, 24), patch=8, merge=1, vision_width=16, width=24, heads=4, text=3, vocabulary=40
    )  # fmt: skip
    selected = tower.hidden_states[-2]
    found = {
        "pixels": pixels(4),
        "encoded": selected,
        "projected": llava.model.multi_modal_projector(selected[:, 1:]),
        "sequence": out.hidden_states[0],
        "attention": out.attentions[0],
        "logits": out.logits,
    }
    assert {name: tuple(tensor.shape) for name, tensor in found.items()} == {
        name: shapes[name] for name in found
    }


def test_merged_shapes_are_those_of_a_pixel_unshuffle():
    shapes = reference(WEEK, "trace_shapes")(
        batch=1, images=2, image=(24, 48), patch=4, merge=3, vision_width=5, width=7, heads=1, text=1, vocabulary=9
    )  # fmt: skip
    grid = nn.PixelUnshuffle(3)(torch.zeros(2, 5, 6, 12))
    assert tuple(grid.flatten(2).transpose(1, 2).shape) == shapes["merged"]


@torch.no_grad()
def test_a_sequence_has_the_embeddings_that_llava_merges(llava):
    features = llava.get_image_features(pixel_values=pixels(3)).pooler_output
    table = llava.get_input_embeddings().weight
    prompts = [torch.tensor([1, IMAGE, 5, IMAGE]), torch.tensor([2, 7, IMAGE])]
    embeddings, mask, positions = reference(WEEK, "interleave_tokens")(
        prompts, table, list(features), [], image_id=IMAGE, audio_id=-1, side="left"
    )
    spread = [torch.tensor([1, *[IMAGE] * 9, 5, *[IMAGE] * 9]), torch.tensor([2, 7, *[IMAGE] * 9])]
    ours = llava(inputs_embeds=embeddings, attention_mask=mask.long(), position_ids=positions).logits
    for row, (ids, images) in enumerate(zip(spread, (pixels(3)[:2], pixels(3)[2:]), strict=True)):
        theirs = llava(input_ids=ids[None], pixel_values=images).logits[0]
        assert mask[row].sum() == len(ids)
        close(ours[row, mask[row]], theirs)


@torch.no_grad()
def test_codes_and_vectors_are_those_of_the_librarys_quantizer():
    quantizer = ChameleonVQVAEVectorQuantizer(ChameleonVQVAEConfig(num_embeddings=20, embed_dim=6))
    codebook = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
    features = torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(1))
    quantizer.embedding.weight.copy_(codebook)
    vectors, _, codes = quantizer(features.permute(2, 0, 1)[None])
    tokenizer = reference(WEEK, "vq_tokenize_image")(codebook, 100)
    ids = tokenizer.encode(features)
    assert torch.equal(ids[1:-1].reshape(3, 6)[:, :5].flatten() - 103, codes.flatten())
    close(tokenizer.decode(ids), vectors[0].permute(1, 2, 0))
    assert tokenizer.size == int(max(ids.max() + 1, 123))


def test_different_images_have_different_ids_and_come_back():
    codebook = torch.randn(9, 4, generator=torch.Generator().manual_seed(2))
    tokenizer = reference(WEEK, "vq_tokenize_image")(codebook, 7)
    images = [
        codebook[torch.randint(9, (4, 3), generator=torch.Generator().manual_seed(seed))] for seed in (3, 4)
    ]
    first, second = map(tokenizer.encode, images)
    assert not torch.equal(first, second)
    for image, ids in zip(images, (first, second), strict=True):
        assert torch.equal(tokenizer.decode(ids), image)
        nn.Embedding(tokenizer.size, 2)(ids)  # no id is outside the table


def test_frozen_parts_do_not_move_in_torchs_own_training():
    torch.manual_seed(0)
    model = reference(WEEK, "freeze_and_count")(5, 4, 7, True)
    model.freeze("encoder", "embed")
    model.make_optimizer(0.1)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    changed = model.step(torch.randn(4, 6), torch.tensor([1, 0, 2, 3]))
    held = {id(tensor) for group in model.optimizer.param_groups for tensor in group["params"]}
    assert isinstance(model.optimizer, torch.optim.AdamW)
    assert held == {id(tensor) for tensor in model.parameters() if tensor.requires_grad}
    assert {name.split(".")[0] for name in changed} == {"projector", "llm"}
    assert torch.equal(model.encoder[1].running_mean, before["encoder.1.running_mean"])
    assert model.counts() == (
        sum(tensor.numel() for tensor in model.parameters() if tensor.requires_grad),
        sum(tensor.numel() for tensor in model.parameters()),
    )


@pytest.mark.parametrize("size", [(224, 224), (480, 640), (300, 20), (1400, 900), (30, 2000), (28, 28)])
def test_dynamic_tokens_are_those_of_qwen2_vl(size):
    processor = Qwen2VLImageProcessorPil()
    grid = processor(np.zeros((*size, 3), np.uint8), return_tensors="pt")["image_grid_thw"][0]
    scheme = {"kind": "dynamic", "patch": 14, "merge": 2, "least": 56 * 56, "most": 28 * 28 * 1280}
    assert reference(WEEK, "token_budget")(size, scheme, window=0, text=0)[0] == int(grid.prod()) // 4


@pytest.mark.parametrize("size", [(224, 224), (480, 640), (640, 480), (90, 400), (700, 100)])
def test_tiles_are_those_of_idefics3(size):
    processor = Idefics3ImageProcessorPil(size={"longest_edge": 256}, max_image_size={"longest_edge": 64})
    tiles = processor(np.zeros((*size, 3), np.uint8), return_tensors="pt")["pixel_values"].shape[1]
    scheme = {"kind": "tiles", "longest": 256, "tile": 64, "per_tile": 1}
    assert reference(WEEK, "token_budget")(size, scheme, window=0, text=0)[0] == tiles


def test_fixed_tokens_are_the_patches_of_clip():
    for side, patch in ((336, 14), (224, 16), (100, 14)):
        config = CLIPVisionConfig(image_size=side, patch_size=patch)
        scheme = {"kind": "fixed", "side": config.image_size, "patch": config.patch_size, "class_token": True}
        weight = torch.empty(1, 3, patch, patch, device="meta")
        grid = nn.functional.conv2d(torch.empty(1, 3, side, side, device="meta"), weight, stride=patch)
        assert reference(WEEK, "token_budget")((9, 9), scheme, window=0, text=0)[0] == 1 + grid[0, 0].numel()


def stored(cache) -> int:
    """Return the bytes of the keys and values in a cache."""
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


@pytest.mark.parametrize("kv_heads", [8, 4, 2, 1])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@torch.no_grad()
def test_bytes_are_those_of_the_librarys_cache(kv_heads, dtype):
    config = LlamaConfig(
        vocab_size=50, hidden_size=64, intermediate_size=64, num_hidden_layers=3, num_attention_heads=8, num_key_value_heads=kv_heads
    )  # fmt: skip
    model = LlamaModel(config).to(getattr(torch, dtype))
    cache = model(input_ids=torch.ones(2, 40, dtype=torch.long), use_cache=True).past_key_values
    found = reference(WEEK, "mqa_cache_bytes")(
        ["full"] * 3, width=64, heads=8, kv_heads=kv_heads, text=30, images=2, image_tokens=5, window=2, batch=2, dtype=dtype
    )  # fmt: skip
    assert found == stored(cache)


@pytest.mark.parametrize("length", [5, 8, 9, 20])
@torch.no_grad()
def test_sliding_layers_store_what_gemma_3_stores(length):
    kinds = ["sliding_attention", "full_attention", "sliding_attention"]
    config = Gemma3TextConfig(
        vocab_size=50, hidden_size=32, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, sliding_window=8, layer_types=kinds,
    )  # fmt: skip
    ids = torch.ones(1, length, dtype=torch.long)
    cache = Gemma3TextModel(config)(input_ids=ids, use_cache=True).past_key_values
    found = reference(WEEK, "mqa_cache_bytes")(
        [kind.split("_")[0] for kind in kinds],
        width=32, heads=4, kv_heads=2, text=length, images=0, image_tokens=1, window=8, batch=1, dtype="float32",
    )  # fmt: skip
    assert found == stored(cache)


def fused(change=lambda batch: batch, width=6):
    """Return the three ways' results on drawn features after a change of the batch."""
    generator = torch.Generator().manual_seed(5)
    shapes = {"early": (4, 2 * width), "late_text": (4, width), "late_image": (4, width), "cross": (4, width)}
    shapes |= {name: (width, width) for name in ("query", "key", "value")}
    weights = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    text, image = (torch.randn(3, count, width, generator=generator) for count in (5, 7))
    masks = torch.ones(3, 5, dtype=torch.bool), torch.ones(3, 7, dtype=torch.bool)
    batch = dict(zip(("text", "image", "text_mask", "image_mask"), (text, image, *masks), strict=True))
    return reference(WEEK, "fusion_three_ways")(change(batch), weights), weights, batch


def test_cross_fusion_is_torchs_attention():
    found, weights, batch = fused()
    library = nn.MultiheadAttention(6, 1, bias=False, batch_first=True)
    with torch.no_grad():
        library.in_proj_weight.copy_(torch.cat([weights[name] for name in ("query", "key", "value")]))
        library.out_proj.weight.copy_(torch.eye(6))
        mixed = batch["text"] + library(batch["text"], batch["image"], batch["image"])[0]
    close(found["cross"], (mixed.mean(dim=1) @ weights["cross"].T).softmax(dim=1))


def test_fusion_knows_no_order_of_patches_and_sees_each_modality():
    plain = fused()[0]
    turned = fused(lambda batch: batch | {"image": batch["image"].flip(1), "text": batch["text"].flip(1)})[0]
    blind = fused(lambda batch: batch | {"image_mask": torch.zeros(3, 7, dtype=torch.bool)})[0]
    other = fused(lambda batch: batch | {"text": batch["text"].roll(1, 0)})[0]
    for way in ("early", "late", "cross"):
        close(turned[way], plain[way])
        close(plain[way].sum(dim=1), torch.ones(3))
        assert (blind[way] - plain[way]).abs().max() > 0.01
        assert (other[way] - plain[way]).abs().max() > 0.01
