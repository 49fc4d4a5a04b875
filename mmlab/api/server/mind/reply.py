"""A prompt's reply: a refusal, a call of a tool, JSON, or words; cut where it must be."""

import json
import re

from mmlab.api.catalog import models
from mmlab.api.server.mind import acting, hearing, pages, paper, questions, watching
from mmlab.api.server.mind.filling import Filler
from mmlab.api.server.mind.prompt import Call, Prompt, Reply, Tool, Turn
from mmlab.api.server.mind.questions import Answer, where
from mmlab.api.server.mind.sheets import joined, text_sheet
from mmlab.api.server.mind.sight import View
from mmlab.api.server.mind.words import words
from mmlab.world.grammar import article

_READS = re.compile(r"\b(read|transcribe|ocr|text|written|says?|extract)\b", re.IGNORECASE)
_DIFFERS = re.compile(r"\b(differen\w+|differs?|chang\w+|compare|before)\b", re.IGNORECASE)
_BRIEF = re.compile(r"\b(one|single) word\b|\bonly\b|\bjust\b", re.IGNORECASE)
_SHAPES_ONLY = {"type": "object", "properties": {
    "background": {"type": "string"},
    "shapes": {"type": "array", "items": {"type": "object", "properties": {
        name: {"type": "string"} for name in ("kind", "colour", "size", "position")}}},
}}  # fmt: skip


def reply(prompt: Prompt) -> Reply:
    """Return what a model answers to a prompt: always the same to the same."""
    prompt = hearing.spoken(prompt)
    asked = _asked(prompt)
    films = watching.clips(prompt, asked)
    views = watching.first_frames(films, models()[prompt.model]) or _views(prompt)
    if any(view.refuses for view in views):
        return Reply("I cannot help with this picture.", ending="refusal")
    if acted := acting.reply(prompt, views, asked):
        return acted
    told = watching.told(prompt, films, asked) if films else hearing.told(prompt, asked)
    said = told.answer if told else _said(prompt, views, asked)
    filler = Filler(views, said.sentence, said.short, asked, told)
    tool = _tool(prompt, asked)
    if tool:
        return Reply(calls=[Call(tool.name, filler.fill(tool.schema or {"type": "object"}))], ending="call")
    if prompt.schema is not None:
        text = json.dumps(filler.fill(prompt.schema or (told.schema if told else _SHAPES_ONLY)))
    else:
        text = said.short if _BRIEF.search(asked + prompt.system) else said.sentence
    return _cut(text, prompt)


def _views(prompt: Prompt) -> list[View]:
    """Return the pictures and documents of the latest turn that has some, as the model sees them."""
    model = models()[prompt.model]
    for turn in reversed(prompt.turns):
        if turn.images or turn.papers:
            views = joined([View(picture, model) for picture in turn.images])
            return views + [text_sheet(text, model) for text in turn.papers]
    return []


def _asked(prompt: Prompt) -> str:
    """Return the text of the latest message that a person wrote."""
    return next((turn.text for turn in reversed(prompt.turns) if turn.role == "user" and turn.text), "")


def _said(prompt: Prompt, views: list[View], asked: str) -> Answer:
    """Return the answer in words."""
    last = prompt.turns[-1] if prompt.turns else Turn("user")
    if last.role == "tool" and not last.images:
        return Answer(last.text, f"The tool says: {last.text}")
    if not views:
        return _without_pictures(prompt, asked)
    if len(views) > 1 and _DIFFERS.search(asked):
        return _differences(views)
    answers = [_of_one(view, asked) for view in views]
    if len(answers) == 1:
        return answers[0]
    return Answer("; ".join(one.short for one in answers),
                  " ".join(f"Image {n}: {one.sentence}" for n, one in enumerate(answers, 1)))  # fmt: skip


def _without_pictures(prompt: Prompt, asked: str) -> Answer:
    sees = "image" in models()[prompt.model].input
    words_ = f"I am {prompt.model}, a small model that {'looks at pictures' if sees else 'listens to sounds'}."
    if asked.strip():
        words_ += f" There is no {'picture' if sees else 'sound'} in your message: send one, and ask " \
                  f"what it {'shows' if sees else 'says'}."  # fmt: skip
    return Answer(words_, words_)


