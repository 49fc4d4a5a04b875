"""build_labels: ids, mask and labels of image + prompt + answer + EOS, padded with EOS."""

import torch
from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def rows_first(prompts, answers, *, image_id, image_tokens, eos):
    if len(prompts) - len(answers):
        raise ValueError("unequal")
    rows = [[image_id] * image_tokens + list(p) + list(a) + [eos] for p, a in zip(prompts, answers)]
    learned = [[-100] * (image_tokens + len(p)) + list(a) + [eos] for p, a in zip(prompts, answers)]
    width = max(len(row) for row in rows)
    ids = torch.tensor([row + [eos] * (width - len(row)) for row in rows])
    labels = torch.tensor([row + [-100] * (width - len(row)) for row in learned])
    mask = torch.tensor([[True] * len(row) + [False] * (width - len(row)) for row in rows])
    return ids, mask, labels


def by_comparison(prompts, answers, *, image_id, image_tokens, eos):
    if len(answers) != len(prompts):
        raise ValueError((len(prompts), len(answers)))
    texts = [
        torch.tensor([*([image_id] * image_tokens), *p, *a, eos], dtype=torch.long)
        for p, a in zip(prompts, answers)
    ]
    ids = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True, padding_value=eos)
    column = torch.arange(ids.shape[1])[None]
    mask = column < torch.tensor([len(text) for text in texts])[:, None]
    given = column < torch.tensor([image_tokens + len(p) for p in prompts])[:, None]
    return ids, mask, torch.where(mask & ~given, ids, -100)


def pair(prompts, answers, *, image_id=90, image_tokens=3, eos=2) -> dict:
    """Return one case."""
    return call(prompts, answers, image_id=image_id, image_tokens=image_tokens, eos=eos)


def cases(rng):
    """Unequal prompts and answers; a prompt begins with EOS in some rows, and has it inside in others."""
    drawn = []
    for number in range(5):
        sizes = rng.permutation([1, 2, 4, 6, 9])[: 2 + number % 3]
        prompts = [[2] * (row % 2) + rng.integers(3, 80, size).tolist() for row, size in enumerate(sizes)]
        answers = [rng.integers(3, 80, size).tolist() for size in rng.permutation([1, 3, 4, 7])[: len(sizes)]]
        prompts[0].insert(1, 2)
        answers[-1].insert(0, 2)
        answers[0].append(90)
        drawn.append(pair(prompts, answers, image_tokens=1 + number))
    return drawn


PROMPTS, ANSWERS = [[2, 11, 12], [13], [2, 14, 15, 16, 17]], [[21, 22], [23, 24, 25, 26], [27]]
CLAUSES = {
    "unequal rows": [pair(PROMPTS, ANSWERS), pair(PROMPTS[::-1], ANSWERS[::-1])],
    "equal rows: no padding": [pair([[11, 12], [13]], [[14], [15, 16]]), pair([[11, 12]], [[21, 22, 23]])],
    "an empty answer": [pair([[11], [12, 13]], [[], [21, 22]]), pair([[11]], [[]])],
    "an empty prompt": [pair([[], [12, 13]], [[21], [22]]), pair([[], []], [[], [21]])],
    "an image without tokens, one with many": [pair(PROMPTS, ANSWERS, image_tokens=0), pair(PROMPTS, ANSWERS, image_tokens=1), pair(PROMPTS, ANSWERS, image_tokens=40)],
    "nothing but EOS": [pair([[]], [[]], image_tokens=0), pair([[], []], [[], []], image_tokens=2), pair([[2, 2], [2]], [[], []])],
    "EOS in the prompt": [pair([[2, 2, 11, 2], [11]], [[21], [22, 23]]), pair([[11, 2], [11, 2]], [[21, 22], [23]])],
    "EOS in the answer": [pair([[11], [12, 13]], [[21, 2, 22], [2]]), pair([[11, 2], []], [[2, 2], [23, 24, 2]])],
    "other special ids": [pair(PROMPTS, ANSWERS, eos=0), pair(PROMPTS, ANSWERS, eos=50_256, image_id=-200), pair(PROMPTS, ANSWERS, image_id=2), pair(PROMPTS, ANSWERS, image_id=0)],
    "the image's id inside a text": [pair([[11, 90], [12]], [[21], [90, 22, 23]]), pair([[90], [90, 90]], [[90], []], image_tokens=0)],
    "the answer is the longest part, or the prompt": [pair([[11], [12]], [list(range(20, 34)), [21]]), pair([list(range(20, 34)), [11]], [[21], [22]])],
    "unequal lists": [pair(PROMPTS, ANSWERS[:2]), pair(PROMPTS[:1], ANSWERS[:2]), pair([], [[21]])],
}  # fmt: skip

