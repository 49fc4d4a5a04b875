"""Right answers to interleave_tokens that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def scattered(ids, table, images, audio, *, image_id, audio_id, side):
    if side != "left" and side != "right":
        raise ValueError(side)
    if any(tuple(span.shape) != (len(span), table.shape[1]) for span in images + audio):
        raise ValueError("width")
    flat = torch.cat(list(ids))
    found = [(flat == image_id).sum().item(), (flat == audio_id).sum().item()]
    if found != [len(images), len(audio)]:
        raise ValueError(f"{found} placeholders")
    lengths = torch.ones_like(flat)
    lengths[flat == image_id] = torch.tensor([len(span) for span in images], dtype=torch.int64)
    lengths[flat == audio_id] = torch.tensor([len(span) for span in audio], dtype=torch.int64)
    wide = flat.repeat_interleave(lengths)  # one placeholder for each token, as the library wants it
    special = (wide == image_id) | (wide == audio_id)
    tokens = table[wide.masked_fill(special, 0)]
    for placeholder, spans in ((image_id, images), (audio_id, audio)):
        if spans:
            tokens = tokens.masked_scatter((wide == placeholder)[:, None], torch.cat(spans).to(table.dtype))
    rows = torch.tensor([part.sum() for part in lengths.split([len(prompt) for prompt in ids])])
    longest = int(rows.max())
    columns = torch.arange(longest)[None]
    place = columns - (longest - rows)[:, None] if side == "left" else columns.expand(len(rows), -1)
    mask = (place >= 0) & (place < rows[:, None])
    padded = table.new_zeros(len(rows), longest, table.shape[1])
    return padded.masked_scatter(mask[..., None], tokens), mask, torch.where(mask, place, 0)


def flipped(ids, table, images, audio, *, image_id, audio_id, side):
    if {"left": 0, "right": 0}.get(side) is None:
        raise ValueError("side")
    if not all(span.shape[1] == table.shape[1] for span in (*images, *audio)):
        raise ValueError("width")
    waiting = {image_id: list(images)[::-1], audio_id: list(audio)[::-1]}
    try:
        rows = [
            [
                waiting[token].pop() if token in waiting else table[token : token + 1]
                for token in prompt.tolist()
            ]
            for prompt in ids
        ]
    except IndexError:
        raise ValueError("too few") from None
    if any(waiting.values()):
        raise ValueError("too many")
    joined = [torch.cat([table.new_zeros(0, table.shape[1]), *row]) for row in rows]
    turn = (lambda x: x.flip(0)) if side == "left" else (lambda x: x)
    longest = max(map(len, joined))

    def fill(row, extra):
        return turn(torch.cat([turn(row), extra]))

    embeddings = torch.stack([fill(row, row.new_zeros(longest - len(row), row.shape[1])) for row in joined])
    counts = [torch.arange(1, len(row) + 1) for row in joined]
    numbers = torch.stack([fill(count, count.new_zeros(longest - len(count))) for count in counts])
    return embeddings, numbers > 0, (numbers - 1).clamp(min=0)


ANSWERS = (
    Answer("scattered", scattered, "masked_scatter, as in the library"),
    Answer("flipped", flipped, "left padding as right padding of flipped rows"),
)
