def image_part_anthropic(data, name=""):
    import base64

    if data[:3] == b"GIF":
        kind = "gif"
    elif data[:2] == b"\xff\xd8":
        kind = "jpeg"
    elif data[8:12] == b"WEBP":
        kind = "webp"
    else:
        kind = "png"
    text = base64.b64encode(data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": f"image/{kind}", "data": text}}
