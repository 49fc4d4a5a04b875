"""instruction_step: one training step on a padded batch of prompts with answers."""

import torch
from _draw import call as case
from _draw import drawn, table
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

SHAPES = {"embedding": lambda v, d: (v, d), "mix": lambda v, d: (d, d), "head": lambda v, d: (v, d)}
ALL = ("embedding", "mix", "head")


def language_model(weights, ids):  # as in the cell, for the answers below: the cell's own is used
    raise NotImplementedError


def call(weights, texts, eos=0, lr=0.5, trained=ALL):
    """Return one case; texts such as "1 2>3 4, 5>" are prompts and answers."""
    pairs = [text.split(">") for text in texts.split(",")]
    prompts, answers = ([[int(number) for number in side.split()] for side in sides] for sides in zip(*pairs))
    return case(weights, prompts, answers, eos=eos, lr=lr, trained=list(trained))


def cases(rng):
    """Unequal prompts and answers, several widths, every choice of what is trained."""
    plans = [
        (9, 4, 5, 0, ("head",)),
        (12, 3, 3, 11, ALL),
        (7, 5, 4, 3, ("mix", "head")),
        (10, 6, 6, 9, ("embedding",)),
        (8, 2, 1, 0, ("head", "embedding")),
    ]
    made = []
    for words, width, samples, eos, trained in plans:
        weights = {name: drawn(rng, *shape(words, width), scale=0.5) for name, shape in SHAPES.items()}
        usable = [number for number in range(words) if number != eos]
        texts = [
            " ".join(map(str, rng.choice(usable, rng.integers(1, 6))))
            + ">"
            + " ".join(map(str, rng.choice(usable, rng.integers(0, 7))))
            for _ in range(samples)
        ]
        made.append(call(weights, ",".join(texts), eos, float(rng.integers(1, 5)) / 2, trained))
    return made


def fixed(texts, eos=0, lr=0.5, trained=ALL, words=8, width=3, scale=0.125):
    """Return one case with fixed weights."""
    weights = {
        name: table(*shape(words, width), shift=number) * scale
        for number, (name, shape) in enumerate(SHAPES.items())
    }
    return call(weights, texts, eos, lr, trained)


CLAUSES = {
    "prompts and answers of unequal lengths": [
        fixed("1 2>3 4 5,6>7,2 3 4 1>5 6"),
        fixed("1 2 3 4 5 6>7,1>2 3 4 5 6 7"),
        fixed("1>2,3 4>5 6,7 1 2>3 4 5"),
    ],
    "answers as long as their prompts": [fixed("1 2>3 4,5 6>7 1"), fixed("1>2,3>4")],
    "one pair": [fixed("1 2>3 4"), fixed("5>6")],
    "an empty answer": [fixed("1 2>,3>4 5 6"), fixed("1>"), fixed("1 2 3>,4>,5 6>7")],
    "eos in a prompt": [
        fixed("1 0 2>3,4 5>6 7 1"),
        fixed("1 0>2 3,0>4"),
        fixed("3 7 2 7 1>4 5,2>6", eos=7),
        fixed("0 0 0>1,2>3 4 5"),
    ],
    "eos with another id": [fixed("1 2>3 0 5,6>1", eos=7), fixed("0 2>3 0 0,6>1 0 2 4", eos=5)],
    "some weights trained": [
        fixed("1 2>3 4 5,6>7", trained=("head",)),
        fixed("1 2>3 4 5,6>7", trained=("embedding",)),
        fixed("1 2>3 4 5,6>7", trained=("head", "mix")),
    ],
    "repeated ids, equal pairs": [fixed("1 1 1>1 1,2>2 2 2"), fixed("1 2>3,1 2>3,4>5 6 7 1")],
    "learning rates": [fixed("1 2>3 4 5,6>7", lr=0.0), fixed("1 2>3 4 5,6>7", lr=8.0)],
    "one word, one feature": [fixed("0>,0 0>", words=1), fixed("1 2>3,4>5 6", width=1)],
}


def pair_by_pair(weights, prompts, answers, *, eos, lr, trained):
    leaves = {name: tensor.detach().clone().requires_grad_() for name, tensor in weights.items()}
    total, count = 0.0, 0
    for prompt, answer in zip(prompts, answers):
        sequence = torch.tensor([[*prompt, *answer, eos]])
        logits = language_model(leaves, sequence)[0, len(prompt) - 1 : -1]
        total = total + F.cross_entropy(logits, sequence[0, len(prompt) :], reduction="sum")
        count += len(answer) + 1
    loss = total / count
    loss.backward()
    new = {}
    for name, leaf in leaves.items():
        new[name] = (leaf - lr * leaf.grad).detach() if name in trained else weights[name]
    return loss.detach(), new


