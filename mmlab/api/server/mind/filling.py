"""Answers in the form of a JSON schema: each property is looked for by its name."""

import re

from mmlab.api.server.mind import pages, paper
from mmlab.api.server.mind.questions import where
from mmlab.api.server.mind.sight import View
from mmlab.api.server.mind.words import words

_DEEPEST = 8


class Filler:
    """Fills a schema from what was seen.

    views  list of View   the pictures
    text   str            the reply in words
    short  str            the answer in a word, or the text
    asked  str            what was asked
    told   Told           what sounds or films tell, in place of pictures; None without
    """

    def __init__(self, views: list[View], text: str, short: str, asked: str, told=None):
        self.views, self.text, self.short, self.asked = views, text, short, asked
        self.told = told

    def fill(self, schema: dict, name: str = "", of=None, depth: int = 0, root: dict | None = None):
        """Return a value that satisfies a schema.

        schema  dict   object, array, string, number, integer, boolean, null, enum, anyOf, $ref
        name    str    of the property, which says what is wanted
        of      Seen or dict or None   the thing that the property is one of
        """
        schema = _plain_schema(schema)
        root = root or schema
        if depth > _DEEPEST:
            return None
        if "$ref" in schema:
            return self.fill(_resolved(schema["$ref"], root), name, of, depth + 1, root)
        if "const" in schema:
            return schema["const"]
        for choices in (schema.get(word) for word in ("anyOf", "oneOf", "allOf")):
            if choices:
                return self.fill(_one_of(choices), name, of, depth + 1, root)
        if schema.get("enum"):
            return self._chosen(schema["enum"], name, of)
        kinds = schema["type"]
        if kinds[0] == "object":
            properties = schema.get("properties", {})
            return {key: self.fill(part, key, of, depth + 1, root) for key, part in properties.items()}
        if kinds[0] == "array":
            things = self._things(name)[: schema.get("maxItems", 1000)]
            return [self.fill(schema.get("items", {}), name, one, depth + 1, root) for one in things]
        return self._plain(kinds[0], name, of, "null" in kinds)

    def _plain(self, kind: str, name: str, of, may_lack: bool):
        value = self._found(name, of)
        if kind in ("integer", "number"):
            value = paper.number(str(value)) if value is not None else None
            if value is None:
                return None if may_lack else 0
            return int(value) if kind == "integer" else value
        if kind == "boolean":
            return str(value if value is not None else self.short).lower() in ("yes", "true", "1")
        if kind in ("object", "array", "null"):
            return {"object": {}, "array": []}.get(kind)
        if value is None:
            return None if may_lack else self.text
        return str(value)

    def _things(self, name: str) -> list:
        """Return what a list of this name holds: rows of a page's table, texts, shapes, words or events."""
        if self.told:
            return self.told.listed(_asked(name))
        if (drawn := pages.listed(self.views, name)) is not None:
            return drawn
        asked = paper.parts(name)
        if self.views and self.views[0].is_page:
            if asked & {"line", "text"} and not asked & {"item"}:
                return [line.text for view in self.views for line in view.lines]
            return [row for view in self.views for row in paper.table(view.lines)]
        return [shape for view in self.views for shape in view.shapes]

    def _found(self, name: str, of):
        """Return what was seen under a name, or None."""
        asked = _asked(name)
        if isinstance(of, str):
            return of
        if isinstance(of, dict):
            labels = {label: len(paper.parts(label) & paper.parts(name)) for label in of}
            best = max(labels, key=labels.get)
            return of[best] if labels[best] else next(iter(of.values()))
        if of is not None:
            return _of_shape(of, asked, self.views[0])
        if self.told or not self.views:
            return self.told.fact(asked) if self.told else None
        view = self.views[0]
        if (drawn := pages.value(view, name)) is not None:
            return drawn
        if view.is_page:
            return paper.text_of(view) if asked & {"text", "content"} else paper.value_for(view, name)
        if asked & {"count", "number", "total", "many"}:
            return view.counted(len(view.shapes))
        if "background" in asked:
            return view.sight.background
        if asked & {"colour", "kind", "shape", "size", "position", "x", "y"} and len(view.shapes) == 1:
            return _of_shape(view.shapes[0], asked, view)
        if asked & {"answer", "result", "value"}:
            return self.short
        return None

    def _chosen(self, choices: list, name: str, of):
        """Return the choice that what was seen names, the first one where none is."""
        seen = str(self._found(name, of) or self.short).lower()
        spoken = set(words(seen))
        for choice in choices:
            if str(choice).lower() == seen or set(words(str(choice))) & spoken:
                return choice
        everything = " ".join(words(self.text))
        return next((choice for choice in choices if str(choice).lower() in everything), choices[0])


def _asked(name: str) -> set[str]:
    """Return the words of a property's name; a list's name is in the plural."""
    asked = set(words(re.sub(r"([a-z])([A-Z])", r"\1_\2", name)))
    return asked | {word.removesuffix("s") for word in asked}


def _of_shape(shape, asked: set[str], view: View):
    """Return the property of a shape that some words ask for."""
    if "colour" in asked:
        return shape.colour
    if "size" in asked:
        return shape.size
    if asked & {"position", "location", "where", "place"}:
        return where(view, shape)
    for axis, value in (("x", shape.x), ("y", shape.y)):
        if axis in asked:
            side = view.picture.pixels.shape[1 if axis == "x" else 0]
            return round(value / 96 * side)
    if asked & {"kind", "shape", "shapes", "type", "name", "form", "label"}:
        return shape.kind
    return f"{shape.size} {shape.colour} {shape.kind}"


_FORMS = {"$ref": str, "anyOf": list, "oneOf": list, "allOf": list, "enum": list, "properties": dict,
          "items": dict, "maxItems": int}  # fmt: skip


def _plain_schema(schema) -> dict:
    """Return a schema without what has no meaning, and with its type as a list of words."""
    schema = schema if isinstance(schema, dict) else {}
    kept = {name: value for name, value in schema.items()
            if name not in _FORMS or isinstance(value, _FORMS[name])}  # fmt: skip
    told = kept.get("type") or ("object" if "properties" in kept else "string")
    kept["type"] = [str(one).lower() for one in (told if isinstance(told, list) else [told])]
    return kept


def _one_of(choices: list) -> dict:
    """Return the first choice that is more than null; where null is one too, it may also be that."""
    schemas = [_plain_schema(choice) for choice in choices]
    chosen = next((one for one in schemas if one["type"] != ["null"]), schemas[0])
    if "$ref" in chosen or {"type": ["null"]} not in schemas:
        return chosen
    return chosen | {"type": [*chosen["type"], "null"]}


def _resolved(pointer: str, root: dict) -> dict:
    """Return what a local reference of a schema points to."""
    place = root
    for step in pointer.removeprefix("#/").split("/"):
        place = place.get(step, {}) if isinstance(place, dict) else {}
    return place if isinstance(place, dict) else {}
