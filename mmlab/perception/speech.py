"""Recognise spoken words from audio alone.

Dynamic programming over all voices divides speech into phones and silences, so that
the expected band energies are nearest to the measured ones; the phones between two
silences form a word. The result is exact for the output of `speak`, in any voice.
Steady noise, another loudness and another rate are compensated. Audio that fits no
voice gives no words.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.signal import resample_poly

from mmlab.errors import InputError
from mmlab.perception.budget import OutOfBudget, spend
from mmlab.perception.listening import MIN_GAP, SURELY, Listener, Match, off
from mmlab.perception.voices import energies, manner
from mmlab.world.files.wav import RATES, mono
from mmlab.world.phones import STEP, VOWELS
from mmlab.world.pronunciation import word_of
from mmlab.world.speech import PULSE, RATE, VOICES, plain_voice

_RISES = 5.0  # minimum ratio of the loudest steps of speech to the quietest ones
_PAUSE = 50  # steps of silence after which another voice may begin
_LONGEST = 2000  # maximum steps of one piece
# Mean squared distance in variances: certainly speech, a segment that is not speech, a word that is not one.
_FITS, _STRANGE, _FAILS = 1.3, 2.0, 3.2
_PIECE, _STEP = 2000, 10  # microseconds to estimate the pitch of a piece, and of each of its steps
_PATIENCE = 3  # after this many segments without speech, try fewer kinds of voices


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript.

    text   str     the words in lower case, with numbers written out; "" without known words
    words  tuple   (word, start, end) of each, in seconds
    sure   float   confidence of the least certain word, 0 to 1; 0 without words
    until  float   seconds of audio that were listened to: all of it, unless the shared budget was spent before
    """

    text: str
    words: tuple[tuple[str, float, float], ...]
    sure: float
    until: float = 0.0


def hear(samples, rate: int = RATE) -> Heard:
    """Return the transcript of an audio clip.

    samples  (n,) float within -1 .. 1, or int16   one channel
    rate     int          samples per second, 4000 to 192000
    returns  Heard        without words when the clip holds no speech of `mmlab.world`; the words up to `until`
                          within a budget that is too small for the clip, see `mmlab.perception.budget.shared`
    raises   ShapeError   when samples is not one channel of audio; InputError for a rate out of range

    >>> from mmlab.world.speech import speak
    >>> hear(speak("Two red stars above a ring", seed=3)).text
    'two red stars above a ring'
    """
    samples = _at_16_khz(mono(samples), rate)
    bands = energies(samples)
    words, sure, until = [], [], len(samples) / RATE
    kind, strange = None, 0
    for start, end in _stretches(bands):
        try:
            spend(_PIECE + _STEP * (end - start))
            kinds = _likely(samples[start * PULSE : end * PULSE], kind)
            kind, matches = _listened(bands[start:end], kinds[: 2 if strange > _PATIENCE else VOICES], kind)
        except OutOfBudget:
            until = start * STEP
            break
        strange = 0 if matches else strange + 1
        for match in matches:
            word = word_of(match.phones)
            if word is not None and match.off < (
                _FAILS if VOWELS & {*match.phones} else _FITS
            ):  # noise can resemble "fvf"
                words.append(
                    (word, round((start + match.start) * STEP, 3), round((start + match.end) * STEP, 3))
                )
                sure.append(_sure(match.off))
    return Heard(
        " ".join(word for word, _, _ in words), tuple(words), round(min(sure, default=0.0), 3), until
    )


def _at_16_khz(samples: np.ndarray, rate) -> np.ndarray:
    """Return samples at 16 kHz."""
    if not (isinstance(rate, int | np.integer) and RATES[0] <= rate <= RATES[1]):
        raise InputError(
            f"hear: rate={rate!r}", f"{RATES[0]} to {RATES[1]} samples per second", "pass rate=16000"
        )
    common = gcd(RATE, int(rate))
    return samples if rate == RATE else resample_poly(samples, RATE // common, int(rate) // common)


def _sure(off: float) -> float:
    """Return the confidence of a word from the distance of its steps."""
    return float(np.clip((_FAILS - off) / (_FAILS - _FITS), 0, 1))


def _stretches(bands: np.ndarray) -> list[tuple[int, int]]:
    """Return (start, end) of each segment between long silences, in steps."""
    power = bands.sum(axis=1)
    if not len(power) or power.max() < 1e-9:
        return []
    loud = np.sort(power)[-max(len(power) // 10, 1) :].mean()
    quiet = max(float(np.percentile(power, 5)), loud * 1e-5)
    if loud < _RISES * quiet:  # a steady hum or noise
        return []
    active = np.flatnonzero(power > np.sqrt(loud * quiet))
    parts = np.split(active, np.flatnonzero(np.diff(active) > _PAUSE) + 1)
    ends = [(max(int(part[0]) - 24, 0), min(int(part[-1]) + 25, len(power))) for part in parts]
    return [piece for start, end in ends for piece in _pieces(power, start, end)]


def _pieces(power: np.ndarray, start: int, end: int) -> list[tuple[int, int]]:
    """Return a segment in pieces of at most _LONGEST steps, cut where it is quiet."""
    pieces = []
    while end - start > _LONGEST:
        near = power[start + _LONGEST // 2 : start + _LONGEST]
        calm = np.convolve(near, np.ones(MIN_GAP), mode="same")
        cut = start + _LONGEST // 2 + int(calm.argmin())
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, end)]


def _listened(bands: np.ndarray, kinds: list[int], last: int | None) -> tuple[int | None, list[Match]]:
    """Return the voice of a segment, from `kinds`, and its words; without words the voice stays `last`."""
    if len(bands) < MIN_GAP:
        return last, []
    best, far = (np.inf, last, []), _FAILS
    for attempt, kind in enumerate(kinds):
        if far < (SURELY if attempt < 4 else _FITS):
            break
        cost, matches = Listener(bands, manner(kind)).words()
        if matches and cost < best[0]:
            best, far = (cost, kind, matches), off(matches)
    return best[1:] if far < _STRANGE else (last, [])


def _likely(samples: np.ndarray, last: int | None) -> list[int]:
    """Return the kinds of voices, the most likely first: the last one, then by pitch."""
    pitch = _pitch(samples)
    kinds = sorted(range(VOICES), key=lambda kind: abs(np.log(plain_voice(kind).pitch / pitch)))
    return sorted(kinds, key=lambda kind: kind != last)


def _pitch(samples: np.ndarray) -> float:
    """Return the pitch of the loudest parts of an audio clip, in Hz."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, 800)), 800)[::400]
    frames = frames[np.argsort(-(frames**2).sum(axis=1))[: max(len(frames) // 3, 1)]]
    spectrum = np.fft.rfft(frames - frames.mean(axis=1, keepdims=True), 2048)
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[:, :212] / (800 - np.arange(212))
    alike = (alike / np.maximum(alike[:, :1], 1e-12)).mean(axis=0)[62:]
    first = int((alike >= 0.85 * alike.max()).argmax())  # twice the period correlates as well
    near = alike[first : first + (62 + first) // 5]
    return RATE / (62 + first + int(near.argmax()))
