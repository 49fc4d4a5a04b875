"""Replies that satisfy a JSON schema: the name of each property says what to look for."""

import re

from mmlab.api.server.model import document_questions, pages
from mmlab.api.server.model.schema_rules import count_within, number_within, resolved, text_within
from mmlab.api.server.model.shape_selection import where
from mmlab.api.server.model.vision import View
from mmlab.api.server.model.vocabulary import mentions, words
from mmlab.perception.budget import OutOfTime
from mmlab.world.parse import Mention
from mmlab.world.scene import CANVAS
from mmlab.world.truth import fits

_DEEPEST = 8
_MOST_VALUES = 20_000  # of one reply
_GENERIC = {"answer", "result", "value", "count", "number", "total", "amount", "many"}
_NUMERALS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()


class Filler:
    """Fills a schema with what the model saw or heard.

    views  list of View          the images
    text   str                   the reply as a sentence
    short  str                   the reply in a word, or the same as `text`
    media  MediaAnswer or None   the answer from audio or video, in place of images
    """

    def __init__(self, views: list[View], text: str, short: str, media=None):
        self.views, self.text, self.short, self.media = views, text, short, media
        self._values = 0  # that were filled in so far
        self.only_number = ""  # name of the property, if the whole reply has a single one that is a number

    def fill(self, schema: dict, name: str = "", of=None, depth: int = 0, root: dict | None = None):
        """Return a value that satisfies a schema.

        schema  dict   object, array, string, number, integer, boolean, null, enum, anyOf, $ref, with their rules
        name    str    name of the property, which says what to look for
        of      Seen, dict, str or None   the object that the property belongs to
        raises  OutOfTime if a reply would have more than 20,000 values
        """
        self._values += 1
        if (
            self._values > _MOST_VALUES
        ):  # minItems in a schema that refers to itself asks for more than any memory holds
            raise OutOfTime
        schema = _plain_schema(schema)
        root = root or schema
        if depth > 4 * _DEEPEST:
            return None
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key not in ("$ref", "type")}
            return self.fill({**resolved(schema["$ref"], root), **rest}, name, of, depth + 1, root)
        if "const" in schema:
            return schema["const"]
        if schema.get("allOf"):
            return self.fill(_merged(schema, root), name, of, depth + 1, root)
        for choices in (schema.get(word) for word in ("anyOf", "oneOf")):
            if choices:
                return self.fill(self._choice(choices, of, depth, root), name, of, depth + 1, root)
        if schema.get("enum"):
            return self._chosen(schema["enum"], name, of, schema)
        kinds = schema["type"]
        kind = next((kind for kind in kinds if kind != "null"), "null")
        if kind == "object":
            return self._object(schema, name, of, depth, root)
        if kind == "array":
            return self._array(schema, name, of, depth, root)
        return self._plain(kind, name, of, "null" in kinds or bool(schema.get("nullable")), schema)

    def _object(self, schema: dict, name: str, of, depth: int, root: dict) -> dict:
        properties, needed = schema.get("properties", {}), schema.get("required", [])
        if schema.get("additionalProperties") is not False:
            extra = [*needed, *(key for keys in _lists_in(schema, "dependentRequired") for key in keys)]
            properties = properties | {str(key): {} for key in extra if str(key) not in properties}
        if depth == 0:
            numbers = [key for key, part in properties.items() if _is_number(part)]
            self.only_number = numbers[0] if len(numbers) == 1 else ""
        if depth > _DEEPEST:  # a schema that refers to itself ends where it may
            properties = {key: part for key, part in properties.items() if key in needed}
        value = {key: self.fill(part, key, of, depth + 1, root) for key, part in properties.items()}
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and not properties:
            for mention in self._counted_by(name):
                key = _named(mention, schema.get("propertyNames"))
                value[key] = self.fill(more, f"number of {mention}", of, depth + 1, root)
        return value | self._further(schema, value, of, depth, root)

    def _further(self, schema: dict, value: dict, of, depth: int, root: dict) -> dict:
        """Return properties under made-up names, as many as minProperties asks for beyond those that are there."""
        least = count_within(0, {"minItems": schema.get("minProperties")}) - len(value)
        more, patterns, further = (
            schema.get("additionalProperties"),
            _object_in(schema, "patternProperties"),
            {},
        )
        parts = [(text_within("", {"pattern": pattern}), part) for pattern, part in patterns.items()]
        if more is not False:
            names = (_named(f"name {number}", schema.get("propertyNames")) for number in range(1, least + 1))
            parts += [(key, more if isinstance(more, dict) else {}) for key in names]
        for key, part in parts:
            if len(further) < least and key not in value and key not in further:
                further[key] = self.fill(part, key, of, depth + 1, root)
        return further

    def _counted_by(self, name: str) -> list[str]:
        """Return the keys of a table of numbers: the kinds of the shapes, or their colours if the name says so."""
        if self.media or not self.views:
            return []
        field = "colour" if "colour" in _words_of(name) else "kind"
        return list(dict.fromkeys(getattr(shape, field) for shape in self.views[0].shapes))

    def _array(self, schema: dict, name: str, of, depth: int, root: dict) -> list:
        if isinstance(schema.get("prefixItems"), list):
            box = self._box(name, of, len(schema["prefixItems"]))
            if box is not None:
                return box
            return [self.fill(part, name, of, depth + 1, root) for part in schema["prefixItems"][:100]]
        if schema.get("items") is False:
            return []
        inner = _plain_schema(schema.get("items", {}))
        size = count_within(4, schema)
        if {"integer", "number"} & set(inner["type"]) and (box := self._box(name, of, size)) is not None:
            return [number_within(value, inner, "integer" in inner["type"]) for value in box]
        items = [] if depth > _DEEPEST else self._items(name)
        count = count_within(len(items), schema)
        items = [*items[:count], *[None] * (count - len(items))]
        values = [self.fill(inner, name, item, depth + 1, root) for item in items]
        wanted = schema.get("contains")
        if isinstance(wanted, dict) and ({"const", "enum"} & set(wanted)):
            value = self.fill(wanted, name, of, depth + 1, root)
            values = values if value in values else [value, *values[1:]]
        if schema.get("uniqueItems"):
            values = [value for index, value in enumerate(values) if value not in values[:index]]
            values += _others(inner, values, count - len(values))
        return values

    def _box(self, name: str, of, size: int) -> list | None:
        """Return the box of a shape as four numbers, or its centre as two, if the name asks for them."""
        names = _words_of(name)
        shape = of if hasattr(of, "box") else self._only_shape()
        if shape is None or size not in (2, 4):
            return None
        if size == 2:
            centre = names & {"centre", "center", "position", "point", "location", "coordinates", "xy"}
            return [_of_shape(shape, {axis}, self.views[0]) for axis in "xy"] if centre else None
        if not names & {"box", "bbox", "bounding", "bounds", "rectangle", "xyxy"}:
            return None
        left, top, right, bottom = _pixels(shape.box, self.views[0])
        if name == "box_2d":  # Google: top and left first, in thousandths of the image
            high, wide = self.views[0].image.height, self.views[0].image.width
            return [
                round(1000 * v / side)
                for v, side in ((top, high), (left, wide), (bottom, high), (right, wide))
            ]
        return [left, top, right, bottom]

    def _only_shape(self):
        """Return the first shape of the first image, or None."""
        shapes = self.views[0].shapes if self.views and not self.media else ()
        return shapes[0] if shapes else None

    def _choice(self, choices: list, of, depth: int, root: dict) -> dict:
        """Return the alternative that fits the object best; deep inside, null if it is one of them."""
        schemas = [_plain_schema(choice) for choice in choices]
        if depth > _DEEPEST and {"type": ["null"]} in schemas:
            return {"type": ["null"]}

        def agrees(schema: dict) -> int:
            schema = resolved(schema["$ref"], root) if "$ref" in schema else schema
            parts = schema.get("properties") if isinstance(schema.get("properties"), dict) else {}
            fixed = {
                key: part["const"]
                for key, part in parts.items()
                if isinstance(part, dict) and "const" in part
            }
            own = {str(getattr(of, key, "")).lower() for key in ("kind", "colour", "size")}
            return sum(str(value).lower() in own for value in fixed.values())

        rest = [schema for schema in schemas if schema["type"] != ["null"]]
        best = max(rest, key=agrees, default=schemas[0])
        return _first_choice(
            [best, *[choice for choice in choices if _plain_schema(choice)["type"] == ["null"]]]
        )

    def _plain(self, kind: str, name: str, of, may_lack: bool, schema: dict):
        if kind == "boolean":
            return self._truth(name, of, schema)
        value = self._value(name, of)
        if kind in ("integer", "number"):
            number = self._number(value, name, of, schema)
            if number is None:
                return None if may_lack else number_within(0, schema, kind == "integer")
            return number_within(int(number) if kind == "integer" else number, schema, kind == "integer")
        if kind == "null":
            return None
        if value is None and may_lack:
            return None
        return text_within(str(self.text if value is None else value), schema, self.text)

    def _number(self, value, name: str, of, schema: dict) -> float | None:
        """Return what was seen as a number: printed, in words, as a count of the shapes that the name mentions."""
        names = _words_of(name)
        if names & {"confidence", "certainty", "probability"} and not self.media and self.views:
            return float(getattr(of, "sure", 1.0))
        number = _numeral(value)
        if number is None and of is None:
            number = self._count(name, schema)
        if number is None and of is None and (not names or names & _GENERIC or name == self.only_number):
            number = _numeral(self.short)
        return number

    def _count(self, name: str, schema: dict) -> int | None:
        """Return the number of the shapes that a name or a description mentions, or None."""
        if self.media or not self.views or self.views[0].is_page:
            return None
        view = self.views[0]
        for text in (name, str(schema.get("description") or "")):
            named = mentions(_spoken(text))
            if named and named[0] != Mention(1, False):
                return view.counted(sum(fits(shape, named[0]) for shape in view.shapes))
        return None

    def _truth(self, name: str, of, schema: dict) -> bool:
        """Return whether what a name or a description says is there: "has_square", "is_red", "contains_text"."""
        words_, description = _spoken(name), str(schema.get("description") or "")
        for text in (words_, _spoken(description)):
            named = [mention for mention in mentions(text) if mention != Mention(1, False)]
            if named and hasattr(of, "box"):
                return all(fits(of, mention) for mention in named)
            if named and self.views and not self.media and not self.views[0].is_page:
                if "background" in text:
                    return self.views[0].sight.background == named[0].colour
                there = [any(fits(shape, mention) for shape in self.views[0].shapes) for mention in named]
                return (any if "or" in text else all)(there) != bool({"no", "not", "without"} & set(text))
        value = self._value(name, of)
        if value is None and self.views and not self.media:
            view = self.views[0]
            if {"text", "words", "letters"} & set(words_):
                return bool(view.lines)
            if {"shape", "shapes"} & set(words_):
                return bool(view.shapes)
        return str(self.short if value is None else value).lower().strip(". ") in ("yes", "true", "1", "on")

    def _items(self, name: str) -> list:
        """Return the items of the list of this name: table rows, lines of text, shapes, words or events."""
        if self.media:
            return self.media.listed(_words_of(name))
        if (items := pages.listed(self.views, name)) is not None:
            return items
        wanted = document_questions.parts(name)
        if self.views and self.views[0].is_page:
            if wanted & {"line", "text"} and not wanted & {"item"}:
                return [line.text for view in self.views for line in view.lines]
            return [row for view in self.views for row in document_questions.table(view.lines)]
        return [shape for view in self.views for shape in view.shapes]

    def _value(self, name: str, of):
        """Return what the model saw or heard under this name, or None."""
        names = _words_of(name)
        if isinstance(of, str):
            return of
        if isinstance(of, dict):
            labels = {
                label: len(document_questions.parts(label) & document_questions.parts(name)) for label in of
            }
            best = max(labels, key=labels.get)
            return of[best] if labels[best] else next(iter(of.values()))
        if of is not None:
            return _of_shape(of, names, self.views[0])
        if self.media or not self.views:
            return self.media.fact(names) if self.media else None
        view = self.views[0]
        if (value := pages.value(view, name)) is not None:
            return value
        if view.is_page:
            return (
                document_questions.text_of(view)
                if names & {"text", "content"}
                else document_questions.value_for(view, name)
            )
        plain = not any(mention != Mention(1, False) for mention in mentions(_spoken(name)))
        counting = names & {"count", "number", "num", "many", "distinct", "unique", "different"}
        for plural, field in (
            ("colours", "colour"),
            ("colors", "colour"),
            ("kinds", "kind"),
            ("types", "kind"),
        ):
            if counting and plural in name.lower() and plain:
                return len({getattr(shape, field) for shape in view.shapes})
        if names & {"count", "number", "total", "many"} and plain:
            return view.counted(len(view.shapes))
        if "background" in names:
            return view.sight.background
        if names & {"colour", "kind", "shape", "size", "position", "x", "y"} and len(view.shapes) == 1:
            return _of_shape(view.shapes[0], names, view)
        if names & {"answer", "result", "value"}:
            return self.short
        return None

    def _chosen(self, choices: list, name: str, of, schema: dict):
        """Return the choice that fits what the model saw; the first choice if none fits."""
        value = self._value(name, of)
        if all(isinstance(choice, bool) or choice is None for choice in choices) and any(
            isinstance(choice, bool) for choice in choices
        ):
            truth = self._truth(name, of, schema)
            return truth if truth in choices else next(choice for choice in choices if choice is not None)
        amounts = {
            index: amount for index, choice in enumerate(choices) if (amount := _amount(choice)) is not None
        }
        number = self._number(value, name, of, schema) if amounts else None
        number = _numeral(self.short) if amounts and number is None and of is None else number
        if number is not None:
            nearest = min(amounts, key=lambda index: abs(amounts[index] - number))
            if amounts[nearest] == number or not isinstance(choices[nearest], str):
                return choices[nearest]
        seen = str(value or self.short).lower()
        spoken = set(words(seen))
        for choice in choices:
            if str(choice).lower() == seen or set(words(str(choice))) & spoken:
                return choice
        everything = " ".join(words(self.text))
        otherwise = None if None in choices else choices[0]
        return next((choice for choice in choices if str(choice).lower() in everything), otherwise)


