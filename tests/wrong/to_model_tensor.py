"""Wrong answers to to_model_tensor that its cases must refuse."""

import numpy as np
import torch

from mmlab.instructor.authoring.exercise import Answer


def stays_in_float64(image, mean, std):
    scaled = (np.asarray(image) / 255 - np.asarray(mean)) / np.asarray(std)
    return torch.tensor(scaled).permute(2, 0, 1)


def guesses_where_the_channels_are(image, mean, std):
    pixels = torch.tensor(image) / 255
    if pixels.shape[0] != 3:
        pixels = pixels.permute(2, 0, 1)
    return (pixels - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]


def whole_blocks_of_rows(image, mean, std):
    rows, columns = image.shape[:2]
    block, result = min(rows, 256), torch.zeros(3, rows, columns)
    for start in range(0, rows - block + 1, block):
        pixels = torch.tensor(image[start : start + block]) / 255
        result[:, start : start + block] = ((pixels - torch.tensor(mean)) / torch.tensor(std)).permute(2, 0, 1)
    return result


ANSWERS = (
    Answer("divides_by_the_largest_pixel", {" / 255": " / image.max()"}, "divide by 255, whatever the image holds"),
    Answer(
        "guesses_whether_it_is_scaled",
        {"torch.tensor(image) / 255": "torch.tensor(image) / (255 if image.max() > 1 else 1)"},
        "divide by 255: a nearly black image comes out bright",
    ),
    Answer("stays_in_float64", stays_in_float64, "return float32: no float32 model accepts float64"),
    Answer("clamps_to_three", {"(2, 0, 1)": "(2, 0, 1).clamp(-3, 3)"}, "nothing is cut off"),
    Answer("clamps_to_fifty", {"(2, 0, 1)": "(2, 0, 1).clamp(-50, 50)"}, "nothing is cut off"),
    Answer("adds_an_epsilon", {"torch.tensor(std)": "(torch.tensor(std) + 1e-8)"}, "divide by std itself"),
    Answer("divides_by_256", {"255": "256"}, "divide by 255"),
    Answer("squeezes", {"(2, 0, 1)": "(2, 0, 1).squeeze()"}, "the shape is (3, Y, X), also for one row"),
    Answer("swaps_rows_and_columns", {"(2, 0, 1)": "(2, 1, 0)"}, "the shape is (3, Y, X)"),
    Answer("one_mean_for_all", {"torch.tensor(mean)": "mean[0]"}, "the channel's own mean"),
    Answer("guesses_where_the_channels_are", guesses_where_the_channels_are, "three rows are no channels"),
    Answer("numpy_array", {"(2, 0, 1)": "(2, 0, 1).numpy()"}, "return a torch tensor"),
    Answer("changes_the_image", {"return normalised": "image //= 2\n    return normalised"}, "do not change the image"),
    Answer("whole_blocks_of_rows", whole_blocks_of_rows, "every row counts, also those after the last whole block"),
    Answer("thousand_columns_at_most", {"torch.tensor(image) / 255": "torch.tensor(image[:1000, :1000]) / 255"}, "the shape is (3, Y, X), whatever the size"),
    Answer("one_mean_for_equal_deviations", {"torch.tensor(mean)": "torch.tensor(mean if len(set(std)) > 1 else mean[:1])"}, "the channel's own mean, whatever its std"),
    Answer("white_is_cut_off", {"    return normalised": "    normalised[pixels == 1] = normalised[pixels == 1].clamp(max=20)\n    return normalised"}, "nothing is cut off"),
)
