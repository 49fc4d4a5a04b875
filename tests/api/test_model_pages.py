"""Charts, editors, screens and pairs of pictures: the mind gives what was drawn, from the pixels."""

import json

import numpy as np
import pytest

from mmlab.api.server.media import Image
from mmlab.api.server.model import Prompt, Tool, Turn, reply
from mmlab.world.documents import (
    before_after,
    chart,
    click,
    code_page,
    draw,
    enter,
    form,
    invoice,
    screen,
    screenshot,
)

TOOLS = [
    Tool(
        "click",
        "Click at a place",
        {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}},
    ),
    Tool(
        "write",
        "Write into a field",
        {"type": "object", "properties": {"field": {"type": "string"}, "text": {"type": "string"}}},
    ),
]


def listed(name: str, **properties) -> dict:
    """Return the schema of an object with a list of objects."""
    inner = {"type": "object", "properties": {key: {"type": kind} for key, kind in properties.items()}}
    return {"type": "object", "properties": {name: {"type": "array", "items": inner}}}


def turn(text: str, *pixels, role: str = "user") -> Turn:
    return Turn(
        role, text, tuple(Image(one, one.shape[1], one.shape[0], "PNG") for one in map(np.asarray, pixels))
    )


def said(text: str, *pixels, model: str = "mm-vision", **more) -> str:
    return reply(Prompt(model, [turn(text, *pixels)], **more)).text


@pytest.mark.parametrize("kind", ["bar", "line", "pie"])
@pytest.mark.parametrize("seed", range(3))
def test_a_charts_data_come_back(seed, kind):
    page = chart(seed, kind)
    schema = listed("points", series="string", category="string", value="number")
    schema["properties"] |= {
        "kind": {"type": "string", "enum": ["pie", "line", "bar"]},
        "trend": {"type": ["string", "null"]},
    }
    filled = json.loads(said("Read the chart.", page.image, schema=schema))
    truth = [
        (name, category, value)
        for name, values in page.fields["series"].items()
        for category, value in zip(page.fields["categories"], values)
    ]
    assert [(p["series"], p["category"], p["value"]) for p in filled["points"]] == truth
    assert filled["kind"] == kind
    assert page.fields["largest"] in said("Which category has the highest value?", page.image)


def test_a_program_comes_back_in_a_fence():
    for seed in range(3):
        page = code_page(seed)
        assert said("Write down the code.", page.image) == f"```python\n{page.fields['code']}```"


@pytest.mark.parametrize("application", ["settings", "checkout", "files"])
def test_a_screens_elements_come_back(application):
    page = screenshot(4, application)
    schema = listed("elements", role="string", label="string", state="string", x="integer", y="integer")
    filled = json.loads(said("List the elements.", page.image, schema=schema))["elements"]
    told = [(one["role"], one["label"], one["state"]) for one in filled]
    assert told == [(one["role"], one["label"], one["state"]) for one in page.fields["elements"]]
    for one, true in zip(filled, page.fields["elements"]):
        left, top, right, bottom = true["box"]
        assert left <= one["x"] <= right and top <= one["y"] <= bottom


@pytest.mark.parametrize("subject", ["scene", "page", "screen"])
@pytest.mark.parametrize("seed", range(3))
def test_planted_differences_are_found(seed, subject):
    pair = before_after(seed, subject)
    schema = listed("differences", kind="string", thing="string", before="string", after="string")
    told = json.loads(said("What has changed?", pair.before, pair.after, schema=schema))["differences"]
    assert [tuple(one.values()) for one in told] == [
        (d.kind, d.what, d.before, d.after) for d in pair.differences
    ]


def test_labels_over_their_values_are_read():
    page, paper = form(1), invoice(2)
    assert said("What is the phone number? Only the number.", page.image) == page.fields["answers"]["Phone"]
    assert paper.fields["buyer"]["name"] in said("Who is the customer?", paper.image)


def acted(goal: str, shown, model: str = "mm-vision", maximum: int = 12):
    """Let a model work on a screen until it says that it is done; return the screen, the acts and the words."""
    turns, acts = [turn(goal, draw(shown).image)], []
    while len(acts) < maximum:
        told = reply(Prompt(model, turns, tools=TOOLS))
        if not told.calls:
            return shown, acts, told.text
        call = told.calls[0]
        acts.append(call)
        shown = (
            click(shown, **call.arguments)
            if call.name == "click"
            else enter(shown, call.arguments["field"], call.arguments["text"])
        )
        turns += [Turn("assistant"), turn("done", draw(shown).image, role="tool")]
    return shown, acts, ""


def test_a_goal_on_a_screen_is_reached():
    shown = screen(1, "settings")
    switched = {one.label: one.state for one in shown.elements if one.role in ("toggle", "checkbox")}
    goal = ", ".join(f"turn {'off' if state == 'on' else 'on'} {label}" for label, state in switched.items())
    last, acts, words = acted(
        f"Open the Sound tab, write 'attic-7' into Device name, {goal} and press Save changes.", shown
    )
    state = {one.label: one.state for one in last.elements}
    assert (
        last.chosen == "Sound" and state["Device name"] == "attic-7" and last.message == "Save changes: done"
    )
    assert all(state[label] != old for label, old in switched.items())
    assert len(acts) == 3 + len(switched) and "Done" in words


def test_what_is_already_so_is_left_alone():
    shown = screen(1, "settings")
    on = next(one.label for one in shown.elements if one.state == "on")
    assert acted(f"Turn on {on}.", shown)[1] == []


def test_small_letters_mislead_the_small_model():
    page = chart(0, "bar")
    schema = listed("points", category="string", value="number")
    told = [
        said("Read it.", page.image, model=model, schema=schema) for model in ("mm-vision", "mm-vision-mini")
    ]
    assert told[0] != told[1]
