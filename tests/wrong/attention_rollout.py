"""Wrong answers to attention_rollout."""

from mmlab.instructor.authoring.exercise import Answer

CHECK = "if tokens != 1 + grid[0] * grid[1] or fusion not in fuse:"
MATRIX = "matrix = residual * identity + (1 - residual) * fused"
NORMALISE = "matrix = matrix / matrix.sum(dim=1, keepdim=True)"
RETURN = "return rollout[0, 1:].reshape(*grid)"
FUSED = "fuse[fusion](attention, dim=1)"

ANSWERS = (
    Answer("always_the_mean", {FUSED: "attention.mean(dim=1)"}, "fusion says how"),
    Answer("sum_of_the_heads", {'"mean": torch.mean': '"mean": torch.sum'}, "the mean"),
    Answer("median_for_the_minimum", {'"min": torch.amin': '"min": lambda a, dim: a.median(dim=dim).values'}, "the minimum"),
    Answer("half_and_half", {MATRIX: "matrix = (identity + fused) / 2"}, "the residual's share is an argument"),
    Answer("identity_added_whole", {MATRIX: "matrix = identity + fused"}, "r · I + (1 − r) · A"),
    Answer("normalised_before_the_residual", {MATRIX: "fused = fused / fused.sum(dim=1, keepdim=True)\n        " + MATRIX, NORMALISE: "pass"}, "the sum is normalised, with its identity"),
    Answer("softmax_of_the_rows", {NORMALISE: "matrix = matrix.softmax(dim=1)"}, "divided by their sums"),
    Answer("transposed_attention", {"(1 - residual) * fused": "(1 - residual) * fused.T"}, "row t holds what token t takes"),
    Answer("blocks_added", {"rollout = matrix @ rollout": "rollout = rollout + matrix"}, "multiplied"),
    Answer("element_by_element", {"rollout = matrix @ rollout": "rollout = matrix * rollout if rollout[0, 1] else matrix"}, "a matrix product"),
    Answer("first_block_left_out", {FUSED: FUSED + "[1:]"}, "all blocks"),
    Answer("rescaled", {RETURN: "row = rollout[0, 1:] / rollout[0, 1:].sum()\n    return row.reshape(*grid)"}, "the rest is not rescaled"),
    Answer("largest_is_one", {RETURN: "row = rollout[0, 1:] / rollout[0, 1:].max()\n    return row.reshape(*grid)"}, "the rest is not rescaled"),
    Answer("last_token", {RETURN: RETURN.replace("rollout[0, 1:]", "rollout[-1, 1:]")}, "the class token is token 0"),
    Answer("class_token_last", {RETURN: RETURN.replace("rollout[0, 1:]", "rollout[-1, :-1]")}, "the class token is token 0"),
    Answer("grid_swapped", {RETURN: RETURN.replace("*grid", "*grid[::-1]") + ".T"}, "reading order"),
    Answer("columns_first", {RETURN: "return rollout[0, 1:].reshape(grid[1], grid[0])"}, "(rows, columns)"),
    Answer("flat", {RETURN: "return rollout[0, 1:]"}, "(rows, columns)"),
    Answer("tokens_unchecked", {CHECK: "if fusion not in fuse:", RETURN: RETURN.replace("1:]", "1 : 1 + grid[0] * grid[1]]")}, "another number of tokens is refused"),
    Answer("more_tokens_allowed", {CHECK: "if tokens < 1 + grid[0] * grid[1] or fusion not in fuse:", RETURN: RETURN.replace("1:]", "1 : 1 + grid[0] * grid[1]]")}, "exactly that number"),
    Answer("fusion_unchecked", {CHECK: "if tokens != 1 + grid[0] * grid[1]:", FUSED: "fuse.get(fusion, torch.mean)(attention, dim=1)"}, "another fusion is refused"),
    Answer("key_error", {CHECK: "if tokens != 1 + grid[0] * grid[1]:"}, "ValueError"),
    Answer("in_place", {MATRIX: "fused = fused.view_as(fused)\n        attention *= 0.999\n        " + MATRIX}, "the weights stay as they are"),
    Answer("in_single_precision", {RETURN: RETURN + ".float().double()"}, "of the same dtype"),
    Answer("residual_once", {MATRIX: "matrix = (1 - residual) * fused + (residual * identity if rollout[0, 0] == 1 else residual * fused)"}, "each block has a residual connection"),
)  # fmt: skip
