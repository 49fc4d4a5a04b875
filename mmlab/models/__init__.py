"""The course's models, each the clearest version we can print.

    attention   multi-head attention and the pre-norm transformer block
    text        a word tokenizer and CLIP's causal text tower
    vit         the Vision Transformer, and a classifier on top of it
    fusion      cross-attention blocks, resampler, query transformer, and four ways to fuse modalities
    language    a GPT that takes ids or vectors, with a cache of keys and values
    vlm         frozen image encoder, projector, language model: a small LLaVA
    clip        two towers, two projections, one learned scale
    generate    next tokens from logits: greedy, temperature, top-k, nucleus; decoding with a cache
    inference   evaluation mode and no gradients, for a block of code
    validate    what models refuse, with its message
    weights     the same weights under the names that transformers uses, both ways

Axis letters: B batch, T tokens, D width, H heads, C channels, Y X image.
"""

import importlib

MODULES = (
    "attention",
    "text",
    "vit",
    "fusion",
    "language",
    "vlm",
    "clip",
    "generate",
    "inference",
    "validate",
    "weights",
)


def __getattr__(name: str):
    if name in MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'mmlab.models' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *MODULES])
