"""Week 05's references against the libraries; what the find-the-bug's versions give away."""

import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from transformers import (
    CLIPVisionConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)

from answers import reference, week_called
from bug_versions import require_new_hidden_versions, visible_versions
from library_modules import close, noisy
from mmlab import world
from mmlab.check import drivers
from mmlab.check.cases import FILE, read
from mmlab.check.verdict import judge

pytestmark = pytest.mark.week("05_vlm")
WEEK = week_called("05_vlm")
DTYPES = [(torch.float32, 1e-5), (torch.float64, 1e-12)]


def llava() -> LlavaForConditionalGeneration:
    """Return a tiny LLaVA with random weights: nine tokens an image, placeholder 39."""
    torch.manual_seed(0)
    vision = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=24,
        patch_size=8,
    )
    text = LlamaConfig(
        vocab_size=40, hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4
    )
    return noisy(
        LlavaForConditionalGeneration(LlavaConfig(vision_config=vision, text_config=text, image_token_id=39))
    )


def gpt2(end: int | None = 2) -> GPT2LMHeadModel:
    """Return a tiny GPT-2 with random weights, large enough that its tokens vary."""
    torch.manual_seed(3)
    sizes = {"vocab_size": 40, "n_embd": 48, "n_layer": 2, "n_head": 4, "n_positions": 64, "bos_token_id": 2}
    return GPT2LMHeadModel(GPT2Config(**sizes, initializer_range=0.3, eos_token_id=end)).eval()


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
def test_spliced_embeddings_give_llavas_logits(dtype, tolerance):
    library = llava().to(dtype)
    ids = torch.tensor([[1, 5, *[39] * 9, 7, 8, *[2] * 9], [1, *[39] * 9, 6, *[39] * 9, 9, 3], [4] * 22])
    pixels = torch.randn(3, 3, 24, 24, generator=torch.Generator().manual_seed(4)).to(dtype)
    features = list(library.get_image_features(pixel_values=pixels).pooler_output)
    splice = reference(WEEK, "splice_image_embeds")
    embeds = splice(ids, library.get_input_embeddings()(ids), features, image_id=39)
    close(library(inputs_embeds=embeds).logits, library(input_ids=ids, pixel_values=pixels).logits, tolerance)
    with pytest.raises(ValueError, match="27 placeholders, 18 image tokens"):
        splice(ids, library.get_input_embeddings()(ids), features[:2], image_id=39)
    with pytest.raises(ValueError, match="do not match"):
        library(input_ids=ids, pixel_values=pixels[:2])


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
def test_the_projector_is_llavas(dtype, tolerance):
    library = llava().to(dtype)
    ours = reference(WEEK, "projector_mlp")(32, 48, -2, False).to(dtype)
    ours.load_state_dict(library.model.multi_modal_projector.state_dict())
    pixels = torch.randn(2, 3, 24, 24, generator=torch.Generator().manual_seed(4)).to(dtype)
    hidden = library.model.vision_tower(pixels, output_hidden_states=True).hidden_states
    theirs = torch.stack(list(library.get_image_features(pixel_values=pixels).pooler_output))
    close(ours(hidden), theirs, tolerance)
    close(ours(hidden), library.model.multi_modal_projector(hidden[-2][:, 1:]), tolerance)


def test_the_labels_give_the_loss_of_a_loop_over_the_answers():
    library = llava()
    prompts, answers = [[2, 5, 6], [2, 7], [8]], [[11, 12, 13, 14], [15], [2, 16]]
    pixels = torch.randn(3, 3, 24, 24, generator=torch.Generator().manual_seed(4))
    ids, mask, labels = reference(WEEK, "build_labels")(prompts, answers, image_id=39, image_tokens=9, eos=2)
    theirs = library(input_ids=ids, attention_mask=mask.long(), pixel_values=pixels, labels=labels)
    losses = []
    for prompt, answer, image in zip(prompts, answers, pixels, strict=True):
        for number, token in enumerate([*answer, 2]):
            seen = torch.tensor([[39] * 9 + prompt + answer[:number]])
            logits = library(input_ids=seen, pixel_values=image[None]).logits[0, -1]
            losses.append(F.cross_entropy(logits, torch.tensor(token)))
    close(theirs.loss, torch.stack(losses).mean())
    assert len(losses) == 10 == (labels != -100).sum()


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
def test_a_row_padded_on_the_left_gives_what_it_gives_alone(dtype, tolerance):
    library = gpt2().to(dtype)
    prompts = [[2, 5, 6, 7, 8, 9], [2, 30], [4, 2, 1], [2]]
    ids, mask, positions = reference(WEEK, "left_pad_batch")(prompts, [0] * 4, image_id=39, pad=2, limit=16)
    batched = library(ids, attention_mask=mask.long(), position_ids=positions).logits[:, -1]
    alone = torch.cat([library(torch.tensor([prompt])).logits[:, -1] for prompt in prompts])
    close(batched, alone, tolerance)
    assert (library(ids).logits[1:, -1] - alone[1:]).abs().amax(dim=1).min() > 1e-2


