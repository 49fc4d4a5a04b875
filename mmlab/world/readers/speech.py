"""Spoken words back from sound, by listening alone.

Speech is divided into phones and silences, the division whose expected band
energies are nearest to what is heard (dynamic programming over all voices'
manners), and the phones between two silences are a word. Exact on what `speak`
says, in any voice; a steady noise, another loudness and another rate are taken
into account. What fits no voice is not made into words.
"""

from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.signal import resample_poly

from mmlab.errors import InputError
from mmlab.world.phones import STEP, VOWELS
from mmlab.world.pronunciation import word_of
from mmlab.world.readers.listening import LEAST_GAP, SURELY, Listener, Said, off
from mmlab.world.readers.voices import energies, manner
from mmlab.world.sounds import RATES, mono
from mmlab.world.speech import PULSE, RATE, VOICES, plain_voice

_RISES = 5.0  # times as strong are the loudest steps of speech as the quietest ones, at least
_PAUSE = 50  # steps of silence at which another voice may begin
_LONGEST = 2000  # steps that are listened to at a time
# Mean squared distance, in spreads: of surely speech, of a stretch that is none, of a word that is none.
_FITS, _STRANGE, _FAILS = 1.3, 2.0, 3.2
_PATIENCE = 3  # stretches that are none before fewer kinds of voices are tried


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard.

    text   str     the words, lower case, numbers written out; "" when nothing known was heard
    words  tuple   (word, start, end) of each, in seconds
    sure   float   0 to 1; how near the sound is to what was written down; 0 for nothing
    """

    text: str
    words: tuple[tuple[str, float, float], ...]
    sure: float


def hear(samples, rate: int = RATE) -> Heard:
    """Return what is said in a sound.

    samples  (n,) float within -1 .. 1, or int16   one channel
    rate     int          samples a second, 4000 to 192000
    returns  Heard        without words when there is no speech of `mmlab.world` in it
    raises   ShapeError   when it is not one sound; InputError for another rate

    >>> from mmlab.world.speech import speak
    >>> hear(speak("Two red stars above a ring", seed=3)).text
    'two red stars above a ring'
    """
    samples = _at_16_khz(mono(samples), rate)
    found = energies(samples)
    words, sure = [], []
    kind, strange = None, 0
    for start, end in _stretches(found):
        kinds = _likely(samples[start * PULSE : end * PULSE], kind)
        kind, said = _listened(found[start:end], kinds[: 2 if strange > _PATIENCE else VOICES], kind)
        strange = 0 if said else strange + 1
        for one in said:
            word = word_of(one.phones)
            if word is not None and one.off < (_FAILS if VOWELS & {*one.phones} else _FITS):  # a rush can be like "fvf"
                words.append((word, round((start + one.start) * STEP, 3), round((start + one.end) * STEP, 3)))
                sure.append(_sure(one.off))
    return Heard(" ".join(word for word, _, _ in words), tuple(words), round(min(sure, default=0.0), 3))


def _at_16_khz(samples: np.ndarray, rate) -> np.ndarray:
    """Return samples at 16 kHz."""
    if not (isinstance(rate, int | np.integer) and RATES[0] <= rate <= RATES[1]):
        raise InputError(f"hear: rate={rate!r}", f"{RATES[0]} to {RATES[1]} samples a second", "pass rate=16000")
    common = gcd(RATE, int(rate))
    return samples if rate == RATE else resample_poly(samples, RATE // common, int(rate) // common)


def _sure(off: float) -> float:
    """Return how sure a word is whose steps are so far off."""
    return float(np.clip((_FAILS - off) / (_FAILS - _FITS), 0, 1))


def _stretches(found: np.ndarray) -> list[tuple[int, int]]:
    """Return (start, end) of what lies between long silences, in steps."""
    power = found.sum(axis=1)
    if not len(power) or power.max() < 1e-9:
        return []
    loud = np.sort(power)[-max(len(power) // 10, 1) :].mean()
    quiet = max(float(np.percentile(power, 5)), loud * 1e-5)
    if loud < _RISES * quiet:  # a hum, a rush: it goes on as it began
        return []
    active = np.flatnonzero(power > np.sqrt(loud * quiet))
    parts = np.split(active, np.flatnonzero(np.diff(active) > _PAUSE) + 1)
    ends = [(max(int(part[0]) - 24, 0), min(int(part[-1]) + 25, len(power))) for part in parts]
    return [piece for start, end in ends for piece in _pieces(power, start, end)]


def _pieces(power: np.ndarray, start: int, end: int) -> list[tuple[int, int]]:
    """Return a stretch in pieces of at most _LONGEST steps, cut where it is quiet."""
    pieces = []
    while end - start > _LONGEST:
        near = power[start + _LONGEST // 2 : start + _LONGEST]
        calm = np.convolve(near, np.ones(LEAST_GAP), mode="same")
        cut = start + _LONGEST // 2 + int(calm.argmin())
        pieces.append((start, cut))
        start = cut
    return [*pieces, (start, end)]


def _listened(found: np.ndarray, kinds: list[int], last: int | None) -> tuple[int | None, list[Said]]:
    """Return the kind of voice of a stretch, one of some, and its words; the kind stays `last` when there are none."""
    if len(found) < LEAST_GAP:
        return last, []
    best, far = (np.inf, last, []), _FAILS
    for tried, kind in enumerate(kinds):
        if far < (SURELY if tried < 4 else _FITS):
            break
        cost, said = Listener(found, manner(kind)).words()
        if said and cost < best[0]:
            best, far = (cost, kind, said), off(said)
    return best[1:] if far < _STRANGE else (last, [])


def _likely(samples: np.ndarray, last: int | None) -> list[int]:
    """Return the kinds of voices, the likeliest first: the last one, then by pitch."""
    pitch = _pitch(samples)
    kinds = sorted(range(VOICES), key=lambda kind: abs(np.log(plain_voice(kind).pitch / pitch)))
    return sorted(kinds, key=lambda kind: kind != last)


def _pitch(samples: np.ndarray) -> float:
    """Return the pitch of the loudest parts of a sound, in Hz."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, 800)), 800)[::400]
    frames = frames[np.argsort(-(frames**2).sum(axis=1))[: max(len(frames) // 3, 1)]]
    spectrum = np.fft.rfft(frames - frames.mean(axis=1, keepdims=True), 2048)
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[:, :212] / (800 - np.arange(212))
    alike = (alike / np.maximum(alike[:, :1], 1e-12)).mean(axis=0)[62:]
    first = int((alike >= 0.85 * alike.max()).argmax())  # twice the period is as alike
    near = alike[first : first + (62 + first) // 5]
    return RATE / (62 + first + int(near.argmax()))
