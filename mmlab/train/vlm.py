"""The course's vision-language model: its pretrained parts, its examples, its training and its measure.

    encoder = vision_encoder()            a ViT that was trained to name the shapes it sees
    language = language_model()           a GPT that was trained on texts alone
    model = new_vlm(seed=0)               both, and a projector with random weights
    train_vlm(model, tokenizer, 400)      the projector and the language model learn
    exact_match(model, tokenizer, questions_of(scenes))

`mmlab train encoder`, `mmlab train language` and `mmlab train vlm` make the shipped weights again.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmlab import data, world
from mmlab.errors import InputError
from mmlab.models.generate import generate_cached
from mmlab.models.inference import inference
from mmlab.models.language import LanguageConfig, LanguageModel
from mmlab.models.text import WordTokenizer
from mmlab.models.vit import VisionConfig, ViT
from mmlab.models.vlm import IGNORE, VLM, Projector, answer_loss
from mmlab.train.checkpoint import History
from mmlab.train.loop import fit

IMAGE, DESCRIBE = "<image>", "describe"
VLM_STEPS = 500
VISION = VisionConfig(image_size=32, patch=8, width=64, layers=3, heads=4)
PATCHES = VISION.tokens - 1
LENGTH = 96  # of the language model
YES_NO = ("exists", "compare")


@dataclass(frozen=True)
class Turn:
    """A prompt and the answer that is true of a scene.

    prompt  a question of the world, or "describe"
    answer  words of the vocabulary
    type    the question's type, or "caption"
    """

    prompt: str
    answer: str
    type: str


def vlm_tokenizer() -> WordTokenizer:
    """Return the tokenizer of all models here: the world's words, the placeholder and "describe"."""
    return WordTokenizer([IMAGE, DESCRIBE, *world.vocabulary()], length=LENGTH)


def turns(scene: world.Scene, relations: bool = True) -> list[Turn]:
    """Return all questions about a scene, and the request to describe it.

    relations  False: leave out what a caption does not answer, where each shape is
    """
    requests = [
        Turn(q.text, q.answer, q.type) for q in world.questions(scene) if relations or q.type != "relation"
    ]
    return [*requests, Turn(DESCRIBE, world.caption(scene), "caption")]


def one_turn(scene: world.Scene, rng: np.random.Generator, relations: bool = True) -> Turn:
    """Return a random turn: first a type is drawn, yes–no questions twice as often as others, then a turn of it."""
    by_type: dict[str, list[Turn]] = {}
    for turn in turns(scene, relations):
        by_type.setdefault(turn.type, []).append(turn)
    weights = np.array([2.0 if name in YES_NO else 1.0 for name in by_type])
    chosen = list(by_type.values())[rng.choice(len(by_type), p=weights / weights.sum())]
    return chosen[rng.integers(len(chosen))]


def encode_turn(tokenizer: WordTokenizer, turn: Turn, images: int = 1) -> tuple[list[int], list[int]]:
    """Return the ids of start, image placeholders, prompt, answer and end, and their labels.

    A label is the id itself for the answer and the end, else `IGNORE`: the model does not learn to ask.
    """
    prompt = encode_prompt(tokenizer, turn.prompt, images)
    answer = [*(tokenizer.ids[word] for word in world.words(turn.answer)), tokenizer.end]
    return prompt + answer, [IGNORE] * len(prompt) + answer


def encode_prompt(tokenizer: WordTokenizer, prompt: str, images: int = 1) -> list[int]:
    """Return the ids of start, `PATCHES` placeholders an image, and the prompt's words."""
    words = [tokenizer.ids[word] for word in world.words(prompt)]
    return [tokenizer.start, *[tokenizer.ids[IMAGE]] * (PATCHES * images), *words]


