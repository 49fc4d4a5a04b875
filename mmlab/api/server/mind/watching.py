"""What happens in a film, or in pictures that follow each other; what a text asks of it, and the answer."""

import re
from dataclasses import replace

import numpy as np

from mmlab.api.catalog import Model, models
from mmlab.api.server.clips import Clip
from mmlab.api.server.mind.hearing import Told
from mmlab.api.server.mind.prompt import Prompt
from mmlab.api.server.mind.questions import Answer
from mmlab.api.server.mind.sight import View
from mmlab.api.server.mind.words import mentions, words
from mmlab.api.server.pictures import Picture
from mmlab.world.readers.film import watch

_HAPPENS = re.compile(r"\b(happen\w*|films?|video|clip|frames?|timeline|over time|mov(es?|ed|ing))\b", re.IGNORECASE)
_MEANT = {
    "appears": re.compile(r"\bappear(s|ed|ing)?\b"), "vanishes": re.compile(r"\b(dis|vanish|gone\b|leaves?\b)"),
    "changes colour": re.compile(r"\bchang(e|es|ed|ing)\b"), "moves left": re.compile(r"\bleft(wards?)?\b"),
    "moves right": re.compile(r"\bright(wards?)?\b"), "moves up": re.compile(r"\bup(wards?)?\b"),
    "moves down": re.compile(r"\bdown(wards?)?\b"),
}  # fmt: skip
_OTHER_WAY = {"moves left": "moves right", "moves right": "moves left"}


def clips(prompt: Prompt, asked: str) -> list[Clip]:
    """Return the films that a question is about: those of the latest turn with media.

    Three scenes or more that are alike in size, and a question of what happens, are
    a film whose times nobody knows: a second from each to the next.
    """
    turn = next((one for one in reversed(prompt.turns) if one.films or one.images or one.sounds or one.papers), None)
    if turn is None or prompt.turns[-1].role == "tool":
        return []
    shapes = {one.pixels.shape for one in turn.images}
    if not turn.films and len(turn.images) > 2 and len(shapes) == 1 and _HAPPENS.search(asked):
        if View(turn.images[0], models()[prompt.model]).sight.scene is None:
            return []
        frames = np.stack([one.pixels for one in turn.images])
        return [Clip(frames, tuple(map(float, range(len(frames)))), float(len(frames)))]
    return list(turn.films)


def first_frames(shown: list[Clip], model: Model) -> list[View]:
    """Return each film's first frame, as the model sees it: what it refuses, it refuses by this."""
    return [View(Picture(np.ascontiguousarray(one.frames[0]), *one.frames.shape[2:0:-1], "AVI"), model)
            for one in shown]  # fmt: skip


def told(prompt: Prompt, shown: list[Clip], asked: str) -> Told:
    """Return what films tell of what is asked."""
    views = first_frames(shown, models()[prompt.model])
    stories = [_story(one, view) for one, view in zip(shown, views)]
    answers = [_of_one(one, story, asked) for one, story in zip(shown, stories)]
    answer = answers[0] if len(answers) == 1 else Answer(
        "; ".join(one.short for one in answers),
        " ".join(f"Film {n}: {one.sentence}" for n, one in enumerate(answers, 1)))  # fmt: skip
    rows = [row for story in stories for row in story or ()]
    facts = {"count": str(len(rows)), "answer": answer.short, "duration": f"{sum(c.seconds for c in shown):g}",
             "seconds": f"{sum(one.seconds for one in shown):g}", "description": answer.sentence}  # fmt: skip
    return Told(answer, facts, {"": rows})


def _story(clip: Clip, view: View) -> list[dict] | None:
    """Return what happens in a film, one dict of texts for each event in order; None if it cannot be told."""
    if view.sight.scene is None:
        return None
    found = []
    for event in watch(clip.frames):
        kind = _OTHER_WAY.get(event.kind, event.kind) if view.swaps_sides else event.kind
        found.append({"event": kind, "colour": event.colour, "color": event.colour, "shape": event.shape,
                      "time": f"{clip.times[event.frame]:g}", "frame": str(event.frame), "into": event.into,
                      "sentence": str(replace(event, kind=kind))})  # fmt: skip
    return found


def _of_one(clip: Clip, story: list[dict] | None, asked: str) -> Answer:
    """Return the answer to what is asked of one film; all that happens where nothing else is."""
    if story is None:
        return Answer("unknown", f"I see {len(clip.frames)} frames, and cannot tell what happens in them.")
    if not story:
        return Answer("nothing", "Nothing happens.")
    spoken = words(asked)
    fitting = [row for row in story if _fits(row, spoken)]
    if {"many", "number", "count"} & set(spoken):
        return Answer(str(len(fitting)), f"It happens {len(fitting)} time{'s' * (len(fitting) != 1)}.")
    if {"when", "second", "time"} & set(spoken) and fitting:
        return Answer(fitting[0]["time"], _sentence(f"{fitting[0]['sentence']} at {fitting[0]['time']} s"))
    if spoken[:1] in (["does"], ["do"], ["is"], ["did"]):
        return Answer("yes", f"Yes, {fitting[0]['sentence']}.") if fitting else Answer("no", "No.")
    if {"what", "which"} & set(spoken) and {"first", "last"} & set(spoken):
        chosen = (fitting or story)[0 if "first" in spoken else -1]["sentence"]
        return Answer(chosen, _sentence(chosen))
    direction = _direction(fitting, spoken)
    if direction:
        return direction
    text = ", then ".join(row["sentence"] for row in story)
    return Answer(text, _sentence(text))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _fits(row: dict, spoken: list[str]) -> bool:
    """Is an event one of those that words name, by shape, colour and what happens?"""
    text, named = " ".join(spoken), mentions(spoken)
    meant = {kind for kind, words_ in _MEANT.items() if words_.search(text)}
    if re.search(r"\bmov(e|es|ed|ing)\b", text) and not meant:
        meant = {kind for kind in _MEANT if kind.startswith("moves")}
    return (not meant or row["event"] in meant) and (not named or any(
        one.kind in (None, row["shape"]) and one.colour in (None, row["colour"]) for one in named))  # fmt: skip


def _direction(fitting: list[dict], spoken: list[str]) -> Answer | None:
    """Answer which way something moves."""
    if not {"direction", "way", "where"} & set(spoken):
        return None
    moves = [row for row in fitting if row["event"].startswith("moves")]
    if not moves:
        return Answer("none", "It does not move.")
    return Answer(moves[0]["event"].removeprefix("moves "), _sentence(moves[0]["sentence"]))
