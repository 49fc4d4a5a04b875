"""Wrong answers to itm_negatives."""

from mmlab.instructor.authoring.exercise import Answer

SAME = "same = captions[:, None] == captions"
WEIGHTS = "weights = logits.double().masked_fill(same, -torch.inf).softmax(dim=1)"
PICK = "return (weights.cumsum(dim=1) <= draws[:, None]).sum(dim=1)"
RETURN = "return sample(similarities, image_draws), sample(similarities.T, caption_draws)"

ANSWERS = (
    Answer("shifted_by_one", {RETURN: "shift = (torch.arange(len(captions)) + 1) % len(captions)\n    return shift, shift.clone()"}, "sampled by weight"),
    Answer("diagonal_only", {SAME: "same = torch.eye(len(captions)) > 0"}, "equal captions too"),
    Answer("nothing_excluded", {".masked_fill(same, -torch.inf)": ""}, "never the own caption"),
    Answer("only_equal_captions", {"masked_fill(same": "masked_fill(~same"}, "the others"),
    Answer("hardest", {PICK: "return weights.argmax(dim=1)"}, "sampled"),
    Answer("easiest", {PICK: "return weights.masked_fill(same, 2.0).argmin(dim=1)"}, "sampled by weight"),
    Answer("dissimilar_first", {"logits.double()": "(-logits.double())"}, "similar ones have larger weights"),
    Answer("at_least_the_draw", {"<= draws": "< draws"}, "greater than the draw"),
    Answer("descending_order", {PICK: "order = weights.argsort(dim=1, descending=True)\n        picked = (weights.gather(1, order).cumsum(dim=1) <= draws[:, None]).sum(dim=1, keepdim=True)\n        return order.gather(1, picked).squeeze(1)"}, "in the captions' order"),
    Answer("softmax_over_rows", {"softmax(dim=1)": "softmax(dim=0)"}, "a row sums to 1"),
    Answer("sums_over_rows", {"cumsum(dim=1)": "cumsum(dim=0)"}, "along the captions"),
    Answer("images_by_rows", {"similarities.T": "similarities"}, "column j for caption j"),
    Answer("columns_for_both", {"sample(similarities, image_draws)": "sample(similarities.T, image_draws)"}, "row i for image i"),
    Answer("draws_exchanged", {RETURN: "return sample(similarities, caption_draws), sample(similarities.T, image_draws)"}, "each side has its draws"),
    Answer("one_draw", {"<= draws[:, None]": "<= draws[0]"}, "a draw for each row"),
    Answer("images_first", {RETURN: "return sample(similarities.T, caption_draws), sample(similarities, image_draws)"}, "captions for images first"),
    Answer("captions_only", {RETURN: "return sample(similarities, image_draws)"}, "a tuple"),
    Answer("texts_returned", {RETURN: "return tuple(captions[part] for part in (sample(similarities, image_draws), sample(similarities.T, caption_draws)))"}, "indices, not texts"),
    Answer("excluded_after_the_softmax", {WEIGHTS: "weights = logits.double().softmax(dim=1).masked_fill(same, 0.0)\n        weights = weights / weights.sum(dim=1, keepdim=True)"}, "0 / 0 where the own caption is far above"),
    Answer("plain_exponentials", {WEIGHTS: "weights = logits.double().exp().masked_fill(same, 0.0)\n        weights = weights / weights.sum(dim=1, keepdim=True)"}, "logits up to 1000"),
    Answer("excluded_by_subtraction", {WEIGHTS: "weights = (logits.double() - 100.0 * same).softmax(dim=1)"}, "logits up to 1000"),
    Answer("excluded_by_zero", {"masked_fill(same, -torch.inf)": "masked_fill(same, 0.0)"}, "a logit of 0 has a weight"),
    Answer("in_float32", {"logits.double()": "logits"}, "a draw just below 1"),
    Answer("uniform_weights", {"logits.double()": "torch.zeros(same.shape).double()"}, "by similarity"),
    Answer("linear_weights", {WEIGHTS: "weights = (logits.double() - logits.double().amin(dim=1, keepdim=True) + 1).masked_fill(same, 0.0)\n        weights = weights / weights.sum(dim=1, keepdim=True)"}, "the softmax"),
    Answer("error_unraised", {"same.all()": "False"}, "ValueError"),
    Answer("error_for_any_equal", {"if same.all():": "if len(captions) > len(set(captions.tolist())):"}, "only when all are equal"),
    Answer("error_for_one_pair_only", {"if same.all():": "if len(captions) < 2:"}, "all captions equal"),
    Answer("two_pairs_refused", {"if same.all():": "if same.all() or len(captions) < 3:"}, "two pairs can be negatives of each other"),
    Answer("repeated_numbers", {RETURN: "return sample(similarities, image_draws).float(), sample(similarities.T, caption_draws).float()"}, "int64"),
)  # fmt: skip
