"""What happens in a video or a series of images, and the answers to questions about it."""

import re
from dataclasses import replace

import numpy as np

from mmlab.api.catalog import Model, models
from mmlab.api.server.media import Image, VideoClip
from mmlab.api.server.model.answers import Answer
from mmlab.api.server.model.audio import MediaAnswer
from mmlab.api.server.model.prompt import Prompt
from mmlab.api.server.model.vision import View
from mmlab.api.server.model.vocabulary import mentions, words
from mmlab.perception.video import events_between, read_scenes
from mmlab.world.scene import Scene

_HAPPENS = re.compile(
    r"\b(happen\w*|films?|video|clip|frames?|timeline|over time|mov(es?|ed|ing))\b", re.IGNORECASE
)
_MEANT = {
    "appears": re.compile(r"\bappear(s|ed|ing)?\b"),
    "vanishes": re.compile(r"\b(dis|vanish|gone\b|leaves?\b)"),
    "changes colour": re.compile(r"\bchang(e|es|ed|ing)\b"),
    "moves left": re.compile(r"\bleft(wards?)?\b"),
    "moves right": re.compile(r"\bright(wards?)?\b"),
    "moves up": re.compile(r"\bup(wards?)?\b"),
    "moves down": re.compile(r"\bdown(wards?)?\b"),
}
_OTHER_WAY = {"moves left": "moves right", "moves right": "moves left"}


def clips(prompt: Prompt, question: str) -> list[VideoClip]:
    """Return the videos that a question is about: those of the latest turn with media.

    If that turn has at least three scenes of the same size, and the question asks what happens, the
    images are treated as the frames of a video, one second apart.
    """
    turn = next((turn for turn in reversed(prompt.turns) if turn.has_media), None)
    if turn is None or prompt.turns[-1].role == "tool":
        return []
    shapes = {image.pixels.shape for image in turn.images}
    if not turn.videos and len(turn.images) > 2 and len(shapes) == 1 and _HAPPENS.search(question):
        if View(turn.images[0], models()[prompt.model]).sight.scene is None:
            return []
        frames = np.stack([image.pixels for image in turn.images])
        return [VideoClip(frames, tuple(map(float, range(len(frames)))), float(len(frames)))]
    return list(turn.videos)


def first_frames(clips: list[VideoClip], model: Model) -> list[View]:
    """Return the first frame of each video as the model sees it; this frame decides about a refusal."""
    return [
        View(Image(np.ascontiguousarray(clip.frames[0]), *clip.frames.shape[2:0:-1], "AVI"), model)
        for clip in clips
    ]


def answer_from(prompt: Prompt, clips: list[VideoClip], question: str) -> MediaAnswer:
    """Return the answer to a question about videos."""
    views = first_frames(clips, models()[prompt.model])
    scenes = [_scenes(clip, view) for clip, view in zip(clips, views)]
    stories = [_story(clip, view, known) for clip, view, known in zip(clips, views, scenes)]
    answers = [
        _noted(_about_clip(clip, story, question), clip, known)
        for clip, story, known in zip(clips, stories, scenes)
    ]
    answer = (
        answers[0]
        if len(answers) == 1
        else Answer(
            "; ".join(each.short for each in answers),
            " ".join(f"Film {n}: {each.sentence}" for n, each in enumerate(answers, 1)),
        )
    )
    rows = [row for story in stories for row in story or ()]
    facts = {
        "count": str(len(rows)),
        "answer": answer.short,
        "duration": f"{sum(clip.seconds for clip in clips):g}",
        "seconds": f"{sum(clip.seconds for clip in clips):g}",
        "description": answer.sentence,
    }
    return MediaAnswer(answer, facts, {"": rows})


def _scenes(clip: VideoClip, view: View) -> list[Scene | None] | None:
    """Return the scenes of the frames that were read; None if the frames are not scenes."""
    return None if view.sight.scene is None else read_scenes(clip.frames)


def _noted(answer: Answer, clip: VideoClip, scenes: list | None) -> Answer:
    """Return an answer whose sentence says so if not all frames of a clip were read."""
    if scenes is None or len(scenes) == len(clip.frames):
        return answer
    note = f"[I looked at the first {len(scenes)} of {len(clip.frames)} frames only]"
    return Answer(answer.short, f"{answer.sentence} {note}")


def _story(clip: VideoClip, view: View, scenes: list | None) -> list[dict] | None:
    """Return the events of a video in order, each a dict of texts; None if the frames are not scenes."""
    if scenes is None:
        return None
    events = []
    for event in events_between(scenes):
        kind = _OTHER_WAY.get(event.kind, event.kind) if view.swaps_sides else event.kind
        events.append(
            {
                "event": kind,
                "colour": event.colour,
                "color": event.colour,
                "shape": event.shape,
                "time": f"{clip.times[event.frame]:g}",
                "frame": str(event.frame),
                "into": event.into,
                "sentence": str(replace(event, kind=kind)),
            }
        )
    return events


def _about_clip(clip: VideoClip, story: list[dict] | None, question: str) -> Answer:
    """Return the answer to a question about one video; the list of all events if no other answer fits."""
    if story is None:
        return Answer("unknown", f"I see {len(clip.frames)} frames, and cannot tell what happens in them.")
    if not story:
        return Answer("nothing", "Nothing happens.")
    spoken = words(question)
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
    """Return whether an event fits the shape, the colour and the kind of event that the words name."""
    text, named = " ".join(spoken), mentions(spoken)
    meant = {kind for kind, words_ in _MEANT.items() if words_.search(text)}
    if re.search(r"\bmov(e|es|ed|ing)\b", text) and not meant:
        meant = {kind for kind in _MEANT if kind.startswith("moves")}
    return (not meant or row["event"] in meant) and (
        not named
        or any(each.kind in (None, row["shape"]) and each.colour in (None, row["colour"]) for each in named)
    )


def _direction(fitting: list[dict], spoken: list[str]) -> Answer | None:
    """Answer in which direction something moves."""
    if not {"direction", "way", "where"} & set(spoken):
        return None
    moves = [row for row in fitting if row["event"].startswith("moves")]
    if not moves:
        return Answer("none", "It does not move.")
    return Answer(moves[0]["event"].removeprefix("moves "), _sentence(moves[0]["sentence"]))
