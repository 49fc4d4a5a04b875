"""Week 00: the four graded exercises, from the first bytes of a file to the truth of a caption.

A misconception or alternate is pasted into the solution cell under the exercise's
own name, so each stands alone and uses only what the setup cell defines.
"""

import io
import zlib

import numpy as np
import torch
from PIL import Image

from mmlab.course.exercise import Alternate, Compare, Driver, Exercise, Misconception

WITHHELD = ["mmlab/data.py"]

# ---------------------------------------------------------------- sniff_image_format: cases


def png(width: int, height: int) -> bytes:
    """Return a black one-bit PNG; stored, not deflated, so every zlib writes the same bytes."""
    rows = bytes((1 + -(-width // 8)) * height)
    size = len(rows).to_bytes(2, "little")
    mirror = (len(rows) ^ 0xFFFF).to_bytes(2, "little")
    pixels = b"\x78\x01\x01" + size + mirror + rows + zlib.adler32(rows).to_bytes(4, "big")
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\0\0\0\0"
    chunks = b""
    for name, body in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")):
        crc = zlib.crc32(name + body).to_bytes(4, "big")
        chunks += len(body).to_bytes(4, "big") + name + body + crc
    return b"\x89PNG\r\n\x1a\n" + chunks


def saved(width: int, height: int, colour: list[int], mode: str = "RGB", **options) -> bytes:
    """Return one plain picture as Pillow saves it; `frames=n` makes it move."""
    frames = options.pop("frames", 1)
    first, *rest = (
        Image.new("RGBA", (width, height), tuple((c + 60 * k) % 256 for c in colour) + (90,)).convert(mode)
        for k in range(frames)
    )
    if rest:
        options |= {"save_all": True, "append_images": rest}
    file = io.BytesIO()
    first.save(file, **options)
    return file.getvalue()


def jpeg_with(data: bytes, *segments: tuple[int, bytes], padding: bytes = b"") -> bytes:
    """Return a JPEG with extra segments (marker, body) before its own."""
    extra = b"".join(
        padding + bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body
        for marker, body in segments
    )
    return data[:2] + extra + data[2:]


def tables_first(data: bytes) -> bytes:
    """Return a baseline JPEG with its Huffman tables (C4) before its frame header (C0)."""
    at, parts = 2, []
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return data[:2] + b"".join(sorted(parts, key=lambda part: part[1] == 0xC0)) + data[at:]


def image_files(rng: np.random.Generator) -> list[bytes]:
    """Return forty pictures, ten a format: wide and tall, still and moving, plain and decorated."""

    def size():
        long, short = int(rng.integers(260, 700)), int(rng.integers(3, 24))
        return (long, short) if rng.random() < 0.5 else (short, long)

    def make(mode="RGB", **options):
        return saved(*size(), rng.integers(0, 256, 3).tolist(), mode, **options)

    pngs = [png(*size()) for _ in range(9)] + [png(*size())[:-20]]
    gifs = [make(format="GIF") for _ in range(6)] + [make(format="GIF", frames=3) for _ in range(2)]
    small = bytearray(make(format="GIF"))
    small[6:10] = b"\xd1\x02\xdd\x02"  # a screen of 721 × 733, larger than its one frame
    gifs += [bytes(small), make(format="GIF")[:-3]]
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"
    turned = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    thumbnail = saved(16, 9, [200, 80, 30], format="JPEG", quality=30)
    jpegs = [
        make(format="JPEG"), make("L", format="JPEG"), make(format="JPEG", progressive=True),
        tables_first(make(format="JPEG")), make(format="JPEG")[:-9],
        jpeg_with(make(format="JPEG"), (0xE1, exif + thumbnail)),
        jpeg_with(make(format="JPEG", progressive=True), (0xE1, exif + thumbnail)),
        jpeg_with(make(format="JPEG"), (0xFE, b"a comment \xff\xc0\0\x11\x08\0\x07\0\x05")),
        jpeg_with(make(format="JPEG"), (0xFE, b"padded"), padding=b"\xff\xff"),
        jpeg_with(make(format="JPEG"), (0xE1, turned)),
    ]  # fmt: skip
    scaled = bytearray(make(format="WEBP"))
    scaled[27] |= 0x40  # the two top bits are a scale, not part of the width
    scaled[29] |= 0x80
    webps = [make(format="WEBP"), make(format="WEBP", quality=5), bytes(scaled)]
    webps += [make(mode, format="WEBP", lossless=True) for mode in ("RGB", "L", "RGB")]
    webps += [make("RGBA", format="WEBP"), make(format="WEBP", frames=2)]
    webps += [make("RGBA", format="WEBP", frames=2), make(format="WEBP", exif=exif)]
    return pngs + gifs + jpegs + webps


def broken_files(rng: np.random.Generator) -> list[bytes]:
    """Return bytes that hold no usable header: cut short, mangled, or another format."""
    width, height = int(rng.integers(300, 600)), int(rng.integers(5, 20))
    colour = rng.integers(0, 256, 3).tolist()
    whole, moving = png(width, height), saved(width, height, colour, format="GIF")
    photo = saved(width, height, colour, format="JPEG")
    webp = {
        "VP8 ": saved(width, height, colour, format="WEBP"),
        "VP8L": saved(width, height, colour, format="WEBP", lossless=True),
        "VP8X": saved(width, height, colour, "RGBA", format="WEBP"),
    }
    frame = photo.index(b"\xff\xc0")
    return [
        b"", b"A picture of a red circle, but told in words.", b"BM" + bytes(52),
        whole[:22], whole.replace(b"\r\n", b"\n"), whole.replace(b"IHDR", b"JHDR"),
        whole[:16] + bytes(4) + whole[20:],
        moving[:9], b"GIF88a" + moving[6:],
        photo[:frame], photo[: frame + 7], photo[:2], photo.replace(b"\xff\xc0", b"\xff\xfe"),
        webp["VP8 "][:28], webp["VP8L"][:23], webp["VP8X"][:29],
        webp["VP8 "][:8] + b"WAVE" + webp["VP8 "][12:],
        webp["VP8 "][:23] + b"\0\0\0" + webp["VP8 "][26:],
        webp["VP8L"][:20] + b"\0" + webp["VP8L"][21:],
    ]  # fmt: skip


def cases_for_sniff_image_format(rng: np.random.Generator) -> list[dict]:
    """Return forty pictures and nineteen broken files, every second one under a name that lies."""
    files = image_files(rng) + broken_files(rng)
    endings = ("png", "gif", "jpg", "webp")
    cases = []
    for index, data in enumerate(files):
        right = endings[min(index // 10, 3)]
        name = f"upload_{index}.{endings[int(rng.integers(4))] if index % 2 else right}"
        cases.append({"args": [data], "kwargs": {"name": name}})
    return cases


# ---------------------------------------------------------------- sniff_image_format: answers


def sniff_image_format__trusts_the_name(data, name=""):
    def number(start, end, order="little"):
        if len(data) < end:
            raise ValueError("the bytes end before the size")
        return int.from_bytes(data[start:end], order)

    kind = {"png": "PNG", "gif": "GIF", "jpg": "JPEG", "webp": "WEBP"}[name.rsplit(".")[-1]]
    if kind == "PNG":
        width, height = number(16, 20, "big"), number(20, 24, "big")
    elif kind == "GIF":
        width, height = number(6, 8), number(8, 10)
    elif data[12:16] == b"VP8X":
        width, height = number(24, 27) + 1, number(27, 30) + 1
    elif data[12:16] == b"VP8L":
        width, height = (number(21, 25) & 0x3FFF) + 1, (number(21, 25) >> 14 & 0x3FFF) + 1
    elif kind == "WEBP":
        width, height = number(26, 28) & 0x3FFF, number(28, 30) & 0x3FFF
    else:
        here = 2
        while not (0xC0 <= number(here, here + 1) <= 0xCF and data[here] not in (0xC4, 0xC8, 0xCC)):
            while number(here, here + 1) == 0xFF:
                here += 1
            if not 0xC0 <= data[here] <= 0xCF or data[here] in (0xC4, 0xC8, 0xCC):
                here += 1 + max(number(here + 1, here + 3, "big"), 1)
        width, height = number(here + 6, here + 8, "big"), number(here + 4, here + 6, "big")
    return kind, width, height


def sniff_image_format__swaps_width_and_height(data, name=""):
    def number(start, end, order="big"):
        if len(data) < end:
            raise ValueError("the bytes end before the size")
        return int.from_bytes(data[start:end], order)

    kind, width, height, brand = "WEBP", 0, 0, data[:4] + data[8:16]
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        kind, width, height = "PNG", number(16, 20), number(20, 24)
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind, width, height = "GIF", number(6, 8, "little"), number(8, 10, "little")
    elif brand == b"RIFFWEBPVP8X":
        width, height = number(24, 27, "little") + 1, number(27, 30, "little") + 1
    elif brand == b"RIFFWEBPVP8L" and data[20:21] == b"\x2f":
        bits = number(21, 25, "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif brand == b"RIFFWEBPVP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = number(26, 28, "little") & 0x3FFF, number(28, 30, "little") & 0x3FFF
    elif data[:2] == b"\xff\xd8":
        kind, here, marker = "JPEG", 2, 0
        while not (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            here += number(here, here + 2) if marker else 0
            while number(here, here + 1) == 0xFF:
                here += 1
            marker, here = data[here], here + 1
            if marker in (0xD9, 0xDA) or data[here - 2] != 0xFF:
                raise ValueError("no frame header")
        height, width = number(here + 3, here + 5), number(here + 5, here + 7)
    if width * height == 0:
        raise ValueError("not a picture")
    return kind, height, width


def sniff_image_format__crashes_on_truncated_bytes(data, name=""):
    import struct

    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        kind, (width, height) = "PNG", struct.unpack(">II", data[16:24])
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind, (width, height) = "GIF", struct.unpack("<HH", data[6:10])
    elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X":
        a, b, c, d, e, f = struct.unpack("6B", data[24:30])
        kind, width, height = "WEBP", 1 + a + (b << 8) + (c << 16), 1 + d + (e << 8) + (f << 16)
    elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8L" and data[20:21] == b"\x2f":
        (bits,) = struct.unpack("<I", data[21:25])
        kind, width, height = "WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[26:30])
        kind, width, height = "WEBP", width & 0x3FFF, height & 0x3FFF
    elif data[:2] == b"\xff\xd8":
        kind, here, marker = "JPEG", 2, 0
        while not (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            here += struct.unpack(">H", data[here : here + 2])[0] if marker else 0
            while data[here] == 0xFF:
                here += 1
            marker, here = data[here], here + 1
            if marker in (0xD9, 0xDA) or data[here - 2] != 0xFF:
                raise ValueError("no frame header")
        height, width = struct.unpack(">HH", data[here + 3 : here + 7])
    else:
        raise ValueError("not a picture")
    if width * height == 0:
        raise ValueError("an empty picture")
    return kind, width, height


def sniff_image_format__measures_the_thumbnail(data, name=""):
    def number(start, end, order="big"):
        if len(data) < end:
            raise ValueError("the bytes end before the size")
        return int.from_bytes(data[start:end], order)

    kind, width, height, brand = "WEBP", 0, 0, data[:4] + data[8:16]
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        kind, width, height = "PNG", number(16, 20), number(20, 24)
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind, width, height = "GIF", number(6, 8, "little"), number(8, 10, "little")
    elif brand == b"RIFFWEBPVP8X":
        width, height = number(24, 27, "little") + 1, number(27, 30, "little") + 1
    elif brand == b"RIFFWEBPVP8L" and data[20:21] == b"\x2f":
        bits = number(21, 25, "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif brand == b"RIFFWEBPVP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = number(26, 28, "little") & 0x3FFF, number(28, 30, "little") & 0x3FFF
    elif data[:2] == b"\xff\xd8":
        found = [at for at in (data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) if at > 0]
        if not found:
            raise ValueError("no frame header")
        here = min(found)
        kind, height, width = "JPEG", number(here + 5, here + 7), number(here + 7, here + 9)
    if width * height == 0:
        raise ValueError("not a picture")
    return kind, width, height


def sniff_image_format__reads_every_webp_as_lossy(data, name=""):
    def number(start, end, order="big"):
        if len(data) < end:
            raise ValueError("the bytes end before the size")
        return int.from_bytes(data[start:end], order)

    kind, width, height = "WEBP", 0, 0
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        kind, width, height = "PNG", number(16, 20), number(20, 24)
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        kind, width, height = "GIF", number(6, 8, "little"), number(8, 10, "little")
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        width, height = number(26, 28, "little") & 0x3FFF, number(28, 30, "little") & 0x3FFF
    elif data[:2] == b"\xff\xd8":
        kind, here, marker = "JPEG", 2, 0
        while not (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            here += number(here, here + 2) if marker else 0
            while number(here, here + 1) == 0xFF:
                here += 1
            marker, here = data[here], here + 1
            if marker in (0xD9, 0xDA) or data[here - 2] != 0xFF:
                raise ValueError("no frame header")
        height, width = number(here + 3, here + 5), number(here + 5, here + 7)
    if width * height == 0:
        raise ValueError("not a picture")
    return kind, width, height


def sniff_image_format__with_struct(data, name=""):
    import struct

    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            answer = ("PNG", *struct.unpack_from(">II", data, 16))
        elif data[:3] == b"GIF" and data[3:6] in (b"87a", b"89a"):
            answer = ("GIF", *struct.unpack_from("<HH", data, 6))
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            if data[12:16] == b"VP8X":
                a, b, c, d = struct.unpack_from("<HBHB", data, 24)
                answer = ("WEBP", a + (b << 16) + 1, c + (d << 16) + 1)
            elif data[12:16] == b"VP8L" and data[20] == 0x2F:
                (bits,) = struct.unpack_from("<I", data, 21)
                answer = ("WEBP", bits % 2**14 + 1, bits // 2**14 % 2**14 + 1)
            elif data[12:16] == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
                answer = ("WEBP", *(side % 2**14 for side in struct.unpack_from("<HH", data, 26)))
        elif data[:2] == b"\xff\xd8":
            at = 2
            while True:
                while data[at + 1] == 0xFF:
                    at += 1
                mark, marker, length = struct.unpack_from(">BBH", data, at)
                if mark != 0xFF or marker in (0xD9, 0xDA):
                    break
                if marker & 0xF0 == 0xC0 and marker not in (0xC4, 0xC8, 0xCC):
                    height, width = struct.unpack_from(">HH", data, at + 5)
                    answer = ("JPEG", width, height)
                    break
                at += 2 + length
        if 0 in answer:
            raise ValueError("an empty picture")
        return answer
    except (struct.error, IndexError, UnboundLocalError) as error:
        raise ValueError("no usable header") from error


def sniff_image_format__as_a_stream(data, name=""):
    import io

    file = io.BytesIO(bytes(data))

    def take(length, order=None):
        piece = file.read(length)
        if len(piece) < length:
            raise ValueError("the bytes end too early")
        return int.from_bytes(piece, order) if order else piece

    def jpeg():
        while take(1) == b"\xff":
            marker = take(1, "big")
            while marker == 0xFF:
                marker = take(1, "big")
            length = take(2, "big")
            if marker in {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}:
                take(1)
                height, width = take(2, "big"), take(2, "big")
                return width, height
            if marker == 0xDA:
                break
            take(length - 2 if length > 1 else 0)
        raise ValueError("no frame header")

    def webp():
        flavour = take(8)[:4]
        if flavour == b"VP8X":
            take(4)
            return take(3, "little") + 1, take(3, "little") + 1
        if flavour == b"VP8L" and take(1) == b"\x2f":
            bits = take(4, "little")
            return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
        if flavour == b"VP8 " and take(6)[3:] == b"\x9d\x01\x2a":
            return take(2, "little") & 0x3FFF, take(2, "little") & 0x3FFF
        raise ValueError("an unknown kind of WebP")

    start = take(2)
    if start == b"\xff\xd8":
        answer = ("JPEG", *jpeg())
    elif start == b"GI" and take(4) in (b"F87a", b"F89a"):
        answer = ("GIF", take(2, "little"), take(2, "little"))
    elif start == b"RI" and take(2) == b"FF" and take(8)[4:] == b"WEBP":
        answer = ("WEBP", *webp())
    elif start == b"\x89P" and take(6) == b"NG\r\n\x1a\n" and take(8)[4:] == b"IHDR":
        answer = ("PNG", take(4, "big"), take(4, "big"))
    else:
        raise ValueError("not one of the four formats")
    if min(answer[1:]) < 1:
        raise ValueError("an empty picture")
    return answer


# ---------------------------------------------------------------- to_model_tensor


def cases_for_to_model_tensor(rng: np.random.Generator) -> list[dict]:
    """Return six pictures of unequal sides, each with three means and three spreads of its own."""
    cases = []
    for height, width in ((5, 8), (9, 4), (1, 7), (12, 3), (6, 11), (2, 5)):
        image = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        mean = [round(float(m), 4) for m in rng.permutation([0.31, 0.42, 0.55]) + rng.uniform(0, 0.05, 3)]
        std = [round(float(s), 4) for s in rng.permutation([0.18, 0.24, 0.33]) + rng.uniform(0, 0.03, 3)]
        cases.append({"args": [image, tuple(mean), tuple(std)], "kwargs": {}})
    return cases


def to_model_tensor__forgets_to_divide_by_255(image, mean, std):
    scaled = (torch.tensor(image, dtype=torch.float32) - torch.tensor(mean)) / torch.tensor(std)
    return scaled.permute(2, 0, 1)


def to_model_tensor__normalises_before_scaling(image, mean, std):
    scaled = (torch.tensor(image, dtype=torch.float32) - torch.tensor(mean)) / torch.tensor(std)
    return scaled.permute(2, 0, 1) / 255


def to_model_tensor__leaves_the_channels_last(image, mean, std):
    return (torch.tensor(image, dtype=torch.float32) / 255 - torch.tensor(mean)) / torch.tensor(std)


def to_model_tensor__reshapes_in_place_of_permuting(image, mean, std):
    scaled = (torch.tensor(image, dtype=torch.float32) / 255 - torch.tensor(mean)) / torch.tensor(std)
    return scaled.reshape(3, image.shape[0], image.shape[1])


def to_model_tensor__reads_the_channels_backwards(image, mean, std):
    pixels = torch.tensor(image[..., ::-1].copy(), dtype=torch.float32) / 255
    return ((pixels - torch.tensor(mean)) / torch.tensor(std)).permute(2, 0, 1)


def to_model_tensor__with_numpy(image, mean, std):
    scaled = (np.asarray(image, np.float64) / 255 - np.asarray(mean)) / np.asarray(std)
    return torch.tensor(np.moveaxis(scaled, -1, 0).astype(np.float32))


def to_model_tensor__channel_by_channel(image, mean, std):
    planes = []
    for channel in range(3):
        plane = torch.tensor(image[:, :, channel].astype(np.float32))
        planes.append((plane / 255 - mean[channel]) / std[channel])
    return torch.stack(planes)


# ---------------------------------------------------------------- modality_matrix

MODALITIES = ("text", "image", "audio", "video")
TEXT = ("text", "both", None, True)
CARDS = {
    "a text-only language model": [TEXT],
    "a two-tower matcher": [("text", "input", None, True), ("image", "input", None, True)],
    "an image generator": [("text", "input", None, True), ("image", "output", None, True)],
    "a picture-reading chat model": [TEXT, ("image", "input", None, True)],
    "a voice assistant made of three": [
        TEXT, ("audio", "input", "a separate speech recogniser", True),
        ("audio", "output", "a separate voice", True),
    ],
    "an omni model, announced with video": [
        TEXT, ("image", "both", None, True), ("audio", "both", None, True),
        ("video", "input", "a frame sampler", True), ("video", "input", None, False),
    ],
    "a chat model that draws by calling another": [
        TEXT, ("image", "input", None, True), ("image", "output", "a separate image generator", True),
    ],
    "a model that learned to hear later": [
        TEXT, ("audio", "input", None, True), ("audio", "input", "a separate speech recogniser", True),
        ("depth", "input", None, True), ("video", "output", None, False),
    ],
}  # fmt: skip


def card(name: str, claims: list[tuple]) -> dict:
    """Return a model card: its name and its claims as dictionaries."""
    fields = ("modality", "direction", "through", "available")
    return {"name": name, "claims": [dict(zip(fields, claim, strict=True)) for claim in claims]}


def cases_for_modality_matrix(rng: np.random.Generator) -> list[dict]:
    """Return eight written cards and eight drawn ones, whose claims come in any order."""
    cards = [card(name, claims) for name, claims in CARDS.items()]
    helpers = {"text": "a separate OCR step", "image": "a separate image generator",
               "audio": "a separate speech recogniser", "video": "a frame sampler",
               "thermal": "a separate classifier"}  # fmt: skip
    for number in range(8):
        claims = []
        for modality in rng.permutation([*MODALITIES, *MODALITIES, "thermal"]).tolist():
            direction = ("input", "output", "both")[int(rng.integers(3))]
            through = None if rng.random() < 0.6 else helpers[modality]
            if rng.random() < 0.6:
                claims.append((modality, direction, through, bool(rng.random() < 0.8)))
        cards.append(card(f"model {number}", claims))
    return [{"args": [each], "kwargs": {}} for each in cards]


def modality_matrix__counts_what_a_helper_does(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        if claim["modality"] in rows and claim["available"]:
            row = rows.index(claim["modality"])
            flags[row, 0] |= claim["direction"] in ("input", "both")
            flags[row, 1] |= claim["direction"] in ("output", "both")
    return flags


def modality_matrix__infers_the_output_from_the_input(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        native = claim["through"] is None and claim["available"]
        if claim["modality"] in rows and native and claim["direction"] in ("input", "both"):
            flags[rows.index(claim["modality"])] = True
    return flags


def modality_matrix__believes_announcements(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        if claim["modality"] in rows and claim["through"] is None:
            row = rows.index(claim["modality"])
            flags[row, 0] |= claim["direction"] in ("input", "both")
            flags[row, 1] |= claim["direction"] in ("output", "both")
    return flags


def modality_matrix__lets_the_last_claim_win(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        if claim["modality"] in rows:
            row = rows.index(claim["modality"])
            native = claim["through"] is None and claim["available"]
            flags[row, 0] = native and claim["direction"] in ("input", "both")
            flags[row, 1] = native and claim["direction"] in ("output", "both")
    return flags


def modality_matrix__forgets_both(card):
    flags = np.zeros((4, 2), bool)
    rows = ["text", "image", "audio", "video"]
    for claim in card["claims"]:
        if claim["modality"] in rows and claim["through"] is None and claim["available"]:
            column = {"input": 0, "output": 1}.get(claim["direction"])
            if column is not None:
                flags[rows.index(claim["modality"]), column] = True
    return flags


def modality_matrix__from_a_set_of_pairs(card):
    native = {
        (claim["modality"], way)
        for claim in card["claims"]
        if claim["through"] is None and claim["available"]
        for way in (("input", "output") if claim["direction"] == "both" else (claim["direction"],))
    }
    rows = ("text", "image", "audio", "video")
    return np.array([[(row, way) in native for way in ("input", "output")] for row in rows])


def modality_matrix__one_row_at_a_time(card):
    def row(modality):
        own = [c for c in card["claims"] if c["modality"] == modality]
        own = [c["direction"] for c in own if c["available"] and not c["through"]]
        takes = any(direction != "output" for direction in own)
        return [takes, any(direction != "input" for direction in own)]

    return np.stack([np.array(row(m), dtype=bool) for m in ("text", "image", "audio", "video")])


# ---------------------------------------------------------------- scene_to_caption_truth


def facts_of(shapes: list[dict]) -> set[str]:
    """Return every true sentence of the exercise's two forms; used to plant captions only."""
    names = [f"{s['colour']} {s['kind']}" for s in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            tests = {"left of": a["x"] < b["x"], "right of": a["x"] > b["x"],
                     "above": a["y"] < b["y"], "below": a["y"] > b["y"]}  # fmt: skip
            facts |= {f"a {names[i]} {way} a {names[j]}" for way, holds in tests.items() if holds and i != j}
    return facts


def drawn_shapes(rng: np.random.Generator, names: list[tuple[str, str]]) -> list[dict]:
    """Return one shape a name, on a small grid where equal columns and rows are common."""
    cells = rng.permutation(12)[: len(names)]
    sizes = rng.integers(0, 2, len(names))
    return [
        {"kind": kind, "colour": colour, "size": ("small", "large")[int(size)],
         "x": 4 + 8 * int(cell % 4), "y": 4 + 8 * int(cell // 4)}
        for (colour, kind), cell, size in zip(names, cells, sizes, strict=True)
    ]  # fmt: skip


def captions_for(rng: np.random.Generator, shapes: list[dict]) -> list[str]:
    """Return a true caption, one false by a single word, and one whose only true half comes first."""
    true = sorted(facts_of(shapes))
    said = [true[int(i)] for i in rng.permutation(len(true))[:2]]
    swaps = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
    relations = [fact for fact in true if fact.startswith("a ")]
    false = []
    for fact in relations:
        way = next(way for way in swaps if way in fact)
        if (turned := fact.replace(way, swaps[way])) not in true:
            false.append(turned)
    counts = [fact for fact in true if not fact.startswith("a ")]
    false += [f"{int(fact[0]) + 1} {fact[2:].rstrip('s')}s" for fact in counts]
    lie = false[int(rng.integers(len(false)))]
    return [" and ".join(said), lie, f"{said[0]} and {lie}"]


def cases_for_scene_to_caption_truth(rng: np.random.Generator) -> list[dict]:
    """Return eight scenes with three captions each: twins, same kinds in other colours, ties."""
    colours, kinds = ("red", "green", "blue", "yellow"), ("circle", "square", "triangle", "star")
    cases = []
    for number in range(8):
        (a, b), (k, m) = rng.permutation(colours)[:2].tolist(), rng.permutation(kinds)[:2].tolist()
        names = (
            [(a, k), (a, k), (b, k), (b, m)], [(a, k), (b, k)], [(a, k), (b, m), (a, m)],
            [(a, k), (a, k), (a, k), (b, m)],
        )[number % 4]  # fmt: skip
        shapes = drawn_shapes(rng, [names[int(i)] for i in rng.permutation(len(names))])
        cases += [{"args": [shapes, text], "kwargs": {}} for text in captions_for(rng, shapes)]
    alone = [{"kind": "star", "colour": "green", "size": "large", "x": 20, "y": 4}]
    return [*cases, {"args": [alone, "1 green star"], "kwargs": {}}]


def scene_to_caption_truth__stands_inside_the_picture(shapes, caption):
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] > b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, all(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__counts_without_the_colour(shapes, caption):
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    kinds = [shape["kind"] for shape in shapes]
    facts = set()
    for i, a in enumerate(shapes):
        count = kinds.count(a["kind"])
        facts.add(f"{count} {names[i]}" + "s" * (count > 1))
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, all(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__lets_y_grow_upwards(shapes, caption):
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] > b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, all(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__one_true_claim_is_enough(shapes, caption):
    names = [f"{shape['colour']} {shape['kind']}" for shape in shapes]
    facts = {f"{names.count(n)} {n}" + "s" * (names.count(n) > 1) for n in names}
    for i, a in enumerate(shapes):
        for j, b in enumerate(shapes):
            if i != j and a["x"] < b["x"]:
                facts |= {f"a {names[i]} left of a {names[j]}", f"a {names[j]} right of a {names[i]}"}
            if i != j and a["y"] < b["y"]:
                facts |= {f"a {names[i]} above a {names[j]}", f"a {names[j]} below a {names[i]}"}
    return facts, any(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__keeps_one_shape_a_name(shapes, caption):
    kept = {f"{shape['colour']} {shape['kind']}": shape for shape in shapes}
    facts = {f"1 {name}" for name in kept}
    for one, a in kept.items():
        for other, b in kept.items():
            if a["x"] < b["x"]:
                facts |= {f"a {one} left of a {other}", f"a {other} right of a {one}"}
            if a["y"] < b["y"]:
                facts |= {f"a {one} above a {other}", f"a {other} below a {one}"}
    return facts, all(claim in facts for claim in caption.split(" and "))


def scene_to_caption_truth__with_a_table_of_relations(shapes, caption):
    from collections import Counter
    from itertools import permutations

    relations = {"left of": ("x", 1), "right of": ("x", -1), "above": ("y", 1), "below": ("y", -1)}
    tally = Counter((shape["colour"], shape["kind"]) for shape in shapes)
    facts = {f"{n} {c} {k}{'s' if n > 1 else ''}" for (c, k), n in tally.items()}
    for a, b in permutations(shapes, 2):
        for words, (axis, sign) in relations.items():
            if sign * (b[axis] - a[axis]) > 0:
                facts.add(f"a {a['colour']} {a['kind']} {words} a {b['colour']} {b['kind']}")
    return facts, set(caption.split(" and ")) <= facts


def scene_to_caption_truth__by_sorting(shapes, caption):
    facts, counts = set(), {}
    for shape in shapes:
        name = shape["colour"] + " " + shape["kind"]
        counts[name] = counts.get(name, 0) + 1
    for name, count in counts.items():
        facts.add("1 " + name if count == 1 else str(count) + " " + name + "s")
    for axis, before, after in (("x", "left of", "right of"), ("y", "above", "below")):
        line = sorted(shapes, key=lambda shape: shape[axis])
        for place, first in enumerate(line):
            for second in line[place + 1 :]:
                if first[axis] != second[axis]:
                    one = "a " + first["colour"] + " " + first["kind"]
                    two = "a " + second["colour"] + " " + second["kind"]
                    facts.add(one + " " + before + " " + two)
                    facts.add(two + " " + after + " " + one)
    return facts, not any(claim not in facts for claim in caption.split(" and "))


# ---------------------------------------------------------------- the exercises

EXERCISES = [
    Exercise(
        name="to_model_tensor",
        difficulty=1,
        importance=5,
        minutes=15,
        hints=(
            "Follow one number: the red of the first pixel, say 128. What should it be after the "
            "division by 255, and then after the mean and the spread of the *first* channel?",
            "`torch.tensor(image)` keeps uint8. Convert to float32 first, then compute while the "
            "channels are still last: a shape (3,) lines up with (Y, X, 3) by itself.",
            "`permute(2, 0, 1)` moves the channels to the front. `reshape(3, Y, X)` has the same "
            "shape and shuffles the pixels.",
        ),
        driver=Driver("call"),
        cases=cases_for_to_model_tensor,
        compare=Compare("close", rtol=1e-6, atol=1e-6),
        misconceptions=(
            Misconception(
                to_model_tensor__forgets_to_divide_by_255,
                "your numbers are those of pixels still between 0 and 255",
                "divide by 255 before taking the mean away",
            ),
            Misconception(
                to_model_tensor__normalises_before_scaling,
                "your numbers come from normalising first and dividing by 255 afterwards",
                "divide by 255 first: mean and std are given for pixels between 0 and 1",
            ),
            Misconception(
                to_model_tensor__leaves_the_channels_last,
                "your tensor still has its channels last, (Y, X, 3)",
                "move the last axis to the front with permute(2, 0, 1)",
            ),
            Misconception(
                to_model_tensor__reshapes_in_place_of_permuting,
                "your tensor has the right shape and its pixels shuffled, as reshape gives",
                "use permute: reshape only cuts the same row of numbers at other places",
            ),
            Misconception(
                to_model_tensor__reads_the_channels_backwards,
                "your red is in the blue channel: the picture was read as BGR",
                "leave the order of the channels as it is: the picture is RGB already",
            ),
        ),
        alternates=(Alternate(to_model_tensor__with_numpy), Alternate(to_model_tensor__channel_by_channel)),
    ),
    Exercise(
        name="modality_matrix",
        difficulty=1,
        importance=3,
        minutes=10,
        hints=(
            "Start from `np.zeros((4, 2), bool)` and only ever switch flags on: then no later claim "
            "can undo an earlier one.",
            'A claim counts when `claim["through"] is None` and `claim["available"]`. "both" switches '
            "on two flags.",
        ),
        driver=Driver("call"),
        cases=cases_for_modality_matrix,
        compare=Compare("equal"),
        misconceptions=(
            Misconception(
                modality_matrix__counts_what_a_helper_does,
                "your flags count what a separate helper does as the model's own",
                "skip a claim whose `through` names a helper",
            ),
            Misconception(
                modality_matrix__infers_the_output_from_the_input,
                "your outputs are a copy of your inputs",
                'set the second column from "output" and "both" only: to read is not to draw',
            ),
            Misconception(
                modality_matrix__believes_announcements,
                "your flags count what is announced and not there yet",
                "skip a claim whose `available` is False",
            ),
            Misconception(
                modality_matrix__lets_the_last_claim_win,
                "your flags are those of the last claim on each modality",
                "switch flags on with |= and never off: one native claim is enough",
            ),
            Misconception(
                modality_matrix__forgets_both,
                'your flags miss every claim whose direction is "both"',
                'let "both" switch on the input and the output',
            ),
        ),
        alternates=(
            Alternate(modality_matrix__from_a_set_of_pairs),
            Alternate(modality_matrix__one_row_at_a_time),
        ),
    ),
    Exercise(
        name="scene_to_caption_truth",
        difficulty=2,
        importance=4,
        minutes=20,
        hints=(
            "Build the set of true sentences first and forget the caption: the second half is then "
            'one line over `caption.split(" and ")`.',
            "Compare every shape with every *other* shape by position in the list, not by name: two "
            "red circles are two shapes.",
            "Pictures count rows from the top, so the shape with the smaller y is above.",
        ),
        driver=Driver("call"),
        cases=cases_for_scene_to_caption_truth,
        compare=Compare("equal"),
        misconceptions=(
            Misconception(
                scene_to_caption_truth__stands_inside_the_picture,
                "your left and right are those of someone inside the picture, looking out",
                "judge as the viewer does: smaller x is further left",
            ),
            Misconception(
                scene_to_caption_truth__counts_without_the_colour,
                "your counts are per kind, whatever the colour",
                "count shapes that share colour and kind",
            ),
            Misconception(
                scene_to_caption_truth__lets_y_grow_upwards,
                "your above and below are exchanged, as if y grew upwards",
                "call the shape with the smaller y above: row 0 is the top of the picture",
            ),
            Misconception(
                scene_to_caption_truth__one_true_claim_is_enough,
                "your verdict is True as soon as one claim of the caption holds",
                "ask for all claims: half a truth is a false caption",
            ),
            Misconception(
                scene_to_caption_truth__keeps_one_shape_a_name,
                "your facts know one shape a name: twins were merged",
                "keep the shapes in a list: a dictionary with the name as key loses the twins",
            ),
        ),
        alternates=(
            Alternate(scene_to_caption_truth__with_a_table_of_relations),
            Alternate(scene_to_caption_truth__by_sorting),
        ),
    ),
    Exercise(
        name="sniff_image_format",
        difficulty=2,
        importance=3,
        minutes=20,
        hints=(
            'Write one inner function that turns `data[start:end]` into a number with a given order '
            "(`int.from_bytes`) and raises ValueError where `data` is too short. Everything else "
            "calls it.",
            "JPEG is a chain: FF, a marker byte, a two-byte length that counts itself. Hop from "
            "segment to segment. Searching for FF C0 also finds the thumbnail inside the file.",
            "Compare slices with bytes: `data[12:16] == b\"VP8X\"` is False, not an error, when "
            "`data` is too short.",
        ),
        driver=Driver("call"),
        cases=cases_for_sniff_image_format,
        compare=Compare("equal"),
        misconceptions=(
            Misconception(
                sniff_image_format__trusts_the_name,
                "your format is the one that the file's name claims",
                "look at the first bytes only: a name is what somebody typed",
            ),
            Misconception(
                sniff_image_format__swaps_width_and_height,
                "your width and height are exchanged",
                "return (format, width, height); JPEG alone stores the height first",
            ),
            Misconception(
                sniff_image_format__crashes_on_truncated_bytes,
                "your function breaks on a file that is cut short with an error that is no ValueError",
                "check len(data) before you read a number, and raise ValueError yourself",
            ),
            Misconception(
                sniff_image_format__measures_the_thumbnail,
                "your JPEG sizes are those of the first FF C0 or FF C2 in the file, a thumbnail's",
                "hop from segment to segment by their lengths: a search looks inside them",
            ),
            Misconception(
                sniff_image_format__reads_every_webp_as_lossy,
                "your WebP sizes come from the lossy layout for every flavour",
                "look at bytes 12–15: VP8, VP8L and VP8X keep their sizes at different places",
            ),
        ),
        alternates=(Alternate(sniff_image_format__with_struct), Alternate(sniff_image_format__as_a_stream)),
        forbids=("name:PIL", "name:Image", "name:decode_image"),
    ),
]
