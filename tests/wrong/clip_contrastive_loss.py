"""Wrong answers to clip_contrastive_loss."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer

CHECK = "image.shape != text.shape"
UNIT = "    image, text = F.normalize(image), F.normalize(text)  # rows of length 1\n"
HALVES = "(F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2"
OWN = "    own = torch.arange(len(logits))\n"


def errors_left_to_torch(image, text, temperature):
    try:
        similarity = torch.einsum("id,jd->ij", F.normalize(image), F.normalize(text)) / temperature
        target = torch.arange(len(image))
        return (F.cross_entropy(similarity, target) + F.cross_entropy(similarity.T, target)) / 2
    except (RuntimeError, IndexError) as error:
        raise ValueError(str(error)) from error


def softmax_then_log(image, text, temperature):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image) @ F.normalize(text).T / temperature
    rows, columns = logits.softmax(1).diagonal(), logits.softmax(0).diagonal()
    return -(rows.log() + columns.log()).mean() / 2


UNLESS_UNIT = (
    "    def unit(rows):\n"
    "        lengths = rows.norm(dim=-1, keepdim=True)\n"
    "        return rows if torch.allclose(lengths, torch.ones_like(lengths), atol={}) else rows / lengths\n\n"
    "    image, text = unit(image), unit(text)\n"
)

ANSWERS = (
    Answer("checks_rows_only", {CHECK: "len(image) != len(text)"}, "a width that differs ends in torch's own error"),
    Answer(
        "second_direction_teaches_nothing",
        {"F.cross_entropy(logits.T, own)": "F.cross_entropy(logits.T.detach(), own)"},
        "gradients must reach both arguments, from both directions",
    ),
    Answer(
        "short_vectors_stay_short",
        {
            UNIT: "    image = image / image.norm(dim=-1, keepdim=True).clamp(min=1.0)\n"
            "    text = text / text.norm(dim=-1, keepdim=True).clamp(min=1.0)\n"
        },
        "the rows have any length",
    ),
    Answer("errors_left_to_torch", errors_left_to_torch, "einsum broadcasts a width of 1, and one caption for all images"),
    Answer("counts_the_numbers", {CHECK: "image.numel() != text.numel()", "text.T / temperature": "text.reshape(image.shape).T / temperature"}, "the shapes, not the number of numbers"),
    Answer("checks_width_only", {CHECK: "image.shape[1] != text.shape[1]"}, "a number of rows that differs"),
    Answer("softmax_then_log", softmax_then_log, "at a small temperature a probability underflows to 0"),
    Answer("temperature_has_a_floor", {"text.T / temperature": "text.T / max(temperature, 0.01)"}, "divided by the temperature given"),
    Answer(
        "small_constant_in_the_length",
        {UNIT: "    image, text = [rows / (rows.norm(dim=1, keepdim=True) + 1e-4) for rows in (image, text)]\n"},
        "only the direction counts, of short rows too",
    ),
    Answer(
        "equal_rows_are_partners",
        {
            OWN: "    same = (text[:, None] == text[None]).all(dim=-1).float()\n    own = same / same.sum(dim=1, keepdim=True)\n",
        },
        "row i has one right partner, row i",
    ),
    Answer(
        "normalises_in_place",
        {UNIT: "    with torch.no_grad():\n        image /= image.norm(dim=1, keepdim=True)\n    text = F.normalize(text)\n"},
        "neither argument may be changed in place",
    ),
    Answer("negative_cosines_are_cut", {"image @ text.T / temperature": "(image @ text.T).clamp(min=0) / temperature"}, "the cosine is compared"),
    Answer("sum_over_the_batch", {HALVES: HALVES.replace("own)", "own, reduction='sum')")}, "averaged over rows"),
    Answer("nearly_unit_is_enough", {UNIT: UNLESS_UNIT.format("0.05")}, "cosines, however near to 1 the lengths are"),
    Answer("nearly_unit_to_three_digits", {UNIT: UNLESS_UNIT.format("1e-3")}, "cosines, however near to 1 the lengths are"),
    Answer(
        "unit_rows_in_place",
        {UNIT: UNLESS_UNIT.format("1e-6"), "image @ text.T / temperature": "image.detach().div_(temperature) @ text.T + 0 * image.sum()"},
        "no argument is changed in place, unit length or not",
    ),
    Answer("at_most_128_pairs", {"    own = torch.arange(len(logits))": "    logits = logits[:128, :128]\n    own = torch.arange(len(logits))"}, "every row of the batch"),
    Answer("shape_check_of_square_batches", {CHECK: "image.shape != text.shape and image.shape[0] != image.shape[1]"}, "shapes that differ are refused"),
    Answer("hundred_millionth_in_the_length", {UNIT: "    image, text = [rows / (rows.norm(dim=1, keepdim=True) + 1e-8) for rows in (image, text)]\n"}, "only the direction counts, of the shortest rows too"),
)
