"""mmlab: the package of a hands-on course in multimodal AI.

Each line gives a package or module, what it holds, and what it may import. Imports never go the other way.

    errors      exceptions: given, wanted, try                            nothing
    files       files written whole or not at all                         errors
    codec       the one data codec, for cases files and the grader        errors
    check       immediate checks of an exercise's answer                  errors, files, codec
    world       synthetic scenes, documents, speech, video; ground truth  errors, codec
    perception  recovers the ground truth from pixels and samples         errors, world
    metrics     recall, accuracy, modality gap                            errors, codec
    models      attention, text tower, ViT, CLIP, decoding                errors, codec, world, metrics
    losses      the CLIP and SigLIP losses                                errors, models
    data        endless batches from the world                            world, models
    pretrained  real weights and media from installed packages            errors, files
    train       one training loop, with checkpoints                       files, models, losses, data, pretrained
    evaluate    protocols, controls, confidence intervals                 metrics, models, data
    hub         local folders in the hub's format                         files, models
    view        figures with alternative text, live curves, widgets       everything above
    api         model catalogue, client, local server                     errors, codec, world, perception, metrics
    cli         the student's commands                                    everything above
    instructor  authoring, grading, simulation, reports, site, bench      anything; imported by nothing

`import mmlab` is fast: a package is loaded when it is first used (PEP 562).
"""

import importlib

__version__ = "0.1.0"

PACKAGES = tuple(
    "errors files codec check world perception metrics models losses data train evaluate hub pretrained view api cli instructor".split()
)


def __getattr__(name: str):
    if name in PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'mmlab' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *PACKAGES])
