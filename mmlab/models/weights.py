"""The same weights under the names that transformers uses, both ways.

Nothing is computed: tensors are renamed, ViT's two get their batch axis of 1, and GPT-2's
matrices are joined and transposed. So a round trip is equal bit for bit. transformers itself is not needed here.

    theirs = CLIPModel(CLIPConfig(**weights.clip_config(ours)))
    theirs.load_state_dict(weights.clip_to_transformers(ours.state_dict()))
"""

from typing import Any

import torch
from torch import Tensor

from mmlab.errors import InputError
from mmlab.models.clip import CLIP
from mmlab.models.language import LanguageConfig, LanguageModel
from mmlab.models.text import TextConfig, TextTower
from mmlab.models.vit import VisionConfig, ViT

State = dict[str, Tensor]

ACTIVATIONS = {"gelu": "gelu", "gelu_tanh": "gelu_pytorch_tanh", "quick_gelu": "quick_gelu", "relu": "relu"}
MLP = (("mlp.0", "mlp.fc1"), ("mlp.2", "mlp.fc2"))

# (ours, theirs): whole segments of a name, replaced in this order
CLIP_BLOCK = (
    ("blocks", "encoder.layers"),
    ("attention.query", "self_attn.q_proj"),
    ("attention.key", "self_attn.k_proj"),
    ("attention.value", "self_attn.v_proj"),
    ("attention.out", "self_attn.out_proj"),
    ("norm1", "layer_norm1"),
    ("norm2", "layer_norm2"),
    *MLP,
)
CLIP_VISION = (
    *CLIP_BLOCK,
    ("class_token", "embeddings.class_embedding"),
    ("patches", "embeddings.patch_embedding"),
    ("positions", "embeddings.position_embedding.weight"),
    ("pre_norm", "pre_layrnorm"),
    ("norm", "post_layernorm"),
)
CLIP_TEXT = (
    *CLIP_BLOCK,
    ("tokens", "embeddings.token_embedding"),
    ("positions", "embeddings.position_embedding.weight"),
    ("norm", "final_layer_norm"),
)
GPT2 = (
    ("words", "transformer.wte"),
    ("positions", "transformer.wpe"),
    ("blocks", "transformer.h"),
    ("attention.out", "attn.c_proj"),
    ("norm1", "ln_1"),
    ("norm2", "ln_2"),
    ("mlp.0", "mlp.c_fc"),
    ("mlp.2", "mlp.c_proj"),
    ("norm", "transformer.ln_f"),
)
GPT2_QUERY_KEY_VALUE = ("attention.query", "attention.key", "attention.value")
VIT = (
    ("blocks", "layers"),
    ("attention.query", "attention.q_proj"),
    ("attention.key", "attention.k_proj"),
    ("attention.value", "attention.v_proj"),
    ("attention.out", "attention.o_proj"),
    ("norm1", "layernorm_before"),
    ("norm2", "layernorm_after"),
    *MLP,
    ("class_token", "embeddings.cls_token"),
    ("patches", "embeddings.patch_embeddings.projection"),
    ("positions", "embeddings.position_embeddings"),
    ("norm", "layernorm"),
)
# what ViT's files on disk still say (theirs on disk, theirs in memory)
VIT_ON_DISK = (
    ("encoder.layer", "layers"),
    ("attention.attention.query", "attention.q_proj"),
    ("attention.attention.key", "attention.k_proj"),
    ("attention.attention.value", "attention.v_proj"),
    ("attention.output.dense", "attention.o_proj"),
    ("intermediate.dense", "mlp.fc1"),
    ("output.dense", "mlp.fc2"),
)


