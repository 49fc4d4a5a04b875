"""Wrong answers to trace_shapes."""

from mmlab.instructor.authoring.exercise import Answer

CHECK = "any(side % (patch * merge) for side in image)"

ANSWERS = (
    Answer("checks_the_patches_only", {CHECK: "any(side % patch for side in image)"}, "groups must tile the image too"),
    Answer("checks_the_merge_only", {CHECK: "any(side % merge for side in image)"}, "patch · merge"),
    Answer("checks_the_height_only", {CHECK: "height % (patch * merge)"}, "both sides"),
    Answer("checks_the_area", {CHECK: "height * width_pixels % (patch * merge) ** 2"}, "each side"),
    Answer("no_check_without_images", {CHECK: f"images and {CHECK}"}, "also where images is 0"),
    Answer("asserts", {"raise ValueError(": "raise AssertionError("}, "ValueError"),
    Answer("channels_last", {"(batch * images, 3, height, width_pixels)": "(batch * images, height, width_pixels, 3)"}, "channels before height"),
    Answer("images_and_prompts_apart", {"(batch * images, 3, height, width_pixels)": "(batch, images, 3, height, width_pixels)"}, "stacked along the first axis"),
    Answer("grey_patches", {"3 * patch**2": "patch**2"}, "three channels"),
    Answer("attention_without_heads", {"(batch, heads, length, length)": "(batch, length, length)"}, "a map for each head"),
    Answer("logits_of_the_text", {"(batch, length, vocabulary)": "(batch, text, vocabulary)"}, "at each token of the sequence"),
    Answer("logits_of_the_last_token", {"(batch, length, vocabulary)": "(batch, 1, vocabulary)"}, "at each token of the sequence"),
    Answer("projector_keeps_the_width", {'"projected": (batch * images, tokens, width)': '"projected": (batch * images, tokens, merge**2 * vision_width)'}, "the language model's width"),
    Answer("a_list", {'"pixels": (batch * images, 3, height, width_pixels)': '"pixels": [batch * images, 3, height, width_pixels]'}, "tuples"),
    Answer("floats", {"tokens = patches // merge**2": "tokens = patches / merge**2"}, "ints"),
    Answer("no_sequence", {"length = images * tokens + text": "length = text"}, "the image tokens stand in the sequence"),
)  # fmt: skip