def padded(rows: Sequence[Sequence[int]], value: int, side: str = "right") -> Tensor:
    """Return rows of unequal length as one tensor: (B, T) int64, filled with `value` on one side.

    >>> padded([[1, 2], [3]], 0, side="left").tolist()
    [[1, 2], [0, 3]]
    """
    rows = [torch.tensor(row, dtype=torch.long) for row in rows]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=value, padding_side=side)


def dialogues(
    tokenizer: WordTokenizer,
    batch: int = 64,
    seed: int = 0,
    split: str = "train",
    *,
    shapes: tuple[int, int] = (1, 2),
    choose: Callable[[world.Scene, np.random.Generator], Turn] = one_turn,
) -> data.Stream:
    """Return an endless stream of images, each with one prompt and its answer.

    shapes  least and most shapes in a scene
    choose  choose(scene, rng) -> Turn: what is asked about each scene
    yields  pixels (B, 3, 32, 32) float32, ids and labels (B, T) int64, padded at the right
    """

    def draw(step: int) -> tuple[Tensor, Tensor, Tensor]:
        number = data.seed_of(seed, step)
        scenes, rng = world.sample(batch, number, split, shapes), np.random.default_rng(number)
        rows = [encode_turn(tokenizer, choose(scene, rng)) for scene in scenes]
        ids, labels = (
            padded([row[0] for row in rows], tokenizer.pad),
            padded([row[1] for row in rows], IGNORE),
        )
        return data.preprocess(world.render(scenes, VISION.image_size)), ids, labels

    return data.Stream(draw)


