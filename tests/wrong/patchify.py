"""Wrong answers to patchify."""

from mmlab.instructor.authoring.exercise import Answer

CHECK = "if height % tall or width % wide:"
RETURN = "return cells.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)"

ANSWERS = (
    Answer("both_must_fail", {CHECK: CHECK.replace("or", "and")}, "one side that does not divide is enough"),
    Answer("checks_the_area", {CHECK: "if height * width % (tall * wide):"}, "each side must divide"),
    Answer("height_only", {" or width % wide": ""}, "the width must divide too"),
    Answer("width_only", {"height % tall or ": ""}, "the height must divide too"),
    Answer("sides_checked_crosswise", {CHECK: "if height % wide or width % tall:"}, "h divides Y, w divides X"),
    Answer("asserts", {"raise ValueError(": "raise AssertionError("}, "ValueError"),
    Answer("as_float", {"images.unflatten": "images.float().unflatten"}, "the dtype stays"),
    Answer("detached", {"images.unflatten": "images.detach().unflatten"}, "gradients reach the images"),
    Answer("numbers_backwards", {RETURN: RETURN + ".flip(2)"}, "channel by channel, line by line"),
    Answer("square_patches", {"tall, wide = patch": "tall = wide = patch[0]"}, "h and w differ"),
    Answer("a_list_of_rows", {RETURN: RETURN + ".unbind(1)"}, "one tensor"),
    Answer("patches_last", {RETURN: RETURN + ".transpose(1, 2)"}, "as F.unfold returns it: (B, N, C·h·w) is wanted"),
    Answer("batch_squeezed", {RETURN: RETURN + ".squeeze(0)"}, "the batch axis stays where there is one image"),
    Answer("snake", {"    cells = ": "    images = images.clone()\n    if height // tall > 1:\n        images[:, :, tall : 2 * tall] = images[:, :, tall : 2 * tall].flip(3)\n    cells = "}, "left to right in every row"),
)  # fmt: skip
