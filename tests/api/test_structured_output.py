"""Replies keep the schema of the request, and their values are true: JSON Schema's rules, and JSON asked for in words."""

import json
import time

import jsonschema
import openai
import pytest
from google.genai import types

from api_strategies import PNG, SCENE
from mmlab.api.server.media import Image
from mmlab.api.server.model import Prompt, Turn, reply
from mmlab.perception import look
from mmlab.world import render
from mmlab.world.documents import invoice
from mmlab.world.scene import KINDS

PIXELS = render([SCENE], 128)[0]
THERE = {shape.kind for shape in SCENE.shapes}
ABSENT = next(kind for kind in KINDS if kind not in THERE)
KIND = SCENE.shapes[0].kind


def said(schema, question: str = "Describe the image.", system: str = "", pixels=PIXELS) -> str:
    """Return the reply of the larger model, which miscounts nothing here."""
    height, width = pixels.shape[:2]
    turn = Turn("user", question, (Image(pixels, width, height, "PNG"),))
    return reply(Prompt("mm-vision", [turn], system, schema=schema)).text


def filled(properties: dict, question: str = "Describe the image.", **more) -> dict:
    """Return the value for an object with these properties, after validation against its schema."""
    schema = {"type": "object", "properties": properties, "required": list(properties), **more}
    value = json.loads(said(schema, question))
    jsonschema.validate(value, schema)
    return value


def test_numbers_in_words_are_numbers():
    integer = {"type": "integer"}
    assert filled({"answer": integer}, "How many shapes are there?") == {"answer": len(SCENE.shapes)}
    assert filled({"answer": {"type": "number"}}, "How many shapes?") == {"answer": len(SCENE.shapes)}
    assert json.loads(said({"type": "INTEGER"}, "How many shapes are there?")) == len(SCENE.shapes)
    expected = sum(shape.kind == KIND for shape in SCENE.shapes)
    assert filled({f"{KIND}_count": integer, f"num_{ABSENT}s": integer}) == {
        f"{KIND}_count": expected,
        f"num_{ABSENT}s": 0,
    }
    described = {"n": {"type": "integer", "description": f"number of {KIND}s"}}
    assert filled(described) == {"n": expected}


def test_booleans_say_what_is_there():
    names = [f"has_{KIND}", f"is{KIND.capitalize()}Present", f"contains_a_{KIND}"]
    absent = [f"has_{ABSENT}", f"is_there_a_{ABSENT}"]
    value = filled({name: {"type": "boolean"} for name in [*names, *absent]})
    assert value == {name: True for name in names} | {name: False for name in absent}
    assert filled({"present": {"type": "boolean", "description": f"whether a {KIND} is visible"}}) == {
        "present": True
    }
    assert filled({"answer": {"type": "boolean"}}, f"Is there a {KIND}?") == {"answer": True}


@pytest.mark.parametrize(
    "rules",
    [
        {"type": "integer", "minimum": 7},
        {"type": "integer", "exclusiveMinimum": 7, "multipleOf": 5},
        {"type": "number", "exclusiveMaximum": 0},
        {"type": "number", "minimum": 0.25, "maximum": 0.5},
        {"type": "integer", "maximum": -3},
        {"type": "string", "maxLength": 4},
        {"type": "string", "minLength": 300},
        {"type": "string", "pattern": r"^[A-Z]{2}-\d{3}$"},
        {"type": "string", "pattern": r"^(red|blue)_[^\s]+x?$"},
        {"type": "string", "pattern": "(a+)+$"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "ipv4"},
        {"type": "array", "items": {"type": "string"}, "minItems": 6},
        {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
        {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 1},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2},
        {"type": ["null", "integer"], "minimum": 3},
        {"enum": [3, 5]},
        {"const": {"a": 1}},
        {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 1}]},
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"required": ["b"], "properties": {"b": {"type": "string"}}},
            ]
        },
        {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
    ],
    ids=lambda rules: json.dumps(rules)[:40],
)
def test_every_rule_of_a_schema_is_kept(rules):
    checker = jsonschema.FormatChecker()
    schema = {"type": "object", "properties": {"it": rules}, "required": ["it"]}
    jsonschema.validate(json.loads(said(schema)), schema, format_checker=checker)


@pytest.mark.parametrize("pointer", ["#/$defs/S", "/$defs/S", "S"])
def test_references_are_followed(pointer):
    shape = {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]}
    schema = {
        "type": "object",
        "properties": {"shapes": {"type": "array", "items": {"$ref": pointer}}},
        "$defs": {"S": shape},
    }
    assert {item["kind"] for item in json.loads(said(schema))["shapes"]} == THERE


