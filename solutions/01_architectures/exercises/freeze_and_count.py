"""freeze_and_count: freeze parts of a model, keep them in evaluation mode, count what learns, give the rest to AdamW."""

import torch
from _draw import table

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake

PIXELS, IDS = table(4, 6) / 4, torch.tensor([1, 0, 2, 3])


def case(vision, width, words, tied, *steps):
    """Return one case: the model's sizes and what is called; "step" stands for one training step."""
    calls = [["call", "step", [PIXELS, IDS]] if step == "step" else ["call", *step] for step in steps]
    return {"steps": [["new", [vision, width, words, tied]], *calls]}


def frozen(*parts, sizes=(5, 4, 7, False), more=()):
    """Return one case: freeze some parts and look at everything."""
    make = [["make_optimizer", [0.1]], ["held"], "step", ["report"]]
    return case(*sizes, ["freeze", list(parts)], ["report"], ["counts"], *make, *more)


TIED = (3, 6, 9, True)


def cases(rng):
    """Unequal sizes, tied and untied, several parts frozen."""
    groups = (
        ("encoder",),
        ("encoder", "llm"),
        ("llm", "head"),
        ("encoder", "embed"),
        ("embed", "llm", "head"),
    )
    return [
        frozen(*parts, sizes=(*(int(number) for number in rng.permutation(range(4, 12))[:3]), bool(number % 2)))
        for number, parts in enumerate(groups)
    ]  # fmt: skip


ALL = ("encoder", "projector", "embed", "llm", "head")

CLAUSES = {
    "each part alone": [frozen(part) for part in ALL],
    "a repeated name": [frozen("llm", "embed", "llm")],
    "a shared tensor is frozen with either part": [
        frozen("embed", sizes=TIED),
        frozen("head", sizes=TIED),
        frozen("embed", "head", sizes=TIED),
    ],
    "a shared tensor is counted and held once": [frozen("encoder", sizes=TIED), frozen(sizes=TIED)],
    "nothing is frozen": [frozen(), frozen(sizes=(4, 3, 5, False))],
    "a second call replaces the first": [
        frozen("encoder", more=(["freeze", ["llm"]], ["report"], ["counts"], ["make_optimizer", [0.1]], ["held"], "step", ["report"])),
        frozen("encoder", "llm", more=(["freeze", []], ["report"], ["counts"])),
        frozen("embed", sizes=TIED, more=(["freeze", ["encoder"]], ["report"], ["counts"])),
    ],
    "every part is frozen": [
        case(5, 4, 7, False, ["freeze", list(ALL)], ["report"], ["counts"], ["make_optimizer", [0.1]]),
        case(*TIED, ["freeze", ["encoder", "projector", "llm", "embed"]], ["counts"], ["make_optimizer", [0.1]]),
    ],
    "a name that is no part is refused": [
        case(5, 4, 7, False, ["freeze", ["vision"]], ["freeze", ["encoder.0"]], ["freeze", [""]]),
        case(5, 4, 7, False, ["freeze", ["encoder", "decoder"]]),
        case(5, 4, 7, False, ["freeze", ["frozen"]], ["freeze", ["optimizer"]]),  # attributes, but no parts
    ],
    "a refused call changes nothing": [
        case(5, 4, 7, False, ["freeze", ["llm"]], ["freeze", ["encoder", "vision"]], ["report"], ["set_mode", [True]], ["report"])
    ],
    "the mode of the whole model": [
        case(5, 4, 7, False, ["freeze", ["encoder"]], ["set_mode", [False]], ["report"], ["set_mode", [True]], ["report"]),
        case(5, 4, 7, False, ["set_mode", [False]], ["freeze", ["encoder", "llm"]], ["report"], ["set_mode", [True]], ["report"]),
        case(5, 4, 7, False, ["set_mode", [False]], ["freeze", ["encoder"]], ["freeze", []], ["report"]),
        case(5, 4, 7, False, ["freeze", ["encoder"]], ["freeze", []], ["report"], ["set_mode", [False]], ["report"]),
    ],
    "before the first freeze": [
        case(5, 4, 7, True, ["report"], ["counts"], ["make_optimizer", [0.1]], ["held"], "step", ["set_mode", [False]], ["report"])
    ],
    "training before and after": [
        case(5, 4, 7, False, ["make_optimizer", [0.1]], "step", ["freeze", ["encoder", "embed"]], "step", ["make_optimizer", [0.1]], ["held"], "step")
    ],
    "many features": [frozen("encoder", sizes=(300, 20, 600, False))],
}  # fmt: skip


