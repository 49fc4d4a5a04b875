"""Wrong answers to interpolate_positions."""

from mmlab.instructor.authoring.exercise import Answer

CHECK = "if len(positions) != prefix + old[0] * old[1]:"
MOVED = 'moved = F.interpolate(grid.T.reshape(1, -1, *old), size=tuple(new), mode="bicubic")'
RETURN = "return torch.cat([first, moved.flatten(2)[0].T])"

ANSWERS = (
    Answer("nearest", {'"bicubic"': '"nearest"'}, "bicubic"),
    Answer("area", {'"bicubic"': '"area"'}, "bicubic"),
    Answer("size_swapped", {"size=tuple(new)": "size=tuple(new[::-1])"}, "(rows, columns)"),
    Answer("old_grid_swapped", {"*old)": "*old[::-1])"}, "(rows, columns)"),
    Answer("square_grids", {"*old)": "*[math.isqrt(len(grid))] * 2)"}, "neither grid need be square"),
    Answer("same_number_of_cells", {CHECK: "if new[0] * new[1] == old[0] * old[1]:\n        return positions.clone()\n    " + CHECK}, "a grid of as many cells has another shape"),
    Answer("one_token_in_front", {"first, grid = positions[:prefix], positions[prefix:]": "first, grid = positions[:1], positions[1:]"}, "prefix tokens"),
    Answer("prefix_from_the_end", {"first, grid = positions[:prefix], positions[prefix:]": "first, grid = positions[len(positions) - prefix :], positions[: len(positions) - prefix]"}, "the prefix comes first"),
    Answer("prefix_behind", {RETURN: "return torch.cat([moved.flatten(2)[0].T, first])"}, "the prefix comes first"),
    Answer("too_many_allowed", {CHECK: "if len(positions) < prefix + old[0] * old[1]:", "positions[prefix:]": "positions[prefix : prefix + old[0] * old[1]]"}, "exactly that number"),
    Answer("multiples_allowed", {CHECK: "if (len(positions) - prefix) % (old[0] * old[1]):"}, "exactly that number"),
    Answer("prefix_not_counted", {CHECK: "if len(positions) not in (prefix + old[0] * old[1], old[0] * old[1]):"}, "exactly that number"),
    Answer("columns_first", {"moved.flatten(2)[0].T": "moved.transpose(2, 3).flatten(2)[0].T"}, "reading order"),
    Answer("features_first", {RETURN: "return torch.cat([first, moved.flatten(2)[0].T]).T"}, "(prefix + N, D)"),
    Answer("with_a_batch_axis", {RETURN: "return torch.cat([first, moved.flatten(2)[0].T])[None]"}, "two axes"),
    Answer("as_float", {RETURN: RETURN + ".float()"}, "the dtype stays"),
    Answer("unit_length", {"moved.flatten(2)[0].T": "F.normalize(moved.flatten(2)[0].T, dim=1) * grid.norm(dim=1).mean()"}, "the interpolation alone"),
    Answer("grid_detached", {"grid.T.reshape": "grid.detach().T.reshape"}, "gradients reach every row"),
    Answer("row_by_row", {MOVED: 'moved = F.interpolate(grid.T.reshape(1, -1, *old), size=(old[0], new[1]), mode="bicubic")\n    moved = F.interpolate(moved, size=tuple(new), mode="nearest")'}, "bicubic along both axes"),
    Answer("scaled_and_cut", {MOVED: 'scale = max(new[0] / old[0], new[1] / old[1])\n    moved = F.interpolate(grid.T.reshape(1, -1, *old), scale_factor=scale, mode="bicubic")[:, :, : new[0], : new[1]]'}, "each axis has its own factor"),
    Answer("features_and_grid_as_an_image", {MOVED: 'moved = F.interpolate(grid.reshape(1, 1, len(grid), -1), size=(new[0] * new[1], grid.shape[1]), mode="bicubic")', "moved.flatten(2)[0].T": "moved[0, 0]"}, "each feature is an image"),
    Answer("rounded_through_float32", {"positions[:prefix], positions[prefix:]": "positions.float()[:prefix], positions.float()[prefix:]", RETURN: RETURN + ".to(positions.dtype)"}, "float64 keeps its digits"),
)  # fmt: skip
