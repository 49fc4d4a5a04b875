"""Wrong answers to sequence_logprob."""

from mmlab.instructor.authoring.exercise import Answer

SAFE = "logits[:, :-1].masked_fill(~counted[..., None], 0.0)"
RESULT = "masked_fill(~counted, 0.0).sum(dim=1)"
TARGET = "ids[:, 1:].masked_fill(~counted, 0)"
CHECK = "answer[:, 0].any()"

ANSWERS = (
    Answer("mean_over_all_positions", {RESULT: "masked_fill(~counted, 0.0).mean(dim=1)"}, "a sum"),
    Answer("mean_of_the_answer", {RESULT: "masked_fill(~counted, 0.0).sum(dim=1) / counted.sum(dim=1)"}, "a sum"),
    Answer("negative", {RESULT: "masked_fill(~counted, 0.0).sum(dim=1).neg()"}, "a log-probability is not a loss"),
    Answer("probability", {RESULT: "masked_fill(~counted, 0.0).sum(dim=1).exp()"}, "the logarithm"),
    Answer("sum_of_probabilities", {".log_softmax(dim=2)": ".softmax(dim=2)"}, "a sum of logarithms"),
    Answer("one_for_each_token", {RESULT: "masked_fill(~counted, 0.0)"}, "one number a row"),
    Answer("sum_over_rows", {RESULT: "masked_fill(~counted, 0.0).sum(dim=0)"}, "one number a row"),
    Answer("shifted_the_other_way", {SAFE: "logits[:, 1:].masked_fill(~counted[..., None], 0.0)", "answer[:, 1:]": "answer[:, :-1]", TARGET: "ids[:, :-1].masked_fill(~counted, 0)"}, "logits come before"),
    Answer("last_token_left_out", {"counted = answer[:, 1:]": "counted = answer[:, 1:] & torch.cat([answer[:, 2:], torch.zeros_like(answer[:, :1])], dim=1)[:, : answer.shape[1] - 1]"}, "all tokens of the answer"),
    Answer("first_token_left_out", {"counted = answer[:, 1:]": "counted = answer[:, 1:] & answer[:, :-1]"}, "all tokens of the answer"),
    Answer("one_run_only", {"counted = answer[:, 1:]": "counted = answer[:, 1:].cumsum(dim=1) > 0"}, "gaps and padding do not count"),
    Answer("nan_in_the_gradient", {SAFE: "logits[:, :-1]"}, "NaN reaches the gradient"),
    Answer("ids_as_they_are", {TARGET: "ids[:, 1:]"}, "−100 is no index"),
    Answer("ids_clamped_below", {TARGET: "ids[:, 1:].clamp(min=0)"}, "50,000 is no index either"),
    Answer("padding_is_minus_100", {"counted = answer[:, 1:]": "counted = ids[:, 1:] >= 0"}, "the mask says what counts"),
    Answer("position_0_unchecked", {CHECK: "False"}, "ValueError"),
    Answer("only_if_all_rows_start_at_0", {CHECK: "answer[:, 0].all()"}, "one row is enough"),
    Answer("empty_answer_refused", {CHECK: "answer[:, 0].any() or not answer.any(dim=1).all()"}, "its sum is 0"),
    Answer("best_word", {"scores.gather(2, target[..., None]).squeeze(2)": "(scores.amax(dim=2) + 0 * target)"}, "the word that stands there"),
    Answer("clamped", {".log_softmax(dim=2)": ".log_softmax(dim=2).clamp(min=-100)"}, "−∞ stays −∞, and thousands stay"),
    Answer("forbidden_is_finite", {SAFE: SAFE + ".clamp(min=-1e4)"}, "−∞ stays −∞"),
    Answer("eps", {".log_softmax(dim=2)": ".softmax(dim=2).add(1e-9).log()"}, "exact"),
    Answer("always_float32", {"logits[:, :-1].masked_fill": "logits[:, :-1].float().masked_fill"}, "the dtype of the logits"),
    Answer("always_float64", {RESULT: RESULT + ".double()"}, "the dtype of the logits"),
    Answer("no_gradient", {RESULT: RESULT + ".detach()"}, "gradients reach the logits"),
    Answer("a_list", {"return scores": "return list(scores", RESULT: RESULT + ")"}, "a tensor"),
)  # fmt: skip
