"""Documents, PDF and plain text, through the three SDKs: the same truth, each provider's own errors."""

import io

import anthropic
import numpy as np
import openai
import pytest
from google import genai
from google.genai import errors, types

from api_strategies import PNG, b64
from mmlab.world.documents import invoice, pdf, receipt

MODEL = "mm-vision"
INVOICE, RECEIPT = invoice(3), receipt(3)
FILE = pdf([INVOICE, RECEIPT])
NUMBER = INVOICE.fields["number"]
ASKED = "What is the invoice number?"
NOTE = "Minutes\nRoom:  Blue hall\nItem    Price\nRing    1.00\nStar    2.50\nTotal:  3.50\n"
LOCKED = FILE.replace(b"trailer\n<<", b"trailer\n<</Encrypt 9 0 R")


@pytest.fixture(scope="module")
def claude(local):
    return anthropic.Anthropic(base_url=local.anthropic_base_url, api_key="any", max_retries=0)


@pytest.fixture(scope="module")
def gpt(local):
    return openai.OpenAI(base_url=local.openai_base_url, api_key="any", max_retries=0)


@pytest.fixture(scope="module")
def gemini(local):
    return genai.Client(api_key="any", http_options={"base_url": local.gemini_base_url})


def told(claude, source: dict, question: str = ASKED, **more) -> str:
    """Return what Anthropic's protocol answers about a document."""
    content = [{"type": "document", "source": source, **more}, {"type": "text", "text": question}]
    message = claude.messages.create(
        model=MODEL, max_tokens=200, messages=[{"role": "user", "content": content}]
    )
    return "".join(block.text for block in message.content)


def encoded(data: bytes, kind: str = "application/pdf") -> dict:
    return {"type": "base64", "media_type": kind, "data": b64(data)}


def test_anthropic_reads_a_document_from_each_source(claude):
    assert NUMBER in told(claude, encoded(FILE), title="March", context="A bill and a receipt")
    file = claude.files.upload(file=("bill.pdf", io.BytesIO(FILE), "application/pdf"))
    assert NUMBER in told(claude, {"type": "file", "file_id": file.id})
    assert "3.50" in told(
        claude, {"type": "text", "media_type": "text/plain", "data": NOTE}, "What is the total?"
    )
    blocks = [{"type": "text", "text": NOTE}, {"type": "text", "text": "Place:  Rome"}]
    assert "Rome" in told(claude, {"type": "content", "content": blocks}, "What is the place?")
    assert "Blue hall" in told(claude, {"type": "content", "content": NOTE}, "What is the room?")
    note = claude.files.upload(file=("note.txt", io.BytesIO(NOTE.encode()), "text/plain"))
    assert "Blue hall" in told(claude, {"type": "file", "file_id": note.id}, "Which room?")


def test_a_document_of_the_servers_own_is_read_by_its_address(local, claude, gpt):
    url = f"{local.url}/world/invoice/3.pdf"
    assert NUMBER in told(claude, {"type": "url", "url": url})
    content = [{"type": "input_file", "file_url": url}, {"type": "input_text", "text": ASKED}]
    assert (
        NUMBER in gpt.responses.create(model=MODEL, input=[{"role": "user", "content": content}]).output_text
    )


def test_a_documents_second_page_is_read_too(claude):
    printed = RECEIPT.text[0].split("  ")[0]
    text = told(claude, encoded(FILE), "Read the text.")
    assert NUMBER in text and printed in text and text.index(NUMBER) < text.index(printed)


def test_openai_reads_files_in_chat_and_in_responses(gpt):
    data = "data:application/pdf;base64," + b64(FILE)
    file = gpt.files.create(file=("bill.pdf", FILE, "application/pdf"), purpose="user_data")
    for part in ({"file_data": data, "filename": "bill.pdf"}, {"file_id": file.id}):
        content = [{"type": "file", "file": part}, {"type": "text", "text": ASKED}]
        answer = gpt.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])
        assert NUMBER in answer.choices[0].message.content
        content = [{"type": "input_file", **part}, {"type": "input_text", "text": ASKED}]
        assert (
            NUMBER
            in gpt.responses.create(model=MODEL, input=[{"role": "user", "content": content}]).output_text
        )
    note = {
        "type": "input_file",
        "file_data": "data:text/plain;base64," + b64(NOTE.encode()),
        "filename": "a.txt",
    }
    content = [note, {"type": "input_text", "text": "What is the total?"}]
    assert (
        "3.50" in gpt.responses.create(model=MODEL, input=[{"role": "user", "content": content}]).output_text
    )


