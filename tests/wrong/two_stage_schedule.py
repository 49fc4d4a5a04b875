"""Wrong answers to two_stage_schedule."""

from mmlab.instructor.authoring.exercise import Answer

CHECK = "if stage not in (1, 2):"
FREEZE = "        self.requires_grad_(False)\n"
PARTS = '(("projector", projector_lr), ("llm", llm_lr))[:stage]'
THAW = "getattr(self, part).requires_grad_(True).parameters()"
DECAY = "weight_decay = decay if parameter.ndim > 1 else 0.0"
GROUP = 'groups.append({"params": [parameter], "lr": lr, "weight_decay": weight_decay})'
OPTIMIZER = "self.optimizer = torch.optim.AdamW(groups)"

ANSWERS = (
    Answer("encoder_trains_in_stage_1", {PARTS: '(("vision", projector_lr), ("projector", projector_lr))[2 - stage :] + (("llm", llm_lr),)[: stage - 1]'}, "the encoder stays frozen"),
    Answer("encoder_trains_in_stage_2", {PARTS: '(("projector", projector_lr), ("llm", llm_lr), ("vision", llm_lr))[: 1 if stage == 1 else 3]'}, "the encoder stays frozen"),
    Answer("llm_trains_in_stage_1", {PARTS: '(("projector", projector_lr), ("llm", llm_lr))'}, "the projector alone"),
    Answer("llm_alone_in_stage_2", {PARTS: '(("projector", projector_lr), ("llm", llm_lr))[stage - 1 : stage]'}, "the projector as well"),
    Answer("projector_alone_always", {PARTS: '(("projector", projector_lr),)'}, "the language model in stage 2"),
    Answer("rates_exchanged", {PARTS: '(("projector", llm_lr), ("llm", projector_lr))[:stage]'}, "each its own rate"),
    Answer("one_rate", {PARTS: '(("projector", projector_lr), ("llm", projector_lr))[:stage]'}, "each its own rate"),
    Answer("lower_rate_for_both_in_stage_2", {PARTS: '(("projector", projector_lr if stage == 1 else llm_lr), ("llm", llm_lr))[:stage]'}, "projector_lr in both stages"),
    Answer("frozen_never_again", {FREEZE: ""}, "whatever an earlier call had set"),
    Answer("only_the_encoder_frozen", {FREEZE: "        self.vision.requires_grad_(False)\n"}, "whatever an earlier call had set"),
    Answer("encoder_not_frozen", {FREEZE: "        self.projector.requires_grad_(False)\n        self.llm.requires_grad_(False)\n"}, "exactly these parameters"),
    Answer("optimizer_only", {".requires_grad_(True)": ""}, "they require gradients"),
    Answer("everything_in_the_optimizer", {OPTIMIZER: OPTIMIZER.replace("(groups)", "([*groups, {'params': [p for p in self.parameters() if not p.requires_grad], 'lr': 0.0}])")}, "exactly these parameters"),
    Answer("names_with_projector", {THAW: "[p for name, p in self.named_parameters() if part in name and not p.requires_grad_(True).is_sparse]"}, "llm has a layer of that name"),
    Answer("decay_for_all", {DECAY: "weight_decay = decay"}, "0 for biases and norms"),
    Answer("decay_for_none", {DECAY: "weight_decay = 0.0"}, "decay for matrices"),
    Answer("decay_for_vectors", {"parameter.ndim > 1": "parameter.ndim == 1"}, "for matrices"),
    Answer("default_decay_for_vectors", {"else 0.0": "else 0.01"}, "0"),
    Answer("decay_off_in_stage_1", {DECAY: "weight_decay = decay if parameter.ndim > 1 and stage == 2 else 0.0"}, "in both stages"),
    Answer("no_decay_of_the_projector", {DECAY: 'weight_decay = decay if parameter.ndim > 1 and part == "llm" else 0.0'}, "for both parts"),
    Answer("no_decay_of_embeddings", {DECAY: "weight_decay = decay if parameter.ndim > 1 and parameter is not self.llm['embed'].weight else 0.0"}, "embeddings are matrices"),
    Answer("large_matrices_only", {"parameter.ndim > 1": "parameter.numel() > 20"}, "by the number of axes"),
    Answer("default_decay", {GROUP: 'groups.append({"params": [parameter], "lr": lr})'}, "decay and 0"),
    Answer("one_group", {OPTIMIZER: 'self.optimizer = torch.optim.AdamW([p for group in groups for p in group["params"]], lr=projector_lr, weight_decay=decay)'}, "each its own rate"),
    Answer("plain_adam", {"torch.optim.AdamW(groups)": "torch.optim.Adam(groups)"}, "AdamW"),
    Answer("other_betas", {"AdamW(groups)": "AdamW(groups, betas=(0.9, 0.95))"}, "the defaults"),
    Answer("optimizer_made_once", {OPTIMIZER: "self.optimizer = self.optimizer or torch.optim.AdamW(groups)"}, "a new one in each stage"),
    Answer("optimizer_returned", {OPTIMIZER: "return torch.optim.AdamW(groups)"}, "self.optimizer"),
    Answer("optimizer_returned_as_well", {OPTIMIZER: "self.optimizer = torch.optim.AdamW(groups)\n        return [stage]"}, "nothing is returned"),
    Answer("stage_3_accepted", {CHECK: "if stage < 1:"}, "ValueError"),
    Answer("stage_0_accepted", {CHECK: "if stage > 2:"}, "ValueError"),
    Answer("frozen_before_the_check", {f"        {CHECK}\n": f"        self.requires_grad_(False)\n        {CHECK}\n"}, "a refused call changes nothing"),
    Answer("optimizer_dropped_by_a_refused_call", {f"        {CHECK}\n": f"        before, self.optimizer = self.optimizer, None\n        {CHECK}\n"}, "a refused call changes nothing"),
    Answer("optimizer_kept", {OPTIMIZER: "before, self.optimizer = self.optimizer, torch.optim.AdamW(groups)\n        if stage == 2 and before and len(before.param_groups) == 4:\n            for group in groups[4:]:\n                before.add_param_group(group)\n            self.optimizer = before"}, "a new one in each stage"),
    Answer("optimizer_filled_again", {OPTIMIZER: "before, self.optimizer = self.optimizer, torch.optim.AdamW(groups)\n        if before:\n            before.param_groups, before.state = self.optimizer.param_groups, self.optimizer.state\n            self.optimizer = before"}, "a new one in each stage"),
    Answer("optimizer_kept_in_the_same_stage", {OPTIMIZER: "before, self.optimizer = self.optimizer, torch.optim.AdamW(groups)\n        if before and len(before.param_groups) == len(groups):\n            before.param_groups = self.optimizer.param_groups\n            self.optimizer = before"}, "a new one in each call"),
    Answer("optimizer_copied_by_a_refused_call", {f"        {CHECK}\n": f"        if self.optimizer and stage not in (1, 2):\n            self.optimizer = torch.optim.AdamW(self.optimizer.param_groups)\n        {CHECK}\n"}, "the optimizer stays the same object"),
    Answer("other_eps", {"AdamW(groups)": "AdamW(groups, eps=1e-6)"}, "the defaults"),
    Answer("amsgrad", {"AdamW(groups)": "AdamW(groups, amsgrad=True)"}, "the defaults"),
    Answer("maximizes", {"AdamW(groups)": "AdamW(groups, maximize=True)"}, "the defaults"),
    Answer("encoder_frozen_in_stage_2_only", {FREEZE: "        self.llm.requires_grad_(False)\n        self.projector.requires_grad_(False)\n        self.vision.requires_grad_(stage == 1 and self.optimizer is None)\n"}, "the first call freezes the encoder"),
)  # fmt: skip
