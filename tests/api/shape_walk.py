"""A walk over a response and the SDK's own model of it, field by field.

The SDKs' models keep what they do not know and never look at types; this does both.
"""

import datetime
import enum
import re
import types
import typing
from collections import abc

from pydantic import BaseModel

_PLAIN = {str: str, int: int, bool: bool, float: (int, float)}


def shape_faults(shape, raw, path: str = "", *, google: bool = False) -> list[str]:
    """Return what is wrong with a value as JSON, each with its place: unknown, missing, of the wrong type.

    shape   a pydantic model, or any type that stands in one
    raw     what json.loads gave
    google  whether numbers of 64 bits may be texts, as protocol buffers write them
    """
    origin = typing.get_origin(shape)
    if origin is typing.Annotated:
        return shape_faults(typing.get_args(shape)[0], raw, path, google=google)
    if shape in (typing.Any, object) or isinstance(shape, typing.TypeVar):
        return []
    if origin in (typing.Union, types.UnionType):
        found = [shape_faults(one, raw, path, google=google) for one in _fitting(typing.get_args(shape), raw)]
        return min(found, key=len)
    if shape in (None, type(None)):
        return [] if raw is None else [f"{path}: {_told(raw)} where null is due"]
    if origin is typing.Literal:
        return (
            []
            if raw in typing.get_args(shape)
            else [f"{path}: {_told(raw)} is none of {typing.get_args(shape)}"]
        )
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return _model(shape, raw, path, google)
    return _plain(origin or shape, typing.get_args(shape), raw, path, google)


def _fitting(choices: tuple, raw) -> list:
    """Return the members of a union that a value may be: those of its own "type", where it tells one."""
    kind = raw.get("type") if isinstance(raw, dict) else None
    same = [
        one
        for one in choices
        if isinstance(one, type)
        and issubclass(one, BaseModel)
        and "type" in one.model_fields
        and kind in typing.get_args(one.model_fields["type"].annotation)
    ]
    return same or list(choices)


def _model(shape: type[BaseModel], raw, path: str, google: bool) -> list[str]:
    if not isinstance(raw, dict):
        return [f"{path}: {_told(raw)} where {shape.__name__} is due"]
    fields = {(field.alias or name): field for name, field in shape.model_fields.items()}
    found = [f"{path}.{name}: unknown to {shape.__name__}" for name in raw if name not in fields]
    found += [
        f"{path}.{name}: missing" for name, field in fields.items() if field.is_required() and name not in raw
    ]
    for name, value in raw.items():
        if name in fields:
            found += shape_faults(fields[name].annotation, value, f"{path}.{name}", google=google)
    return found


def _plain(kind, inner: tuple, raw, path: str, google: bool) -> list[str]:
    """Return the faults of a value that is no model: a number, a text, a date, a list, a mapping."""
    wrong = [f"{path}: {_told(raw)} where {getattr(kind, '__name__', kind)} is due"]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [] if raw in [one.value for one in kind] else wrong
    if kind in (list, tuple, abc.Sequence, abc.Iterable):
        return (
            wrong
            if not isinstance(raw, list)
            else [
                fault
                for place, one in enumerate(raw)
                for fault in shape_faults(
                    inner[0] if inner else object, one, f"{path}[{place}]", google=google
                )
            ]
        )
    if kind in (dict, abc.Mapping):
        return (
            wrong
            if not isinstance(raw, dict)
            else [
                fault
                for name, one in raw.items()
                for fault in shape_faults(inner[1] if inner else object, one, f"{path}.{name}", google=google)
            ]
        )
    if kind in (datetime.datetime, datetime.date):
        return [] if isinstance(raw, str) and _is_date(raw) else wrong
    if kind is bytes:
        return [] if isinstance(raw, str) and re.fullmatch(r"[\w+/=-]*", raw) else wrong
    if kind is int and google and isinstance(raw, str):
        return [] if re.fullmatch(r"-?\d+", raw) else wrong
    if isinstance(raw, bool) and kind is not bool:
        return wrong
    return [] if isinstance(raw, _PLAIN[kind]) else wrong


def _is_date(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _told(raw) -> str:
    return repr(raw)[:60]
