"""Screens of invented applications: their state, and how user actions change it.

A Screen is the visible state of an application. `screen_drawing.draw` returns its image
with the box of each element; `press`, `enter` and `screen_drawing.click` return the
screen after an action, so that computer-use programs can be tested.
"""

from dataclasses import dataclass, replace

from mmlab.errors import InputError
from mmlab.world.documents import names

APPLICATIONS = ("settings", "checkout", "files")
_FILES = (
    "harbour.png",
    "budget.csv",
    "letter.txt",
    "lantern.jpg",
    "notes.md",
    "song.wav",
    "plan.pdf",
    "kite.png",
)
_SETTINGS = {
    "toggle": ("Dark theme", "Notifications", "Large text", "Night light", "Automatic updates", "Location"),
    "checkbox": ("Start at login", "Play sounds", "Show hints", "Send usage data"),
}
_TABS = {
    "settings": ("General", "Display", "Sound", "Network", "Privacy"),
    "checkout": ("Basket", "Address", "Payment", "Review"),
    "files": ("Documents", "Pictures", "Music", "Downloads", "Bin"),
}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a screen.

    role   "field", "checkbox", "toggle", "row" or "button"
    label  str   the text on or beside it
    state  str   a field's text; "on" or "off"; "chosen" or "" of a row; "main", "dim" or "" of a button
    """

    role: str
    label: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """The visible state of an application.

    application  one of APPLICATIONS
    tabs         names at the side
    chosen       the selected tab
    elements     tuple of Element, from top to bottom
    message      the status message, or ""
    """

    application: str
    tabs: tuple[str, ...]
    chosen: str
    elements: tuple[Element, ...]
    message: str = ""


def screen(seed: int = 0, application: str | None = None) -> Screen:
    """Return what an application shows at first; arguments as of `screenshot`."""
    if application not in (None, *APPLICATIONS):
        raise InputError(
            f"screen: application={application!r}",
            f"one of {', '.join(APPLICATIONS)}",
            "pass application='settings'",
        )
    rng = names.rng_for("screen", seed)
    application = application or rng.pick(APPLICATIONS)
    return Screen(application, _TABS[application], rng.pick(_TABS[application]), _elements(rng, application))


def _elements(rng, application: str) -> tuple[Element, ...]:
    """Return the initial elements of an application."""
    if application == "files":
        files = rng.shuffle(_FILES)[: 4 + rng.integers(4)]
        chosen = rng.pick((*files, None))
        rows = [Element("row", name, "chosen" if name == chosen else "") for name in files]
        last = "dim" if chosen is None else ""
        return (
            *rows,
            Element("button", "New file", "main"),
            Element("button", "Rename", last),
            Element("button", "Delete", last),
        )
    if application == "settings":
        fields = [
            Element(
                "field", "Device name", f"{rng.pick(('desk', 'kitchen', 'studio'))}-{1 + rng.integers(20)}"
            )
        ]
        labels = {role: rng.shuffle(_SETTINGS[role]) for role in _SETTINGS}
        choices = [
            Element("toggle", label, rng.pick(("on", "off")))
            for label in labels["toggle"][: 2 + rng.integers(2)]
        ]
        choices += [
            Element("checkbox", label, rng.pick(("on", "off")))
            for label in labels["checkbox"][: 1 + rng.integers(3)]
        ]
        return (*fields, *choices, Element("button", "Save changes", "main"), Element("button", "Cancel"))
    street, town = names.address(rng)
    fields = [
        Element("field", label, rng.pick((text, text, "")))
        for label, text in (("Name", names.person(rng)), ("Street", street), ("Town", town))
    ]
    boxes = [
        Element("checkbox", label, rng.pick(("on", "off")))
        for label in ("Gift wrapping", "Remember my address")
    ]
    ready = "main" if all(field.state for field in fields) else "dim"
    return (*fields, *boxes, Element("button", "Continue", ready), Element("button", "Back"))


def enter(current: Screen, label: str, text: str) -> Screen:
    """Return the screen after `text` was entered into the field with a label.

    raises  InputError  when there is no such field
    """
    fields = [element.label for element in current.elements if element.role == "field"]
    if label not in fields:
        raise InputError(
            f"enter: no field {label!r}",
            f"one of {', '.join(fields) or 'no field at all'}",
            "use a label above one of the fields",
        )
    elements = [
        replace(element, state=text) if (element.role, element.label) == ("field", label) else element
        for element in current.elements
    ]
    if current.application == "checkout":
        ready = "main" if all(element.state for element in elements if element.role == "field") else "dim"
        elements = [
            replace(element, state=ready) if element.label == "Continue" else element for element in elements
        ]
    return replace(current, elements=tuple(elements), message="")


def press(current: Screen, role: str, label: str) -> Screen:
    """Return the screen after the element with a role and label was pressed."""
    if role == "tab":
        return replace(current, chosen=label, message="")
    old = next(element for element in current.elements if (element.role, element.label) == (role, label))
    elements = list(current.elements)
    if role in ("checkbox", "toggle"):
        elements[elements.index(old)] = replace(old, state="off" if old.state == "on" else "on")
    elif role == "row":
        for index, element in enumerate(elements):
            if element.role == "row":
                elements[index] = replace(element, state="chosen" if element.label == label else "")
            elif element.label in ("Rename", "Delete"):
                elements[index] = replace(element, state="")
    elif role == "button" and old.state != "dim":
        if label == "Delete":
            elements = [element for element in elements if element.state != "chosen"]
            elements = [
                replace(element, state="dim") if element.label in ("Rename", "Delete") else element
                for element in elements
            ]
        return replace(current, elements=tuple(elements), message=f"{label}: done")
    return replace(current, elements=tuple(elements), message="")
