"""JSON that a prompt asks for in words: a schema in the text, a list of field names, or fields between markers.

Always respond with a JSON object that's compatible with this schema: {...}     pydantic-ai, instructor
Respond with a JSON object in the following order of fields: `answer`, ...      dspy
[[ ## answer ## ]]                                                              dspy
"""

import json
import re

_ASKS = re.compile(r"\bjson\b", re.IGNORECASE)
_REQUESTS = re.compile(
    r"\b(respond|reply|answer|return|output|provide|give|format\w*|write|produce)\b[^.]{0,160}\bjson\b"
    r"|\b(as|in|valid|into|only)\s+(a\s+|valid\s+)?json\b|\bjson\s+(object|array|format|only|response)\b",
    re.IGNORECASE,
)
_FENCED = re.compile(r"```\s*json|\bjson (codeblock|code block)\b", re.IGNORECASE)
_FIELDS = re.compile(
    r"\b(?:fields?|keys?|properties)\b[^`\"'.\n]{0,60}((?:[`\"']\w{1,60}[`\"'][^`\"'\n]{0,80})+)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[`\"'](\w{1,60})[`\"'](?:\s*\(must be formatted as a valid Python (\w+)\))?")
_MARKED = re.compile(r"\[\[ ## (\w{1,60}) ## \]\]")
_OUTPUTS = re.compile(
    r"output fields are:\s*\n(.*?)(?:\n\s*\n|\Z|\nAll interactions)", re.DOTALL | re.IGNORECASE
)
_OUTPUT = re.compile(r"^\s*\d+\. `(\w{1,60})` \(([^)]{1,80})\)", re.MULTILINE)
_PYTHON = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_MAX_OBJECTS = 40  # places in a text at which a schema may begin


def requested(system: str, question: str) -> tuple[dict, str] | None:
    """Return the schema that a prompt asks for in words, and the form of the reply; None if it asks for no JSON.

    returns  (schema, "json"), (schema, "fenced") for a code block, or (schema, "marked") for dspy's markers
    """
    text = f"{system}\n{question}"
    if "[[ ## completed ## ]]" in text and (schema := _outputs(system)):
        return schema, "marked"
    if not _ASKS.search(text) or not _REQUESTS.search(text):
        return None
    schema = _schema_in(text) or _outputs(system) or _example(text) or _named(text) or {}
    return schema, "fenced" if _FENCED.search(text) else "json"


def written(value, form: str) -> str:
    """Return a value in the form of the reply that `requested` returned."""
    if form == "marked":
        parts = [
            f"[[ ## {name} ## ]]\n{each if isinstance(each, str) else json.dumps(each)}"
            for name, each in value.items()
        ]
        return "\n\n".join([*parts, "[[ ## completed ## ]]"])
    return f"```json\n{json.dumps(value)}\n```" if form == "fenced" else json.dumps(value)


def _schema_in(text: str) -> dict | None:
    """Return the last JSON schema of an object or an array in a text, or None."""
    decoder, last = json.JSONDecoder(), None
    position, tried = text.find("{"), 0
    while position >= 0 and tried < _MAX_OBJECTS:
        tried += 1
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            position = text.find("{", position + 1)
            continue
        if isinstance(value, dict) and (
            isinstance(value.get("properties"), dict) or value.get("type") in ("object", "array")
        ):
            last = value
        position = text.find("{", end)
    return last


def _outputs(system: str) -> dict | None:
    """Return the schema of dspy's output fields, or None."""
    section = _OUTPUTS.search(system)
    fields = _OUTPUT.findall(section[1]) if section else []
    return _object({name: _PYTHON.get(kind, "string") for name, kind in fields}) if fields else None


def _example(text: str) -> dict | None:
    """Return the schema of the last example of an object in a text, such as {"answer": 3} or {"answer": <number>}."""
    examples = re.findall(r"\{[^{}]{1,2000}\}", text[-20_000:])
    fields = re.findall(r"[\"'](\w{1,60})[\"']\s*:\s*([^,}]{0,80})", examples[-1]) if examples else []
    kinds = {name: _kind_of(value.strip()) for name, value in fields}
    return _object(kinds) if kinds else None


def _kind_of(value: str) -> str:
    """Return the type of an example of a value, or "" if any type is possible."""
    if re.fullmatch(r"-?\d+", value) or re.search(r"\bint(eger)?\b", value, re.IGNORECASE):
        return "integer"
    if re.fullmatch(r"-?\d+\.\d+", value) or re.search(r"\b(float|number)\b", value, re.IGNORECASE):
        return "number"
    if re.search(r"\b(true|false|bool(ean)?)\b", value, re.IGNORECASE):
        return "boolean"
    return "array" if value.startswith("[") else "string" if value.startswith(('"', "'")) else ""


def _named(text: str) -> dict | None:
    """Return the schema of an object with the fields that a text lists by name, or None."""
    lists = [_NAME.findall(match[1]) for match in _FIELDS.finditer(text)]
    fields = {name: _PYTHON.get(kind, "") for names in lists for name, kind in names}
    return _object(fields) if fields else None


def _object(fields: dict[str, str]) -> dict:
    properties = {name: {"type": kind} if kind else {} for name, kind in fields.items()}
    return {"type": "object", "properties": properties, "required": list(fields)}
