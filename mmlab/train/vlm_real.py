"""A vision-language model from real weights: EfficientNet-lite0, a small projector, Gemma 3 270M.

Both networks stay frozen; only the projector learns. `mmlab train vlm_real` trains it on emoji
drawings with their names and on scenes of the world with their captions. The file beside this module
holds the projector that this command made, and its record says how.

    vlm = vlm_real.load()
    pixels = [pretrained.photographs()["coffee"]]
    vlm.describe(vlm.features(pixels))

The language model reads `<bos>`, four projected vectors (the upper left, upper right, lower left and
lower right of the image), " A picture of", and continues with the name and a full stop.
source  Merullo et al. 2022, https://arxiv.org/abs/2209.15162 (a linear map between two frozen models);
        Liu et al. 2023, https://arxiv.org/abs/2304.08485 (LLaVA, first stage)
"""

import copy
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmlab import pretrained, world
from mmlab.data import Stream, seed_of
from mmlab.errors import InputError, ShapeError
from mmlab.files import atomic_write, write_together
from mmlab.train.checkpoint import History
from mmlab.train.loop import fit
from mmlab.train.optimizers import adamw
from mmlab.train.vlm_scores import measured

STEPS, LEARNING_RATE = 160, 3e-3
DRAWINGS, SCENES = 8, 4  # of a batch
WORLD, UNSEEN = 2000, 64  # scenes to train on, and held-out scenes
IMAGE_TOKENS, CHANNELS, WIDTH = 4, 1280, 640
SIZE = 256  # pixels along a side: EfficientNet then gives 8 x 8 positions
PROMPT = " A picture of"
WEIGHTS, RECORD, CHECKPOINT = "vlm_real.safetensors", "vlm_real.json", "vlm_real.checkpoint"
FOLDER = Path(__file__).parent
# Words that vary within a family of emoji: "man cook" and "woman cook" are one concept.
_FAMILY = {"man", "woman", "person", "men", "women", "people"}


class Projector(nn.Module):
    """Image features to vectors that a language model reads like embedded words.

    (B, 4, 1280) → (B, 4, 640): standardise, one linear layer, add a position, LayerNorm. The LayerNorm
    gives every vector a root mean square near 1, which is that of Gemma's scaled word embeddings (1.03).
    """

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(CHANNELS))
        self.register_buffer("std", torch.ones(CHANNELS))
        self.linear = nn.Linear(CHANNELS, WIDTH)
        self.positions = nn.Parameter(torch.zeros(IMAGE_TOKENS, WIDTH))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, features: Tensor) -> Tensor:
        """Return the vectors (B, 4, 640) of features (B, 4, 1280) float32."""
        if features.ndim != 3 or features.shape[1:] != (IMAGE_TOKENS, CHANNELS):
            given = f"Projector: features {tuple(features.shape)}"
            raise ShapeError(given, f"(B, {IMAGE_TOKENS}, {CHANNELS})", "pass vlm.features(images)")
        return self.norm(self.linear((features - self.mean) / self.std) + self.positions)

    @torch.no_grad()
    def start(self, features: Tensor, targets: Tensor, strength: float = 300.0) -> None:
        """Set the statistics, and the linear layer to the ridge regression from features to embeddings.

        features  (N, 4, 1280) float32   of the training images
        targets   (N, 640) float32       the mean embedding of each name's tokens
        strength  of the ridge penalty

        The frozen language model can then read the vectors a little before the first step.
        """
        self.mean.copy_(features.mean((0, 1)))
        self.std.copy_(features.std((0, 1)) + 0.1)
        x, centre = (features.mean(1) - self.mean) / self.std, targets.mean(0)
        gram = x @ x.T + strength * torch.eye(len(x))
        self.linear.weight.copy_((x.T @ torch.linalg.solve(gram, targets - centre)).T)
        self.linear.bias.copy_(centre)


