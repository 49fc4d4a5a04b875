"""Models in local folders, in the format the library's own `from_pretrained` reads.

A folder holds `config.json` and `model.safetensors` (and `words.json` when a
tokenizer was saved too), so `CLIPModel.from_pretrained(folder)` opens offline
what a student trained. Nothing here is pickled, and nothing is downloaded.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmlab.errors import InputError
from mmlab.files import write_together

if TYPE_CHECKING:
    from torch import nn

    from mmlab.models.text import WordTokenizer

CONFIG, WEIGHTS, WORDS = "config.json", "model.safetensors", "words.json"

# public id → the stand-in's folder name; a toy never carries the public name
STAND_INS = {"openai/clip-vit-base-patch32": "stand-in-clip", "google/vit-base-patch16-224": "stand-in-vit"}


def save(model: "nn.Module", folder: str | Path, *, tokenizer: "WordTokenizer | None" = None) -> Path:
    """Write a `CLIP` or `ViT` to a folder in the library's format; return the folder.

    model      CLIP (opens as CLIPModel), or ViT (as ViTModel; as CLIPVisionModel with pre_norm)
    folder     made where missing; other files in it stay
    tokenizer  saved beside the model, for `load_tokenizer`
    raises     InputError on another kind of model

    Every file is written whole under another name first, so that a full disk
    or a pulled plug leaves the old model in place. A SigLIP's `logit_bias` is
    kept too, but CLIPModel has no place for it and leaves it out.
    """
    from safetensors.torch import save as to_bytes

    config, state = described(model)
    config["dtype"] = str(next(model.parameters()).dtype).removeprefix("torch.")
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    files = {WEIGHTS: to_bytes(state, metadata={"format": "pt"})}
    if tokenizer is not None:
        files[WORDS] = to_json({"words": tokenizer.words, "length": tokenizer.length})
    files[CONFIG] = to_json(config)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_together({folder / name: content for name, content in files.items()})
    return folder


def load(folder: str | Path) -> "nn.Module":
    """Return the `CLIP` or `ViT` of a folder, in eval mode, on the CPU.

    Reads what `save` wrote and what the library's `save_pretrained` writes for
    the same architectures. Raises InputError when the folder or a file is
    missing, truncated or damaged, or holds weights of another shape.
    """
    import torch

    from mmlab.models import weights

    folder = Path(folder)
    config, state = read_json(folder / CONFIG), read_weights(folder / WEIGHTS)
    try:
        with torch.device("meta"):  # no memory before the file's shapes have been compared
            if config["model_type"] == "clip":
                bias = 0.0 if "logit_bias" in state else None
                model = weights.clip_from_config(config, logit_bias=bias)
                state = weights.clip_from_transformers(state)
            elif config["model_type"] in ("vit", "clip_vision_model"):
                model = weights.vit_from_config(config)
                state = weights.vit_from_transformers(state)
            else:
                given = f"{folder}: model_type {config['model_type']!r}"
                wanted = "clip, vit or clip_vision_model"
                raise InputError(given, wanted, "open it with transformers")
        model.load_state_dict(state, assign=True)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError) as error:
        reason = repr(error).splitlines()[-1][-200:]
        raise damaged(folder, f"configuration and weights disagree: {reason}") from error
    return model.eval()


def load_tokenizer(folder: str | Path) -> "WordTokenizer":
    """Return the tokenizer saved beside a model; InputError when it is missing or damaged."""
    from mmlab.models.text import WordTokenizer

    path = Path(folder) / WORDS
    saved = read_json(path)
    try:
        return WordTokenizer(saved["words"], saved["length"])
    except (KeyError, TypeError) as error:
        raise damaged(path, "no words and length inside") from error


def resolve(identifier: str, model: "nn.Module | None" = None) -> str:
    """Return where to load a public model from, and print which: stand-in or the real one.

    identifier  a public id such as "openai/clip-vit-base-patch32"
    model       what to stand in, such as a CLIP you trained; by default a small
                untrained one of the same architecture
    returns     a local folder; the id itself when MMLAB_PRETRAINED=1
    raises      InputError on an id that nothing stands in for
    """
    if os.environ.get("MMLAB_PRETRAINED") == "1":
        print(f"{identifier}: the public checkpoint (MMLAB_PRETRAINED=1)")
        return identifier
    if model is None and identifier not in STAND_INS:
        do = "pass model=… to stand in, or set MMLAB_PRETRAINED=1"
        raise InputError(f"resolve({identifier!r})", f"one of {', '.join(STAND_INS)}", do)
    kind = "trained here" if model is not None else "random weights"
    model = model if model is not None else stand_in(STAND_INS[identifier])
    name = STAND_INS.get(identifier, "stand-in")
    folder = save(model, artifacts() / name)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{name}: {count:,} parameters, {kind}; not {identifier} (set MMLAB_PRETRAINED=1 for it)")
    return str(folder)


def stand_in(name: str) -> "nn.Module":
    """Return the small untrained model of that stand-in: the same weights every time."""
    import torch

    from mmlab import world
    from mmlab.models import clip, text, vit

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if name == "stand-in-clip":
            return clip.small(text.WordTokenizer(world.vocabulary()).vocabulary_size)
        return vit.ViT(vit.VisionConfig(norm_eps=1e-12))


def artifacts() -> Path:
    """Return the folder of models made here: $MMLAB_ARTIFACTS, or ./artifacts."""
    return Path(os.environ.get("MMLAB_ARTIFACTS") or "artifacts")


def described(model: "nn.Module") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a model's library configuration and its state under the library's names."""
    from mmlab.models import weights
    from mmlab.models.clip import CLIP
    from mmlab.models.vit import ViT

    if isinstance(model, CLIP):
        config = {**weights.clip_config(model), "architectures": ["CLIPModel"]}
        return config, weights.clip_to_transformers(model.state_dict())
    if isinstance(model, ViT):
        config = weights.vit_config(model)
        kind = "ViTModel" if config["model_type"] == "vit" else "CLIPVisionModel"
        return {**config, "architectures": [kind]}, weights.vit_to_transformers(model.state_dict())
    given = f"a {type(model).__name__}"
    raise InputError(given, "a CLIP or a ViT", "save classifier.vision, or use torch.save")


def to_json(value: dict[str, Any]) -> bytes:
    """Return a dictionary as indented JSON, keys sorted, in bytes."""
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON file's object; InputError when it is missing or damaged."""
    try:
        value = json.loads(read_bytes(path))
    except ValueError as error:
        raise damaged(path, str(error)) from error
    if not isinstance(value, dict):
        raise damaged(path, "not a JSON object")
    return value


def read_weights(path: Path) -> dict[str, Any]:
    """Return a safetensors file's tensors; InputError when it is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    try:
        return from_bytes(read_bytes(path))
    except (SafetensorError, ValueError, KeyError) as error:
        raise damaged(path, str(error)) from error


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; InputError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        given, wanted = f"{path}: {error.strerror}", "a folder that hub.save wrote"
        raise InputError(given, wanted, "train and save it first") from error


def damaged(path: Path, reason: str) -> InputError:
    """Return the error for a file that is there but cannot be used."""
    return InputError(f"{path} is damaged ({reason})", "what hub.save wrote", "save it again")
