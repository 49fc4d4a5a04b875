"""Our GPT is GPT2LMHeadModel, its decoding is `generate`, and our VLM is LlavaForConditionalGeneration."""

import pytest
import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    ViTConfig,
)

from mmlab.models import weights
from mmlab.models.generate import generate_cached
from mmlab.models.language import LanguageConfig, LanguageModel
from mmlab.models.vit import VisionConfig, ViT
from mmlab.models.vlm import IGNORE, VLM, Projector, answer_loss

TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-12}
IMAGE, END = 39, 5


def language() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(LanguageConfig(40, width=32, layers=2, heads=4, length=32)).eval()
    for part in model.modules():
        if isinstance(part, torch.nn.Linear | torch.nn.Embedding):
            part.weight.data.mul_(4)  # logits as large as those of a trained model
    return model


def gpt2(model: LanguageModel) -> GPT2LMHeadModel:
    theirs = GPT2LMHeadModel(
        GPT2Config(**weights.gpt2_config(model), eos_token_id=END, pad_token_id=0)
    ).eval()
    theirs.load_state_dict(weights.gpt2_to_transformers(model.state_dict()))
    return theirs


def prompts() -> tuple[torch.Tensor, torch.Tensor]:
    """Return 20 prompts of 1 to 7 ids, padded at the left, and their mask."""
    generator = torch.Generator().manual_seed(1)
    ids, mask = torch.zeros(20, 7, dtype=torch.long), torch.zeros(20, 7, dtype=torch.bool)
    for row in range(20):
        length = 1 + row % 7
        ids[row, 7 - length :] = torch.randint(6, 39, (length,), generator=generator)
        mask[row, 7 - length :] = True
    return ids, mask


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_our_weights_give_GPT2LMHeadModel_our_logits(dtype):
    ours = language().to(dtype)
    theirs, (ids, mask) = gpt2(ours).to(dtype), prompts()
    places = (mask.cumsum(1) - 1).clamp(min=0)
    logits = theirs(ids, attention_mask=mask.long(), position_ids=places).logits
    difference = (ours(ids, mask) - logits)[mask].abs().max()
    assert difference < TOLERANCE[dtype] and logits.abs().max() > 1


def test_a_round_trip_through_their_names_is_equal_bit_for_bit():
    ours = language()
    again = weights.gpt2_from_transformers(gpt2(ours).state_dict())
    assert again.keys() == ours.state_dict().keys()
    assert all(torch.equal(tensor, again[name]) for name, tensor in ours.state_dict().items())
    config = GPT2Config(**weights.gpt2_config(ours)).to_dict()
    assert weights.gpt2_from_config(config).config == ours.config


def test_greedy_decoding_is_generate():
    ours, (ids, mask) = language(), prompts()
    theirs = gpt2(ours).generate(
        ids, attention_mask=mask.long(), max_new_tokens=12, do_sample=False, eos_token_id=END, pad_token_id=0
    )
    made = generate_cached(ours, ids, 12, mask=mask, end=END)
    assert torch.equal(made, theirs[:, 7:])
    assert (made == END).any()


class Llama(torch.nn.Module):
    """The language model of a LLaVA behind the two names that a VLM uses."""

    def __init__(self, llava: LlavaForConditionalGeneration):
        super().__init__()
        self.words, self.llama, self.head = (
            llava.get_input_embeddings(),
            llava.model.language_model,
            llava.lm_head,
        )

    def forward(self, vectors: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.head(self.llama(inputs_embeds=vectors, attention_mask=mask.long()).last_hidden_state)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_the_vlm_is_LlavaForConditionalGeneration(dtype):
    torch.manual_seed(0)
    vision = ViT(VisionConfig(image_size=16, patch=8, width=24, layers=2, heads=3))
    text = LlamaConfig(
        vocab_size=40,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        initializer_range=0.2,
    )
    config = LlavaConfig(
        vision_config=ViTConfig(**weights.vit_config(vision)),
        text_config=text,
        image_token_id=IMAGE,
        vision_feature_layer=-1,
    )
    theirs = LlavaForConditionalGeneration(config).to(dtype).eval()
    ours = VLM(vision, Projector(24, 32), Llama(theirs), IMAGE).to(dtype).eval()
    tower = weights.vit_to_transformers(vision.state_dict())
    missing, unexpected = theirs.model.vision_tower.load_state_dict(tower, strict=False)
    assert not unexpected and all("pooler" in name for name in missing)
    projector = theirs.model.multi_modal_projector
    projector.linear_1.load_state_dict(ours.projector.linear1.state_dict())
    projector.linear_2.load_state_dict(ours.projector.linear2.state_dict())
    ids = torch.tensor([[1, IMAGE, IMAGE, IMAGE, IMAGE, 7, 8, 9], [IMAGE] * 4 + [6, 5, 4, 0]])
    labels = ids.where((ids != IMAGE) & (ids != 0), IGNORE)
    pixels = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(3), dtype=dtype)
    mask = ids != 0
    with torch.no_grad():
        out = theirs(input_ids=ids, pixel_values=pixels, attention_mask=mask.long(), labels=labels)
        logits = ours(ids, pixels, mask)
    assert (logits - out.logits)[mask].abs().max() < TOLERANCE[dtype] and logits.abs().max() > 1
    assert abs(answer_loss(logits, labels) - out.loss) < 1e-6  # the library computes the loss in float32
