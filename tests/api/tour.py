"""A tour of every resource of the three SDKs, for clients that wait and for clients that do not.

Each stop is told once: `done` and `every` take what either kind of client gives.
It returns what a test compares: the truth is in `TRUTH`.
"""

import inspect
import io
import json

import anthropic
import numpy as np
import pytest
from google.genai import types
from pydantic import BaseModel

from api_strategies import PNG, SCENE, b64
from mmlab.world import encode_image, render, sample
from mmlab.world.documents import invoice, pdf
from mmlab.world.files.wav import wav_bytes
from mmlab.world.speech import speak

MODEL, EARS = "mm-vision", "mm-audio"
TRUTH = ("zero", "one", "two", "three", "four")[len(SCENE.shapes)]
QUESTION = "How many shapes are there? Answer in one word."
PAGE = invoice(3)
FILE, NUMBER = pdf([PAGE]), PAGE.fields["number"]
SENTENCE = "a large red circle"
SOUND = wav_bytes(speak(SENTENCE))
SINGLE = sample(1, seed=4, shapes=(1, 1))[0]
PLAIN = encode_image(render([SINGLE], 128)[0])
COUNT = {
    "type": "object",
    "properties": {"count": {"type": "integer"}},
    "required": ["count"],
    "additionalProperties": False,
}
DATA_URL = "data:image/png;base64," + b64()


class Seen(BaseModel):
    """What a structured reply holds."""

    background: str
    count: int


async def done(value):
    """Return a value, waited for where it has to be."""
    return await value if inspect.isawaitable(value) else value


async def every(value) -> list:
    """Return all of a list, a page or a stream, of either kind of client."""
    value = await done(value)
    return [one async for one in value] if hasattr(value, "__aiter__") else list(value)


async def within(manager, do):
    """Return what `do` gives of a context manager of either kind."""
    if hasattr(manager, "__aenter__"):
        async with manager as entered:
            return await done(do(entered))
    with manager as entered:
        return do(entered)


def chat_messages(text: str = QUESTION, **part) -> list[dict]:
    """Return the messages of a question about the scene, or about another part."""
    first = part or {"type": "image_url", "image_url": {"url": DATA_URL}}
    return [{"role": "user", "content": [first, {"type": "text", "text": text}]}]


async def openai_chat(client) -> list:
    """Chat: whole, in pieces, structured, with a tool, from a document."""
    create = client.chat.completions.create
    whole = await done(create(model=MODEL, messages=chat_messages()))
    chunks = await every(
        create(model=MODEL, messages=chat_messages(), stream=True, stream_options={"include_usage": True})
    )
    parsed = await done(
        client.chat.completions.parse(model=MODEL, messages=chat_messages(), response_format=Seen)
    )
    tool = {"type": "function", "function": {"name": "record", "parameters": COUNT, "strict": True}}
    called = await done(create(model=MODEL, messages=chat_messages(), tools=[tool], tool_choice="required"))
    part = {
        "type": "file",
        "file": {"file_data": "data:application/pdf;base64," + b64(FILE), "filename": "a.pdf"},
    }
    paper = await done(create(model=MODEL, messages=chat_messages("What is the invoice number?", **part)))
    assert NUMBER in paper.choices[0].message.content
    assert parsed.choices[0].message.parsed.background == SCENE.background
    count = json.loads(called.choices[0].message.tool_calls[0].function.arguments)["count"]
    return [
        whole.choices[0].message.content,
        "".join(c.choices[0].delta.content or "" for c in chunks if c.choices),
        TRUTH if count == parsed.choices[0].message.parsed.count == len(SCENE.shapes) else count,
    ]


async def openai_sound(client) -> list:
    """Sounds in and out: by chat, by transcription, by speech."""
    part = {"type": "input_audio", "input_audio": {"data": b64(SOUND), "format": "wav"}}
    heard = await done(
        client.chat.completions.create(
            model=EARS, messages=chat_messages("What is said? Transcribe it.", **part)
        )
    )
    assert SENTENCE in heard.choices[0].message.content.lower()
    told = await done(client.audio.transcriptions.create(model=EARS, file=("a.wav", SOUND)))
    long = await done(
        client.audio.transcriptions.create(
            model=EARS,
            file=("a.wav", SOUND),
            response_format="verbose_json",
            timestamp_granularities=["word"],
        )
    )
    pieces = await every(client.audio.transcriptions.create(model=EARS, file=("a.wav", SOUND), stream=True))
    assert [word.word for word in long.words] == SENTENCE.split() and pieces[-1].text == told.text
    spoken = await done(
        client.audio.speech.create(model=EARS, voice="alloy", input=SENTENCE, response_format="wav")
    )
    again = await done(client.audio.transcriptions.create(model=EARS, file=("b.wav", spoken.content)))
    return [
        TRUTH if {told.text.lower().rstrip("."), again.text.lower().rstrip(".")} == {SENTENCE} else told.text
    ]


