"""Wrong answers to kl_shaped_reward."""

from mmlab.instructor.authoring.exercise import Answer

PENALTY = "(-beta * (logp - ref_logp)).masked_fill(~live, 0.0)"
LAST = "(live * torch.arange(1, live.shape[1] + 1)).argmax(dim=1, keepdim=True)"
CLIPPED = "scores.clamp(-limit, limit)[:, None]"
RESULT = f"rewards.scatter_add(1, last, {CLIPPED}).detach()"
CHECK = "live.any(dim=1).all()"

ANSWERS = (
    Answer("first_live_token", {LAST: "live.int().argmax(dim=1, keepdim=True)"}, "the last one"),
    Answer("before_the_last", {LAST: f"({LAST} - 1).clamp(min=0)"}, "the last one"),
    Answer("end_of_the_first_run", {LAST: "((live.int().cumsum(dim=1) * (live.int().diff(dim=1, append=torch.zeros_like(live[:, :1]).int()) < 0)) > 0).int().argmax(dim=1, keepdim=True)"}, "the last one of all"),
    Answer("no_penalty_at_the_end", {RESULT: f"rewards.scatter(1, last, {CLIPPED}).detach()"}, "the last token pays as well"),
    Answer("no_score", {RESULT: "rewards.detach()"}, "the score is added"),
    Answer("score_subtracted", {CLIPPED: "-scores.clamp(-limit, limit)[:, None]"}, "the score is added"),
    Answer("score_times_beta", {CLIPPED: "beta * scores.clamp(-limit, limit)[:, None]"}, "beta weighs the penalty alone"),
    Answer("clipped_above_only", {"scores.clamp(-limit, limit)": "scores.clamp(max=limit)"}, "both sides"),
    Answer("clipped_below_only", {"scores.clamp(-limit, limit)": "scores.clamp(min=-limit)"}, "both sides"),
    Answer("squashed", {"scores.clamp(-limit, limit)": "limit * (scores / limit).tanh()"}, "clipped"),
    Answer("penalty_clipped", {PENALTY: f"{PENALTY}.clamp(-limit, limit)"}, "the penalty is not clipped"),
    Answer("penalty_never_negative", {"logp - ref_logp": "(logp - ref_logp).clamp(min=0)"}, "it has either sign"),
    Answer("size_of_the_difference", {"logp - ref_logp": "(logp - ref_logp).abs()"}, "it has either sign"),
    Answer("squared", {"logp - ref_logp": "(logp - ref_logp) ** 2 / 2"}, "another estimator"),
    Answer("estimator_k3", {"logp - ref_logp": "(ref_logp - logp).exp() - 1 - (ref_logp - logp)"}, "another estimator"),
    Answer("mean_penalty", {PENALTY: f"{PENALTY} / live.sum(dim=1, keepdim=True)"}, "each token pays its own"),
    Answer("centred", {PENALTY: f"({PENALTY} - {PENALTY}.mean())"}, "each token pays its own"),
    Answer("mean_score_removed", {CLIPPED: f"({CLIPPED} - {CLIPPED}.mean())"}, "the score as it is"),
    Answer("scores_of_the_batch", {CLIPPED: f"{CLIPPED}.mean(dim=0, keepdim=True).expand(len(live), 1)"}, "each row has its own"),
    Answer("empty_row_accepted", {CHECK: "True"}, "ValueError"),
    Answer("empty_row_among_others_accepted", {CHECK: "live.any()"}, "one empty row is enough"),
    Answer("padding_kept", {PENALTY: "(-beta * (logp - ref_logp))"}, "0 where nothing is live"),
    Answer("always_float32", {RESULT: f"{RESULT}.float()"}, "the dtype of the inputs"),
    Answer("score_has_a_gradient", {".detach()": "", PENALTY: f"{PENALTY}.detach()"}, "no gradient flows"),
    Answer("minus_infinity_outside", {RESULT: f"{RESULT}.masked_fill(~live, -torch.inf)"}, "0 where nothing is live"),
    Answer("sum_returned", {RESULT: f"{RESULT}.sum(dim=1)"}, "one number a token"),
)  # fmt: skip
