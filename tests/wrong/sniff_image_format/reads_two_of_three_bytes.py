def sniff_image_format(data, name=""):
    """Takes 16 of the 24 bits of an extended WebP's sides."""

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
        width, height = number(24, 26, "little") + 1, number(27, 29, "little") + 1
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
    return kind, width, height
