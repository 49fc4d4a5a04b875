"""The reply to a prompt: a refusal, a tool call, JSON or text, cut at the stop sequences and the limit."""

import json
import re

from mmlab.api.catalog import models
from mmlab.api.server.model import (
    audio,
    computer_use,
    document_questions,
    pages,
    scene_questions,
    video,
    words_for_json,
)
from mmlab.api.server.model.answers import Answer
from mmlab.api.server.model.documents import joined, text_page
from mmlab.api.server.model.languages import english, language_of
from mmlab.api.server.model.prompt import Call, Prompt, Reply, Tool, Turn
from mmlab.api.server.model.question_parts import parts_of
from mmlab.api.server.model.shape_selection import where
from mmlab.api.server.model.structured_output import Filler
from mmlab.api.server.model.vision import View
from mmlab.api.server.model.vocabulary import words
from mmlab.perception import budget
from mmlab.world.grammar import article

_READS = re.compile(r"\b(read|transcribe|ocr|text|written|says?|extract)\b", re.IGNORECASE)
_TRANSCRIBES = re.compile(
    r"\b(transcribe|ocr|all (?:of )?the text|the text|text do you see|extract)\b", re.IGNORECASE
)
_DIFFERS = re.compile(r"\b(differen\w+|differs?|chang\w+|compare|before)\b", re.IGNORECASE)
_EACH = re.compile(r"\b(each|every|both|all)\b", re.IGNORECASE)
_BRIEF = re.compile(r"\b(one|single) word\b|\bonly\b|\bjust\b", re.IGNORECASE)
_SHAPES_ONLY = {
    "type": "object",
    "properties": {
        "background": {"type": "string"},
        "shapes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("kind", "colour", "size", "position")},
            },
        },
    },
}


def reply(prompt: Prompt) -> Reply:
    """Return the reply of a model to a prompt; the same prompt always gets the same reply.

    It takes at most 2 CPU-seconds for images of one megapixel together, and proportionally more for more.
    """
    videos = [clip.frames for turn in prompt.turns for clip in turn.videos]
    images = [image.pixels for turn in prompt.turns for image in turn.images]
    megapixels = sum(array.size for array in images + videos) / 3_000_000
    seconds = sum(clip.seconds for turn in prompt.turns for clip in turn.audio)
    with budget.for_media(megapixels, sum(map(len, videos)), seconds):
        return _reply(prompt)


def _reply(prompt: Prompt) -> Reply:
    """Return the reply of a model to a prompt, within the budget of the thread."""
    prompt = audio.spoken(prompt)
    question = _question(prompt)
    clips = video.clips(prompt, question)
    views = video.first_frames(clips, models()[prompt.model]) or _views(prompt)
    if any(view.refuses for view in views):
        return Reply("I cannot help with this picture.", ending="refusal")
    if action := computer_use.reply(prompt, views, question):
        return action
    media = video.answer_from(prompt, clips, question) if clips else audio.answer_from(prompt, question)
    answer = media.answer if media else _answer(prompt, views, question)
    filler = Filler(views, answer.sentence, answer.short, media)
    if tool := _tool(prompt, question):
        each = prompt.parallel and len(views) > 1 and not media and _EACH.search(question)
        fillers = [_filler(view, question) for view in views] if each else [filler]
        tools = [tool, *_also(prompt, question, tool)]
        calls = [
            Call(tool.name, each_filler.fill(tool.schema or {"type": "object"}))
            for each_filler in fillers
            for tool in tools
        ]
        return Reply(calls=calls, ending="call")
    otherwise = media.schema if media else _SHAPES_ONLY
    in_words = words_for_json.requested(prompt.system, question)
    if prompt.schema is not None:  # the plain JSON mode, {}, leaves the schema to the words
        value = filler.fill(prompt.schema or (in_words and in_words[0]) or otherwise)
        text = value if prompt.bare and isinstance(value, str) else json.dumps(value)
    elif in_words:
        schema, form = in_words
        text = words_for_json.written(filler.fill(schema or otherwise), form)
    else:
        text = answer.short if _BRIEF.search(question + prompt.system) else answer.sentence
        if budget.is_spent() and not media:  # audio and video say where they were cut
            text += (
                f"\n[I read only a part of the {'images' if len(views) > 1 else 'image'}: it takes too long]"
            )
    return _cut(text, prompt)


def _filler(view: View, question: str) -> Filler:
    """Return the filler for one of several images."""
    answer = _about_view(view, question)
    return Filler([view], answer.sentence, answer.short)


