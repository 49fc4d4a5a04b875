def image_part_gemini(data, name=""):
    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if data[:4] == b"GIF8":
        return None
    if kind is None:
        raise ValueError("no picture that Gemini takes")
    return {"inline_data": {"mime_type": f"image/{kind}", "data": data}}