def test_a_schema_that_refers_to_itself_ends():
    node = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/N"}},
        },
        "required": ["name", "children"],
    }
    schema = {"$ref": "#/$defs/N", "$defs": {"N": node}}
    jsonschema.validate(json.loads(said(schema)), schema)


def test_boxes_are_those_of_the_shapes():
    number, boxes = {"type": "number"}, sorted(shape.box for shape in look(PIXELS).shapes)
    item = {
        "type": "object",
        "properties": {"bbox": {"type": "array", "items": number, "minItems": 4, "maxItems": 4}},
    }
    value = json.loads(said({"type": "object", "properties": {"shapes": {"type": "array", "items": item}}}))
    assert sorted(tuple(each["bbox"]) for each in value["shapes"]) == boxes
    edges = {
        "type": "object",
        "properties": {name: number for name in ("x_min", "top", "x2", "bottom", "width")},
    }
    value = json.loads(said({"type": "object", "properties": {"shapes": {"type": "array", "items": edges}}}))
    found = sorted((each["x_min"], each["top"], each["x2"], each["bottom"]) for each in value["shapes"])
    assert found == boxes and all(each["width"] == each["x2"] - each["x_min"] for each in value["shapes"])


def test_google_answers_with_one_of_an_enum(google):
    schema = {"type": "STRING", "enum": [ABSENT, KIND]}
    config = {"response_mime_type": "text/x.enum", "response_schema": schema}
    contents = [types.Part.from_bytes(data=PNG, mime_type="image/png"), "Which of them is in the image?"]
    answer = google.models.generate_content(model="mm-vision", contents=contents, config=config)
    assert answer.text == KIND


SCHEMA = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}


@pytest.mark.parametrize(
    "system",
    [
        f"Always respond with a JSON object that's compatible with this schema:\n\n{json.dumps(SCHEMA)}\n\nNo Markdown.",
        "Respond with a JSON object in the following order of fields: `answer` (must be formatted as a valid Python int).",
        'Reply only with JSON like {"answer": 3}.',
        'Return JSON: {"answer": <number of shapes as an integer>}',
    ],
)
def test_json_that_is_asked_for_in_words_is_given(system):
    assert json.loads(said(None, "How many shapes are there?", system)) == {"answer": len(SCENE.shapes)}


def test_a_code_block_and_markers_are_given_where_the_prompt_asks_for_them():
    system = (
        f"Provide the parsed objects in json that match this json_schema:\n{json.dumps(SCHEMA, indent=2)}"
    )
    question = "How many shapes are there?\nReturn the correct JSON response within a ```json codeblock."
    text = said(None, question, system)
    assert text.startswith("```json\n") and json.loads(text[8:-3]) == {"answer": len(SCENE.shapes)}
    system = (
        "Your input fields are:\n1. `question` (str):\nYour output fields are:\n1. `answer` (int):\n\n"
        "[[ ## question ## ]]\n{question}\n\n[[ ## answer ## ]]\n{answer}\n\n[[ ## completed ## ]]"
    )
    text = said(None, "[[ ## question ## ]]\nHow many shapes are there?", system)
    assert text == f"[[ ## answer ## ]]\n{len(SCENE.shapes)}\n\n[[ ## completed ## ]]"


def test_text_is_given_where_nothing_asks_for_json():
    assert not said(None, "How many shapes are there?").startswith("{")
    page = invoice(1)
    assert (
        not said(None, "What is the invoice number? It is stored in our JSON database.", pixels=page.image)[0]
        == "{"
    )


@pytest.mark.parametrize(
    "choices",
    [
        [1, 2, 3, 4, 5, 6, 7],
        [0, 7, 2, 3],
        ["1", "2", "3", "4"],
        ["one", "two", "three", "four"],
        [2.0, None, 9],
    ],
)
def test_a_choice_of_numbers_is_the_number_that_was_asked_for(choices):
    question = "How many shapes are there?"
    count = len(SCENE.shapes)
    (choice,) = filled({"answer": {"enum": choices}}, question).values()
    assert choice in (count, str(count), ("zero", "one", "two", "three")[count])


def test_a_choice_of_truths_is_true_of_the_image():
    for kind, truth in ((KIND, True), (ABSENT, False)):
        assert filled({"answer": {"enum": [True, False]}}, f"Is there a {kind}?") == {"answer": truth}
        assert filled({f"has_{kind}": {"enum": [None, True, False]}}) == {f"has_{kind}": truth}


