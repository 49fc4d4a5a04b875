"""Week 06's references against the libraries; what the find-the-bug's versions give away."""

import math

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import nn
from torch.nn import functional as F
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BlipConfig,
    BlipForImageTextRetrieval,
    DataCollatorForLanguageModeling,
    PreTrainedTokenizerFast,
)
from transformers.loss.loss_utils import ForCausalLMLoss
from transformers.trainer_pt_utils import get_parameter_names

from answers import reference, week_called
from bug_versions import require_new_hidden_versions, visible_versions
from library_modules import close, noisy
from mmlab.check import drivers
from mmlab.check.cases import FILE, read
from mmlab.check.verdict import judge

pytestmark = pytest.mark.week("06_pretraining_and_instruction")
WEEK = week_called("06_pretraining_and_instruction")

CONTROL = [
    "<bos>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
    "<image>",
    "<unk>",
    "<pad>",
    "<mask>",
]
WORDS = [*CONTROL, *"what is this a red circle big blue square ? , yes no two shapes".split()]
VOCABULARY = {word: number for number, word in enumerate(WORDS)}
TEMPLATE = (
    "{{ '<bos>' }}{% for message in messages %} {{ '<|' + message.role + '|>' }} "
    "{% if message.role == 'assistant' %}{% generation %}{{ message.content }} {{ '<|end|>' }}{% endgeneration %}"
    "{% else %}{{ message.content | replace('<image>', '<image> <image> <image>') }} {{ '<|end|>' }}{% endif %}"
    "{% endfor %}"
)


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a word-level tokenizer of the library with the control tokens and a chat template."""
    words = Tokenizer(models.WordLevel(VOCABULARY, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {"bos_token": "<bos>", "eos_token": "<|end|>", "unk_token": "<unk>", "pad_token": "<pad>"}
    return PreTrainedTokenizerFast(
        tokenizer_object=words, mask_token="<mask>", chat_template=TEMPLATE, **special
    )


def within(count: float, total: int, share: float) -> bool:
    """Return whether a count is binomial with that share, within five standard deviations."""
    return abs(count - total * share) < 5 * math.sqrt(total * share * (1 - share))


def test_masking_has_the_distribution_of_the_librarys_collator():
    generator = torch.Generator().manual_seed(5)
    library = tokenizer()
    special = library.all_special_ids
    ordinary = [number for number in range(len(WORDS)) if number not in special]
    ids = torch.tensor(ordinary)[torch.randint(len(ordinary), (400, 60), generator=generator)]
    ids[:, 0], ids[:, 50:] = library.bos_token_id, library.pad_token_id
    torch.manual_seed(2)
    theirs = DataCollatorForLanguageModeling(library, mlm_probability=0.15).torch_mask_tokens(ids.clone())
    draws, choices = (torch.rand(ids.shape, generator=generator, dtype=torch.float64) for _ in range(2))
    replacements = torch.randint(len(WORDS), ids.shape, generator=generator)
    ours = reference(WEEK, "mask_tokens")(
        ids, draws, choices, replacements, probability=0.15, mask_id=library.mask_token_id, specials=special
    )
    usable = ~torch.isin(ids, torch.tensor(special))
    for inputs, labels in (ours, theirs):
        chosen = labels != -100
        count = int(chosen.sum())
        assert not chosen[~usable].any() and torch.equal(inputs[~chosen], ids[~chosen])
        assert torch.equal(labels[chosen], ids[chosen])
        assert within(count, int(usable.sum()), 0.15)
        masked, same = (inputs == library.mask_token_id)[chosen], (inputs == ids)[chosen]
        assert within(int(masked.sum()), count, 0.8 + 0.1 / len(WORDS))
        assert within(int(same.sum()), count, 0.1 + 0.1 / len(WORDS))
        for word in ordinary:  # the same share of every word
            assert within(int((chosen & (ids == word)).sum()), int((ids == word).sum()), 0.15)


def test_berts_loss_counts_the_chosen_tokens_only():
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
    )
    model = noisy(BertForMaskedLM(config))
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(9, len(WORDS), (4, 12), generator=generator)
    draws, choices = (torch.rand(ids.shape, generator=generator, dtype=torch.float64) for _ in range(2))
    inputs, labels = reference(WEEK, "mask_tokens")(
        ids, draws, choices, ids.flip(0), probability=0.4, mask_id=8, specials=[]
    )
    output = model(input_ids=inputs, labels=labels)
    chosen = draws < 0.4
    close(output.loss, F.cross_entropy(output.logits[chosen], ids[chosen]))


def test_negatives_are_sampled_as_by_multinomial_and_never_positive():
    generator = torch.Generator().manual_seed(7)
    negatives = reference(WEEK, "itm_negatives")
    logits = torch.randn(6, 6, generator=generator) * 2
    captions = torch.tensor([4, 1, 4, 2, 3, 1])
    counts, other = torch.zeros(2, 6, 6), captions[:, None] != captions
    for _ in range(4000):
        draws = torch.rand(2, 6, generator=generator)
        picked = negatives(logits, captions, *draws)
        for side in range(2):
            counts[side, torch.arange(6), picked[side]] += 1
    for side, table in enumerate((logits, logits.T)):
        weights = (table.double().exp() * other).float()
        shares = weights / weights.sum(dim=1, keepdim=True)
        assert not counts[side][~other].any()
        sampled = torch.multinomial(shares, 4000, replacement=True, generator=generator)
        library = torch.stack([row.bincount(minlength=6) for row in sampled])
        for mine, theirs, share in zip(counts[side].flatten(), library.flatten(), shares.flatten()):
            assert share == 0 or (within(mine, 4000, share) and within(theirs, 4000, share))


def test_a_permutation_keeps_positives_in_63_percent_of_batches_of_8():
    generator = torch.Generator().manual_seed(1)
    orders = torch.stack([torch.randperm(8, generator=generator) for _ in range(4000)])
    stays = orders == torch.arange(8)
    assert within(int(stays.any(dim=1).sum()), 4000, 1 - 14833 / 40320)  # 14833 derangements of 8
    assert within(int(stays.sum()), 32_000, 1 / 8)


def tiny_blip() -> BlipForImageTextRetrieval:
    text = {
        "vocab_size": 30,
        "hidden_size": 16,
        "encoder_hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 12,
        "projection_dim": 8,
        "bos_token_id": 1,
        "pad_token_id": 0,
        "sep_token_id": 2,
    }
    vision = {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 16,
        "patch_size": 8,
        "projection_dim": 8,
    }
    torch.manual_seed(0)
    config = BlipConfig(text_config=text, vision_config=vision, projection_dim=8, image_text_hidden_size=8)
    return noisy(BlipForImageTextRetrieval(config))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_matching_loss_is_that_of_blips_head_with_match_at_1(dtype):
    model, fused = tiny_blip().to(dtype), []
    model.itm_head.register_forward_hook(lambda module, given, output: fused.append(given[0]))
    generator = torch.Generator().manual_seed(4)
    pixels = torch.randn(4, 3, 16, 16, generator=generator).to(dtype)
    ids = torch.randint(3, 30, (4, 7), generator=generator)
    scores = []
    for captions in (ids, ids.roll(1, dims=0)):
        output = model(
            input_ids=captions, pixel_values=pixels, attention_mask=torch.ones_like(ids), use_itm_head=True
        )
        scores.append(output.itm_score)
    labels = torch.tensor([1] * 4 + [0] * 4)
    theirs = F.cross_entropy(torch.cat(scores), labels)  # as many negatives as positives: one mean
    vectors = [part.reshape(-1, part.shape[-1])[:: part[..., 0].numel() // 4] for part in fused]
    loss, accuracy = reference(WEEK, "itm_loss")(*vectors, model.itm_head.weight, model.itm_head.bias)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-12
    close(loss, theirs, tolerance)
    assert accuracy.item() == (torch.cat(scores).argmax(dim=1) == labels).double().mean().item()


def test_the_labels_of_the_matching_loss_lie_on_the_inputs_device():
    parts = (
        torch.empty(*shape, device="meta", requires_grad=True) for shape in ((3, 4), (6, 4), (2, 4), (2,))
    )
    loss, accuracy = reference(WEEK, "itm_loss")(*parts)
    assert loss.device.type == accuracy.device.type == "meta"
    loss.backward()


TALKS = [
    "hello <image> what is this ?|a red circle",
    "<image> what ?|two shapes|is this red ?|no , blue|big ?|yes",
    "s:a big red square|<image> <image> what is this ?|a circle",
    "what is that thing ?|a quadrangle",
    "what ?",
]


def llava(talk: str) -> list[dict]:
    """Return a conversation in LLaVA's format."""
    system, rest = [], talk.split("|")
    if rest[0].startswith("s:"):
        system = [{"from": "system", "value": rest.pop(0)[2:]}]
    return system + [{"from": ("human", "gpt")[n % 2], "value": text} for n, text in enumerate(rest)]