def dialogue_loss(model: VLM, pixels: Tensor, ids: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of the answers' tokens; the padding at the right needs no mask."""
    return answer_loss(model(ids, pixels), labels)


def train_vlm(
    model: VLM,
    tokenizer: WordTokenizer,
    steps: int = VLM_STEPS,
    *,
    batch: int = 64,
    shapes: tuple[int, int] = (1, 2),
    choose: Callable[[world.Scene, np.random.Generator], Turn] = one_turn,
    change: Callable[[data.Stream], data.Stream] | None = None,
    learning_rate: float = 3e-3,
    seed: int = 0,
    checkpoint: str | os.PathLike | None = None,
    on_step: Callable[[int, float], object] | None = None,
) -> History:
    """Train a VLM, in place, on fresh scenes with prompts and answers.

    What has `requires_grad` learns: the projector and the language model of `new_vlm`.

    shapes, choose  as in `dialogues`
    change          a function that changes the stream, such as the control `evaluate.shuffled_pairs`
    others          as in `fit`
    returns         History
    """
    stream = dialogues(tokenizer, batch, seed, shapes=shapes, choose=choose)
    return fit(
        model,
        change(stream) if change else stream,
        dialogue_loss,
        steps,
        learning_rate=learning_rate,
        seed=seed,
        checkpoint=checkpoint,
        on_step=on_step,
    )


def answers(
    model: VLM,
    tokenizer: WordTokenizer,
    pixels: Tensor | None,
    prompts: Sequence[str],
    new_tokens: int = 24,
    **sampling,
) -> list[str]:
    """Return the model's answer to each prompt about its image.

    pixels    (B, 3, 32, 32) float, one image a prompt; None: the prompts alone, without an image
    sampling  as in `next_tokens`; greedy by default
    raises    InputError when images and prompts differ in number
    """
    if pixels is not None and len(pixels) != len(prompts):
        raise InputError(
            f"answers: {len(pixels)} images and {len(prompts)} prompts",
            "one image for each prompt",
            "repeat the image: pixels.expand(len(prompts), -1, -1, -1)",
        )
    rows = [encode_prompt(tokenizer, prompt, images=int(pixels is not None)) for prompt in prompts]
    mask = padded([[1] * len(row) for row in rows], 0, side="left").bool()
    ids = padded(rows, tokenizer.pad, side="left")
    with inference(model) as device:
        vectors = model.embed(ids.to(device), None if pixels is None else pixels.to(device))
        made = generate_cached(
            model.language, vectors, new_tokens, mask=mask.to(device), end=tokenizer.end, **sampling
        )
    return tokenizer.decode(made)


def exact_match(
    model: VLM,
    tokenizer: WordTokenizer,
    scenes: Sequence[world.Scene],
    requests: Sequence[Turn],
    pixels: Tensor | None = None,
) -> dict[str, float]:
    """Return the share of answers that equal the true one word for word, by type and for "all".

    scenes, requests  one turn a scene, such as one_turn(scene, rng)
    pixels            other images in place of the scenes' own, for a control
    raises            InputError when scenes and turns differ in number
    """
    if len(scenes) != len(requests) or not len(scenes):
        raise InputError(
            f"exact_match: {len(scenes)} scenes and {len(requests)} turns",
            "one turn for each scene",
            "ask one_turn(scene, rng)",
        )
    if pixels is None:
        pixels = data.preprocess(world.render(scenes, VISION.image_size))
    right: dict[str, list[bool]] = {}
    given = answers(model, tokenizer, pixels, [turn.prompt for turn in requests])
    for turn, text in zip(requests, given, strict=True):
        right.setdefault(turn.type, []).append(text == " ".join(world.words(turn.answer)))
    return shares_by_type(right)


def shares_by_type(right: dict[str, list[bool]]) -> dict[str, float]:
    """Return the share of right answers of each type, in the order of the alphabet, and of "all".

    >>> shares_by_type({"size": [True], "colour": [True, False, False]})
    {'colour': 0.3333333333333333, 'size': 1.0, 'all': 0.5}
    """
    every = [each for column in right.values() for each in column]
    shares = {name: sum(column) / len(column) for name, column in sorted(right.items())}
    return shares | {"all": sum(every) / len(every)}


# The pretrained parts: `vlm_parts` has the recipe of each.

SHIPPED = {"encoder": "vlm_encoder.npz", "language": "vlm_language.npz", "vlm": "vlm_trained.npz"}


def vision_encoder() -> ViT:
    """Return the shipped image encoder, which `mmlab train encoder` made: frozen, in evaluation mode."""
    return _loaded(lambda: ViT(VISION), "encoder").requires_grad_(False).eval()


def language_model() -> LanguageModel:
    """Return the shipped language model, which `mmlab train language` made from texts alone."""
    return _loaded(untrained_language, "language")


def _loaded(build: Callable[[], nn.Module], name: str) -> Any:
    """Return a model with shipped weights; the random ones that they replace use up no random numbers of the caller."""
    with torch.random.fork_rng(devices=[]):
        model = build()
    model.load_state_dict(_shipped(name))
    return model


def new_vlm(seed: int = 0) -> VLM:
    """Return a VLM of both pretrained parts with a projector of random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        projector = Projector(VISION.width, VISION.width)
    return VLM(vision_encoder(), projector, language_model(), vlm_tokenizer().ids[IMAGE])


def trained_vlm() -> VLM:
    """Return the shipped VLM, which `mmlab train vlm` made in more steps than a lesson has time for."""
    model = new_vlm()
    state = {f"vision.{name}": tensor for name, tensor in _shipped("encoder").items()}
    model.load_state_dict(state | _shipped("vlm"))
    return model


def untrained_language() -> LanguageModel:
    """Return the language model of the VLM with random weights."""
    return LanguageModel(
        LanguageConfig(vlm_tokenizer().vocabulary_size, width=VISION.width, layers=2, heads=4, length=LENGTH)
    )


@lru_cache(maxsize=None)
def _arrays(name: str) -> dict[str, np.ndarray]:
    file = resources.files("mmlab.train").joinpath("weights", SHIPPED[name])
    with resources.as_file(file) as path, np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _shipped(name: str) -> dict[str, Tensor]:
    """Return a shipped state dict as float32."""
    return {key: torch.from_numpy(array.astype(np.float32)) for key, array in _arrays(name).items()}