def test_a_choice_that_nothing_fits_is_null_where_null_is_a_choice():
    assert filled({"maker": {"enum": ["Acme", "Globex", None]}}) == {"maker": None}


@pytest.mark.parametrize("name", ["n", "shapes", "anzahl der formen", "total_found"])
def test_the_only_number_of_a_reply_is_the_one_that_was_asked_for(name):
    question, note = "How many shapes are there?", {"type": "string"}
    assert filled({name: {"type": "integer"}, "note": note}, question)[name] == len(SCENE.shapes)
    either = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert filled({name: either, "note": note}, question)[name] == len(SCENE.shapes)


def test_kinds_and_colours_are_counted_apart_from_shapes():
    integer = {"type": "integer"}
    value = filled({"number_of_colours": integer, "distinct_kinds": integer, "number_of_shapes": integer})
    assert value == {
        "number_of_colours": len({shape.colour for shape in SCENE.shapes}),
        "distinct_kinds": len(THERE),
        "number_of_shapes": len(SCENE.shapes),
    }


@pytest.mark.parametrize("name", ["boxes", "bounding_boxes", "bboxes"])
def test_boxes_in_a_list_of_lists_are_those_of_the_shapes(name):
    box = {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 4}
    found = filled({name: {"type": "array", "items": box}})[name]
    assert len(found) == len(SCENE.shapes) and all(
        left < right and top < low for left, top, right, low in found
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "uniqueItems": True, "minItems": 4, "items": {"enum": ["a", "b", "c", "d", "e"]}},
        {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"type": "integer", "minimum": 5}},
        {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"type": "string", "maxLength": 9}},
        {"type": "array", "items": False},
        {
            "type": "array",
            "items": {"type": "array", "minItems": 3, "items": {"type": "number"}},
            "minItems": 2,
        },
    ],
)
def test_lists_keep_their_rules(schema):
    filled({"values": schema})


def test_further_names_that_an_object_requires_are_there():
    value = json.loads(said({"type": "object", "required": ["count"]}, "How many shapes are there?"))
    assert list(value) == ["count"]
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "dependentRequired": {"a": ["b"]}}
    assert set(json.loads(said(schema))) == {"a", "b"}
    pair = [{"type": "integer"}, {"type": "string"}]
    value = json.loads(said({"type": "array", "items": pair}))
    assert [type(item) for item in value] == [int, str]
    step = {"type": "number", "multipleOf": 0.1, "minimum": 0.25}
    assert json.loads(said({"type": "object", "properties": {"x": step}})) == {"x": 0.3}


INTEGERS = {"type": "object", "additionalProperties": {"type": "integer"}}


@pytest.mark.parametrize(
    "schema",
    [
        INTEGERS | {"minProperties": 4},
        INTEGERS | {"propertyNames": {"pattern": "^[A-Z]+$"}},
        INTEGERS | {"propertyNames": {"maxLength": 3}, "minProperties": 1},
        {"type": "object", "minProperties": 2},
        {
            "type": "object",
            "patternProperties": {"^n_": {"type": "integer"}},
            "additionalProperties": False,
            "minProperties": 1,
        },
        {"type": "array", "items": {"type": "string"}, "contains": {"const": "star"}},
    ],
)
def test_names_and_numbers_of_properties_keep_their_rules(schema):
    value = json.loads(said(schema, "Count each kind."))
    jsonschema.validate(value, schema)
    filled({"inner": schema})


@pytest.mark.parametrize(
    "grows",
    [
        {"type": "array", "minItems": 50, "items": {"$ref": "#/$defs/T"}},
        {"type": "object", "minProperties": 50, "additionalProperties": {"$ref": "#/$defs/T"}},
        {
            "type": "array",
            "minItems": 1000,
            "items": {"type": "array", "minItems": 1000, "items": {"type": "integer"}},
        },
    ],
)
def test_a_schema_that_asks_for_endlessly_many_values_is_refused_soon(client, grows):
    """Such a schema of 150 bytes kept a server busy for minutes."""
    schema = {"type": "object", "$defs": {"T": grows}, "properties": {"a": {"$ref": "#/$defs/T"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    began = time.process_time()
    with pytest.raises(openai.APIStatusError):
        client.chat.completions.create(
            model="mm-vision", messages=[{"role": "user", "content": "As JSON."}], response_format=form
        )
    assert time.process_time() - began < 3
