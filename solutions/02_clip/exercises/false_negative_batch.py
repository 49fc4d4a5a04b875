"""false_negative_batch: the contrastive loss of a batch in which captions repeat."""

import torch
from _draw import call, nearly_unit, table, unit, value, vectors
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

WORDS = [f"a {colour} {kind}" for colour in ("red", "blue", "green") for kind in ("circle", "star", "square")]


def cases(rng):
    """Captions twice and three times, apart and side by side, and none twice."""
    drawn = []
    patterns = [
        ([0, 1, 0, 2, 3], 4, 0.5),
        ([0, 1, 1, 2, 0, 1], 3, 0.07),
        ([0, 1, 2], 5, 2.0),
        ([3, 0, 0, 2, 1, 2, 2], 6, 0.2),
    ]
    for pattern, width, temperature in patterns:
        names = [WORDS[index] for index in rng.permutation(len(WORDS))]
        captions = [names[number] for number in pattern]
        drawn.append(
            call(
                vectors(rng, len(captions), width), vectors(rng, len(captions), width), captions, temperature
            )
        )
    return drawn


def batch(captions, temperature=0.4, image=None, text=None):
    """Return one case of fixed embeddings, (B, 3), unless others are given."""
    image = table(len(captions), 3) if image is None else image
    return call(image, table(len(captions), 3, 1) if text is None else text, captions, temperature)


SCENE = "a large red circle above a small green square, left of " * 9  # longer than any text tower reads

CLAUSES = {
    "lengths that differ are refused": [
        call(table(3, 4), table(3, 4), ["a red star", "a red star"], 0.5),
        call(table(2, 4), table(3, 4), ["a", "b", "c"], 0.5),
        call(table(3, 4), table(2, 4), ["a", "b", "c"], 0.5),
        call(table(3, 4), table(3, 4), ["a", "b", "c", "a"], 0.5),
    ],
    "one pair": [batch(["a red star"])],
    "all captions equal": [batch(["a red star"] * 4)],
    "the same words in another order": [batch(["a red star above a ring", "a ring above a red star"] * 2)],
    "character for character": [
        batch(["a red star", "A red star", "a red star", "a red  star"]),
        batch(["a red star", "a red star ", "a red star.", "a red star"]),
        batch(["café", "cafe\u0301", "cafe", "café"]),  # é as one character, and as two
        batch(["", " ", "a", ""]),
    ],
    "a caption that begins like another": [batch(["a red star", "a red star above a ring", "a red"])],
    "long captions that differ in one word": [
        batch([f"{SCENE}a ring{after}", f"{SCENE}a star{after}", f"{SCENE}a ring{after}", "a ring"])
        for after in ("", SCENE)
    ],
    "equal embeddings of unequal captions": [
        batch(["a", "b", "a"], text=table(3, 3)[[0, 0, 1]], image=table(3, 3)[[2, 2, 1]])
    ],
    "letters of other alphabets": [
        batch(["K", "\u212a", "k", "K"]),  # U+212A is the Kelvin sign
        batch(["\u0130", "i", "\u0131", "I"]),
        batch(["ß", "ss", "SS", "ß", "ẞ"]),
        batch(["a", "\u0430", "\uff41", "a"]),
    ],
    "blanks of other kinds": [batch(["a star", "a\u00a0star", "a\tstar", "a star", "a star\n"])],
    "rows of length 1, and of nearly 1": [
        batch(["a", "b", "a", "c"], image=unit(4), text=unit(4, 1)),
        *(
            batch(["a", "b", "a", "c"], image=nearly_unit(4, off), text=nearly_unit(4, -off, 1))
            for off in (0.04, 2e-3, 2e-4)
        ),
        batch(["a", "b", "b"], image=unit(3), text=table(3, 3)),
    ],
    "as many rows as columns": [batch(["a", "b", "a"])],
    "130 pairs": [  # more would take long in nested loops
        batch([f"caption {k % 50}" for k in range(130)]),
        batch(["a star"] * 128 + ["a ring"] * 2),
    ],
    "a small temperature": [
        batch(["a", "b", "a", "c"], 0.01),
        batch(["a", "b", "a", "c"], 0.01, text=-table(4, 3)),  # the right captions are the unlikely ones
        batch(["a", "b", "a", "c"], 0.01, text=2 * table(4, 3)),  # exp of the logits overflows
    ],
    "rows of any length": [
        batch(["a", "b", "a"], image=table(3, 3) * 1e-3, text=table(3, 3, 1) * 1e3),
        value(table(3, 3) * 1e-6, table(3, 3, 1), ["a", "b", "a"], 0.4),
        value(table(3, 3), table(3, 3, 1) * 1e-6, ["b", "b", "a"], 0.4),
    ],
}


