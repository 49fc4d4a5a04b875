"""What a page is beyond its text: a chart, an editor, a screen; its data, and answers from them.

The readers get the texts as the model reads them, so that a model that misreads
small letters misreads a chart's axis and a screen's labels too.
"""

import re
from dataclasses import dataclass

from mmlab.api.server.mind import paper
from mmlab.api.server.mind.questions import Answer
from mmlab.api.server.mind.sight import Memory, View
from mmlab.world.documents.before_after import Difference
from mmlab.world.readers.chart import read_chart
from mmlab.world.readers.code import read_code
from mmlab.world.readers.differences import of_pages, of_scenes, of_screens
from mmlab.world.readers.screen import read_screen

_SIDES = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Drawn:
    """A page of a special kind.

    kind    "chart", "code" or "screen"
    fields  dict   as the world's document of that kind gives them; of code: {"code": text}
    """

    kind: str
    fields: dict


def of(view: View) -> Drawn | None:
    """Return what a page is beyond its text, or None when it is text alone."""
    if not isinstance(view, View) or not view.is_page:  # several pages are a text
        return None
    return _DRAWN.of(view.key + view.model.id.encode(), (view.picture.pixels, view.lines))


def _read(page: tuple) -> Drawn | None:
    """Return what the picture and the lines of a page make, or None."""
    image, lines = page
    try:
        if (fields := read_screen(image, lines)) is not None:
            return Drawn("screen", fields)
        if any(line.text.endswith(".py") for line in lines) and (code := read_code(image, lines)):
            return Drawn("code", {"code": code})
        fields = read_chart(image, lines)
        if fields is not None and (fields["kind"] != "pie" or fields["unit"] == "%"):  # a form is coloured too
            return Drawn("chart", fields)
    except (ValueError, IndexError, ZeroDivisionError):
        # Drawn by nobody that the readers know: its parts are not where they should be.
        return None
    return None


_DRAWN = Memory(_read)


def answer(view: View, asked: str) -> Answer | None:
    """Return the answer to what is asked of a chart, an editor or a screen; None for other pages."""
    found = of(view)
    if found is None:
        return None
    if found.kind == "code":
        return Answer(f"```python\n{found.fields['code']}```", f"```python\n{found.fields['code']}```")
    return (_of_chart if found.kind == "chart" else _of_screen)(view, found.fields, asked.lower())


def _of_chart(view: View, fields: dict, asked: str) -> Answer:
    """Return what is asked of a chart: its kind, trend, extremes or a value; else all of it."""
    for word, name in (("trend", "trend"), ("unit", "unit"), ("axis", "axis"), ("title", "title"),
                       ("kind of chart", "kind"), ("type of chart", "kind")):  # fmt: skip
        if word in asked and "?" in asked:
            return Answer(str(fields[name]), f"The {name} is {fields[name]}.")
    for pattern, name in ((r"highest|largest|most|biggest", "largest"), (r"lowest|smallest|least|fewest", "smallest")):
        if re.search(rf"\b({pattern})\b", asked):
            return Answer(fields[name], f"The {name} is {fields[name]}.")
    for place, category in enumerate(fields["categories"]):
        if re.search(rf"\b{re.escape(category.lower())}\b", asked):
            told = {name: values[place] for name, values in fields["series"].items()}
            listed = ", ".join(f"{name} {value}" for name, value in told.items())
            return Answer(" and ".join(map(str, told.values())), f"{category}: {listed}.")
    rows = "; ".join(f"{name}: " + ", ".join(f"{c} {v}" for c, v in zip(fields["categories"], values))
                     for name, values in fields["series"].items())  # fmt: skip
    trend = f" The trend is {fields['trend']}." if fields["trend"] else ""
    text = f"A {fields['kind']} chart, “{fields['title']}”, in {fields['unit']}. {rows}.{trend}"
    return Answer(text, text)


