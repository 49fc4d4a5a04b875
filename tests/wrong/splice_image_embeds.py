"""Wrong answers to splice_image_embeds."""

from mmlab.instructor.authoring.exercise import Answer

MASK = "placeholder = ids == image_id"
TOKENS = "torch.cat([embeds.new_zeros(0, embeds.shape[2]), *(image.to(embeds.dtype) for image in features)])"
COUNT = "placeholder.sum() != len(tokens)"
PUT = "embeds.masked_scatter(placeholder[..., None], tokens)"
ERROR = 'ValueError(f"{placeholder.sum()} placeholders, {len(tokens)} image tokens")'

ANSWERS = (
    Answer("images_in_reverse", {"in features)": "in features[::-1])"}, "reading order"),
    Answer("tokens_in_reverse", {PUT: PUT.replace("tokens", "tokens.flip(0)")}, "reading order"),
    Answer("scattered_by_feature", {PUT: "embeds.transpose(1, 2).masked_scatter(placeholder[:, None], tokens).transpose(1, 2)"}, "each position gets one whole token"),
    Answer("an_image_for_each_row", {"return " + PUT: "rows = [row.masked_scatter(mask[:, None], image.to(row.dtype)) for row, mask, image in zip(embeds, placeholder, features) if len(image) == mask.sum()]\n    return torch.stack(rows) if len(rows) == len(embeds) else " + PUT.replace("tokens", "tokens.flip(0)")}, "a row may have none or several"),
    Answer("first_run_only", {MASK: "placeholder = (ids == image_id) & ((ids != image_id).cumsum(dim=1) == (ids != image_id).cumsum(dim=1).gather(1, (ids == image_id).int().argmax(dim=1)[:, None]))"}, "placeholders need not be adjacent"),
    Answer("negative_placeholders", {MASK: "placeholder = ids < 0"}, "any int"),
    Answer("first_row_for_all", {MASK: "placeholder = (ids[:1] == image_id).expand_as(ids)"}, "each row has its own placeholders"),
    Answer("too_few_unchecked", {COUNT: "placeholder.sum() < len(tokens)"}, "both directions"),
    Answer("another_error", {ERROR: ERROR.replace("ValueError", "RuntimeError")}, "a ValueError"),
    Answer("another_text", {ERROR: 'ValueError("the numbers differ")'}, "both numbers"),
    Answer("numbers_exchanged", {ERROR: 'ValueError(f"{len(tokens)} placeholders, {placeholder.sum()} image tokens")'}, "placeholders first"),
    Answer("only_too_many_counted", {COUNT: "len(features) and " + COUNT}, "an empty list with placeholders is wrong, too"),
    Answer("wider_dtype", {PUT: "embeds.to(torch.float64).masked_scatter(placeholder[..., None], tokens.to(torch.float64))"}, "the dtype of embeds"),
    Answer("always_float32", {PUT: PUT + ".float()"}, "the dtype of embeds"),
    Answer("embeds_detached", {PUT: PUT.replace("embeds.", "embeds.detach().")}, "the text learns, too"),
    Answer("scaled", {PUT: PUT.replace("tokens)", "tokens * embeds.shape[2] ** 0.5)")}, "as they are"),
    Answer("no_image_fails", {TOKENS: "torch.cat([image.to(embeds.dtype) for image in features])"}, "the list may be empty"),
    Answer("same_object", {"return " + PUT: "return " + PUT + " if len(features) else embeds.mul_(1)"}, "nothing is changed in place"),
    Answer("first_image_repeated", {TOKENS: "torch.cat([embeds.new_zeros(0, embeds.shape[2]), *(features[0][: len(image)].to(embeds.dtype) if len(features[0]) >= len(image) else image.to(embeds.dtype) for image in features)])"}, "each image has its own tokens"),
    Answer("text_kept_by_a_product", {PUT: "embeds * ~placeholder[..., None] + torch.zeros_like(embeds).masked_scatter(placeholder[..., None], tokens)"}, "NaN times 0 is NaN"),
    Answer("images_through_float32", {"image.to(embeds.dtype) for": "image.float().to(embeds.dtype) for"}, "float64 stays float64"),
    Answer("text_through_float32", {PUT: "embeds.float().to(embeds.dtype).masked_scatter(placeholder[..., None], tokens)"}, "float64 stays float64"),
)  # fmt: skip
