"""Evaluate a model: scores, confidence intervals, and controls that must fail.

Every score of the course is compared with controls: the same training on shuffled
pairs, and guessing. A model is evaluated on scenes that it never saw.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mmlab import world
from mmlab.data import Stream, attribute, preprocess
from mmlab.errors import InputError
from mmlab.metrics import Recall, cosine_similarity_matrix, recall_at_k
from mmlab.models.inference import inference


def embed(
    model: nn.Module, tokenizer, scenes: Sequence, texts: Sequence[str], size: int = 32
) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit embeddings of scenes' images and of texts: (I, E) and (T, E) float32.

    The model runs in evaluation mode, without gradients; its mode is restored afterwards.
    """
    with inference(model) as device:
        image = model.encode_image(preprocess(world.render(scenes, size)).to(device))
        text = model.encode_text(tokenizer(list(texts)).to(device))
        return tuple(F.normalize(rows, dim=-1).cpu().numpy() for rows in (image, text))


def retrieval(model: nn.Module, tokenizer, scenes: Sequence, k: int = 1, *, size: int = 32) -> Recall:
    """Return recall at k of scenes and their plain captions, in both directions.

    scenes  list of world.Scene with distinct captions; otherwise a correct match can count as wrong
    """
    texts = [world.caption(scene) for scene in scenes]
    if len(set(texts)) < len(texts):
        raise InputError(
            f"retrieval: {len(texts)} scenes with {len(set(texts))} different captions",
            "a different caption for each scene",
            "use scenes from evaluate.distinct_scenes()",
        )
    return recall_at_k(cosine_similarity_matrix(*embed(model, tokenizer, scenes, texts, size)), k=k)


def distinct_scenes(count: int = 64, seed: int = 0, split: str = "test") -> list[world.Scene]:
    """Return one-shape scenes with distinct plain captions, balanced so that colour alone does not suffice.

    count    a multiple of the number of colours
    returns  the same number of scenes of each colour, with its kinds in turn: with 64, eight of
             each colour in at least four kinds
    raises   InputError if the split has too few captions
    """
    each, rest = divmod(count, len(world.COLOURS))
    pools: dict[str, dict[str, dict[str, world.Scene]]] = {}
    for scene in world.sample(60 * count, seed, split, (1, 1)):
        shape = scene.shapes[0]
        kinds = pools.setdefault(shape.colour, {}).setdefault(shape.kind, {})
        kinds.setdefault(world.caption(scene), scene)
    chosen = [scene for colour in world.COLOURS for scene in _in_turn(pools.get(colour, {}))[:each]]
    if rest or not each or len(chosen) < count:
        raise InputError(
            f"distinct_scenes: count={count} of split {split!r}",
            f"a multiple of {len(world.COLOURS)}, small enough for the split's captions",
            "pass count=64",
        )
    return chosen


def _in_turn(kinds: dict[str, dict[str, world.Scene]]) -> list[world.Scene]:
    """Return one scene of each kind, then a second of each, and so on."""
    rows = [list(scenes.values()) for scenes in kinds.values()]
    longest = max(map(len, rows), default=0)
    return [row[index] for index in range(longest) for row in rows if index < len(row)]


@dataclass(frozen=True)
class Retrieval:
    """Recall at 1 over several draws of test scenes.

    image_to_text, text_to_image  one value for each draw
    chance                        recall of guessing
    """

    image_to_text: tuple[float, ...]
    text_to_image: tuple[float, ...]
    chance: float

    @property
    def mean(self) -> float:
        """Mean image→text recall at 1 over the draws."""
        return float(np.mean(self.image_to_text))


def retrieval_protocol(
    model: nn.Module,
    tokenizer,
    draws: int = 6,
    captions: int = 64,
    *,
    seed: int = 0,
    split: str = "test",
    size: int = 32,
) -> Retrieval:
    """Return recall at 1 on several draws of `distinct_scenes`: the course's retrieval score."""
    recalls = [
        retrieval(model, tokenizer, distinct_scenes(captions, seed + draw, split), size=size)
        for draw in range(draws)
    ]
    return Retrieval(*map(tuple, zip(*recalls, strict=True)), 1 / captions)


def zero_shot(
    model: nn.Module, tokenizer, scenes: Sequence, prompts: Sequence[str], *, size: int = 32
) -> np.ndarray:
    """Return for each scene the index of the prompt with the nearest embedding: (n,) int."""
    image, text = embed(model, tokenizer, scenes, prompts, size)
    return (image @ text.T).argmax(axis=1)


