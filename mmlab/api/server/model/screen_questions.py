"""Questions about a screen, answered from the state of its elements."""

import re

from mmlab.api.server.model.answers import COUNTS, WHETHER, Answer, yes

# Everyday names of the roles of elements.
_ROLES = {
    "row": r"files?|documents?|rows?|entries|items?",
    "toggle": r"toggles?|switch(?:es)?|sliders?",
    "checkbox": r"check ?boxe?s?|tick ?boxe?s?|boxe?s?",
    "button": r"buttons?",
    "tab": r"tabs?|sections?|panels?|menu (?:entries|items)",
    "field": r"fields?|text ?(?:fields?|boxe?s?)|inputs?",
}
_ON = r"on|enabled|active|activated|checked|ticked|selected|set|chosen|marked|switched on|turned on|highlighted|open|opened|pressed|filled(?: in)?|entered|given"
_OFF = r"off|disabled|inactive|deactivated|unchecked|unticked|unselected|not (?:\w+ )?(?:on|enabled|active|checked|ticked|selected|set|chosen|open)|empty|blank|grey(?:ed)?(?: out)?|gray(?:ed)?(?: out)?"


def answer(fields: dict, sentence: str, middle) -> Answer | None:
    """Return what a question asks of a screen, or None if it asks for nothing in particular.

    fields    dict       of `read_screen`
    sentence  str        the question in English
    middle    function   element → (x, y) of its centre in the original image
    """
    question = sentence.lower()
    elements = fields["elements"]
    named = [each for each in elements if _names(each["label"], question)]
    named = named or [each for each in elements if _has_words(each["label"], question)]
    longest = max((len(each["label"]) for each in named), default=0)
    roles = _roles(question)
    named = [each for each in named if len(each["label"]) == longest]
    named = [each for each in named if each["role"] in roles] or named
    position_words = r"\bwhere\b|\bposition\b|\bcoordinates?\b|^(?!can|could|is|may).*\bclick\b"
    if named and re.search(position_words, question):
        spot = ", ".join(map(str, middle(named[0])))
        return Answer(spot, f"The {named[0]['role']} {named[0]['label']} is at {spot}.")
    if re.search(r"\b(are we|am i)\b", question):
        return _of_window(fields, question)
    if not named and re.search(r"\b(who|customer|buyer)\b", question):
        named = [each for each in elements if each["label"] == "Name"]
    for find in (_counted, _listed):
        if not named and (matches := find(elements, question, roles)):
            return matches
    if not named and (matches := _of_window(fields, question)):
        return matches
    return _state(named[0], question) if named and _asks(question) else None


def description(fields: dict) -> Answer:
    """Return all elements of a screen in text."""
    rows = [
        f"{each['role']} {each['label']}" + (f": {each['state']}" if each["state"] else "")
        for each in fields["elements"]
    ]
    text = f"The application {fields['application']}, at {fields['tab']}. " + "; ".join(rows) + "."
    return Answer(text, text)


def _asks(question: str) -> bool:
    """Return whether a text is a question, with or without a question mark."""
    starts = r"^(what|which|who|how|where|tell|give|name|state of|status of|please)\b"
    return "?" in question or bool(WHETHER.match(question) or re.search(starts, question))


def _names(label: str, question: str) -> bool:
    """Return whether a question contains a label."""
    return bool(label) and bool(re.search(rf"\b{re.escape(label.lower())}\b", question.replace("’", "'")))


def _has_words(label: str, question: str) -> bool:
    """Return whether a question contains all words of a label of several words, in any order."""
    label_words = set(label.lower().split())
    question_words = set(re.findall(r"\w+", re.sub(r"\b(called|named)\b", "name", question)))
    return len(label_words) > 1 and label_words <= question_words


def _roles(question: str) -> list[str]:
    """Return the roles that a question names."""
    return [role for role, pattern in _ROLES.items() if re.search(rf"\b({pattern})\b", question)]


def _is_on(element: dict) -> bool:
    """Return whether an element is on, ticked, selected, filled in, or can be pressed."""
    if element["role"] == "button":
        return element["state"] != "dim"
    return element["state"] not in ("off", "")


