"""The comparison with the libraries runs, and compares like with like."""

import time

import pytest
import torch

from mmlab.instructor.bench import models as bench_models


@pytest.mark.parametrize("name", bench_models.pairs()[0])
def test_every_pair_is_measured_on_both_sides(name):
    maker = bench_models.pairs()[0][name]
    figures = bench_models.compare(*maker("gelu"), rounds=1, seconds=0.0, clock=time.process_time)
    assert figures["ours"] > 0 and figures["library"] > 0
    assert 0.1 < figures["ratio"] < 10


def parameters(call):
    """Return the parameters of the model whose passes or training step `call` runs."""
    inside = dict(
        zip(call.__code__.co_freevars, (cell.cell_contents for cell in call.__closure__), strict=True)
    )
    model = inside["model"] if "model" in inside else inside["optimizer"]
    groups = model.param_groups[0]["params"] if "optimizer" in inside else model.parameters()
    return sum(p.numel() for p in groups)


@pytest.mark.parametrize("name", bench_models.pairs()[0])
def test_both_sides_of_a_pair_are_of_one_size(name):
    ours, theirs, _ = bench_models.pairs()[0][name]("gelu")
    # biases, norms and what a side leaves out: nothing that takes time
    assert parameters(ours) == pytest.approx(parameters(theirs), rel=0.02)


def test_the_report_has_what_readers_of_it_expect(monkeypatch):
    makers = {"block": bench_models.block_pair, "attention": bench_models.attention_pair}
    monkeypatch.setattr(bench_models, "pairs", lambda: (makers, ["a note"]))
    report = bench_models.measure(rounds=1, seconds=0.0, threads=(1,))
    assert set(report["ratios"]) == set(makers) == set(report["pairs"])
    assert report["ratios_by_threads"] == {"1": report["ratios"]}
    assert report["peak_gflops"] > report["achieved_gflops"] > 0


def test_the_number_of_threads_is_restored():
    before = torch.get_num_threads()
    with bench_models.using_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
