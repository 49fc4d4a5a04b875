"""Films, by file and by frames, through the SDKs themselves."""

import io
import json

import anthropic
import numpy as np
import openai
import pytest
from google.genai import errors, types
from hypothesis import given, settings
from hypothesis import strategies as st

from api_strategies import b64, faults
from mmlab.api.catalog import model_for
from mmlab.api.tokens import video_tokens
from mmlab.errors import InputError, ShapeError
from mmlab.perception.video import watch
from mmlab.world import encode_image
from mmlab.world.files.avi import avi_bytes, avi_frames
from mmlab.world.video import film

MODEL = model_for("vision")
MADE = film(3)
STORY = ", then ".join(map(str, MADE.events))
STORY = f"{STORY[0].upper()}{STORY[1:]}."
AVI = avi_bytes(MADE.frames, MADE.fps)
FINE = types.VideoMetadata(fps=MADE.fps)


def part(
    data: bytes = AVI, kind: str = "video/avi", metadata: types.VideoMetadata | None = FINE
) -> types.Part:
    return types.Part(inline_data=types.Blob(data=data, mime_type=kind), video_metadata=metadata)


def ask(google, *contents, model=MODEL, **config):
    config = types.GenerateContentConfig(**config) if config else None
    return google.models.generate_content(model=model, contents=list(contents), config=config)


@pytest.mark.parametrize("seed", range(8))
def test_what_happens_is_told_in_order(google, seed):
    made = film(seed)
    text = ask(google, part(avi_bytes(made.frames, made.fps)), "What happens in this film?").text
    assert text.rstrip(".").lower().split(", then ") == [str(event) for event in made.events]


def test_every_second_frame_is_enough(google):
    sparse = types.VideoMetadata(fps=MADE.fps / 2)
    assert ask(google, part(metadata=sparse), "What happens?").text == STORY


def test_once_a_second_is_too_seldom(google):
    """What the provider does unless it is told otherwise: two frames of a film of two seconds."""
    answer = ask(google, part(metadata=None), "What happens?")
    tokens = {one.modality.value: one.token_count for one in answer.usage_metadata.prompt_tokens_details}
    assert answer.text != STORY and tokens["VIDEO"] == video_tokens("google", 2)


def test_a_film_costs_by_its_frames(google):
    usage = ask(google, part(), "What happens?").usage_metadata
    tokens = {one.modality.value: one.token_count for one in usage.prompt_tokens_details}
    assert tokens["VIDEO"] == video_tokens("google", len(MADE.frames))
    assert usage.prompt_token_count == sum(tokens.values())
    sharp = ask(google, part(), "What happens?", media_resolution="MEDIA_RESOLUTION_HIGH").usage_metadata
    assert sharp.prompt_token_count - usage.prompt_token_count == (280 - 70) * len(MADE.frames)


def test_a_part_of_a_film_is_looked_at(google):
    half = len(MADE.frames) / MADE.fps / 2
    later = types.VideoMetadata(fps=MADE.fps, start_offset=f"{half}s")
    told = [str(event) for event in MADE.events if event.frame > half * MADE.fps]
    assert (
        ask(google, part(metadata=later), "What happens?").text.rstrip(".").lower().split(", then ") == told
    )


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("What happens first?", str(MADE.events[0])),
        ("Which is the last event?", str(MADE.events[-1])),
        ("How many times does a ring appear?", "1"),
        ("Does the red square vanish?", "no"),
        ("Does the red square move right?", "yes"),
        ("Which way does the red square move?", "right"),
        ("When does the ring appear?", f"{MADE.events[1].frame / MADE.fps:g}"),
    ],
)
def test_questions_are_answered_from_the_frames(google, asked, answer):
    assert ask(google, part(), f"{asked} Answer with just that.").text == answer


def test_a_schema_is_filled_from_a_film(google):
    event = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("event", "colour", "shape")},
    }
    schema = {
        "type": "object",
        "properties": {"count": {"type": "integer"}, "events": {"type": "array", "items": event}},
    }
    answer = ask(
        google, part(), "Fill this in.", response_mime_type="application/json", response_json_schema=schema
    )
    found = json.loads(answer.text)
    assert found["count"] == len(MADE.events)
    assert found["events"] == [
        {"event": one.kind, "colour": one.colour, "shape": one.shape} for one in MADE.events
    ]


def test_a_film_is_uploaded_processed_and_watched(google):
    file = google.files.upload(file=io.BytesIO(AVI), config={"mime_type": "video/avi"})
    with pytest.raises(errors.ClientError, match="not in an ACTIVE state"):
        ask(google, file, "What happens?")
    looks = 0
    while file.state == "PROCESSING":
        file, looks = google.files.get(name=file.name), looks + 1
    assert file.state == "ACTIVE" and looks == 3
    named = types.Part(
        file_data=types.FileData(file_uri=file.uri, mime_type=file.mime_type), video_metadata=FINE
    )
    assert ask(google, named, "What happens?").text == STORY
    google.files.delete(name=file.name)


