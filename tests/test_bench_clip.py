"""The measurement of the CLIP recipe: complete, seeded, and the recipe reaches its target."""

import json

import pytest

from mmlab.instructor.bench import clip as bench_clip
from mmlab.train import CLIP_STEPS


def test_a_training_too_short_misses_the_target():
    figures = bench_clip.measure(seeds=(0, 1), steps=2)
    assert figures["ok"] is False and figures["steps"] == 2
    assert set(figures["recall"]) == {"0", "1"} and max(figures["recall"].values()) < 0.3
    for split in ("test", "novel"):
        told = figures[split]
        wrong = 2 * bench_clip.SCENES * (1 - told["pair"])
        assert told["misses"] == pytest.approx(wrong, abs=2)  # shares are rounded
        assert told["kind_misses"] <= told["misses"]
    json.dumps(figures)


@pytest.mark.slow
@pytest.mark.repetition
def test_the_recipe_reaches_its_target():
    found = bench_clip.run(seed=0, steps=CLIP_STEPS)
    assert found["retrieval"].mean >= bench_clip.TARGET
    assert found["test"].colour > 0.99 and found["novel"].colour > 0.95
    assert found["novel"].kind_misses >= 0.9 * found["novel"].misses, "what is missed is the shape"
