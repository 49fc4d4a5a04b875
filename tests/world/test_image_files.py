"""Image files: whole ones come back, damaged ones are refused in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmlab import world
from mmlab.errors import InputError, ShapeError
from mmlab.world.files.image import FORMATS

PICTURE = world.render(world.sample(1, seed=5, shapes=(3, 3)), 48)[0]
FILES = {name: world.encode_image(PICTURE, name) for name in FORMATS}


@pytest.mark.parametrize("name", ["PNG", "WEBP"])
def test_lossless_formats_give_every_byte_back(name):
    assert np.array_equal(world.decode_image(FILES[name]), PICTURE)


@pytest.mark.parametrize("name", ["JPEG", "GIF"])
def test_other_formats_come_close(name):
    back = world.decode_image(FILES[name])
    assert back.shape == PICTURE.shape and back.dtype == np.uint8
    assert np.abs(back.astype(int) - PICTURE).mean() < 4


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_anywhere_is_refused(name):
    for length in range(len(FILES[name])):
        with pytest.raises(InputError, match="decode_image"):
            world.decode_image(FILES[name][:length])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(FILES["PNG"]) - 1), st.integers(1, 255))
def test_a_png_with_one_byte_changed_is_refused(place, change):
    damaged = bytearray(FILES["PNG"])
    damaged[place] ^= change
    with pytest.raises(InputError):
        world.decode_image(bytes(damaged))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_no_damage_escapes_as_another_error(name, data):
    damaged = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        world.decode_image(damaged)
    except InputError as error:
        assert "try:" in str(error)


@pytest.mark.parametrize("junk", [b"", b"hello", b"\x00" * 100, "text", None, b"%PDF-1.4"])
def test_what_is_no_picture_is_refused(junk):
    with pytest.raises(InputError, match="decode_image"):
        world.decode_image(junk)


@pytest.mark.parametrize(
    "array", [PICTURE[None], PICTURE[..., 0], PICTURE.astype(float), PICTURE[:0], PICTURE[..., :2]]
)
def test_what_is_not_one_picture_of_bytes_is_not_encoded(array):
    with pytest.raises(ShapeError, match="encode_image"):
        world.encode_image(array, "PNG")


def test_an_unknown_format_is_named():
    with pytest.raises(InputError, match="'TIFF'"):
        world.encode_image(PICTURE, "TIFF")
