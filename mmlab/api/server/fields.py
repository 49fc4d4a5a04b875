"""A request's JSON held against what its provider takes, in that provider's own words."""

from dataclasses import dataclass

from mmlab.api.server.errors import ApiError

_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
          "object": dict}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """What one field takes.

    kind         "string", "integer", "number", "boolean", "array", "object"; several with "|"; "any"
    required     bool
    choices      the only values, or () for any
    least, most  of a number, or of a text's or a list's length
    """

    kind: str = "any"
    required: bool = False
    choices: tuple = ()
    least: float | None = None
    most: float | None = None


ANY = Field()


class OpenAI:
    """OpenAI's words for what is wrong with a field."""

    def path(self, parts) -> str:
        """Return where a field lies, as the provider writes it."""
        text = ""
        for part in parts:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    def missing(self, parts) -> ApiError:
        """Return the error for a field that is not there."""
        name = self.path(parts)
        return ApiError(400, f"Missing required parameter: '{name}'.", name, "missing_required_parameter")

    def unknown(self, parts) -> ApiError:
        """Return the error for a field that nobody knows."""
        name = self.path(parts)
        return ApiError(400, f"Unknown parameter: '{name}'.", name, "unknown_parameter")

    def kind(self, parts, wanted: str, given) -> ApiError:
        """Return the error for a value of the wrong type."""
        name, words = self.path(parts), wanted.replace("|", " or ")
        return ApiError(400, f"Invalid type for '{name}': expected {words}, but got {_kind(given)} instead.",
                        name, "invalid_type")  # fmt: skip

    def value(self, parts, given, choices) -> ApiError:
        """Return the error for a value that is none of the choices."""
        name, listed = self.path(parts), ", ".join(f"'{choice}'" for choice in choices)
        return ApiError(400, f"Invalid value: '{str(given)[:100]}'. Supported values are: {listed}.",
                        name, "invalid_value")  # fmt: skip

    def bounds(self, parts, given, least, most) -> ApiError:
        """Return the error for a value that is too small or too large."""
        name = self.path(parts)
        return ApiError(400, f"Invalid '{name}': {_bounds(given, least, most)}.", name, "invalid_value")


class Anthropic:
    """Anthropic's words."""

    def path(self, parts) -> str:
        """Return where a field lies, as the provider writes it."""
        return ".".join(map(str, parts))

    def missing(self, parts) -> ApiError:
        """Return the error for a field that is not there."""
        return ApiError(400, f"{self.path(parts)}: Field required")

    def unknown(self, parts) -> ApiError:
        """Return the error for a field that nobody knows."""
        return ApiError(400, f"{self.path(parts)}: Extra inputs are not permitted")

    def kind(self, parts, wanted: str, given) -> ApiError:
        """Return the error for a value of the wrong type."""
        names = {"array": "list", "object": "dictionary"}
        words = " or ".join(names.get(part, part) for part in wanted.split("|"))
        return ApiError(400, f"{self.path(parts)}: Input should be a valid {words}")

    def value(self, parts, given, choices) -> ApiError:
        """Return the error for a value that is none of the choices."""
        listed = [f"'{choice}'" for choice in choices]
        words = ", ".join(listed[:-1]) + (" or " if len(listed) > 1 else "") + listed[-1]
        return ApiError(400, f"{self.path(parts)}: Input should be {words}")

    def bounds(self, parts, given, least, most) -> ApiError:
        """Return the error for a value that is too small or too large."""
        return ApiError(400, f"{self.path(parts)}: {_bounds(given, least, most)}")


class Google:
    """Google's words."""

    def path(self, parts) -> str:
        """Return where a field lies, as the provider writes it."""
        return OpenAI.path(self, parts)

    def missing(self, parts) -> ApiError:
        """Return the error for a field that is not there."""
        return ApiError(400, f"* GenerateContentRequest.{self.path(parts)}: {parts[-1]} is not specified\n")

    def unknown(self, parts) -> ApiError:
        """Return the error for a field that nobody knows."""
        where = self.path(parts[:-1])
        return ApiError(400, f'Invalid JSON payload received. Unknown name "{parts[-1]}"'
                             f"{f' at {where!r}' if where else ''}: Cannot find field.")  # fmt: skip

    def kind(self, parts, wanted: str, given) -> ApiError:
        """Return the error for a value of the wrong type."""
        return ApiError(400, f"Invalid value at '{self.path(parts)}' ({wanted}), {str(given)[:100]!r}")

    def value(self, parts, given, choices) -> ApiError:
        """Return the error for a value that is none of the choices."""
        return ApiError(400, f"Invalid value at '{self.path(parts)}': {str(given)[:100]!r}, "
                             f"not one of {', '.join(map(str, choices))}")  # fmt: skip

    def bounds(self, parts, given, least, most) -> ApiError:
        """Return the error for a value that is too small or too large."""
        return ApiError(400, f"* GenerateContentRequest.{self.path(parts)}: {_bounds(given, least, most)}")


def checked(body, shape: dict[str, Field], voice, parts: tuple = ()) -> dict:
    """Return an object whose fields are as a shape says, or raise the provider's error.

    body   what should be an object
    shape  name → Field; a name that is not in it is refused, as the providers do
    voice  OpenAI(), Anthropic() or Google()
    parts  where the object lies in the request
    """
    if not isinstance(body, dict):
        raise voice.kind(parts or ("body",), "object", body)
    for name, value in body.items():
        if name not in shape:
            raise voice.unknown((*parts, name[:100]))
        if value is not None:
            check(value, shape[name], voice, (*parts, name))
    for name, field in shape.items():
        if field.required and body.get(name) is None:
            raise voice.missing((*parts, name))
    return body


def check(value, field: Field, voice, parts: tuple) -> None:
    """Raise the provider's error unless a value is as a field says."""
    if field.kind != "any" and not any(_is(value, kind) for kind in field.kind.split("|")):
        raise voice.kind(parts, field.kind, value)
    if field.choices and value not in field.choices:
        raise voice.value(parts, value, field.choices)
    size = len(value) if isinstance(value, str | list | dict) else value
    if field.least is not None and size < field.least or field.most is not None and size > field.most:
        raise voice.bounds(parts, value, field.least, field.most)


def tagged(block, shapes: dict[str, dict[str, Field]], voice, parts: tuple) -> dict:
    """Return an object that says in "type" which of several shapes it has, or raise."""
    if not isinstance(block, dict):
        raise voice.kind(parts, "object", block)
    kind = block.get("type")
    if kind is None:
        raise voice.missing((*parts, "type"))
    if not isinstance(kind, str) or kind not in shapes:
        raise voice.value((*parts, "type"), kind, tuple(shapes))
    return checked(block, {"type": ANY, **shapes[kind]}, voice, parts)


def _is(value, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _kind(value) -> str:
    for name in _TYPES:
        if _is(value, name):
            return ("an " if name[0] in "aeiou" else "a ") + name
    return "null"


def _bounds(given, least, most) -> str:
    what = "length" if isinstance(given, str | list | dict) else "value"
    if least is not None and most is not None:
        return f"{what} should be from {least} to {most}"
    return f"{what} should be at least {least}" if least is not None else f"{what} should be at most {most}"
