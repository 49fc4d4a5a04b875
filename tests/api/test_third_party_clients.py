"""Clients of third parties: the page is as its record says, and the record is what the clients do now."""

import json
from pathlib import Path

import pytest

from mmlab.api.server.media import Image
from mmlab.api.server.model import Prompt, Turn, reply
from mmlab.errors import MissingPart
from mmlab.instructor.reports import client_calls, client_table
from mmlab.instructor.reports.client_calls import CLIENTS, FEATURES
from mmlab.world import render, sample

ROOT = Path(__file__).parents[2]
SCENE = sample(1, seed=3)[0]
IMAGE = Image(render([SCENE], 128)[0], 128, 128, "PNG")


@pytest.fixture(scope="module")
def record() -> dict:
    return json.loads((ROOT / client_table.RECORD).read_text())


def test_the_page_is_as_its_record_says(record):
    page = (ROOT / client_table.PAGE).read_text()
    assert page == client_table.page(record), "python -m mmlab.instructor.reports.client_table --page"


def test_the_record_has_every_client_and_feature_and_nothing_fails(record):
    assert list(record["clients"]) == list(CLIENTS)
    for name, client in record["clients"].items():
        assert list(client["rows"]) == list(CLIENTS[name].protocols) and client["versions"]
        for protocol, row in client["rows"].items():
            assert list(row) == list(FEATURES)
            failed = {feature: cell for feature, cell in row.items() if cell[0] == "fails"}
            assert not failed, (name, protocol, failed)


class Broken(client_calls.Client):
    """A client that has one feature, lacks one, and gets one wrong."""

    absent = {"image": "no images", "openai chat: tool": "no tools there"}

    def ask(self, failing=False, key="any"):
        if failing:
            raise KeyError(key)
        return "Hello there."

    def schema(self):
        client_calls.require(False, "a wrong reply")


def test_an_outcome_says_what_works_what_is_absent_and_what_fails():
    def outcome(feature, protocol="openai chat"):
        settings = type("Settings", (), {})()
        return client_calls.tried(Broken(settings, protocol), feature)

    assert outcome("text") == ["works", None] and outcome("429") == ["works", "builtins.KeyError"]
    assert outcome("image") == ["none", "no images"] and outcome("tool") == ["none", "no tools there"]
    assert outcome("tool", "anthropic")[0] == "fails" and "a wrong reply" in outcome("schema")[1]


def test_a_package_that_cannot_be_installed_is_a_clear_error(tmp_path):
    with pytest.raises(MissingPart, match="pip install"):
        client_table.environment(tmp_path / "none", ("./no-such-folder",))


def test_an_image_beside_the_result_of_a_tool_belongs_to_it():
    """langchain-google-genai sends the image of a tool as a part of its own, beside an empty result."""
    turns = [
        Turn("user", "How many shapes are there?"),
        Turn("assistant", called=("camera",)),
        Turn("user", images=(IMAGE,)),
        Turn("tool", "[]"),
    ]
    number = client_calls.COUNTS[len(SCENE.shapes)]
    assert number in reply(Prompt("mm-vision", turns)).text
    turns += [Turn("assistant", called=("note",)), Turn("tool", "noted")]
    assert reply(Prompt("mm-vision", turns)).text == "The tool says: noted"


def test_the_plain_json_mode_takes_the_schema_from_the_words():
    """pydantic-ai's PromptedOutput writes the schema into the system prompt and asks for a json_object."""
    schema = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
    system = f"Always respond with a JSON object that's compatible with this schema:\n\n{json.dumps(schema)}"
    turns = [Turn("user", "How many shapes are there?", (IMAGE,))]
    text = reply(Prompt("mm-vision", turns, system, schema={})).text
    assert json.loads(text) == {"answer": len(SCENE.shapes)}
    assert "shapes" in json.loads(reply(Prompt("mm-vision", turns, "Reply in JSON.", schema={})).text)


@pytest.mark.slow
@pytest.mark.repetition
@pytest.mark.parametrize("name", CLIENTS)
def test_the_record_is_what_the_clients_do_now(record, name, tmp_path):
    """Install a client into an environment of its own; without a package index, skip."""
    try:
        python = client_table.environment(tmp_path / name, CLIENTS[name].packages)
    except MissingPart as missing:
        pytest.skip(str(missing))
    rows = client_table.measured(name, python)["rows"]
    assert client_table.outcomes(rows) == client_table.outcomes(record["clients"][name]["rows"]), rows
