"""What the larger model answers to plain questions: 300 by type, 60 more, and wordings of one small scene."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from mmlab.api.server import media
from mmlab.api.server.model import Prompt, Turn, reply, scene_questions
from mmlab.api.server.model.languages import english, language_of
from mmlab.api.server.model.question_parts import parts_of
from mmlab.perception import Seen, Sight
from mmlab.perception.form import read_choices
from mmlab.world import documents
from more_questions import more_questions
from plain_questions import questions, right

SHARE = 0.9  # of each set of questions


class Scene:
    """Shapes with their attributes in words, used like a View: nothing is rendered or read."""

    swaps_sides = False

    def __init__(self, background: str, *shapes: tuple):
        self.shapes = tuple(
            Seen(kind, colour, size, x, y, (0, 0, 0, 0), 1.0) for size, colour, kind, x, y in shapes
        )
        self.sight = Sight(background, self.shapes, (), None)

    def counted(self, number: int) -> int:
        """Return a number unchanged."""
        return number


FOUR = Scene(
    "white",
    ("large", "red", "circle", 20, 20),
    ("small", "blue", "circle", 75, 25),
    ("small", "red", "star", 25, 75),
    ("large", "green", "square", 75, 75),
)
RINGS = Scene("black", ("large", "cyan", "ring", 25, 50), ("small", "cyan", "ring", 72, 50))
BLANK = Scene("green")


def shorts(scene: Scene, message: str) -> list[str]:
    """Return the short answer to each question of a message."""
    return [answer.short for part in parts_of(message) if (answer := scene_questions.answer(scene, part))]


def asked(entry: dict) -> str:
    """Return the larger model's reply to an entry of the questions."""
    images = ()
    if entry["image"]:
        pixels = np.array(Image.open(io.BytesIO(entry["image"])).convert("RGB"))
        images = (media.Image(pixels, pixels.shape[1], pixels.shape[0], "PNG"),)
    return reply(Prompt("mm-vision", [Turn("user", entry["question"], images)])).text


def shares(entries: list[dict]) -> tuple[Counter, Counter, list[tuple[str, str]]]:
    """Return (right, all) replies by type, and the wrong ones as (question, reply)."""
    good, total, wrong = Counter(), Counter(), []
    for entry in entries:
        text = asked(entry)
        total[entry["type"]] += 1
        good[entry["type"]] += right(entry, text)
        if not right(entry, text):
            wrong.append((entry["question"], text))
    return good, total, wrong


@pytest.mark.slow
def test_nine_of_ten_plain_questions_of_each_type_are_answered():
    good, total, wrong = shares(questions())
    assert total.total() == 300
    assert {kind for kind in total if good[kind] < SHARE * total[kind]} == set(), wrong


@pytest.mark.slow
def test_nine_of_ten_further_questions_are_answered():
    good, total, wrong = shares(more_questions())
    assert total.total() == 60
    assert good.total() >= SHARE * 60, wrong


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        # counts: filters, alternatives, negation, places, comparisons
        ("How many shapes are red or blue?", "three"),
        ("How many shapes are neither red nor blue?", "one"),
        ("How many non-red shapes are there?", "two"),
        ("How many shapes other than circles are there?", "two"),
        ("How many shapes are both red and small?", "one"),
        ("How many round shapes are there?", "two"),
        ("How many shapes are in the top half of the image?", "two"),
        ("How many shapes are to the left of the green square?", "two"),
        ("How many objects are larger than the star?", "two"),
        ("How many shapes have the same colour as the star?", "one"),
        ("How many more circles than stars are there?", "one"),
        ("How often does red occur?", "two"),
        # distinct values
        ("How many different shapes are there?", "three"),
        ("How many shape types are there?", "three"),
        ("How many colors are there besides the background color?", "three"),
        ("In how many colours are the circles drawn?", "two"),
        # whether: presence, absence, numbers, quantifiers
        ("Are there shapes which are not red?", "yes"),
        ("Isn't there a star?", "yes"),
        ("There isn't a triangle, is there?", "no"),
        ("Does the picture lack rings?", "yes"),
        ("Are none of the circles green?", "yes"),
        ("Is one of the shapes green?", "yes"),
        ("Is there more than one red shape?", "yes"),
        ("Are there two stars?", "no"),
        ("Do you see something that is both red and round?", "yes"),
        ("Are there only circles in the image?", "no"),
        ("Is the star the only red shape?", "no"),
        ("Is everything red?", "no"),
        ("Is the shape above the star red?", "no"),
        ("Every circle is blue. True or false?", "no"),
        ("All stars are red, aren't they?", "yes"),
        # the same and different
        ("Do the circles share a colour?", "no"),
        ("Is the star the same size as the blue circle?", "yes"),
        ("Is each shape a different colour?", "no"),
        ("Do any two shapes have the same colour?", "yes"),
        ("Which shapes are the same colour?", "the red circle and the red star"),
        # attributes
        ("The square: which colour?", "green"),
        ("The color of the star is?", "red"),
        ("What colour is the bigger circle?", "red"),
        ("What shape has the color green?", "square"),
        ("The green one is what kind of shape?", "square"),
        ("Is the star red or green?", "red"),
        ("Is the green shape a square or a circle?", "square"),
        ("Which shape is neither red nor blue?", "the green square"),
        ("Which colour appears twice?", "red"),
        ("Which kind of shape appears most?", "circle"),
        # negations, and answers that are asked for in certain words
        ("What is not red?", "the blue circle and the green square"),
        ("What isn't a circle?", "the red star and the green square"),
        ("How many are not circles?", "two"),
        ("Yes or no: is there a ring?", "no"),
        ("Is there a star, yes or no?", "yes"),
        ("Is there a ring? Answer with yes or no.", "no"),
        ("True or false: there are two circles.", "yes"),
        ("True or false: there is no star.", "no"),
        ("Is there neither a ring nor a cross?", "yes"),
        ("Is there neither a ring nor a star?", "no"),
        ("How many shapes are there in total, including the star?", "four"),
        # places and sizes
        ("What is in the top left corner?", "the red circle"),
        ("Which shape is furthest to the right?", "the blue circle"),
        ("Is the star left or right of the square?", "left of"),
        ("Is the square on the left or on the right?", "right"),
        ("Is the red circle higher than the star?", "yes"),
        ("Where is the star?", "bottom left"),
        ("Which is larger, the star or the square?", "the green square"),
        ("Is the square the largest shape?", "yes"),
        ("Which object has the largest size?", "the red circle and the green square"),
        # numbers compared
        ("Is the number of circles bigger than that of squares?", "yes"),
        ("Do the stars outnumber the circles?", "no"),
        ("Are there more circles or squares?", "circles"),
        ("Are there equal numbers of stars and squares?", "yes"),
        # background
        ("Which color is the background: white, grey or black?", "white"),
        ("On what colour are the shapes drawn?", "white"),
        ("Is it on a black background?", "no"),
    ],
)
def test_wordings_of_one_question_have_one_answer(question, answer):
    assert shorts(FOUR, question) == [answer]


