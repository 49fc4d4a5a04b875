"""The JSON schema of a type, and a reply parsed into the type; both with pydantic."""

import copy
import dataclasses
import json

from mmlab.errors import InputError, MissingPart


def schema_of(kind, closed: bool = True) -> dict:
    """Return the JSON schema of a type.

    kind    a dataclass, a pydantic model, or a JSON schema
    closed  whether objects require all of their properties and allow no other, as strict modes demand;
            always so for a dataclass
    raises  InputError  for anything else, and for fields of a type that JSON does not have

    >>> schema_of({"properties": {"sides": {"type": "integer"}}})["required"]
    ['sides']
    """
    schema = copy.deepcopy(kind) if isinstance(kind, dict) else _json_schema(kind)
    return _closed(schema) if closed or dataclasses.is_dataclass(kind) else schema


def typed(kind, value: dict):
    """Return a reply's JSON object as the requested type; for a JSON schema it stays a dict.

    A dataclass's fields accept only their own types: no number is parsed from a text. A pydantic model
    decides itself how strict it is. A field with a default may be missing.

    raises  InputError  when a field is missing or of another type
    """
    if isinstance(kind, dict):
        return _with_properties(value, kind, "reply")
    pydantic = _pydantic()
    try:
        if dataclasses.is_dataclass(kind):
            return pydantic.TypeAdapter(kind).validate_json(json.dumps(value), strict=True)
        return kind.model_validate(value)
    except pydantic.ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise InputError(
            f"a reply that does not match {kind.__name__} ({faults:.200}): {value!r:.100}",
            "all fields of the schema, each of its type",
            "ask again, or allow more types; look at the answer's ending",
        ) from error


def _pydantic():
    """Return pydantic, which every provider's SDK installs; raise MissingPart if it is missing."""
    try:
        import pydantic
    except ModuleNotFoundError as error:
        raise MissingPart(
            "schema: pydantic is not installed", "pydantic 2", "pip install mmlab[api]"
        ) from error
    return pydantic


def _json_schema(kind) -> dict:
    """Return the JSON schema of a dataclass or a pydantic model, or raise InputError."""
    pydantic = _pydantic()
    if not (
        isinstance(kind, type) and (dataclasses.is_dataclass(kind) or issubclass(kind, pydantic.BaseModel))
    ):
        raise InputError(
            f"schema={kind!r:.100}",
            "a dataclass, a pydantic model or a JSON schema",
            "write a dataclass with the fields that you want",
        )
    try:
        return pydantic.TypeAdapter(kind).json_schema()
    except pydantic.errors.PydanticUserError as error:
        raise InputError(
            f"schema={kind.__name__}: {str(error).splitlines()[0]}",
            "fields of types that JSON has",
            "use a str for the field",
        ) from error


def _closed(schema):
    """Return a schema, changed in place: objects require all of their properties and allow no other.

    Defaults are removed: with all properties required they have no effect, and OpenAI's strict mode refuses them.
    """
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema.pop("default", None)
    if isinstance(schema.get("properties"), dict):
        schema |= {"additionalProperties": False, "required": list(schema["properties"])}
    for name in ("properties", "$defs"):
        if isinstance(schema.get(name), dict):
            schema[name] = {key: _closed(part) for key, part in schema[name].items()}
    for name in ("items", "anyOf", "oneOf", "allOf"):
        if name in schema:
            schema[name] = _closed(schema[name])
    return schema


def _with_properties(value, schema: dict, where: str):
    """Return a value that has all properties of its schema; raise InputError otherwise."""
    for name, part in (schema.get("properties") or {}).items():
        if not isinstance(value, dict) or name not in value:
            raise InputError(
                f"{where} without {name!r}: {value!r:.100}",
                "all fields of the schema",
                "ask again; look at the answer's ending",
            )
        _with_properties(value[name], part, f"{where}.{name}")
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for number, item in enumerate(value):
            _with_properties(item, schema["items"], f"{where}[{number}]")
    return value
