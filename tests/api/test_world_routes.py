"""What the server shows of the world under its own addresses, and that messages may name it."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import openai
import pytest

from api_strategies import KINDS, SCENE
from mmlab.api.server.world_routes import PAGES, TYPES
from mmlab.perception.speech import hear
from mmlab.world import caption, decode_image, render, sample
from mmlab.world.documents import pdf_pages
from mmlab.world.files.avi import avi_frames
from mmlab.world.files.wav import wav_samples
from mmlab.world.video import film


def opened(local, path: str) -> bytes:
    with urlopen(f"{local.url}{path}") as answer:
        assert answer.headers["Content-Type"] == TYPES[path.partition("?")[0].rpartition(".")[2]]
        return answer.read()


def test_a_scene_is_shown_without_a_key(local):
    for path in ("/world/scene/4.png", "/world/scenes/4.png"):
        assert np.array_equal(decode_image(opened(local, path)), render([SCENE], 128)[0])
    assert decode_image(opened(local, "/world/scene/4.png?size=64")).shape == (64, 64, 3)


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_shown_as_picture_and_as_pdf(local, kind):
    page = PAGES[kind](3).image
    assert np.array_equal(decode_image(opened(local, f"/world/{kind}/3.png")), page)
    assert np.array_equal(pdf_pages(opened(local, f"/world/{kind}/3.pdf"))[0], page)


def test_pairs_sounds_and_films_are_shown(local):
    before, after = (decode_image(opened(local, f"/world/{name}/3.png")) for name in ("before", "after"))
    assert before.shape == after.shape and not np.array_equal(before, after)
    samples, rate = wav_samples(opened(local, "/world/speech/4.wav"))
    assert hear(samples, rate).text == caption(sample(1, seed=4)[0])
    assert np.array_equal(avi_frames(opened(local, "/world/film/4.avi")).frames, film(4).frames)


@pytest.mark.parametrize(
    "path",
    [
        "/world/",
        "/world/scene/",
        "/world/scene/x.png",
        "/world/scene/4.jpg",
        "/world/scene/4.png?size=9999",
        "/world/scene/-1.png",
        "/world/scene/12345678901.png",
        "/world/nothing/4.png",
        "/world/speech/4.png",
        "/world/scene/4.pdf",
        "/world/../etc/passwd",
        "/world/scene/..%2f..%2fetc%2fpasswd.png",
    ],
)
def test_nothing_else_is_shown(local, path):
    with pytest.raises(HTTPError) as raised:
        urlopen(f"{local.url}{path}")
    assert raised.value.code == 404


@pytest.mark.parametrize(
    ("method", "host", "code"), [("POST", None, 404), ("DELETE", None, 404), ("GET", "evil.example", 403)]
)
def test_it_is_read_only_and_for_this_machine(local, method, host, code):
    headers = {"Host": host} if host else {}
    with pytest.raises(HTTPError) as raised:
        urlopen(Request(f"{local.url}/world/scene/4.png", method=method, headers=headers))
    assert raised.value.code == code


def test_a_message_may_name_it(local):
    client = openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0)

    def described(url: str) -> str:
        content = [
            {"type": "image_url", "image_url": {"url": url}},
            {"type": "text", "text": "What do you see?"},
        ]
        answer = client.chat.completions.create(
            model="mm-vision", messages=[{"role": "user", "content": content}]
        )
        return answer.choices[0].message.content

    assert KINDS[0] in described(f"{local.url}/world/scene/4.png")
    for url in (
        "http://example.org/world/scene/4.png",
        f"{local.url}.example.org/world/scene/4.png",
        f"{local.url}/world/film/4.avi",
        f"{local.url}/world/scene/4.png?{'a=1&' * 60}",
    ):
        with pytest.raises(openai.BadRequestError):
            described(url)
