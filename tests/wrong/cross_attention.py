"""Wrong answers to cross_attention."""

from mmlab.instructor.authoring.exercise import Answer

MASK = "absent = padding[:, None, None]"
FILL = "scores.masked_fill(absent, torch.finfo(text.dtype).min).softmax(dim=3).masked_fill(absent, 0.0)"
OUTPUT = "output = F.linear((weights @ v).transpose(1, 2).flatten(2), out_weight, out_bias)"
RETURN = "return output, weights.mean(dim=1)"

ANSWERS = (
    Answer("no_scale", {" / math.sqrt(q.shape[3])": ""}, "the root of the head's width"),
    Answer("scale_without_root", {"math.sqrt(q.shape[3])": "q.shape[3]"}, "the root of the head's width"),
    Answer("scale_by_the_heads", {"q.shape[3])": "heads)"}, "the head's width, not the number of heads"),
    Answer("scale_by_the_keys", {"q.shape[3])": "k.shape[2])"}, "the head's width"),
    Answer("keys_and_values_exchanged", {"F.linear(image, k_weight, k_bias)": "F.linear(image, v_weight, v_bias)", "F.linear(image, v_weight, v_bias)": "F.linear(image, k_weight, k_bias)"}, "keys come from k_weight"),
    Answer("biases_in_another_order", {"q_bias, k_bias, v_bias =": "k_bias, q_bias, v_bias ="}, "queries, keys, values"),
    Answer("no_bias_of_the_values", {"F.linear(image, v_weight, v_bias)": "F.linear(image, v_weight)"}, "the values have a bias"),
    Answer("mask_ignored", {FILL: "scores.softmax(dim=3)"}, "padding gets no weight"),
    Answer("minus_a_thousand", {"torch.finfo(text.dtype).min": "-1000.0"}, "logits may lie in the tens of thousands"),
    Answer("subtracts_ten_thousand", {"scores.masked_fill(absent, torch.finfo(text.dtype).min)": "(scores - 10_000.0 * absent)"}, "hidden logits may be far above the others"),
    Answer("mask_of_the_first_sample", {MASK: "absent = padding[:1, None, None]"}, "each sample has its own padding"),
    Answer("cut_at_the_first_padding", {MASK: "absent = (padding.cumsum(dim=1) > 0)[:, None, None]"}, "padding may stand anywhere"),
    Answer("no_softmax_shift", {FILL: "scores.exp().masked_fill(absent, 0.0)\n    weights = weights / weights.sum(dim=3, keepdim=True).clamp(min=1e-9)"}, "exp overflows"),
    Answer("sum_of_the_heads", {RETURN: "return output, weights.sum(dim=1)"}, "their mean"),
    Answer("first_head_only", {RETURN: "return output, weights[:, 0]"}, "the mean over the heads"),
    Answer("weights_first", {RETURN: "return weights.mean(dim=1), output"}, "output, then weights"),
    Answer("weights_detached", {RETURN: "return output, weights.mean(dim=1).detach()"}, "gradients reach the layers through the weights too"),
    Answer("no_output_layer", {OUTPUT: "output = (weights @ v).transpose(1, 2).flatten(2)"}, "the output layer"),
    Answer("zeros_without_an_image", {RETURN: "return output.masked_fill(padding.all(dim=1)[:, None, None], 0.0), weights.mean(dim=1)"}, "the output is out_bias there"),
    Answer("text_returned_without_an_image", {RETURN: "return torch.where(padding.all(dim=1)[:, None, None], text, output), weights.mean(dim=1)"}, "the output is out_bias there"),
    Answer("residual_added", {RETURN: "return text + output, weights.mean(dim=1)"}, "attention alone, without the residual connection"),
    Answer("no_check_of_the_heads", {"text.shape[2] % heads": "False"}, "ValueError"),
    Answer("heads_of_the_image_checked", {"text.shape[2] % heads": "text.shape[2] % heads or image.shape[2] % heads"}, "the image's width may be any"),
    Answer("mask_in_place", {MASK: "padding &= ~padding.all(dim=1, keepdim=True)\n    absent = padding[:, None, None]"}, "nothing is changed in place"),
    Answer("images_of_other_samples", {"F.linear(image, v_weight, v_bias)": "F.linear(image.roll(1, dims=0), v_weight, v_bias)"}, "each sample on its own"),
    Answer("softmax_in_float32", {FILL: FILL.replace("scores.", "scores.float().").replace("text.dtype", "torch.float32").replace(").softmax(dim=3)", ").softmax(dim=3).to(text.dtype)")}, "float64 is computed in float64"),
    Answer("renormalised_afterwards", {FILL: "scores.softmax(dim=3).masked_fill(absent, 0.0)\n    weights = weights / weights.sum(dim=3, keepdim=True).clamp(min=1e-30)"}, "hidden logits may be far above the others"),
)  # fmt: skip