async def openai_responses(client) -> list:
    """Responses: whole, in pieces, structured, with a tool, kept and forgotten."""
    asked = [
        {
            "role": "user",
            "content": [
                {"type": "input_image", "image_url": DATA_URL, "detail": "auto"},
                {"type": "input_text", "text": QUESTION},
            ],
        }
    ]
    whole = await done(client.responses.create(model=MODEL, input=asked))
    events = await every(client.responses.create(model=MODEL, input=asked, stream=True))
    parsed = await done(client.responses.parse(model=MODEL, input=asked, text_format=Seen))
    tool = {"type": "function", "name": "record", "parameters": COUNT, "strict": True}
    called = await done(
        client.responses.create(model=MODEL, input=asked, tools=[tool], tool_choice="required")
    )
    await every(
        client.responses.create(model=MODEL, input=asked, tools=[tool], tool_choice="required", stream=True)
    )
    assert json.loads(called.output[0].arguments) == {"count": parsed.output_parsed.count}
    kept = await done(client.responses.retrieve(whole.id))
    await done(client.responses.input_tokens.count(model=MODEL, input="Hello."))
    await done(client.responses.delete(whole.id))
    return [whole.output_text, kept.output_text, events[-1].response.output_text]


async def openai_makes(client) -> list:
    """Pictures drawn and changed, embeddings."""
    drawn = await done(client.images.generate(model="mm-image", prompt="a large red circle", size="256x256"))
    changed = await done(
        client.images.edit(model="mm-image", image=("a.png", PLAIN), prompt="make the background white")
    )
    assert drawn.data[0].b64_json and changed.data[0].b64_json
    near = (
        await done(
            client.embeddings.create(model="mm-embed", input=["a red ring", "the ring is red", "blue"])
        )
    ).data
    one, two, far = (np.array(row.embedding) for row in near)
    return [TRUTH if one @ two > 0.9 > one @ far else ""]


async def openai_files_and_batches(client) -> list:
    """Files and batches: begun, looked at, listed, read, ended, cancelled, deleted."""
    body = {"model": MODEL, "messages": chat_messages()}
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    file = await done(client.files.create(file=("b.jsonl", json.dumps(line).encode()), purpose="batch"))
    assert file.id in [one.id for one in await every(client.files.list())]
    assert json.loads((await done(client.files.content(file.id))).content) == line
    begin = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = await done(client.batches.create(**begin))
    while batch.status != "completed":
        batch = await done(client.batches.retrieve(batch.id))
    answer = json.loads((await done(client.files.content(batch.output_file_id))).content)
    await done(client.batches.cancel((await done(client.batches.create(**begin))).id))
    assert len(await every(client.batches.list())) >= 2
    await done(client.files.retrieve(file.id))
    assert (await done(client.files.delete(file.id))).deleted
    return [answer["response"]["body"]["choices"][0]["message"]["content"]]


async def openai_models(client) -> list:
    """Models: listed and looked at."""
    first = (await every(client.models.list()))[0].id
    return [TRUTH if (await done(client.models.retrieve(first))).id == MODEL else first]


def blocks(text: str = QUESTION) -> list[dict]:
    """Return Anthropic's messages of a question about the scene."""
    source = {"type": "base64", "media_type": "image/png", "data": b64()}
    return [
        {"role": "user", "content": [{"type": "image", "source": source}, {"type": "text", "text": text}]}
    ]


async def anthropic_messages(client) -> list:
    """Messages: whole, in pieces, by the SDK's own stream, structured, with a tool, of a document; counted."""
    asked = {"model": MODEL, "max_tokens": 200, "messages": blocks()}
    whole = await done(client.messages.create(**asked))
    events = await every(client.messages.create(**asked, stream=True))
    final = await within(client.messages.stream(**asked), lambda stream: stream.get_final_message())
    parsed = await done(client.messages.parse(**asked, output_format=Seen))
    tool = {"name": "record", "input_schema": COUNT}
    called = await done(client.messages.create(**asked, tools=[tool], tool_choice={"type": "any"}))
    await every(client.messages.create(**asked, tools=[tool], tool_choice={"type": "any"}, stream=True))
    source = {"type": "base64", "media_type": "application/pdf", "data": b64(FILE)}
    content = [
        {"type": "document", "source": source},
        {"type": "text", "text": "What is the invoice number?"},
    ]
    paper = await done(
        client.messages.create(**{**asked, "messages": [{"role": "user", "content": content}]})
    )
    assert NUMBER in paper.content[0].text and called.content[0].input == {
        "count": parsed.parsed_output.count
    }
    counted = await done(client.messages.count_tokens(model=MODEL, messages=asked["messages"]))
    assert counted.input_tokens == whole.usage.input_tokens
    streamed = "".join(event.delta.text for event in events if event.type == "content_block_delta")
    return [whole.content[0].text, streamed, final.content[0].text]


