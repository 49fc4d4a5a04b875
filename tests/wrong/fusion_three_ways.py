"""Wrong answers to fusion_three_ways."""

from mmlab.instructor.authoring.exercise import Answer

LATE = '(vote("late_text", words) + seen * vote("late_image", picture)) / (1 + seen)'
FILL = "scores.masked_fill(hidden, torch.finfo(text.dtype).min).softmax(dim=2).masked_fill(hidden, 0.0)"

ANSWERS = (
    Answer("inverse_scale", {"/ math.sqrt(text.shape[2])": "* math.sqrt(text.shape[2])"}, "divided by √D"),
    Answer("scale_by_the_tokens", {"math.sqrt(text.shape[2])": "math.sqrt(text.shape[1])"}, "√D"),
    Answer("keys_as_values", {'shares @ (image @ weights["value"].T)': 'shares @ (image @ weights["key"].T)'}, "values are mixed"),
    Answer("raw_values", {'shares @ (image @ weights["value"].T)': "shares @ image"}, "the value matrix"),
    Answer("transposed_query", {'weights["query"].T': 'weights["query"]'}, "as in F.linear"),
    Answer("softmax_over_the_queries", {FILL: FILL.replace("softmax(dim=2)", "softmax(dim=1)")}, "over the keys"),
    Answer("padding_shares_the_weight", {".masked_fill(hidden, 0.0)": ""}, "a missing image adds 0"),
    Answer("minus_ten", {"torch.finfo(text.dtype).min": "-10.0"}, "no weight for padding"),
    Answer("zeroed_scores", {FILL: "scores.masked_fill(hidden, 0.0).softmax(dim=2).masked_fill(hidden, 0.0)"}, "padding takes no share"),
    Answer("text_mask_for_the_keys", {"mean(image, image_mask)": "mean(image, torch.ones_like(image_mask))"}, "the mean of the image has a mask"),
    Answer("cross_mean_of_all", {"mean(mixed, text_mask)": "mixed.mean(dim=1)"}, "the mean over text tokens"),
    Answer("first_token", {"mean(mixed, text_mask)": "mixed[:, 0]"}, "the mean over text tokens"),
    Answer("cross_gets_the_image_mean", {"mixed = text + shares": "mixed = text + seen[:, None] * picture[:, None] + 0 * shares"}, "attention, not the mean"),
    Answer("late_logits", {LATE: '((words @ weights["late_text"].T + seen * (picture @ weights["late_image"].T)) / (1 + seen)).softmax(dim=1)'}, "the average of probabilities"),
    Answer("late_product", {LATE: '(vote("late_text", words).clamp(min=1e-9).log() + seen * vote("late_image", picture).clamp(min=1e-9).log()).softmax(dim=1)'}, "an average, no product"),
    Answer("late_sum", {LATE: 'vote("late_text", words) + seen * vote("late_image", picture)'}, "an average"),
    Answer("late_image_only", {LATE: 'torch.where(seen > 0, vote("late_image", picture), vote("late_text", words))'}, "both vote"),
    Answer("softmax_over_the_batch", {".softmax(dim=1)": ".softmax(dim=0)"}, "over the classes"),
    Answer("a_tuple", {'    return {\n        "early": vote("early", torch.cat([words, picture], dim=1)),\n': '    found = {\n        "early": vote("early", torch.cat([words, picture], dim=1)),\n', '        "cross": vote("cross", mean(mixed, text_mask)),\n    }\n': '        "cross": vote("cross", mean(mixed, text_mask)),\n    }\n    return tuple(found.values())\n'}, "a dict"),
    Answer("detached_image", {"words, picture = mean(text, text_mask), mean(image, image_mask)": "words, picture = mean(text, text_mask), mean(image, image_mask).detach()"}, "gradients reach the image"),
    Answer("missing_by_the_first_patch", {"image_mask.any(dim=1, keepdim=True)": "image_mask[:, :1]"}, "padding may stand anywhere"),
    Answer("minus_thousand", {FILL: "scores.masked_fill(hidden, -1000.0).softmax(dim=2) * image_mask.any(dim=1)[:, None, None]"}, "a score may be -1,000 itself"),
    Answer("late_without_the_maximum", {LATE: '((words @ weights["late_text"].T).exp() / (words @ weights["late_text"].T).exp().sum(dim=1, keepdim=True) + seen * vote("late_image", picture)) / (1 + seen)'}, "exp(900) is infinite"),
    Answer("attention_in_float32", {FILL: "scores.float().masked_fill(hidden, torch.finfo(torch.float32).min).softmax(dim=2).masked_fill(hidden, 0.0).to(text.dtype)"}, "float64 keeps its precision"),
)  # fmt: skip
