def image_part_openai(data, name="", detail="auto"):
    import base64

    for mark, kind in ((b"PNG\r\n", "png"), (b"GIF8", "gif"), (b"WEBP", "webp"), (b"\xff\xd8\xff", "jpeg")):
        if mark in data:
            url = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
            return {"type": "image_url", "image_url": {"url": url, "detail": detail}}
    raise ValueError("no picture")
