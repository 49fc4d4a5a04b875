"""What goes into a client and what comes out of it, in no provider's form."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Call:
    """One call of a tool that a model asks for: its name, its arguments, and the provider's id for it."""

    name: str
    arguments: dict
    id: str = ""


@dataclass(frozen=True)
class Result:
    """What a tool returned to a call: words, or anything that JSON can hold."""

    call: Call
    output: object


@dataclass(frozen=True)
class Tool:
    """A function that a model may call.

    name         str    letters, digits, underscores
    description  str    what it does: the model chooses by it
    parameters   dict   the JSON schema of its arguments, or a dataclass that has them as fields
    """

    name: str
    description: str = ""
    parameters: object = field(default_factory=lambda: {"type": "object", "properties": {}})


@dataclass(frozen=True)
class Turn:
    """One message of a conversation.

    role     "user" or "assistant"
    text     str
    images, sounds, documents   tuples, as Client.ask takes them
    results  tuple of Result   what tools returned to the assistant's calls
    calls    tuple of Call     what the assistant asked for
    said     dict   provider → the assistant's message in that provider's own form: it goes back as it came
    """

    role: str
    text: str = ""
    images: tuple = ()
    sounds: tuple = ()
    documents: tuple = ()
    results: tuple[Result, ...] = ()
    calls: tuple[Call, ...] = ()
    said: dict = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Ask:
    """One question, all of it: what a provider's request is made of.

    model       str
    turns       tuple of Turn   the history, and the question last
    system      str
    schema      dict or None    what the reply's JSON must satisfy
    tools       tuple of Tool
    must_call   bool            whether it must call one of them
    max_tokens  int             of the reply
    detail      str or None     of pictures: "low", "high" ...
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
    """The tokens that a call cost, as its provider counted them.

    input   int   all that was sent, pictures too
    output  int   all that was answered
    cached  int   those of `input` that the provider had kept, and charges less for

    >>> (Usage(700, 20) + Usage(80, 5)).total
    805
    """

    input: int = 0
    output: int = 0
    cached: int = 0

    @property
    def total(self) -> int:
        """Input and output together."""
        return self.input + self.output

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input + other.input, self.output + other.output, self.cached + other.cached)


@dataclass(frozen=True)
class Answer:
    """What a model answered.

    text     str         "" where it gave none: a call, a refusal, nothing
    parsed   object      what `schema` asked for; None without a schema, or where `ending` says why not
    calls    tuple of Call
    usage    Usage
    cost     float       dollars; None where no price is known
    ending   "stop", "length" (cut at max_tokens), "call", "refusal" or "empty"
    raw      dict        the provider's response as it came
    refusal  str         the words of a refusal, where it has some
    turns    tuple of Turn   the question and this answer: add them to `history`; none of a refusal or of nothing
    cached   bool        whether it came from the cache: then it cost nothing
    tries    int         requests that were sent for it
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
