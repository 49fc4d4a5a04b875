"""left_pad_batch: prompts with their image placeholders, cut to a limit and padded on the left."""

import torch
from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def rows_with_their_padding(prompts, image_tokens, *, image_id, pad, limit):
    rows = []
    for prompt, count in zip(prompts, image_tokens, strict=True):
        if count >= limit:
            raise ValueError("no room")
        rows.append([image_id] * count + list(prompt)[max(0, count + len(prompt) - limit) :])
    width = max(len(row) for row in rows)
    ids, mask, positions = [], [], []
    for row in rows:
        gap = width - len(row)
        ids.append([pad] * gap + row)
        mask.append([False] * gap + [True] * len(row))
        positions.append([0] * gap + list(range(len(row))))
    return torch.tensor(ids), torch.tensor(mask), torch.tensor(positions)


def from_the_right(prompts, image_tokens, *, image_id, pad, limit):
    if len(prompts) - len(image_tokens):
        raise ValueError("unequal")
    room = limit - torch.tensor(image_tokens)
    if (room < 1).any():
        raise ValueError(room.tolist())
    kept = torch.minimum(room, torch.tensor([len(prompt) for prompt in prompts]))
    length = kept + torch.tensor(image_tokens)
    back = torch.arange(int(length.max()), 0, -1)[None]  # how far from the end: 1 at the last column
    mask = back <= length[:, None]
    ids = torch.full(mask.shape, image_id, dtype=torch.int64).masked_fill(~mask, pad)
    for row, prompt in enumerate(prompts):
        for number in range(1, int(kept[row]) + 1):
            ids[row, -number] = prompt[-number]
    return ids, mask, torch.where(mask, length[:, None] - back, 0)


def batch(prompts, image_tokens, *, image_id=90, pad=2, limit=30) -> dict:
    """Return one case."""
    return call(prompts, image_tokens, image_id=image_id, pad=pad, limit=limit)


def cases(rng):
    """Unequal prompts and images; the pad's id stands in prompts; some rows are cut."""
    drawn = []
    for number, limit in enumerate((9, 30, 7, 12)):
        sizes = rng.permutation([1, 3, 5, 8, 11])[: 2 + number]
        prompts = [[2] * (row % 2) + rng.integers(3, 80, size).tolist() for row, size in enumerate(sizes)]
        prompts[-1].append(2)
        drawn.append(batch(prompts, rng.permutation([0, 2, 3, 4, 6])[: len(sizes)].tolist(), limit=limit))
    return drawn


PROMPTS, IMAGES = [[2, 11, 12], [13], [14, 15, 2, 16, 17]], [3, 4, 0]
CLAUSES = {
    "unequal rows": [batch(PROMPTS, IMAGES), batch(PROMPTS, [0, 1, 2]), batch(PROMPTS[::-1], IMAGES)],
    "no image at all": [batch(PROMPTS, [0, 0, 0])],
    "equal rows: no padding": [batch([[11, 12], [13]], [1, 2]), batch([[11, 2]], [3]), batch([[11]], [0])],
    "the pad's id inside a prompt": [batch([[2, 2, 11], [12, 2]], [0, 1]), batch([[2], [11, 12]], [0, 0]), batch([[2, 2], [2]], [2, 0])],
    "other special ids": [batch(PROMPTS, IMAGES, pad=0), batch(PROMPTS, IMAGES, pad=90), batch(PROMPTS, IMAGES, image_id=-200, pad=50_256), batch(PROMPTS, IMAGES, image_id=2)],
    "rows of exactly the limit": [batch(PROMPTS, IMAGES, limit=6), batch(PROMPTS, [0, 0, 0], limit=5)],
    "a row of one id more than the limit": [batch(PROMPTS, IMAGES, limit=5), batch(PROMPTS, [0, 0, 0], limit=4)],
    "room for one id of the prompt": [batch([[11, 12, 13], [14, 15]], [4, 1], limit=5), batch([[11, 12], [13, 14]], [0, 0], limit=1), batch([[11, 12], [13, 14]], [3, 3], limit=4)],
    "the longest row is cut, so all are shorter": [batch([list(range(11, 31)), [31]], [2, 2], limit=6), batch([list(range(11, 31)), [31], [32, 33]], [0, 2, 1], limit=8)],
    "an image without room for its prompt": [batch([[11], [12]], [0, 5], limit=5), batch([[11], [12]], [6, 0], limit=5), batch([[11, 12]], [3], limit=3), batch([[11]], [0], limit=0)],
    "unequal lists": [batch(PROMPTS, [0, 1]), batch(PROMPTS, [1, 2, 0, 3]), batch(PROMPTS[:1], [1, 2])],
    "many": [batch([list(range(11, 11 + n)) for n in (3, 40, 1, 25)], [16, 0, 16, 16], limit=200)],
}  # fmt: skip