@pytest.mark.parametrize(
    ("message", "answers"),
    [
        ("How many circles are there, and are they all red?", ["two", "no"]),
        ("Is there a star? If so, what colour is it?", ["yes", "red"]),
        ("What color is the star? And the square?", ["red", "green"]),
        ("Count the circles and tell me the colour of the square.", ["two", "green"]),
        ("Which shape is green, and is it large?", ["the green square", "yes"]),
        ("Look closely. Where is the star and what color is it?", ["bottom left", "red"]),
        ("Wie viele Kreise gibt es und welche Farbe hat der Stern?", ["zwei", "rot"]),
    ],
)
def test_each_part_of_a_message_is_answered(message, answers):
    assert shorts(FOUR, message) == answers


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Wie viele Formen sind nicht rot?", "zwei"),
        ("Ist das Quadrat größer als der Stern?", "ja"),
        (
            "Welche Formen sind auf dem Bild zu sehen?",
            "roter Kreis und blauer Kreis und roter Stern und grünes Quadrat",
        ),
        ("Gibt es keine Ringe?", "ja"),
        ("Wo ist der Stern?", "unten links"),
        ("Y a-t-il plus de cercles que d'étoiles ?", "oui"),
        ("Tous les cercles sont-ils rouges ?", "non"),
        ("Quelle est la plus grande forme ?", "cercle rouge et carré vert"),
        ("Combien de formes rouges vois-tu ?", "deux"),
        ("¿Es roja la estrella?", "sí"),
        ("¿Son todos los círculos rojos?", "no"),
        ("¿Hay más círculos que estrellas?", "sí"),
        ("¿De qué color es el cuadrado?", "verde"),
    ],
)
def test_other_languages_get_their_own_words(question, answer):
    assert shorts(FOUR, question) == [answer]


@pytest.mark.parametrize(
    "question", ["Is there a red ring?", "What is 7 times 8?", "Was tomato soup bought?"]
)
def test_english_is_not_translated(question):
    assert language_of(question) == "en" and english(question, "en") == question


@pytest.mark.parametrize(
    ("scene", "question", "answer"),
    [
        (RINGS, "Are they all rings?", "yes"),
        (RINGS, "Is the left ring bigger than the right one?", "yes"),
        (RINGS, "Are there any colors other than cyan?", "no"),
        (RINGS, "Is there something besides rings?", "no"),
        (BLANK, "What colour is this image?", "green"),
        (BLANK, "Is the image completely green?", "yes"),
        (BLANK, "Is it blank?", "yes"),
        (BLANK, "Is there anything in this image?", "no"),
        (BLANK, "Is this image green or blue?", "green"),
        (BLANK, "How many stars are there?", "zero"),
    ],
)
def test_scenes_of_one_kind_or_of_nothing(scene, question, answer):
    assert shorts(scene, question) == [answer]