def summed_probabilities(image, text, captions, temperature):
    if not len(image) == len(text) == len(captions):
        raise ValueError("one caption for each row")
    logits = torch.einsum("id,td->it", F.normalize(image), F.normalize(text)) / temperature
    number = torch.tensor([captions.index(caption) for caption in captions])
    same = (number[:, None] == number[None]).to(logits.dtype)
    to_text = (logits.log_softmax(1) + same.log()).logsumexp(1)
    to_image = (logits.log_softmax(0) + same.log()).logsumexp(0)
    return -(to_text.mean() + to_image.mean()) / 2


def loops(image, text, captions, temperature):
    if len({len(image), len(text), len(captions)}) > 1:
        raise ValueError("one caption for each row")
    cosines = F.cosine_similarity(image[:, None], text[None], dim=-1)
    losses = []
    for matrix in (cosines / temperature, cosines.T / temperature):
        for row, caption in zip(matrix, captions):
            right = [column for column, other in enumerate(captions) if other == caption]
            losses.append(torch.logsumexp(row, 0) - torch.logsumexp(row[right], 0))
    return torch.stack(losses).mean()


SAME = "    same = torch.tensor([[mine == other for other in captions] for mine in captions])\n"
LOSSES = "    to_text = logits.logsumexp(dim=1) - right.logsumexp(dim=1)\n    to_image = logits.logsumexp(dim=0) - right.logsumexp(dim=0)\n"
MEAN = "(to_text.mean() + to_image.mean()) / 2"
PLAIN = "    own = torch.arange(len(logits))\n    to_text, to_image = F.cross_entropy(logits, own), F.cross_entropy(logits.T, own)\n"

EXERCISE = Exercise(
    difficulty=4,
    importance=3,
    minutes=20,
    optional=True,
    needs=("clip_contrastive_loss",),
    hints=(
        "Make a (B, B) boolean matrix first: True where captions i and j are the same string. "
        "Its diagonal is True by itself.",
        "The log of a sum of probabilities is a difference of two `torch.logsumexp`: over the correct columns, "
        "minus over all columns. `logits.masked_fill(~same, -torch.inf)` leaves only the correct ones.",
        "The matrix of same captions is symmetric, so the other direction is the same with the other axis.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    mistakes=(
        mistake(
            "duplicates_are_negatives",
            {LOSSES: PLAIN},
            "your number is the plain contrastive loss: an equal caption in another row counts as wrong",
            "mark every cell whose two captions are equal as right, not only the diagonal",
        ),
        mistake(
            "drops_the_diagonal",
            {
                LOSSES: "    wrong, own = logits.masked_fill(same, -torch.inf), logits.diagonal()\n"
                "    to_text, to_image = wrong.logsumexp(dim=1) - own, wrong.logsumexp(dim=0) - own\n"
            },
            "your mask removes the right cells, the diagonal too, from the sum below the fraction",
            "keep all B cells in the sum below, and add the right cells, the diagonal among them, above",
        ),
        mistake(
            "leaves_duplicates_out",
            {
                LOSSES: "    logits = logits.masked_fill(same & ~torch.eye(len(same), dtype=torch.bool), -torch.inf)\n"
                + PLAIN
            },
            "your loss leaves equal captions out: neither right nor wrong",
            "count them as right: their probability is added to that of the diagonal",
        ),
        mistake(
            "mean_of_logs",
            {
                LOSSES: "    share = same / same.sum(dim=1, keepdim=True)\n"
                "    to_text, to_image = F.cross_entropy(logits, share), F.cross_entropy(logits.T, share)\n"
            },
            "your loss averages the logs of the right probabilities, as SupCon and UniCL do: each of m captions shall get 1/m",
            "add the probabilities of the right captions first, and take one log of the sum",
        ),
        mistake(
            "one_direction",
            {MEAN: "to_text.mean()"},
            "your number is the image→text half alone",
            "add the text→image half, over the other axis, and halve the sum",
        ),
        mistake(
            "removes_repeated_rows",
            {
                SAME: "    keep = [row for row, caption in enumerate(captions) if caption not in captions[:row]]\n"
                "    logits = logits[keep][:, keep]\n    same = torch.eye(len(keep), dtype=torch.bool)\n"
            },
            "your loss throws away every row whose caption was seen before: those images teach nothing",
            "keep all B rows and mark the equal captions as right",
        ),
    ),
    alternates=(summed_probabilities, loops),
    forbids=("mmlab.losses.contrastive_loss", "mmlab.losses.contrastive_loss_of_logits"),
)
