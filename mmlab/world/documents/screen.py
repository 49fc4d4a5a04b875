"""Screens of made-up applications: drawn from their state, and changed by clicks and keys.

A Screen is what an application shows. `draw` makes the picture with each
element's box; `click` and `enter` give the screen after a person has acted, so
that a program that uses a computer has something to work on.
"""

from dataclasses import dataclass, replace

from mmlab.errors import InputError
from mmlab.world.documents import names
from mmlab.world.documents.page import Document

APPLICATIONS = ("settings", "checkout", "files")
_FILES = ("harbour.png", "budget.csv", "letter.txt", "lantern.jpg", "notes.md", "song.wav", "plan.pdf", "kite.png")
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
    """One thing on a screen that can be seen and used.

    role   "field", "checkbox", "toggle", "row" or "button"
    label  str   what is written on or beside it
    state  str   a field's text; "on" or "off"; "chosen" or "" of a row; "main", "dim" or "" of a button
    """

    role: str
    label: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """What an application shows.

    application  of APPLICATIONS
    tabs         names at the side, and the chosen one
    elements     tuple of Element, from top to bottom
    message      what the application says, or ""
    """

    application: str
    tabs: tuple[str, ...]
    chosen: str
    elements: tuple[Element, ...]
    message: str = ""


def screenshot(seed: int = 0, application: str | None = None, *, scale: int = 1) -> Document:
    """Return the picture of a screen.

    seed         int                   another seed gives another screen
    application  one of APPLICATIONS   None lets the seed choose
    scale        int                   pixels to a unit, 1 to 4
    returns      Document              fields: application, tab, message, and elements, a list of
                                       {"role", "label", "state", "box"} in reading order
    """
    from mmlab.world.documents.screen_drawing import draw

    return draw(screen(seed, application), scale=scale)


def screen(seed: int = 0, application: str | None = None) -> Screen:
    """Return what an application shows at first; arguments as of `screenshot`."""
    if application not in (None, *APPLICATIONS):
        raise InputError(f"screen: application={application!r}", f"one of {', '.join(APPLICATIONS)}",
                         "pass application='settings'")  # fmt: skip
    dice = names.dice_for("screen", seed)
    application = application or dice.pick(APPLICATIONS)
    return Screen(application, _TABS[application], dice.pick(_TABS[application]), _elements(dice, application))


def _elements(dice, application: str) -> tuple[Element, ...]:
    """Return the elements that an application begins with."""
    if application == "files":
        files = dice.shuffle(_FILES)[: 4 + dice.roll(4)]
        chosen = dice.pick((*files, None))
        rows = [Element("row", name, "chosen" if name == chosen else "") for name in files]
        last = "dim" if chosen is None else ""
        return (*rows, Element("button", "New file", "main"), Element("button", "Rename", last), Element("button", "Delete", last))
    if application == "settings":
        fields = [Element("field", "Device name", f"{dice.pick(('desk', 'kitchen', 'studio'))}-{1 + dice.roll(20)}")]
        labels = {role: dice.shuffle(_SETTINGS[role]) for role in _SETTINGS}
        choices = [Element("toggle", label, dice.pick(("on", "off"))) for label in labels["toggle"][: 2 + dice.roll(2)]]
        choices += [Element("checkbox", label, dice.pick(("on", "off"))) for label in labels["checkbox"][: 1 + dice.roll(3)]]
        return (*fields, *choices, Element("button", "Save changes", "main"), Element("button", "Cancel"))
    street, town = names.address(dice)
    fields = [Element("field", label, dice.pick((text, text, "")))
              for label, text in (("Name", names.person(dice)), ("Street", street), ("Town", town))]  # fmt: skip
    boxes = [Element("checkbox", label, dice.pick(("on", "off"))) for label in ("Gift wrapping", "Remember my address")]
    ready = "main" if all(field.state for field in fields) else "dim"
    return (*fields, *boxes, Element("button", "Continue", ready), Element("button", "Back"))


def click(shown: Screen, x: int, y: int, *, scale: int = 1) -> Screen:
    """Return the screen after a click at pixel (x, y); a click on nothing changes nothing."""
    from mmlab.world.documents.screen_drawing import draw

    for one in draw(shown, scale=scale).fields["elements"]:
        left, top, right, bottom = one["box"]
        reach = 8 * scale if one["role"] in ("tab", "row") else 0  # their boxes are those of their texts
        if left - reach <= x < right + reach and top - reach <= y < bottom + reach:
            return press(shown, one["role"], one["label"])
    return shown


def enter(shown: Screen, label: str, text: str) -> Screen:
    """Return the screen after `text` was written into the field with a label.

    raises  InputError  when there is no such field
    """
    fields = [one.label for one in shown.elements if one.role == "field"]
    if label not in fields:
        raise InputError(f"enter: no field {label!r}", f"one of {', '.join(fields) or 'no field at all'}",
                         "look at the labels over the fields")  # fmt: skip
    elements = [replace(one, state=text) if (one.role, one.label) == ("field", label) else one for one in shown.elements]
    if shown.application == "checkout":
        ready = "main" if all(one.state for one in elements if one.role == "field") else "dim"
        elements = [replace(one, state=ready) if one.label == "Continue" else one for one in elements]
    return replace(shown, elements=tuple(elements), message="")


def press(shown: Screen, role: str, label: str) -> Screen:
    """Return the screen after an element, named by its role and label, was pressed."""
    if role == "tab":
        return replace(shown, chosen=label, message="")
    old = next(one for one in shown.elements if (one.role, one.label) == (role, label))
    elements = list(shown.elements)
    if role in ("checkbox", "toggle"):
        elements[elements.index(old)] = replace(old, state="off" if old.state == "on" else "on")
    elif role == "row":
        for place, one in enumerate(elements):
            if one.role == "row":
                elements[place] = replace(one, state="chosen" if one.label == label else "")
            elif one.label in ("Rename", "Delete"):
                elements[place] = replace(one, state="")
    elif role == "button" and old.state != "dim":
        if label == "Delete":
            elements = [one for one in elements if one.state != "chosen"]
            elements = [replace(one, state="dim") if one.label in ("Rename", "Delete") else one for one in elements]
        return replace(shown, elements=tuple(elements), message=f"{label}: done")
    return replace(shown, elements=tuple(elements), message="")
