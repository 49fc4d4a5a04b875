"""modality_gap: the distance between the centres of images and texts, and both moved to the origin."""

import torch
from _draw import call, nearly_unit, table, unit, vectors

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """Unequal numbers of images and texts, no unit vector, centres apart."""
    plans = [(5, 4, 3, 1.0, 1.0), (3, 6, 4, 0.05, 3.0), (4, 7, 2, 2.0, 0.5)]
    return [call(vectors(rng, i, d, long), vectors(rng, t, d, short)) for i, t, d, long, short in plans]


NEAR = table(5, 3) * 0.1 + 1
AXIS = torch.tensor([[2.0], [-4.0], [0.5]])  # one feature: unit rows are 1 and -1

CLAUSES = {
    "a width that differs is refused": [
        call(table(4, 3), table(4, 2)),
        call(table(4, 1), table(4, 3)),  # would broadcast
        call(table(4, 3), table(4, 1)),
    ],
    "a small gap": [call(NEAR, NEAR + torch.tensor([1e-3, -1e-3, 0.0]) * size) for size in (1, 2, 4)],
    "no gap": [
        call(table(5, 3), table(5, 3)),
        call(table(5, 3), 2 * table(5, 3).flip(0)),
        call(table(2, 4096), table(2, 4096)),  # wide: a distance that adds 1e-6 to every feature is seen
    ],
    "rows close to their mean": [call(AXIS[:1].repeat(999, 1).index_fill(0, torch.tensor([0]), -1.0), AXIS)],
    "a gap of nearly 2": [call(table(3, 2) * 0.01 + 1, table(4, 2) * 0.01 - 1)],
    "rows of length 1, and of nearly 1": [
        call(unit(4), unit(3, 1)),
        *(call(nearly_unit(4, off), nearly_unit(5, -off, 1)) for off in (0.04, 2e-3, 2e-4)),
        call(unit(5), table(4, 3)),
        call(table(4, 3), unit(5)),
        call(nearly_unit(4, 0.04), unit(4)),
    ],
    "as many rows as columns": [call(table(3, 3), table(3, 3, 1)), call(table(2, 2), table(2, 2, 1))],
    "hundreds of rows": [call(table(1030, 2), table(4, 2, 1)), call(table(4, 2), table(520, 2, 1))],
    "one feature": [call(AXIS, AXIS[[0, 0, 1, 2, 1]])],
    "two rows": [call(table(2, 3), table(2, 3, 2))],
    "equal rows": [call(table(3, 3)[[0, 0, 1]], table(3, 3, 1)[[2, 1, 1, 1]])],
    "rows of any length": [
        call(table(3, 4) * 1e-3, table(5, 4, 2) * 1e3),
        call(table(3, 4) * 1e6, table(5, 4, 2) * 1e-6),
        call(table(3, 4) * 1e-6, table(5, 4, 2) * 1e6),
    ],
}


def by_hand(image, text):
    if image.shape[1] != text.shape[1]:
        raise ValueError(f"width {image.shape[1]} against {text.shape[1]}")
    centres, moved = [], []
    for rows in (image, text):
        rows = rows / rows.square().sum(1, keepdim=True).sqrt()
        centres.append(rows.sum(0) / len(rows))
        rows = rows - centres[-1]
        moved.append(rows / rows.square().sum(1, keepdim=True).sqrt())
    return torch.dist(*centres), *moved


def centring_matrix(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("widths differ")
    unit = [rows / torch.linalg.vector_norm(rows, dim=-1, keepdim=True) for rows in (image, text)]
    means = [torch.full((1, len(rows)), 1 / len(rows)) @ rows for rows in unit]
    difference = (means[0] - means[1]).flatten()
    centred = [(torch.eye(len(rows)) - torch.full((len(rows),) * 2, 1 / len(rows))) @ rows for rows in unit]
    image, text = [rows / torch.linalg.vector_norm(rows, dim=-1, keepdim=True) for rows in centred]
    return difference.dot(difference).sqrt(), image, text


UNIT = "    image, text = F.normalize(image), F.normalize(text)\n"
GAP = "    gap = torch.linalg.vector_norm(image.mean(dim=0) - text.mean(dim=0))\n"
IMAGE, TEXT = "F.normalize(image - image.mean(dim=0))", "F.normalize(text - text.mean(dim=0))"

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=15,
    optional=True,
    hints=(
        "The centre of a modality is the mean over its rows, `rows.mean(dim=0)`: one vector of width D.",
        "The order: unit rows → centres → gap → each modality minus its own centre → unit rows again.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-5, atol=1e-5),
    mistakes=(
        mistake(
            "one_centre_for_both",
            {
                GAP: GAP + "    centre = torch.cat([image, text]).mean(dim=0)\n",
                IMAGE: "F.normalize(image - centre)",
                TEXT: "F.normalize(text - centre)",
            },
            "your embeddings are moved by one common centre: the gap between the modalities stays as it was",
            "subtract the images' centre from the images and the texts' centre from the texts",
        ),
        mistake(
            "not_normalised_after",
            {IMAGE: "image - image.mean(dim=0)", TEXT: "text - text.mean(dim=0)"},
            "your moved embeddings are no longer of length 1",
            "normalise once more after the centres are subtracted",
        ),
        mistake(
            "not_normalised_before",
            {UNIT: ""},
            "your centres are those of the raw embeddings: long vectors pull them",
            "normalise the rows before you take the centres",
        ),
        mistake(
            "mean_of_distances",
            {GAP: "    gap = torch.cdist(image, text).mean()\n"},
            "your gap is the mean distance over all pairs, which is large even when the centres agree",
            "take the distance between the two centres",
        ),
        mistake(
            "measured_after",
            {GAP: "", "    return gap, image, text\n": GAP + "    return gap, image, text\n"},
            "your gap is what is left after the centring",
            "measure it on the unit embeddings, before you subtract the centres",
        ),
        mistake(
            "centre_of_each_embedding",
            {
                IMAGE: "F.normalize(image - image.mean(dim=1, keepdim=True))",
                TEXT: "F.normalize(text - text.mean(dim=1, keepdim=True))",
            },
            "your mean runs over the features of each embedding",
            "take the mean over the rows, dim=0",
        ),
        mistake(
            "squared",
            {GAP: "    gap = (image.mean(dim=0) - text.mean(dim=0)).square().sum()\n"},
            "your gap is the square of the distance",
            "take the root: torch.linalg.vector_norm or .norm()",
        ),
    ),
    alternates=(by_hand, centring_matrix),
    forbids=("mmlab.metrics.modality_gap", "mmlab.metrics.centred"),
)
