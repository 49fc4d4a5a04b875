"""What the models answer: the truth where they are strong, declared errors where they are weak."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mmlab.api.server import media
from mmlab.api.server.model import Prompt, Turn, reply
from mmlab.world import questions, render, sample
from mmlab.world.documents.invoice import invoice


def picture(pixels) -> media.Image:
    pixels = np.asarray(pixels)
    return media.Image(pixels, pixels.shape[1], pixels.shape[0], "PNG")


def said(text: str, *pixels, model: str = "mm-vision", **more) -> str:
    turn = Turn("user", text, tuple(map(picture, pixels)))
    return reply(Prompt(model, [turn], **more)).text


def wrong(model: str, scenes) -> dict[str, int]:
    """Return how many of the world's questions a model answers wrongly, by type."""
    found: dict[str, int] = {}
    for scene, pixels in zip(scenes, render(scenes, 64)):
        for question in questions(scene):
            answer = said(question.text, pixels, model=model, system="Answer in one word.")
            found.setdefault(question.type, 0)
            found[question.type] += answer != question.answer
    return found


def test_mm_vision_answers_every_question_of_the_world():
    errors = wrong("mm-vision", sample(60, seed=11))
    assert len(errors) == 7 and set(errors.values()) == {0}


def test_mm_vision_mini_errs_where_its_weaknesses_are_declared():
    scenes = [scene for scene in sample(60, seed=12, shapes=(3, 4))]
    errors = wrong("mm-vision-mini", scenes)
    assert errors["count"] > 0 and errors["relation"] > 0
    single = wrong("mm-vision-mini", sample(30, seed=13, shapes=(1, 1)))
    assert set(single.values()) == {0}


def test_the_same_question_errs_in_the_same_way():
    pixels = render(sample(20, seed=14, shapes=(3, 4)), 64)
    twice = [[said("Describe it.", one, model="mm-vision-mini") for one in pixels] for _ in range(2)]
    assert twice[0] == twice[1]


def test_a_drawing_made_with_pillow_is_seen():
    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).ellipse((40, 50, 140, 150), fill="orange")
    text = said("What is in this picture?", image)
    assert "orange circle" in text and "white background" in text
    assert said("How many circles are there? One word.", image) == "one"


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.full((64, 64, 3), 249, np.uint8), "nothing on it"),
        (np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), "nothing that I know"),
    ],
)
def test_it_says_when_it_sees_nothing_that_it_knows(pixels, words):
    assert words in said("What is this?", pixels)


def test_a_prompt_without_a_picture_gets_words():
    assert "no picture" in said("What is in this picture?")


def test_differences_between_two_pictures_are_told():
    scene = sample(1, seed=4)[0]
    before, after = render([scene, sample(1, seed=9)[0]], 96)
    assert said("What changed between these pictures?", before, before) == "I see no difference."
    assert "only the first shows" in said("What changed between these pictures?", before, after).lower()


def test_a_page_is_read_and_filled_into_a_schema():
    page = invoice(3)
    assert page.fields["number"] in said("What is the invoice number?", page.image)
    schema = {
        "type": "object",
        "properties": {
            "invoice_number": {"type": "string"},
            "total": {"type": "number"},
            "tax_rate": {"type": "number"},
            "tax": {"type": "number"},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"item": {"type": "string"}, "amount": {"type": "number"}},
                },
            },
        },
    }
    filled = json.loads(said("Extract the fields.", page.image, schema=schema))
    assert filled["invoice_number"] == page.fields["number"]
    assert [round(filled[name] * 100) for name in ("total", "tax")] == [
        page.fields["total"],
        page.fields["tax"],
    ]
    assert filled["tax_rate"] == page.fields["tax_rate"]
    told = [(row["item"], round(row["amount"] * 100)) for row in filled["items"]]
    assert told == [(row["item"], row["amount"]) for row in page.fields["items"]]


def test_what_cannot_be_read_is_null_only_where_the_schema_allows_it():
    number, null = {"type": "number"}, {"type": "null"}
    amounts = {"total": number, "tax": {"anyOf": [number, null]}, "subtotal": {"type": ["number", "null"]}}
    schema = {"type": "object", "properties": amounts}
    page = invoice(0, small=True)
    filled = json.loads(said("Extract the fields.", page.image, schema=schema, model="mm-vision-mini"))
    assert filled == {"total": 0, "tax": None, "subtotal": None}
    assert json.loads(said("Extract.", page.image, schema=schema))["tax"] * 100 == pytest.approx(
        page.fields["tax"]
    )


def test_an_earlier_picture_is_remembered():
    scene = sample(1, seed=4)[0]
    turns = [
        Turn("user", "Look.", (picture(render([scene], 64)[0]),)),
        Turn("assistant", "Yes."),
        Turn("user", "What colour is the background? One word."),
    ]
    assert reply(Prompt("mm-vision", turns)).text == scene.background
