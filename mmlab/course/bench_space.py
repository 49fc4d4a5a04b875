"""What a space of pictures and captions looks like, seed by seed: two losses, two kinds of caption.

Each seed warms up one image tower; three models start from it and take the same
number of steps: softmax and sigmoid loss on captions that tell all, softmax on
captions that tell a part. Judged on 512 scenes of `test`, which no training saw.
"""

import statistics
from collections.abc import Sequence

STEPS, SCENES = 100, 512
SIGLIP_SCALE, SIGLIP_BIAS = 10.0, -10.0  # where Zhai et al. 2023 start them


def measure(seeds: Sequence[int] = (0, 1, 2), steps: int = STEPS) -> dict:
    """Return recall, shape accuracy and modality gap of the three models, and the gap before training.

    seeds    one warm-up and three trainings each
    returns  {"steps", "seeds", "softmax", "sigmoid", "partial": {"recall": image→text recall at 1
             of 64, least of the seeds, "kind": share of shapes named right, mean, "gap_least",
             "gap_most"}, "untrained": {"gap_least", "gap_most"}}; "partial" has the gaps alone
    """
    runs = [run(seed, steps) for seed in seeds]
    result: dict = {"steps": steps, "seeds": len(runs)}
    for name in runs[0]:
        gaps = [one[name]["gap"] for one in runs]
        result[name] = {"gap_least": round(min(gaps), 3), "gap_most": round(max(gaps), 3)}
        if "recall" in runs[0][name]:
            result[name]["recall"] = round(min(one[name]["recall"] for one in runs), 3)
            result[name]["kind"] = round(statistics.mean(one[name]["kind"] for one in runs), 3)
    return result


def run(seed: int, steps: int) -> dict[str, dict[str, float]]:
    """Return what the models of one seed score."""
    import torch

    from mmlab import data, train, world
    from mmlab.losses import siglip_loss
    from mmlab.models import clip
    from mmlab.models.text import WordTokenizer

    tokenizer = WordTokenizer(world.vocabulary())
    torch.manual_seed(seed)
    start = clip.small(tokenizer.vocabulary_size, tokenizer.length)
    scores = {"untrained": {"gap": gap(start, tokenizer)}}
    train.warm_up_vision(start.vision, seed=seed)

    softmax = copy_of(start, tokenizer)
    train.train_clip(softmax, tokenizer, steps, seed=seed)
    scores["softmax"] = judged(softmax, tokenizer)
    sigmoid = copy_of(start, tokenizer, SIGLIP_BIAS)
    train.train_clip(sigmoid, tokenizer, steps, seed=seed, loss=siglip_loss)
    scores["sigmoid"] = judged(sigmoid, tokenizer)
    partial = copy_of(start, tokenizer)
    told = data.pairs(tokenizer, train.batch_for(partial), seed, style="short")
    train.fit(partial, told, train.embedding_loss(), steps, seed=seed)
    scores["partial"] = {"gap": gap(partial, tokenizer, "short")}
    return scores


def copy_of(start, tokenizer, bias: float | None = None):
    """Return a model that starts where `start` is; with a bias, at SigLIP's own scale."""
    import torch

    from mmlab.models import clip

    model = clip.small(tokenizer.vocabulary_size, tokenizer.length, logit_bias=bias)
    model.load_state_dict(start.state_dict(), strict=bias is None)
    if bias is not None:
        with torch.no_grad():
            model.logit_scale.fill_(torch.tensor(SIGLIP_SCALE).log())
    return model


def judged(model, tokenizer) -> dict[str, float]:
    """Return a model's recall, shape accuracy and gap on captions that tell all."""
    from mmlab import evaluate, world

    found = evaluate.retrieval_protocol(model, tokenizer)
    named = evaluate.attribute_accuracy(model, tokenizer, world.sample(SCENES, 1, "test", (1, 1)))
    return {"recall": found.mean, "kind": named.kind, "gap": gap(model, tokenizer)}


def gap(model, tokenizer, style: str = "plain") -> float:
    """Return the modality gap of test scenes and their captions in a style."""
    from mmlab import evaluate, metrics, world

    scenes = world.sample(SCENES, 1, "test", (1, 1))
    texts = [world.caption(scene, style) for scene in scenes]
    return metrics.modality_gap(*evaluate.embed(model, tokenizer, scenes, texts))
