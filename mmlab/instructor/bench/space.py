"""Recall and modality gap of CLIP models with two losses and two kinds of caption, for several seeds.

Each seed pretrains one image tower. Three models start from it and train for the same number
of steps: softmax and sigmoid loss on complete captions, and softmax loss on partial captions.
They are evaluated on 512 scenes of `test`, which are not used in training.
"""

import statistics
from collections.abc import Sequence

STEPS, SCENES = 100, 512
SIGLIP_SCALE, SIGLIP_BIAS = 10.0, -10.0  # initial values of Zhai et al. 2023


def measure(seeds: Sequence[int] = (0, 1, 2), steps: int = STEPS) -> dict:
    """Return recall, shape accuracy and modality gap of the three models, and the gap before training.

    seeds    one pretraining and three trainings each
    returns  {"steps", "seeds", "softmax", "sigmoid", "partial": {"recall": image→text recall at 1
             of 64, minimum over the seeds, "kind": share of shapes classified correctly, mean, "gap_least",
             "gap_most"}, "untrained": {"gap_least", "gap_most"}}; "partial" has only the gaps
    """
    runs = [run(seed, steps) for seed in seeds]
    result: dict = {"steps": steps, "seeds": len(runs)}
    for name in runs[0]:
        gaps = [scores[name]["gap"] for scores in runs]
        result[name] = {"gap_least": round(min(gaps), 3), "gap_most": round(max(gaps), 3)}
        if "recall" in runs[0][name]:
            result[name]["recall"] = round(min(scores[name]["recall"] for scores in runs), 3)
            result[name]["kind"] = round(statistics.mean(scores[name]["kind"] for scores in runs), 3)
    return result


def run(seed: int, steps: int) -> dict[str, dict[str, float]]:
    """Return the scores of the models of one seed."""
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
    scores["softmax"] = evaluated(softmax, tokenizer)
    sigmoid = copy_of(start, tokenizer, SIGLIP_BIAS)
    train.train_clip(sigmoid, tokenizer, steps, seed=seed, loss=siglip_loss)
    scores["sigmoid"] = evaluated(sigmoid, tokenizer)
    partial = copy_of(start, tokenizer)
    pairs = data.pairs(tokenizer, train.batch_for(partial), seed, style="short")
    train.fit(partial, pairs, train.embedding_loss(), steps, seed=seed)
    scores["partial"] = {"gap": gap(partial, tokenizer, "short")}
    return scores


def copy_of(start, tokenizer, bias: float | None = None):
    """Return a copy of a model; with a bias, also at SigLIP's initial scale."""
    import torch

    from mmlab.models import clip

    model = clip.small(tokenizer.vocabulary_size, tokenizer.length, logit_bias=bias)
    model.load_state_dict(start.state_dict(), strict=bias is None)
    if bias is not None:
        with torch.no_grad():
            model.logit_scale.fill_(torch.tensor(SIGLIP_SCALE).log())
    return model


def evaluated(model, tokenizer) -> dict[str, float]:
    """Return a model's recall, shape accuracy and gap on complete captions."""
    from mmlab import evaluate, world

    retrieval = evaluate.retrieval_protocol(model, tokenizer)
    accuracy = evaluate.attribute_accuracy(model, tokenizer, world.sample(SCENES, 1, "test", (1, 1)))
    return {"recall": retrieval.mean, "kind": accuracy.kind, "gap": gap(model, tokenizer)}


def gap(model, tokenizer, style: str = "plain") -> float:
    """Return the modality gap of test scenes and their captions in a style."""
    from mmlab import evaluate, metrics, world

    scenes = world.sample(SCENES, 1, "test", (1, 1))
    texts = [world.caption(scene, style) for scene in scenes]
    return metrics.modality_gap(*evaluate.embed(model, tokenizer, scenes, texts))
