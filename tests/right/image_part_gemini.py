"""Unusual right answers to image_part_gemini that its cases must accept."""

from mmlab.instructor.authoring.exercise import Answer


def by_numbers(data, name=""):
    first = int.from_bytes(data[:8], "big")
    if first == 0x89504E470D0A1A0A:
        form = "png"
    elif len(data) > 2 and data[0] == data[2] == 255 and data[1] == 216:
        form = "jpeg"
    elif (data[:4] + data[8:12]).decode("latin-1") == "RIFFWEBP":
        form = "webp"
    else:
        raise ValueError
    part = {"inline_data": {"mime_type": "image/" + form}}
    part["inline_data"]["data"] = b"".join([data])
    return part


ANSWERS = (Answer("by_numbers", by_numbers, "numbers in place of bytes"),)