ROW = "[image_id] * count + prompt[-(limit - count) :]"
POSITIONS = "positions = (mask.cumsum(dim=1) - 1).clamp(min=0)"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=20,
    needs=("splice_image_embeds",),
    hints=(
        "First build each row as a list, already cut: `[image_id] * count + prompt[-(limit - count):]`. A slice that is longer than the list gives the whole list, but `[-0:]` gives everything, so check the limit first.",
        "Then fill three tensors from the right: `ids[number, -len(row):] = torch.tensor(row)`.",
        "The mask follows from the lengths, never from `ids != pad`: GPT-2 uses one id for the beginning of a text and for padding.",
        "`mask.cumsum(dim=1) - 1` counts 0, 1, 2, … through each row and is −1 at its padding. `.clamp(min=0)` makes that 0.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "right_padding",
            {
                "ids[number, -len(row) :] = torch.tensor(row)": "ids[number, : len(row)] = torch.tensor(row)",
                "mask[number, -len(row) :] = True": "mask[number, : len(row)] = True",
                POSITIONS: "positions = (mask.cumsum(dim=1) - 1) * mask",
            },
            "your padding stands on the right, so a short prompt would be continued after its padding",
            "put the row at the end: ids[number, -len(row):]",
        ),
        mistake(
            "positions_of_the_columns",
            {POSITIONS: "positions = torch.arange(ids.shape[1]).expand(len(rows), -1).clone()"},
            "your positions count the padding, so a padded row gets other positions than the row alone",
            "count from the first id that is not padding",
        ),
        mistake(
            "mask_of_ones",
            {"mask[number, -len(row) :] = True": "mask[number] = True"},
            "your mask is True at the padding as well, and so are the positions wrong",
            "set it True at the row's own columns",
        ),
        mistake(
            "mask_by_id",
            {POSITIONS: "mask = ids != pad\n    " + POSITIONS},
            "your mask also hides the pad's id where it belongs to a prompt",
            "make the mask from the lengths of the rows",
        ),
        mistake(
            "image_cut",
            {ROW: "([image_id] * count + prompt)[-limit:]"},
            "a long row loses image tokens in your batch, so its image no longer fits",
            "cut the prompt alone",
        ),
        mistake(
            "end_of_the_prompt_cut",
            {"prompt[-(limit - count) :]": "prompt[: limit - count]"},
            "a long prompt loses its end in your batch, and with it the question",
            "drop ids from its start",
        ),
        mistake(
            "image_forgotten_in_the_limit",
            {"prompt[-(limit - count) :]": "prompt[-limit:]"},
            "only your prompts respect the limit, so rows with an image are longer",
            "subtract the image's tokens from the limit",
        ),
        mistake(
            "padding_at_minus_one",
            {".clamp(min=0)": ""},
            "your padding has the position −1, which no table of positions has",
            "set it to 0: .clamp(min=0)",
        ),
        mistake(
            "positions_restart_after_the_image",
            {
                POSITIONS: POSITIONS
                + "\n    for number, count in enumerate(image_tokens):\n        positions[number] = (positions[number] - count).clamp(min=0)"
            },
            "your positions begin at the prompt, so all image tokens have the position 0",
            "image tokens count as well",
        ),
        mistake(
            "image_last",
            {ROW: "prompt[-(limit - count) :] + [image_id] * count"},
            "the image stands behind the prompt in your rows",
            "first the placeholders, then the prompt",
        ),
        mistake(
            "padded_to_the_limit",
            {"max(map(len, rows))": "limit"},
            "your rows are padded to the limit",
            "pad to the longest row of the batch",
        ),
    ),  # fmt: skip
    alternates=(rows_with_their_padding, from_the_right),
    equivalent={},
    forbids=(),
)
