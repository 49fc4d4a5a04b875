"""What a model hears in a sound, what a text asks of it, and the answer.

    teens_for_tens   part of sounds in which "thirteen" is heard as "thirty", and so on

The weakness is thrown with the sound's own samples, so that asking again changes
nothing.
"""

import hashlib
import re
import threading
from dataclasses import dataclass, replace
from functools import lru_cache

from mmlab import world
from mmlab.api.catalog import Model, models
from mmlab.api.server.mind import makes, questions
from mmlab.api.server.mind.prompt import Prompt
from mmlab.api.server.mind.questions import Answer
from mmlab.api.server.mind.words import words
from mmlab.api.server.sounds import Sound
from mmlab.world.readers import Seen, Sight
from mmlab.world.scene import MOST

_TENS = {one + "teen": one + "ty" for one in ("four", "six", "seven", "nine")} | {
    "thirteen": "thirty", "fifteen": "fifty", "eighteen": "eighty"}  # fmt: skip
_WORD_FOR_WORD = re.compile(r"\b(transcri\w+|repeat|write down|verbatim|subtitles?|said|say)\b", re.IGNORECASE)
_SAYS = re.compile(r"\b(?:say|says|said|mention|mentions|mentioned|hear|contain|contains)\b", re.IGNORECASE)

_two_at_a_time = threading.Semaphore(2)  # so that memory stays bounded


@dataclass(frozen=True)
class Told:
    """What something that takes time tells: an answer, and the facts that a schema may ask for.

    answer  Answer
    facts   name → text
    lists   name → list of dict   one for each word, shape or event; "" for a list of any other name
    """

    answer: Answer
    facts: dict[str, str]
    lists: dict[str, list[dict]]

    @property
    def schema(self) -> dict:
        """The form of an answer that tells all facts."""
        return {"type": "object", "properties": {name: {"type": "string"} for name in self.facts}}

    def fact(self, asked: set[str]) -> str | None:
        """Return the fact that one of some words names, or None."""
        return next((value for name, value in self.facts.items() if name in asked), None)

    def listed(self, asked: set[str]) -> list[dict]:
        """Return the list that one of some words names, or else the usual one."""
        return next((rows for name, rows in self.lists.items() if name in asked), self.lists[""])


@dataclass(frozen=True)
class Ear:
    """One sound as one model hears it.

    text     str     "" where it hears nothing that it knows
    spans    tuple of (word, start, end)   in seconds
    seconds  float   how long the sound is
    """

    text: str
    spans: tuple[tuple[str, float, float], ...]
    seconds: float


def listened(sound: Sound, model: Model) -> Ear:
    """Return what a model hears in a sound."""
    heard = _heard(sound)
    mistaken = _TENS if _chance(sound, model) < model.weaknesses.get("teens_for_tens", 0) else {}
    text = re.sub(r"\w+", lambda word: mistaken.get(word[0], word[0]), heard.text)
    spans = tuple((mistaken.get(word, word), start, end) for word, start, end in heard.words)
    return Ear(text, spans, sound.seconds)


@lru_cache(maxsize=8)  # one request may ask twice
def _heard(sound: Sound) -> "world.Heard":
    with _two_at_a_time:
        return world.hear(sound.samples, sound.rate)


def _chance(sound: Sound, model: Model) -> float:
    """Return a number of 0 to 1 that this sound and this model always give."""
    digest = hashlib.blake2b(f"{model.id} teens ".encode() + sound.samples.tobytes(), digest_size=8)
    return int.from_bytes(digest.digest(), "big") / 2**64


def spoken(prompt: Prompt) -> Prompt:
    """Return a prompt in which the latest message, where it is a sound alone, is its words."""
    last = prompt.turns[-1] if prompt.turns else None
    if last is None or last.role != "user" or last.text.strip() or not last.sounds:
        return prompt
    ears = [listened(one, models()[prompt.model]) for one in last.sounds]
    text = " ".join(ear.text for ear in ears)
    return replace(prompt, turns=[*prompt.turns[:-1], replace(last, text=text)])


