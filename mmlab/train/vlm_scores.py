"""What a vision-language model says of held-out images, in numbers, each with a baseline or a control.

losses        the loss a token with the image, with another image, and with the mean image
choices       the right text of 16 or 64, by probability, beside the nearest text by cosine
descriptions  greedy descriptions of drawings: equal to the name, or with a word of it
scene_facts   greedy descriptions of scenes: colours, kinds and number of shapes
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from mmlab import pretrained, world
from mmlab.errors import InputError

if TYPE_CHECKING:
    from mmlab.train.vlm_real import VLM, Examples

LOSSES, DESCRIBED, GROUPS = 160, 96, (16, 64)  # held-out drawings for each measure
_SMALL_WORDS = set("a an and at by for from in of on or the to with".split())


@torch.inference_mode()
def losses(vlm: "VLM", some: "Examples", batch: int = 16) -> dict[str, float]:
    """Return the mean loss a token with each image (real), with another's (shuffled) and with the mean image (blind)."""
    views = {"real": some.features, "shuffled": some.features.roll(1, 0), "blind": vlm.blind(len(some))}
    targets = [vlm.targets(some.texts[first : first + batch]) for first in range(0, len(some), batch)]
    count = sum(int((rows != -100).sum()) for rows in targets)
    return {
        name: sum(
            vlm.token_losses(part, rows).sum().item()
            for part, rows in zip(features.split(batch), targets, strict=True)
        )
        / count
        for name, features in views.items()
    }


def choices(vlm: "VLM", some: "Examples", groups: Sequence[int]) -> dict[int, dict[str, float]]:
    """Return for each size of a group the share of images whose own text wins among the texts of their group.

    groups       sizes, such as (16, 64); the examples are cut into as many groups of each size as there are
    probability  the text with the largest log p(text | image)
    ratio        the text with the largest log p(text | image) − log p(text | mean image), which takes
                 away that some texts are probable whatever the image is
    """
    scores = vlm.scores(torch.cat([some.features, vlm.blind(1)]), some.texts)
    ratio = scores[:-1] - scores[-1]
    return {
        size: {"probability": first_of(scores[:-1], size), "ratio": first_of(ratio, size)} for size in groups
    }


def first_of(scores: Tensor, size: int) -> float:
    """Return the share of rows whose own column wins within its group: scores (n, n), groups of `size` in order.

    >>> first_of(torch.eye(4), 2), first_of(torch.eye(2).flip(0), 2)
    (1.0, 0.0)
    """
    count = len(scores) // size * size
    blocks = [scores[first : first + size, first : first + size] for first in range(0, count, size)]
    hits = sum(int((block.argmax(1) == torch.arange(size)).sum()) for block in blocks)
    return hits / count


def nearest_text(vlm: "VLM", training: "Examples", strength: float = 300.0, encoder: tuple | None = None):
    """Return a function that maps features and texts to cosines: the baseline, in closed form.

    A ridge regression takes the mean feature to the MiniLM vector of the name, as in week 02; it learns from the
    same drawings. The function returns (n, m) for n features and m texts.
    """
    encoder = encoder or pretrained.sentence_encoder()
    vectors = pretrained.embed(training.texts, encoder)
    centre = vectors.mean(0)

    def standard(features: Tensor) -> Tensor:
        return (features.mean(1) - vlm.projector.mean) / vlm.projector.std

    def unit(vectors: Tensor) -> Tensor:
        return F.normalize(vectors - centre, dim=1)

    x = standard(training.features)
    weights = x.T @ torch.linalg.solve(x @ x.T + strength * torch.eye(len(x)), unit(vectors))
    return lambda features, texts: (
        F.normalize(standard(features) @ weights, dim=1) @ unit(pretrained.embed(texts, encoder)).T
    )


def words(text: str) -> set[str]:
    """Return the words of a text in small letters, without articles, prepositions and punctuation.

    >>> sorted(words("A box of Matches"))
    ['box', 'matches']
    """
    plain = "".join(sign if sign.isalnum() else " " for sign in text.lower())
    return set(plain.split()) - _SMALL_WORDS


def descriptions(described: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    """Return the shares of descriptions that equal their name, or share a word with it.

    shuffled  the share that has a word of the *next* image's name: what chance gives
    """
    other = [*names[1:], names[0]]
    count = len(names)
    return {
        "equal": sum(text.lower() == name.lower() for text, name in zip(described, names, strict=True))
        / count,
        "word": sum(bool(words(text) & words(name)) for text, name in zip(described, names)) / count,
        "shuffled": sum(bool(words(text) & words(name)) for text, name in zip(described, other)) / count,
    }


def scene_facts(described: Sequence[str], scenes: Sequence[world.Scene]) -> dict[str, float]:
    """Return the shares of descriptions with the right colours, kinds and number of shapes, and with all of these.

    All shapes count: "a red ring" is wrong in colour, kind and number for a red ring beside a blue star.
    A description that `world.parse` cannot read is wrong in everything.

    >>> scene = world.Scene([world.Shape("ring", "red", "small", 24, 24)], "grey")
    >>> scene_facts(["a blue ring"], [scene])
    {'colours': 0.0, 'kinds': 1.0, 'number': 1.0, 'all': 0.0}
    """
    hits = Counter()
    for text, scene in zip(described, scenes, strict=True):
        try:
            mentions = world.parse(text).mentions
        except InputError:  # no sentence of the world's grammar: wrong in everything
            continue
        shapes = [mention for mention in mentions for _ in range(mention.count)]
        facts = {
            "colours": Counter(each.colour for each in shapes)
            == Counter(each.colour for each in scene.shapes),
            "kinds": Counter(each.kind for each in shapes) == Counter(each.kind for each in scene.shapes),
            "number": len(shapes) == len(scene.shapes),
        }
        hits.update({**facts, "all": all(facts.values())})
    return {name: hits[name] / len(scenes) for name in ("colours", "kinds", "number", "all")}


def measured(vlm: "VLM", sets: dict[str, "Examples"], scenes: Sequence[world.Scene]) -> dict[str, dict]:
    """Return every number of this module on the held-out examples, rounded to three digits.

    sets    what `vlm_real.examples` returned
    scenes  the scenes of sets["world_held_out"]
    """
    drawings, captions = sets["emoji_held_out"], sets["world_held_out"]
    result = {"loss": {"emoji": losses(vlm, drawings.rows(slice(LOSSES))), "world": losses(vlm, captions)}}
    some = drawings.rows(slice(max(GROUPS)))
    sizes = [min(size, len(some)) for size in GROUPS]
    cosines = nearest_text(vlm, sets["emoji"])(some.features, some.texts)
    for size, shares in choices(vlm, some, sizes).items():
        others = {"nearest by cosine": first_of(cosines, size), "guessing": 1 / size}
        result[f"right of {size}"] = {**shares, **others}
    some = drawings.rows(slice(DESCRIBED))
    texts = [text for part in some.features.split(16) for text in vlm.describe(part)]
    result["descriptions"] = descriptions(texts, some.texts)
    texts = [text for part in captions.features.split(16) for text in vlm.describe(part, tokens=24)]
    result["scenes"] = scene_facts(texts, scenes)
    constant = vlm.describe(vlm.blind(1), tokens=24) * len(scenes)
    result["scenes, blind"] = scene_facts(constant, scenes)
    return _rounded(result)


def _rounded(result: dict) -> dict:
    """Return the same tree with numbers rounded to three digits."""
    return {
        name: _rounded(value) if isinstance(value, dict) else round(value, 3)
        for name, value in result.items()
    }
