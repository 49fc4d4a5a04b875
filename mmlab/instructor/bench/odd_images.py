"""Odd images for the local model server, each of at most one megapixel: the same in every run.

Sizes from one pixel to one megapixel; noise, gradients, patterns, charts, text, real photographs from installed
packages, scenes and documents of the world; rotated, degraded, in every mode and format that clients send; damaged
files, and files whose name says something else than their bytes.
"""

import importlib.util
import io
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

COUNT, MAX_PIXELS = 200, 1_000_000
_SIZES = (
    (1, 1),
    (1, 2),
    (7, 3),
    (1, 3000),
    (3000, 1),
    (33, 33),
    (100, 640),
    (640, 480),
    (999, 1001),
    (1000, 1000),
)
# package → pattern of photographs in it
_PHOTOGRAPHS = {
    "skimage": "data/*.*",
    "sklearn": "datasets/images/*.jpg",
    "matplotlib": "mpl-data/sample_data/*.*g",
}
_TEXT = "The quick brown fox jumps over the lazy dog 0123456789 (total: 1,234.56)! "


def odd_images(count: int = COUNT) -> Iterator[tuple[str, bytes]]:
    """Yield images, each as (name, bytes of a file); the bytes of some are no image."""
    kinds = [_drawn(), _noisy(), _printed(), _photographed(), _of_the_world()]
    streams = cycle([_encoded(kind, seed) for seed, kind in enumerate(kinds)])
    return islice((next(stream) for stream in streams), count)


