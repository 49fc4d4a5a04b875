"""image_part_anthropic: an image file as a block of a message to Anthropic."""

from _image_parts import BY_NAME, CLAUSES, UNKNOWN, cases

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def step_by_step(data, name=""):
    import codecs

    if data[:6] in (b"GIF87a", b"GIF89a"):
        media_type = "image/gif"
    elif data[:3] == bytes([0xFF, 0xD8, 0xFF]):
        media_type = "image/jpeg"
    elif data[:8] == bytes.fromhex("89504E470D0A1A0A"):
        media_type = "image/png"
    elif (data[0:4], data[8:12]) == (b"RIFF", b"WEBP"):
        media_type = "image/webp"
    else:
        raise ValueError("none of PNG, JPEG, GIF and WebP")
    text = codecs.encode(data, "base64").decode("ascii").replace("\n", "")
    return {"source": {"data": text, "media_type": media_type, "type": "base64"}, "type": "image"}


def with_a_table(data, name=""):
    import base64

    table = (
        (0, b"GIF87a", "gif"),
        (0, b"GIF89a", "gif"),
        (0, b"\xff\xd8\xff", "jpeg"),
        (0, b"\x89PNG\r\n\x1a\n", "png"),
    )
    kinds = [kind for at, bytes_there, kind in table if data[at : at + len(bytes_there)] == bytes_there]
    kinds += ["webp"] * (data.find(b"RIFF") == 0 and data.find(b"WEBP", 8, 12) == 8)
    if not kinds:
        raise ValueError("no image that Anthropic takes")
    source = dict(
        type="base64", media_type="image/" + kinds[0], data=str(base64.standard_b64encode(data), "ascii")
    )
    return dict(type="image", source=source)


EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=8,
    needs=("image_part_openai",),
    hints=(
        "The type stands in a field of its own here, so `data` is the base64 and nothing else.",
        "`base64.b64encode(data).decode()` is the text. Your lines that find the type can be copied from above.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "data_url",
            {'"data": text': '"data": f"data:image/{kind};base64,{text}"'},
            "your data is a data URL, as OpenAI wants it",
            "leave out data:image/…;base64, — media_type says it already",
        ),
        mistake(
            "trusts_the_name",
            {f"if {UNKNOWN}": BY_NAME},
            "your media type is the one that the file's name claims",
            "look at the first bytes of data only: the API compares them with media_type",
        ),
        mistake(
            "url_safe_alphabet",
            {"base64.b64encode": "base64.urlsafe_b64encode"},
            "your base64 has - and _ where the standard alphabet has + and /",
            "use base64.b64encode",
        ),
        mistake(
            "always_jpeg",
            {f"if {UNKNOWN}": 'kind = "jpeg"\n    if False'},
            "your part says image/jpeg whatever the bytes are",
            "find the type in the first bytes, and raise ValueError where there is none",
        ),
        mistake(
            "bytes_for_text",
            {".decode()": ""},
            "your data is base64 as Python bytes, which JSON cannot hold",
            "add .decode() to make it a text",
        ),
    ),
    alternates=(step_by_step, with_a_table),
    forbids=("mmlab.api.client.messages",),
)
