"""The comparison with the library runs, and compares like with like."""

from mmlab.instructor.bench import models as bench_models


def test_every_pair_is_measured_on_both_sides():
    figures = bench_models.measure(rounds=1, steps=1)
    assert set(figures["pairs"]) == {"vit", "clip_caption", "clip_full"}
    for pair in figures["pairs"].values():
        assert pair["ours"] > 0 and pair["library"] > 0
        assert 0.1 < pair["ratio"] < 10
