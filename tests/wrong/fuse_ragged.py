"""Wrong answers to fuse_ragged."""

from mmlab.instructor.authoring.exercise import Answer

TOKENS = "tokens = F.linear(part.index_put((absent,), part.new_zeros(())), weights[name])"
NORM = "tokens = tokens / (tokens.square().mean(dim=2, keepdim=True) + 1e-6).sqrt()"
TOTAL = "total = total + tokens.sum(dim=1) / valid.clamp(min=1)"
COUNT = "count = count + (valid > 0)"
CHECK = "if not count.all():"
RETURN = "return total / count"

ANSWERS = (
    Answer("sum_over_modalities", {RETURN: "return total"}, "their mean"),
    Answer("first_sample_decides", {RETURN: "return total / count[:1]"}, "each sample on its own"),
    Answer("sum_over_tokens", {" / valid.clamp(min=1)": ""}, "the mean over the tokens"),
    Answer("mean_of_the_first_sample", {"valid.clamp(min=1)": "valid[:1].clamp(min=1)"}, "each sample has its own padding"),
    Answer("largest_token", {"tokens.sum(dim=1) / valid.clamp(min=1)": "tokens.amax(dim=1)"}, "the mean"),
    Answer("no_epsilon", {" + 1e-6": " + 1e-30"}, "10⁻⁶ counts where the numbers are small"),
    Answer("larger_epsilon", {"1e-6": "1e-4"}, "10⁻⁶"),
    Answer("epsilon_outside_the_root", {" + 1e-6).sqrt()": ").sqrt().add(1e-6).clamp(min=1e-6)"}, "inside the root"),
    Answer("normalised_after_pooling", {"        " + NORM + "\n": "", "tokens.sum(dim=1) / valid.clamp(min=1)": "F.rms_norm(tokens.sum(dim=1) / valid.clamp(min=1), tokens.shape[-1:], eps=1e-6)"}, "each token, before the mean"),
    Answer("normalised_before_the_matrix", {"        " + NORM + "\n": "", "F.linear(part.index_put((absent,), part.new_zeros(()))": "F.linear(F.rms_norm(part.index_put((absent,), part.new_zeros(())), part.shape[-1:], eps=1e-6)"}, "the projected token"),
    Answer("mean_removed", {NORM: "tokens = F.layer_norm(tokens, tokens.shape[-1:], eps=1e-6)"}, "no mean is subtracted"),
    Answer("masked_after_the_matrix", {TOKENS: "tokens = F.linear(part, weights[name]).masked_fill(absent[..., None], 0.0)"}, "NaN reaches the matrix's gradient"),
    Answer("nan_to_zero_only", {"part.index_put((absent,), part.new_zeros(()))": "part.nan_to_num(0.0, 0.0, 0.0)"}, "padding may hold ordinary numbers"),
    Answer("padding_guessed_from_zeros", {"padding[name] if name in padding else torch.zeros(part.shape[:-1], dtype=torch.bool)": "(part.nan_to_num(0.0) == 0).all(dim=-1)"}, "padding is what the mask says"),
    Answer("padding_of_vectors_ignored", {"padding[name] if name in padding else": "padding[name] if name in padding and part.ndim == 3 else"}, "a vector may be missing"),
    Answer("mask_upside_down", {"absent = padding[name] if": "absent = ~padding[name] if"}, "True is padding"),
    Answer("known_names_only", {"for name, part in parts.items():": "for name, part in parts.items():\n        if name not in ('image', 'audio', 'text'):\n            continue"}, "any names"),
    Answer("every_weight_wanted", {"for name, part in parts.items():": "for name in weights:\n        part = parts[name]"}, "weights may have more names"),
    Answer("modality_of_any_sample", {COUNT: "count = count + (valid > 0).any()"}, "each sample on its own"),
    Answer("refuses_a_missing_modality", {CHECK: "if any(each.all(dim=-1).any() if each.ndim == 2 else each.any() for each in padding.values()) or not parts:"}, "one modality is enough"),
    Answer("nothing_in_all_samples_refused", {CHECK: "if not count.any():", RETURN: "return total / count.clamp(min=1)"}, "every sample needs one"),
    Answer("one_pool_for_all", {COUNT: "count = count + valid", TOTAL: "total = total + tokens.sum(dim=1)"}, "first the mean within a modality"),
    Answer("matrix_transposed", {"weights[name])": "weights[name].T if weights[name].shape[0] == weights[name].shape[1] else weights[name])"}, "(D, d), also where D = d"),
    Answer("detached_vectors", {"part, absent = part[:, None], absent[:, None]": "part, absent = part[:, None].detach(), absent[:, None]"}, "gradients reach all parts"),
    Answer("infinity_to_a_number", {TOKENS: "tokens = F.linear(part.nan_to_num(), weights[name])", NORM: NORM + " * ~absent[..., None]"}, "infinity becomes 3.4e38, and its square overflows"),
    Answer("presence_by_value", {TOTAL: "pooled = tokens.sum(dim=1) / valid.clamp(min=1)\n        total = total + pooled", COUNT: "count = count + (pooled != 0).any(dim=1, keepdim=True)"}, "tokens of zeros are present"),
)  # fmt: skip