def generator_of(library: GPT2LMHeadModel):
    """Return the reference of greedy_generate with a library model's weights."""
    config = library.config
    sizes = (config.vocab_size, config.n_embd, config.n_head, config.n_layer, config.n_positions)
    ours, transformer = reference(WEEK, "greedy_generate")(*sizes).eval(), library.transformer
    state = {"wte.weight": transformer.wte.weight, "wpe.weight": transformer.wpe.weight}
    state |= {f"ln_f.{name}": value for name, value in transformer.ln_f.named_parameters()}
    layers = {
        "attn.c_attn": "c_attn",
        "attn.c_proj": "attn_proj",
        "mlp.c_fc": "c_fc",
        "mlp.c_proj": "mlp_proj",
        "ln_1": "ln_1",
        "ln_2": "ln_2",
    }
    for number, block in enumerate(transformer.h):
        for theirs, name in layers.items():
            for kind, value in block.get_submodule(theirs).named_parameters():
                transposed = kind == "weight" and "c_" in theirs
                state[f"blocks.{number}.{name}.{kind}"] = value.T if transposed else value
    ours.load_state_dict(state)
    return ours


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_greedy_generation_is_the_librarys_on_20_prompts(dtype):
    library = gpt2().to(dtype)
    ours = generator_of(library).to(dtype)
    draw = torch.Generator().manual_seed(5)
    prompts = [torch.randint(3, 40, (1 + n % 9,), generator=draw).tolist() for n in range(20)]
    ids, mask, positions = reference(WEEK, "left_pad_batch")(prompts, [0] * 20, image_id=39, pad=0, limit=16)
    embeds = library.transformer.wte(ids)
    close(
        ours.decode(embeds, mask, positions, None)[0][:, -1],
        library(ids, attention_mask=mask.long(), position_ids=positions).logits[:, -1],
        1e-4 if dtype == torch.float32 else 1e-11,
    )
    free, fed = ours(embeds, mask, 12, -1)
    assert fed == ids.shape[1] + 11 and free.shape == (20, 12)
    stop = free[:, 2:].flatten().mode().values.item()
    for end in (stop, free[0, 0].item()):
        made, fed = ours(embeds, mask, 12, end)
        theirs = library.generate(
            inputs_embeds=embeds,
            attention_mask=mask.long(),
            max_new_tokens=12,
            do_sample=False,
            eos_token_id=end,
            pad_token_id=end,
        )
        assert torch.equal(made, theirs)
        lengths = (made == end).cumsum(dim=1).eq(0).sum(dim=1)
        assert fed == ids.shape[1] + made.shape[1] - 1 and len(set(lengths.tolist())) > 2


def test_generation_on_embeddings_returns_new_tokens_only():
    library = gpt2(end=None)
    embeds = library.transformer.wte(torch.tensor([[5, 6, 7, 8, 9, 10]]))
    mask = torch.ones(1, 6, dtype=torch.long)
    theirs = library.generate(inputs_embeds=embeds, attention_mask=mask, max_new_tokens=4, do_sample=False)
    assert theirs.shape == (1, 4), "a slice by the prompt's length would leave nothing"


