"""Wrong answers to swapped_caption_accuracy."""

from mmlab.instructor.authoring.exercise import Answer

POINTS = "torch.where(margin.abs() < 1e-6, 0.5, (margin > 0).float())"
MARGIN = "F.cosine_similarity(image, caption) - F.cosine_similarity(image, swapped)"
COUNTED = "torch.tensor([first != second for first, second in colours])"
EMPTY = '    if not counted.any():\n        raise ValueError("no image has two colours")\n'

ANSWERS = (
    Answer("zero_when_no_image_is_left", {EMPTY: "    if not counted.any():\n        return 0.0\n"}, "ValueError when no image is left"),
    Answer("nan_when_no_image_is_left", {EMPTY: ""}, "ValueError when no image is left"),
    Answer("a_tensor", {".mean().item()": ".mean()"}, "a float"),
    Answer("a_count", {".mean().item()": ".sum().item()"}, "the mean score"),
    Answer("cosines_to_two_digits", {MARGIN: "F.cosine_similarity(image, caption).round(decimals=2) - F.cosine_similarity(image, swapped).round(decimals=2)"}, "only differences below 1e-6 tie"),
    Answer("hundredth_is_a_tie", {"< 1e-6": "< 0.01"}, "only differences below 1e-6 tie"),
    Answer("absolute_cosines", {MARGIN: "F.cosine_similarity(image, caption).abs() - F.cosine_similarity(image, swapped).abs()"}, "the cosine, with its sign"),
    Answer("negative_cosines_are_zero", {MARGIN: "F.cosine_similarity(image, caption).relu() - F.cosine_similarity(image, swapped).relu()"}, "the cosine, with its sign"),
    Answer("ties_are_left_out", {"points[counted]": "points[counted & (margin.abs() >= 1e-6)]"}, "a tie scores one half"),
    Answer("mean_margin", {"points[counted].mean().item()": "margin[counted].mean().item()"}, "the share of images, not the mean difference"),
    Answer("length_of_the_swapped_caption_counts", {MARGIN: "F.cosine_similarity(image, caption) - (F.normalize(image) * swapped).sum(1)"}, "both captions are compared by cosine"),
    Answer("compares_the_captions", {"F.cosine_similarity(image, swapped)": "F.cosine_similarity(caption, swapped)"}, "image against caption"),
    Answer("one_colour_only", {COUNTED: "torch.tensor([first == second for first, second in colours])"}, "pairs of two colours count"),
    Answer("first_letters", {COUNTED: "torch.tensor([first[0] != second[0] for first, second in colours])"}, "the same string, not the same first character"),
    Answer("own_must_be_the_best_of_all", {MARGIN: "F.cosine_similarity(image, caption) - torch.cat([F.normalize(image) @ F.normalize(caption).T, F.cosine_similarity(image, swapped)[:, None]], dim=1).max(dim=1).values"}, "two captions for each image"),
    Answer("short_rows_are_zero", {MARGIN: "F.cosine_similarity(image, caption, eps=1.0) - F.cosine_similarity(image, swapped, eps=1.0)"}, "rows of any length"),
    Answer("at_most_1000_images", {"points[counted]": "points[:1000][counted[:1000]]"}, "every image"),
)
