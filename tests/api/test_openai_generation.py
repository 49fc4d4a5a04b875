"""OpenAI's embeddings and images through the SDK itself."""

import base64

import numpy as np
import openai
import pytest

from api_strategies import faults
from mmlab.perception import read_scene
from mmlab.world import decode_image, parse, satisfies


def test_embeddings_come_in_order_and_alike_texts_are_near(client):
    texts = ["a red ring", "a blue star", "the ring is red"]
    answer = client.embeddings.create(model="mm-embed", input=texts)
    rows = np.array([row.embedding for row in answer.data])
    assert [row.index for row in answer.data] == [0, 1, 2] and rows.shape == (3, 64)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert rows[0] @ rows[2] > 0.9 > 0.5 > rows[0] @ rows[1]
    plain = client.embeddings.create(model="mm-embed", input="a red ring", encoding_format="float")
    assert np.allclose(plain.data[0].embedding, rows[0], atol=1e-6)
    short = client.embeddings.create(model="mm-embed", input="a red ring", dimensions=8)
    assert len(short.data[0].embedding) == 8


PROMPTS = [
    "a red circle",
    "two blue stars on a white background",
    "a red ring left of a blue star",
    "a red ring above a green cross",
    "a large red cross below a small blue ring",
    "one cyan ring and two red squares",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_picture_shows_what_was_asked(client, prompt):
    answer = client.images.generate(model="mm-image", prompt=prompt, n=2)
    for one in answer.data:
        assert satisfies(read_scene(decode_image(base64.b64decode(one.b64_json))), parse(prompt))


def test_what_is_declared_as_weak_is_weak(client):
    answer = client.images.generate(model="mm-image", prompt="four red rings", size="256x256")
    assert len(read_scene(decode_image(base64.b64decode(answer.data[0].b64_json))).shapes) == 3


@pytest.mark.parametrize(("size", "form", "side"), [("1024x1024", "png", 1024), ("256x256", "webp", 256)])
def test_size_and_format_are_as_asked(client, size, form, side):
    data = (
        client.images.generate(model="mm-image", prompt="a ring", size=size, output_format=form)
        .data[0]
        .b64_json
    )
    data = base64.b64decode(data)
    assert decode_image(data).shape == (side, side, 3) and (b"WEBP" in data[:16]) == (form == "webp")


def test_every_field_is_the_sdks(client):
    raw = client.images.with_raw_response.generate(model="mm-image", prompt="a ring").http_response
    assert faults(openai.types.ImagesResponse, raw.json()) == []
    raw = client.embeddings.with_raw_response.create(
        model="mm-embed", input="x", encoding_format="float"
    ).http_response
    assert faults(openai.types.CreateEmbeddingResponse, raw.json()) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.images.generate(model="dall-e-3", prompt="a ring"),
        lambda client: client.images.generate(model="mm-vision", prompt="a ring"),
        lambda client: client.embeddings.create(model="mm-vision", input="x"),
        lambda client: client.chat.completions.create(
            model="mm-embed", messages=[{"role": "user", "content": "x"}]
        ),
    ],
)
def test_a_model_that_does_something_else_is_not_found(client, call):
    with pytest.raises(openai.NotFoundError):
        call(client)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.images.generate(model="mm-image", prompt="democracy"),
        lambda client: client.images.generate(model="mm-image", prompt="a ring", size="1x1"),
        lambda client: client.images.generate(model="mm-image", prompt="a ring", n=99),
        lambda client: client.embeddings.create(model="mm-embed", input=[]),
        lambda client: client.embeddings.create(model="mm-embed", input=["x", ""]),
        lambda client: client.embeddings.create(model="mm-embed", input="x", dimensions=1),
    ],
)
def test_a_wrong_request_is_refused(client, call):
    with pytest.raises(openai.BadRequestError):
        call(client)