def pair_prompts() -> dict[tuple[str, str], str]:
    """Return a prompt for each of the 48 colour-kind pairs, including held-out pairs.

    >>> pair_prompts()["red", "circle"]
    'a red circle'
    """
    return {
        (colour, kind): f"{'an' if colour[0] in 'aeiou' else 'a'} {colour} {kind}"
        for colour, kind in product(world.COLOURS, world.KINDS)
    }


def full_prompts() -> dict[tuple[str, str, str, str], str]:
    """Return every plain caption of one shape by its (size, colour, kind, background)."""
    return {
        parts: world.caption(world.Scene([world.Shape(parts[2], parts[1], parts[0], 48, 48)], parts[3]))
        for parts in product(world.SIZES, world.COLOURS, world.KINDS, world.BACKGROUNDS)
    }


@dataclass(frozen=True)
class AttributeAccuracy:
    """Shares of scenes whose nearest prompt is correct, attribute by attribute.

    pair         colour and kind both correct
    colour, kind, size   each alone
    count        number of scenes
    misses       scenes whose pair is wrong
    kind_misses  of these, how many have the right colour and the wrong shape
    """

    pair: float
    colour: float
    kind: float
    size: float
    count: int
    misses: int
    kind_misses: int


def attribute_accuracy(model: nn.Module, tokenizer, scenes: Sequence, *, size: int = 32) -> AttributeAccuracy:
    """Return a model's zero-shot accuracy on one-shape scenes, with every plain caption as a prompt.

    The prompts contain all 48 colour-kind pairs, in each size on each background, and the
    nearest prompt is the prediction. Among held-out pairs alone, colour would be enough.
    """
    prompts = full_prompts()
    nearest = zero_shot(model, tokenizer, scenes, list(prompts.values()), size=size)
    parts = list(prompts)
    named = np.array([parts[index] for index in nearest])[:, :3]  # (n, 3): size, colour, kind
    truth = np.array([[attribute(scene, name) for name in ("size", "colour", "kind")] for scene in scenes])
    right = named == truth
    pair = right[:, 1] & right[:, 2]
    return AttributeAccuracy(
        pair=float(pair.mean()),
        colour=float(right[:, 1].mean()),
        kind=float(right[:, 2].mean()),
        size=float(right[:, 0].mean()),
        count=len(scenes),
        misses=int((~pair).sum()),
        kind_misses=int((right[:, 1] & ~right[:, 2]).sum()),
    )


def bootstrap_interval(
    values, level: float = 0.95, *, statistic: Callable = np.mean, draws: int = 5000, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic, resampled with replacement.

    values     (N,) float
    level      share of the resampled statistics that lies inside
    statistic  statistic(values, axis=...) such as np.mean
    source     Efron and Tibshirani 1993, chapter 13

    >>> bootstrap_interval([1.0, 1.0, 1.0])
    (1.0, 1.0)
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values):
        raise InputError(
            f"bootstrap_interval: values of shape {values.shape}",
            "shape (N,), N at least 1",
            "pass values.ravel()",
        )
    _validate_level(level)
    indices = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(statistic(values[indices], axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson_interval(right: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval for a share, valid for few trials and for shares near 0 and 1.

    right, count  number of successes and of trials
    source        Wilson 1927; Brown, Cai and DasGupta 2001

    >>> tuple(round(end, 3) for end in wilson_interval(9, 10))
    (0.596, 0.982)
    """
    if not 0 <= right <= count or count < 1:
        raise InputError(
            f"wilson_interval: {right} right of {count}",
            "0 <= right <= count, and count >= 1",
            "pass right first, then count",
        )
    _validate_level(level)
    z = float(torch.special.ndtri(torch.tensor((1 + level) / 2, dtype=torch.float64)))
    share = right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    low, high = middle - reach, middle + reach
    return (low if right else 0.0), (high if right < count else 1.0)  # exactly 0 or 1 at the edges


def _validate_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"level={level}", "a share between 0 and 1", "pass level=0.95")


def shuffled_pairs(batches: Stream) -> Stream:
    """Return a control that must fail: each image with the caption of the image before it.

    Images and captions stay the same; only the pairing is lost.
    """
    return batches.map(lambda pixels, ids: (pixels, ids.roll(1, dims=0)))
