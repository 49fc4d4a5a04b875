"""Wrong answers to lora_linear."""

from mmlab.instructor.authoring.exercise import Answer

FORWARD = "y if self.merged else y + self.scale * (x @ self.down.T @ self.up.T)"
ADD = "self.weight.data += self.scale * (self.up @ self.down)"
TAKE = "self.weight.data -= self.scale * (self.up @ self.down)"
UP = "nn.Parameter(down.new_zeros(len(weight), len(down)))"

ANSWERS = (
    Answer("both_zero", {"nn.Parameter(down)": "nn.Parameter(torch.zeros_like(down))"}, "then nothing ever learns"),
    Answer("zero_and_random_exchanged", {"nn.Parameter(down)": "nn.Parameter(torch.zeros_like(down))", UP: UP.replace("new_zeros", "new_ones")}, "up starts at 0, down as given"),
    Answer("divided_by_the_width", {"alpha / len(down)": "alpha / down.shape[1]"}, "by the rank"),
    Answer("square_root_of_the_rank", {"alpha / len(down)": "alpha / len(down) ** 0.5"}, "alpha / r"),
    Answer("rank_over_alpha", {"alpha / len(down)": "len(down) / alpha"}, "alpha / r"),
    Answer("scale_only_merged", {"y + self.scale * (x": "y + (x"}, "in the forward, too"),
    Answer("scaled_output", {FORWARD: "y if self.merged else self.scale * (y + x @ self.down.T @ self.up.T)"}, "only the change"),
    Answer("bias_scaled", {FORWARD: "y if self.merged else y + self.scale * (x @ self.down.T @ self.up.T) + (self.scale - 1) * (0 if self.bias is None else self.bias)"}, "only the change"),
    Answer("bias_forgotten", {"F.linear(x, self.weight, self.bias)": "F.linear(x, self.weight)"}, "the bias is added"),
    Answer("change_replaces_the_layer", {FORWARD: "y if self.merged or not self.up.any() else self.scale * (x @ self.down.T @ self.up.T)"}, "it is added"),
    Answer("activation_inside", {"x @ self.down.T @": "F.relu(x @ self.down.T) @"}, "linear"),
    Answer("down_detached", {"self.down.T @ self.up.T": "self.down.detach().T @ self.up.T"}, "both learn"),
    Answer("weight_as_a_buffer", {"self.weight = nn.Parameter(weight, requires_grad=False)": 'self.register_buffer("weight", weight)'}, "a frozen parameter"),
    Answer("merge_never_ends", {"self.merged = True": "self.merged = False"}, "the forward must not add it again"),
    Answer("unmerge_sets_no_flag", {TAKE + "\n        self.merged = False": TAKE}, "the forward adds it again"),
    Answer("merge_subtracts", {ADD: ADD.replace("+=", "-="), TAKE: TAKE.replace("-=", "+=")}, "added"),
    Answer("merge_returns_the_layer", {ADD + "\n        self.merged = True": ADD + "\n        self.merged = True\n        return self.weight.detach().clone()"}, "None"),
    Answer("up_cleared_by_the_merge", {ADD: ADD + "\n            self.up.data = torch.zeros_like(self.up)", "y if self.merged else y": "y"}, "up keeps its value"),
    Answer("unmerge_clears_up", {TAKE: TAKE + "\n            self.up.data = torch.zeros_like(self.up)"}, "up keeps its value"),
    Answer("nothing_to_learn_when_merged", {"return self.down.numel() + self.up.numel()": "return 0 if self.merged else self.down.numel() + self.up.numel()"}, "the same merged or not"),
    Answer("count_of_tensors", {"return self.down.numel() + self.up.numel()": "return 2"}, "numbers"),
    Answer("rank_of_the_full_layer", {"return self.down.numel() + self.up.numel()": "return self.weight.numel()"}, "r · (I + O)"),
    Answer("matrices_only", {"x @ self.down.T @ self.up.T": "torch.mm(torch.mm(x, self.down.T), self.up.T)"}, "x has any number of axes"),
    Answer("frozen_by_the_merge", {ADD: ADD + "\n            self.down.requires_grad_(False)"}, "both stay learned"),
    Answer("up_frozen_by_the_unmerge", {TAKE: TAKE + "\n            self.up.requires_grad_(False)"}, "both stay learned"),
)  # fmt: skip
