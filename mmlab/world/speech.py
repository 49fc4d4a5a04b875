"""Text to speech: a small formant synthesiser with a voice for every seed.

Five resonators in series (Klatt 1980) filter a glottal pulse and a noise; a second
noise bypasses them. The arithmetic is float64, rounded to 16 bits at the end, so a
text and a seed give the same bytes on every platform.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mmlab.errors import InputError
from mmlab.world import noise
from mmlab.world.phones import GAP, PHONES, STEP, VOWELS, stretched
from mmlab.world.pronunciation import phones_of, phrases

RATE = 16000  # samples per second
VOICES = 12  # kinds of voices; every seed has one of them, with its own melody
PULSE = 80  # samples per step
_EDGE = 10  # steps of silence before and after
_PAUSES = {",": 40, ";": 50, ":": 50, ".": 80, "!": 80, "?": 80, "\n": 80, "": 0}
_LEVEL = 0.02
_FOURTH, _FIFTH = 3700.0, 4700.0  # the constant formants
_WIDTHS = (80.0, 100.0, 140.0, 260.0, 340.0)  # of the five formants, Hz
_CHUNK = 512  # steps per chunk
_MAX_WORDS = 2000  # words per text
_CLOSED = (480.0, 1500.0, 2500.0)  # formants of silence
_FIRST, _HISS, _PITCH = slice(0, 3), slice(6, 8), 8  # columns of a track: see `track`


class Voice(NamedTuple):
    """A voice: pitch in Hz; formants and phone lengths relative to the average; breath; melody."""

    pitch: float
    tract: float
    rate: float
    breath: float
    melody: float


@lru_cache(maxsize=64)
def voice(seed: int = 0) -> Voice:
    """Return the voice of a seed: one of VOICES kinds, with its own melody.

    >>> round(voice(0).pitch), round(voice(6).pitch)
    (125, 212)
    """
    kind = (5 * noise.whole(seed) + 4) % VOICES
    own = noise.Rng(7, seed)
    return _voice(kind, 0.99 + 0.0002 * own.integers(101), 0.6 + 0.008 * own.integers(101))


def plain_voice(kind: int) -> Voice:
    """Return one of the kinds of voices with an average melody, the reference for recognition."""
    return _voice(kind, 1.0, 1.0)


def _voice(kind: int, shift: float, melody: float) -> Voice:
    """Return a kind of voice; low voices have long vocal tracts."""
    pitch = 88.0
    for _ in range(kind):
        pitch *= 1.092
    tract = 0.93 + 0.02 * kind + 0.012 * (kind % 3)
    return Voice(pitch * shift, tract, (1.0, 0.9, 1.1)[kind % 3], 0.01 + 0.01 * (kind % 4), melody)


def speak(text: str, seed: int = 0) -> np.ndarray:
    """Return the speech audio of a text.

    text     str   words, numbers and signs; `spoken` lists the words
    seed     int   another seed has another voice or melody
    returns  (n,) float32   16 kHz, mono, within -1 .. 1, multiples of 1/32768
    raises   InputError     for a text without words, or with more than 2000

    >>> sound = speak("A red star.")
    >>> sound.dtype, 1.0 < len(sound) / 16000 < 2.5
    (dtype('float32'), True)
    """
    rows, _ = _planned(text, seed)
    return sound(rows, voice(seed), noise.whole(seed))


def timings(text: str, seed: int = 0) -> tuple[tuple[str, float, float], ...]:
    """Return (word, start, end) in seconds of each word of `speak(text, seed)`."""
    return _planned(text, seed)[1]


def _planned(text: str, seed: int) -> tuple[np.ndarray, tuple]:
    """Return the track of a text and the timings of its words."""
    parts = phrases(text)
    count = sum(len(words) for words, _ in parts)
    if not 1 <= count <= _MAX_WORDS:
        raise InputError(
            f"speak: {count} words in {len(text)} characters",
            f"1 to {_MAX_WORDS} words to say",
            "write numbers, Latin letters or the signs € $ £ %",
        )
    spoken = [([(word, phones_of(word)) for word in words], sign) for words, sign in parts]
    return track(spoken, voice(seed))


def track(parts, voice: Voice) -> tuple[np.ndarray, tuple]:
    """Return the synthesis parameters of every step, and the timings of the words.

    parts    list of ([(word, phones)], sign)
    returns  (n, 9) float64   three formants, voice, breath, hiss, its centre and width, pitch;
             tuple of (word, start, end) in seconds
    """
    rows, lift, spans = [_silent(_EDGE)], [np.zeros(_EDGE)], []
    at = _EDGE
    for words, sign in parts:
        fall = []
        for index, (word, phones) in enumerate(words):
            word_rows, accent = _word(phones, voice)
            rows += [word_rows, _silent(GAP)]
            if sign == "?" and index == len(words) - 1:
                accent += np.linspace(0.0, 0.09, len(accent))
            fall += [accent, np.zeros(GAP)]
            spans.append((word, round(at * STEP, 3), round((at + len(word_rows)) * STEP, 3)))
            at += len(word_rows) + GAP
        melody = np.concatenate(fall)
        lift.append(melody + np.linspace(0.045, -0.045, len(melody)))
        pause = _PAUSES[sign]
        rows.append(_silent(pause))
        lift.append(np.full(pause, -0.045))
        at += pause
    whole = np.concatenate(rows)
    whole[:, _FIRST] = _smooth(whole[:, _FIRST], 2)
    whole[:, 3:6] = _smooth(whole[:, 3:6], 1)
    pitch = voice.pitch * (1 + voice.melody * _smooth(np.concatenate(lift)[:, None], 6))
    return np.hstack([whole, pitch]), tuple(spans)


def _silent(steps: int) -> np.ndarray:
    """Return steps of silence."""
    return np.tile([*_CLOSED, 0.0, 0.0, 0.0, 2000.0, 1000.0], (steps, 1))


def _word(phones, voice: Voice) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps of a word without its pitch, and the accent of each step."""
    rows, accent, stressed = [], [], False
    for phone in phones:
        for segment, steps in zip(PHONES[phone], stretched(phone, voice.rate)):
            formants = [voice.tract * hertz for hertz in segment[1:4]]
            rows.append(np.tile([*formants, *segment[4:]], (steps, 1)))
            accent.append(np.full(steps, 0.04 if phone in VOWELS and not stressed else 0.0))
        stressed = stressed or phone in VOWELS
    return np.concatenate(rows), np.concatenate(accent)


