"""Wrong answers to multi_head_attention."""

from mmlab.instructor.authoring.exercise import Answer

HIDDEN = "hidden = padding[:, None, None]"
FILL = "scores.masked_fill(hidden, torch.finfo(x.dtype).min).softmax(dim=3).masked_fill(hidden, 0.0)"
RETURN = "return F.linear((weights @ v).transpose(1, 2).flatten(2), out_weight, out_bias), weights"

ANSWERS = (
    Answer("inverse_scale", {"/ math.sqrt(q.shape[3])": "* math.sqrt(q.shape[3])"}, "divided by the root"),
    Answer("scale_without_root", {"math.sqrt(q.shape[3])": "q.shape[3]"}, "the root of the head's width"),
    Answer("scale_by_the_heads", {"q.shape[3])": "heads)"}, "the head's width, not the number of heads"),
    Answer("scale_by_the_tokens", {"q.shape[3])": "q.shape[2])"}, "the head's width"),
    Answer("keys_first", {"q, k, v = (part": "k, q, v = (part"}, "queries, keys, values"),
    Answer("values_twice", {"(weights @ v)": "(weights @ k)"}, "the values are mixed"),
    Answer("heads_in_turn", {"part.unflatten(2, (heads, -1)).transpose(1, 2)": "part.unflatten(2, (-1, heads)).permute(0, 3, 1, 2)"}, "head 0 has the first D/H numbers"),
    Answer("no_output_layer", {RETURN: "return (weights @ v).transpose(1, 2).flatten(2), weights"}, "the output layer"),
    Answer("no_output_bias", {"out_weight, out_bias), weights": "out_weight), weights"}, "out_bias"),
    Answer("output_weight_transposed", {"out_weight, out_bias), weights": "out_weight.T, out_bias), weights"}, "as in F.linear"),
    Answer("mask_ignored", {FILL: "scores.softmax(dim=3)"}, "padding gets no weight"),
    Answer("padding_shares_what_is_left", {".masked_fill(hidden, 0.0)": ""}, "where every key is padding, weights are 0"),
    Answer("minus_a_thousand", {"torch.finfo(x.dtype).min": "-1000.0"}, "logits may lie in the thousands"),
    Answer("mask_of_both", {HIDDEN: "hidden = padding[:, None, None] | padding[:, None, :, None]"}, "a padded token still asks"),
    Answer("mask_of_the_first_sample", {HIDDEN: "hidden = padding[:1, None, None]"}, "each sample has its own padding"),
    Answer("cut_at_the_first_padding", {HIDDEN: "hidden = (padding.cumsum(dim=1) > 0)[:, None, None]"}, "padding may stand anywhere"),
    Answer("zeros_the_padded_output", {RETURN: RETURN.replace("return ", "return (").replace(", weights", ") * ~padding[..., None], weights")}, "the output of a padded token is computed like any other"),
    Answer("no_softmax_shift", {FILL: "scores.exp().masked_fill(hidden, 0.0)\n    weights = weights / weights.sum(dim=3, keepdim=True).clamp(min=1e-9)"}, "exp overflows"),
    Answer("weights_first", {RETURN: "return weights, F.linear((weights @ v).transpose(1, 2).flatten(2), out_weight, out_bias)"}, "output, then weights"),
    Answer("scores_returned", {"out_bias), weights": "out_bias), scores"}, "the weights after the softmax"),
    Answer("weights_detached", {"out_bias), weights": "out_bias), weights.detach()"}, "gradients reach the layers through the weights too"),
    Answer("no_check_of_the_heads", {"x.shape[2] % heads": "False"}, "ValueError"),
    Answer("mask_in_place", {HIDDEN: "padding |= padding.all(dim=1, keepdim=True).roll(1)\n    hidden = padding[:, None, None]"}, "nothing is changed in place"),
    Answer("causal", {HIDDEN: "hidden = padding[:, None, None] | torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)"}, "every token looks at all tokens"),
    Answer("tokens_of_other_samples", {"q @ k.transpose(2, 3)": "q @ k.roll(1, dims=0).transpose(2, 3)"}, "each sample on its own"),
    Answer("minus_ten_thousand", {"scores.masked_fill(hidden, torch.finfo(x.dtype).min)": "(scores - 10_000.0 * hidden)"}, "hidden logits may be far above the visible ones"),
)  # fmt: skip
