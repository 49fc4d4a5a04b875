"""Speech: the same bytes for ever, and every word of it can be written down again by listening."""

import hashlib
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from mmlab import world
from mmlab.errors import InputError, ShapeError
from mmlab.perception.speech import hear
from mmlab.world.files.wav import wav_bytes, wav_samples
from mmlab.world.phones import PHONES
from mmlab.world.pronunciation import lexicon, phones_of, spoken, word_of
from mmlab.world.speech import RATE, VOICES, speak, timings, voice

PINNED = {0: "acbf4d88eebd3cb2", 1: "a9852afb5ad54a7f", 6: "09651706f4c46c6b", 11: "341d91e8208caff2"}
SAYING = "there is a large red circle left of two small stars, zebra flux?"
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=9)


def heard(text: str, seed: int, change=lambda samples: samples, rate: int = RATE) -> str:
    return hear(change(speak(text, seed)), rate).text


def written(text: str) -> str:
    return " ".join(spoken(text))


@pytest.mark.parametrize("seed", PINNED)
def test_sounds_are_the_pinned_ones(seed):
    assert hashlib.sha256(speak(SAYING, seed).tobytes()).hexdigest()[:16] == PINNED[seed]


@settings(max_examples=10, deadline=None)
@given(st.integers(-(2**40), 2**40))
def test_a_seed_has_one_voice_and_whole_steps(seed):
    first, second = speak("a red star", seed), speak("a red star", seed)
    assert np.array_equal(first, second) and first.dtype == np.float32 and first.ndim == 1
    assert np.abs(first).max() < 1 and np.array_equal(first * 32768, np.rint(first * 32768))
    assert not np.array_equal(
        first[: len(speak("a red star", seed + 1))], speak("a red star", seed + 1)[: len(first)]
    )


def test_voices_differ_in_pitch_and_seeds_of_one_kind_in_melody():
    voices = [voice(seed) for seed in range(2 * VOICES)]
    assert len({round(one.pitch / 4) for one in voices[:VOICES]}) == VOICES
    assert all(one != other and one.tract == other.tract for one, other in zip(voices, voices[VOICES:]))


def test_no_two_words_sound_the_same():
    sounds = [phones_of(word) for word in lexicon()]
    assert len(set(sounds)) == len(sounds)
    assert all(phone in PHONES for word in sounds for phone in word)


def test_every_word_of_the_world_is_said_as_people_say_it():
    missing = [word for word in world.vocabulary() if word not in lexicon()]
    assert not missing and not [word for word in world.vocabulary() if "GL" in phones_of(word)]


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_sounds_tell_the_word(word):
    assert word_of(phones_of(word)) == word


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Room 101", "room one hundred one"),
        ("1,240.50 €", "one thousand two hundred forty point five zero euros"),
        ("€3.07", "three point zero seven euros"),
        ("007", "zero zero seven"),
        ("20 000 000", "twenty zero zero zero zero zero zero"),
        ("2000013", "two million thirteen"),
        ("12345678901", "one two three four five six seven eight nine zero one"),
        ("Café-Bar's 5%", "cafe bars five percent"),
    ],
)
def test_numbers_and_signs_are_written_out(text, words):
    assert written(text) == words


@pytest.mark.parametrize("seed", range(VOICES))
def test_captions_are_heard_in_every_voice(seed):
    for scene in world.sample(2, seed=seed):
        text = world.caption(scene, "varied", seed)
        assert heard(text, seed) == written(text)


@settings(max_examples=12, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.integers(0, 10**6))
def test_any_word_is_heard(words, seed):
    assert heard(" ".join(words), seed) == " ".join(words)


def test_all_words_of_the_lexicon_are_heard():
    known = list(lexicon())
    for start in range(0, len(known), 40):
        some = " ".join(known[start : start + 40])
        assert heard(some, start // 40) == some


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2 * 10**9), st.integers(0, 100))
def test_numbers_are_heard(number, seed):
    text = f"number {number}, {number % 1000 / 10}"
    assert heard(text, seed) == written(text)


def noisy(decibels: float, seed: int = 0):
    """Return an act that adds white noise at a signal-to-noise ratio."""

    def act(samples):
        grains = np.random.default_rng(seed).standard_normal(len(samples))
        return samples + grains * samples.std() * 10 ** (-decibels / 20)

    return act


