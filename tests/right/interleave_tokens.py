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


def one_hot_matmul(ids, table, images, audio, *, image_id, audio_id, side):
    if side not in ("left", "right"):
        raise ValueError("side")
    wanted = [sum(int((prompt == mark).sum()) for prompt in ids) for mark in (image_id, audio_id)]
    if wanted != [len(images), len(audio)]:
        raise ValueError("counts")
    for span in (*images, *audio):
        if span.ndim != 2 or span.shape[1] != table.shape[1]:
            raise ValueError("width")
    # plan: for each row, which (source, row of the source) stands in each place
    plan, used = [], {image_id: 0, audio_id: 0}
    for prompt in ids:
        row = []
        for token in map(int, prompt):
            if token in used:
                name = "image" if token == image_id else "audio"
                span = (images if token == image_id else audio)[used[token]]
                row += [(name, used[token], k) for k in range(span.shape[0])]
                used[token] += 1
            else:
                row.append(("text", 0, token))
        plan.append(row)
    sources = (
        [("text", 0, table)]
        + [("image", k, s) for k, s in enumerate(images)]
        + [("audio", k, s) for k, s in enumerate(audio)]
    )
    longest = max(len(row) for row in plan)
    result = torch.zeros(len(ids), longest, table.shape[1], dtype=table.dtype)
    mask = torch.zeros(len(ids), longest, dtype=torch.bool)
    for b, row in enumerate(plan):
        shift = (longest - len(row)) * (side == "left")
        mask[b, shift : shift + len(row)] = True
    for name, number, vectors in sources:
        choose = torch.zeros(len(ids), longest, vectors.shape[0], dtype=table.dtype)
        for b, row in enumerate(plan):
            shift = (longest - len(row)) * (side == "left")
            for place, (kind, which, k) in enumerate(row):
                if (kind, which) == (name, number):
                    choose[b, shift + place, k] = 1
        result = result + torch.einsum("bln,nd->bld", choose, vectors)
    positions = (mask.long().cumsum(1) - 1) * mask
    return result, mask, positions


ANSWERS = (
    Answer("scattered", scattered, "masked_scatter, as in the library"),
    Answer("flipped", flipped, "left padding as right padding of flipped rows"),
    Answer("one_hot_matmul", one_hot_matmul, "a matrix of 0 and 1 says which vector each place takes"),
)
