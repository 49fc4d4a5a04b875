"""What a model hears in an audio clip, and its answers to questions about the clip.

    teens_for_tens   fraction of clips in which "thirteen" is heard as "thirty", and so on

Whether the weakness applies is derived from a hash of the samples, so the same clip always gives the
same answer.
"""

import contextlib
import hashlib
import re
from dataclasses import dataclass, replace

from mmlab.api.catalog import Model, models
from mmlab.api.server.media import AudioClip
from mmlab.api.server.model import generation, scene_questions
from mmlab.api.server.model.answers import Answer
from mmlab.api.server.model.prompt import Prompt
from mmlab.api.server.model.vision import Memory
from mmlab.api.server.model.vocabulary import words
from mmlab.perception import Seen, Sight, budget, speech
from mmlab.world.scene import MAXIMUM

_TENS = {stem + "teen": stem + "ty" for stem in ("four", "six", "seven", "nine")} | {
    "thirteen": "thirty",
    "fifteen": "fifty",
    "eighteen": "eighty",
}
_WORD_FOR_WORD = re.compile(
    r"\b(transcri\w+|repeat|write down|verbatim|subtitles?|said|say)\b", re.IGNORECASE
)
_SAYS = re.compile(r"\b(?:say|says|said|mention|mentions|mentioned|hear|contain|contains)\b", re.IGNORECASE)


@dataclass(frozen=True)
class MediaAnswer:
    """The answer from audio or video, and the facts that a schema may ask for.

    answer  Answer
    facts   name → text
    lists   name → list of dict   a dict for each word, shape or event; the key "" holds the default list
    """

    answer: Answer
    facts: dict[str, str]
    lists: dict[str, list[dict]]

    @property
    def schema(self) -> dict:
        """The JSON schema of an answer that contains every fact."""
        return {"type": "object", "properties": {name: {"type": "string"} for name in self.facts}}

    def fact(self, names: set[str]) -> str | None:
        """Return the first fact named by one of the words, or None."""
        return next((value for name, value in self.facts.items() if name in names), None)

    def listed(self, names: set[str]) -> list[dict]:
        """Return the list named by one of the words, or else the default list."""
        return next((rows for name, rows in self.lists.items() if name in names), self.lists[""])


@dataclass(frozen=True)
class Transcript:
    """An audio clip as a model hears it.

    text     str     "" if the model recognises no words
    spans    tuple of (word, start, end)   in seconds
    seconds  float   length of the clip
    until    float   seconds that the model listened to: fewer if that took too long
    """

    text: str
    spans: tuple[tuple[str, float, float], ...]
    seconds: float
    until: float = float("inf")

    @property
    def note(self) -> str:
        """What a reply has to say about a clip that was not heard to its end; "" for other clips."""
        if self.until >= self.seconds:
            return ""
        return f"[I listened to the first {self.until:.1f} of {self.seconds:.1f} seconds only]"

    def noted(self) -> "Transcript":
        """Return the transcript with its note as the last word."""
        if not self.note:
            return self
        spans = (*self.spans, (self.note, self.until, self.seconds))
        return replace(self, text=f"{self.text} {self.note}".strip(), spans=spans)


def transcribed(clip: AudioClip, model: Model) -> Transcript:
    """Return what a model hears in a clip, within the budget of the reply or else one for this clip."""
    with contextlib.nullcontext() if budget.current() else budget.for_media(seconds=clip.seconds):
        heard = _HEARD.of(clip.key, clip)
    mistaken = _TENS if _chance(clip, model) < model.weaknesses.get("teens_for_tens", 0) else {}
    text = re.sub(r"\w+", lambda word: mistaken.get(word[0], word[0]), heard.text)
    spans = tuple((mistaken.get(word, word), start, end) for word, start, end in heard.words)
    return Transcript(text, spans, clip.seconds, min(heard.until, clip.seconds))


_HEARD = Memory(lambda clip: speech.hear(clip.samples, clip.rate))


def _chance(clip: AudioClip, model: Model) -> float:
    """Return a number from 0 to 1 that depends only on this clip and this model."""
    digest = hashlib.blake2b(f"{model.id} teens ".encode() + clip.samples.tobytes(), digest_size=8)
    return int.from_bytes(digest.digest(), "big") / 2**64


def spoken(prompt: Prompt) -> Prompt:
    """Return the prompt with the latest message replaced by its transcript if it is audio without text."""
    last = prompt.turns[-1] if prompt.turns else None
    if last is None or last.role != "user" or last.text.strip() or not last.audio:
        return prompt
    transcripts = [transcribed(clip, models()[prompt.model]) for clip in last.audio]
    text = " ".join(transcript.text for transcript in transcripts)
    return replace(prompt, turns=[*prompt.turns[:-1], replace(last, text=text)])


