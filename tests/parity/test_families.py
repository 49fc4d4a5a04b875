"""Each public family runs as its real class on a tiny configuration, and has in it what sets it apart."""

import itertools

import pytest
import torch
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    ChameleonConfig,
    ChameleonForConditionalGeneration,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    IdeficsConfig,
    IdeficsForVisionText2Text,
    InternVLConfig,
    InternVLForConditionalGeneration,
    LlavaConfig,
    LlavaForConditionalGeneration,
    MixtralConfig,
    MixtralForCausalLM,
    MllamaConfig,
    MllamaForConditionalGeneration,
    PaliGemmaConfig,
    PaliGemmaForConditionalGeneration,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    Qwen2VLImageProcessorPil,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    SiglipConfig,
    SiglipModel,
)

IMAGE = 90  # id of the placeholder for one image token
TEXT = dict(
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    vocab_size=99,
    max_position_embeddings=128,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
)
VISION = dict(
    hidden_size=24,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    image_size=16,
    patch_size=4,
)
ROPE = dict(rope_type="default", rope_theta=10000.0)
QWEN_IDS = dict(image_token_id=IMAGE, video_token_id=91, vision_start_token_id=92, vision_end_token_id=93)


@pytest.fixture(autouse=True)
def without_gradients():
    """Make every weight and input of a test the same each time, without gradients."""
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def prompt(image_tokens, *text):
    """Return ids (1, T): start, the placeholders of one image, text."""
    return torch.tensor([[1, *[IMAGE] * image_tokens, *text]])


def pixels(*batch):
    """Return random pixels (…, 3, 16, 16)."""
    return torch.randn(*(batch or (1,)), 3, 16, 16)


def recorded(module, inputs=False):
    """Return a list that gets what `module` returns, or its arguments, at each call."""
    seen = []

    def keep(_, args, kwargs, output):
        seen.append((args, kwargs) if inputs else output)

    module.register_forward_hook(keep, with_kwargs=True)
    return seen


def test_LLaVA_puts_projected_patches_where_the_placeholders_are():
    config = LlavaConfig(
        vision_config=dict(VISION, model_type="clip_vision_model"),
        text_config=dict(TEXT, model_type="llama"),
        image_token_id=IMAGE,
        vision_feature_layer=-2,
    )
    model = LlavaForConditionalGeneration(config).eval()
    projected = recorded(model.model.multi_modal_projector)
    sequence = recorded(model.model.language_model, inputs=True)
    ids = prompt(16, 5, 6)
    assert model(input_ids=ids, pixel_values=pixels()).logits.shape == (1, 19, 99)
    embeddings = sequence[0][1]["inputs_embeds"]
    assert torch.equal(embeddings[:, 1:17].flatten(), projected[0].flatten())
    assert torch.equal(embeddings[:, 17:], model.get_input_embeddings()(ids[:, 17:]))
    linear = [
        name for name, part in model.model.multi_modal_projector.named_modules() if hasattr(part, "weight")
    ]
    assert linear == ["linear_1", "linear_2"]


def test_Mllama_looks_at_the_image_in_gated_layers_between_its_own():
    vision = dict(
        hidden_size=24,
        intermediate_size=48,
        num_hidden_layers=2,
        num_global_layers=1,
        attention_heads=4,
        image_size=16,
        patch_size=4,
        max_num_tiles=2,
        vision_output_dim=48,
        intermediate_layers_indices=[0],
        supported_aspect_ratios=[[1, 1], [1, 2]],
    )
    text = dict(TEXT, num_hidden_layers=4, cross_attention_layers=[1, 3], rope_parameters=ROPE)
    model = MllamaForConditionalGeneration(
        MllamaConfig(vision_config=vision, text_config=text, image_token_index=98)
    ).eval()
    layers = model.model.language_model.layers
    assert [hasattr(layer, "cross_attn") for layer in layers] == [False, True, False, True]

    def logits(tiles):
        return model(
            input_ids=torch.tensor([[1, 98, 5, 6]]),
            pixel_values=tiles,
            aspect_ratio_ids=torch.tensor([[1]]),
            aspect_ratio_mask=torch.tensor([[[1, 0]]]),
            cross_attention_mask=torch.ones(1, 4, 1, 2).long(),
        ).logits

    first, second = pixels(1, 1, 2), pixels(1, 1, 2)
    assert torch.equal(logits(first), logits(second))  # both gates are tanh(0)
    layers[1].cross_attn_attn_gate.fill_(0.5)
    assert not torch.allclose(logits(first), logits(second))


