"""Questions in German, French and Spanish: their words in English, and the answers in their language.

A question is translated word for word. That is enough, because the questions are parsed by their key
words, not by their grammar.
"""

import re

from mmlab.api.server.model.language_tables import ANSWERS, WORDS
from mmlab.api.server.model.vocabulary import TINTS, folded, words
from mmlab.world.grammar import NOUNS
from mmlab.world.scene import SIZES

# French and Spanish word order → English.
_ADJECTIVE, _NOUN = "|".join((*TINTS, *SIZES)), "|".join(NOUNS)
_ORDER = (
    (r"\bmore large\b", "largest"),
    (r"\bmore small\b", "smallest"),
    (r"\b(more|fewer)\b(.*?)\b(?:what|than)\b", r"\1\2than"),
    (r"\bas many\b(.*?)\b(?:what|than|as)\b", r"as many\1as"),
    (rf"^(is|are) ({_ADJECTIVE}) ((?:all )?the) ({_NOUN})\b", r"\1 \3 \4 \2"),
)


def _read_words(table: str) -> dict[str, str]:
    """Return foreign phrase → English, the longest phrases first."""
    pairs = {}
    for line in table.strip().splitlines():
        english, _, foreign = line.strip().partition(": ")
        pairs |= dict.fromkeys(foreign.split(", "), english)
    return dict(sorted(pairs.items(), key=lambda pair: -len(pair[0].split())))


_WORDS = {language: _read_words(table) for language, table in WORDS.items()}
_PATTERNS = {
    language: re.compile(r"\b(" + "|".join(map(re.escape, table)) + r")\b")
    for language, table in _WORDS.items()
}
_OUTPUT = {
    language: dict(
        part.strip().split(": ") for line in table.strip().splitlines() for part in line.split(";")
    )
    for language, table in ANSWERS.items()
}
_ENGLISH = set(
    "how many what which where who when is are there the of do does can you see a an in and or colour image "
    "shape shapes this that has have it to left right above below than more all any no not on at number was were did what's who's by be for from with "
    "show shows tell me count much about name list whose why page text read one two three there's isn't".split()
)


def language_of(text: str) -> str:
    """Return "de", "fr" or "es" for a question in one of these languages, otherwise "en".

    >>> [language_of(text) for text in ("Wie viele Kreise gibt es?", "¿Hay estrellas?", "Is it red?")]
    ['de', 'es', 'en']
    """
    spoken = re.findall(r"[a-z]+", folded(text))
    english = sum(word in _ENGLISH or word in NOUNS or word in TINTS or word in SIZES for word in words(text))
    scores = {language: sum(word in table for word in spoken) for language, table in _WORDS.items()}
    best = max(scores, key=scores.get)
    return best if scores[best] > max(english, 1) else "en"


def english(text: str, language: str) -> str:
    """Return a question in English, word for word; adjectives that follow their noun are moved before it.

    >>> english("Combien y a-t-il de cercles rouges ?", "fr")
    'how many are there of red circles'
    """
    if language == "en":
        return text
    plain = re.sub(r"[^a-z0-9]+", " ", folded(text)).strip()
    table = _WORDS[language]
    text = _PATTERNS[language].sub(lambda match: table[match[0]], plain)
    for pattern, usual in _ORDER if language != "de" else ():
        text = re.sub(pattern, usual, text)
    spoken = text.split()
    # "Are the circles red?" asks about the circles; elsewhere "circles red" are red circles.
    last = len(spoken) - 1 if re.match(r"(is|are) (all|the)\b|.* (is|are) it\b", text) else len(spoken)
    for position in range(1, last if language != "de" else 0):
        before, word = spoken[position - 1 : position + 1]
        if before in NOUNS and (word in TINTS or word in SIZES):
            spoken[position - 1 : position + 1] = [word, before]
    return " ".join(spoken)


def translated(answer: str, language: str) -> str:
    """Return a short answer (a number, a colour, shapes, a position, yes or no) in a language.

    >>> translated("two", "de"), translated("the red star and the blue ring", "fr")
    ('zwei', 'étoile rouge et anneau bleu')
    """
    output = _OUTPUT.get(language)
    if output is None:
        return answer
    if answer in output and " " not in output[answer]:
        return output[answer]
    parts = [_phrase(part.split(), output, language) for part in answer.split(" and ")]
    return f" {output['and']} ".join(parts)


def _phrase(spoken: list[str], output: dict[str, str], language: str) -> str:
    """Return one shape, value or position in a language; words that are not in its table stay as they are."""
    spoken = [word for word in spoken if word not in ("a", "an", "the")]
    noun = next((word for word in reversed(spoken) if word in NOUNS), None)
    result = []
    for word in spoken:
        forms = output.get(word, word).split()
        if word in NOUNS or word not in TINTS and word not in SIZES:
            result.append(output.get(word, word).removesuffix(" m").removesuffix(" f"))
        elif noun is None:
            result.append(forms[-1] if language == "de" else forms[0])
        else:
            result.append(forms[1 if output.get(noun, "").endswith(" f") else 0])
    if language != "de" and noun is not None:
        result.insert(0, result.pop())
    return " ".join(result)
