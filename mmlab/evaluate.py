"""What a model can do, how sure that is, and the controls that must fail.

Every number of the course stands beside a control: the same training on
shuffled pairs, and guessing. A model is judged on scenes it never saw.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import contextmanager
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


def embed(
    model: nn.Module, tokenizer, scenes: Sequence, texts: Sequence[str], size: int = 32
) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit embeddings of scenes' images and of texts: (I, E) and (T, E) float32.

    The model is asked in eval mode, without gradients, and left as it was.
    """
    with asked(model) as device:
        image = model.encode_image(preprocess(world.render(scenes, size)).to(device))
        text = model.encode_text(tokenizer(list(texts)).to(device))
        return tuple(F.normalize(rows, dim=-1).cpu().numpy() for rows in (image, text))


@contextmanager
def asked(model: nn.Module):
    """Put a model into evaluation mode without gradients, and back; gives its device."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield next(model.parameters()).device
    finally:
        model.train(training)


def retrieval(
    model: nn.Module, tokenizer, scenes: Sequence, k: int = 1, *, size: int = 32
) -> Recall:
    """Return recall at k of scenes and their plain captions, in both directions.

    scenes  list of world.Scene with distinct captions: else a right find counts as wrong
    """
    texts = [world.caption(scene) for scene in scenes]
    if len(set(texts)) < len(texts):
        raise InputError(
            f"retrieval: {len(texts)} scenes with {len(set(texts))} different captions",
            "a caption for each scene that fits no other",
            "take scenes from evaluate.distinct_scenes()",
        )
    return recall_at_k(cosine_similarity_matrix(*embed(model, tokenizer, scenes, texts, size)), k=k)


def distinct_scenes(count: int = 64, seed: int = 0, split: str = "test") -> list[world.Scene]:
    """Return one-shape scenes whose plain captions all differ, balanced so that shape decides.

    count    a multiple of the number of colours
    returns  as many scenes of each colour, its kinds in turn: with 64, eight of each
             colour in at least four kinds, so that knowing the colours is not enough
    raises   InputError when the split has too few captions for that
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
            f"a multiple of {len(world.COLOURS)} that the split's captions suffice for",
            "pass count=64",
        )
    return chosen


def _in_turn(kinds: dict[str, dict[str, world.Scene]]) -> list[world.Scene]:
    """Return one scene of each kind, then a second of each, and so on."""
    rows = [list(found.values()) for found in kinds.values()]
    longest = max(map(len, rows), default=0)
    return [row[place] for place in range(longest) for row in rows if place < len(row)]


@dataclass(frozen=True)
class Retrieval:
    """Recall at 1 over several draws of test scenes.

    image_to_text, text_to_image  one share for each draw
    chance                        what guessing gets
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
    found = [
        retrieval(model, tokenizer, distinct_scenes(captions, seed + draw, split), size=size)
        for draw in range(draws)
    ]
    return Retrieval(*map(tuple, zip(*found, strict=True)), 1 / captions)


def zero_shot(
    model: nn.Module, tokenizer, scenes: Sequence, prompts: Sequence[str], *, size: int = 32
) -> np.ndarray:
    """Return for each scene the place of the prompt whose embedding is nearest: (n,) int."""
    image, text = embed(model, tokenizer, scenes, prompts, size)
    return (image @ text.T).argmax(axis=1)


def pair_prompts() -> dict[tuple[str, str], str]:
    """Return a prompt for each of the 48 colour-kind pairs, seen in training or not.

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
        parts: world.caption(
            world.Scene([world.Shape(parts[2], parts[1], parts[0], 48, 48)], parts[3])
        )
        for parts in product(world.SIZES, world.COLOURS, world.KINDS, world.BACKGROUNDS)
    }


@dataclass(frozen=True)
class AttributeAccuracy:
    """Shares of scenes whose nearest prompt names the truth, attribute by attribute.

    pair         colour and kind both right
    colour, kind, size   each alone
    count        scenes judged
    misses       scenes whose pair is wrong
    kind_misses  of these, how many are wrong in the kind only: right colour, wrong shape
    """

    pair: float
    colour: float
    kind: float
    size: float
    count: int
    misses: int
    kind_misses: int


def attribute_accuracy(
    model: nn.Module, tokenizer, scenes: Sequence, *, size: int = 32
) -> AttributeAccuracy:
    """Return how well a model names one-shape scenes, zero-shot among every plain caption.

    The prompts hold all 48 colour-kind pairs, in each size on each background; the
    nearest one names the shape. Among held-out pairs alone, colour would be enough.
    """
    prompts = full_prompts()
    nearest = zero_shot(model, tokenizer, scenes, list(prompts.values()), size=size)
    parts = list(prompts)
    named = np.array([parts[place] for place in nearest])[:, :3]  # (n, 3): size, colour, kind
    truth = np.array(
        [[attribute(scene, name) for name in ("size", "colour", "kind")] for scene in scenes]
    )
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
    values,
    level: float = 0.95,
    *,
    statistic: Callable = np.mean,
    draws: int = 5000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic: drawn again with replacement.

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
            "(N,), N at least 1",
            "values.ravel()",
        )
    _demand_level(level)
    places = np.random.default_rng(seed).integers(0, len(values), (draws, len(values)))
    low, high = np.quantile(statistic(values[places], axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson_interval(right: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Return an interval for a share, sound for few trials and for shares near 0 and 1.

    right, count  how many of how many
    source        Wilson 1927; Brown, Cai and DasGupta 2001

    >>> tuple(round(end, 3) for end in wilson_interval(9, 10))
    (0.596, 0.982)
    """
    if not 0 <= right <= count or count < 1:
        raise InputError(
            f"wilson_interval: {right} right of {count}",
            "0 <= right <= count, count >= 1",
            "count first",
        )
    _demand_level(level)
    z = float(torch.special.ndtri(torch.tensor((1 + level) / 2, dtype=torch.float64)))
    share = right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = (
        z
        / (1 + z * z / count)
        * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    )
    low, high = middle - reach, middle + reach
    return (low if right else 0.0), (high if right < count else 1.0)  # exact at the edges


def _demand_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(f"level={level}", "a share between 0 and 1", "pass level=0.95")


def shuffled_pairs(batches: Stream) -> Stream:
    """Return the control that must fail: each image with the caption of the one before it.

    Images and captions stay as they were; only who belongs to whom is lost.
    """
    return batches.map(lambda pixels, ids: (pixels, ids.roll(1, dims=0)))