def library_nucleus(logits: torch.Tensor, temperature: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
    """Return what the library's two processors give, row by row."""
    rows = []
    for row, heat, share in zip(logits, temperature.tolist(), p.tolist(), strict=True):
        rows.append(TopPLogitsWarper(share)(None, TemperatureLogitsWarper(heat)(None, row[None])))
    return torch.cat(rows)


def test_the_nucleus_is_the_librarys_set_for_set():
    draw = torch.Generator().manual_seed(6)
    logits = 2 * torch.randn(300, 40, generator=draw)
    temperature = 0.3 + 1.7 * torch.rand(300, generator=draw)
    p = 0.05 + 0.95 * torch.rand(300, generator=draw)
    logits[0, 3] = -torch.inf
    ours = reference(WEEK, "top_p_filter")(logits, temperature, p)
    theirs = library_nucleus(logits, temperature, p)
    assert torch.equal(ours.isfinite(), theirs.isfinite())
    close(ours, theirs)


def test_among_ties_the_nucleus_has_the_librarys_size_and_up_to_16_tokens_its_set():
    draw = torch.Generator().manual_seed(7)
    for tokens in (8, 16, 40):
        logits = (2 * torch.randn(100, tokens, generator=draw)).round()
        logits[:10] = 1.0
        ones, p = torch.ones(100), 0.05 + 0.95 * torch.rand(100, generator=draw)
        ours, theirs = reference(WEEK, "top_p_filter")(logits, ones, p), library_nucleus(logits, ones, p)
        assert torch.equal(ours.isfinite().sum(dim=1), theirs.isfinite().sum(dim=1))
        assert torch.equal(ours.isfinite(), theirs.isfinite()) == (tokens <= 16)


@pytest.mark.parametrize("rank", [1, 3])
def test_a_merged_lora_layer_equals_the_unmerged_one_and_a_plain_one(rank):
    torch.manual_seed(0)
    base, down = nn.Linear(7, 5), torch.randn(rank, 7)
    layer = reference(WEEK, "lora_linear")(base.weight.detach().clone(), base.bias.detach(), down, 2.5)
    x = torch.randn(4, 3, 7)
    close(layer(x), base(x))
    with torch.no_grad():
        layer.up.copy_(torch.randn(5, rank))
    before = layer(x)
    close(before, base(x) + 2.5 / rank * F.linear(F.linear(x, down), layer.up))
    layer.merge()
    close(layer(x), before)
    plain = nn.Linear(7, 5)
    plain.load_state_dict({"weight": layer.weight, "bias": layer.bias})
    close(plain(x), before)
    layer.unmerge()
    close(layer.weight, base.weight)
    assert layer.trainable() == rank * 12 == sum(p.numel() for p in layer.parameters() if p.requires_grad)


def test_every_description_is_true_and_names_every_shape():
    describe = reference(WEEK, "product_description")
    for split in ("train", "novel"):
        for scene in world.sample(150, seed=8, split=split, shapes=(1, 4)):
            names = ("kind", "colour", "size", "x", "y")
            shapes = [{name: getattr(shape, name) for name in names} for shape in scene.shapes]
            text = describe(shapes, scene.background, 50)
            claims = world.parse(text)
            assert world.satisfies(scene, claims) and len(text.split()) <= 50
            told = sorted((mention.size, mention.colour, mention.kind) for mention in claims.mentions)
            assert told == sorted((shape.size, shape.colour, shape.kind) for shape in scene.shapes)
            assert claims.background == scene.background
            assert not world.satisfies(scene, world.parse(text.replace(scene.background, "black", 1))) or (
                scene.background == "black"
            )
            far = [
                max(abs(shape.x - scene.shapes[0].x), abs(shape.y - scene.shapes[0].y))
                for shape in scene.shapes
            ]
            assert len(claims.relations) == sum(distance >= world.GAP for distance in far)


BUGS = "bug_hunt_captioner"
PROMPTS, TARGETS = [[4, 1], [9, 2, 6, 3], [7]], [[5, 8, 2], [1], [3, 10]]


def given(seed: int):
    """Return a version's arguments; the weights require gradients."""
    weights = reference_names()["random_weights"](seed)
    images = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return {name: part.requires_grad_() for name, part in weights.items()}, images, PROMPTS, TARGETS, 8


def reference_names() -> dict:
    """Return what the solution cell of the find-the-bug defines."""
    return reference(WEEK, BUGS).__globals__


def test_no_visible_version_answers_another_exercise():
    stored = read(WEEK.folder / FILE, "build_labels")
    for version in visible_versions(WEEK, BUGS):
        captioner = drivers.version(version)

        def answer(prompts, answers, captioner=captioner, **_):
            weights, images = given(0)[:2]
            return captioner(weights, images[:1].expand(len(prompts), -1, -1, -1), prompts, answers, 2)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a batch of one has no standard deviation
            results = [drivers.run(stored["driver"], answer, case) for case in stored["cases"]]
        assert not judge(stored, results).passed, version["source"]


def entry(captioner) -> str:
    """Return what a version gives, with its gradients and changes, rounded."""
    found = []
    for seed in (3, 4):
        arguments = given(seed)
        weights = arguments[0]
        before = {name: part.detach().clone() for name, part in weights.items()}
        captions, loss = captioner(*arguments)
        learned, frozen = None, None
        if loss.requires_grad:
            parts = [weights["projector"], weights["encoder"]]
            learned, frozen = torch.autograd.grad(loss, parts, allow_unused=True)
        flags = [part is not None and bool(part.any()) for part in (learned, frozen)]
        changed = [name for name, part in weights.items() if not torch.equal(part, before[name])]
        found.append((captions, round(loss.item(), 2), loss.requires_grad, flags, changed))
    return str(found)


def test_a_table_of_the_visible_versions_is_no_test_of_the_hidden_ones():
    require_new_hidden_versions(WEEK, BUGS, entry)


def test_a_wrong_loss_is_off_by_more_than_the_statement_says():
    exercise = WEEK.exercise(BUGS)
    right = next(version for version in exercise.versions if version.__name__ == "right_row_by_row")
    for version in (*exercise.versions, *exercise.hidden_versions):
        gaps, captions = [], []
        for seed in range(6):
            mine, theirs = right(*given(seed)), version(*given(seed))
            gaps.append(abs(mine[1].item() - theirs[1].item()))
            captions.append(mine[0] == theirs[0])
        if version.__name__.startswith("right_"):
            assert max(gaps) < 1e-4 and all(captions), version.__name__
        else:
            assert sum(gap > 1e-2 for gap in gaps) > 3 or max(gaps) < 1e-4, (version.__name__, gaps)
