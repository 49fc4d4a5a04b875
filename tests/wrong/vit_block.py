"""Wrong answers to vit_block."""

from mmlab.instructor.authoring.exercise import Answer

FACTOR = "factor = keep / (1 - self.drop) if self.training else torch.ones_like(keep, dtype=x.dtype)"
FIRST = "x = x + factor[:, 0, None, None] * self.scale1 * self.attention(y, y, y, need_weights=False)[0]"
SECOND = "return x + factor[:, 1, None, None] * self.scale2 * self.fc2(F.gelu(self.fc1(self.norm2(x))))"

ANSWERS = (
    Answer("multiplied_by_what_is_kept", {"keep / (1 - self.drop)": "keep * (1 - self.drop)"}, "divided by 1 − p"),
    Answer("divided_by_the_drop_rate", {"keep / (1 - self.drop)": "keep / max(self.drop, 1e-9)"}, "divided by 1 − p"),
    Answer("dropped_are_kept", {"keep / (1 - self.drop)": "(~keep) / (1 - self.drop)"}, "True keeps"),
    Answer("divided_in_evaluation", {"torch.ones_like(keep, dtype=x.dtype)": "torch.full(keep.shape, 1 / (1 - self.drop))"}, "nothing is divided in evaluation"),
    Answer("never_in_training", {"if self.training else": "if not self.training else"}, "only in training"),
    Answer("drops_tokens", {"factor[:, 0, None, None]": "factor[:, 0].repeat(x.shape[1] * len(x))[: x.shape[1] * len(x)].reshape(len(x), x.shape[1], 1)"}, "one decision for a whole sample"),
    Answer("columns_exchanged", {FACTOR: FACTOR + "\n        factor = factor.flip(1)"}, "column 0 is the attention"),
    Answer("scales_exchanged", {"* self.scale1 *": "* self.scale2 *", "* self.scale2 *": "* self.scale1 *"}, "γ₁ belongs to the attention"),
    Answer("no_residual_of_the_mlp", {"return x + factor": "return factor"}, "the tokens themselves are added"),
    Answer("norm_of_the_values_only", {"self.attention(y, y, y": "self.attention(x, x, y"}, "queries, keys and values are normalised"),
    Answer("no_norm_in_the_mlp", {"self.norm2(x)": "x"}, "the MLP reads normalised tokens"),
    Answer("relu", {"F.gelu": "F.relu"}, "GELU"),
    Answer("quick_gelu", {"F.gelu(self.fc1(self.norm2(x)))": "(lambda z: z * torch.sigmoid(1.702 * z))(self.fc1(self.norm2(x)))"}, "the exact GELU"),
    Answer("silu", {"F.gelu": "F.silu"}, "GELU"),
    Answer("mlp_first", {FIRST: FIRST.replace("self.attention(y, y, y, need_weights=False)[0]", "self.fc2(F.gelu(self.fc1(self.norm2(x))))"), SECOND: "y = self.norm1(x)\n        return x + factor[:, 1, None, None] * self.scale2 * self.attention(y, y, y, need_weights=False)[0]"}, "the attention comes first"),
    Answer("in_place", {FIRST: FIRST.replace("x = x +", "x +=").replace("x += factor", "x.data += (factor") + ").detach()"}, "nothing is changed in place"),
    Answer("dropped_samples_are_zero", {SECOND: SECOND.replace("x + factor[:, 1", "x * keep.any(dim=1)[:, None, None] + factor[:, 1")}, "a sample whose branches are dropped passes unchanged"),
    Answer("one_norm_after_both", {SECOND: SECOND.replace("return x + factor", "return self.norm1(x) + factor")}, "the residual stream is not normalised"),
    Answer("mean_scale", {"* self.scale1 *": "* self.scale1.mean() *"}, "one number for each feature"),
)  # fmt: skip
