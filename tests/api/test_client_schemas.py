"""A type becomes a JSON schema that strict modes take, and a reply becomes the type or is refused."""

import sys
from dataclasses import dataclass
from typing import Literal

import pytest
from pydantic import BaseModel

from mmlab.api.client.schemas import schema_of, typed
from mmlab.errors import InputError, MissingPart


@dataclass
class Item:
    """One line of an invoice."""

    kind: Literal["goods", "work"]
    price: float


@dataclass
class Invoice:
    """What is read from an invoice."""

    number: str
    items: list[Item]
    tax: float | None
    paid: bool = False


class Total(BaseModel):
    """A pydantic model, which reads numbers from texts."""

    total: float = 0.0


REPLY = {"number": "A 7", "items": [{"kind": "work", "price": 3}], "tax": None, "paid": True}


def objects(schema) -> list[dict]:
    """Return the schemas of objects within a schema."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    own = [schema] if isinstance(schema, dict) and schema.get("type") == "object" else []
    return own + [found for part in inner for found in objects(part)]


@pytest.mark.parametrize(("kind", "count"), [(Invoice, 2), (Total, 1)])
def test_a_schema_is_closed_and_all_of_it_required(kind, count):
    found = objects(schema_of(kind))
    assert len(found) == count
    for schema in found:
        assert schema["additionalProperties"] is False and schema["required"] == list(schema["properties"])
        assert not any("default" in part for part in schema["properties"].values())


def test_only_a_json_schema_and_a_model_can_stay_open():
    own = {"type": "object", "properties": {"default": {"type": "integer", "default": 3}}}
    assert schema_of(own, closed=False) == own and "required" not in schema_of(Total, closed=False)
    assert schema_of(Invoice, closed=False) == schema_of(Invoice)
    assert schema_of(own)["properties"] == {"default": {"type": "integer"}} and "required" not in own


def test_a_reply_becomes_what_was_asked_for():
    assert typed(Invoice, REPLY) == Invoice("A 7", [Item("work", 3.0)], None, True)
    assert typed(Total, {"total": "2.5"}) == Total(total=2.5)
    assert typed(schema_of(Total), {"total": "x", "more": 1}) == {"total": "x", "more": 1}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"number": 7}, "number"),
        ({"items": [{"kind": "gift", "price": 3}]}, "items.0.kind"),
        ({"items": [{"kind": "work"}]}, "items.0.price"),
        ({"items": [{"kind": "work", "price": "3"}]}, "items.0.price"),
        ({"items": [{"kind": "work", "price": True}]}, "items.0.price"),
        ({"items": {}}, "items"),
        ({"tax": "none"}, "tax"),
        ({"paid": 1}, "paid"),
        ({"paid": "true"}, "paid"),
    ],
)
def test_a_reply_of_another_type_is_refused_with_its_place(change, place):
    with pytest.raises(InputError, match=rf"does not match Invoice \({place}"):
        typed(Invoice, REPLY | change)


@pytest.mark.parametrize("name", ["number", "items", "tax"])
def test_a_reply_that_lacks_a_field_is_refused(name):
    reply = {key: value for key, value in REPLY.items() if key != name}
    with pytest.raises(InputError, match=name):
        typed(Invoice, reply)
    with pytest.raises(InputError, match=f"reply without '{name}'"):
        typed(schema_of(Invoice), reply)


@pytest.mark.parametrize("kind", [3, None, int, list[int], Invoice("", [], None)])
def test_what_is_no_type_of_a_reply_is_refused(kind):
    with pytest.raises(InputError, match="schema="):
        schema_of(kind)


def test_a_field_that_json_lacks_is_refused():
    @dataclass
    class Odd:
        call: type(sys)

    with pytest.raises(InputError, match="schema=Odd"):
        schema_of(Odd)


def test_without_pydantic_its_pip_line_is_given(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(MissingPart, match=r"pip install mmlab\[api\]"):
        schema_of(Invoice)
    assert schema_of({"type": "object"}) == {"type": "object"}
