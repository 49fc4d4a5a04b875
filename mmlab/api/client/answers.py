"""The requests and replies of a client, independent of the provider."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Call:
    """A tool call that a model requests: the tool's name, the arguments, and the provider's id of the call."""

    name: str
    arguments: dict
    id: str = ""


@dataclass(frozen=True)
class Result:
    """What a tool returned for a call: a text, or any value that JSON can hold."""

    call: Call
    output: object


@dataclass(frozen=True)
class Tool:
    """A function that a model may call.

    name         str    letters, digits, underscores
    description  str    what it does; the model chooses a tool by its description
    parameters   dict   the JSON schema of its arguments, or a dataclass with a field for each
    """

    name: str
    description: str = ""
    parameters: object = field(default_factory=lambda: {"type": "object", "properties": {}})


@dataclass(frozen=True)
class Turn:
    """One message of a conversation.

    role     "user" or "assistant"
    text     str
    images, audio, documents   tuples, as Client.ask takes them
    results  tuple of Result   what tools returned for the assistant's calls
    calls    tuple of Call     the tool calls that the assistant requested
    native   dict   provider → the assistant's message in that provider's format, sent back unchanged
    """

    role: str
    text: str = ""
    images: tuple = ()
    audio: tuple = ()
    documents: tuple = ()
    results: tuple[Result, ...] = ()
    calls: tuple[Call, ...] = ()
    native: dict = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Ask:
    """Everything that a request to a provider is built from.

    model       str
    turns       tuple of Turn   the history, then the question
    system      str
    schema      dict or None    the JSON schema that the reply must satisfy
    tools       tuple of Tool
    must_call   bool            whether the model must call a tool
    max_tokens  int             limit of the reply's tokens
    detail      str or None     of images: "low", "high" ...
    """

    model: str
    turns: tuple[Turn, ...]
    system: str = ""
    schema: dict | None = None
    tools: tuple[Tool, ...] = ()
    must_call: bool = False
    max_tokens: int = 1024
    detail: str | None = None


@dataclass(frozen=True)
class Usage:
    """The tokens of a call, as the provider counted them.

    input   int   everything that was sent, images included
    output  int   everything that the model generated
    cached  int   those of `input` that the provider had cached and charges less for

    >>> (Usage(700, 20) + Usage(80, 5)).total
    805
    """

    input: int = 0
    output: int = 0
    cached: int = 0

    @property
    def total(self) -> int:
        """Input and output tokens together."""
        return self.input + self.output

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input + other.input, self.output + other.output, self.cached + other.cached)


@dataclass(frozen=True)
class Answer:
    """The answer of a model.

    text     str         "" if there is none: a tool call, a refusal, an empty reply
    parsed   object      the reply as the type of `schema`; None without a schema, or if `ending` is not "stop"
    calls    tuple of Call
    usage    Usage
    cost     float       dollars; None if no price is known
    ending   stop reason: "stop", "length" (cut at max_tokens), "call", "refusal" or "empty"
    raw      dict        the provider's response, unchanged
    refusal  str         the text of a refusal, if it has one
    turns    tuple of Turn   the question and this answer, to add to `history`; () for a refusal or an empty reply
    cached   bool        whether it came from the cache and cost nothing
    tries    int         number of requests that were sent
    """

    text: str
    parsed: object
    calls: tuple[Call, ...]
    usage: Usage
    cost: float | None
    ending: str
    raw: dict = field(repr=False)
    refusal: str = ""
    turns: tuple[Turn, ...] = field(default=(), repr=False)
    cached: bool = False
    tries: int = 1
