"""Wrong answers to unpatchify."""

from mmlab.instructor.authoring.exercise import Answer

RETURN = "return cells.permute(0, 3, 1, 4, 2, 5).reshape(batch, -1, height, width)"

ANSWERS = (
    Answer("three_channels", {"down, across, -1, tall, wide)": "down, across, 3, tall, wide)"}, "K / (h·w) channels"),
    Answer("sides_swapped", {"(tall, wide), (height, width)": "(wide, tall), (height, width)"}, "patch is (h, w)"),
    Answer("size_swapped", {"(tall, wide), (height, width)": "(tall, wide), (width, height)"}, "size is (Y, X)"),
    Answer("height_unchecked", {"height % tall or ": ""}, "the height must divide"),
    Answer("width_unchecked", {"width % wide or ": ""}, "the width must divide"),
    Answer("channels_unchecked", {"numbers % (tall * wide) or ": ""}, "h·w must divide K"),
    Answer("too_many_only", {"count != down": "count > down"}, "too few rows are refused as well"),
    Answer("too_few_only", {"count != down": "count < down"}, "too many rows are refused as well"),
    Answer("counts_the_numbers", {"count != down * across": "count * numbers % (height * width)"}, "the number of rows counts, not that of all numbers"),
    Answer("as_float", {"rows.reshape(": "rows.float().reshape("}, "the dtype stays"),
    Answer("detached", {"rows.reshape(": "rows.detach().reshape("}, "gradients reach the rows"),
    Answer("upside_down", {RETURN: RETURN + ".flip(2)"}, "the first patch is at the top"),
    Answer("channels_at_the_end", {RETURN: RETURN + ".permute(0, 2, 3, 1)"}, "(B, C, Y, X)"),
    Answer("mean_of_channels", {RETURN: RETURN + ".clone()[:, :1]"}, "every channel"),
    Answer("rounded_through_float32", {"rows.reshape(": "rows.float().reshape(", RETURN: RETURN + ".to(rows.dtype)"}, "float64 keeps its digits"),
)  # fmt: skip
