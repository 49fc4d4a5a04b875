"""What to do next on a screen: a goal's words held against what the screen shows.

A goal is told in clauses: "turn off Location, write 'desk' into Device name and
press Save changes". Each names an element by its label; the first one that the
screen does not show fulfilled is done next, by the tool that can do it.
"""

import re
from dataclasses import dataclass

from mmlab.api.server.mind import pages
from mmlab.api.server.mind.prompt import Call, Prompt, Reply, Tool
from mmlab.api.server.mind.sight import View

_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”]*)”|(?<!\w)'([^']*)'(?!\w)")
_CLAUSE = re.compile(r"[;:\n]|\.(?=\s|$)|,|\bthen\b|\band\b", re.IGNORECASE)
_OFF = re.compile(r"\b(off|untick|uncheck|disable|clear|deactivate|without)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Act:
    """One act of a person at a screen: a click on an element, or a text for a field."""

    element: dict
    text: str | None = None


def reply(prompt: Prompt, views: list[View], goal: str) -> Reply | None:
    """Return the next call of a tool on the screen that was last seen; None where that is not asked."""
    click = next((tool for tool in prompt.tools if {"x", "y"} <= _names(tool).keys()), None)
    drawn = pages.of(views[-1]) if views and click and prompt.must_call != "none" else None
    if drawn is None or drawn.kind != "screen":
        return None
    act = _next(drawn.fields, goal)
    if act is None:
        return Reply("Done: the screen shows all that was asked.")
    write = next((tool for tool in prompt.tools if "text" in _names(tool)), None)
    if act.text is not None and write is None:
        return Reply(f"I cannot write into {act.element['label']}: no tool takes a text.")
    tool = click if act.text is None else write
    return Reply(calls=[Call(tool.name, _arguments(tool, views[-1], act))], ending="call")


def _names(tool: Tool) -> dict:
    """Return the properties of a tool's arguments."""
    properties = tool.schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _arguments(tool: Tool, view: View, act: Act) -> dict:
    """Return what a tool is called with: the place, the label and the text of an act, by their names."""
    x, y = pages.middle(view, act.element)
    known = {"x": x, "y": y, "text": act.text or "", **dict.fromkeys(
        ("label", "field", "element", "name", "target"), act.element["label"])}  # fmt: skip
    return {name: known[name] for name in _names(tool) if name in known}


def _next(fields: dict, goal: str) -> Act | None:
    """Return the first act of a goal that a screen does not show as done, or None."""
    wishes = [(element, text, clause) for clause, text in _clauses(goal)
              if (element := _meant(fields["elements"], clause))]  # fmt: skip
    pressed = [place for place, (element, _, _) in enumerate(wishes)
               if element["role"] == "button" and fields["message"].startswith(f"{element['label']}:")]  # fmt: skip
    for place, (element, text, clause) in enumerate(wishes):
        if element["role"] == "button":
            if not any(done >= place for done in pressed):
                return Act(element)
        elif element["role"] == "field":
            if text is not None and element["state"] != text:
                return Act(element, text)
        else:
            switch = element["role"] in ("toggle", "checkbox")
            wanted = ("off" if _OFF.search(clause) else "on") if switch else "chosen"
            if element["state"] != wanted:
                return Act(element)
    return None


def _clauses(goal: str) -> list[tuple[str, str | None]]:
    """Return each clause of a goal with the text that it quotes.

    >>> _clauses("Write 'a, b' into Town, press Save")
    [('Write  into Town', 'a, b'), (' press Save', None)]
    """
    quotes = [next(filter(None, found.groups()), "") for found in _QUOTED.finditer(goal)]
    bare = _QUOTED.sub("\0", goal)
    found = []
    for clause in _CLAUSE.split(bare):
        count = clause.count("\0")
        own, quotes = quotes[:count], quotes[count:]
        if clause.strip():
            found.append((clause.replace("\0", ""), own[0] if own else None))
    return found


def _meant(elements: list[dict], clause: str) -> dict | None:
    """Return the element whose label a clause names; the longest where several do."""
    named = [one for one in elements if re.search(rf"\b{re.escape(one['label'].lower())}\b", clause.lower())]
    return max(named, key=lambda one: len(one["label"]), default=None)
