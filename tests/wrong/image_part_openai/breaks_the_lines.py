def image_part_openai(data, name="", detail="auto"):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "webp"
    if kind is None:
        raise ValueError("no picture")
    text = base64.encodebytes(data).decode()  # a newline every 76 letters, as in an e-mail
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{text}", "detail": detail}}
