"""Pages that are more than text (charts, code editors, screens): their data, and answers from it.

The readers get the text as the model reads it, so a model that misreads small characters also misreads
the axis of a chart and the labels of a screen.
"""

import re
from dataclasses import dataclass
from functools import partial

from mmlab.api.server.model import chart_questions, document_questions, screen_questions
from mmlab.api.server.model.answers import Answer
from mmlab.api.server.model.vision import Memory, View
from mmlab.perception.chart import read_chart
from mmlab.perception.code import read_code
from mmlab.perception.differences import of_pages, of_scenes, of_screens
from mmlab.perception.screen import read_screen
from mmlab.world.documents.before_after import Difference

_SIDES = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class SpecialPage:
    """A page of a special kind.

    kind    "chart", "code" or "screen"
    fields  dict   the fields of the world's document of that kind; for code: {"code": text}
    """

    kind: str
    fields: dict


def of(view: View) -> SpecialPage | None:
    """Return the chart, code or screen on a page, or None if the page is only text."""
    if not isinstance(view, View) or not view.is_page:  # joined pages are only text
        return None
    return _PAGES.of(view.key + view.model.id.encode(), (view.image.pixels, view.lines))


def _read(page: tuple) -> SpecialPage | None:
    """Return the chart, code or screen that the image and the lines of a page form, or None."""
    image, lines = page
    try:
        if (fields := read_screen(image, lines)) is not None:
            return SpecialPage("screen", fields)
        if any(line.text.endswith(".py") for line in lines) and (code := read_code(image, lines)):
            return SpecialPage("code", {"code": code})
        fields = read_chart(image, lines)
        if fields is not None and (
            fields["kind"] != "pie" or fields["unit"] == "%"
        ):  # the coloured areas of a form look like a pie
            return SpecialPage("chart", fields)
    except (ValueError, IndexError, ZeroDivisionError):
        # The layout is not one that the readers know: parts are missing or misplaced.
        return None
    return None


_PAGES = Memory(_read)


def answer(view: View, question: str) -> Answer | None:
    """Return the answer to a question about a chart, a code editor or a screen; None if it names nothing there.

    question  str   in English
    """
    page = of(view)
    if page is None:
        return None
    if page.kind == "code":
        return _of_code(view, page.fields["code"], question.lower())
    if page.kind == "chart":
        return chart_questions.answer(page.fields, question)
    return screen_questions.answer(page.fields, question, partial(middle, view))


def described(view: View) -> Answer | None:
    """Return all of a chart, a code editor or a screen in text; None for other pages."""
    page = of(view)
    if page is None:
        return None
    if page.kind == "code":
        text = f"```python\n{page.fields['code']}```"
        return Answer(text, text)
    return (chart_questions if page.kind == "chart" else screen_questions).description(page.fields)


def transcribed_code(view: View) -> Answer:
    """Return the file's name and the program of a code editor."""
    file = next((line.text for line in view.lines if line.text.endswith(".py")), "")
    text = f"{file}\n{described(view).sentence}".lstrip()
    return Answer(text, text)


def _of_code(view: View, code: str, question: str) -> Answer | None:
    """Return the file's name, the functions or the number of lines of a program."""
    if not re.search(r"\b(what|which|how|name|count|is|are|does)\b", question):
        return None
    file = next((line.text for line in view.lines if line.text.endswith(".py")), "")
    if (
        re.search(r"\b(file|module|script)\b", question)
        and re.search(r"\b(name|called|which|what)\b", question)
        and file
    ):
        return Answer(file, f"The file is {file}.")
    if re.search(r"\blanguage\b", question):
        return Answer("Python", "It is Python.")
    names = re.findall(r"^\s*def (\w+)", code, re.MULTILINE)
    counts = re.search(r"\bhow many\b|\bnumber of\b|\bcount\b", question)
    if re.search(r"\bfunctions?\b", question) and names:
        if counts:
            return Answer(str(len(names)), f"It has {len(names)}: {', '.join(names)}.")
        if re.search(r"\b(name|called|which)\b", question):
            return Answer(", ".join(names), f"{', '.join(names)}.")
    if counts and re.search(r"\blines\b", question):
        count = len(code.splitlines())
        return Answer(str(count), f"It has {count} lines.")
    return None