def _of_one(view: View, asked: str) -> Answer:
    """Return the answer to what is asked of one picture; a description where nothing else is."""
    drawn = pages.of(view)
    if drawn and (drawn.kind == "code" or not _READS.search(asked)):
        return pages.answer(view, asked)
    if view.is_page or (_READS.search(asked) and not view.shapes and view.lines):
        find = paper.answer
        otherwise = Answer(paper.text_of(view), paper.text_of(view))
    else:
        find, otherwise = questions.answer, described(view)
    sentences = [part for part in re.split(r"(?<=[.?!])\s+|\n+", asked) if part.strip()]
    asking = [part for part in sentences if part.rstrip().endswith("?")] or sentences
    found = [answer for part in asking if (answer := find(view, part))]
    if not found:
        return otherwise
    return Answer(" ".join(one.short for one in found), " ".join(one.sentence for one in found))


def described(view: View) -> Answer:
    """Return what a picture shows, in words."""
    ground = f"{article(view.sight.background)} background"
    things = [f"{article(f'{one.size} {one.colour} {one.kind}')} at the {where(view, one)}"
              for one in view.shapes]  # fmt: skip
    if invented := view.invented():
        things.append(f"{article(' '.join(invented))} at the centre")
    if not things and view.sight.unknown:
        told = f"I see something on {ground}, but nothing that I know."
    elif not things:
        told = f"I see {ground} and nothing on it."
    else:
        told = f"I see {_listed(things)}, on {ground}."
        if view.sight.unknown:
            told += " There is also something that I do not know."
    return Answer(told, told)


def _listed(things: list[str]) -> str:
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + " and " + things[-1]


def _differences(views: list[View]) -> Answer:
    """Return what the last of several pictures shows otherwise than the first."""
    first, last = views[0], views[-1]
    if first.is_page or last.is_page:
        before, after = ({line.text for line in view.lines} for view in (first, last))
        gone, new = sorted(before - after), sorted(after - before)
    else:
        before, after = ({f"{article(f'{one.size} {one.colour} {one.kind}')} at the {where(view, one)}"
                          for one in view.shapes} for view in (first, last))  # fmt: skip
        gone, new = sorted(before - after), sorted(after - before)
        grounds = [view.sight.background for view in (first, last)]
        if grounds[0] != grounds[1]:
            gone, new = gone + [f"{article(grounds[0])} background"], new + [f"{article(grounds[1])} background"]
    told = [f"only the first shows {_listed(gone)}"] if gone else []
    told += [f"only the last shows {_listed(new)}"] if new else []
    text = " and ".join(told).capitalize() + "." if told else "I see no difference."
    return Answer(text, text)


def _tool(prompt: Prompt, asked: str) -> Tool | None:
    """Return the tool to call now, or None.

    Where the model may choose, it calls the tool whose name and description share
    the most words with the question, and never twice in one turn.
    """
    tools = {tool.name: tool for tool in prompt.tools}
    if not tools or prompt.must_call == "none":
        return None
    if prompt.must_call in tools:
        return tools[prompt.must_call]
    if prompt.must_call != "any" and prompt.turns[-1].role == "tool":
        return None
    spoken = set(words(asked)) - set(words("a an the of in is to this what with for and or by it"))

    def shared(tool: Tool) -> int:
        return len(spoken & set(words(f"{tool.name.replace('_', ' ')} {tool.description}")))

    best = max(tools.values(), key=shared)
    return best if prompt.must_call == "any" or shared(best) else None


def _cut(text: str, prompt: Prompt) -> Reply:
    """Return a reply ended where a stop text or the limit of tokens ends it."""
    found = [(text.index(stop), stop) for stop in prompt.stops if stop and stop in text]
    if found:
        place, stop = min(found)
        if place <= prompt.most_tokens * 4:
            return Reply(text[:place], ending="stop_sequence", stop=stop)
    if len(text) > prompt.most_tokens * 4:
        return Reply(text[: prompt.most_tokens * 4], ending="length")
    return Reply(text)
