"""Transcriptions and speech through OpenAI's own SDK."""

import base64
import io
import json
import wave

import numpy as np
import openai
import pytest
from openai.types import audio

from api_strategies import faults
from mmlab.api.catalog import model_for
from mmlab.api.server.media import resampled
from mmlab.perception.speech import hear
from mmlab.world import caption, sample, spoken
from mmlab.world.files.wav import wav_bytes
from mmlab.world.speech import speak

MODEL = model_for("transcribe")
TEXT = caption(sample(1, seed=4)[0])
SOUND = speak(TEXT, seed=2)
WAV = wav_bytes(SOUND)


def transcribed(client, data: bytes = WAV, **options):
    return client.audio.transcriptions.create(file=("speech.wav", data), model=MODEL, **options)


def test_a_transcription_has_words_and_times(client):
    answer = transcribed(client, response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert (answer.text, answer.language) == (TEXT, "english")
    assert [one.word for one in answer.words] == TEXT.split()
    assert all(0 <= one.start < one.end <= answer.duration for one in answer.words)
    assert " ".join(one.text.strip() for one in answer.segments) == TEXT
    assert abs(answer.duration - len(SOUND) / 16000) < 0.01 and answer.usage.seconds == answer.duration


def test_a_transcription_comes_in_every_form(client):
    assert transcribed(client).text == TEXT and transcribed(client).usage.type == "tokens"
    assert transcribed(client, response_format="text").strip() == TEXT
    srt, vtt = (transcribed(client, response_format=form) for form in ("srt", "vtt"))
    assert srt.startswith("1\n00:00:00,") and " --> " in srt and vtt.startswith("WEBVTT\n\n00:00:00.")
    for text in (srt, vtt):
        lines = [line for line in text.splitlines() if line and "-->" not in line and not line.isdigit()]
        assert " ".join(line for line in lines if line != "WEBVTT") == TEXT


def test_a_transcription_streams(client):
    events = list(transcribed(client, stream=True))
    assert "".join(one.delta for one in events[:-1]) == TEXT == events[-1].text
    assert {one.type for one in events[:-1]} == {"transcript.text.delta"} and len(events) > 2
    assert events[-1].usage.total_tokens == events[-1].usage.input_tokens + events[-1].usage.output_tokens


@pytest.mark.parametrize("rate", [8000, 24000, 48000])
def test_other_rates_are_heard(client, rate):
    assert transcribed(client, wav_bytes(resampled(SOUND, 16000, rate), rate)).text == TEXT


@pytest.mark.parametrize("form", ["wav", "pcm"])
@pytest.mark.parametrize("voice", ["alloy", "cedar"])
def test_speech_is_made(client, form, voice):
    answer = client.audio.speech.create(
        model=model_for("speak"), voice=voice, input=TEXT, response_format=form
    )
    data = answer.content
    assert answer.response.headers["content-type"] == f"audio/{form}"
    if form == "wav":
        with wave.open(io.BytesIO(data)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
        data = data[44:]
    assert hear(np.frombuffer(data, "<i2") / np.float32(32768), 24000).text == TEXT


def test_speech_comes_as_it_is_made(client, tmp_path):
    ask = {"model": model_for("speak"), "voice": "alloy", "input": TEXT, "response_format": "wav"}
    whole = client.audio.speech.create(**ask).content
    with client.audio.speech.with_streaming_response.create(**ask) as answer:
        answer.stream_to_file(tmp_path / "said.wav")
    assert (tmp_path / "said.wav").read_bytes() == whole
    events = client.audio.speech.create(**ask, stream_format="sse").text.split("\n\n")
    events = [json.loads(one.removeprefix("data: ")) for one in events if one]
    assert b"".join(base64.b64decode(one["audio"]) for one in events[:-1]) == whole
    assert events[-1]["type"] == "speech.audio.done" and events[-1]["usage"]["output_tokens"] > 0


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"response_format": "mp3"}, "response_format"),
        ({"speed": 2}, "speed"),
        ({"voice": "nobody"}, "voice"),
        ({"input": ""}, "input"),
        ({"input": "x" * 4097}, "input"),
        ({"input": "..."}, "input"),
    ],
)
def test_what_cannot_be_said_is_named(client, change, param):
    ask = {"model": MODEL, "voice": "alloy", "input": TEXT, "response_format": "wav"}
    with pytest.raises(openai.BadRequestError) as raised:
        client.audio.speech.create(**(ask | change))
    assert raised.value.param == param


def test_the_usual_form_is_one_that_this_server_does_not_make(client):
    with pytest.raises(
        openai.BadRequestError, match="'mp3' is not supported by this server: ask for 'wav' or 'pcm'"
    ):
        client.audio.speech.create(model=MODEL, voice="alloy", input=TEXT)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"response_format": "diarized_json"}, openai.BadRequestError),
        ({"file": ("a.mp3", b"ID3")}, openai.BadRequestError),
        ({"timestamp_granularities": ["word"]}, openai.BadRequestError),
        ({"model": "whisper-0"}, openai.NotFoundError),
        ({"model": "mm-vision"}, openai.NotFoundError),
        ({"stream": True, "response_format": "srt"}, openai.BadRequestError),
    ],
)
def test_a_wrong_transcription_is_refused(client, change, wrong):
    with pytest.raises(wrong):
        client.audio.transcriptions.create(**({"file": ("speech.wav", WAV), "model": MODEL} | change))


@pytest.mark.parametrize(
    ("form", "model"), [("json", audio.Transcription), ("verbose_json", audio.TranscriptionVerbose)]
)
def test_every_field_is_the_sdks(client, form, model):
    create = client.audio.transcriptions.with_raw_response.create
    raw = create(file=("a.wav", WAV), model=MODEL, response_format=form).http_response
    assert faults(model, raw.json()) == []


def test_a_long_text_is_said_whole(client):
    text = "A red circle. Two blue stars, above a ring! " * 6
    answer = client.audio.speech.create(
        model=model_for("speak"), voice="echo", input=text, response_format="pcm"
    )
    heard = hear(np.frombuffer(answer.content, "<i2") / np.float32(32768), 24000)
    assert heard.text == " ".join(spoken(text)) and len(heard.words) == 54