@pytest.mark.parametrize("question", ["What do you see?", "Describe this image.", "What is in the picture?"])
def test_a_request_for_everything_gets_the_description(question):
    assert shorts(FOUR, question) == []


def test_the_question_after_a_long_text_is_answered():
    assert shorts(FOUR, "Words without a question. " * 20_000 + "How many circles are there?") == ["two"]


def test_a_transcription_of_code_names_the_file():
    page = documents.code_page(0)
    images = (media.Image(page.image, page.image.shape[1], page.image.shape[0], "PNG"),)
    text = reply(Prompt("mm-vision", [Turn("user", "Transcribe the code.", images)])).text
    assert text == f"{page.fields['file']}\n```python\n{page.fields['code']}```"


PAGES = {
    "invoice": documents.invoice(41),
    "contract": documents.contract(41),
    "form": documents.form(43),  # "Weekdays only" is ticked, "Resident" is not
    "receipt": documents.receipt(41),
    "menu": documents.menu(41),
    "settings": documents.screenshot(41, "settings"),
    "files": documents.screenshot(42, "files"),
    "chart": documents.chart(41, "bar"),
}


@pytest.mark.parametrize(
    ("page", "question", "answer"),
    [
        ("invoice", "How much does the customer have to pay?", "£2,808.88"),
        ("invoice", "What's the amount excluding VAT?", "2,360.40"),
        ("invoice", "How many percent is the tax?", "19%"),
        ("invoice", "By when must it be paid?", "2025-11-05"),
        ("invoice", "Which firm sent this bill?", "Velvet Kite Goods AG"),
        ("invoice", "Where does the customer live?", "26 Cross Way, 13834 Northring"),
        ("invoice", "What is the price of the green mirror?", "77.30"),
        ("invoice", "How much do the green mirrors cost in total?", "231.90"),
        ("invoice", "How many green mirrors were bought?", "3"),
        ("invoice", "How many rows does the table have?", "6"),
        ("invoice", "Does the total exceed 500?", "yes"),
        ("invoice", "Wie hoch ist der Gesamtbetrag?", "£2,808.88"),
        ("contract", "How many days' notice must be given?", "90 days"),
        ("contract", "Within how many days must invoices be paid?", "10 days"),
        ("contract", "What is the duration of the contract?", "6 months"),
        ("contract", "What does the client pay per month?", "$1,040.00"),
        ("contract", "Who provides the service?", "Silver Ring Goods AG"),
        ("contract", "Name both parties.", "Silver Ring Goods AG and Carla Cyanova"),
        ("contract", "What happens if a payment is late?", "5%"),
        ("contract", "Is travel included in the fee?", "yes"),
        ("contract", "How many clauses are there?", "7"),
        ("form", "Is Resident ticked?", "no"),
        ("form", "Is the box for Resident empty?", "yes"),
        ("form", "Which boxes are checked?", "Weekdays only"),
        ("form", "How many boxes are not ticked?", "3"),
        ("form", "What's the surname?", "Violetti"),
        ("form", "When was the applicant born?", "1953-06-15"),
        ("receipt", "How much did the customer spend?", "£66.49"),
        ("receipt", "How was it paid?", "cash"),
        ("receipt", "How much change was given?", "3.51"),
        ("receipt", "Did they buy lobster?", "no"),
        ("menu", "What is the most expensive dessert?", "Cheese plate"),
        ("menu", "Which costs more, the green salad or the beef stew?", "Beef stew"),
        ("menu", "How many desserts are on the menu?", "3"),
        ("settings", "Isn't Location on?", "yes"),
        ("settings", "Is Automatic updates off?", "no"),
        ("settings", "How many toggles are on?", "2"),
        ("settings", "What is the name of the device?", "studio-8"),
        ("files", "Which file is highlighted?", "budget.csv"),
        ("files", "What is the last file?", "lantern.jpg"),
        ("files", "Can I press Rename?", "yes"),
        ("chart", "What is the second highest?", "Sat"),
        ("chart", "What is the value on Thursday?", "44"),
        ("chart", "What's the difference between Wed and Thu?", "18"),
        ("chart", "In how many weekdays is the value above 40?", "4"),
        ("chart", "Which title does the diagram have?", "Tickets by weekday"),
    ],
)
def test_wordings_about_a_page(page, question, answer):
    pixels = PAGES[page].image
    images = (media.Image(pixels, pixels.shape[1], pixels.shape[0], "PNG"),)
    turns = [Turn("user", question, images)]
    assert reply(Prompt("mm-vision", turns, system="Answer in one word.")).text == answer


@pytest.mark.parametrize("options", [{}, {"scale": 2}, {"small": True}], ids=["plain", "scale", "small"])
def test_tick_boxes_are_read_at_every_scale(options):
    page = documents.form(1, **options)
    assert read_choices(page.image) == page.fields["choices"]
