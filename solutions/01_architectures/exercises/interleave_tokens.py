"""interleave_tokens: text, image and audio embeddings in the order of the prompt, padded, with mask and positions."""

import numpy as np
import torch
from _draw import drawn
from _draw import table as fixed

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def case(prompts, table, images, audio, image_id=90, audio_id=91, side="right"):
    """Return one case; a prompt is a list of ids."""
    ids = [torch.tensor(prompt, dtype=torch.int64) for prompt in prompts]
    names = {"image_id": image_id, "audio_id": audio_id, "side": side}
    return {"args": [ids, table, images, audio], "kwargs": names}


def spans(*lengths, width=3, shift=0, dtype=torch.float32):
    """Return fixed spans of these lengths."""
    return [
        fixed(length, width, shift=shift + 2 * number, dtype=dtype) for number, length in enumerate(lengths)
    ]


def cases(rng):
    """Random layouts: none to three spans of each kind in a prompt, of unequal lengths, padded on either side."""
    found = []
    for number in range(8):
        width, size, prompts, counts = int(rng.integers(2, 6)), 12, [], np.zeros(2, int)
        for _ in range(int(rng.integers(2, 5))):
            prompt = rng.integers(0, size, int(rng.integers(1, 6))).tolist()
            for kind, placeholder in enumerate((90, 91)):
                for _ in range(int(rng.integers(0, 4))):
                    prompt.insert(int(rng.integers(0, len(prompt) + 1)), placeholder)
                    counts[kind] += 1
            prompts.append(prompt)
        images, audio = (
            [drawn(rng, int(rng.integers(1, 6)), width) for _ in range(count)] for count in counts
        )
        found.append(
            case(prompts, drawn(rng, size, width), images, audio, side=("left", "right")[number % 2])
        )
    return found


WORDS = fixed(8, 3)
BOTH = [[1, 90, 2, 91], [91, 5]], WORDS, spans(2), spans(3, 1, shift=4)


CLAUSES = {
    "both sides": [case(*BOTH, side="left"), case(*BOTH, side="right")],
    "another side is refused": [
        case(*BOTH, side="both"),
        case(*BOTH, side=""),
        case([[1, 90]], WORDS, spans(2), [], side="both"),  # no row needs padding
        case([[1, 2], [3, 4]], WORDS, [], [], side="none"),
    ],
    "more placeholders than spans": [
        case([[1, 90, 90]], WORDS, spans(2), []),
        case([[1, 91], [2]], WORDS, spans(), []),
    ],
    "more spans than placeholders": [
        case([[1, 90]], WORDS, spans(2, 2), []),
        case([[1, 2]], WORDS, [], spans(1)),
        case([[90, 3]], WORDS, spans(1), spans(1)),  # as many in all as the other way round
        case([[90, 91, 91], [90]], WORDS, spans(1, 1, 1), spans(1)),  # four placeholders, four spans
    ],
    "spans of another width": [
        case([[1, 90]], WORDS, spans(2, width=4), []),
        case([[1, 91]], WORDS, [], spans(2, width=1)),
        case([[1, 90], [90, 2]], WORDS, spans(2) + spans(2, width=2), []),
        case([[90, 1, 91]], fixed(8, 1), spans(3, width=2), spans(1, width=2)),
        case([[1, 90]], WORDS, spans(0, width=4), []),  # no tokens, but another width
        case([[1, 91, 91]], WORDS, [], spans(2) + spans(0, width=2)),
    ],
    "text alone": [case([[1, 2, 3], [4]], WORDS, [], [], side=side) for side in ("left", "right")],
    "a prompt without text": [case([[90], [91, 90]], WORDS, spans(2, 1), spans(1))],
    "an empty prompt is all padding": [
        case([[], [1, 90]], WORDS, spans(2), [], side="left"),
        case([[3], []], WORDS, [], []),
    ],
    "spans without tokens": [
        case([[1, 90, 2], [91, 3, 4]], WORDS, spans(0), spans(0), side="left"),
        case([[91], [5, 6]], WORDS, [], spans(0)),
    ],
    "no token at all": [
        case([[90]], WORDS, spans(0), []),
        case([[90, 91], []], WORDS, spans(0), spans(0), side="left"),
    ],
    "neighbouring spans": [case([[90, 90, 91, 91, 1]], WORDS, spans(1, 3), spans(2, 1))],
    "equal lengths need no padding": [case([[1, 90], [2, 91]], WORDS, spans(2), spans(2))],
    "placeholders inside the table": [
        case([[6, 1, 7], [7, 2]], WORDS, spans(2), spans(1, 1), image_id=6, audio_id=7, side="left"),
        case([[0, 1], [2, 3, 0]], WORDS, spans(2, 1), [], image_id=0, audio_id=7),
    ],
    "negative placeholders": [
        case([[-200, 1, -201]], WORDS, spans(2), spans(1), image_id=-200, audio_id=-201)
    ],
    "a table of one word and one feature": [
        case([[0, 90], [0, 0, 0, 0]], fixed(1, 1), spans(2, width=1), [])
    ],
    "float64": [
        case([[1, 90], [2]], fixed(8, 3, dtype=torch.float64) / 3, spans(2, dtype=torch.float64), [])
    ],
    "embeddings of 0 are tokens": [
        case([[1, 90], [2]], torch.zeros(8, 3), [torch.zeros(2, 3)], [], side="left")
    ],
    "many tokens": [case([[1, 90, 2], [91, 3]], WORDS, spans(300), spans(520))],
}


