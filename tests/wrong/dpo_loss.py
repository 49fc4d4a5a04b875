"""Wrong answers to dpo_loss."""

from mmlab.instructor.authoring.exercise import Answer

REWARD = "(beta * (logp - ref_logp.detach())).masked_fill(~live, 0.0).sum(dim=1)"
LOSS = "-((1 - smoothing) * F.logsigmoid(margin) + smoothing * F.logsigmoid(-margin)).mean()"
RETURN = "return loss, chosen.detach(), rejected.detach()"

ANSWERS = (
    Answer("reference_added", {"logp - ref_logp": "logp + ref_logp"}, "the reference is subtracted"),
    Answer("reference_minus_policy", {"logp - ref_logp.detach()": "ref_logp.detach() - logp"}, "policy minus reference"),
    Answer("divided_by_beta", {"beta * (logp": "(1 / beta) * (logp"}, "beta multiplies"),
    Answer("beta_forgotten", {"beta * (logp": "(logp"}, "beta multiplies"),
    Answer("beta_twice", {"margin = chosen - rejected": "margin = beta * (chosen - rejected)"}, "beta once"),
    Answer("rewards_without_beta", {RETURN: "return loss, chosen.detach() / beta, rejected.detach() / beta"}, "rewards have the beta"),
    Answer("mean_over_columns", {REWARD: REWARD.replace(".sum(dim=1)", ".mean(dim=1)")}, "sums"),
    Answer("padding_counted", {REWARD: "(beta * (logp - ref_logp.detach())).nan_to_num(0.0, 0.0, 0.0).sum(dim=1)"}, "live tokens only"),
    Answer("token_margins", {REWARD: "(beta * (logp - ref_logp.detach())).masked_fill(~live, 0.0)", RETURN: "return loss, chosen.sum(dim=1).detach(), rejected.sum(dim=1).detach()"}, "one margin for each pair"),
    Answer("neighbours_are_pairs", {"reward.chunk(2)": "reward.view(-1, 2).unbind(dim=1)"}, "row i and row B + i"),
    Answer("reversed_pairs", {"reward.chunk(2)": "(reward.chunk(2)[0], reward.chunk(2)[1].flip(0))"}, "row i and row B + i"),
    Answer("hinge", {LOSS: "F.relu(1 - margin).mean()"}, "−log σ"),
    Answer("ipo", {LOSS: "((margin / beta - 1 / (2 * beta)) ** 2).mean()"}, "another loss"),
    Answer("chosen_only", {"margin = chosen - rejected": "margin = chosen"}, "the difference of both"),
    Answer("sigmoid_without_log", {LOSS: "-((1 - smoothing) * torch.sigmoid(margin) + smoothing * torch.sigmoid(-margin)).mean()"}, "the logarithm"),
    Answer("smoothed_margin", {LOSS: "-F.logsigmoid((1 - 2 * smoothing) * margin).mean()"}, "the loss is mixed, not the margin"),
    Answer("smoothing_added", {LOSS: "-(F.logsigmoid(margin) + smoothing * F.logsigmoid(-margin)).mean()"}, "weights add up to 1"),
    Answer("robust_dpo", {LOSS: "-((1 - smoothing) * F.logsigmoid(margin) - smoothing * F.logsigmoid(-margin)).mean()"}, "plus"),
    Answer("loss_of_each_pair", {".mean()": ""}, "the mean"),
    Answer("total_by_rows", {".mean()": ".sum() / len(logp)"}, "B pairs, not 2B rows"),
    Answer("odd_accepted", {"len(logp) % 2": "False"}, "ValueError"),
    Answer("margin_returned", {RETURN: "return loss, margin.detach()"}, "both rewards"),
    Answer("order_swapped", {RETURN: "return loss, rejected.detach(), chosen.detach()"}, "chosen first"),
    Answer("means_returned", {RETURN: "return loss, chosen.mean().detach(), rejected.mean().detach()"}, "(B,)"),
    Answer("rejected_has_no_gradient", {"margin = chosen - rejected": "margin = chosen - rejected.detach()"}, "both answers learn"),
    Answer("chosen_has_no_gradient", {"margin = chosen - rejected": "margin = chosen.detach() - rejected"}, "both answers learn"),
    Answer("rewards_in_float32", {RETURN: "return loss, chosen.detach().float(), rejected.detach().float()"}, "the dtype of the inputs"),
    Answer("loss_in_float32", {RETURN: "return loss.float(), chosen.detach(), rejected.detach()"}, "the dtype of the inputs"),
    Answer("loss_detached", {RETURN: "return loss.detach(), chosen.detach(), rejected.detach()"}, "a gradient for logp"),
    Answer("one_reward_in_the_graph", {RETURN: "return loss, chosen.detach(), rejected"}, "no gradient"),
    Answer("clamped_margin", {"margin = chosen - rejected": "margin = (chosen - rejected).clamp(-50, 50)"}, "margins in the thousands"),
)  # fmt: skip