def through(rate: int):
    """Return an act that turns a sound into another rate."""
    return lambda samples: resample_poly(samples.astype(float), rate // 4000, RATE // 4000)


CHANGES = {
    "quiet": (lambda samples: samples * 0.02, RATE),
    "loud": (lambda samples: samples * 1.6, RATE),
    "turned over": (lambda samples: -samples, RATE),
    "late": (lambda samples: np.concatenate([np.zeros(5033), samples, np.zeros(777)]), RATE),
    "cut close": (lambda samples: samples[700:-1900], RATE),
    "noise of 30 dB": (noisy(30), RATE),
    "noise of 20 dB": (noisy(20), RATE),
    "a WAV file": (lambda samples: wav_samples(wav_bytes(samples))[0], RATE),
    "16 bit numbers": (lambda samples: (samples * 32768).astype(np.int16), RATE),
    "8 kHz": (through(8000), 8000),
    "24 kHz": (through(24000), 24000),
    "48 kHz": (through(48000), 48000),
    "8 kHz and back": (lambda samples: resample_poly(through(8000)(samples), 2, 1), RATE),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", [0, 5, 6, 9])
def test_speech_is_heard_through_changes(change, seed):
    act, rate = CHANGES[change]
    assert heard(SAYING, seed, act, rate) == written(SAYING)


def test_two_voices_in_one_recording_are_both_heard():
    pieces = [
        speak("where is the ring?", 0),
        np.zeros(4000),
        speak("left of the blue star.", 3),
        speak("thank you", 6),
    ]
    result = hear(np.concatenate(pieces))
    assert result.text == "where is the ring left of the blue star thank you" and result.sure > 0.5


def test_words_lie_where_they_were_said():
    for seed in (1, 6):
        result = hear(speak(SAYING, seed))
        for (word, start, end), (said, begin, stop) in zip(result.words, timings(SAYING, seed), strict=True):
            assert word == said and abs(start - begin) < 0.03 and abs(end - stop) < 0.03


def strange(name: str) -> np.ndarray:
    """Return a sound that is no speech."""
    grains, time = np.random.default_rng(0), np.arange(2 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (262, 330, 392))
    return {
        "silence": np.zeros(RATE),
        "one sample": np.ones(1),
        "hum": 1e-6 * np.sin(time),
        "noise": 0.1 * grains.standard_normal(2 * RATE),
        "tone": 0.5 * np.sin(2 * np.pi * 440 * time),
        "chord": 0.2 * chord,
        "notes": 0.3
        * np.sin(2 * np.pi * np.cumsum(np.repeat(262 * 2 ** (np.array([0, 4, 7, 12]) / 12), 8000)) / RATE),
        "bursts": 0.2 * grains.standard_normal(2 * RATE) * np.repeat(grains.random(16) > 0.5, 2000),
        "clicks": (np.arange(2 * RATE) % 4000 == 0) * 0.8,
        "sweep": 0.4 * np.sin(2 * np.pi * (100 + 900 * time) * time),
    }[name]


@pytest.mark.parametrize(
    "name", ["silence", "one sample", "hum", "noise", "bursts", "tone", "chord", "notes", "clicks", "sweep"]
)
def test_what_is_no_speech_gives_no_words(name):
    result = hear(strange(name))
    assert (result.text, result.words, result.sure) == ("", (), 0.0)


@pytest.mark.parametrize("text", ["", "  ...", "日本", "\n", "!" * 50])
def test_nothing_to_say_is_named(text):
    with pytest.raises(InputError, match="0 words"):
        speak(text)


@pytest.mark.parametrize("text", [None, 3, b"red"])
def test_only_texts_are_said(text):
    with pytest.raises(InputError, match="instead of a text"):
        speak(text)


def test_a_book_is_too_long():
    with pytest.raises(InputError, match="2001 words"):
        speak("a " * 2001)


@pytest.mark.parametrize("samples", [np.zeros((2, 5)), np.zeros(0), "red", np.zeros(5, complex)])
def test_only_one_sound_is_heard(samples):
    with pytest.raises(ShapeError, match="audio of shape"):
        hear(samples)


def test_numbers_that_are_none_and_odd_rates_are_named():
    with pytest.raises(InputError, match="NaN"):
        hear(np.array([0.0, np.nan]))
    for rate in (0, -1, 3999, 1e4, "16000", 10**9):
        with pytest.raises(InputError, match="rate="):
            hear(np.zeros(100), rate)


@pytest.mark.timing
def test_speech_is_made_faster_than_it_is_said():
    import time

    speak("a")
    start = time.process_time()
    length = len(speak("there is a large red circle " * 20)) / RATE
    assert time.process_time() - start < length / 10