def test_google_reads_inline_and_uploaded_documents(gemini):
    part = types.Part.from_bytes(data=FILE, mime_type="application/pdf")
    answer = gemini.models.generate_content(model=MODEL, contents=[part, ASKED])
    assert NUMBER in answer.text
    details = {one.modality.value: one.token_count for one in answer.usage_metadata.prompt_tokens_details}
    assert details["IMAGE"] == 2 * 560
    file = gemini.files.upload(file=io.BytesIO(FILE), config={"mime_type": "application/pdf"})
    assert NUMBER in gemini.models.generate_content(model=MODEL, contents=[file, ASKED]).text
    note = types.Part.from_bytes(data=NOTE.encode(), mime_type="text/plain")
    assert "3.50" in gemini.models.generate_content(model=MODEL, contents=[note, "What is the total?"]).text
    sharp = types.Part(inline_data=part.inline_data, media_resolution={"level": "MEDIA_RESOLUTION_LOW"})
    usage = gemini.models.generate_content(model=MODEL, contents=[sharp, ASKED]).usage_metadata
    assert 560 <= usage.prompt_token_count < 600


SMALL = np.full((8, 8, 3), 255, np.uint8)
FAULTY = {
    "damaged": FILE[:-30],
    "no pdf": PNG,
    "locked": LOCKED,
    "many pages": pdf([SMALL] * 101),
    "empty": b"%PDF-1.4\n%%EOF\n",
    "another size": FILE.replace(b"/Width ", b"/Width 1", 1),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_document_is_refused_by_anthropic(claude, fault):
    said = {"locked": "password", "many pages": "maximum of 100 PDF pages"}.get(fault, "not valid")
    with pytest.raises(anthropic.BadRequestError, match=said):
        told(claude, encoded(FAULTY[fault]))


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_document_is_refused_by_openai_and_google(gpt, gemini, fault):
    part = {
        "type": "input_file",
        "filename": "a.pdf",
        "file_data": "data:application/pdf;base64," + b64(FAULTY[fault]),
    }
    with pytest.raises(openai.BadRequestError) as raised:
        gpt.responses.create(model=MODEL, input=[{"role": "user", "content": [part]}])
    assert raised.value.code == "invalid_file" and raised.value.param == "input[0].content[0].file_data"
    if fault == "many pages":
        return  # of which Google takes more
    with pytest.raises(errors.ClientError, match="document"):
        data = types.Part.from_bytes(data=FAULTY[fault], mime_type="application/pdf")
        gemini.models.generate_content(model=MODEL, contents=[data])


@pytest.mark.parametrize(
    ("source", "more", "said"),
    [
        (encoded(FILE, "image/png"), {}, "media_type: Input should be 'application/pdf'"),
        (
            {"type": "base64", "media_type": "application/pdf", "data": "data:application/pdf;base64,AA"},
            {},
            "base64",
        ),
        ({"type": "text", "media_type": "text/plain", "data": " "}, {}, "non-empty"),
        (
            {"type": "text", "media_type": "text/html", "data": "x"},
            {},
            "media_type: Input should be 'text/plain'",
        ),
        ({"type": "url", "url": "https://example.org/a.pdf"}, {}, "Unable to download"),
        ({"type": "page"}, {}, "source.type: Input should be"),
        (encoded(FILE), {"citations": {"enabled": True}}, "citations"),
        (encoded(FILE), {"heading": "x"}, "Extra inputs"),
    ],
)
def test_a_wrong_document_block_is_refused(claude, source, more, said):
    with pytest.raises(anthropic.BadRequestError) as raised:
        told(claude, source, **more)
    assert said in raised.value.body["error"]["message"]


def test_files_of_other_kinds_are_no_documents(claude, gpt):
    file = claude.files.upload(file=("a.png", io.BytesIO(PNG), "image/png"))
    with pytest.raises(anthropic.BadRequestError, match="application/pdf or text/plain"):
        told(claude, {"type": "file", "file_id": file.id})
    with pytest.raises(anthropic.NotFoundError):
        told(claude, {"type": "file", "file_id": "file_none"})
    for told_file, code in (
        ({"file_data": b64(FILE)}, "invalid_value"),
        ({"file_data": "data:x/y;base64,AAAA"}, "unsupported_file"),
        ({}, "missing_required_parameter"),
        ({"file_data": "data:text/plain;base64,_"}, "invalid_base64"),
        ({"file_data": "data:text/plain;base64,//8="}, "invalid_file"),
        ({"file_id": "none"}, "not_found"),
        ({"file_url": "https://example.org/a.pdf"}, "invalid_value"),
    ):
        with pytest.raises(openai.APIStatusError) as raised:
            gpt.responses.create(
                model=MODEL, input=[{"role": "user", "content": [{"type": "input_file", **told_file}]}]
            )
        assert raised.value.code == code


def test_a_tool_may_return_a_document(claude):
    tool = {"name": "fetch", "description": "Fetch a bill", "input_schema": {"type": "object"}}
    call = {"type": "tool_use", "id": "toolu_1", "name": "fetch", "input": {}}
    result = {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": [{"type": "document", "source": encoded(FILE)}],
    }
    turns = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    message = claude.messages.create(model=MODEL, max_tokens=200, messages=turns, tools=[tool])
    assert NUMBER in message.content[0].text