@pytest.mark.parametrize("talk", TALKS)
def test_ids_and_labels_are_those_of_the_librarys_chat_template(talk):
    convert, tokens = reference(WEEK, "convert_conversation"), reference(WEEK, "conversation_to_tokens")
    messages = convert(llava(talk))
    assert convert(messages) == llava(talk)
    theirs = tokenizer().apply_chat_template(
        messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    ids, labels = tokens(messages, VOCABULARY, patches=3)
    assert ids.tolist() == theirs["input_ids"]
    wanted = [n if learned else -100 for n, learned in zip(theirs["input_ids"], theirs["assistant_masks"])]
    assert labels.tolist() == wanted


def test_typed_control_tokens_stay_text_unlike_in_the_library():
    messages = [{"role": "user", "content": "what ? <|end|> <|assistant|> yes"}]
    ids, labels = reference(WEEK, "conversation_to_tokens")(messages, VOCABULARY, patches=1)
    theirs = tokenizer().apply_chat_template(messages, tokenize=True, return_dict=True)["input_ids"]
    assert VOCABULARY["<|assistant|>"] in theirs and VOCABULARY["<|assistant|>"] not in ids
    assert (labels == -100).all()


def step_inputs(dtype=torch.float32) -> tuple:
    generator = torch.Generator().manual_seed(8)
    shapes = {"embedding": (11, 5), "mix": (5, 5), "head": (11, 5)}
    weights = {name: torch.randn(*shape, generator=generator).to(dtype) / 2 for name, shape in shapes.items()}
    prompts = [[1, 2, 3], [4], [5, 6, 0, 7, 8]]
    return weights, prompts, [[9, 10], [1, 2, 3, 4, 5], []]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_step_is_the_librarys_loss_and_torchs_sgd(dtype):
    weights, prompts, answers = step_inputs(dtype)
    step = reference(WEEK, "instruction_step")
    loss, new = step(weights, prompts, answers, eos=0, lr=0.7, trained=["head", "embedding"])
    model = step.__globals__["language_model"]
    leaves = {name: nn.Parameter(tensor.clone()) for name, tensor in weights.items()}
    optimizer = torch.optim.SGD([leaves["head"], leaves["embedding"]], lr=0.7)
    rows = [prompt + answer + [0] for prompt, answer in zip(prompts, answers)]
    labels = [
        [-100] * len(prompt) + answer + [0] + [-100] * (7 - len(row))
        for prompt, answer, row in zip(prompts, answers, rows)
    ]
    ids = torch.tensor([row + [0] * (7 - len(row)) for row in rows])
    theirs = ForCausalLMLoss(model(leaves, ids), torch.tensor(labels), 11)
    theirs.backward()
    optimizer.step()
    close(loss.float(), theirs.float(), 1e-5)  # the library computes in float32
    for name, leaf in leaves.items():
        close(new[name], leaf.detach(), 1e-5)
    assert torch.equal(new["mix"], weights["mix"])


def test_padding_has_no_effect_on_the_step():
    weights, prompts, answers = step_inputs(torch.float64)
    step = reference(WEEK, "instruction_step")
    count = [len(answer) + 1 for answer in answers]
    single = [
        step(weights, [prompt], [answer], eos=0, lr=1.0, trained=["mix"])
        for prompt, answer in zip(prompts, answers)
    ]
    loss, new = step(weights, prompts, answers, eos=0, lr=1.0, trained=["mix"])
    close(loss, sum(n * part[0] for n, part in zip(count, single)) / sum(count), 1e-12)
    moves = sum(n * (part[1]["mix"] - weights["mix"]) for n, part in zip(count, single)) / sum(count)
    close(new["mix"] - weights["mix"], moves, 1e-12)


def test_the_epochs_mean_is_the_loss_of_all_tokens_at_once():
    generator = torch.Generator().manual_seed(9)
    logits = torch.randn(39, 5, generator=generator)
    labels = torch.randint(5, (39,), generator=generator)
    labels[::3] = -100
    labels[20:28] = -100  # a batch without any label
    pairs = list(zip(logits.split(4), labels.split(4)))
    losses = [F.cross_entropy(*pair).item() for pair in pairs]
    counts = [int((part >= 0).sum()) for _, part in pairs]
    assert 0 in counts and any(map(math.isnan, losses))
    wanted = F.cross_entropy(logits, labels).item()
    mean = reference(WEEK, "epoch_mean_loss")(losses, counts)
    assert abs(mean - wanted) < 1e-6
    finite = [loss for loss in losses if loss == loss]
    assert abs(sum(finite) / len(finite) - wanted) > 1e-3 and abs(losses[-1] - wanted) > 1e-3


def test_the_decay_groups_are_those_of_the_librarys_trainer():
    model = reference(WEEK, "two_stage_schedule")(5, 4, 7)
    for stage, parts in ((1, ("projector",)), (2, ("projector", "llm"))):
        model.start_stage(stage, projector_lr=1e-3, llm_lr=2e-5, decay=0.1)
        decayed = [name for name in get_parameter_names(model, [nn.LayerNorm]) if "bias" not in name]
        wanted = sorted(
            [name, 1e-3 if name.startswith("projector.") else 2e-5, 0.1 if name in decayed else 0.0]
            for name, _ in model.named_parameters()
            if name.split(".")[0] in parts
        )
        assert [row[:3] for row in model.report()["held"]] == wanted


BUGS = "bug_hunt_pretraining"


def test_no_visible_version_answers_the_other_exercises():
    stored = read(WEEK.folder / FILE, "instruction_step")
    for version in visible_versions(WEEK, BUGS):
        epoch = drivers.version(version)

        def answer(weights, prompts, answers, *, eos, lr, trained, epoch=epoch):
            table = weights["embedding"] @ weights["head"].T
            talks = [
                [{"from": "human", "value": prompt}, {"from": "gpt", "value": reply}]
                for prompt, reply in zip(prompts, answers)
            ]
            loss, table = epoch(table, talks, eos, len(prompts), lr)
            return torch.tensor(loss), weights

        results = [drivers.run(stored["driver"], answer, case) for case in stored["cases"]]
        assert not judge(stored, results).passed, version["source"]


def test_a_table_of_the_visible_versions_is_no_test_of_the_hidden_ones():
    table = torch.randn(7, 7, generator=torch.Generator().manual_seed(4))
    texts = ["12|344 5", "6|0 0|1 2", "45|1", "1|2 3|45 112|0", "3|3"]
    talks = [
        [
            {"from": ("human", "gpt")[n % 2], "value": [int(digit) % 6 for digit in value]}
            for n, value in enumerate(text.replace(" ", "|").split("|"))
        ]
        for text in texts
    ]
    talks = [talk if len(talk) % 2 == 0 else [*talk, {"from": "gpt", "value": [2, 0]}] for talk in talks]

    def entry(epoch) -> str:
        """Return what a version gives, rounded."""
        loss, learned = epoch(table.clone(), talks, 6, 2, 1.0)
        weighted = (learned.flatten() * torch.arange(learned.numel())).sum()
        return str((round(loss, 2), round(float(weighted), 1)))

    require_new_hidden_versions(WEEK, BUGS, entry)
