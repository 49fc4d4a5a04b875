"""two_stage_schedule: what learns in each of LLaVA's two stages, with which learning rate and weight decay."""

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake

RATES = {"projector_lr": 1e-3, "llm_lr": 2e-5, "decay": 0.1}


def case(*stages, sizes=(5, 4, 7), **numbers):
    """Return one case: the sizes, then the stages in order with rates of their own, each with a report."""
    steps = [["new", list(sizes)], ["call", "report"]]
    for number, stage in enumerate(stages):
        own = {name: value * (8 - number) / 8 for name, value in (RATES | numbers).items()}
        steps += [["call", "start_stage", [stage], own], ["call", "report"]]
    return {"steps": steps}


def cases(rng):
    """Unequal sizes, learning rates and orders of stages."""
    made = []
    for stages in ((1,), (2,), (1, 2), (2, 1), (1, 2, 2, 1)):
        sizes = [int(number) for number in rng.permutation(range(2, 9))[:3]]
        numbers = (rng.integers(1, 90, 3) / 1000).tolist()
        made.append(case(*stages, sizes=sizes, projector_lr=numbers[0], llm_lr=numbers[1], decay=numbers[2]))
    return made


CLAUSES = {
    "stage 1": [case(1)],
    "stage 2": [case(2)],
    "one stage after the other": [case(1, 2), case(2, 1), case(1, 1), case(2, 2), case(2, 2, 1, 2)],
    "another stage is refused": [case(0), case(3), case(-1)],
    "a refused call changes nothing": [case(1, 3), case(2, 0, 1), case(2, -1), case(1, 0, 2)],
    "no weight decay": [case(1, 2, decay=0.0)],
    "equal learning rates": [case(1, 2, projector_lr=0.01, llm_lr=0.01)],
    "learning rates of 0": [case(1, 2, projector_lr=0.0), case(1, 2, llm_lr=0.0)],
    "sizes of 1": [case(1, 2, sizes=(1, 1, 1))],
}


PARTS = '(("projector", projector_lr), ("llm", llm_lr))[:stage]'
DECAY = "decay if parameter.ndim > 1 else 0.0"
LOOP = """            for parameter in getattr(self, part).requires_grad_(True).parameters():
                weight_decay = decay if parameter.ndim > 1 else 0.0
                groups.append({"params": [parameter], "lr": lr, "weight_decay": weight_decay})
"""
TWO_GROUPS = """            own = list(getattr(self, part).parameters())
            for parameter in own:
                parameter.requires_grad = True
            matrices = [parameter for parameter in own if parameter.dim() == 2]
            vectors = [parameter for parameter in own if parameter.dim() == 1]
            groups += [{"params": matrices, "lr": lr, "weight_decay": decay}, {"params": vectors, "lr": lr, "weight_decay": 0}]
"""
BY_NAME = """        rates = {"projector": projector_lr, "llm": llm_lr}
        for name, parameter in self.named_parameters():
            part = name.split(".")[0]
            parameter.requires_grad = part == "projector" or (part == "llm" and stage == 2)
            if parameter.requires_grad:
                groups.append({"params": parameter, "lr": rates[part], "weight_decay": decay * (parameter.ndim == 2)})
"""

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=15,
    hints=(
        "Freeze everything first, `self.requires_grad_(False)`, and then thaw what the stage trains: `self.projector.requires_grad_(True)`. So an earlier stage leaves nothing behind.",
        'AdamW takes a list of groups: `{"params": [...], "lr": ..., "weight_decay": ...}`. A group may hold a single parameter.',
        'Loop over the parts of the stage, `(("projector", projector_lr), ("llm", llm_lr))[:stage]`, and over the parameters of each. The weight decay is `decay if parameter.ndim > 1 else 0.0`.',
    ),
    driver=Driver("script"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "encoder_in_stage_1",
            {"self.requires_grad_(False)": "self.requires_grad_(False)\n        self.vision.requires_grad_(stage == 1)", PARTS: '((("vision", projector_lr),) if stage == 1 else ()) + (("projector", projector_lr), ("llm", llm_lr))[:stage]'},
            "your stage 1 trains the vision encoder as well",
            "train the projector only in stage 1; the encoder stays frozen in both",
        ),
        mistake(
            "one_learning_rate",
            {'("llm", llm_lr)': '("llm", projector_lr)'},
            "your language model has the projector's learning rate",
            "give it a group of its own with llm_lr",
        ),
        mistake(
            "decay_on_everything",
            {DECAY: "decay"},
            "your biases and norms have weight decay too",
            "set weight_decay to 0 for tensors with one axis",
        ),
        mistake(
            "stage_2_without_projector",
            {PARTS: '(("projector", projector_lr), ("llm", llm_lr))[stage - 1 : stage]'},
            "your stage 2 trains the language model alone",
            "train the projector as well in stage 2",
        ),
        mistake(
            "nothing_frozen_again",
            {"        self.requires_grad_(False)\n": ""},
            "what required gradients before still does",
            "freeze everything first",
        ),
        mistake(
            "only_the_optimizer",
            {"getattr(self, part).requires_grad_(True)": "getattr(self, part)"},
            "your optimiser holds the right tensors, but they require no gradients",
            "call requires_grad_(True) on each part that learns",
        ),
        mistake(
            "stage_unchecked",
            {"if stage not in (1, 2):": "if stage < 1:"},
            "you accept stage 3",
            "raise ValueError for any stage but 1 and 2",
        ),
    ),
    alternates=(
        Answer("groups_by_axes", {LOOP: TWO_GROUPS}, "two groups for each part"),
        Answer("by_name", {f"        for part, lr in {PARTS}:\n{LOOP}": BY_NAME, "        self.requires_grad_(False)\n": ""}, "the names of the parameters"),
    ),
    forbids=(),
)  # fmt: skip
