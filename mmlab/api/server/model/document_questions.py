"""Questions about a printed page, answered from its text: the finders in FINDERS are tried in order."""

import re
from collections.abc import Callable

from mmlab.api.server.model import goods_questions
from mmlab.api.server.model.answers import (
    COUNTS,
    WHETHER,
    Answer,
    amount,
    mentions_label,
    numeral,
    printed,
    yes,
)
from mmlab.api.server.model.label_wording import FILLERS, request_of
from mmlab.api.server.model.page_facts import Fact, clauses, facts, number, pairs, parties, parts, rows, table
from mmlab.api.server.model.vision import Memory, View
from mmlab.perception.form import read_choices, ticked

__all__ = ["answer", "number", "pairs", "parts", "rows", "table", "text_of", "value_for"]

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_STATES = r"tick(?:ed)?|check(?:ed)?|mark(?:ed)?|select(?:ed)?|cross(?:ed)?|chosen|chose|choose|pick(?:ed)?|opted|made|make|check ?marks|ticks|on|off|untick(?:ed)?|uncheck(?:ed)?|empty|blank"
_CHOICES = Memory(lambda page: read_choices(*page))


def text_of(view: View) -> str:
    """Return the text of a page, one line for each row."""
    return "\n".join("  ".join(line.text for line in row) for row in rows(view.lines))


def value_for(view: View, name: str) -> str | None:
    """Return the value whose label best matches a name, or None."""
    wanted, best, match = parts(name), 0.0, None
    labelled = pairs(view.lines)
    if wanted & {
        "rate",
        "percent",
        "percentage",
    }:  # the rate is part of the label "Tax 19%"; the value beside it is the amount
        for label, _ in labelled:
            if (share := re.search(r"\d+(\.\d+)?%", label)) and parts(label) & wanted:
                return share[0]
    for label, value in labelled:
        label_words = parts(label)
        shared = len(label_words & wanted)
        score = shared / len(label_words | wanted) if shared else 0
        if score > best:
            best, match = score, value
    return match


def answer(view: View, sentence: str) -> Answer | None:
    """Return the answer to a question about a printed page, or None if the question names nothing on it.

    sentence  str   the question in English
    """
    question = sentence.lower()
    return next((matches for find in FINDERS if (matches := find(view, question))), None)


def choices_of(view: View) -> dict[str, bool]:
    """Return the choices of a form and whether they are ticked; {} if the page has none."""
    if not isinstance(view, View):
        return {line.text: True for line in view.lines if ticked(line, view.lines)}
    return _CHOICES.of(view.key + view.model.id.encode(), (view.image.pixels, view.lines))


def _choice(view: View, question: str) -> Answer | None:
    """Answer whether a choice is ticked, which choices are, or how many."""
    states = re.search(rf"\b({_STATES})\b", question)
    if not states and not WHETHER.match(question):
        return None
    choices = choices_of(view)
    label = max((each for each in choices if mentions_label(question, each)), key=len, default=None)
    general = re.search(r"tick|check|mark|select|cross|chose|choice|opt", question)
    if not choices or label is None and not (states and general):
        return None
    bare = re.sub(r"\bor not\b", "", re.sub(re.escape((label or "\0").lower()), "", question))
    off = re.search(r"\b(not|off|empty|blank|untick\w*|uncheck\w*|unmark\w*|unselect\w*)\b|n't\b", bare)
    if label is not None:
        state = "ticked" if choices[label] else "not ticked"
        if re.search(r"\bon or off\b|\boff or on\b", question):
            state = "on" if choices[label] else "off"
            return Answer(state, f"“{label}” is {state}.")
        leading = re.match(r"(is|are|was|were|did|has|have|does)(n't| not)\b", question)
        truth = choices[label] != bool(off and not leading)
        return yes(truth, f"“{label}” is {state}")
    marks = re.search(r"\b(check ?marks|ticks)\b", question)
    if not marks and re.search(r"\bhow many\b.*\bare there\b", question) and not re.search(r"ed\b", question):
        return Answer(str(len(choices)), f"There are {len(choices)}: {', '.join(choices)}.")
    chosen = [name for name, on in choices.items() if on != bool(off)]
    state = "not ticked" if off else "ticked"
    if re.search(r"\bhow many\b|\bnumber\b|\bcount\b", question):
        return Answer(
            str(len(chosen)),
            f"{numeral(len(chosen)).capitalize()} {'is' if len(chosen) == 1 else 'are'} {state}.",
        )
    if re.search(r"\b(which|what|list|name)\b", question):
        listed = ", ".join(chosen) or "none"
        return Answer(listed, f"{listed[0].upper()}{listed[1:]}.")
    if re.match(r"(is|are|was|were)\b", question):
        every = "all" in question or "every" in question
        truth = len(chosen) == len(choices) if every else bool(chosen)
        return Answer(
            "yes" if truth else "no",
            f"{'Yes' if truth else 'No'}, {len(chosen)} of {len(choices)} are {state}.",
        )
    return None


