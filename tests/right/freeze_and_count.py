"""Right answers to freeze_and_count that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

FREEZE = """        for parameter in self.parameters():
            parameter.requires_grad_(True)
        for part in parts:
            known[part].requires_grad_(False)
"""

ANSWERS = (
    Answer(
        "by_names",
        {
            FREEZE: """        for name, tensor in self.named_parameters(remove_duplicate=False):
            tensor.requires_grad = True
        for name, tensor in self.named_parameters(remove_duplicate=False):
            if name.split(".")[0] in parts:
                tensor.requires_grad = False
""",
            "[(parameter.numel(), parameter.requires_grad) for parameter in self.parameters()]": "[(math.prod(tensor.shape), tensor.requires_grad) for tensor in dict.fromkeys(self.parameters())]",
        },
        "the first part of a parameter's name is its part",
    ),
    Answer(
        "modes_by_hand",
        {
            "        super().train(mode)\n": "        for name, module in self.named_modules():\n            module.training = bool(mode) and name.split('.')[0] not in self.frozen\n",
            "        for part in self.frozen:\n            getattr(self, part).eval()\n": "",
            "learned = [parameter for parameter in self.parameters() if parameter.requires_grad]": "learned = list(filter(lambda tensor: tensor.requires_grad, self.parameters()))",
        },
        "every module's flag is set by itself",
    ),
    Answer(
        "groups_of_parts",
        {
            "torch.optim.AdamW(learned, lr=learning_rate)": "torch.optim.AdamW([{'params': [tensor]} for tensor in learned], lr=learning_rate)",
            "unknown = [part for part in parts if part not in known]": "unknown = set(parts) - set(known)",
        },
        "a group for each tensor",
    ),
)
