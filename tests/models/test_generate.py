"""Next tokens: each rule against transformers' own, and the loop against GPT2's generate."""

import math

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.generation.logits_process import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from mmlab.errors import InputError, ShapeError
from mmlab.models.generate import generate, keep_top_k, keep_top_p, next_tokens

LOGITS = torch.tensor([[0.5, 2.0, -1.0, 2.0, 0.1], [3.0, -2.0, 0.3, 0.2, 0.1], [0.0, 0.0, 0.0, 0.0, 0.0]])


@pytest.mark.parametrize("k", [1, 2, 4, 9])
def test_top_k_is_the_librarys(k):
    assert torch.equal(keep_top_k(LOGITS, k), TopKLogitsWarper(min(k, 5))(None, LOGITS.clone()))


@pytest.mark.parametrize("p", [0.1, 0.45, 0.7, 0.93, 1.0])
def test_the_nucleus_is_the_librarys(p):
    torch.manual_seed(0)
    logits = torch.randn(40, 11) * 3  # no ties: at a tie the library keeps what its sort puts first
    assert torch.equal(keep_top_p(logits, p), TopPLogitsWarper(p)(None, logits.clone()))


def test_the_nucleus_is_never_empty_and_reaches_p():
    kept = keep_top_p(torch.tensor([[9.0, 0.0, 0.0], [1.0, 0.9, 0.8]]), 0.5).isfinite()
    assert kept.sum(1).tolist() == [1, 2]


def test_samples_follow_the_filtered_probabilities():
    generator = torch.Generator().manual_seed(0)
    rows = LOGITS[:1].expand(20_000, -1)
    counts = next_tokens(rows, temperature=0.7, top_k=3, generator=generator).bincount(minlength=5) / 20_000
    wanted = TopKLogitsWarper(3)(None, TemperatureLogitsWarper(0.7)(None, LOGITS[:1].clone())).softmax(1)[0]
    torch.testing.assert_close(counts, wanted, atol=0.02, rtol=0)


def test_temperature_zero_is_greedy():
    assert next_tokens(LOGITS, top_k=1, top_p=0.2).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        *(({"temperature": value}, "0 or more") for value in (-1, math.nan, math.inf)),
        *(
            ({"temperature": temperature, "top_k": k}, "1 or more")
            for temperature in (0, 1)
            for k in (0, -1, 1.5)
        ),
        *(({"top_p": p}, "above 0 and up to 1") for p in (0.0, 1.5, math.nan)),
    ],
)
def test_settings_out_of_range_are_refused(settings, wanted):
    with pytest.raises(InputError, match=wanted):
        next_tokens(LOGITS, **settings)


def test_greedy_generation_is_gpt2s():
    torch.manual_seed(1)
    gpt = GPT2LMHeadModel(GPT2Config(vocab_size=30, n_positions=24, n_embd=32, n_layer=2, n_head=4)).eval()
    ids = torch.randint(0, 28, (3, 5))
    ours = generate(lambda ids: gpt(ids).logits, ids, 12, end=29, pad=28)
    theirs = gpt.generate(
        ids,
        max_new_tokens=12,
        do_sample=False,
        eos_token_id=29,
        pad_token_id=28,
        attention_mask=torch.ones_like(ids),
    )
    assert torch.equal(ours, theirs)


def test_rows_end_by_themselves_and_then_hold_padding():
    def model(ids):  # the next id is the last one plus 1
        return torch.nn.functional.one_hot(ids + 1, 12).float()

    out = generate(model, torch.tensor([[1, 3], [2, 6]]), 8, end=7, pad=0)
    assert out.tolist() == [[1, 3, 4, 5, 6, 7], [2, 6, 7, 0, 0, 0]]


def test_ids_without_a_batch_axis_are_named():
    with pytest.raises(ShapeError, match="ids\\[None\\]"):
        generate(lambda ids: ids, torch.tensor([1, 2]), 3)
