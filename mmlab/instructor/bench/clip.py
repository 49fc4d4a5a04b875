"""The scores of CLIP after one short training on the world, for several seeds and a control.

Each seed trains one model from scratch. The scenes for evaluation come from `test` and `novel`,
which are not used in training; the control is the same training on shuffled pairs.
"""

import statistics
import time
from collections.abc import Sequence

TARGET = 0.90  # image→text recall at 1 of 64 captions, mean over the draws, required of every seed
DRAWS, CAPTIONS, SCENES = 6, 64, 1000


def measure(seeds: Sequence[int] = (0, 1, 2), steps: int | None = None) -> dict:
    """Return the scores of models from several seeds and of the control.

    seeds    one training each; the first seed also trains the control
    steps    None: train.CLIP_STEPS
    returns  {"target", "ok", "steps", "draws", "captions", "chance",
             "recall": {seed: mean image→text recall at 1}, "least_draw",
             "test" and "novel": shares of 1000 scenes classified correctly (pair, colour, kind, size)
             among all plain captions of all 48 pairs, means over the seeds, and total "misses" and
             "kind_misses" (correct colour, wrong kind),
             "shuffled": recall of the control, "seconds" and "cpu_seconds" of one
             training (means), "threads"}
    """
    import torch

    from mmlab.train import CLIP_STEPS

    steps = steps or CLIP_STEPS
    runs = {seed: run(seed, steps) for seed in seeds}
    control = run(seeds[0], steps, shuffled=True)
    recall = {str(seed): round(scores["retrieval"].mean, 3) for seed, scores in runs.items()}
    chance = 1 / CAPTIONS
    return {
        "target": TARGET,
        "ok": min(recall.values()) >= TARGET and control["retrieval"].mean < 4 * chance,
        "steps": steps,
        "draws": DRAWS,
        "captions": CAPTIONS,
        "chance": round(chance, 3),
        "recall": recall,
        "least_draw": round(min(min(scores["retrieval"].image_to_text) for scores in runs.values()), 3),
        "test": together([scores["test"] for scores in runs.values()]),
        "novel": together([scores["novel"] for scores in runs.values()]),
        "shuffled": round(control["retrieval"].mean, 3),
        "seconds": round(statistics.mean(scores["seconds"] for scores in runs.values()), 1),
        "cpu_seconds": round(statistics.mean(scores["cpu_seconds"] for scores in runs.values()), 1),
        "threads": torch.get_num_threads(),
    }


def run(seed: int, steps: int, *, shuffled: bool = False) -> dict:
    """Return the scores and the seconds of one training; the seed determines the scores."""
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
    retrieval = evaluate.retrieval_protocol(model, tokenizer, DRAWS, CAPTIONS)
    return {"retrieval": retrieval, "seconds": seconds, "cpu_seconds": cpu, **scores}


def together(scores: Sequence) -> dict[str, float]:
    """Return the means of the shares and the sums of the misses."""
    shares = {
        name: round(statistics.mean(getattr(score, name) for score in scores), 3)
        for name in ("pair", "colour", "kind", "size")
    }
    return shares | {
        name: sum(getattr(score, name) for score in scores) for name in ("misses", "kind_misses")
    }