def _smooth(columns: np.ndarray, reach: int) -> np.ndarray:
    """Return the mean of each row with `reach` rows before and after it."""
    padded = np.concatenate([columns[:1]] * reach + [columns] + [columns[-1:]] * reach)
    total = np.zeros_like(columns)
    for start in range(2 * reach + 1):
        total = total + padded[start : start + len(columns)]
    return total / (2 * reach + 1)


def sound(rows: np.ndarray, voice: Voice, seed: int) -> np.ndarray:
    """Return the samples of a track, (n * PULSE,) float32."""
    count = len(rows) * PULSE
    middles, places = np.arange(len(rows)) * PULSE + PULSE / 2, np.arange(count)
    voiced, breath, hiss, pitch = (
        np.interp(places, middles, rows[:, column]) for column in (3, 4, 5, _PITCH)
    )
    grains = noise.table(seed, 0, count, 2) / 2.0**32 - 0.5
    source = voiced * (_pulses(pitch) + voice.breath * 20 * grains[:, 0]) + breath * 10 * grains[:, 0]
    high = np.maximum(_FOURTH, rows[:, 2] + 400)
    centres = [*rows[:, _FIRST].T, high, np.full(len(rows), _FIFTH)]
    for centre, width in zip(centres, _WIDTHS, strict=True):
        source = _resonated(source, centre, np.full(len(rows), width), None)
    heard = _LEVEL * source + _hissing(hiss * 3.4641 * grains[:, 1], rows[:, _HISS])
    return (np.clip(np.rint(heard * 32768), -32767, 32767) / 32768).astype(np.float32)


def _hissing(source: np.ndarray, band: np.ndarray) -> np.ndarray:
    """Return noise filtered to a band, (n, 2) centre and width of each step, with the source's amplitude."""
    edged = source.copy()
    edged[2:] -= source[:-2]
    return _resonated(edged, band[:, 0], band[:, 1], (1 - np.exp(-2 * np.pi * band[:, 1] / RATE)) / 2)


def _pulses(pitch: np.ndarray) -> np.ndarray:
    """Return the glottal flow: opening, closing, closed phase (Rosenberg 1971)."""
    phase = np.cumsum(pitch / RATE) % 1.0
    opening, closing = phase / 0.4, (phase - 0.4) / 0.2
    return np.where(phase < 0.4, 15 * opening * (1 - opening), np.where(phase < 0.6, -10 * closing, 0.0))


def _resonated(source: np.ndarray, centres, widths, gain) -> np.ndarray:
    """Return a source filtered by a resonator that changes at every step.

    source                  (n * PULSE,)
    centres, widths, gain   (n,)   of each step, centre and width in Hz; None means unit gain at 0 Hz
    """
    shaped, last, before = np.empty_like(source), 0.0, 0.0
    for start in range(0, len(centres), _CHUNK):
        some = slice(start, start + _CHUNK)
        radius = np.exp(-np.pi * widths[some] / RATE)
        ahead, back = 2 * radius * np.cos(2 * np.pi * centres[some] / RATE), -(radius * radius)
        count = len(radius)
        # All steps at once: the response to the initial state, and the response to the input.
        # Rows -1 and -2, the last ones, are still 0 when the first rows are computed.
        ringing, block = np.zeros((PULSE + 2, count)), np.zeros((PULSE + 2, count))
        ringing[0] = 1.0
        span = slice(start * PULSE, (start + count) * PULSE)
        fed = source[span].reshape(count, PULSE).T * (1 - ahead - back if gain is None else gain[some])
        for row in range(PULSE):
            block[row] = fed[row] + ahead * block[row - 1] + back * block[row - 2]
            ringing[row + 1] = ahead * ringing[row] + back * ringing[row - 1]
        ringing, block = ringing[: PULSE + 1], block[:PULSE]
        ends = np.stack(
            [ringing[-1], back * ringing[-2], block[-1], ringing[-2], back * ringing[-3], block[-2]], axis=1
        )
        # Step by step: the final state of a step is the initial state of the next.
        states = np.empty((count, 2))
        for step, (a, b, c, d, e, f) in enumerate(ends.tolist()):
            states[step] = last, before
            last, before = a * last + b * before + c, d * last + e * before + f
        shaped[span] = (block + ringing[1:] * states[:, 0] + back * ringing[:-1] * states[:, 1]).T.reshape(-1)
    return shaped