def _words_of(name: str) -> set[str]:
    """Return the words of a property's name, also without a plural ending."""
    parts = set(words(re.sub(r"([a-z])([A-Z])", r"\1_\2", name)))
    return parts | {word.removesuffix("s") for word in parts} | {word.removesuffix("es") for word in parts}


def _is_number(schema) -> bool:
    """Return whether a schema wants a number, or a number or null."""
    schema = _plain_schema(schema)
    choices = [part for word in ("anyOf", "oneOf") for part in schema.get(word, [])]
    kinds = {kind for part in choices or [schema] for kind in _plain_schema(part)["type"]} - {"null"}
    return bool(kinds) and kinds <= {"integer", "number"} and not {"const", "enum"} & set(schema)


def _named(name: str, rules) -> str:
    """Return a name for a property, in capitals if its rules (propertyNames) want that, else one that keeps them."""
    rules = rules if isinstance(rules, dict) else {}
    spellings = (name, name.replace(" ", "_"), name.replace(" ", ""), name.upper(), name.title())
    valid = (text for text in spellings if text_within(text, rules) == text)
    return next(valid, None) or text_within(name, rules)


def _lists_in(schema: dict, name: str) -> list[list]:
    return [part for part in _object_in(schema, name).values() if isinstance(part, list)]


