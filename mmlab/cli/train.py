"""`mmlab train`: train a model of the course that takes longer than a lesson.

It prints the loss while it trains. Ctrl-C stops it after the step that it is at, and the same command
then continues: the folder holds a checkpoint. The exit status is 130 when it was stopped.
"""

import difflib
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from mmlab.errors import InputError

# name → (recipe under mmlab.train, what it trains); a recipe has STEPS and train(steps, folder, seed=, on_step=)
MODELS = {
    "encoder": ("vlm_parts.ENCODER", "the image encoder of the course's VLM"),
    "language": ("vlm_parts.LANGUAGE", "its language model, on texts alone"),
    "vlm": ("vlm_parts.VLM", "the VLM of both, longer than a lesson does"),
    "vlm_real": ("vlm_real", "a projector from EfficientNet-lite0 to Gemma 3 270M, both frozen"),
}
EVERY = 10  # steps between two lines of progress


def arguments(parser) -> None:
    """Declare the command's arguments."""
    names = "; ".join(f"{name}: {summary}" for name, (_, summary) in MODELS.items())
    parser.add_argument("name", metavar="NAME", help=names)
    parser.add_argument(
        "--steps", type=int, metavar="N", help="steps in all (default: as in the model that comes with mmlab)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where weights, record and checkpoint go (default: train/NAME here)",
    )
    parser.add_argument("--seed", type=int, default=0, help="another seed, other batches (default: 0)")


def main(args) -> int:
    """Train to the last step; return 0, or 130 after Ctrl-C."""
    if args.name not in MODELS:
        near = difflib.get_close_matches(args.name, MODELS, 1, cutoff=0)
        raise InputError(
            f"no model is called {args.name}", f"one of {', '.join(MODELS)}", f"run mmlab train {near[0]}"
        )
    if args.steps is not None and args.steps < 1:
        raise InputError(f"--steps {args.steps}", "at least 1 step", "leave --steps out")
    folder = args.out or Path("train") / args.name
    module, _, name = MODELS[args.name][0].partition(".")
    recipe: Any = importlib.import_module(f"mmlab.train.{module}")
    recipe = getattr(recipe, name) if name else recipe
    steps = args.steps or recipe.STEPS

    def progress(step: int, loss: float) -> None:
        if step % EVERY == 0 or step == steps:
            print(f"step {step} of {steps}  loss {loss:.3f}", file=sys.stderr, flush=True)

    record = recipe.train(steps, folder, seed=args.seed, on_step=progress)
    print(json.dumps(record, indent=1) if args.json else report(record, folder))
    return 130 if record["interrupted"] else 0


def report(record: dict, folder: Path) -> str:
    """Return the record of a training as text for a terminal."""
    head = f"{record['steps']} steps in {record['seconds']} s, loss {record['first_loss']} → {record['last_losses']}"
    if record["interrupted"]:
        return f"{head}\nstopped before step {record['of']}; run the same command to continue"
    rows = []
    for name, values in record["measured"].items():
        for title, row in values.items() if name == "loss" else [(name, values)]:
            title = f"loss, {title}" if name == "loss" else title
            rows.append(f"  {title:<15}  " + "  ".join(f"{key} {value}" for key, value in row.items()))
    return "\n".join([head, "on examples that it did not see:", *rows, f"written to {folder}"])
