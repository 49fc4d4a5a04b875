"""Validation of a request's JSON, with the provider's own error messages."""

from dataclasses import dataclass

from mmlab.api.server.errors import ApiError

_TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


@dataclass(frozen=True)
class Field:
    """The rules for one field.

    kind              "string", "integer", "number", "boolean", "array", "object"; several with "|"; "any"
    required          bool
    choices           the allowed values, or () for any
    minimum, maximum  of a number, or of the length of a string, a list or an object
    offered           the values that ask for nothing special, besides false and empty ones; any other value asks for
                      a feature that this server does not have, and is refused by name. None: every value is taken
    """

    kind: str = "any"
    required: bool = False
    choices: tuple = ()
    minimum: float | None = None
    maximum: float | None = None
    offered: tuple | None = None


ANY = Field()
# A field without influence on the reply of a deterministic model: labels, hints for caches, sampling, priorities.
HINT = Field()
REFUSED = Field(offered=())


class OpenAIErrors:
    """OpenAI's error messages for a faulty field."""

    def path(self, parts) -> str:
        """Return the path of a field in the provider's notation."""
        text = ""
        for part in parts:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    def missing(self, parts) -> ApiError:
        """Return the error for a missing required field."""
        name = self.path(parts)
        return ApiError(400, f"Missing required parameter: '{name}'.", name, "missing_required_parameter")

    def unknown(self, parts) -> ApiError:
        """Return the error for an unknown field."""
        name = self.path(parts)
        return ApiError(400, f"Unknown parameter: '{name}'.", name, "unknown_parameter")

    def kind(self, parts, wanted: str, given) -> ApiError:
        """Return the error for a value of the wrong type."""
        name, words = self.path(parts), wanted.replace("|", " or ")
        return ApiError(
            400,
            f"Invalid type for '{name}': expected {words}, but got {_kind(given)} instead.",
            name,
            "invalid_type",
        )

    def value(self, parts, given, choices) -> ApiError:
        """Return the error for a value that is not one of the choices."""
        name, listed = self.path(parts), ", ".join(f"'{choice}'" for choice in choices)
        return ApiError(
            400,
            f"Invalid value: '{str(given)[:100]}'. Supported values are: {listed}.",
            name,
            "invalid_value",
        )

    def bounds(self, parts, given, minimum, maximum) -> ApiError:
        """Return the error for a value outside its bounds."""
        name = self.path(parts)
        return ApiError(400, f"Invalid '{name}': {_bounds(given, minimum, maximum)}.", name, "invalid_value")

    def not_offered(self, parts) -> ApiError:
        """Return the error for a feature that this server does not have."""
        name = self.path(parts)
        message = f"Unsupported parameter: '{name}'. This server does not offer {name}."
        return ApiError(400, message, name, "unsupported_parameter")


class AnthropicErrors:
    """Anthropic's error messages."""

    def path(self, parts) -> str:
        """Return the path of a field in the provider's notation."""
        return ".".join(map(str, parts))

    def missing(self, parts) -> ApiError:
        """Return the error for a missing required field."""
        return ApiError(400, f"{self.path(parts)}: Field required")

    def unknown(self, parts) -> ApiError:
        """Return the error for an unknown field."""
        return ApiError(400, f"{self.path(parts)}: Extra inputs are not permitted")

    def kind(self, parts, wanted: str, given) -> ApiError:
        """Return the error for a value of the wrong type."""
        names = {"array": "list", "object": "dictionary"}
        words = " or ".join(names.get(part, part) for part in wanted.split("|"))
        return ApiError(400, f"{self.path(parts)}: Input should be a valid {words}")

    def value(self, parts, given, choices) -> ApiError:
        """Return the error for a value that is not one of the choices."""
        listed = [f"'{choice}'" for choice in choices]
        words = ", ".join(listed[:-1]) + (" or " if len(listed) > 1 else "") + listed[-1]
        return ApiError(400, f"{self.path(parts)}: Input should be {words}")

    def bounds(self, parts, given, minimum, maximum) -> ApiError:
        """Return the error for a value outside its bounds."""
        return ApiError(400, f"{self.path(parts)}: {_bounds(given, minimum, maximum)}")

    def not_offered(self, parts) -> ApiError:
        """Return the error for a feature that this server does not have."""
        return ApiError(400, f"{self.path(parts)}: this server does not offer it")


