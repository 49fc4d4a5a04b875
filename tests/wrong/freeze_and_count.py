"""Wrong answers to freeze_and_count."""

from mmlab.instructor.authoring.exercise import Answer

SIZES = "[(parameter.numel(), parameter.requires_grad) for parameter in self.parameters()]"
EVAL = "getattr(self, part).eval()"
LEARNED = "[parameter for parameter in self.parameters() if parameter.requires_grad]"

ANSWERS = (
    Answer("counts_buffers", {SIZES: SIZES.replace("self.parameters()", "[*self.parameters(), *self.buffers()]")}, "buffers don't count"),
    Answer("counts_tensors", {"(parameter.numel(), parameter": "(1, parameter"}, "the numbers in them"),
    Answer("total_first", {"return sum(size for size, learns in sizes if learns), sum(size for size, _ in sizes)": "return sum(size for size, _ in sizes), sum(size for size, learns in sizes if learns)"}, "(trainable, total)"),
    Answer("everything_in_evaluation_mode", {"super().train(mode)": "super().train(mode and not self.frozen)"}, "other parts stay in training mode"),
    Answer("own_flag_only", {EVAL: "getattr(self, part).training = False"}, "everything inside a part too"),
    Answer("always_training", {"super().train(mode)": "super().train()"}, "eval() passes mode=False"),
    Answer("no_self", {"        return self\n": ""}, "model.eval() returns the model"),
    Answer("frozen_after_the_modes", {"        self.frozen = parts\n        self.train(self.training)\n": "        self.train(self.training)\n        self.frozen = parts\n"}, "the mode holds from this call on"),
    Answer("back_to_training", {"self.train(self.training)": "self.train()"}, "a model in evaluation mode stays there"),
    Answer("adds_up", {"self.frozen = parts": "self.frozen = (*self.frozen, *parts)"}, "an earlier call is replaced"),
    Answer("freezes_before_it_checks", {"        unknown = [": "        self.frozen = parts\n        unknown = ["}, "a refused call changes nothing"),
    Answer("any_attribute", {"if part not in known]": "if not hasattr(self, part)]"}, "frozen and optimizer are no parts"),
    Answer("skips_unknown_parts", {"raise ValueError(f\"{unknown}: the parts are {list(known)}\")": "parts = [part for part in parts if part in known]"}, "ValueError"),
    Answer("matrices_only", {LEARNED: "[parameter for parameter in self.parameters() if parameter.requires_grad and parameter.dim() > 1]"}, "vectors learn too"),
    Answer("held_twice", {LEARNED: "[tensor for _, tensor in self.named_parameters(remove_duplicate=False) if tensor.requires_grad]"}, "a shared tensor is held once"),
    Answer("nothing_to_learn_is_fine", {"torch.optim.AdamW(learned,": "torch.optim.AdamW(learned or [nn.Parameter(torch.zeros(1))],"}, "ValueError"),
    Answer("no_rate", {", lr=learning_rate)": ", lr=0.0)"}, "the learning rate counts"),
    Answer("freezes_everything", {"parameter.requires_grad_(True)": "parameter.requires_grad_(not parts)"}, "every other part learns"),
)  # fmt: skip