async def anthropic_batches(client) -> list:
    """Message batches: begun, looked at, listed, read, cancelled, deleted."""
    batches, params = client.messages.batches, {"model": MODEL, "max_tokens": 50, "messages": blocks()}
    asked = [{"custom_id": "a", "params": params}, {"custom_id": "b", "params": {**params, "model": "nope"}}]
    batch = await done(batches.create(requests=asked))
    while batch.processing_status != "ended":
        batch = await done(batches.retrieve(batch.id))
    good, bad = await every(batches.results(batch.id))
    other = await done(batches.create(requests=asked))
    await done(batches.cancel(other.id))
    await every(batches.results(other.id))
    assert bad.result.type == "errored" and len(await every(batches.list())) >= 2
    assert (await done(batches.delete(batch.id))).id == batch.id
    return [good.result.message.content[0].text]


async def anthropic_files(client) -> list:
    """Files: uploaded, listed, looked at, used, deleted; what was uploaded is not given back."""
    file = await done(client.files.upload(file=("scene.png", io.BytesIO(PNG), "image/png")))
    assert file.id in [one.id for one in await every(client.files.list())]
    assert (await done(client.files.retrieve_metadata(file.id))).size_bytes == len(PNG)
    with pytest.raises(anthropic.BadRequestError, match="not downloadable"):
        await done(client.files.download(file.id))
    content = [
        {"type": "image", "source": {"type": "file", "file_id": file.id}},
        {"type": "text", "text": QUESTION},
    ]
    message = await done(
        client.messages.create(model=MODEL, max_tokens=9, messages=[{"role": "user", "content": content}])
    )
    assert (await done(client.files.delete(file.id))).id == file.id
    return [message.content[0].text]


async def anthropic_models(client) -> list:
    """Models: listed and looked at."""
    first = (await every(client.models.list()))[0].id
    return [TRUTH if (await done(client.models.retrieve(first))).id == MODEL else first]


async def google_content(client) -> list:
    """Contents: whole, in pieces, structured, with a function, of a document and a sound; counted."""
    asked = [types.Part.from_bytes(data=PNG, mime_type="image/png"), QUESTION]
    models = client.models
    whole = await done(models.generate_content(model=MODEL, contents=asked))
    chunks = await every(models.generate_content_stream(model=MODEL, contents=asked))
    formed = await done(
        models.generate_content(
            model=MODEL,
            contents=asked,
            config={"response_mime_type": "application/json", "response_schema": Seen},
        )
    )
    tool = {"function_declarations": [{"name": "record", "parameters_json_schema": COUNT}]}
    called = await done(
        models.generate_content(
            model=MODEL,
            contents=asked,
            config={"tools": [tool], "tool_config": {"function_calling_config": {"mode": "ANY"}}},
        )
    )
    assert called.function_calls[0].args == {"count": formed.parsed.count}
    paper = [types.Part.from_bytes(data=FILE, mime_type="application/pdf"), "What is the invoice number?"]
    assert NUMBER in (await done(models.generate_content(model=MODEL, contents=paper))).text
    sound = [types.Part.from_bytes(data=SOUND, mime_type="audio/wav"), "Transcribe it."]
    assert SENTENCE in (await done(models.generate_content(model=EARS, contents=sound))).text.lower()
    counted = await done(models.count_tokens(model=MODEL, contents=asked))
    await done(models.embed_content(model="mm-embed", contents=["a red ring"]))
    assert counted.total_tokens == whole.usage_metadata.prompt_token_count
    return [whole.text, "".join(chunk.text for chunk in chunks)]


async def google_files(client) -> list:
    """Files: uploaded, listed, looked at, used, deleted; a film that is none fails."""
    file = await done(
        client.files.upload(file=io.BytesIO(PNG), config={"mime_type": "image/png", "display_name": "scene"})
    )
    film = await done(client.files.upload(file=io.BytesIO(bytes(20)), config={"mime_type": "video/mp4"}))
    while film.state == "PROCESSING":
        film = await done(client.files.get(name=film.name))
    assert film.state == "FAILED" and {file.name, film.name} <= {
        one.name for one in await every(client.files.list())
    }
    answer = await done(client.models.generate_content(model=MODEL, contents=[file, QUESTION]))
    for one in (file, film):
        await done(client.files.delete(name=one.name))
    return [answer.text]


async def google_models(client) -> list:
    """Models: listed and looked at."""
    first = (await every(client.models.list()))[0].name
    return [TRUTH if (await done(client.models.get(model=MODEL))).name == first else first]


STOPS = {
    "openai": (
        openai_chat,
        openai_sound,
        openai_responses,
        openai_makes,
        openai_files_and_batches,
        openai_models,
    ),
    "anthropic": (anthropic_messages, anthropic_batches, anthropic_files, anthropic_models),
    "google": (google_content, google_files, google_models),
}