def _clause(view: View, question: str) -> Answer | None:
    """Return the text of a numbered section, or the number of sections, or their headings."""
    matches = clauses(view.lines)
    headings = "|".join(clause.heading.lower() for clause in matches)
    named = re.search(
        rf"\b(say|says|read|said|states?)\b.*\b(about|on|regarding|concerning) (the )?({headings})\b",
        question,
    )
    if (
        not matches
        or not named
        and not re.search(r"\b(clauses?|sections?|paragraphs?|articles?)\b", question)
    ):
        return None
    if COUNTS.search(question):
        return amount(len(matches), "clause", "clauses")
    match = re.search(
        r"\b(?:clause|section|paragraph|article) (?:no\.? |number )?(\d+)|\b(\d+)(?:st|nd|rd|th)\b", question
    )
    index = int(match[1] or match[2]) if match else None
    index = next((n for n, word in enumerate(_ORDINALS, 1) if re.search(rf"\b{word}\b", question)), index)
    index = len(matches) if re.search(r"\blast\b", question) else index
    by_heading = [each for each in matches if re.search(rf"\b{each.heading.lower()}\b", question)]
    chosen = [each for each in matches if each.number == index] if index else by_heading
    if not chosen:
        return None
    clause = chosen[0]
    if re.search(r"\b(which|what) (number|clause|section)\b", question) and by_heading and not index:
        return Answer(str(clause.number), f"Clause {clause.number}: {clause.text}")
    if re.search(r"\b(heading|title|called)\b", question):
        return Answer(clause.heading, f"{clause.heading}.")
    if re.match(r"what\b.*\babout\b", question) and index:
        return Answer(clause.heading, f"{clause.heading}: {clause.text}")
    return Answer(clause.text, clause.text)


def _parties(view: View, question: str) -> Answer | None:
    """Return both parties of a contract."""
    if not re.search(
        r"\bpart(y|ies)\b|\bbetween whom\b|\bwho\b.*\b(signed|signs|agreed?|made|concluded)\b|\bbetween which\b",
        question,
    ):
        return None
    matches = parties(view.lines)
    if len(matches) < 2:
        return None
    listed = " and ".join(f"{name} (the {role})" for role, name in matches)
    return Answer(" and ".join(name for _, name in matches), f"{listed}.")


def _fact(view: View, question: str) -> Answer | None:
    """Return the fact whose name and kind fit a question best."""
    wanted, kinds = request_of(question)
    choice = re.search(r"\b(\w+) or (?:by |with |in |the |a )*(\w+)\b", question)
    best, match = 0.0, None
    for fact in facts(view.lines):
        score = _score(fact, wanted, kinds)
        if score > best:
            best, match = score, fact
    if match is None:
        return None
    if match.name == "method":
        paid = next((word for word in ("cash", "card") if word in question), "")
        if re.match(r"(is|was|did|were|has)\b", question) and not choice and paid:
            truth = paid == match.value
            return yes(truth, f"by {match.value}")
        return Answer(match.value, f"By {match.value}.")
    if limit := re.search(
        r"\b(more|higher|larger|greater|over|above|exceeds?|less|lower|smaller|below|under)\b(?: than)? \D{0,2}(\d[\d,.]*)",
        question,
    ):
        value, bound = number(match.value), number(limit[2].rstrip(".,"))
        if value is not None and bound is not None:
            truth = (
                value > bound
                if limit[1] not in ("less", "lower", "smaller", "below", "under")
                else value < bound
            )
            return yes(truth, f"it says {match.value}")
    return printed(match.value)


def _score(fact: Fact, wanted: set[str], kinds: tuple[str, ...]) -> float:
    """Return how well a fact fits the words and the kinds that a question asks for; 0 if not at all."""
    label = parts(fact.name) or {fact.name.lower()}
    shared = len(label & wanted)
    if not shared:
        return 0.0
    fit = 1.0 if not kinds or fact.kind in kinds else 0.4
    return fit * shared / len(label | wanted)


def _contains(view: View, question: str) -> Answer | None:
    """Answer whether a page mentions something: "Is there a lemon tart?", "Did they buy honey?"."""
    match = re.match(
        r"(?:is|are) there (?:(?:an|a|any|some)\b)?|(?:does|do|did|has|have|can) (?:the|this|they|i|you|it|anyone|we)\b.*?"
        r"\b(?:offer|serve|list|contain|include|mention|buy|bought|order|sell|have|get|find|show|see)\b (?:(?:an|a|any|some)\b)?",
        question,
    )
    if match is None:
        return None
    what = re.split(r"\b(?:on|in|at) (?:the|this)\b|\?", question[match.end() :])[0].strip(" .")
    if not what:
        return None
    stem = what.removesuffix("s")
    line = next(
        (line.text for line in view.lines if re.search(rf"\b{re.escape(stem)}", line.text.lower())), None
    )
    if line:
        return Answer("yes", f"Yes: {line}.")
    return Answer("no", f"No, I see no {what}.")


def _sentence(view: View, question: str) -> Answer | None:
    """Return the sentence of a clause that shares the most words with a question, with yes or no before it."""
    wanted = {word[:6] for word in parts(question) if word not in FILLERS and len(word) > 3}
    texts = [clause.text for clause in clauses(view.lines)]
    texts = texts or [line.text for line in view.lines if line.text.count(" ") > 3]
    sentences = [part for text in texts for part in re.split(r"(?<=\.) ", text)]
    scored = [(len(wanted & {word[:6] for word in parts(each)}), each) for each in sentences]
    count, sentence = max(scored, default=(0, ""), key=lambda each: each[0])
    if not count:
        return None
    if not WHETHER.match(question):
        return Answer(sentence, sentence)
    negative = bool(re.search(r"\b(not|excluded|without|no)\b", sentence)) != bool(
        re.search(r"\b(not|without|excluded)\b|n't", question)
    )
    word = "no" if negative else "yes"
    return Answer(word, f"{word.capitalize()}: {sentence}")


def _claim(view: View, question: str) -> Answer | None:
    """Answer a yes-no question that the clauses of a page answer in their words."""
    if not WHETHER.match(question) or not clauses(view.lines) or re.search(r"\d", question):
        return None
    return _sentence(view, question)


FINDERS: tuple[Callable[[View, str], Answer | None], ...] = (
    _choice,
    _clause,
    _parties,
    goods_questions.extreme,
    goods_questions.named,
    goods_questions.counted,
    _claim,
    _fact,
    _contains,
    _sentence,
)
