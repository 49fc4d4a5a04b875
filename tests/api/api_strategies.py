"""What the tests of the local server share: a scene, its picture, and a walk over responses."""

import base64

from pydantic import BaseModel

from mmlab.world import encode_image, render, sample

SCENE = sample(1, seed=4)[0]
PNG = encode_image(render([SCENE], 128)[0])
KINDS = sorted({shape.kind for shape in SCENE.shapes})


def b64(data: bytes = PNG) -> str:
    """Return bytes as standard base64."""
    return base64.b64encode(data).decode()


def faults(model: type[BaseModel], raw: dict) -> list[str]:
    """Return each field of a response that its SDK's model does not know; raise for one that is wrong.

    The SDKs' models keep what they do not know, and never look at types: so both are done here.
    """
    return [f"{model.__name__}{path}" for path in _extras(model.model_validate(raw), "")]


def _extras(value, path):
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _extras(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _extras(one, f"{path}[{place}]")