@pytest.mark.parametrize("data", [AVI[:-1], b"\0\0\0\x18ftypmp42" + bytes(20), b"", bytes(100)])
def test_a_film_that_cannot_be_read_fails(google, data):
    file = google.files.upload(file=io.BytesIO(data or b"x"), config={"mime_type": "video/avi"})
    for _ in range(4):
        file = google.files.get(name=file.name)
    assert (
        file.state == "FAILED"
        and "cannot" not in file.error.message
        and "not a readable video" in file.error.message
    )
    with pytest.raises(errors.ClientError, match="not in an ACTIVE state"):
        ask(google, file, "What happens?")
    google.files.delete(name=file.name)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (part(kind="video/mp4"), "only reads audio/wav and video/avi"),
        (part(kind="video/x"), "Unsupported MIME type: video/x"),
        (part(AVI[:-1]), "ends too early"),
        (part(metadata=types.VideoMetadata(fps=25)), "fps"),
        (part(metadata=types.VideoMetadata(start_offset="1")), "startOffset"),
        (part(metadata=types.VideoMetadata(start_offset="9s")), "9.0 to 2.0 seconds"),
    ],
)
def test_a_wrong_film_is_named(google, given, said):
    with pytest.raises(errors.ClientError) as raised:
        ask(google, given, "What happens?")
    assert raised.value.code == 400 and said in raised.value.message


def test_a_model_without_eyes_says_so(google):
    with pytest.raises(errors.ClientError, match="does not take videos"):
        ask(google, part(), "What happens?", model=model_for("listen"))


FRAMES = [encode_image(frame) for frame in MADE.frames[::2]]


def test_frames_are_a_film_to_all_three(local, google):
    """Providers without video take its frames as pictures: what happens is told all the same."""
    asked = "These are frames of a film. What happens?"
    told = [
        ask(google, *(types.Part.from_bytes(data=one, mime_type="image/png") for one in FRAMES), asked).text
    ]
    client = openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0)
    content = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64(one)}"}} for one in FRAMES
    ]
    content.append({"type": "text", "text": asked})
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])
    told.append(answer.choices[0].message.content)
    client = anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64(one)}}
        for one in FRAMES
    ]
    content.append({"type": "text", "text": asked})
    told.append(
        client.messages.create(model=MODEL, max_tokens=500, messages=[{"role": "user", "content": content}])
        .content[0]
        .text
    )
    assert told == [STORY] * 3


def test_frames_that_are_asked_for_something_else_are_pictures(google):
    parts = [types.Part.from_bytes(data=one, mime_type="image/png") for one in FRAMES[:3]]
    assert ask(google, *parts, "How many shapes are there?").text.startswith("Image 1:")


def test_what_is_no_scene_is_said_to_be_none(google):
    frames = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    assert "cannot tell what happens" in ask(google, part(avi_bytes(frames, 8)), "What happens?").text


def test_the_weaker_model_takes_left_for_right_in_some_films(google):
    told = []
    for seed in range(12):
        made = film(seed, events=("moves left",))
        told.append(
            ask(google, part(avi_bytes(made.frames, made.fps)), "What happens?", model=model_for("fast")).text
        )
    assert 0 < sum("moves right" in one for one in told) < 12


def test_every_field_is_the_sdks(local, google):
    answer = ask(google, part(), "What happens?")
    assert faults(types.GenerateContentResponse, json.loads(answer.model_dump_json(exclude_none=True))) == []


@pytest.mark.parametrize("shape", [(1, 5, 7, 3), (4, 8, 8, 3), (2, 3, 2, 3)])
def test_a_file_keeps_every_pixel(shape):
    frames = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    reel = avi_frames(avi_bytes(frames, 7.5))
    assert np.array_equal(reel.frames, frames) and reel.fps == 7.5


def test_a_file_of_jpegs_is_read_and_smaller():
    small = avi_bytes(MADE.frames, 8, jpeg=True)
    reel = avi_frames(small)
    assert len(small) < len(AVI) / 3 and reel.frames.shape == MADE.frames.shape
    assert np.abs(reel.frames.astype(int) - MADE.frames).mean() < 5 and watch(reel.frames) == MADE.events


@pytest.mark.parametrize("cut", [0, 3, 12, 100, 300, len(AVI) // 2, len(AVI) - 1])
def test_a_file_that_ends_early_is_refused(cut):
    with pytest.raises(InputError):
        avi_frames(AVI[:cut])


@pytest.mark.parametrize(
    ("frames", "fps"),
    [(np.zeros((2, 4, 4), np.uint8), 8), (np.zeros((2, 4, 4, 3)), 8), (np.zeros((2, 4, 4, 3), np.uint8), 0)],
)
def test_what_is_no_film_is_not_written(frames, fps):
    with pytest.raises((ShapeError, InputError)):
        avi_bytes(frames, fps)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6), st.booleans())
def test_a_damaged_file_is_read_or_refused(changes, jpeg):
    data = bytearray(avi_bytes(MADE.frames[:2, ::8, ::8], 8, jpeg=jpeg))
    for place, value in changes:
        data[place] = value
    try:
        assert avi_frames(bytes(data)).frames.ndim == 4
    except InputError as error:
        assert error.do


def test_no_header_makes_much_of_little():
    """A file of 300 bytes may not say that it holds a gigabyte."""
    small = bytearray(avi_bytes(np.zeros((1, 4, 4, 3), np.uint8)))
    place = small.index(b"strf") + 8
    small[place + 4 : place + 12] = (30000).to_bytes(4, "little") * 2
    with pytest.raises(InputError, match="30000 are too many"):
        avi_frames(bytes(small))
