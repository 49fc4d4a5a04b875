"""The three SDKs, unmodified: every resource, waiting and not, in pieces and whole, and one truth from all."""

import asyncio

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

import tour
from api_strategies import b64
from mmlab.api.server import routes
from mmlab.world import encode_image, questions, render, sample

STOPS = [
    pytest.param(provider, stop, id=stop.__name__) for provider, stops in tour.STOPS.items() for stop in stops
]


def client_of(local, provider: str, waits: bool):
    """Return a provider's own client: one that waits, or one that does not."""
    if provider == "google":
        client = genai.Client(api_key="any", http_options={"base_url": local.gemini_base_url})
        return client if waits else client.aio
    kinds = {
        "openai": (openai.OpenAI, openai.AsyncOpenAI),
        "anthropic": (anthropic.Anthropic, anthropic.AsyncAnthropic),
    }
    kind = kinds[provider][0 if waits else 1]
    return kind(base_url=getattr(local, f"{provider}_base_url"), api_key="any", max_retries=0)


@pytest.mark.parametrize("waits", [True, False], ids=["sync", "async"])
@pytest.mark.parametrize(("provider", "stop"), STOPS)
def test_every_resource_tells_the_truth(local, provider, stop, waits):
    answers = asyncio.run(stop(client_of(local, provider, waits)))
    assert answers and set(answers) == {tour.TRUTH}


def test_the_tour_comes_to_every_address_of_the_server(local, monkeypatch):
    seen = set()
    serve = local.serve

    def noted(request):
        seen.add((request.provider, request.method, request.path))
        return serve(request)

    monkeypatch.setattr(local, "serve", noted)
    for provider, stops in tour.STOPS.items():
        for stop in stops:
            asyncio.run(stop(client_of(local, provider, True)))
    missed = [
        (provider, method, path.pattern)
        for provider, method, path, _ in routes._table()
        if not any((one[0], one[1]) == (provider, method) and path.fullmatch(one[2]) for one in seen)
        # test_features.py has the interactions; the SDK embeds in batches only.
        and not path.pattern.endswith(("/interactions", "/interactions/([^/]+)", ":embedContent"))
    ]
    assert len(seen) > 30 and missed == []


def asked_of_all(local, picture: bytes, text: str) -> dict[str, str]:
    """Return what each wire protocol answers to one question about one picture."""
    gpt, claude, gemini = (client_of(local, name, True) for name in ("openai", "anthropic", "google"))
    url = f"data:image/png;base64,{b64(picture)}"
    message = {
        "role": "user",
        "content": [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": text}],
    }
    given = {
        "role": "user",
        "content": [{"type": "input_image", "image_url": url}, {"type": "input_text", "text": text}],
    }
    source = {"type": "base64", "media_type": "image/png", "data": b64(picture)}
    block = {"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": text}]}
    part = types.Part.from_bytes(data=picture, mime_type="image/png")
    return {
        "chat": gpt.chat.completions.create(model=tour.MODEL, messages=[message]).choices[0].message.content,
        "responses": gpt.responses.create(model=tour.MODEL, input=[given]).output_text,
        "messages": claude.messages.create(model=tour.MODEL, max_tokens=50, messages=[block]).content[0].text,
        "contents": gemini.models.generate_content(model=tour.MODEL, contents=[part, text]).text,
    }


@pytest.mark.parametrize("seed", range(4))
def test_one_scene_gives_one_truth_by_all_protocols(local, seed):
    scene = sample(1, seed=100 + seed)[0]
    picture = encode_image(render([scene], 96)[0])
    asked = {question.type: question for question in questions(scene)}
    assert len(asked) > 3
    for question in asked.values():
        answers = asked_of_all(local, picture, f"{question.text} Answer in one word.")
        assert set(answers.values()) == {question.answer}, (question, answers)


def test_two_questions_at_once_do_not_mix(local):
    scenes = [scene for scene in sample(24, seed=7, shapes=(1, 1))]
    files = [encode_image(one) for one in render(scenes, 64)]

    async def ask(client, data):
        content = tour.chat_messages(
            "What colour is the shape? Answer in one word.",
            type="image_url",
            image_url={"url": f"data:image/png;base64,{b64(data)}"},
        )
        return (
            (await client.chat.completions.create(model=tour.MODEL, messages=content))
            .choices[0]
            .message.content
        )

    async def all_of_them():
        async with client_of(local, "openai", False) as client:
            return await asyncio.gather(*(ask(client, data) for data in files))

    assert asyncio.run(all_of_them()) == [scene.shapes[0].colour for scene in scenes]
