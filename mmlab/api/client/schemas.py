"""A type to the JSON schema of a reply, and a reply to the type."""

import copy
import dataclasses
import types
import typing

from mmlab.errors import InputError

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def schema_of(kind, closed: bool = True) -> dict:
    """Return the JSON schema of a type.

    kind    a dataclass, a pydantic model, or a JSON schema
    closed  whether objects take all of their properties and no other, as strict modes want it
    raises  InputError  for anything else, and for fields of a type that JSON lacks

    >>> import dataclasses
    >>> Seen = dataclasses.make_dataclass("Seen", [("kind", str), ("sides", list[int])])
    >>> schema_of(Seen)["properties"]["sides"]
    {'type': 'array', 'items': {'type': 'integer'}}
    """
    told = kind.model_json_schema() if hasattr(kind, "model_json_schema") else kind
    if isinstance(told, dict):
        return _closed(copy.deepcopy(told)) if closed else told
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _of_type(kind)
    raise InputError(f"schema={kind!r:.100}", "a dataclass, a pydantic model or a JSON schema",
                     "write a dataclass with the fields that you want")  # fmt: skip


def typed(kind, value: dict):
    """Return a reply's JSON object as the type that was asked for; a schema's stays a dict.

    raises  InputError  when a field is missing, one too many, or of another type
    """
    if isinstance(kind, dict):
        return _held(value, kind, "reply")
    if hasattr(kind, "model_validate"):
        try:
            return kind.model_validate(value)
        except ValueError as error:
            raise InputError(f"a reply {value!r:.100}", f"a {kind.__name__}: {error}", "ask again") from error
    return _made(kind, value, kind.__name__)


def _of_type(kind) -> dict:
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        properties = {one.name: _of_type(hints[one.name]) for one in dataclasses.fields(kind)}
        return {"type": "object", "properties": properties, "required": list(properties),
                "additionalProperties": False}  # fmt: skip
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return {"type": "array", "items": _of_type(inner[0])}
    if origin is typing.Literal:
        return {"type": _PLAIN[type(inner[0])], "enum": list(inner)}
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_of_type(one) for one in inner]}
    raise InputError(f"a field of type {kind}", "str, int, float, bool, None, list, Literal, a dataclass",
                     "put it in words, as a str")  # fmt: skip


def _closed(schema):
    """Return a schema, changed in place: objects take their own properties, all of them, and no other."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("properties"), dict):
        schema |= {"additionalProperties": False, "required": list(schema["properties"])}
        schema["properties"] = {name: _closed(part) for name, part in schema["properties"].items()}
    for name in ("items", "anyOf", "oneOf", "allOf"):
        if name in schema:
            schema[name] = _closed(schema[name])
    if "$defs" in schema:
        schema["$defs"] = {name: _closed(part) for name, part in schema["$defs"].items()}
    return schema


def _held(value, schema: dict, where: str):
    """Return a value that has the properties of its schema, or raise InputError."""
    for name, part in (schema.get("properties") or {}).items():
        if not isinstance(value, dict) or name not in value:
            raise _missing(where, name, value)
        _held(value[name], part, f"{where}.{name}")
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for place, one in enumerate(value):
            _held(one, schema["items"], f"{where}[{place}]")
    return value


def _made(kind, value, where: str):
    """Return a value as a type; numbers are told from texts, nothing is guessed."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        names = [one.name for one in dataclasses.fields(kind)]
        for name in names:
            if not isinstance(value, dict) or name not in value:
                raise _missing(where, name, value)
        return kind(**{name: _made(hints[name], value[name], f"{where}.{name}") for name in names})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is list and isinstance(value, list):
        return [_made(inner[0], one, f"{where}[{place}]") for place, one in enumerate(value)]
    if origin is typing.Literal and value in inner:
        return value
    if origin in (types.UnionType, typing.Union):
        return _first(inner, value, where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        return value
    raise InputError(f"{where} = {value!r:.100}", f"{kind}", "ask again, or widen the type")


def _first(kinds, value, where: str):
    """Return a value as the first of several types that it fits, or raise InputError."""
    for kind in kinds:
        try:
            return _made(kind, value, where)
        except InputError as error:
            last = error
    raise last


def _missing(where: str, name: str, value) -> InputError:
    return InputError(f"{where} without {name!r}: {value!r:.100}", "all fields of the schema",
                      "ask again; look at the answer's ending")  # fmt: skip
