"""Wrong answers to token_budget."""

from mmlab.instructor.authoring.exercise import Answer

ROUND = "round(side / factor)"
DOWN = "max(1, math.floor(side / scale / factor))"
SHORT = '-(-short * scheme["longest"] // (long * scheme["tile"]))'
FIT = "max(0, (window - text) // tokens)"

ANSWERS = (
    Answer("area_of_the_patches", {'(scheme["side"] // scheme["patch"]) ** 2': 'scheme["side"] ** 2 // scheme["patch"] ** 2'}, "whole patches on each side"),
    Answer("class_token_subtracted", {' + scheme["class_token"]': ' - scheme["class_token"]'}, "it is one token more"),
    Answer("rounds_down", {ROUND: "side // factor"}, "to the nearest multiple"),
    Answer("rounds_up", {ROUND: "math.ceil(side / factor)"}, "to the nearest multiple"),
    Answer("at_least_one_first", {ROUND: "max(1, round(side / factor))"}, "a side that rounds to 0 has the area 0, which is less than least"),
    Answer("no_row_left", {DOWN: "math.floor(side / scale / factor)"}, "at least f"),
    Answer("up_where_down", {DOWN: "max(1, math.ceil(side / scale / factor))"}, "rounded down"),
    Answer("nearest_where_down", {DOWN: "max(1, round(side / scale / factor))"}, "rounded down"),
    Answer("scale_of_the_rounded_sides", {"math.sqrt(height * width / scheme[\"most\"])": "math.sqrt(area / scheme[\"most\"])"}, "the true size"),
    Answer("true_area_against_most", {'if area > scheme["most"]': 'if height * width > scheme["most"]'}, "the rounded area"),
    Answer("true_area_against_least", {'elif area < scheme["least"]': 'elif height * width < scheme["least"]'}, "the rounded area"),
    Answer("most_excluded", {'area > scheme["most"]': 'area >= scheme["most"]'}, "more than most"),
    Answer("ratio_200_refused", {"max(size) / min(size) > 200": "max(size) / min(size) >= 200"}, "more than 200 times"),
    Answer("no_ratio", {"max(size) / min(size) > 200": "False"}, "ValueError"),
    Answer("wide_only", {"max(size) / min(size) > 200": "width / height > 200"}, "either side"),
    Answer("never_scaled_up", {"short, long = min(size), max(size)": "short, long = min(size), max(max(size), scheme['longest'])"}, "scaled up or down"),
    Answer("tiles_of_the_true_size", {SHORT: "-(-short // scheme[\"tile\"])"}, "of the scaled image"),
    Answer("scaled_length_rounded", {SHORT: "max(1, -(-round(short * scheme[\"longest\"] / long) // scheme[\"tile\"]))"}, "the exact scaled length"),
    Answer("square_of_the_tiles", {SHORT: "scheme[\"longest\"] // scheme[\"tile\"]"}, "fewer tiles along the short side"),
    Answer("negative_images", {FIT: "(window - text) // tokens"}, "0 where the text leaves no room"),
    Answer("one_less", {FIT: "max(0, (window - text - 1) // tokens)"}, "an image that just fits, fits"),
    Answer("falls_through", {"    else:\n        raise ValueError(f\"kind={scheme['kind']!r}\")\n": "    else:\n        tokens = 1\n"}, "another kind is refused"),
    Answer("tiles_in_floats", {SHORT: "math.ceil(short * (scheme[\"longest\"] / long) / scheme[\"tile\"])"}, "the exact scaled length"),
    Answer("ratio_of_every_kind", {"    height, width = size\n": "    height, width = size\n    if max(size) > 200 * min(size):\n        raise ValueError\n"}, "a dynamic image only"),
)  # fmt: skip
