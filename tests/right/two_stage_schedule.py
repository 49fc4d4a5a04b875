"""Right answers to two_stage_schedule that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

LOOP = """        for part, lr in (("projector", projector_lr), ("llm", llm_lr))[:stage]:
            for parameter in getattr(self, part).requires_grad_(True).parameters():
                weight_decay = decay if parameter.ndim > 1 else 0.0
                groups.append({"params": [parameter], "lr": lr, "weight_decay": weight_decay})
"""

ANSWERS = (
    Answer(
        "groups_added",
        {
            LOOP: """        self.projector.requires_grad_()
        self.llm.requires_grad_(stage == 2)
""",
            "        self.optimizer = torch.optim.AdamW(groups)": """        optimizer = torch.optim.AdamW(self.projector.parameters(), lr=projector_lr, weight_decay=decay)
        (first,) = optimizer.param_groups
        vectors = [tensor for tensor in first["params"] if len(tensor.shape) == 1]
        first["params"] = [tensor for tensor in first["params"] if len(tensor.shape) != 1]
        optimizer.add_param_group({"params": vectors, "lr": projector_lr, "weight_decay": 0.0})
        for tensor in self.llm.parameters() if stage == 2 else ():
            optimizer.add_param_group({"params": [tensor], "lr": llm_lr, "weight_decay": [0.0, decay][tensor.dim() - 1]})
        self.optimizer = optimizer
""",
        },
        "groups are added to the optimiser",
    ),
    Answer(
        "by_module",
        {
            LOOP: """        trained = {"projector": (self.projector, projector_lr), "llm": (self.llm, llm_lr)}
        for module, rate in [trained[name] for name in ("projector", "llm")][: 1 + (stage == 2)]:
            for layer in module.modules():
                for name, tensor in layer.named_parameters(recurse=False):
                    tensor.requires_grad_()
                    matrix = name == "weight" and not isinstance(layer, nn.LayerNorm)
                    groups += [dict(params=tensor, lr=rate, weight_decay=float(matrix) * decay)]
"""
        },
        "layer by layer, by the kind of layer",
    ),
)
