def image_part_openai(data, name="", detail="auto"):
    import base64

    starts = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif", b"RIFF": "webp"}
    kind = next((kind for start, kind in starts.items() if data.startswith(start)), None)
    if kind is None:
        raise ValueError("no picture")
    url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}
