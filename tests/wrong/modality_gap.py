"""Wrong answers to modality_gap."""

from mmlab.instructor.authoring.exercise import Answer

UNIT = "    image, text = F.normalize(image), F.normalize(text)\n"
GAP = "torch.linalg.vector_norm(image.mean(dim=0) - text.mean(dim=0))"
MOVED = "    image = F.normalize(image - image.mean(dim=0))\n    text = F.normalize(text - text.mean(dim=0))\n"

UNLESS_UNIT = (
    "    def unit(rows):\n"
    "        lengths = rows.norm(dim=-1, keepdim=True)\n"
    "        return rows if torch.allclose(lengths, torch.ones_like(lengths), atol={}) else rows / lengths\n\n"
    "    image, text = unit(image), unit(text)\n"
)

ANSWERS = (
    Answer(
        "distance_of_unit_centres",
        {GAP: "(F.normalize(image.mean(dim=0), dim=0) - F.normalize(text.mean(dim=0), dim=0)).norm()"},
        "the distance between the means as they are",
    ),
    Answer(
        "moves_the_texts_onto_the_images",
        {MOVED: "    text = F.normalize(text + image.mean(dim=0) - text.mean(dim=0))\n"},
        "both means are subtracted",
    ),
    Answer(
        "projects_the_gap_away",
        {
            MOVED: "    along = F.normalize(image.mean(dim=0) - text.mean(dim=0), dim=0)\n"
            "    image, text = [F.normalize(rows - (rows @ along)[:, None] * along) for rows in (image, text)]\n"
        },
        "the mean is subtracted, not a direction",
    ),
    Answer(
        "root_of_a_difference",
        {GAP: "(image.mean(0).square().sum() + text.mean(0).square().sum() - 2 * image.mean(0) @ text.mean(0)).sqrt()"},
        "|a|² + |b|² − 2ab cancels when the clouds coincide, and its root may be NaN",
    ),
    Answer("cosine_distance", {GAP: "1 - F.cosine_similarity(image.mean(dim=0), text.mean(dim=0), dim=0)"}, "the Euclidean distance"),
    Answer("largest_coordinate", {GAP: "(image.mean(dim=0) - text.mean(dim=0)).abs().max()"}, "the Euclidean distance"),
    Answer("weights_by_length", {UNIT: "    gap_image, gap_text = image, text\n" + UNIT, GAP: "(F.normalize(gap_image.mean(dim=0), dim=0) - F.normalize(gap_text.mean(dim=0), dim=0)).norm()"}, "every row has length 1 before the mean"),
    Answer("gap_as_a_number", {"return gap, image, text": "return gap.item(), image, text"}, "the gap is a () tensor"),
    Answer("texts_moved_by_the_images_mean", {"text - text.mean(dim=0))\n    return": "text - image.mean(dim=0))\n    return"}, "the mean text is subtracted from every text"),
    Answer("standardises", {MOVED: "    image, text = [F.normalize((rows - rows.mean(dim=0)) / rows.std(dim=0)) for rows in (image, text)]\n"}, "the mean is subtracted, no more"),
    Answer("small_constant_in_the_length", {UNIT: "    image, text = [rows / (rows.norm(dim=1, keepdim=True) + 1e-4) for rows in (image, text)]\n"}, "rows of any length"),
    Answer("length_of_a_thousandth_at_least", {UNIT: "    image, text = F.normalize(image, eps=1e-3), F.normalize(text)\n"}, "rows of any length"),
    Answer("length_of_a_hundred_thousandth_at_least", {UNIT: "    image, text = F.normalize(image), F.normalize(text, eps=1e-5)\n"}, "rows of any length"),
    Answer("nearly_unit_is_enough", {UNIT: UNLESS_UNIT.format("0.05")}, "every row is made unit length, however near it is"),
    Answer("nearly_unit_to_three_digits", {UNIT: UNLESS_UNIT.format("1e-3")}, "every row is made unit length, however near it is"),
    Answer(
        "unit_rows_in_place",
        {UNIT: UNLESS_UNIT.format("1e-6"), "F.normalize(image - image.mean(dim=0))": "F.normalize(image.sub_(image.mean(dim=0)))"},
        "neither tensor is changed, unit length or not",
    ),
    Answer("at_most_1000_rows", {UNIT: UNIT + "    image, text = image[:1000], text[:1000]\n"}, "every row"),
    Answer(
        "near_its_centre_stays_short",
        {"F.normalize(image - image.mean(dim=0))": "F.normalize(image - image.mean(dim=0), eps=1e-2)"},
        "every row is made unit length again, near its centre too",
    ),
    Answer(
        "distance_with_a_millionth",
        {GAP: "F.pairwise_distance(image.mean(dim=0), text.mean(dim=0))"},
        "the gap is 0 when the means are the same: pairwise_distance adds 1e-6 to every difference",
    ),
)
