"""Wrong answers to gae."""

from mmlab.instructor.authoring.exercise import Answer

NOW = "now = rewards[:, t] + gamma * after - values[:, t] + gamma * lam * ahead"
AFTER = "after = torch.where(live[:, t], values[:, t], after)"
AHEAD = "ahead = torch.where(live[:, t], now, ahead)"
START = "after, ahead = tail, torch.zeros_like(tail)"
WRITE = "advantages[:, t] = now.masked_fill(~live[:, t], 0.0)"
RETURNS = "torch.where(live, advantages + values, 0.0)"
RETURN = f"return advantages, {RETURNS}"

ANSWERS = (
    Answer("value_added", {"- values[:, t]": "+ values[:, t]"}, "reward + gamma · next − value"),
    Answer("no_baseline", {" - values[:, t]": ""}, "reward + gamma · next − value"),
    Answer("no_bootstrap", {" + gamma * after": ""}, "the next value counts"),
    Answer("no_reward", {"rewards[:, t] + ": ""}, "the reward counts"),
    Answer("tail_as_advantage", {START: "after, ahead = tail, tail"}, "the advantage after the end is 0"),
    Answer("tail_as_reward", {START: "rewards = rewards + torch.cat([torch.zeros_like(rewards[:, 1:]), tail[:, None]], dim=1)\n    after, ahead = torch.zeros_like(tail), torch.zeros_like(tail)"}, "it stands for a value"),
    Answer("gap_keeps_the_old_value", {AFTER: "after = torch.where(live[:, t], values[:, t], tail)"}, "the next live token"),
    Answer("gap_counts_as_a_step", {AHEAD: "ahead = torch.where(live[:, t], now, gamma * lam * ahead)"}, "a gap costs no factor"),
    Answer("gap_discounts_the_value", {AFTER: "after = torch.where(live[:, t], values[:, t], gamma * after)"}, "a gap costs no factor"),
    Answer("value_of_now", {AFTER: "after = torch.where(live[:, t], rewards[:, t], after)"}, "the critic's value"),
    Answer("one_minus_lam", {"gamma * lam * ahead": "gamma * (1 - lam) * ahead"}, "lam itself"),
    Answer("gamma_squared", {"gamma * lam * ahead": "gamma * gamma * lam * ahead"}, "gamma once"),
    Answer("sum_of_factors", {"gamma * lam * ahead": "(gamma + lam) / 2 * ahead"}, "their product"),
    Answer("whitened", {RETURN: f"returns = {RETURNS}\n    mean = advantages[live].mean() if live.any() else 0.0\n    return torch.where(live, advantages - mean, 0.0), returns"}, "advantages as they are"),
    Answer("returns_are_advantages", {RETURN: "return advantages, advantages.clone()"}, "advantages + values"),
    Answer("returns_minus", {"advantages + values": "advantages - values"}, "advantages + values"),
    Answer("order_swapped", {RETURN: f"return {RETURNS}, advantages"}, "the advantages come first"),
    Answer("advantages_only", {RETURN: "return advantages"}, "a tuple"),
    Answer("dead_advantages", {WRITE: "advantages[:, t] = now"}, "0 where nothing is live"),
    Answer("nan_times_zero", {WRITE: "advantages[:, t] = now * live[:, t]"}, "NaN times 0 is NaN"),
    Answer("returns_times_mask", {RETURNS: "(advantages + values) * live"}, "NaN times 0 is NaN"),
    Answer("last_column_forgotten", {"reversed(range(rewards.shape[1]))": "reversed(range(rewards.shape[1] - 1))"}, "all columns"),
    Answer("first_column_forgotten", {"reversed(range(rewards.shape[1]))": "reversed(range(1, rewards.shape[1]))"}, "all columns"),
    Answer("always_float32", {RETURN: f"return advantages.float(), {RETURNS}.float()"}, "the dtype of the inputs"),
    Answer("values_learn", {"values.detach()": "values"}, "no gradient flows"),
    Answer("rewards_learn", {"rewards.detach()": "rewards"}, "no gradient flows"),
    Answer("tail_learns", {"tail.detach()": "tail"}, "no gradient flows"),
    Answer("live_ends_at_the_first_gap", {START: f"live = live & (live.int().diff(dim=1, prepend=live[:, :1].int()) < 0).cumsum(dim=1).eq(0)\n    {START}"}, "gaps are passed over"),
)  # fmt: skip
