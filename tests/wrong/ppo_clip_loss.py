"""Wrong answers to ppo_clip_loss."""

from mmlab.instructor.authoring.exercise import Answer

RATIO = "(logp - old_logp.detach()).masked_fill(~live, 0.0).exp()"
GAIN = "advantages.detach().masked_fill(~live, 0.0)"
CLIPPED = "ratio.clamp(1 - low, 1 + high) * gain"
LOSS = "-torch.minimum(plain, clipped).sum() / count"
SHARE = "(clipped < plain).sum() / count"

ANSWERS = (
    Answer("never_clipped", {LOSS: "-plain.sum() / count"}, "the smaller term"),
    Answer("clipped_by_log_ratio", {CLIPPED: "(1 + ratio.log().clamp(-low, high)) * gain"}, "the ratio is clipped"),
    Answer("only_above", {"ratio.clamp(1 - low, 1 + high)": "ratio.clamp(max=1 + high)"}, "both bounds"),
    Answer("only_below", {"ratio.clamp(1 - low, 1 + high)": "ratio.clamp(min=1 - low)"}, "both bounds"),
    Answer("symmetric_low", {"clamp(1 - low, 1 + high)": "clamp(1 - low, 1 + low)"}, "high is the room above"),
    Answer("symmetric_high", {"clamp(1 - low, 1 + high)": "clamp(1 - high, 1 + high)"}, "low is the room below"),
    Answer("reciprocal_bound", {"clamp(1 - low, 1 + high)": "clamp(1 / (1 + low), 1 + high)"}, "1 − low"),
    Answer("product_clipped", {CLIPPED: "plain.clamp(1 - low, 1 + high)"}, "the ratio is clipped, not the product"),
    Answer("sum", {LOSS: "-torch.minimum(plain, clipped).sum()"}, "the mean over live tokens"),
    Answer("mean_over_rows", {LOSS: "-torch.minimum(plain, clipped).sum() / len(live)"}, "the number of live tokens"),
    Answer("mean_over_positions", {LOSS: "-torch.minimum(plain, clipped).mean()"}, "the number of live tokens"),
    Answer("one_number_for_each_row", {LOSS: "-torch.minimum(plain, clipped).sum(dim=1) / live.sum(dim=1).clamp(min=1)"}, "a () tensor"),
    Answer("ratio_of_whole_answers", {RATIO: "(logp - old_logp.detach()).masked_fill(~live, 0.0).sum(dim=1, keepdim=True).clamp(-20, 20).exp() * torch.ones_like(logp)"}, "a ratio for each token"),
    Answer("log_ratio_as_policy_gradient", {RATIO: "(1 + logp - old_logp.detach()).masked_fill(~live, 1.0)"}, "exp"),
    Answer("advantages_whitened", {GAIN: f"{GAIN}\n    gain = (gain - gain[live].mean()).masked_fill(~live, 0.0)"}, "advantages as they are"),
    Answer("size_of_the_advantage", {GAIN: f"{GAIN}.abs()"}, "they have either sign"),
    Answer("positive_only", {GAIN: f"{GAIN}.clamp(min=0)"}, "they have either sign"),
    Answer("share_with_equals", {"clipped < plain": "clipped <= plain"}, "strictly smaller"),
    Answer("share_of_live_with_equals", {"clipped < plain": "(clipped <= plain) & live"}, "strictly smaller"),
    Answer("share_of_larger", {"clipped < plain": "clipped > plain"}, "where clipping acts"),
    Answer("share_of_different", {"clipped < plain": "clipped != plain"}, "smaller, not different"),
    Answer("share_over_positions", {SHARE: "(clipped < plain).float().mean()"}, "of the live tokens"),
    Answer("count_in_place_of_share", {SHARE: "(clipped < plain).sum()"}, "a share"),
    Answer("share_as_a_number", {SHARE: f"({SHARE}).item()"}, "a tensor"),
    Answer("empty_is_zero", {'raise ValueError("no live token")': "return 0 * logp.sum(), 0 * logp.sum()"}, "ValueError"),
    Answer("loss_only", {f"return {LOSS}, {SHARE}": f"return {LOSS}"}, "a tuple"),
    Answer("ratio_has_no_gradient", {RATIO: f"{RATIO}.detach()"}, "a gradient for logp"),
    Answer("clamped_log_ratio", {RATIO: "(logp - old_logp.detach()).masked_fill(~live, 0.0).clamp(-10, 10).exp()"}, "up to 20"),
    Answer("nan_in_the_gain", {GAIN: "advantages.detach() * live"}, "NaN times 0 is NaN"),
    Answer("nan_to_num", {RATIO: "(logp - old_logp.detach()).nan_to_num(0.0).exp()"}, "anything may stand where nothing is live"),
)  # fmt: skip
