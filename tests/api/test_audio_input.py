"""Sounds, heard and made, through the SDKs themselves."""

import asyncio
import base64
import io
import json

import numpy as np
import openai
import pytest
from google.genai import errors as google_errors
from google.genai import types

from api_strategies import faults
from mmlab.api.catalog import model_for
from mmlab.api.server.model.audio import Transcript, answered
from mmlab.api.tokens import audio_tokens, video_tokens
from mmlab.errors import InputError
from mmlab.perception.speech import hear
from mmlab.world import caption, sample
from mmlab.world.files.wav import wav_bytes, wav_samples
from mmlab.world.speech import speak

MODEL = model_for("listen")
TEXT = caption(sample(1, seed=4)[0])
SOUND = speak(TEXT, seed=2)
WAV = wav_bytes(SOUND)
SILENCE = wav_bytes(np.zeros(16000, np.float32))


def part(data: bytes = WAV, form: str = "wav") -> dict:
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(data).decode(), "format": form}}


def chat(client, *content, messages=(), **options):
    parts = [one if isinstance(one, dict) else {"type": "text", "text": one} for one in content]
    messages = [*messages, {"role": "user", "content": parts}]
    return client.chat.completions.create(model=MODEL, messages=messages, **options)


def transcribed(client, data: bytes = WAV, **options):
    return client.audio.transcriptions.create(
        file=("speech.wav", data), model=model_for("transcribe"), **options
    )


def test_chat_writes_down_what_was_said(client):
    answer = chat(client, "Transcribe this.", part())
    assert answer.choices[0].message.content == TEXT
    heard = audio_tokens("openai", len(SOUND) / 16000)
    assert answer.usage.prompt_tokens_details.audio_tokens == heard
    assert answer.usage.prompt_tokens > heard


def test_responses_hear_the_same(client):
    content = [{"type": "input_text", "text": "Transcribe this."}, part()]
    answer = client.responses.create(model=MODEL, input=[{"role": "user", "content": content}])
    assert answer.output_text == TEXT


@pytest.mark.parametrize("seed", range(4))
def test_google_hears_the_same(google, seed):
    sound = wav_bytes(speak(TEXT, seed=seed))
    contents = [types.Part.from_bytes(data=sound, mime_type="audio/wav"), "Transcribe this."]
    answer = google.models.generate_content(model=MODEL, contents=contents)
    tokens = {one.modality.value: one.token_count for one in answer.usage_metadata.prompt_tokens_details}
    assert answer.text == TEXT and tokens["AUDIO"] == audio_tokens(
        "google", len(wav_samples(sound)[0]) / 16000
    )


def test_google_hears_an_uploaded_sound(google):
    file = google.files.upload(file=io.BytesIO(WAV), config={"mime_type": "audio/wav"})
    assert file.state == "ACTIVE"
    assert google.models.generate_content(model=MODEL, contents=[file, "Transcribe this."]).text == TEXT
    google.files.delete(name=file.name)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("What colour is the star?", "blue"),
        ("How many words do you hear?", "14"),
        ("How many circles are there?", "two"),
        ("Does the speaker mention 'white'?", "yes"),
        ("Does the speaker mention 'ring'?", "no"),
        ("How long is it?", "3.2"),
        ("Write down every word.", None),
    ],
)
def test_questions_are_answered_from_what_was_said(asked, answer):
    ear = Transcript("two large red circles left of a small blue star on a white background", (), 3.2)
    assert answered(ear, asked).short == (answer or ear.text)


def test_a_sound_alone_is_taken_as_its_words(client):
    assert chat(client, part()).choices[0].message.content == f'I heard "{TEXT}".'


def test_silence_is_not_made_into_words(client):
    assert (
        chat(client, "Transcribe this.", part(SILENCE)).choices[0].message.content
        == "I hear nothing that I know."
    )
    assert transcribed(client, SILENCE).text == ""


def test_a_schema_is_filled_from_a_sound(client):
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["transcript", "seconds", "words"],
        "properties": {
            "transcript": {"type": "string"},
            "seconds": {"type": "number"},
            "words": {"type": "array", "items": {"type": "string"}},
        },
    }
    form = {"type": "json_schema", "json_schema": {"name": "heard", "schema": schema, "strict": True}}
    found = json.loads(chat(client, "Fill this in.", part(), response_format=form).choices[0].message.content)
    assert found["transcript"] == TEXT and found["words"] == TEXT.split()
    assert abs(found["seconds"] - len(SOUND) / 16000) < 0.01


def test_the_declared_weakness_is_there_and_stays(client):
    """Thirteen is heard as thirty in some sounds, and in those every time."""
    sounds = [wav_bytes(speak("thirteen red circles", seed=seed)) for seed in (2, 3, 4)]
    heard = [transcribed(client, one).text for one in sounds]
    assert set(heard) == {"thirteen red circles", "thirty red circles"}
    assert heard == [transcribed(client, one).text for one in sounds]


def test_a_reply_is_said_aloud(client):
    audio = {"voice": "coral", "format": "wav"}
    answer = chat(client, "Repeat this.", part(), modalities=["text", "audio"], audio=audio)
    said = answer.choices[0].message.audio
    samples, rate = wav_samples(base64.b64decode(said.data))
    assert answer.choices[0].message.content is None and said.transcript == TEXT
    assert rate == 24000 and hear(samples, rate).text == TEXT
    details = answer.usage.completion_tokens_details
    assert details.audio_tokens == audio_tokens("openai", len(samples) / rate, generated=True)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_what_was_said_aloud_can_be_referred_to(client):
    first = chat(
        client, "Repeat this.", part(), modalities=["text", "audio"], audio={"voice": "ash", "format": "wav"}
    )
    before = [
        {"role": "user", "content": [part()]},
        {"role": "assistant", "audio": {"id": first.choices[0].message.audio.id}},
    ]
    assert chat(client, "Transcribe this.", part(), messages=before).choices[0].message.content == TEXT
    before[1]["audio"]["id"] = "audio_none"
    with pytest.raises(openai.NotFoundError, match="audio_none"):
        chat(client, "Transcribe this.", part(), messages=before)


