"""Write audio to the bytes of a WAV file and read it back; damaged files raise an error."""

import io
import wave

import numpy as np

from mmlab.errors import InputError, ShapeError

RATES = (4000, 192_000)  # minimum and maximum samples per second
_ENDLESS = 0x7FFF_0000  # bytes: from this length on, a header is of a stream of unknown length


def wav_bytes(samples, rate: int = 16000) -> bytes:
    """Return audio as the bytes of a WAV file: mono, 16 bits.

    samples  (n,) float   within -1 .. 1; values outside are clipped
    rate     int          samples per second, 4000 to 192000
    raises   ShapeError   when samples is not one channel; InputError for a rate out of range, NaN or infinity

    >>> wav_bytes(np.zeros(8))[:4]
    b'RIFF'
    """
    samples = mono(samples)
    if not (isinstance(rate, int | np.integer) and RATES[0] <= rate <= RATES[1]):
        raise InputError(
            f"wav_bytes: rate={rate!r}", f"{RATES[0]} to {RATES[1]} samples per second", "pass rate=16000"
        )
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(int(rate))
        out.writeframes(np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes())
    return file.getvalue()


def wav_samples(data: bytes) -> tuple[np.ndarray, int]:
    """Return the audio of a WAV file and its rate; several channels are averaged.

    data     bytes   a complete WAV file of 8, 16, 24 or 32 bit integers (PCM)
    returns  (n,) float32 within -1 .. 1, samples per second
    raises   InputError   when the bytes are not such a file, end too early or are damaged

    >>> samples, rate = wav_samples(wav_bytes(np.full(4, 0.5)))
    >>> samples.tolist(), rate
    ([0.5, 0.5, 0.5, 0.5], 16000)
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InputError(
            f"wav_samples: a {type(data).__name__}",
            "the bytes of a WAV file",
            "read them with open(path, 'rb').read()",
        )
    data = bytes(data)
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            announced = file.getnframes()
            body = file.readframes(announced)
    except (wave.Error, EOFError, RuntimeError) as error:
        raise _damaged(data, str(error) or "it ends too early") from error
    frame = channels * width
    if not 1 <= channels <= 16 or width not in (1, 2, 3, 4) or not RATES[0] <= rate <= RATES[1]:
        raise _damaged(data, f"{channels} channels of {8 * width} bits at {rate} Hz")
    if len(body) < announced * frame < _ENDLESS:
        raise _damaged(data, "it ends too early")
    numbers = _whole_numbers(body[: len(body) // frame * frame], width)
    if not len(numbers):
        raise _damaged(data, "it contains no samples")
    return numbers.reshape(-1, channels).mean(axis=1).astype(np.float32), int(rate)


def mono(samples) -> np.ndarray:
    """Return one channel of audio (n,) as float64, or raise; 16-bit integers are scaled to -1 .. 1."""
    samples = np.asarray(samples)
    if samples.ndim != 1 or not samples.size or samples.dtype.kind not in "fi":
        raise ShapeError(
            f"audio of shape {samples.shape}, {samples.dtype}",
            "samples (n,) of one channel, float within -1 .. 1",
            "for several channels pass samples.mean(axis=1)",
        )
    if samples.dtype == np.int16:
        samples = samples / 32768
    samples = samples.astype(np.float64)
    if not np.isfinite(samples).all():
        raise InputError(
            "audio with NaN or infinite samples", "numbers within -1 .. 1", "find where they come from"
        )
    return samples


def _whole_numbers(body: bytes, width: int) -> np.ndarray:
    """Return PCM bytes as float64 within -1 .. 1."""
    if width == 1:  # 8-bit samples are unsigned
        return (np.frombuffer(body, np.uint8).astype(np.float64) - 128) / 128
    if width == 3:
        parts = np.frombuffer(body, np.uint8).reshape(-1, 3).astype(np.int32)
        return ((parts[:, 0] << 8 | parts[:, 1] << 16 | parts[:, 2] << 24) >> 8) / 2**23
    return np.frombuffer(body, f"<i{width}") / 2.0 ** (8 * width - 1)


def _damaged(data: bytes, why: str) -> InputError:
    """Return the error for bytes that are not a readable WAV file."""
    return InputError(
        f"wav_samples: {len(data)} bytes that cannot be read ({why})",
        "a complete WAV file of PCM samples, 8 to 32 bits",
        "write it with wav_bytes(samples), or convert the file to PCM WAV first",
    )
