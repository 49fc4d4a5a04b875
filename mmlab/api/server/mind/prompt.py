"""A request in no provider's form, and its reply."""

from dataclasses import dataclass, field

from mmlab.api.server.clips import Clip
from mmlab.api.server.pictures import Picture
from mmlab.api.server.sounds import Sound


@dataclass(frozen=True)
class Turn:
    """One message.

    role     "user", "assistant" or "tool" (what a tool returned)
    text     str
    images   tuple of Picture   pictures, and the pages of documents
    papers   tuple of str       documents that are plain text
    sounds   tuple of Sound
    films    tuple of Clip
    """

    role: str
    text: str = ""
    images: tuple[Picture, ...] = ()
    papers: tuple[str, ...] = ()
    sounds: tuple[Sound, ...] = ()
    films: tuple[Clip, ...] = ()

    @classmethod
    def of(cls, role: str, text: str, media) -> "Turn":
        """Return a turn with its media, whatever they are, each among its kind; a str is a paper."""
        kinds = {"images": Picture, "papers": str, "sounds": Sound, "films": Clip}
        return cls(role, text, **{name: tuple(one for one in media if isinstance(one, kind))
                                  for name, kind in kinds.items()})  # fmt: skip


@dataclass(frozen=True)
class Tool:
    """A function that the model may call: its name, what it does, its arguments' JSON schema."""

    name: str
    description: str = ""
    schema: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One call of a tool that the model asks for."""

    name: str
    arguments: dict


@dataclass
class Prompt:
    """All that a model is asked.

    model        str
    turns        list of Turn   oldest first
    system       str
    tools        list of Tool
    must_call    None: as the model likes; "any"; or a tool's name; "none": no call
    schema       None, or a JSON schema that the reply must satisfy; {} for any JSON object
    most_tokens  int   where the reply is cut off
    stops        texts that end the reply
    """

    model: str
    turns: list[Turn]
    system: str = ""
    tools: list[Tool] = field(default_factory=list)
    must_call: str | None = None
    schema: dict | None = None
    most_tokens: int = 4096
    stops: tuple[str, ...] = ()


@dataclass
class Reply:
    """What a model answers.

    text    str
    calls   list of Call
    ending  "stop", "length", "stop_sequence", "call" or "refusal"
    stop    the text that ended it, or None
    """

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    ending: str = "stop"
    stop: str | None = None
