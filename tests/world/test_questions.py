"""Answers are right by an independent count, and questions are fair."""

import hashlib
import re
from collections import Counter

import pytest
from hypothesis import given, settings

from mmlab import world
from mmlab.errors import InputError
from scene_strategies import alike, scenes

WORDS = ("zero", "one", "two", "three", "four")
APART = {
    "left of": lambda a, b: a.x + 24 <= b.x,
    "right of": lambda a, b: b.x + 24 <= a.x,
    "above": lambda a, b: a.y + 24 <= b.y,
    "below": lambda a, b: b.y + 24 <= a.y,
}


def such(scene, text):
    """The shapes that a phrase fits: "red shapes", "crosses", "small blue ring"."""
    found = []
    for shape in scene.shapes:
        forms = {shape.kind, shape.kind + "s", shape.kind + "es", "shape", "shapes"}
        if all(word in forms | {shape.size, shape.colour} for word in text.split()):
            found.append(shape)
    return found


def the(scene, text):
    (only,) = such(scene, text)  # "the ..." must be one shape
    return only


def brute_force(scene, text):
    """The answer to a question, from its words and the scene alone."""
    if match := re.fullmatch(r"is there an? (.*)\?", text):
        return "yes" if such(scene, match[1]) else "no"
    if match := re.fullmatch(r"how many (.*) are there\?", text):
        return WORDS[len(such(scene, match[1]))]
    if text == "what colour is the background?":
        return scene.background
    if match := re.fullmatch(r"what (colour|kind|size) is the (.*)\?", text):
        return getattr(the(scene, match[2]), match[1])
    if match := re.fullmatch(r"is the (.*) (left of|right of|above|below) the (.*)\?", text):
        return "yes" if APART[match[2]](the(scene, match[1]), the(scene, match[3])) else "no"
    if match := re.fullmatch(r"are there more (.*) than (.*)\?", text):
        return "yes" if len(such(scene, match[1])) > len(such(scene, match[2])) else "no"
    if match := re.fullmatch(r"is the (.*) larger than the (.*)\?", text):
        sizes = the(scene, match[1]).size, the(scene, match[2]).size
        return "yes" if sizes == ("large", "small") else "no"
    raise AssertionError(f"a question of no known form: {text}")


@settings(max_examples=300, deadline=None)
@given(scenes() | alike)
def test_answers_equal_brute_force(scene):
    asked = world.questions(scene)
    assert asked == world.questions(scene)
    assert {"exists", "count", "colour", "compare"} <= {question.type for question in asked}
    assert len({question.text for question in asked}) == len(asked)
    for question in asked:
        assert question.answer == brute_force(scene, question.text), question
        assert question.type in world.QUESTION_TYPES
        assert {*world.words(question.text), question.answer} <= set(world.vocabulary())


def test_a_question_does_not_give_its_answer_away():
    for scene in world.sample(300, seed=3):
        for question in world.questions(scene):
            if question.type in ("colour", "shape", "size"):
                assert question.answer not in world.words(question.text)


def test_questions_are_the_pinned_ones():
    asked = [q for scene in world.sample(60, seed=7) for q in world.questions(scene)]
    text = repr([(q.text, q.type, q.answer) for q in asked])
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "67a4d740c4eb4f38"


def test_yes_and_no_are_about_as_frequent_and_every_type_is_asked():
    answers = Counter(
        (q.type, q.answer) for scene in world.sample(800, seed=2) for q in world.questions(scene)
    )
    for type_ in ("exists", "relation", "compare"):
        yes, no = answers[type_, "yes"], answers[type_, "no"]
        assert 0.4 < yes / (yes + no) < 0.6, type_
    assert {type_ for type_, _ in answers} == set(world.QUESTION_TYPES)
    assert {answer for type_, answer in answers if type_ == "count"} == set(WORDS)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_no_question_outside_novel_names_a_held_out_pair(split):
    for scene in world.sample(400, seed=4, split=split):
        for question in world.questions(scene):
            words = world.words(question.text)
            for colour, kind in world.NOVEL_PAIRS:
                for noun in (kind, kind + "s", kind + "es"):
                    assert f"{colour} {noun}" not in " ".join(words)


def test_questions_need_a_scene():
    with pytest.raises(InputError, match="questions"):
        world.questions("a red circle")
