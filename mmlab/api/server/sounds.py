"""Sounds as requests bring them: WAV files, measured and kept short."""

import re
import threading
from dataclasses import dataclass

import numpy as np

from mmlab import world
from mmlab.api.server.pictures import Unfit
from mmlab.errors import InputError
from mmlab.world.sounds import wav_bytes, wav_samples

LONGEST = 120  # seconds that a model listens to
RATE = 24_000  # of the sounds that the models make, as OpenAI's
_WAV_HEAD = 44  # bytes
_BREATH, _MOST_WORDS = 40, 2000  # words that are spoken at a time, and in all
_one_at_a_time = threading.Lock()  # so that memory stays bounded


@dataclass(frozen=True, eq=False)
class Sound:
    """One sound of a request.

    samples  (n,) float32   mono, -1 to 1
    rate     int            samples a second
    """

    samples: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate


def sound(data: bytes, limits: dict) -> Sound:
    """Return the sound that the bytes of a WAV file hold, or raise Unfit.

    limits  a provider's row of the catalog: sound_bytes
    raises  Unfit  whose `why` is "bytes", "format" or "seconds"
    """
    if len(data) > limits["sound_bytes"]:
        raise Unfit("bytes", f"{len(data)} bytes > {limits['sound_bytes']} bytes")
    try:
        with _one_at_a_time:
            samples, rate = wav_samples(data)
    except InputError as error:
        raise Unfit("format", _kind(data)) from error
    if not 4000 <= rate <= 192_000 or not len(samples):
        raise Unfit("format", f"{len(samples)} samples at {rate} Hz")
    if len(samples) > LONGEST * rate:
        raise Unfit("seconds", f"audio duration {len(samples) / rate:.1f} seconds is longer than {LONGEST} "
                               "seconds which is the maximum for this model")  # fmt: skip
    return Sound(samples, rate)


def _kind(data: bytes) -> str:
    """Return what a file seems to be."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "a WAV file that is damaged or packed in another way than PCM"
    starts = {b"ID3": "mp3", b"\xff\xfb": "mp3", b"OggS": "ogg", b"fLaC": "flac", b"\x1aE\xdf\xa3": "webm"}
    found = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    return f"a file of type {found}" if found else "no sound file that is known"


def resampled(samples: np.ndarray, old: int, new: int) -> np.ndarray:
    """Return a sound at another rate; nothing above what both rates can hold is kept.

    samples  (n,) float32
    returns  (n * new / old,) float32

    >>> resampled(np.zeros(160, np.float32), 16000, 24000).shape
    (240,)
    """
    length = round(len(samples) * new / old)
    if old == new or not length:
        return samples
    spectrum = np.fft.rfft(samples.astype(np.float64))[: length // 2 + 1]
    return (np.fft.irfft(spectrum, length) * (length / len(samples))).astype(np.float32)


def _breaths(text: str) -> list[str]:
    """Return a text in pieces of some forty words, cut behind signs where there are any: memory stays bounded.

    >>> _breaths("One. Two. " + "and " * 50)[0]
    'One. Two. '
    """
    found = [""]
    for sentence in re.findall(r"[^.!?;\n]*[.!?;\n]?\s*", text):
        words = re.findall(r"\S+\s*", sentence)
        for start in range(0, len(words), _BREATH):
            piece = "".join(words[start : start + _BREATH])
            if len((found[-1] + piece).split()) > _BREATH:
                found.append("")
            found[-1] += piece
    return found


def spoken(text: str, voice: int, form: str) -> bytes:
    """Return a text spoken: a WAV file, or bare samples of 16 bits ("pcm"), 24,000 a second.

    voice   int   which of the world's voices
    raises  Unfit  whose `why` is "text", where there is nothing to say, or too much
    """
    parts = [part for part in _breaths(text) if world.spoken(part)]
    if not 1 <= sum(len(world.spoken(part)) for part in parts) <= _MOST_WORDS:
        raise Unfit("text", f"1 to {_MOST_WORDS} words are due")
    samples = np.concatenate([resampled(world.speak(part, seed=voice), 16_000, RATE) for part in parts])
    return wav_bytes(samples, RATE)[_WAV_HEAD if form == "pcm" else 0 :]