def test_speech_streams_as_bare_samples(client):
    chunks = list(
        chat(
            client,
            "Repeat this.",
            part(),
            modalities=["text", "audio"],
            stream=True,
            audio={"voice": "sage", "format": "pcm16"},
            stream_options={"include_usage": True},
        )
    )
    parts = [
        chunk.choices[0].delta.audio for chunk in chunks if chunk.choices and chunk.choices[0].delta.audio
    ]
    pcm = b"".join(base64.b64decode(one.data) for one in parts if one.data)
    assert "".join(one.transcript or "" for one in parts) == TEXT
    assert hear(np.frombuffer(pcm, "<i2") / np.float32(32768), 24000).text == TEXT
    assert len({one.id for one in parts}) == 1 and parts[-1].expires_at
    assert chunks[-1].usage.completion_tokens_details.audio_tokens > 0


AUDIO = {"modalities": ["text", "audio"], "audio": {"voice": "ash", "format": "wav"}}


@pytest.mark.parametrize(
    ("content", "options", "param"),
    [
        ([part(WAV, "mp3")], {}, "messages[0].content[0].input_audio.format"),
        ([part(WAV, "ogg")], {}, "messages[0].content[0].input_audio.format"),
        ([part(WAV[:2000])], {}, "messages[0].content[0].input_audio.data"),
        ([part(b"ID3" + bytes(100))], {}, "messages[0].content[0].input_audio.data"),
        (
            [{"type": "input_audio", "input_audio": {"data": "data:audio/wav;base64,UklG", "format": "wav"}}],
            {},
            "messages[0].content[0].input_audio.data",
        ),
        ([part(wav_bytes(np.zeros(121 * 4000), 4000))], {}, "messages[0].content[0].input_audio.data"),
        ([part()], {"modalities": ["text", "audio"]}, "audio"),
        ([part()], {"modalities": ["smell"]}, "modalities"),
        ([part()], AUDIO | {"stream": True}, "audio.format"),
        ([part()], AUDIO | {"audio": {"voice": "ash", "format": "mp3"}}, "audio.format"),
        ([part()], AUDIO | {"audio": {"voice": "nobody", "format": "wav"}}, "audio.voice"),
    ],
)
def test_a_wrong_sound_is_named(client, content, options, param):
    with pytest.raises(openai.BadRequestError) as raised:
        chat(client, *content, **options)
    assert raised.value.param == param


def test_a_model_of_sounds_wants_one(client):
    with pytest.raises(openai.BadRequestError, match="requires that either input content or output modality"):
        chat(client, "Hello")
    answer = chat(client, "Hello", modalities=["text", "audio"], audio={"voice": "ash", "format": "wav"})
    assert answer.choices[0].message.audio.transcript.startswith(f"I am {MODEL}")


def test_a_model_without_ears_says_so(client, google):
    with pytest.raises(openai.BadRequestError, match="does not take audio"):
        client.chat.completions.create(model="mm-vision", messages=[{"role": "user", "content": [part()]}])
    with pytest.raises(openai.BadRequestError, match="does not answer in audio"):
        client.chat.completions.create(
            model="mm-vision", messages=[{"role": "user", "content": "x"}], **AUDIO
        )
    with pytest.raises(google_errors.ClientError, match="does not take audio"):
        google.models.generate_content(
            model="mm-vision", contents=[types.Part.from_bytes(data=WAV, mime_type="audio/wav")]
        )


@pytest.mark.parametrize("kind", ["audio/mp3", "audio/banana"])
def test_google_names_a_sound_that_is_not_read(google, kind):
    with pytest.raises(google_errors.ClientError, match=kind) as raised:
        google.models.generate_content(
            model=MODEL, contents=[types.Part.from_bytes(data=WAV, mime_type=kind)]
        )
    assert ("audio/wav" in raised.value.message) == (kind == "audio/mp3")


def test_async_clients_hear_and_speak(local):
    async def ask():
        async with openai.AsyncOpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0) as client:
            said = await client.audio.speech.create(
                model=MODEL, voice="alloy", input=TEXT, response_format="wav"
            )
            heard = await client.audio.transcriptions.create(file=("a.wav", said.content), model=MODEL)
            answer = await chat(client, "Transcribe this.", part(said.content))
            return heard.text, answer.choices[0].message.content

    assert asyncio.run(ask()) == (TEXT, TEXT)


def test_every_field_is_the_sdks(client):
    options = {"modalities": ["text", "audio"], "audio": {"voice": "ash", "format": "wav"}}
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[{"role": "user", "content": [part()]}], **options
    ).http_response
    assert faults(openai.types.chat.ChatCompletion, raw.json()) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda: audio_tokens("nobody", 1),
        lambda: audio_tokens("openai", -1),
        lambda: audio_tokens("google", float("nan")),
        lambda: video_tokens("openai", 3),
    ],
)
def test_what_has_no_price_is_refused(call):
    with pytest.raises(InputError):
        call()