def test_PaliGemma_lets_the_prefix_see_all_of_itself_and_the_suffix_only_what_is_before():
    config = PaliGemmaConfig(
        vision_config=dict(VISION, model_type="siglip_vision_model"),
        text_config=dict(TEXT, model_type="gemma", head_dim=8),
        image_token_id=IMAGE,
        projection_dim=32,
    )
    model, image = PaliGemmaForConditionalGeneration(config).eval(), pixels()
    kinds = torch.tensor([[0] * 19 + [1] * 2])  # 0 the prefix (image and question), 1 the suffix (answer)

    def states(*text):
        ids = prompt(16, *text)
        return model.model(input_ids=ids, pixel_values=image, token_type_ids=kinds).last_hidden_state[0]

    before = states(5, 6, 7, 8)
    prefix, suffix = (
        states(5, 16, 7, 8),
        states(5, 6, 7, 18),
    )  # another last token of the prefix, of the suffix
    assert not torch.isclose(before[0], prefix[0]).all()
    torch.testing.assert_close(before[:20], suffix[:20])
    assert not torch.isclose(before[20], suffix[20]).all()


@pytest.mark.parametrize(("width", "height"), [(96, 64), (64, 160), (101, 75)])
def test_Qwen2_VL_has_as_many_tokens_as_the_resolution_asks_for_and_positions_in_three_axes(width, height):
    processor = Qwen2VLImageProcessorPil(patch_size=4, merge_size=2, min_pixels=256, max_pixels=4096)
    image = torch.randint(0, 255, (height, width, 3), dtype=torch.uint8).numpy()
    batch = processor(images=[image], return_tensors="pt")
    (frames, rows, columns) = batch["image_grid_thw"][0].tolist()
    vision = dict(depth=1, embed_dim=32, hidden_size=32, num_heads=4, patch_size=4, temporal_patch_size=2)
    model = Qwen2VLForConditionalGeneration(
        Qwen2VLConfig(
            text_config=dict(TEXT, rope_parameters=dict(ROPE, mrope_section=[1, 1, 2])),
            vision_config=dict(vision, spatial_merge_size=2),
            **QWEN_IDS,
        )
    ).eval()
    tokens = frames * rows * columns // 4
    assert batch["pixel_values"].shape == (4 * tokens, 3 * 2 * 4 * 4)
    ids = torch.tensor([[1, 92, *[IMAGE] * tokens, 93, 5]])
    kinds = (ids == IMAGE).long()
    grid = batch["image_grid_thw"]
    output = model(
        input_ids=ids, pixel_values=batch["pixel_values"], image_grid_thw=grid, mm_token_type_ids=kinds
    )
    assert output.logits.shape == (1, tokens + 4, 99)
    time, row, column = model.model.get_rope_index(ids, kinds, grid)[0][:, 0, 2 : 2 + tokens]
    assert set(time.tolist()) == {2}
    assert (row - 2).tolist() == [r for r in range(rows // 2) for _ in range(columns // 2)]
    assert (column - 2).tolist() == list(range(columns // 2)) * (rows // 2)


def test_Qwen3_VL_adds_deeper_features_to_the_first_layers_of_its_language_model():
    vision = dict(
        depth=3,
        hidden_size=32,
        intermediate_size=48,
        num_heads=4,
        patch_size=4,
        spatial_merge_size=2,
        temporal_patch_size=2,
        out_hidden_size=32,
        deepstack_visual_indexes=[0, 1],
        num_position_embeddings=64,
    )
    rope = dict(ROPE, mrope_section=[2, 1, 1])
    model = Qwen3VLForConditionalGeneration(
        Qwen3VLConfig(
            text_config=dict(TEXT, num_hidden_layers=4, head_dim=8, rope_parameters=rope),
            vision_config=vision,
            **QWEN_IDS,
        )
    ).eval()
    mergers = model.model.visual.deepstack_merger_list
    assert len(mergers) == 2
    ids = torch.tensor([[1, 92, *[IMAGE] * 6, 93, 5]])
    inputs = dict(
        input_ids=ids,
        pixel_values=torch.randn(24, 96),
        image_grid_thw=torch.tensor([[1, 4, 6]]),
        mm_token_type_ids=(ids == IMAGE).long(),
    )
    layers = [recorded(layer, inputs=True) for layer in model.model.language_model.layers]
    deep = [recorded(merger) for merger in mergers]
    outputs = [recorded(layer) for layer in model.model.language_model.layers]
    model(**inputs)
    for number in (0, 1):  # what enters layer n + 1 is what left layer n, plus the features of that depth
        left, enters = outputs[number][0], layers[number + 1][0][0][0]
        torch.testing.assert_close((enters - left)[0, 2:8], deep[number][0], rtol=1e-4, atol=1e-5)
    assert torch.equal(outputs[2][0], layers[3][0][0][0])


def test_InternVL_makes_one_token_of_four_patches():
    vision = dict(VISION, image_size=[16, 16], patch_size=[4, 4])
    config = InternVLConfig(
        vision_config=vision,
        text_config=dict(TEXT, model_type="qwen2"),
        image_token_id=IMAGE,
        downsample_ratio=0.5,
    )
    model = InternVLForConditionalGeneration(config).eval()
    assert model(input_ids=prompt(4, 5), pixel_values=pixels()).logits.shape == (1, 6, 99)
    patches = torch.randn(1, 4, 4, 24)
    merged = model.model.pixel_shuffle(patches, 0.5)
    assert merged.shape == (1, 2, 2, 96)
    first = patches[0, :2, :2].reshape(4, 24)  # one square of four neighbours becomes one token
    groups = {tuple(row) for row in first.tolist()}
    assert {tuple(row) for row in merged[0, 0, 0].reshape(4, 24).tolist()} == groups


def chameleon():
    """Return a ChameleonForConditionalGeneration whose 16 image codes have the ids 60 to 75."""
    names = [a + b for a, b in itertools.product("AB", "ABCDEFGHIJ")][:16]  # digits as letters
    vq = dict(
        embed_dim=8,
        num_embeddings=16,
        resolution=16,
        base_channels=32,
        channel_multiplier=[1, 1],
        num_res_blocks=1,
        attn_resolutions=[],
        latent_channels=8,
    )
    vocabulary = {"<image>": IMAGE, **{f"IMGIMG{name}Z": 60 + code for code, name in enumerate(names)}}
    text = dict(TEXT, num_key_value_heads=4)
    config = ChameleonConfig(**text, vq_config=vq, vocabulary_map=vocabulary, image_token_id=IMAGE)
    return ChameleonForConditionalGeneration(config).eval()


def test_Chameleon_turns_an_image_into_ids_of_its_one_vocabulary():
    model, image = chameleon(), pixels()
    tokens = model.model.get_image_tokens(image).flatten()
    assert tokens.shape == (64,) and 60 <= tokens.min() and tokens.max() <= 75
    output = model(input_ids=prompt(64, 5), pixel_values=image)
    assert output.logits.shape == (1, 66, 99)
    by_ids = model(input_ids=torch.tensor([[1, *tokens.tolist(), 5]]))  # no image: its ids in the text
    torch.testing.assert_close(output.logits, by_ids.logits)
    codes = model.model.vqmodel.quantize.embedding.weight
    latents = (
        model.model.vqmodel.quant_conv(model.model.vqmodel.encoder(image)).permute(0, 2, 3, 1).flatten(0, 2)
    )
    assert torch.equal(torch.cdist(latents, codes).argmin(dim=1) + 60, tokens)


def idefics():
    """Return an IdeficsForVisionText2Text with a resampler and one gated layer before each second layer."""
    perceiver = dict(
        use_resampler=True,
        resampler_n_latents=3,
        resampler_depth=1,
        resampler_n_heads=2,
        resampler_head_dim=12,
    )
    vision = dict({**VISION, "embed_dim": 24})
    del vision["hidden_size"]
    text = dict(TEXT)
    del text["num_key_value_heads"], text["max_position_embeddings"]
    config = IdeficsConfig(
        **text,
        additional_vocab_size=1,
        cross_layer_interval=2,
        vision_config=vision,
        use_resampler=True,
        perceiver_config=perceiver,
    )
    return IdeficsForVisionText2Text(config).eval()


def test_Idefics_is_a_Flamingo_with_resampler_and_gates_that_start_closed():
    model = idefics()
    gated, resampled = model.model.gated_cross_attn_layers, recorded(model.model.perceiver_resampler)

    def logits(image):
        mask = torch.ones(1, 4, 1).long()
        ids = torch.tensor([[1, 5, 6, 7]])
        return model(input_ids=ids, pixel_values=image, image_attention_mask=mask).logits

    first, second = pixels(1, 1), pixels(1, 1)
    assert torch.equal(logits(first), logits(second))
    assert resampled[0].shape == (1, 3, 24)  # of 17 tokens
    gated[0].alpha_cross_attn.fill_(0.5)
    assert not torch.allclose(logits(first), logits(second))


def test_Idefics3_merges_neighbouring_patches_and_has_no_cross_attention():
    config = Idefics3Config(
        vision_config=VISION, text_config=dict(TEXT, model_type="llama"), image_token_id=IMAGE, scale_factor=2
    )
    model = Idefics3ForConditionalGeneration(config).eval()
    merged = recorded(model.model.connector)
    assert model(input_ids=prompt(4, 5), pixel_values=pixels(1, 1)).logits.shape == (1, 6, 99)
    assert merged[0].shape == (1, 4, 32)  # of 16 patches
    assert not [name for name, _ in model.named_modules() if "cross" in name]


def test_BLIP_2_passes_the_image_through_a_fixed_number_of_queries():
    config = Blip2Config(
        vision_config=VISION,
        qformer_config=dict(
            hidden_size=24,
            num_hidden_layers=4,
            num_attention_heads=4,
            intermediate_size=48,
            encoder_hidden_size=24,
            cross_attention_frequency=2,
        ),
        text_config=dict(
            model_type="opt",
            vocab_size=99,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            ffn_dim=48,
            max_position_embeddings=64,
            word_embed_proj_dim=32,
        ),
        num_query_tokens=4,
        image_token_index=IMAGE,
    )
    model = Blip2ForConditionalGeneration(config).eval()
    output = model(pixel_values=pixels(), input_ids=prompt(4, 5))
    assert output.logits.shape == (1, 6, 99)
    assert output.vision_outputs.last_hidden_state.shape == (1, 17, 24)
    assert output.qformer_outputs.last_hidden_state.shape == (1, 4, 24)
    layers = model.qformer.encoder.layer
    assert [layer.has_cross_attention for layer in layers] == [True, False, True, False]


def test_Mixtral_sends_each_token_to_two_of_its_experts():
    model = MixtralForCausalLM(MixtralConfig(**TEXT, num_local_experts=4, num_experts_per_tok=2)).eval()
    block = model.model.layers[0].mlp
    x = torch.randn(1, 7, 32)
    probabilities = (x[0] @ block.gate.weight.T).softmax(dim=1)
    weights, experts = probabilities.topk(2, dim=1)
    wanted = torch.zeros(7, 32)
    for token, (shares, chosen) in enumerate(
        zip(weights / weights.sum(1, keepdim=True), experts, strict=True)
    ):
        for share, expert in zip(shares, chosen, strict=True):
            gate, up = (block.experts.gate_up_proj[expert] @ x[0, token]).chunk(2)
            hidden = torch.nn.functional.silu(gate) * up
            wanted[token] += share * (block.experts.down_proj[expert] @ hidden)
    output = block(x)
    output = output[0] if isinstance(output, tuple) else output
    torch.testing.assert_close(output[0], wanted, rtol=1e-4, atol=1e-6)


def test_SigLIP_pools_by_attention_has_no_class_token_and_learns_a_bias():
    text = dict(VISION, vocab_size=99, max_position_embeddings=12, projection_size=24)
    text.update(pad_token_id=0, bos_token_id=1, eos_token_id=2)
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=VISION)).eval()
    image, ids = pixels(), torch.tensor([[1, 5, 6, 2]])
    output = model(input_ids=ids, pixel_values=image)
    tokens = output.vision_model_output.last_hidden_state
    assert tokens.shape == (1, 16, 24)  # the patches only
    head = model.vision_model.head
    torch.testing.assert_close(output.vision_model_output.pooler_output, head(tokens))
    assert head.probe.shape == (1, 1, 24)
    cosine = (output.image_embeds * output.text_embeds).sum()
    torch.testing.assert_close(
        output.logits_per_image.squeeze(),
        cosine * model.logit_scale.exp().squeeze() + model.logit_bias.squeeze(),
    )
