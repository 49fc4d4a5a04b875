"""mmlab: the helper package of a hands-on course in multimodal AI.

One line a room, and what it may import (an arrow never goes back):

    errors    what is raised on purpose                    nothing
    values    the one codec for cases and wire             errors
    check     an instant check of an exercise's answer     errors, values
    world     scenes with ground truth, drawn and told     errors, values
    metrics   numbers that judge: recall, accuracy, gap    errors, values
    models    attention, text, ViT, CLIP, in print         errors, values, world, metrics
    losses    InfoNCE, SigLIP                              errors, values
    data      endless batches from the world               world, models
    train     one `fit`, counted in steps                  models, losses, data
    evaluate  controls and confidence intervals            metrics, models, data
    hub       local folders in the hub's format            models
    view      figures with alternative text, LiveCurve     everything above
    api       catalogue of models, local server, client    errors, values, world, metrics
    widgets   explorers to play with                       view
    course    release, prove, run, command line            anything; imported by nothing

`import mmlab` is cheap: no room is loaded before it is used (PEP 562).
"""

import importlib

__version__ = "0.1.0"

ROOMS = (
    "errors", "values", "check", "world", "metrics", "models", "losses", "data",
    "train", "evaluate", "hub", "view", "api", "widgets", "course",
)  # fmt: skip


def __getattr__(name: str):
    if name in ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'mmlab' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *ROOMS])