class VLM:
    """A frozen image network and a frozen language model, joined by a projector.

    projector       Projector
    network         `pretrained.image_classifier()[0]`; None: `features` cannot be called
    language_model  `pretrained.language_model()`: the model and its tokenizer
    """

    def __init__(self, projector: nn.Module, network: nn.Module | None, language_model: tuple):
        self.projector, self.network = projector, network
        self.model, tokenizer = language_model
        self.model.requires_grad_(False)
        self.tokenizer = tokenizer.backend_tokenizer  # the object around it holds 170 MB more
        self.end = self.tokens(".")[0]
        self.before = torch.tensor([tokenizer.bos_token_id])
        self.prompt = torch.tensor(self.tokens(PROMPT))

    def with_projector(self, projector: nn.Module) -> "VLM":
        """Return the same model with another projector; both share the two networks."""
        other = copy.copy(self)
        other.projector = projector
        return other

    def tokens(self, text: str) -> list[int]:
        """Return a text's token ids, without <bos>."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def targets(self, texts: Sequence[str]) -> Tensor:
        """Return what the model must say: ids (B, T) int64 with a full stop after each text, −100 beyond it."""
        rows = [torch.tensor([*self.tokens(f" {text}"), self.end]) for text in texts]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)

    @torch.inference_mode()
    def features(self, images: Sequence[np.ndarray], whole: bool = False, batch: int = 4) -> Tensor:
        """Return EfficientNet's features of images, (n, 4, 1280) float32: the means of the four quarters.

        images  uint8 [height, width, 3] each
        whole   see all of a square image; the default is the central square that EfficientNet is evaluated on
        """
        parts = []
        for first in range(0, len(images), batch):
            some = [_bordered(image) if whole else image for image in images[first : first + batch]]
            pixels = torch.stack([pretrained.image_tensor(image, SIZE) for image in some])
            parts.append(F.adaptive_avg_pool2d(self.network.extract_features(pixels), 2).flatten(2).mT)
        return torch.cat(parts).clone()

    def embed(self, features: Tensor, ids: Tensor) -> Tensor:
        """Return the input embeddings (B, 1 + 4 + 3 + T, 640): <bos>, image, prompt, and the T tokens so far."""
        words = self.model.get_input_embeddings()
        row = len(features)
        first, prompt = (words(part).expand(row, -1, -1) for part in (self.before, self.prompt))
        image = self.projector(features).to(prompt.dtype)
        return torch.cat([first, image, prompt, words(ids)], dim=1)

    def token_losses(self, features: Tensor, targets: Tensor) -> Tensor:
        """Return −log p of each target token, (B, T); 0 where a row has ended.

        The softmax over 262,144 words is computed at the label positions only.
        """
        previous = targets[:, :-1].clamp(min=0)
        states = self.model.model(
            inputs_embeds=self.embed(features, previous), use_cache=False
        ).last_hidden_state
        states, real = states[:, -targets.shape[1] :], targets != -100
        logits = self.model.lm_head(states[real]).float()
        values = F.cross_entropy(logits, targets[real], reduction="none")
        return torch.zeros(targets.shape).masked_scatter(real, values)

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """Return the mean of −log p over the target tokens of the batch, ()."""
        return self.token_losses(features, targets).sum() / (targets != -100).sum()

    def blind(self, count: int) -> Tensor:
        """Return the mean training feature `count` times, (count, 4, 1280): an image without information."""
        return self.projector.mean.expand(count, IMAGE_TOKENS, -1)

    @torch.inference_mode()
    def scores(self, features: Tensor, texts: Sequence[str], batch: int = 4) -> Tensor:
        """Return log p(text | image) of every text for every image: (n, 4, 1280), m texts → (n, m).

        What the model reads before the text is computed once an image, and its keys and values serve all texts.
        """
        parts = self.targets(texts).split(batch)
        return torch.stack([torch.cat([self._score(row[None], part) for part in parts]) for row in features])

    def _score(self, features: Tensor, targets: Tensor) -> Tensor:
        """Return log p of each of m texts for one image: (1, 4, 1280), (m, T) → (m,)."""
        nothing = torch.empty(1, 0, dtype=torch.long)
        start = self.model.model(inputs_embeds=self.embed(features, nothing), use_cache=True)
        first = self.model.lm_head(start.last_hidden_state[0, -1]).float().log_softmax(-1)[targets[:, 0]]
        start.past_key_values.batch_repeat_interleave(len(targets))
        inputs = self.model.get_input_embeddings()(targets[:, :-1].clamp(min=0))
        out = self.model.model(inputs_embeds=inputs, past_key_values=start.past_key_values, use_cache=True)
        rest, real = targets[:, 1:], targets[:, 1:] != -100
        logits = self.model.lm_head(out.last_hidden_state[real]).float()
        values = F.cross_entropy(logits, rest[real], reduction="none")
        return first - torch.zeros(rest.shape).masked_scatter(real, values).sum(1)

    @torch.inference_mode()
    def describe(self, features: Tensor, tokens: int = 12) -> list[str]:
        """Return the greedy continuation of the prompt for each image, up to a full stop or `tokens` tokens."""
        inputs, past = self.embed(features, torch.empty(len(features), 0, dtype=torch.long)), None
        ids = torch.empty(len(features), 0, dtype=torch.long)
        while ids.shape[1] < tokens and not (ids == self.end).any(1).all():
            out = self.model.model(inputs_embeds=inputs, past_key_values=past, use_cache=True)
            new = self.model.lm_head(out.last_hidden_state[:, -1]).argmax(1, keepdim=True)
            ids, past = torch.cat([ids, new], 1), out.past_key_values
            inputs = self.model.get_input_embeddings()(new)
        rows = [row[: row.index(self.end)] if self.end in row else row for row in ids.tolist()]
        return [self.tokenizer.decode(row).strip() for row in rows]


def _bordered(image: np.ndarray) -> np.ndarray:
    """Return an image with its edges repeated by 1/14, so that the central 7/8 are the whole image."""
    border = round(len(image) / 14)
    return np.pad(image, ((border, border), (border, border), (0, 0)), mode="edge")


@dataclass(frozen=True)
class Examples:
    """Images and what the model must say of them.

    features  (n, 4, 1280) float32
    texts     n names or captions
    """

    features: Tensor
    texts: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self, chosen: Tensor | slice) -> "Examples":
        """Return some of the examples: a slice or a tensor of row numbers."""
        numbers = torch.arange(len(self))[chosen]
        return Examples(self.features[numbers], [self.texts[row] for row in numbers.tolist()])


def concept(name: str) -> str:
    """Return an emoji's name without the words for people that vary within a family.

    >>> concept("woman cook") == concept("man cook")
    True
    """
    return " ".join(word for word in name.lower().split() if word not in _FAMILY)


def held_out(name: str) -> bool:
    """Return whether a name's concept is held out: a hash chooses a fifth of the concepts, families as a whole."""
    return int(hashlib.sha256(concept(name).encode()).hexdigest(), 16) % 5 == 0