def rename(name: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """Return the name with each pair's first segments replaced by its second.

    >>> rename("blocks.0.attention.key.bias", CLIP_BLOCK)
    'encoder.layers.0.self_attn.k_proj.bias'
    """
    name = f".{name}."
    for old, new in pairs:
        name = name.replace(f".{old}.", f".{new}.")
    return name[1:-1]


def reverse(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that undo these."""
    return tuple((new, old) for old, new in pairs)


def clip_to_transformers(state: State) -> State:
    """Return a `CLIP`'s state dict under `CLIPModel`'s names (a `logit_bias` keeps its own)."""
    renamed = {}
    for name, tensor in state.items():
        if name.startswith("vision."):
            name = rename(name, CLIP_VISION).replace("vision.", "vision_model.", 1)
        elif name.startswith("text."):
            name = rename(name, CLIP_TEXT).replace("text.", "text_model.", 1)
        renamed[name.replace("image_projection", "visual_projection")] = tensor
    return renamed


def clip_from_transformers(state: State) -> State:
    """Return a `CLIPModel`'s state dict under `CLIP`'s names."""
    renamed = {}
    for name, tensor in state.items():
        if name.endswith("position_ids"):  # a counter that old files hold
            continue
        if name.startswith("vision_model."):
            name = rename(name.replace("vision_model.", "vision.", 1), reverse(CLIP_VISION))
        elif name.startswith("text_model."):
            name = rename(name.replace("text_model.", "text.", 1), reverse(CLIP_TEXT))
        renamed[name.replace("visual_projection", "image_projection")] = tensor
    return renamed


def vit_to_transformers(state: State) -> State:
    """Return a `ViT`'s state dict under the library's names.

    With `pre_norm` these are `CLIPVisionModel`'s; without,
    `ViTModel(config, add_pooling_layer=False)`'s.
    """
    if "pre_norm.weight" in state:
        return {rename(name, CLIP_VISION): tensor for name, tensor in state.items()}
    batched = {"class_token": (1, 1, -1), "positions": (1, *state["positions"].shape)}
    return {
        rename(name, VIT): tensor.reshape(batched.get(name, tensor.shape)) for name, tensor in state.items()
    }


def vit_from_transformers(state: State) -> State:
    """Return the state dict of a `ViTModel` or `CLIPVisionModel` under `ViT`'s names.

    Takes the names that are in memory and those in files; ViTModel's pooler,
    which no training of ours uses, is left out.
    """
    prefixes = ("vit.", "vision_model.")
    state = {
        name.removeprefix(prefixes[0]).removeprefix(prefixes[1]): tensor
        for name, tensor in state.items()
        if not name.startswith("pooler.") and not name.endswith("position_ids")
    }
    if "embeddings.class_embedding" in state:
        return {rename(name, reverse(CLIP_VISION)): tensor for name, tensor in state.items()}
    renamed = {}
    for name, tensor in state.items():
        name = rename(rename(name, VIT_ON_DISK), reverse(VIT))
        renamed[name] = tensor[0] if name == "positions" else tensor
    if "class_token" in renamed:
        renamed["class_token"] = renamed["class_token"].flatten()
    return renamed


def tower_config(config: VisionConfig | TextConfig) -> dict[str, Any]:
    """Return what the library's two kinds of tower call our common options."""
    return {
        "hidden_size": config.width,
        "intermediate_size": round(config.mlp_ratio * config.width),
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "hidden_act": ACTIVATIONS[config.activation],
        "layer_norm_eps": config.norm_eps,
    }


def tower_options(config: dict[str, Any]) -> dict[str, Any]:
    """Return our common options from a tower's library configuration; InputError on a gap."""
    known = {theirs: ours for ours, theirs in ACTIVATIONS.items()}
    if config.get("hidden_act") not in known:
        given = f"hidden_act={config.get('hidden_act')!r}"
        raise InputError(given, f"one of {', '.join(known)}", "choose a model that uses one")
    return {
        "width": config["hidden_size"],
        "mlp_ratio": config["intermediate_size"] / config["hidden_size"],
        "layers": config["num_hidden_layers"],
        "heads": config["num_attention_heads"],
        "activation": known[config["hidden_act"]],
        "norm_eps": config["layer_norm_eps"],
    }


def vit_config(model: ViT) -> dict[str, Any]:
    """Return the arguments of `ViTConfig` (of `CLIPVisionConfig` with `pre_norm`)."""
    config = model.config
    return {
        "model_type": "clip_vision_model" if config.pre_norm else "vit",
        **tower_config(config),
        "image_size": config.image_size,
        "patch_size": config.patch,
        "num_channels": config.channels,
    }


def vit_from_config(config: dict[str, Any]) -> ViT:
    """Return an untrained ViT as a `vit` or `clip_vision_model` configuration describes it."""
    return ViT(
        VisionConfig(
            image_size=config["image_size"],
            patch=config["patch_size"],
            channels=config["num_channels"],
            pre_norm=config["model_type"] == "clip_vision_model",
            **tower_options(config),
        )
    )


def clip_config(model: CLIP) -> dict[str, Any]:
    """Return the arguments of `CLIPConfig` for a model of this shape."""
    text, embed_width = model.text.config, model.text_projection.out_features
    return {
        "model_type": "clip",
        "projection_dim": embed_width,
        "vision_config": {**vit_config(model.vision), "projection_dim": embed_width},
        "text_config": {
            "model_type": "clip_text_model",
            **tower_config(text),
            "vocab_size": text.vocabulary_size,
            "max_position_embeddings": text.length,
            "projection_dim": embed_width,
            "pad_token_id": 0,
            "bos_token_id": max(text.end - 1, 0),
            "eos_token_id": text.end,
        },
    }


def clip_from_config(config: dict[str, Any], logit_bias: float | None = None) -> CLIP:
    """Return an untrained CLIP as a `CLIPConfig` (its `to_dict()`) describes it."""
    text = config["text_config"]
    size, end = text["vocab_size"], text["eos_token_id"]
    tower = TextTower(
        TextConfig(
            vocabulary_size=size,
            length=text["max_position_embeddings"],
            end=size - 1 if end == 2 else end,  # 2 in old files means: at the highest id
            **tower_options(text),
        )
    )
    vision = vit_from_config({**config["vision_config"], "model_type": "clip_vision_model"})
    return CLIP(vision, tower, config["projection_dim"], logit_bias=logit_bias)


def gpt2_to_transformers(state: State) -> State:
    """Return a `LanguageModel`'s state dict under the names of `GPT2LMHeadModel`.

    GPT-2 keeps its matrices transposed, as (in, out), and queries, keys and values in one: `c_attn`.
    """
    renamed = {}
    for name, tensor in state.items():
        if "attention.query" in name:
            joined = [state[name.replace("attention.query", part)] for part in GPT2_QUERY_KEY_VALUE]
            name, tensor = name.replace("attention.query", "attn.c_attn"), torch.cat(joined)
        elif "attention.key" in name or "attention.value" in name:
            continue
        matrix = tensor.ndim == 2 and name.startswith("blocks.")
        renamed[rename(name, GPT2)] = tensor.T if matrix else tensor
    return renamed | {"lm_head.weight": state["words.weight"]}


def gpt2_from_transformers(state: State) -> State:
    """Return the state dict of a `GPT2LMHeadModel` under `LanguageModel`'s names."""
    renamed = {}
    for name, tensor in state.items():
        if name == "lm_head.weight":  # the table of word vectors again
            continue
        tensor = tensor.T if tensor.ndim == 2 and ".h." in name else tensor
        name = rename(name, reverse(GPT2))
        if "attn.c_attn" in name:
            for part, rows in zip(GPT2_QUERY_KEY_VALUE, tensor.chunk(3), strict=True):
                renamed[name.replace("attn.c_attn", part)] = rows
        else:
            renamed[name] = tensor
    return renamed


def gpt2_config(model: LanguageModel) -> dict[str, Any]:
    """Return the arguments of `GPT2Config` for a model of this shape, without dropout."""
    config = model.config
    return {
        "vocab_size": config.vocabulary_size,
        "n_positions": config.length,
        "n_embd": config.width,
        "n_layer": config.layers,
        "n_head": config.heads,
        "n_inner": round(config.mlp_ratio * config.width),
        "activation_function": ACTIVATIONS[config.activation],
        "layer_norm_epsilon": config.norm_eps,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
    }


def gpt2_from_config(config: dict[str, Any]) -> LanguageModel:
    """Return an untrained LanguageModel as a `GPT2Config` (its `to_dict()`) describes it.

    raises  InputError for an activation that we do not have
    """
    known = {theirs: ours for ours, theirs in ACTIVATIONS.items()} | {"gelu_new": "gelu_tanh"}
    activation = known.get(config["activation_function"])
    if activation is None:
        given = f"activation_function={config['activation_function']!r}"
        raise InputError(given, f"one of {', '.join(known)}", "choose another checkpoint")
    width = config["n_embd"]
    return LanguageModel(
        LanguageConfig(
            vocabulary_size=config["vocab_size"],
            width=width,
            layers=config["n_layer"],
            heads=config["n_head"],
            length=config["n_positions"],
            mlp_ratio=(config.get("n_inner") or 4 * width) / width,
            activation=activation,
            norm_eps=config["layer_norm_epsilon"],
        )
    )
