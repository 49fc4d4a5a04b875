"""Wrong answers to info_nce_gradient."""

import numpy as np

from mmlab.instructor.authoring.exercise import Answer

LOGITS = "logits - logits.max(axis=1, keepdims=True)"
GRADIENT = "(p - np.eye(*p.shape)) / temperature / len(p)"
SLOPE = "-(gradient * cosines).sum() / temperature"
START = "    logits = cosines / temperature\n"


def finite_differences(cosines, temperature):
    if cosines.shape[1] < len(cosines):
        raise ValueError("fewer captions than images")

    def loss(cosines, temperature):
        logits = cosines / temperature
        return np.mean(np.logaddexp.reduce(logits, axis=1) - np.diagonal(logits))

    gradient, step = np.zeros(cosines.shape), 1e-5
    for cell in np.ndindex(*cosines.shape[:1], min(cosines.shape[1], 20)):
        moved = np.zeros(cosines.shape)
        moved[cell] = step
        gradient[cell] = (loss(cosines + moved, temperature) - loss(cosines - moved, temperature)) / (2 * step)
    slope = (loss(cosines, temperature + step) - loss(cosines, temperature - step)) / (2 * step)
    return gradient, slope


ANSWERS = (
    Answer("exp_overflows", {LOGITS: "logits"}, "no exp may overflow"),
    Answer("one_maximum_for_all_rows", {LOGITS: "logits - logits.max()"}, "a row far below the maximum underflows to 0/0"),
    Answer("further_captions_left_out", {START: "    cosines = cosines[:, : len(cosines)]\n" + START}, "further columns are negatives"),
    Answer(
        "further_captions_get_no_gradient",
        {GRADIENT: GRADIENT + "\n    gradient[:, len(p) :] = 0"},
        "further columns are negatives with a gradient",
    ),
    Answer("finite_differences", finite_differences, "closed form, to eight digits"),
    Answer("right_caption_of_the_last_columns", {"np.eye(*p.shape)": "np.eye(*p.shape, k=p.shape[1] - len(p))"}, "the right caption of row i is column i"),
    Answer("clips_the_cosines", {START: "    cosines = cosines.clip(-1, 1)\n" + START}, "the numbers are used as they are"),
    Answer("temperature_has_a_floor", {START: "    temperature = max(temperature, 0.01)\n" + START}, "temperatures down to 0.001"),
    Answer("slope_with_the_wrong_sign", {SLOPE: SLOPE[1:]}, "the derivative of the loss, with its sign"),
    Answer("slope_by_the_scale", {SLOPE: "(gradient * cosines).sum() * temperature"}, "with respect to the temperature, not to 1/temperature"),
    Answer("slope_divided_once", {SLOPE: "-(gradient * cosines).sum()"}, "the chain rule gives −c/T²"),
    Answer("negatives_only", {GRADIENT: GRADIENT + "\n    np.fill_diagonal(gradient, 0)"}, "the right caption has a gradient too"),
    Answer("in_single_precision", {START: "    cosines = cosines.astype(np.float32)\n" + START}, "float64"),
    Answer("in_place", {START: "    cosines /= temperature\n    logits = cosines * 1.0\n"}, "the array is not changed"),
    Answer(
        "both_directions",
        {GRADIENT: "(2 * p - 2 * np.eye(*p.shape) + np.exp(logits - logits.max(axis=0)) / np.exp(logits - logits.max(axis=0)).sum(axis=0) - p) / temperature / len(p) / 2"},
        "image→text only",
    ),
    Answer("descent_direction", {"return gradient, ": "return -gradient, "}, "the gradient, not the step downhill"),
    Answer("mean_over_captions", {" / len(p)": " / p.shape[1]"}, "the mean over the B images"),
    Answer("at_most_256_rows", {"return gradient, ": "gradient[256:] = 0\n    return gradient, "}, "every row"),
    Answer("equal_cosines_are_no_negatives", {"    gradient = ": "    p = np.where((cosines == np.diagonal(cosines)[:, None]) & ~np.eye(*p.shape, dtype=bool), 0, p)\n    gradient = "}, "a caption as near as the right one is still a negative"),
)
