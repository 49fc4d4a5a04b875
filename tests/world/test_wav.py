"""WAV files: every sample kept, damage named."""

import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmlab.errors import InputError, ShapeError
from mmlab.world import wav_bytes, wav_samples


def file(samples: np.ndarray, width: int = 2, channels: int = 1, rate: int = 22050) -> bytes:
    """Return a WAV file as the standard library writes it."""
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(rate)
        wav.writeframes(samples.tobytes())
    return out.getvalue()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=50), st.sampled_from([8000, 16000, 44100]))
def test_sixteen_bits_come_back_exactly(numbers, rate):
    samples = (np.array(numbers) / 32768).astype(np.float32)
    back, found = wav_samples(wav_bytes(samples, rate))
    assert np.array_equal(back, samples) and found == rate and back.dtype == np.float32


def test_what_is_too_loud_is_cut():
    assert wav_samples(wav_bytes([2.0, -3.0]))[0].tolist() == [32767 / 32768, -1.0]


def test_the_standard_library_reads_what_is_written():
    with wave.open(io.BytesIO(wav_bytes(np.zeros(7), 8000))) as read:
        assert read.getparams()[:4] == (1, 2, 8000, 7)


def test_other_widths_and_channels_are_read():
    ramp = np.arange(-3, 4)
    assert np.allclose(wav_samples(file((ramp + 128).astype(np.uint8), 1))[0], ramp / 128)
    assert np.allclose(wav_samples(file((ramp << 20).astype("<i4"), 4))[0], ramp * 2.0**-11)
    three = (ramp * 4096).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3]
    assert np.allclose(wav_samples(file(three.copy(), 3))[0], ramp * 2.0**-11)
    stereo = np.array([[100, 300], [-100, -300]], "<i2")
    assert np.allclose(wav_samples(file(stereo, 2, 2))[0], [200 / 32768, -200 / 32768])


def test_a_stream_that_does_not_know_its_length_is_read():
    data = bytearray(wav_bytes(np.full(100, 0.25)))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    samples, _ = wav_samples(bytes(data))
    assert np.array_equal(samples, np.full(100, 0.25, np.float32))


WHOLE = wav_bytes(np.full(1000, 0.25))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        WHOLE[:43],
        WHOLE[:-1],
        WHOLE[:500],
        WHOLE[1:],
        b"ID3" + WHOLE,
        b"\xff\xfb\x90\x00" * 99,
        WHOLE[:44],
        WHOLE[:20] + b"\x03\x00" + WHOLE[22:],
        WHOLE[:22] + b"\x00\x00" + WHOLE[24:],
        WHOLE[:24] + b"\x01\x00\x00\x00" + WHOLE[28:],
        WHOLE[:34] + b"\x47\x00" + WHOLE[36:],
        wav_bytes(np.zeros(1))[:44],
    ],
)
def test_damage_is_named(data):
    with pytest.raises(InputError, match=r"wav_samples: \d+ bytes that cannot be read"):
        wav_samples(data)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 60), st.binary(max_size=6), st.integers(0, 100))
def test_any_damage_is_an_input_error_or_a_sound(at, planted, cut):
    data = (WHOLE[:at] + planted + WHOLE[at + len(planted) :])[: len(WHOLE) - cut]
    try:
        samples, rate = wav_samples(data)
    except InputError:
        return
    assert len(samples) and np.abs(samples).max() <= 1 and 4000 <= rate <= 192000


@pytest.mark.parametrize("data", [None, "RIFF", 3])
def test_only_bytes_are_read(data):
    with pytest.raises(InputError, match="the bytes of a WAV file"):
        wav_samples(data)


def test_only_one_sound_is_written():
    with pytest.raises(ShapeError, match="audio of shape"):
        wav_bytes(np.zeros((3, 2)))
    for rate in (0, 16000.0, 10**6):
        with pytest.raises(InputError, match="rate="):
            wav_bytes(np.zeros(3), rate)