def _others(schema: dict, values: list, count: int) -> list:
    """Return so many further values of a schema that differ from the given ones, or fewer if there are no more."""
    kinds, others = set(schema["type"]), []
    if schema.get("enum"):
        candidates = schema["enum"]
    elif kinds & {"integer", "number"}:
        candidates = [number_within(number, schema, "integer" in kinds) for number in range(2000)]
    elif "string" in kinds:
        candidates = [text_within(f"item {number}", schema) for number in range(1, 1001)]
    else:
        candidates = []
    for candidate in candidates:
        if len(others) < count and candidate not in values and candidate not in others:
            others.append(candidate)
    return others


def _amount(choice) -> float | None:
    """Return the number that a choice of an enum is, in digits or as a word; None for other choices."""
    if isinstance(choice, int | float) and not isinstance(choice, bool):
        return float(choice)
    text = str(choice).strip().lower()
    if text in _NUMERALS:
        return float(_NUMERALS.index(text))
    return float(text) if isinstance(choice, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", text) else None


def _spoken(name: str) -> list[str]:
    """Return the words of a name in snake case or camel case."""
    return words(re.sub(r"([a-z])([A-Z])", r"\1_\2", name).replace("_", " "))


def _numeral(value) -> float | None:
    """Return the number that a text is, in digits or in words, or None."""
    text = str(value).strip().lower().rstrip(".")
    if text in _NUMERALS:
        return float(_NUMERALS.index(text))
    return document_questions.number(str(value)) if value is not None else None


def _pixels(box, view: View) -> tuple[int, int, int, int]:
    """Return a box in pixels of the original image."""
    height, width = view.image.pixels.shape[:2]
    across, down = view.image.width / width, view.image.height / height
    left, top, right, bottom = box
    return round(left * across), round(top * down), round(right * across), round(bottom * down)


def _edge(shape, names: set[str], view: View) -> int | None:
    """Return the edge or the side of a shape's box that the words name, in pixels, or None."""
    left, top, right, bottom = _pixels(shape.box, view)
    low, high = bool(names & {"min", "start", "1", "from"}), bool(names & {"max", "end", "2", "to"})
    values = {
        "left": left,
        "xmin": left,
        "top": top,
        "ymin": top,
        "right": right,
        "xmax": right,
        "bottom": bottom,
        "ymax": bottom,
        "width": right - left,
        "w": right - left,
        "height": bottom - top,
        "h": bottom - top,
        "area": (right - left) * (bottom - top),
    }
    for axis, (first, last) in (("x", (left, right)), ("y", (top, bottom))):
        if axis in names and (low or high):
            return first if low else last
    return next((value for name, value in values.items() if name in names), None)


def _of_shape(shape, names: set[str], view: View):
    """Return the property of a shape that the words name."""
    if (edge := _edge(shape, names, view)) is not None:
        return edge
    if "colour" in names:
        return shape.colour
    if "size" in names:
        return shape.size
    if names & {"position", "location", "where", "place"}:
        return where(view, shape)
    for axis, value in (("x", shape.x), ("y", shape.y)):
        if axis in names:
            return round(value / CANVAS * (view.image.width if axis == "x" else view.image.height))
    if names & {"kind", "shape", "shapes", "type", "name", "form", "label"}:
        return shape.kind
    return f"{shape.size} {shape.colour} {shape.kind}"


_FORMS = {
    "$ref": str,
    "anyOf": list,
    "oneOf": list,
    "allOf": list,
    "enum": list,
    "properties": dict,
    "items": dict,
    "required": list,
}


def _plain_schema(schema) -> dict:
    """Return a schema without malformed keywords, and with its type as a list of strings."""
    schema = schema if isinstance(schema, dict) else {}
    plain = {
        name: value for name, value in schema.items() if name not in _FORMS or isinstance(value, _FORMS[name])
    }
    if isinstance(schema.get("items"), list):  # tuples, as JSON Schema wrote them until 2019
        plain.setdefault("prefixItems", schema["items"])
    if schema.get("items") is False:
        plain["items"] = False
    types = plain.get("type") or ("object" if "properties" in plain else "string")
    plain["type"] = [str(kind).lower() for kind in (types if isinstance(types, list) else [types])]
    return plain


def _first_choice(choices: list) -> dict:
    """Return the first choice other than null; if null is a choice too, the type also allows null."""
    schemas = [_plain_schema(choice) for choice in choices]
    chosen = next((schema for schema in schemas if schema["type"] != ["null"]), schemas[0])
    if "$ref" in chosen or {"type": ["null"]} not in schemas:
        return chosen
    return chosen | {"type": [*chosen["type"], "null"]}


def _merged(schema: dict, root: dict) -> dict:
    """Return one schema for all parts of an allOf."""
    merged = {key: value for key, value in schema.items() if key not in ("allOf", "type")}
    for part in schema["allOf"]:
        part = part if isinstance(part, dict) else {}
        if isinstance(part.get("$ref"), str):
            part = {**resolved(part["$ref"], root), **{k: v for k, v in part.items() if k != "$ref"}}
        properties = {**_object_in(merged, "properties"), **_object_in(part, "properties")}
        required = [*(merged.get("required") or []), *(part.get("required") or [])]
        merged = {**merged, **part}
        if properties:
            merged |= {"properties": properties, "required": required}
    return merged


def _object_in(schema: dict, name: str) -> dict:
    return schema[name] if isinstance(schema.get(name), dict) else {}