def told(prompt: Prompt, asked: str) -> Told | None:
    """Return what the sounds of the latest turn with media tell of what is asked; None without sounds.

    asked  str   what a person wrote, or said in those very sounds
    """
    turn = next((one for one in reversed(prompt.turns) if one.sounds or one.images or one.films or one.papers), None)
    if turn is None or not turn.sounds or prompt.turns[-1].role == "tool":
        return None
    ears = [listened(one, models()[prompt.model]) for one in turn.sounds]
    answers = [answered(ear, asked) for ear in ears]
    answer = answers[0] if len(answers) == 1 else Answer(
        "; ".join(one.short for one in answers),
        " ".join(f"Sound {n}: {one.sentence}" for n, one in enumerate(answers, 1)))  # fmt: skip
    spans = [{"word": word, "start": f"{start:g}", "end": f"{end:g}"}
             for ear in ears for word, start, end in ear.spans]  # fmt: skip
    shapes = [{"shape": one.kind or "", "kind": one.kind or "", "colour": one.colour or "",
               "color": one.colour or "", "size": one.size or ""}
              for ear in ears for one in makes.counted(words(ear.text))]  # fmt: skip
    return Told(answer, _facts(ears, answer), {"word": spans, "": shapes or spans})


def _facts(ears: list[Ear], answer: Answer) -> dict[str, str]:
    text = " ".join(ear.text for ear in ears)
    named = makes.counted(words(text))
    first = named[0] if named else None
    facts = {
        "transcript": text, "text": text, "language": "english", "answer": answer.short,
        "duration": f"{sum(ear.seconds for ear in ears):g}", "seconds": f"{sum(ear.seconds for ear in ears):g}",
        "count": str(len(named)), "background": makes.ground(words(text)),
        "colour": first and first.colour, "kind": first and first.kind, "size": first and first.size,
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value}


def answered(ear: Ear, asked: str) -> Answer:
    """Return the answer to what is asked of one sound; its words where nothing else is."""
    if not ear.text:
        return Answer("nothing", "I hear nothing that I know.")
    if asked.strip() in ("", ear.text):
        return Answer(ear.text, f'I heard "{ear.text}".')
    spoken_ = words(asked)
    if "how" in spoken_ and "long" in spoken_:
        return Answer(f"{ear.seconds:.1f}", f"It is {ear.seconds:.1f} seconds long.")
    if "words" in spoken_ and {"many", "number", "count"} & set(spoken_):
        number = len(words(ear.text))
        return Answer(str(number), f"I hear {number} words.")
    if "?" in asked and (answer := _mentioned(ear, asked) or _of_scene(ear, asked)):
        return answer
    return Answer(ear.text, ear.text)


def _mentioned(ear: Ear, asked: str) -> Answer | None:
    """Answer whether a word, quoted or last in the question, is said."""
    if words(asked)[:1] not in (["does"], ["do"], ["is"], ["did"]) or not _SAYS.search(asked):
        return None
    quoted = re.search(r"[\"'“‘]([^\"'”’]+)[\"'”’]", asked)
    phrase = words(quoted[1]) if quoted else words(asked)[-1:]
    said = words(ear.text)
    there = any(said[n : n + len(phrase)] == phrase for n in range(len(said)))
    return Answer("yes" if there else "no",
                  f'{"Yes" if there else "No"}, I hear "{ear.text}".')  # fmt: skip


def _of_scene(ear: Ear, asked: str) -> Answer | None:
    """Answer a question about the shapes that a description names."""
    imagined = Imagined(ear.text)
    if not imagined.shapes or _WORD_FOR_WORD.search(asked):
        return None
    return questions.answer(imagined, asked)


class Imagined:
    """A picture that was only told of: it stands where a View does; what was not told is ""."""

    swaps_sides = False

    def __init__(self, text: str):
        spoken_ = words(text)
        named = makes.counted(spoken_)[:MOST]
        lie = makes.places(spoken_, len(named)) if named else []
        self.shapes = tuple(Seen(one.kind or "", one.colour or "", one.size or "", *place, (0, 0, 0, 0), 1.0)
                            for one, place in zip(named, lie))  # fmt: skip
        self.sight = Sight(makes.ground(spoken_) or "not told", self.shapes, (), None)

    def counted(self, number: int) -> int:
        """Return a number of shapes as it was told."""
        return number
