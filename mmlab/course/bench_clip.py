"""What CLIP learns from the world in one short training, seed by seed, beside its control.

One seed is one model from scratch. Judged on scenes of `test` and `novel`, which
no training saw; the control is the same training on shuffled pairs.
"""

import statistics
import time
from collections.abc import Sequence

TARGET = 0.90  # image→text recall at 1 of 64 captions, mean over the draws, on every seed
DRAWS, CAPTIONS, SCENES = 6, 64, 1000


def measure(seeds: Sequence[int] = (0, 1, 2), steps: int | None = None) -> dict:
    """Return what the models of several seeds can do, and what the control cannot.

    seeds    one training each; the first also gives the control
    steps    None: the recipe's own, train.CLIP_STEPS
    returns  {"target", "ok", "steps", "draws", "captions", "chance",
             "recall": {seed: mean image→text recall at 1}, "least_draw",
             "test" and "novel": shares of 1000 scenes named right (pair, colour, kind, size)
             among all plain captions of all 48 pairs, means over the seeds, with "misses" and
             "kind_misses" (right colour, wrong kind) in all,
             "shuffled": recall of the control, "seconds" and "cpu_seconds" of one
             training (means), "threads"}
    """
    import torch

    from mmlab.train import CLIP_STEPS

    steps = steps or CLIP_STEPS
    runs = {seed: run(seed, steps) for seed in seeds}
    control = run(seeds[0], steps, shuffled=True)
    recall = {str(seed): round(one["retrieval"].mean, 3) for seed, one in runs.items()}
    chance = 1 / CAPTIONS
    return {
        "target": TARGET,
        "ok": min(recall.values()) >= TARGET and control["retrieval"].mean < 4 * chance,
        "steps": steps,
        "draws": DRAWS,
        "captions": CAPTIONS,
        "chance": round(chance, 3),
        "recall": recall,
        "least_draw": round(min(min(one["retrieval"].image_to_text) for one in runs.values()), 3),
        "test": together([one["test"] for one in runs.values()]),
        "novel": together([one["novel"] for one in runs.values()]),
        "shuffled": round(control["retrieval"].mean, 3),
        "seconds": round(statistics.mean(one["seconds"] for one in runs.values()), 1),
        "cpu_seconds": round(statistics.mean(one["cpu_seconds"] for one in runs.values()), 1),
        "threads": torch.get_num_threads(),
    }


def run(seed: int, steps: int, *, shuffled: bool = False) -> dict:
    """Return one training's scores and what it cost; everything hangs on the seed."""
    import torch

    from mmlab import evaluate, world
    from mmlab.models import clip
    from mmlab.models.text import WordTokenizer
    from mmlab.train import train_clip

    tokenizer = WordTokenizer(world.vocabulary())
    torch.manual_seed(seed)
    model = clip.small(tokenizer.vocabulary_size, tokenizer.length)
    began, cpu = time.perf_counter(), time.process_time()
    change = evaluate.shuffled_pairs if shuffled else None
    train_clip(model, tokenizer, steps, seed=seed, change=change)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    scores = {
        split: evaluate.attribute_accuracy(model, tokenizer, world.sample(SCENES, 1, split, (1, 1)))
        for split in ("test", "novel")
    }
    found = evaluate.retrieval_protocol(model, tokenizer, DRAWS, CAPTIONS)
    return {"retrieval": found, "seconds": seconds, "cpu_seconds": cpu, **scores}


def together(scores: Sequence) -> dict[str, float]:
    """Return the means of the shares and the sums of the misses."""
    shares = {
        name: round(statistics.mean(getattr(one, name) for one in scores), 3)
        for name in ("pair", "colour", "kind", "size")
    }
    return shares | {
        name: sum(getattr(one, name) for one in scores) for name in ("misses", "kind_misses")
    }