LABELS = "labels[row, start:end] = ids[row, start:end]"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=25,
    needs=("splice_image_embeds",),
    hints=(
        "Work out two numbers for each row: where the answer starts, `image_tokens + len(prompt)`, and where the row ends, behind its EOS. Everything else follows from them.",
        "Start from `torch.full((B, T), eos)`, `torch.zeros((B, T), dtype=torch.bool)` and `torch.full((B, T), -100)`, where T is the largest end.",
        "Do not look for EOS by its id: it stands in prompts and in the padding as well. The row's own EOS is at `end - 1`.",
        "`labels[row, start:end] = ids[row, start:end]`, and `mask[row, :end] = True`.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "labels_of_the_answer_only",
            {
                "return ids, mask, labels": "width = max(len(answer) for answer in answers) + 1\n    short = torch.full((len(answers), width), -100)\n    for row, (start, end) in enumerate(zip(starts, ends)):\n        short[row, : end - start] = ids[row, start:end]\n    return ids, mask, short"
            },
            "your labels are as long as the answers, so they do not lie on the sequence: the loss fails, or compares other positions",
            "make the labels as long as the ids, with -100 at the image and the prompt",
        ),
        mistake(
            "pads_counted",
            {LABELS: "labels[row, start:] = ids[row, start:]"},
            "your labels count the padding, so most of the loss is about predicting EOS after EOS",
            "stop at the row's own EOS",
        ),
        mistake(
            "masked_by_id",
            {
                "    return ids, mask, labels": "    labels[labels == eos] = -100\n    return ids, mask, labels"
            },
            "the EOS after the answer has no label, so the model never learns to stop",
            "leave out the padding by its position, not by its id",
        ),
        mistake(
            "prompt_counted",
            {LABELS: "labels[row, image_tokens:end] = ids[row, image_tokens:end]"},
            "your labels count the prompt as well: the model learns to write questions",
            "begin at image_tokens + len(prompt)",
        ),
        mistake(
            "image_counted",
            {LABELS: "labels[row, :end] = ids[row, :end]"},
            "your labels count the image's placeholders and the prompt",
            "begin at image_tokens + len(prompt)",
        ),
        mistake(
            "image_forgotten",
            {LABELS: "labels[row, len(prompts[row]) : end - image_tokens] = ids[row, start:end]"},
            "your labels stand at the positions of a sequence without the image",
            "add image_tokens to the start",
        ),
        mistake(
            "shifted_here",
            {"return ids, mask, labels": "return ids, mask, F.pad(labels[:, 1:], (0, 1), value=-100)"},
            "your labels are shifted by one, and the library shifts them again",
            "leave each label at the position of its token",
        ),
        mistake(
            "mask_by_id",
            {"return ids, mask, labels": "return ids, ids != eos, labels"},
            "your mask also hides the EOS of the answer, and EOS in a prompt",
            "hide the padding by its position, not by its id",
        ),
        mistake(
            "left_padding",
            {
                "return ids, mask, labels": "shift = [ids.shape[1] - end for end in ends]\n    return tuple(torch.stack([row.roll(n) for row, n in zip(part, shift)]) for part in (ids, mask, labels))"
            },
            "your padding stands on the left",
            "training pads on the right here; the left is for generation",
        ),
    ),  # fmt: skip
    alternates=(rows_first, by_comparison),
    equivalent={},
    forbids=("transformers.DataCollatorForLanguageModeling",),
)
