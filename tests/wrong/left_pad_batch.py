"""Wrong answers to left_pad_batch."""

from mmlab.instructor.authoring.exercise import Answer

CHECK = "if limit <= max(image_tokens):"
PROMPT = "prompt[-(limit - count) :]"
ROWS = "rows = [[image_id] * count + prompt[-(limit - count) :] for prompt, count in zip(prompts, image_tokens)]"
MASK = "mask[number, -len(row) :] = True"
POSITIONS = "positions = (mask.cumsum(dim=1) - 1).clamp(min=0)"

ANSWERS = (
    Answer("unchecked", {CHECK: "if False:"}, "an image may leave no room"),
    Answer("room_for_nothing", {CHECK: "if limit < max(image_tokens):"}, "one id of the prompt must be left"),
    Answer("first_image_checked", {CHECK: "if limit <= image_tokens[0]:"}, "every row"),
    Answer("smallest_image_checked", {CHECK: "if limit <= min(image_tokens):"}, "every row"),
    Answer("refuses_long_rows", {CHECK: "if limit < max(map(len, prompts)) + max(image_tokens):"}, "they are cut"),
    Answer("limit_without_the_last", {PROMPT: "prompt[-(limit - count - 1) :]"}, "limit ids fit"),
    Answer("never_cut", {PROMPT: "prompt"}, "at most limit ids"),
    Answer("cut_in_the_middle", {PROMPT: "(prompt if len(prompt) <= limit - count else prompt[:1] + prompt[len(prompt) - (limit - count) + 1 :])"}, "from the start"),
    Answer("room_of_the_first", {ROWS: ROWS.replace("limit - count", "limit - image_tokens[0]")}, "each row has its own image"),
    Answer("room_of_the_largest", {ROWS: ROWS.replace("limit - count", "limit - max(image_tokens)")}, "each row has its own image"),
    Answer("pads_between_image_and_prompt", {"ids[number, -len(row) :] = torch.tensor(row)": "image = image_tokens[number]\n        ids[number, :image] = image_id\n        ids[number, ids.shape[1] - len(row) + image :] = torch.tensor(row[image:])"}, "padding stands on the left of the row"),
    Answer("mask_of_integers", {"return ids, mask, positions": "return ids, mask.long(), positions"}, "bool"),
    Answer("mask_upside_down", {"return ids, mask, positions": "return ids, ~mask, positions"}, "True at everything but the padding"),
    Answer("image_hidden", {"return ids, mask, positions": "return ids, mask & (ids != image_id), positions"}, "image tokens are seen"),
    Answer("positions_from_one", {POSITIONS: "positions = mask.cumsum(dim=1)"}, "from 0"),
    Answer("pads_at_one", {".clamp(min=0)": ".masked_fill(~mask, 1)"}, "0 at the padding"),
    Answer("positions_from_the_right", {POSITIONS: "positions = torch.arange(ids.shape[1] - 1, -1, -1).expand(len(rows), -1) * mask"}, "0 at the first id"),
    Answer("padded_with_the_image", {"max(map(len, rows))), pad)": "max(map(len, rows))), image_id)"}, "with pad"),
    Answer("one_column_too_many", {"max(map(len, rows))), pad)": "max(map(len, rows)) + 1), pad)"}, "the longest row"),
    Answer("longest_before_the_cut", {"max(map(len, rows))), pad)": "max(len(p) + c for p, c in zip(prompts, image_tokens))), pad)"}, "the longest row after the cut"),
    Answer("prompts_shortened", {ROWS: ROWS + "\n    for prompt, count in zip(prompts, image_tokens):\n        del prompt[: max(0, len(prompt) - limit + count)]"}, "no list is changed"),
    Answer("mask_by_the_first_row", {MASK: "mask[number, -len(rows[0]) :] = True"}, "each row has its own length"),
)  # fmt: skip