def _also(prompt: Prompt, question: str, first: Tool) -> list[Tool]:
    """Return the tools that a question names besides the first one: all words of their names occur in it."""
    if not prompt.parallel or prompt.must_call not in (None, "any"):
        return []
    spoken = set(words(question))
    return [
        tool
        for tool in prompt.tools
        if tool is not first and (named := set(words(tool.name.replace("_", " ")))) and named <= spoken
    ]


def thought(prompt: Prompt, budget: int = -1) -> str:
    """Return the thinking before a reply, of at most `budget` tokens; -1 for any number."""
    images = sum(len(turn.images) for turn in prompt.turns)
    text = f"The question is: {_question(prompt)[:400]!r}. There are {images} images. I look at them, and then answer."
    return text if budget < 0 else text[: 4 * budget]


def _views(prompt: Prompt) -> list[View]:
    """Return the images and documents of the latest turn that has any, as the model sees them.

    The results of several tools that were called together, and a user message right after them, count as one turn.
    """
    model = models()[prompt.model]
    end = max((number for number, turn in enumerate(prompt.turns, 1) if turn.images or turn.texts), default=0)
    start = end - 1
    while start > 0 and prompt.turns[start - 1].role == "tool":
        start -= 1
    turns = prompt.turns[max(start, 0) : end]
    views = joined([View(image, model) for turn in turns for image in turn.images])
    return views + [text_page(text, model) for turn in turns for text in turn.texts]


def _question(prompt: Prompt) -> str:
    """Return the text of the latest user message that has text.

    A chat client sends the images of a tool in a user message of its own. Its text ("The image:") is not the
    question, unless it asks something. The same holds for a text that announces an image beside it.
    """
    texts = [turn.text for turn in prompt.turns if turn.role == "user" and turn.text]
    chain = _exchange(prompt)
    announces = any(
        turn.text == texts[-1] and (turn.images or turn.text.rstrip().endswith(":")) for turn in chain
    )
    if len(texts) > 1 and announces:
        return texts[-1] if "?" in texts[-1] else texts[-2]
    return texts[-1] if texts else ""


def _exchange(prompt: Prompt) -> list[Turn]:
    """Return the messages since the first tool call that the model has not yet answered in text; [] without one."""
    start = len(prompt.turns)
    for index in range(len(prompt.turns) - 1, -1, -1):
        turn = prompt.turns[index]
        if turn.role == "tool" or turn.called:
            start = index
        elif turn.role == "assistant" and (turn.text or turn.has_media):
            break
    return prompt.turns[start:]


def _latest(prompt: Prompt) -> list[Turn]:
    """Return the messages since the model's latest one: the results of its calls, and what was sent beside them."""
    turns = prompt.turns
    start = max((index for index, turn in enumerate(turns) if turn.role == "assistant"), default=-1)
    return turns[start + 1 :]


def _answer(prompt: Prompt, views: list[View], question: str) -> Answer:
    """Return the answer in text to a question about images and documents."""
    last = prompt.turns[-1] if prompt.turns else Turn("user")
    if last.role == "tool" and not any(turn.images for turn in _latest(prompt)):
        return Answer(last.text, f"The tool says: {last.text}")
    if not views:
        return _without_images(prompt, question)
    if len(views) > 1 and _DIFFERS.search(question):
        return _differences(views)
    answers = [_about_view(view, question) for view in views]
    if len(answers) == 1:
        return answers[0]
    return Answer(
        "; ".join(each.short for each in answers),
        " ".join(f"Image {n}: {each.sentence}" for n, each in enumerate(answers, 1)),
    )


def _without_images(prompt: Prompt, question: str) -> Answer:
    sees = "image" in models()[prompt.model].input
    text = f"I am {prompt.model}, a small model that {'looks at pictures' if sees else 'listens to sounds'}."
    if question.strip():
        text += (
            f" There is no {'picture' if sees else 'sound'} in your message: send one, and ask "
            f"what it {'shows' if sees else 'says'}."
        )
    return Answer(text, text)


def _about_view(view: View, question: str) -> Answer:
    """Return the answer to a question about one image; a description if no other answer fits."""
    if pages.of(view) or view.is_page or (_READS.search(question) and not view.shapes and view.lines):
        return _about_page(view, question)
    return _joined([scene_questions.answer(view, part) for part in parts_of(question)]) or described(view)