def answer_from(prompt: Prompt, question: str) -> MediaAnswer | None:
    """Return the answer from the audio of the latest turn with media, or None if that turn has no audio.

    question  str   what the user wrote, or said in the audio itself
    """
    turn = next((turn for turn in reversed(prompt.turns) if turn.has_media), None)
    if turn is None or not turn.audio or prompt.turns[-1].role == "tool":
        return None
    transcripts = [transcribed(clip, models()[prompt.model]) for clip in turn.audio]
    answers = [_noted(answered(transcript, question), transcript) for transcript in transcripts]
    answer = (
        answers[0]
        if len(answers) == 1
        else Answer(
            "; ".join(each.short for each in answers),
            " ".join(f"Sound {n}: {each.sentence}" for n, each in enumerate(answers, 1)),
        )
    )
    spans = [
        {"word": word, "start": f"{start:g}", "end": f"{end:g}"}
        for transcript in transcripts
        for word, start, end in transcript.spans
    ]
    shapes = [
        {
            "shape": shape.kind or "",
            "kind": shape.kind or "",
            "colour": shape.colour or "",
            "color": shape.colour or "",
            "size": shape.size or "",
        }
        for transcript in transcripts
        for shape in generation.counted(words(transcript.text))
    ]
    return MediaAnswer(answer, _facts(transcripts, answer), {"word": spans, "": shapes or spans})


def _noted(answer: Answer, transcript: Transcript) -> Answer:
    """Return an answer whose sentence says so if the clip was not heard to its end."""
    return Answer(answer.short, f"{answer.sentence} {transcript.note}".strip())


def _facts(transcripts: list[Transcript], answer: Answer) -> dict[str, str]:
    text = " ".join(transcript.text for transcript in transcripts)
    named = generation.counted(words(text))
    first = named[0] if named else None
    facts = {
        "transcript": text,
        "text": text,
        "language": "english",
        "answer": answer.short,
        "duration": f"{sum(transcript.seconds for transcript in transcripts):g}",
        "seconds": f"{sum(transcript.seconds for transcript in transcripts):g}",
        "count": str(len(named)),
        "background": generation.ground(words(text)),
        "colour": first and first.colour,
        "kind": first and first.kind,
        "size": first and first.size,
    }
    return {name: value for name, value in facts.items() if value}


def answered(transcript: Transcript, question: str) -> Answer:
    """Return the answer to a question about one clip; its transcript if no other answer fits."""
    if not transcript.text:
        return Answer("nothing", "I hear nothing that I know.")
    if question.strip() in ("", transcript.text):
        return Answer(transcript.text, f'I heard "{transcript.text}".')
    spoken_ = words(question)
    if "how" in spoken_ and "long" in spoken_:
        return Answer(f"{transcript.seconds:.1f}", f"It is {transcript.seconds:.1f} seconds long.")
    if "words" in spoken_ and {"many", "number", "count"} & set(spoken_):
        number = len(words(transcript.text))
        return Answer(str(number), f"I hear {number} words.")
    if "?" in question and (answer := _mentioned(transcript, question) or _of_scene(transcript, question)):
        return answer
    return Answer(transcript.text, transcript.text)


def _mentioned(transcript: Transcript, question: str) -> Answer | None:
    """Answer whether the clip contains a word or phrase: the quoted one, or the last word of the question."""
    if words(question)[:1] not in (["does"], ["do"], ["is"], ["did"]) or not _SAYS.search(question):
        return None
    quoted = re.search(r"[\"'“‘]([^\"'”’]+)[\"'”’]", question)
    phrase = words(quoted[1]) if quoted else words(question)[-1:]
    heard = words(transcript.text)
    there = any(heard[n : n + len(phrase)] == phrase for n in range(len(heard)))
    return Answer("yes" if there else "no", f'{"Yes" if there else "No"}, I hear "{transcript.text}".')


def _of_scene(transcript: Transcript, question: str) -> Answer | None:
    """Answer a question about the shapes that the clip describes."""
    imagined = Imagined(transcript.text)
    if not imagined.shapes or _WORD_FOR_WORD.search(question):
        return None
    return scene_questions.answer(imagined, question)


class Imagined:
    """An image that exists only as a description: it is used like a View; unknown attributes are ""."""

    swaps_sides = False

    def __init__(self, text: str):
        spoken_ = words(text)
        named = generation.counted(spoken_)[:MAXIMUM]
        positions = generation.positions(spoken_, len(named)) if named else []
        self.shapes = tuple(
            Seen(shape.kind or "", shape.colour or "", shape.size or "", *position, (0, 0, 0, 0), 1.0)
            for shape, position in zip(named, positions)
        )
        self.sight = Sight(generation.ground(spoken_) or "not told", self.shapes, (), None)

    def counted(self, number: int) -> int:
        """Return a number of shapes unchanged: a description is not miscounted."""
        return number
