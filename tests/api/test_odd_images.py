"""Images as clients send them: tiny, 16 bits deep, transparent, with a wrong media type, photographs."""

import io
import time

import numpy as np
import pytest
from google.genai import types
from PIL import Image

from api_strategies import PNG, SCENE, b64
from mmlab.world import render

MODEL = "mm-vision"
QUESTIONS = ("What is in this image?", "Read the text.", "How many circles are there?", "Where is the ring?")


def png(image: Image.Image) -> bytes:
    """Return an image as a PNG file."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def ask(client, data: bytes, question: str = QUESTIONS[0], kind: str = "image/png") -> str:
    """Return the answer of the larger model to a question about a file."""
    url = {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{b64(data)}"}}
    message = {"role": "user", "content": [{"type": "text", "text": question}, url]}
    return client.chat.completions.create(model=MODEL, messages=[message]).choices[0].message.content


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (1, 100), (100, 1), (3, 3), (300, 5)])
def test_tiny_images_get_an_answer(client, size):
    for question in QUESTIONS:
        assert ask(client, png(Image.new("RGB", size, "red")), question)
    assert "red background" in ask(client, png(Image.new("RGB", size, "red")))


def test_sixteen_bits_of_grey_show_the_same_as_eight(client):
    grey = Image.fromarray(render([SCENE], 128)[0]).convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    assert deep.mode == "I;16" and ask(client, png(deep)) == ask(client, png(grey))
    assert "nothing" not in ask(client, png(deep))


def test_a_transparent_background_is_white(client):
    scene = render([SCENE], 128)[0].astype(int)
    inked = np.abs(scene - scene[0, 0]).max(axis=2) > 40
    black = np.dstack([np.zeros_like(scene), np.where(inked, 255, 0)]).astype(np.uint8)
    assert "white background" in ask(client, png(Image.fromarray(black)))


@pytest.mark.parametrize("kind", ["image/jpg", "image/jpeg", "image/JPEG", "image/webp", "image/x-png"])
def test_openai_takes_an_image_under_any_media_type(client, kind):
    assert ask(client, PNG, kind=kind) == ask(client, PNG)


def test_google_takes_a_png_that_is_declared_as_jpeg(google):
    answers = [
        google.models.generate_content(
            model=MODEL, contents=[types.Part.from_bytes(data=PNG, mime_type=kind), QUESTIONS[0]]
        ).text
        for kind in ("image/jpeg", "image/jpg", "image/png")
    ]
    assert len(set(answers)) == 1


def test_a_photograph_is_called_one_and_costs_little(client):
    y, x = np.mgrid[:600, :600] / 600
    hills = np.stack([127 + 110 * np.sin(4 * x + k * y) * np.cos(5 * y - k * x) for k in range(3)], axis=2)
    grain = np.random.default_rng(0).integers(0, 9, hills.shape)
    photograph = png(Image.fromarray((hills + grain).clip(0, 255).astype(np.uint8)))
    began = time.process_time()
    assert "photograph" in ask(client, photograph)
    assert time.process_time() - began < 3  # the server runs in this process
