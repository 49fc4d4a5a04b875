"""Prompt and Reply: a request and its answer, independent of the provider."""

from dataclasses import dataclass, field

from mmlab.api.server.media import AudioClip, Image, VideoClip


@dataclass(frozen=True)
class Turn:
    """One message.

    role     "user", "assistant" or "tool" (the result of a tool)
    text     str
    images   tuple of Image   images, and the pages of documents
    texts    tuple of str       documents in plain text
    audio    tuple of AudioClip
    videos   tuple of VideoClip
    called   names of the tools that an assistant's message calls
    """

    role: str
    text: str = ""
    images: tuple[Image, ...] = ()
    texts: tuple[str, ...] = ()
    audio: tuple[AudioClip, ...] = ()
    videos: tuple[VideoClip, ...] = ()
    called: tuple[str, ...] = ()

    @property
    def has_media(self) -> bool:
        """Whether the message has anything besides its text."""
        return bool(self.images or self.texts or self.audio or self.videos)

    def with_results(self, results: list["Turn"]) -> list["Turn"]:
        """Return this turn and the results of tools from the same message, in the order in which they count.

        Images and other media beside the results belong to them, so they come last; plain text comes first.
        """
        if self.has_media:
            return [*results, self]
        return [self, *results] if self.text or self.called or not results else list(results)

    @classmethod
    def of(cls, role: str, text: str, media, called=()) -> "Turn":
        """Return a turn with its media sorted by type; a str is a plain-text document."""
        kinds = {"images": Image, "texts": str, "audio": AudioClip, "videos": VideoClip}
        return cls(
            role,
            text,
            called=tuple(called),
            **{name: tuple(item for item in media if isinstance(item, kind)) for name, kind in kinds.items()},
        )


@dataclass(frozen=True)
class Tool:
    """A function that the model may call: its name, its description and the JSON schema of its arguments."""

    name: str
    description: str = ""
    schema: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One tool call that the model asks for."""

    name: str
    arguments: dict


@dataclass
class Prompt:
    """Everything that a model receives.

    model        str
    turns        list of Turn   oldest first
    system       str
    tools        list of Tool
    must_call    None: the model decides; "any": it must call a tool; "none": no call; or the name of a tool
    schema       None, or a JSON schema that the reply must satisfy; {} for any JSON object
    parallel     bool  whether a reply may have more than one tool call
    bare         bool  whether a reply that is one string is sent without quotation marks
    max_tokens   int   maximum length of the reply
    stops        tuple of str   stop sequences, each of which ends the reply
    """

    model: str
    turns: list[Turn]
    system: str = ""
    tools: list[Tool] = field(default_factory=list)
    must_call: str | None = None
    schema: dict | None = None
    max_tokens: int = 4096
    stops: tuple[str, ...] = ()
    parallel: bool = True
    bare: bool = False


@dataclass
class Reply:
    """What a model answers.

    text    str
    calls   list of Call
    ending  str   finish reason: "stop", "length", "stop_sequence", "call", "refusal" or "context"
    stop    str or None   the stop sequence that ended it
    """

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    ending: str = "stop"
    stop: str | None = None