def scene_text(scene: world.Scene) -> str:
    """Return a scene's plain caption without its background.

    >>> scene_text(world.Scene([world.Shape("circle", "red", "large", 24, 24)], "grey"))
    'a large red circle'
    """
    return world.caption(scene).rpartition(" on a ")[0]


def unseen_scenes(count: int) -> list[world.Scene]:
    """Return scenes that the training did not see, with one to three shapes each."""
    return world.sample(count, 0, "test", (1, 3))


def examples(vlm: VLM) -> dict[str, Examples]:
    """Return the training and held-out examples; the first call computes the features, in about 4 CPU-minutes.

    emoji, emoji_held_out  drawings with their names, split by concept
    world, world_held_out  scenes of the splits train and test with their captions
    """
    names, drawings = pretrained.emoji()
    scenes = {"world": world.sample(WORLD, 0, "train", (1, 3)), "world_held_out": unseen_scenes(UNSEEN)}
    drawn = _cached("emoji", len(names), lambda: vlm.features(drawings, whole=True))
    chosen = torch.tensor([held_out(name) for name in names])
    every = Examples(drawn, names)
    sets = {"emoji": every.rows(~chosen), "emoji_held_out": every.rows(chosen)}
    for key, some in scenes.items():
        seen = _cached(key, len(some), lambda some=some: vlm.features(world.render(some, 128), whole=True))
        sets[key] = Examples(seen, [scene_text(scene) for scene in some])
    return sets


def _cached(name: str, count: int, compute: Callable[[], Tensor]) -> Tensor:
    """Return `count` features from the cache, rounded to float16; compute and keep them where they are missing."""
    weights = pretrained.PARTS["image_classifier"].files[0].sha256[:8]
    file = pretrained.cache() / f"vlm_real-{name}-{count}-{weights}-{SIZE}.npy"
    try:
        return torch.from_numpy(np.load(file, allow_pickle=False)).float()
    except (OSError, ValueError):  # not there yet, or damaged
        rounded = compute().half()
        atomic_write(file, lambda out: np.save(out, rounded.numpy()), durable=False)
        return rounded.float()


def batches(vlm: VLM, sets: dict[str, Examples], seed: int = 0) -> Stream:
    """Return an endless stream of (features, targets): 8 drawings and 4 scenes a batch, the same for the same step."""
    drawings, scenes = sets["emoji"], sets["world"]

    def draw(step: int) -> tuple[Tensor, Tensor]:
        chance = torch.Generator().manual_seed(seed_of(seed, step))
        first = drawings.rows(torch.randint(len(drawings), (DRAWINGS,), generator=chance))
        second = scenes.rows(torch.randint(len(scenes), (SCENES,), generator=chance))
        return torch.cat([first.features, second.features]), vlm.targets(first.texts + second.texts)

    return Stream(draw)