def with_an_optimizer(weights, prompts, answers, *, eos, lr, trained):
    leaves = {
        name: torch.nn.Parameter(tensor.clone(), requires_grad=name in trained)
        for name, tensor in weights.items()
    }
    optimizer = torch.optim.SGD([leaves[name] for name in trained], lr=lr)
    rows = [torch.tensor([*prompt, *answer, eos]) for prompt, answer in zip(prompts, answers)]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
    position = torch.arange(ids.shape[1])
    starts, ends = torch.tensor([len(prompt) for prompt in prompts]), torch.tensor([len(row) for row in rows])
    learned = (position >= starts[:, None]) & (position < ends[:, None])
    chances = language_model(leaves, ids).log_softmax(dim=-1)[:, :-1]
    picked = chances.gather(2, ids[:, 1:, None]).squeeze(2)
    loss = -picked[learned[:, 1:]].mean()
    loss.backward()
    optimizer.step()
    return loss.detach(), {name: leaf.detach() for name, leaf in leaves.items()}


def prompts_in_answers_out(weights, prompts, answers, *, eos, lr, trained):
    length = max(map(len, [*prompts, *answers]))
    ids = torch.tensor([row + [eos] * (length - len(row)) for row in prompts])
    labels = torch.tensor([row + [eos] * (length - len(row)) for row in answers])
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in weights.items()}
    loss = F.cross_entropy(language_model(leaves, ids).flatten(0, 1), labels.flatten())
    gradients = torch.autograd.grad(loss, [leaves[name] for name in trained])
    return loss.detach(), weights | {name: weights[name] - lr * g for name, g in zip(trained, gradients)}


TARGET = "target[len(prompt) : len(row)] = torch.tensor(row[len(prompt) :])"
LOSS = "loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=25,
    hints=(
        "One row is `prompt + answer + [eos]`, padded on the right with eos to the longest row. The labels have the same shape: -100, but the id itself from `len(prompt)` to the end of the unpadded row. Use the lengths, not the ids: eos is padding, a part of prompts *and* learned once.",
        "The logits at t predict the id at t + 1: compare `logits[:, :-1]` with `labels[:, 1:]`. `F.cross_entropy(logits.flatten(0, 1), labels.flatten())` leaves out -100 and takes the mean over all other tokens of the batch.",
        "Make leaves with `nn.Parameter(tensor)`, give them to `language_model`, and let `torch.autograd.grad(loss, [leaves[name] for name in trained])` return the gradients in that order. The new dict is `weights | {name: weights[name] - lr * gradient, …}`.",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "prompts_in_answers_out",
            prompts_in_answers_out,
            "your inputs are the prompts and your labels the answers: token t of the prompt learns token t of the answer",
            "make one sequence of prompt, answer and eos, and use it for inputs and labels",
        ),
        mistake(
            "padding_learned",
            {TARGET: "target[len(prompt) :] = torch.tensor(row[len(prompt) :] + [eos] * (length - len(row)))"},
            "your loss counts the padding after short rows",
            "set the labels of the padding to -100; the one eos after the answer stays",
        ),
        mistake(
            "eos_not_learned",
            {TARGET: "target[len(prompt) : len(row) - 1] = torch.tensor(row[len(prompt) : -1], dtype=torch.long)"},
            "the eos after the answers is not learned, so the model never stops",
            "include the first eos after the answer in the labels",
        ),
        mistake(
            "prompt_learned",
            {TARGET: "target[: len(row)] = torch.tensor(row)"},
            "your loss counts the tokens of the prompts as well",
            "set the labels of the prompt to -100",
        ),
        mistake(
            "not_shifted",
            {LOSS: "loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten())"},
            "your logits at t are compared with the id at t, which the model has just read",
            "compare logits[:, :-1] with labels[:, 1:]",
        ),
        mistake(
            "mean_of_the_rows",
            {LOSS: "pairs = zip(logits[:, :-1], labels[:, 1:])\n    loss = torch.stack([F.cross_entropy(*pair) for pair in pairs]).mean()"},
            "your loss is the mean of the rows' means, so a token of a short answer weighs more",
            "take one mean over all learned tokens of the batch",
        ),
        mistake(
            "everything_trained",
            {"[leaves[name] for name in trained]": "[leaves[name] for name in weights]", "zip(trained, gradients)": "zip(weights, gradients)"},
            "all tensors change, also those that are not in `trained`",
            "step only on the tensors named in `trained`",
        ),
        mistake(
            "gradient_ascent",
            {"weights[name] - lr * gradient": "weights[name] + lr * gradient"},
            "your step goes up: the loss grows",
            "subtract lr times the gradient",
        ),
    ),
    alternates=(pair_by_pair, with_an_optimizer),
    equivalent={"for prompt, answer in zip(prompts, answers": "each prompt has an answer, so strict has no effect"},
    forbids=(),
)  # fmt: skip