def _about_page(view: View, question: str) -> Answer:
    """Return the answer to a question about a printed page; its text or its data if no other answer fits."""
    drawn = pages.of(view)
    text = Answer(document_questions.text_of(view), document_questions.text_of(view))
    if drawn and _TRANSCRIBES.search(question):
        return text if drawn.kind != "code" else pages.transcribed_code(view)
    find = pages.answer if drawn else document_questions.answer
    answers = [find(view, english(part, language_of(part))) for part in parts_of(question)]
    if matches := _joined(answers):
        return matches
    if drawn and (drawn.kind == "code" or not _READS.search(question)):
        return pages.described(view)
    return text


def _joined(answers: list[Answer | None]) -> Answer | None:
    """Return the answers to the parts of a question as one, or None if there is none."""
    matches = [each for each in answers if each]
    if not matches:
        return None
    return Answer(" ".join(each.short for each in matches), " ".join(each.sentence for each in matches))


def described(view: View) -> Answer:
    """Return a description of an image in text."""
    ground = f"{article(view.sight.background)} background"
    things = [
        f"{article(f'{shape.size} {shape.colour} {shape.kind}')} at the {where(view, shape)}"
        for shape in view.shapes
    ]
    if invented := view.invented():
        things.append(f"{article(' '.join(invented))} at the centre")
    if view.sight.photograph:
        text = "This looks like a photograph: I see nothing that I know, which is drawings, documents and screens."
    elif not things and view.sight.unknown:
        text = f"I see something on {ground}, but nothing that I know."
    elif not things:
        text = f"I see {ground} and nothing on it."
    else:
        text = f"I see {_listed(things)}, on {ground}."
        if view.sight.unknown:
            text += " There is also something that I do not know."
    return Answer(text, text)


def _listed(things: list[str]) -> str:
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + " and " + things[-1]


def _differences(views: list[View]) -> Answer:
    """Return the differences between the first and the last of several images."""
    first, last = views[0], views[-1]
    if first.is_page or last.is_page:
        before, after = ({line.text for line in view.lines} for view in (first, last))
        gone, new = sorted(before - after), sorted(after - before)
    else:
        before, after = (
            {
                f"{article(f'{shape.size} {shape.colour} {shape.kind}')} at the {where(view, shape)}"
                for shape in view.shapes
            }
            for view in (first, last)
        )
        gone, new = sorted(before - after), sorted(after - before)
        grounds = [view.sight.background for view in (first, last)]
        if grounds[0] != grounds[1]:
            gone, new = (
                gone + [f"{article(grounds[0])} background"],
                new + [f"{article(grounds[1])} background"],
            )
    parts = [f"only the first shows {_listed(gone)}"] if gone else []
    parts += [f"only the last shows {_listed(new)}"] if new else []
    text = " and ".join(parts).capitalize() + "." if parts else "I see no difference."
    return Answer(text, text)


def _tool(prompt: Prompt, question: str) -> Tool | None:
    """Return the tool to call now, or None.

    If the model may choose, it calls the tool whose name and description share the most words with the
    question, but makes no second call before it has answered. If it must call one, it prefers a tool that it has
    not called since then.
    """
    tools = {tool.name: tool for tool in prompt.tools}
    if not tools or prompt.must_call == "none":
        return None
    if prompt.must_call in tools:
        return tools[prompt.must_call]
    exchange = _exchange(prompt)
    if prompt.must_call != "any" and exchange:
        return None
    called = {name for turn in exchange for name in turn.called}
    tools = {name: tool for name, tool in tools.items() if name not in called} or tools
    spoken = set(words(question)) - set(words("a an the of in is to this what with for and or by it"))

    def shared(tool: Tool) -> int:
        return len(spoken & set(words(f"{tool.name.replace('_', ' ')} {tool.description}")))

    best = max(tools.values(), key=shared)
    return best if prompt.must_call == "any" or shared(best) else None


def _cut(text: str, prompt: Prompt) -> Reply:
    """Return the reply, cut at the first stop sequence or at max_tokens."""
    matches = [(text.index(stop), stop) for stop in prompt.stops if stop and stop in text]
    if matches:
        position, stop = min(matches)
        if position <= prompt.max_tokens * 4:
            return Reply(text[:position], ending="stop_sequence", stop=stop)
    if len(text) > prompt.max_tokens * 4:
        return Reply(text[: prompt.max_tokens * 4], ending="length")
    return Reply(text)