def aligned(vlm: VLM, sets: dict[str, Examples]) -> None:
    """Start the projector from the ridge regression on the training drawings and their names' embeddings."""
    words = vlm.model.get_input_embeddings()
    drawings = sets["emoji"]
    with torch.no_grad():
        targets = [words(torch.tensor(vlm.tokens(f" {name}"))).float().mean(0) for name in drawings.texts]
    vlm.projector.start(drawings.features, torch.stack(targets))


def train(
    steps: int, folder: str | Path, *, seed: int = 0, on_step: Callable[[int, float], object] | None = None
) -> dict[str, Any]:
    """Train the projector, write it and its record to a folder, and return the record.

    steps    total number, including earlier sessions: a checkpoint in the folder is continued
    on_step  on_step(step, loss) after each step, counted from 1
    returns  the record; with "interrupted" true after Ctrl-C, when only the checkpoint is written
    raises   InputError  for steps below 1, and for a checkpoint of another number of steps

    Gemma computes in bfloat16 here, its own precision: a step took 0.8 CPU-seconds where float32 took 2.0.
    """
    if steps < 1:
        raise InputError(f"train: steps={steps}", "at least 1 step", f"pass steps={STEPS}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    vlm = VLM(Projector(), pretrained.image_classifier()[0], pretrained.language_model())
    sets = examples(vlm)
    aligned(vlm, sets)
    vlm.model.to(torch.bfloat16)
    history = fit(
        vlm.projector,
        batches(vlm, sets, seed),
        lambda _, features, targets: vlm.loss(features, targets),
        steps,
        optimizer=adamw,
        learning_rate=LEARNING_RATE,
        seed=seed,
        checkpoint=folder / CHECKPOINT,
        on_step=on_step,
    )
    record = described(history, sets, steps, seed)
    if history.interrupted:
        return record
    state = {name: tensor.half().contiguous() for name, tensor in vlm.projector.state_dict().items()}
    vlm.projector.load_state_dict(state)  # rounded: what is measured is what is stored
    record["measured"] = measured(vlm, sets, unseen_scenes(UNSEEN))
    _write(folder, state, record)
    return record


def described(history: History, sets: dict[str, Examples], steps: int, seed: int) -> dict[str, Any]:
    """Return the record of a training: its steps, data, seed, seconds, versions and losses."""
    return history.record(steps, seed) | {
        "learning_rate": LEARNING_RATE,
        "batch": {"drawings": DRAWINGS, "scenes": SCENES},
        "examples": {key: len(some) for key, some in sets.items()},
        "dtype": "bfloat16",
    }


def _write(folder: Path, state: dict[str, Tensor], record: dict[str, Any]) -> None:
    """Write the weights and the record, with the SHA-256 of the weights."""
    from safetensors.torch import save

    content = save(state, metadata={"format": "pt"})
    record["sha256"] = hashlib.sha256(content).hexdigest()
    text = json.dumps(record, indent=1) + "\n"
    write_together({folder / WEIGHTS: content, folder / RECORD: text.encode()})


def load(folder: str | Path = FOLDER, network: bool = True) -> VLM:
    """Return the VLM with the projector of a folder; the default is the one that comes with the package.

    network  load EfficientNet too, for `features`
    raises   InputError   when a file is missing, or the weights have another SHA-256 than the record says
             MissingPart  when a package of `mmlab[real]` is not installed
    """
    projector = Projector()
    projector.load_state_dict(_read(Path(folder)))
    image_network = pretrained.image_classifier()[0] if network else None
    vlm = VLM(projector.eval(), image_network, pretrained.language_model())
    pretrained.return_memory()
    return vlm


def record(folder: str | Path = FOLDER) -> dict[str, Any]:
    """Return the record of the training that made a folder's projector."""
    path = Path(folder) / RECORD
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, f"cannot be read ({type(error).__name__})") from error


def _read(folder: Path) -> dict[str, Tensor]:
    """Return the weights of a folder, after comparing them with the record."""
    from safetensors.torch import load as parse

    path = folder / WEIGHTS
    wanted = record(folder).get("sha256")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _damaged(path, f"cannot be read ({error.strerror})") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != wanted:
        raise _damaged(path, f"has SHA-256 {digest[:16]}…, but the record says {str(wanted)[:16]}…")
    return parse(content)


def _damaged(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} {reason}",
        "the files that `mmlab train vlm_real` writes together",
        "run mmlab train vlm_real",
    )
