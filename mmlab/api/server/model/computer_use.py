"""The next action on a screen: compares the clauses of a goal with the state of the screen.

A goal consists of clauses: "turn off Location, write 'desk' into Device name and press Save changes".
Each clause names an element by its label. The first clause that the screen does not yet fulfil
determines the next action, and the action determines the tool.
"""

import re
from dataclasses import dataclass

from mmlab.api.server.model import pages
from mmlab.api.server.model.prompt import Call, Prompt, Reply, Tool
from mmlab.api.server.model.vision import View

_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”]*)”|(?<!\w)'([^']*)'(?!\w)")
_CLAUSE = re.compile(r"[;:\n]|\.(?=\s|$)|,|\bthen\b|\band\b", re.IGNORECASE)
_OFF = re.compile(r"\b(off|untick|uncheck|disable|clear|deactivate|without)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Action:
    """One action on a screen: a click on an element, or text for a field."""

    element: dict
    text: str | None = None


def reply(prompt: Prompt, views: list[View], goal: str) -> Reply | None:
    """Return the next tool call for the latest screen, or None if the prompt is not about using a screen."""
    click = next((tool for tool in prompt.tools if {"x", "y"} <= _names(tool).keys()), None)
    page = pages.of(views[-1]) if views and click and prompt.must_call != "none" else None
    if page is None or page.kind != "screen":
        return None
    action = _next(page.fields, goal)
    if action is None:
        return Reply("Done: the screen shows all that was asked.")
    write = next((tool for tool in prompt.tools if "text" in _names(tool)), None)
    if action.text is not None and write is None:
        return Reply(f"I cannot write into {action.element['label']}: no tool takes a text.")
    tool = click if action.text is None else write
    return Reply(calls=[Call(tool.name, _arguments(tool, views[-1], action))], ending="call")


def _names(tool: Tool) -> dict:
    """Return the properties of the tool's arguments."""
    properties = tool.schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _arguments(tool: Tool, view: View, action: Action) -> dict:
    """Return the arguments of the tool call: the position, label and text of the action, by name."""
    x, y = pages.middle(view, action.element)
    known = {
        "x": x,
        "y": y,
        "text": action.text or "",
        **dict.fromkeys(("label", "field", "element", "name", "target"), action.element["label"]),
    }
    return {name: known[name] for name in _names(tool) if name in known}


def _next(fields: dict, goal: str) -> Action | None:
    """Return the first action of a goal that the screen does not yet fulfil, or None."""
    steps = [
        (element, text, clause)
        for clause, text in _clauses(goal)
        if (element := _meant(fields["elements"], clause))
    ]
    pressed = [
        number
        for number, (element, _, _) in enumerate(steps)
        if element["role"] == "button" and fields["message"].startswith(f"{element['label']}:")
    ]
    for number, (element, text, clause) in enumerate(steps):
        if element["role"] == "button":
            if not any(done >= number for done in pressed):
                return Action(element)
        elif element["role"] == "field":
            if text is not None and element["state"] != text:
                return Action(element, text)
        else:
            switch = element["role"] in ("toggle", "checkbox")
            wanted = ("off" if _OFF.search(clause) else "on") if switch else "chosen"
            if element["state"] != wanted:
                return Action(element)
    return None


def _clauses(goal: str) -> list[tuple[str, str | None]]:
    """Return each clause of a goal with its quoted text, or None.

    >>> _clauses("Write 'a, b' into Town, press Save")
    [('Write  into Town', 'a, b'), (' press Save', None)]
    """
    quotes = [next(filter(None, match.groups()), "") for match in _QUOTED.finditer(goal)]
    bare = _QUOTED.sub("\0", goal)
    clauses = []
    for clause in _CLAUSE.split(bare):
        count = clause.count("\0")
        quoted, quotes = quotes[:count], quotes[count:]
        if clause.strip():
            clauses.append((clause.replace("\0", ""), quoted[0] if quoted else None))
    return clauses


def _meant(elements: list[dict], clause: str) -> dict | None:
    """Return the element whose label a clause names; the longest label if there are several."""
    named = [
        each for each in elements if re.search(rf"\b{re.escape(each['label'].lower())}\b", clause.lower())
    ]
    return max(named, key=lambda element: len(element["label"]), default=None)