def _encoded(images: Iterator[tuple[str, Image.Image]], seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield images as files, each changed and encoded in another way."""
    encoders = list(_ENCODERS.items())
    changes = list(_CHANGES.items())
    for number, (name, image) in enumerate(images):
        change, changed = changes[(number + seed) % len(changes)]
        encoder, encode = encoders[(number // 2 + 3 * seed) % len(encoders)]
        image = _limited(changed(_limited(image.convert("RGB"))))
        yield f"{name}, {change}, {encoder}, {image.width}x{image.height}", encode(image)


def _limited(image: Image.Image) -> Image.Image:
    """Return an image of at most MAX_PIXELS."""
    if image.width * image.height <= MAX_PIXELS:
        return image
    factor = (MAX_PIXELS / (image.width * image.height)) ** 0.5
    return image.resize((max(int(image.width * factor), 1), max(int(image.height * factor), 1)))


def _drawn() -> Iterator[tuple[str, Image.Image]]:
    """Yield gradients, patterns and charts of all sizes."""
    for number in range(10**6):
        rng = np.random.default_rng(number)
        width, height = _SIZES[number % len(_SIZES)]
        y, x = np.mgrid[:height, :width]
        ramp = 255 * (x * (number % 3) + y) / max(width * (number % 3) + height, 1)
        yield "gradient", Image.fromarray(np.stack([ramp, ramp[::-1], 255 - ramp], 2).astype(np.uint8))
        board = 255 * ((x // (number % 9 + 1) + y // (number % 9 + 1)) % 2)
        yield "checkerboard", Image.fromarray(np.repeat(board[..., None], 3, 2).astype(np.uint8))
        rings = 127 + 127 * np.sin(np.hypot(x - width / 2, y - height / 2) / (1 + number % 7))
        yield "rings", Image.fromarray(np.repeat(rings[..., None], 3, 2).astype(np.uint8))
        pie = Image.new("RGB", (1000, 1000), "white")
        draw = ImageDraw.Draw(pie)
        ends = np.sort(rng.integers(0, 360, 8 + 8 * (number % 9)))
        for start, end in zip([0, *ends], [*ends, 360]):
            draw.pieslice((50, 50, 950, 950), start, end, fill=tuple(map(int, rng.integers(0, 256, 3))))
        yield "pie chart", pie
        lines = Image.new("RGB", (1200, 800), "white")
        draw = ImageDraw.Draw(lines)
        for _ in range(3 ** (number % 7 + 1)):
            points = list(zip(range(0, 1200, 40), map(int, rng.integers(0, 800, 30))))
            draw.line(points, fill=tuple(map(int, rng.integers(0, 256, 3))), width=1 + number % 4)
        yield "line chart", lines
        spots = Image.new("RGB", (1000, 1000), tuple(map(int, rng.integers(0, 256, 3))))
        draw = ImageDraw.Draw(spots)
        for _ in range(4 ** (number % 6 + 1)):
            left, top, size = map(int, rng.integers(0, 990, 3))
            size = 3 + size // (4 + 9 * (number % 5))
            shape = draw.ellipse if left % 2 else draw.rectangle
            shape((left, top, left + size, top + size), fill=tuple(map(int, rng.integers(0, 256, 3))))
        yield "many shapes", spots


def _noisy() -> Iterator[tuple[str, Image.Image]]:
    """Yield noise of several kinds and sizes."""
    for number in range(10**6):
        rng = np.random.default_rng(1000 + number)
        width, height = _SIZES[(3 * number + 9) % len(_SIZES)]
        yield "noise", Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        salt = np.where(rng.random((1000, 1000, 1)) < 0.002 * 3 ** (number % 5), 0, 255)
        yield "salt and pepper", Image.fromarray(np.repeat(salt, 3, 2).astype(np.uint8))
        coarse = rng.integers(0, 256, (40 + number, 40 + number, 3), dtype=np.uint8)
        yield "coarse noise", Image.fromarray(coarse).resize((1000, 1000), Image.Resampling.BICUBIC)
        stripes = np.repeat(rng.integers(0, 256, (1, 1000, 3), dtype=np.uint8), 1000, 0)
        yield "bar code", Image.fromarray(stripes)
        steps = rng.normal(size=(1000, 1000, 3)).cumsum(0).cumsum(1)
        yield "clouds", Image.fromarray((127 + 120 * np.tanh(steps / steps.std())).astype(np.uint8))


def _printed() -> Iterator[tuple[str, Image.Image]]:
    """Yield pages of text in Pillow's own font, which is none of those that the readers know."""
    for number in range(10**6):
        size = (12, 9, 24, 16, 40)[number % 5]
        page = Image.new("RGB", (900, 1100), ("white", "ivory", "black", "navy")[number % 4])
        draw = ImageDraw.Draw(page)
        words = _TEXT[number % 20 :] * (1 + 1600 // size)
        for row in range(0, 1100 // (size + 2)):
            text = words[row * 17 % 70 :][: 1500 // size]
            ink = ("black", "maroon", "white", "yellow")[number % 4]
            draw.text((5, row * (size + 2)), text, fill=ink, font=ImageFont.load_default(size))
        yield f"text of {size} px", page


def _photographed() -> Iterator[tuple[str, Image.Image]]:
    """Yield the photographs of installed packages, and smooth images with grain where there are none."""
    files = []
    for package, pattern in _PHOTOGRAPHS.items():
        spec = importlib.util.find_spec(package)
        if spec and spec.origin:
            files += sorted(Path(spec.origin).parent.glob(pattern))
    files = [file for file in files if file.suffix.lower() in (".png", ".jpg", ".jpeg", ".gif")]
    for number in range(10**6):
        for file in files:
            with Image.open(file) as photograph:
                image = photograph.convert("RGB")
            scale = (1.0, 2.0, 0.3, 0.1)[number % 4]
            size = (max(int(image.width * scale), 1), max(int(image.height * scale), 1))
            yield file.name, image.resize(size)
        rng = np.random.default_rng(2000 + number)
        y, x = np.mgrid[:1000, :1000] / 1000
        hills = [127 + 110 * np.sin(4 * x + k * y + number) * np.cos(5 * y - k * x) for k in range(3)]
        grain = rng.integers(0, 9 + number, (1000, 1000, 3))
        yield "hills with grain", Image.fromarray((np.stack(hills, 2) + grain).clip(0, 255).astype(np.uint8))


def _of_the_world() -> Iterator[tuple[str, Image.Image]]:
    """Yield scenes and documents of the world, which the readers know."""
    from mmlab.api.server.world_routes import PAGES
    from mmlab.world import render, sample

    for number in range(10**6):
        for scene in sample(2, seed=number):
            yield "scene", Image.fromarray(render([scene], (64, 128, 300, 512)[number % 4])[0])
        for name, make in PAGES.items():
            yield name, Image.fromarray(make(number).image)


_CHANGES = {
    "as it is": lambda image: image,
    "rotated by 3 degrees": lambda image: image.rotate(3, expand=True, fillcolor="white"),
    "on its side": lambda image: image.rotate(90, expand=True),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    "rotated by 45 degrees": lambda image: image.rotate(45, expand=True),
    "tiled": lambda image: _tiled(image),
    "inverted": lambda image: Image.eval(image, lambda value: 255 - value),
    "grainy": lambda image: _grainy(image),
}


def _tiled(image: Image.Image) -> Image.Image:
    """Return four copies of an image side by side."""
    whole = Image.new("RGB", (2 * image.width, 2 * image.height))
    for n in range(4):
        whole.paste(image, (n % 2 * image.width, n // 2 * image.height))
    return whole


def _grainy(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image).astype(int)
    return Image.fromarray(
        (pixels + np.random.default_rng(0).normal(0, 25, pixels.shape)).clip(0, 255).astype(np.uint8)
    )


def _file(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _transparent(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


_ENCODERS = {
    "PNG": lambda image: _file(image, "PNG", compress_level=1),
    "JPEG": lambda image: _file(image, "JPEG", quality=60),
    "bad JPEG": lambda image: _file(image, "JPEG", quality=5),
    "progressive JPEG": lambda image: _file(image, "JPEG", progressive=True),
    "CMYK JPEG": lambda image: _file(image.convert("CMYK"), "JPEG"),
    "WebP": lambda image: _file(image, "WEBP", quality=50, method=1),
    "lossless WebP": lambda image: _file(image, "WEBP", lossless=True, quality=0, method=0),
    "GIF": lambda image: _file(image.quantize(64, method=Image.Quantize.FASTOCTREE), "GIF"),
    "animated GIF": lambda image: _file(image, "GIF", save_all=True, append_images=[image.rotate(90)] * 3),
    "palette PNG": lambda image: _file(image.quantize(200, method=Image.Quantize.FASTOCTREE), "PNG"),
    "1-bit PNG": lambda image: _file(image.convert("1"), "PNG"),
    "16-bit PNG": lambda image: _file(
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), "PNG"
    ),
    "transparent PNG": lambda image: _file(_transparent(image), "PNG"),
    "grey with alpha PNG": lambda image: _file(_transparent(image).convert("LA"), "PNG"),
    "half of a PNG": lambda image: (data := _file(image, "PNG"))[: len(data) // 2],
    "half of a JPEG": lambda image: (data := _file(image, "JPEG"))[: len(data) // 2],
    "TIFF": lambda image: _file(image, "TIFF"),
    "BMP": lambda image: _file(image, "BMP"),
}