def _of_screen(view: View, fields: dict, asked: str) -> Answer:
    """Return how an element stands, or where it is, when one is named; else the whole screen."""
    named = [one for one in fields["elements"] if re.search(rf"\b{re.escape(one['label'].lower())}\b", asked)]
    if named and "?" in asked:
        one = max(named, key=lambda each: len(each["label"]))
        if re.search(r"\bwhere\b|\bclick\b|\bposition\b", asked):
            spot = ", ".join(map(str, middle(view, one)))
            return Answer(spot, f"The {one['role']} {one['label']} is at {spot}.")
        return Answer(one["state"] or "nothing", f"The {one['role']} {one['label']}: {one['state'] or 'nothing'}.")
    rows = [f"{one['role']} {one['label']}" + (f": {one['state']}" if one["state"] else "")
            for one in fields["elements"]]  # fmt: skip
    text = f"The application {fields['application']}, at {fields['tab']}. " + "; ".join(rows) + "."
    return Answer(text, text)


def middle(view: View, element: dict) -> tuple[int, int]:
    """Return the (x, y) of an element's middle in pixels of the picture that was sent."""
    left, top, right, bottom = element["box"]
    height, width = view.picture.pixels.shape[:2]
    return ((left + right) * view.picture.width // (2 * width),
            (top + bottom) * view.picture.height // (2 * height))  # fmt: skip


def listed(views: list[View], name: str) -> list | None:
    """Return what a list of this name holds on a chart or a screen, or between two pictures; None elsewhere."""
    asked = paper.parts(name)
    if len(views) > 1 and asked & {"difference", "change"}:
        return [{"kind": one.kind, "thing object item element": one.what, "before old": one.before,
                 "after new": one.after} for one in differences(views)]  # fmt: skip
    found = of(views[0]) if views else None
    if found is None or found.kind == "code":
        return None
    if found.kind == "screen":
        return [{"role kind type": one["role"], "label name text": one["label"], "state value": one["state"],
                 "x": str(middle(views[0], one)[0]), "y": str(middle(views[0], one)[1])}
                for one in found.fields["elements"]]  # fmt: skip
    return _of_series(found.fields, asked)


def _of_series(fields: dict, asked: set[str]) -> list:
    """Return a chart's categories, series, values or points, by the words of a list's name."""
    if asked & {"category", "label"}:
        return fields["categories"]
    rows = [{"series": name, "category label name x": category, "value amount number y": str(value)}
            for name, values in fields["series"].items()
            for category, value in zip(fields["categories"], values)]  # fmt: skip
    if asked & {"value", "number"}:
        return [row["value amount number y"] for row in rows]
    return list(fields["series"]) if asked & {"series", "serie", "legend"} else rows


def value(view: View, name: str) -> str | None:
    """Return what a chart, an editor or a screen holds under a name, or None."""
    found = of(view)
    if found is None:
        return None
    fields, asked = found.fields, paper.parts(name)
    if found.kind == "code":
        same = {"code": {"code", "program", "source", "content", "text"}}
    elif found.kind == "chart":
        same = {"kind": {"kind", "type", "chart"}, "largest": {"largest", "highest", "maximum", "most"},
                "smallest": {"smallest", "lowest", "minimum", "least"}}  # fmt: skip
    else:
        same = {"tab": {"tab", "section"}, "application": {"application", "app"}}
    for key in fields:
        if asked & same.get(key, {key}) and fields[key] is not None and not isinstance(fields[key], list | dict):
            return str(fields[key])
    return None


def differences(views: list[View]) -> tuple[Difference, ...]:
    """Return what the last of several pictures shows otherwise than the first, as the model sees both."""
    first, last = views[0], views[-1]
    scenes = [view.sight.scene for view in (first, last) if isinstance(view, View)]
    if len(scenes) == 2 and all(scenes):
        found = of_scenes(*scenes)
        return tuple(sorted(_mirrored(one) if first.swaps_sides else one for one in found))
    drawn = of(first), of(last)
    if all(drawn) and {one.kind for one in drawn} == {"screen"}:
        return tuple(sorted(of_screens(*(one.fields for one in drawn))))
    return tuple(sorted(of_pages(first.lines, last.lines)))


def _mirrored(one: Difference) -> Difference:
    """Return a difference with left and right exchanged in its places."""
    if one.kind not in ("appeared", "disappeared", "moved"):
        return one
    swapped = (" ".join(_SIDES.get(word, word) for word in text.split()) for text in (one.before, one.after))
    return Difference(one.kind, one.what, *swapped)
