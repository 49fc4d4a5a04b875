"""Band energies of the phones of each voice, learned from the voice itself.

There are fifteen bands below 3.7 kHz, so that audio at 8 kHz works as well. A voice
says all phones in several orders; each step of a phone gets the mean and the
variance of its log energies, and the variance includes the effect of its neighbours.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mmlab.perception.budget import spend
from mmlab.world.noise import Rng
from mmlab.world.phones import PHONES, STEP, length
from mmlab.world.speech import PULSE, plain_voice, sound, track

BANDS = 15
FAINT = 1e-7  # energy that cannot be distinguished from silence
_FFT, _WINDOW = 512, 320
_LEARN = 400_000  # microseconds to learn a voice
_ROUNDS = 9  # how often a voice says each phone
_EDGES = (0.8, 0.5, 0.2, 0.0)  # variance that neighbours add, from the edge inwards
_SPREAD = 0.25  # minimum variance of a step: melody moves the harmonics


class Manner(NamedTuple):
    """The phones of one kind of voice.

    names    tuple of str         the phones
    lengths  (P,) int             their numbers of steps
    means    (steps, BANDS)       log energies of all phones, one after the other
    spreads  (steps, BANDS)       their variances
    """

    names: tuple[str, ...]
    lengths: np.ndarray
    means: np.ndarray
    spreads: np.ndarray


@lru_cache(maxsize=1)
def _filters() -> tuple[np.ndarray, np.ndarray]:
    """Return the window (320,) and the triangular filters (257, BANDS) of the bands."""
    hertz = np.arange(_FFT // 2 + 1) * 16000 / _FFT
    centres = 180.0 + 240.0 * np.arange(BANDS)
    triangles = np.clip(1 - np.abs(hertz[:, None] - centres) / 240.0, 0, None)
    window = np.hanning(_WINDOW + 1)[:_WINDOW]
    return window, triangles / (_FFT / 2 * (window**2).sum())


def energies(samples: np.ndarray) -> np.ndarray:
    """Return the energy in each band at every step: (n,) at 16 kHz to (n // PULSE, BANDS)."""
    window, triangles = _filters()
    steps = len(samples) // PULSE
    edge = (_WINDOW - PULSE) // 2
    padded = np.pad(samples, (edge, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::PULSE][:steps]
    energy = np.empty((steps, BANDS))
    for start in range(0, steps, 2048):
        spectrum = np.fft.rfft(frames[start : start + 2048] * window, _FFT)
        energy[start : start + 2048] = (spectrum.real**2 + spectrum.imag**2) @ triangles
    return energy


def manner(kind: int) -> Manner:
    """Return the phones of a kind of voice, learned from its recordings; raise OutOfBudget or OutOfTime."""
    spend(_LEARN, kind)
    return _learned(kind)


@lru_cache(maxsize=16)
def _learned(kind: int) -> Manner:
    voice, rng = plain_voice(kind), Rng(11, kind)
    sequence = [phone for _ in range(_ROUNDS) for phone in rng.shuffle(PHONES)]
    words = [tuple(sequence[start : start + 6]) for start in range(0, len(sequence), 6)]
    rows, spans = track([([(phones, phones) for phones in words], ".")], voice)
    heard = sound(rows, voice, kind)
    # The steps of a recording may begin at any sample.
    views = [np.log(energies(np.roll(heard, -shift)) + FAINT) for shift in (0, PULSE // 2)]
    recordings = {phone: [] for phone in PHONES}
    for phones, start, _ in spans:
        at = round(start / STEP)
        for phone in phones:
            steps = length(phone, voice.rate)
            recordings[phone] += [view[at : at + steps] for view in views]
            at += steps
    lengths = np.array([length(phone, voice.rate) for phone in PHONES])
    means = np.concatenate([np.mean(recordings[phone], axis=0) for phone in PHONES])
    spreads = np.concatenate([np.var(recordings[phone], axis=0) for phone in PHONES])
    edges = np.concatenate([_near_edges(count) for count in lengths.tolist()])
    return Manner(tuple(PHONES), lengths, means, spreads + _SPREAD + edges[:, None])


def _near_edges(steps: int) -> np.ndarray:
    """Return the variance to add to each step of a phone for combinations of neighbours not in the recordings."""
    away = np.minimum(np.arange(steps), np.arange(steps)[::-1])
    return np.choose(np.minimum(away, len(_EDGES) - 1), _EDGES)