def _state(element: dict, question: str) -> Answer:
    """Return the state of one element."""
    name, state = f"{element['role']} {element['label']}", element["state"] or "nothing"
    on = _is_on(element)
    choice = re.search(rf"\b({_ON}|{_OFF})\b.*\bor\b.*\b({_ON}|{_OFF}|not)\b", question)
    if WHETHER.match(question) and not choice:
        bare = re.sub(rf"\b{re.escape(element['label'].lower())}\b", "", question)
        off = re.search(rf"\b({_OFF})\b", bare) and not re.match(r"(is|are)(n't| not)\b", question)
        if element["role"] in ("toggle", "checkbox"):
            visible = f"the {name} is {element['state']}"
        elif element["role"] == "button":
            visible = f"the {name} can {'' if on else 'not '}be pressed"
        elif element["role"] == "field":
            visible = f"the {name} says {state}" if on else f"the {name} is empty"
        else:
            visible = f"the {name} is {'' if on else 'not '}selected"
        if not re.search(
            rf"\b({_ON}|{_OFF}|ticks?|check ?marks?|pressed?|click(ed|able)?)\b", bare
        ) and re.search(r"\bthere\b|\bsee\b|\bhave\b|\bhas\b", bare):
            return Answer("yes", f"Yes, there is the {name}.")
        truth = on != bool(off)
        return yes(truth, f"{visible}")
    if element["role"] == "button" and element["state"] == "":
        state = "active"
    return Answer(state, f"The {name}: {state}.")


def _counted(elements: list[dict], question: str, roles: list[str]) -> Answer | None:
    """Return the number of elements of a kind, in a state if one is named."""
    if not COUNTS.search(question):
        return None
    chosen, state = _chosen(elements, question, roles)
    if chosen is None:
        return None
    return Answer(str(len(chosen)), f"There {'is' if len(chosen) == 1 else 'are'} {len(chosen)}{state}.")


def _listed(elements: list[dict], question: str, roles: list[str]) -> Answer | None:
    """Return the labels of the elements of a kind, in a state if one is named."""
    whether = WHETHER.match(question)
    if not re.search(r"\b(which|what|list|name)\b", question) and not whether:
        return None
    chosen, state = _chosen(elements, question, roles)
    if chosen is None or not roles and not state:
        return None
    for index, pattern in enumerate((r"first|top|uppermost", r"second", r"third", r"fourth")):
        if re.search(rf"\b({pattern})\b", question) and len(chosen) > index:
            return Answer(chosen[index]["label"], f"{chosen[index]['label']}.")
    if re.search(r"\b(last|bottom|lowest)\b", question) and chosen:
        return Answer(chosen[-1]["label"], f"{chosen[-1]['label']}.")
    labels = ", ".join(each["label"] for each in chosen) or "none"
    if whether and not re.search(r"\b(which|what)\b", question):
        if not re.search(r"\b(any|no|a|there|all|every|anything)\b", question):
            return None
        every = re.search(r"\b(all|every)\b", question)
        group = _chosen(elements, re.sub(rf"\b({_ON}|{_OFF})\b", "", question), roles)[0] or []
        truth = len(chosen) == len(group) if every else bool(chosen) != bool(re.search(r"\bno\b", question))
        return Answer("yes" if truth else "no", f"{'Yes' if truth else 'No'}: {labels}.")
    return Answer(labels, f"{labels[0].upper()}{labels[1:]}." if not chosen else f"{labels}.")


def _chosen(elements: list[dict], question: str, roles: list[str]) -> tuple[list[dict] | None, str]:
    """Return the elements of the roles and the state that a question names, and the state in words."""
    if not roles and re.search(r"\b(settings?|options?|things|choices?|ones?)\b", question):
        roles = ["toggle", "checkbox"]
    if roles[:1] == ["toggle"] and "checkbox" in roles and "box" not in question:
        roles = ["toggle"]
    if "field" in roles and re.search(r"\btext ?box", question):
        roles = ["field"]
    group = [each for each in elements if each["role"] in roles]
    if not group:
        return None, ""
    if off := re.search(rf"\b({_OFF})\b", question):
        return [each for each in group if not _is_on(each)], f" {off[1]}"
    on = re.search(
        rf"\b({_ON})\b", question.replace("on the ", "").replace("on this ", "").replace("on screen", "")
    )
    if on:
        return [each for each in group if _is_on(each)], f" {on[1]}"
    return group, ""


def _of_window(fields: dict, question: str) -> Answer | None:
    """Return the application, its open tab or its message."""
    if re.search(r"\b(application|app|program|window)\b", question) and re.search(
        r"\b(what|which|name)\b", question
    ):
        return Answer(fields["application"], f"The application is {fields['application']}.")
    if re.search(r"\b(tab|section|page|view|panel|folder|step)\b", question) and re.search(
        r"\b(what|which|where)\b", question
    ):
        return Answer(fields["tab"], f"The tab {fields['tab']} is open.")
    if re.search(r"\b(message|notification|status)\b", question):
        message = fields["message"] or "none"
        return Answer(message, f"It says {message}." if fields["message"] else "There is no message.")
    return None