OPEN = "        for parameter in self.parameters():\n            parameter.requires_grad_(True)\n"
SIZES = "[(parameter.numel(), parameter.requires_grad) for parameter in self.parameters()]"
LEARNED = "[parameter for parameter in self.parameters() if parameter.requires_grad]"

EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=20,
    hints=(
        "`dict(self.named_children())` holds the five parts by name. `requires_grad_(False)` works on a whole module. First set all parameters to True, then the frozen parts to False: "
        "in this order a shared tensor stays frozen.",
        "`train` is what `model.train()` and `model.eval()` call. Call `super().train(mode)` first, then `.eval()` on every part named in `self.frozen`, and return `self`. "
        "At the end of `freeze`, `self.train(self.training)` applies it at once.",
        "`self.parameters()` gives a shared tensor once. Sum `parameter.numel()` over all of them, and over those with `requires_grad`.",
        "`torch.optim.AdamW([…], lr=learning_rate)` raises ValueError for an empty list by itself. Give it the parameters with `requires_grad` only.",
    ),
    driver=Driver("script"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "eval_alone",
            {"known[part].requires_grad_(False)": "known[part].eval()"},
            "your frozen parts are in evaluation mode, but they still learn",
            "eval() changes dropout and batch norm only; set requires_grad to False as well",
        ),
        mistake(
            "train_ends_the_evaluation_mode",
            {"getattr(self, part).eval()": "pass"},
            "your frozen parts are in training mode: their batch norm still changes",
            "in train, put every frozen part back into evaluation mode",
        ),
        mistake(
            "applied_at_the_next_train",
            {"        self.train(self.training)\n": ""},
            "your frozen parts change their mode at the next call of train() only",
            "end freeze with self.train(self.training)",
        ),
        mistake(
            "nothing_thaws",
            {OPEN: ""},
            "parts that an earlier call froze stay frozen",
            "set all parameters to requires_grad=True first",
        ),
        mistake(
            "embedding_too",
            {"for part in parts:": 'for part in (*parts, *(("embed",) if parts else ())):'},
            "your embedding is frozen along with the parts that were named",
            "freeze the named parts and nothing else",
        ),
        mistake(
            "shared_counted_twice",
            {SIZES: SIZES.replace("parameter in self.parameters()", "_, parameter in self.named_parameters(remove_duplicate=False)")},
            "your counts hold a shared tensor twice",
            "count each tensor once, as self.parameters() lists them",
        ),
        mistake(
            "frozen_and_total",
            {"size for size, learns in sizes if learns": "size for size, learns in sizes if not learns"},
            "your first number counts the frozen parameters",
            "return (trainable, total)",
        ),
        mistake(
            "optimizer_of_everything",
            {LEARNED: "list(self.parameters())"},
            "your optimiser holds frozen parameters",
            "give AdamW the parameters with requires_grad only",
        ),
        mistake(
            "shared_is_thawed",
            {"        for part in parts:\n            known[part].requires_grad_(False)\n": "        for part in known:\n            known[part].requires_grad_(part not in parts)\n"},
            "a tensor that a frozen part shares with a later, trainable part still learns",
            "freeze after everything was set to trainable, so that no later part thaws a shared tensor",
        ),
        mistake(
            "no_check",
            {"if unknown:": "if False:"},
            "a name that is no part ends in another error than ValueError, or in none",
            "compare the names with named_children() first, and raise ValueError",
        ),
    ),
    alternates=(
        Answer(
            "by_identity",
            {OPEN: "        fixed = {id(tensor) for part in parts for tensor in known[part].parameters()}\n        for tensor in self.parameters():\n            tensor.requires_grad = id(tensor) not in fixed\n", "            known[part].requires_grad_(False)\n": "            assert part in known\n"},
            "each tensor is set once",
        ),
        Answer(
            "mode_of_each_part",
            {"        super().train(mode)\n": "        self.training = mode\n", "        for part in self.frozen:\n            getattr(self, part).eval()\n": "        for name, part in self.named_children():\n            part.train(mode and name not in self.frozen)\n"},
            "each part gets its own mode",
        ),
    ),
)  # fmt: skip