def middle(view: View, element: dict) -> tuple[int, int]:
    """Return the (x, y) of an element's centre, in pixels of the original image."""
    left, top, right, bottom = element["box"]
    height, width = view.image.pixels.shape[:2]
    return (
        (left + right) * view.image.width // (2 * width),
        (top + bottom) * view.image.height // (2 * height),
    )


def listed(views: list[View], name: str) -> list | None:
    """Return the list of this name from a chart, a screen or the differences of two images; None otherwise."""
    words = document_questions.parts(name)
    if len(views) > 1 and words & {"difference", "change"}:
        return [
            {
                "kind": each.kind,
                "thing object item element": each.what,
                "before old": each.before,
                "after new": each.after,
            }
            for each in differences(views)
        ]
    page = of(views[0]) if views else None
    if page is None or page.kind == "code":
        return None
    if page.kind == "screen":
        return [
            {
                "role kind type": element["role"],
                "label name text": element["label"],
                "state value": element["state"],
                "x": str(middle(views[0], element)[0]),
                "y": str(middle(views[0], element)[1]),
            }
            for element in page.fields["elements"]
        ]
    return _of_series(page.fields, words)


def _of_series(fields: dict, words: set[str]) -> list:
    """Return the categories, series, values or points of a chart, whichever the words of the name ask for."""
    if words & {"category", "label"}:
        return fields["categories"]
    rows = [
        {"series": name, "category label name x": category, "value amount number y": str(value)}
        for name, values in fields["series"].items()
        for category, value in zip(fields["categories"], values)
    ]
    if words & {"value", "number"}:
        return [row["value amount number y"] for row in rows]
    return list(fields["series"]) if words & {"series", "serie", "legend"} else rows


def value(view: View, name: str) -> str | None:
    """Return the field of a chart, a code editor or a screen that a name asks for, or None."""
    page = of(view)
    if page is None:
        return None
    fields, words = page.fields, document_questions.parts(name)
    if page.kind == "code":
        same = {"code": {"code", "program", "source", "content", "text"}}
    elif page.kind == "chart":
        same = {
            "kind": {"kind", "type", "chart"},
            "largest": {"largest", "highest", "maximum", "most"},
            "smallest": {"smallest", "lowest", "minimum", "least"},
        }
    else:
        same = {"tab": {"tab", "section"}, "application": {"application", "app"}}
    for key in fields:
        if (
            words & same.get(key, {key})
            and fields[key] is not None
            and not isinstance(fields[key], list | dict)
        ):
            return str(fields[key])
    return None


def differences(views: list[View]) -> tuple[Difference, ...]:
    """Return the differences between the first and the last of several images, as the model sees them."""
    first, last = views[0], views[-1]
    scenes = [view.sight.scene for view in (first, last) if isinstance(view, View)]
    if len(scenes) == 2 and all(scenes):
        changes = of_scenes(*scenes)
        return tuple(sorted(_mirrored(each) if first.swaps_sides else each for each in changes))
    drawn = of(first), of(last)
    if all(drawn) and {page.kind for page in drawn} == {"screen"}:
        return tuple(sorted(of_screens(*(page.fields for page in drawn))))
    return tuple(sorted(of_pages(first.lines, last.lines)))


def _mirrored(difference: Difference) -> Difference:
    """Return a difference with left and right exchanged in its positions."""
    if difference.kind not in ("appeared", "disappeared", "moved"):
        return difference
    swapped = (
        " ".join(_SIDES.get(word, word) for word in text.split())
        for text in (difference.before, difference.after)
    )
    return Difference(difference.kind, difference.what, *swapped)