def by_index(ids, table, images, audio, *, image_id, audio_id, side):
    if side not in ("left", "right"):
        raise ValueError(side)
    if {span.shape[1] for span in [*images, *audio]} - {table.shape[1]}:
        raise ValueError("width")
    everything = torch.cat([table, *images, *audio])
    bounds = np.cumsum([len(table), *(len(span) for span in [*images, *audio])])
    places = {image_id: list(range(len(images))), audio_id: list(range(len(images), len(bounds) - 1))}
    rows = []
    for prompt in ids:
        row = []
        for token in prompt.tolist():
            if token not in places:
                row.append(token)
                continue
            if not places[token]:
                raise ValueError("too few spans")
            span = places[token].pop(0)
            row += range(bounds[span], bounds[span + 1])
        rows.append(row)
    if places[image_id] or places[audio_id]:
        raise ValueError("too many spans")
    length = max(map(len, rows))
    pads = [[None] * (length - len(row)) for row in rows]
    order = [pad + row if side == "left" else row + pad for row, pad in zip(rows, pads)]
    mask = torch.tensor([[place is not None for place in row] for row in order], dtype=torch.bool)
    index = torch.tensor([[place or 0 for place in row] for row in order], dtype=torch.int64)
    return everything[index] * mask[..., None], mask, (mask.cumsum(1) - 1).clamp(min=0) * mask


def one_padded_row_at_a_time(ids, table, images, audio, *, image_id, audio_id, side):
    if side not in {"left", "right"}:
        raise ValueError("side")
    for span in images + audio:
        if span.size(-1) != table.size(-1):
            raise ValueError(f"a span of width {span.size(-1)}")
    for placeholder, queue in zip((image_id, audio_id), (images, audio)):
        if sum(int((prompt == placeholder).sum()) for prompt in ids) != len(queue):
            raise ValueError(f"placeholders {placeholder}")
    images, audio, rows = list(images), list(audio), []
    for prompt in ids:
        row = torch.zeros(0, table.shape[1], dtype=table.dtype)
        for token in prompt:
            if token == image_id or token == audio_id:
                queue = images if token == image_id else audio
                row = torch.cat([row, queue.pop(0)])
            else:
                row = torch.cat([row, table[token][None]])
        rows.append(row)
    longest = max(len(row) for row in rows)
    outputs = []
    for row in rows:
        rest = longest - len(row)
        pad = (rest, 0) if side == "left" else (0, rest)
        padded = torch.nn.functional.pad(row, (0, 0, *pad))
        mask = torch.nn.functional.pad(torch.ones(len(row), dtype=torch.bool), pad)
        outputs.append((padded, mask, torch.nn.functional.pad(torch.arange(len(row)), pad)))
    return tuple(torch.stack(part) for part in zip(*outputs))


