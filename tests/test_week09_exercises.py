"""Week 09's references against the three SDKs, the local server and the package; what published answers do."""

import contextlib

import numpy as np
import pytest

from answers import reference, week_called
from mmlab import codec
from mmlab.api import server
from mmlab.api.catalog import model_for
from mmlab.cli import notebook
from mmlab.instructor.authoring.case_records import setup_names
from mmlab.instructor.authoring.exercise import Exercise

pytestmark = pytest.mark.week("09_api")
WEEK = week_called("09_api")
PROVIDERS = ("openai", "anthropic", "google")
SECRETS = (b"visible", b"another course")


@pytest.fixture(scope="module")
def asked():
    """Return a function that sends a part to a provider's server through its own SDK, and gives the reply's text."""
    import anthropic
    import openai
    from google import genai

    with server.running() as local:
        chat = openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0)
        messages = anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)
        google = genai.Client(api_key="any", http_options={"base_url": local.gemini_base_url})
        model = model_for("vision")

        def ask(provider: str, part: dict) -> str:
            turn = [{"role": "user", "content": [part, {"type": "text", "text": "What do you see?"}]}]
            if provider == "openai":
                return chat.chat.completions.create(model=model, messages=turn).choices[0].message.content
            if provider == "anthropic":
                return messages.messages.create(model=model, max_tokens=100, messages=turn).content[0].text
            return google.models.generate_content(model=model, contents=[part, "What do you see?"]).text

        yield ask


def cases_of(exercise: Exercise, secret: bytes = b"visible") -> list[tuple]:
    """Return the arguments of an exercise's cases."""
    return [(case["args"], case["kwargs"]) for case in exercise.inputs(secret)]


def whole_files(provider: str) -> list[tuple]:
    """Return the arguments of image_part's drawn cases for a provider: images as Pillow saves them, three a format."""
    exercise = WEEK.exercise("image_part")
    drawn = exercise.cases(np.random.default_rng(exercise.seed()))
    return [(case["args"], case["kwargs"]) for case in drawn if case["args"][1] == provider]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_provider_takes_every_image(provider, asked):
    build, sent = reference(WEEK, "image_part"), []
    for args, kwargs in whole_files(provider):
        with contextlib.suppress(ValueError):
            sent.append(build(*args, **kwargs))
    assert len(sent) == (9 if provider == "google" else 12)
    assert all(asked(provider, part) for part in sent)


# Mistakes that a provider's server refuses. OpenAI's takes an image under another image's type; it and Google's take image/jpg.
REFUSED = {
    "openai": {"url_safe_alphabet", "bare_base64", "detail_outside", "bytes_for_text"},
    "anthropic": {
        "url_safe_alphabet",
        "data_url",
        "bytes_for_text",
        "trusts_the_name",
        "always_jpeg",
        "jpg_for_jpeg",
    },
    "google": {"trusts_the_name", "always_jpeg", "encoded_twice", "takes_gifs", "media_type_for_mime_type"},
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_provider_refuses_what_each_mistake_sends(provider, asked):
    exercise, refused = WEEK.exercise("image_part"), set()
    solution = notebook.reference(notebook.read(WEEK.notebook), exercise.name)
    for wrong in exercise.mistakes:
        build = notebook.define(wrong.source(solution, exercise.name), exercise.name, setup_names(WEEK.id))
        for args, kwargs in whole_files(provider):
            with contextlib.suppress(ValueError):
                build(*args, **kwargs)
                try:
                    asked(provider, build(*args, **kwargs))
                except Exception as error:  # each SDK has its own; TypeError where JSON cannot hold the part
                    assert getattr(error, "status_code", getattr(error, "code", 400)) == 400, error
                    refused.add(wrong.name)
    assert refused == REFUSED[provider]
    assert {wrong.name for wrong in exercise.mistakes} == set().union(*REFUSED.values())


@pytest.mark.parametrize("secret", SECRETS)
def test_references_agree_with_the_package(secret):
    from mmlab.api.client import messages, replies

    for name in ("image_part", "parse_json_reply"):
        ours, theirs = (
            reference(WEEK, name),
            getattr(replies if name == "parse_json_reply" else messages, name),
        )
        for args, kwargs in cases_of(WEEK.exercise(name), secret):
            assert outcome(ours, args, kwargs) == outcome(theirs, args, kwargs), (name, args)


def outcome(function, args, kwargs):
    """Return what a function gives, or ValueError where it raises one."""
    try:
        return function(*args, **kwargs)
    except ValueError:
        return ValueError


def test_half_of_the_drawn_replies_hold_an_object():
    given = [
        outcome(reference(WEEK, "parse_json_reply"), *case)
        for case in cases_of(WEEK.exercise("parse_json_reply"))[-20:]
    ]
    assert [isinstance(value, dict) for value in given] == [True] * 10 + [False] * 10 and given.count(
        ValueError
    ) == 10


def test_a_tighter_budget_never_blocks_more():
    evaluate = reference(WEEK, "injection_filter_eval")
    for (images, _), _ in cases_of(WEEK.exercise("injection_filter_eval")):
        found = [evaluate(images, budget) for budget in (0.0, 0.1, 0.3, 1.0)]
        thresholds = [one["threshold"] for one in found]
        assert thresholds == sorted(thresholds, reverse=True)
        if found[0]["false_alarm_rate"] is not None:
            assert all(
                one["false_alarm_rate"] <= budget for one, budget in zip(found, (0, 0.1, 0.3, 1), strict=True)
            )


def test_iou_matching_counts_pixels():
    """The IoU of two boxes is the share of the covered pixels that both cover."""
    match, rng = reference(WEEK, "iou_matching"), np.random.default_rng(0)
    for _ in range(200):
        covered, boxes = np.zeros((2, 12, 12), bool), []
        for layer in covered:
            (x1, x2), (y1, y2) = np.sort(rng.choice(13, 2, False)), np.sort(rng.choice(13, 2, False))
            layer[y1:y2, x1:x2] = True
            boxes.append((int(x1), int(y1), int(x2), int(y2)))
        if iou := (covered[0] & covered[1]).sum() / (covered[0] | covered[1]).sum():
            assert match(boxes[:1], boxes[1:], iou) == ([(0, 0)], 1, 1)
        assert match(boxes[:1], boxes[1:], min(iou + 1e-9, 1)) == (
            [(0, 0)] if iou == 1 else [],
            iou == 1,
            iou == 1,
        )


def test_cases_stay_small():
    assert (WEEK.folder / "cases.npz").stat().st_size < 200_000
    assert all(codec.dumps(exercise.inputs()) for exercise in WEEK.exercises)