class GoogleErrors:
    """Google's error messages."""

    def path(self, parts) -> str:
        """Return the path of a field in the provider's notation."""
        return OpenAIErrors.path(self, parts)

    def missing(self, parts) -> ApiError:
        """Return the error for a missing required field."""
        return ApiError(400, f"* GenerateContentRequest.{self.path(parts)}: {parts[-1]} is not specified\n")

    def unknown(self, parts) -> ApiError:
        """Return the error for an unknown field."""
        where = self.path(parts[:-1])
        return ApiError(
            400,
            f'Invalid JSON payload received. Unknown name "{parts[-1]}"'
            f"{f' at {where!r}' if where else ''}: Cannot find field.",
        )

    def kind(self, parts, wanted: str, given) -> ApiError:
        """Return the error for a value of the wrong type."""
        return ApiError(400, f"Invalid value at '{self.path(parts)}' ({wanted}), {str(given)[:100]!r}")

    def value(self, parts, given, choices) -> ApiError:
        """Return the error for a value that is not one of the choices."""
        return ApiError(
            400,
            f"Invalid value at '{self.path(parts)}': {str(given)[:100]!r}, "
            f"not one of {', '.join(map(str, choices))}",
        )

    def bounds(self, parts, given, minimum, maximum) -> ApiError:
        """Return the error for a value outside its bounds."""
        return ApiError(
            400, f"* GenerateContentRequest.{self.path(parts)}: {_bounds(given, minimum, maximum)}"
        )

    def not_offered(self, parts) -> ApiError:
        """Return the error for a feature that this server does not have."""
        return ApiError(400, f"{self.path(parts)}: this server does not offer it.")


def checked(body, shape: dict[str, Field], errors, parts: tuple = ()) -> dict:
    """Return a JSON object after validation, or raise the provider's error.

    body    the value to validate
    shape   name → Field; other names are refused, as the providers do
    errors  OpenAIErrors(), AnthropicErrors() or GoogleErrors()
    parts   path of the object in the request
    """
    if not isinstance(body, dict):
        raise errors.kind(parts or ("body",), "object", body)
    for name, value in body.items():
        if name not in shape:
            raise errors.unknown((*parts, name[:100]))
        if value is not None:
            check(value, shape[name], errors, (*parts, name))
    for name, field in shape.items():
        if field.required and body.get(name) is None:
            raise errors.missing((*parts, name))
    return body


def check(value, field: Field, errors, parts: tuple) -> None:
    """Raise the provider's error unless a value satisfies the rules of a field."""
    if field.kind != "any" and not any(_is(value, kind) for kind in field.kind.split("|")):
        raise errors.kind(parts, field.kind, value)
    if field.offered is not None and value and value not in field.offered:
        raise errors.not_offered(parts)
    if field.choices and value not in field.choices:
        raise errors.value(parts, value, field.choices)
    size = len(value) if isinstance(value, str | list | dict) else value
    if (
        field.minimum is not None
        and size < field.minimum
        or field.maximum is not None
        and size > field.maximum
    ):
        raise errors.bounds(parts, value, field.minimum, field.maximum)


def tagged(block, shapes: dict[str, dict[str, Field]], errors, parts: tuple) -> dict:
    """Return an object after validation against the shape that its "type" selects, or raise the error."""
    if not isinstance(block, dict):
        raise errors.kind(parts, "object", block)
    kind = block.get("type")
    if kind is None:
        raise errors.missing((*parts, "type"))
    if not isinstance(kind, str) or kind not in shapes:
        raise errors.value((*parts, "type"), kind, tuple(shapes))
    return checked(block, {"type": ANY, **shapes[kind]}, errors, parts)


def _is(value, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _kind(value) -> str:
    for name in _TYPES:
        if _is(value, name):
            return ("an " if name[0] in "aeiou" else "a ") + name
    return "null"


def _bounds(given, minimum, maximum) -> str:
    what = "length" if isinstance(given, str | list | dict) else "value"
    if minimum is not None and maximum is not None:
        return f"{what} should be from {minimum} to {maximum}"
    return (
        f"{what} should be at least {minimum}"
        if minimum is not None
        else f"{what} should be at most {maximum}"
    )