START = 'length - len(row) if side == "left" else 0'
POSITIONS = "positions[number, place] = torch.arange(len(row))"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=30,
    hints=(
        "Go through the prompts in order and through the ids of each prompt. `next(iterator)` takes the next image or clip; keep one iterator for all prompts.",
        "Look up text ids one at a time, `table[token][None]`: a placeholder may lie outside the table. "
        "Collect the parts of a prompt in a list and join them with `torch.cat`.",
        "Make `embeddings = table.new_zeros(B, L, D)`, a mask of False and positions of 0, and write each row into its place: "
        'from `L - len(row)` on the left side, from 0 on the right. `torch.cat` needs at least one part: start the list with `table[:0]`.',
        "Compare the number of placeholders in all prompts with the number of spans before you begin, for images and audio separately.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-6, atol=1e-6, dtype=True),
    mistakes=(
        mistake(
            "image_first",
            {"for token in prompt.tolist():": "for token in sorted(prompt.tolist(), key=lambda token: token not in spans):"},
            "your images and audio stand before the text",
            "keep the order of the prompt: each span stands where its placeholder stands",
        ),
        mistake(
            "mask_of_ones",
            {"dtype=torch.bool": "dtype=torch.bool).logical_not("},
            "your mask is True at the padding too",
            "set the mask to True only where a token stands",
        ),
        mistake(
            "mask_inverted",
            {"return embeddings, mask, positions": "return embeddings, ~mask, positions"},
            "your mask is True at the padding and False at the tokens",
            "True marks a token",
        ),
        mistake(
            "positions_restart",
            {POSITIONS: "positions[number, place] = torch.cat([torch.arange(len(part)) for part in parts])"},
            "your positions start again at each text token and span",
            "count through the whole prompt: text, image and audio tokens share one sequence",
        ),
        mistake(
            "positions_count_the_padding",
            {POSITIONS: "positions[number, place] = torch.arange(length)[place]"},
            "your positions count the padding on the left",
            "the first token of every prompt has position 0, also behind padding",
        ),
        mistake(
            "positions_run_into_the_padding",
            {"return embeddings, mask, positions": "return embeddings, mask, torch.arange(length).repeat(len(rows), 1)"},
            "your positions are those of the columns",
            "positions belong to tokens: 0 at the padding",
        ),
        mistake(
            "one_side",
            {START: "0"},
            "your rows are padded on the right, whatever side says",
            'with side="left" the tokens stand at the end of the row',
        ),
        mistake(
            "sides_exchanged",
            {'side == "left"': 'side == "right"'},
            "your padding stands on the other side",
            "side is where the padding stands",
        ),
        mistake(
            "one_token_for_each_span",
            {"next(spans[token])": "next(spans[token])[:1]"},
            "your spans keep their first token alone",
            "a placeholder is replaced by all tokens of its span",
        ),
        mistake(
            "each_prompt_from_the_first_span",
            {"        parts = [table[:0]]": "        spans = {image_id: iter(images), audio_id: iter(audio)}\n        parts = [table[:0]]"},
            "each of your prompts takes its spans from the first one on",
            "keep one iterator for all prompts: the spans are in the order of the whole batch",
        ),
        mistake(
            "no_check",
            {"found != len(given)": "False"},
            "your sequences are right, but too many spans are dropped without an error",
            "compare the number of placeholders with the number of spans, and raise ValueError",
        ),
        mistake(
            "no_check_of_the_width",
            {"span.shape[1] != table.shape[1]": "False"},
            "your sequences are right, but a span of another width does not raise ValueError",
            "compare the width of every span with table.shape[1]",
        ),
    ),
    alternates=(by_index, one_padded_row_at_a_time),
    forbids=("transformers.models.llava.modeling_llava.LlavaModel", "torch.nn.utils.rnn.pad_sequence"),
)  # fmt: skip
