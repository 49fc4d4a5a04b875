"""train_clip: two projections and a scale, trained on the features of frozen towers."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

ATTRIBUTES = (8, 6, 2, 4)  # colours, kinds, sizes, backgrounds
PAIRS, WIDTH = 96, 8


def cases(rng):
    """Two pairs of towers; steps and learning rates differ."""
    return [training(rng, 15, 10, 40, 0.04), training(rng, 13, 12, 25, 0.06)]


def training(rng, image_width, text_width, steps, learning_rate, images=9, captions=6, pairs=PAIRS):
    """Return one case; its unseen images and captions share no scene with the training pairs.

    No gradient near 0 in the first one: Adam divides each gradient by its size, so a sign
    that rounding decides would be worth a whole step. Of the seeds tried for long or steep trainings, those
    stand here in which float32 and float64 differ by 5e-6 at most, for the reference and for every mistake:
    a mistake is recognised by its stored values, and on another CPU it must come to the same ones.
    """
    towers = [tower(rng, image_width, clutter=3), tower(rng, text_width, clutter=2)]
    scenes = rng.permutation(int(np.prod(ATTRIBUTES)))
    distinct = min(pairs, len(scenes) - captions)  # more pairs than that show some scenes twice
    seen, unseen = np.resize(scenes[:distinct], pairs), scenes[distinct : distinct + captions]
    shown = unseen[rng.integers(0, captions, images)]
    starts = [
        np.round(rng.standard_normal((width, WIDTH)) / np.sqrt(width), 2)
        for width in (image_width, text_width)
    ]
    given = {
        "image": features(rng, towers[0], seen),
        "text": features(rng, towers[1], seen),
        "image_projection": torch.from_numpy(starts[0].astype(np.float32)),
        "text_projection": torch.from_numpy(starts[1].astype(np.float32)),
        "steps": steps,
        "learning_rate": learning_rate,
    }
    inputs = {"image": features(rng, towers[0], shown), "text": features(rng, towers[1], unseen)}
    return {"given": given, "inputs": inputs}


def tower(rng, width, clutter):
    """Return where a tower puts each attribute value, and the directions of what a caption never tells."""
    return rng.standard_normal((sum(ATTRIBUTES), width)), 2.5 * rng.standard_normal((clutter, width))


def features(rng, tower, scenes):
    """Return a frozen tower's features of scenes: (N,) scene numbers → (N, width), in quarters to compress."""
    directions, clutter = tower
    values = np.unravel_index(scenes, ATTRIBUTES)
    told = np.concatenate(
        [np.eye(size)[value] for size, value in zip(ATTRIBUTES, values, strict=True)], axis=1
    )
    drawn = told @ directions + rng.standard_normal((len(scenes), len(clutter))) @ clutter
    drawn += 0.1 * rng.standard_normal(drawn.shape)
    return torch.from_numpy((np.round(4 * drawn) / 4).astype(np.float32))


def fixed(seed, *args, **kwargs):
    """Return a case that is the same for everybody."""
    return training(np.random.default_rng(seed), *args, **kwargs)


CLAUSES = {
    "the steps and the rate that are asked for": [fixed(1, 14, 11, 20, 0.1)],
    "no end before the last step": [fixed(65, 14, 11, 120, 0.05, pairs=12)],
    "a scale above 100": [fixed(28, 14, 11, 14, 0.5, pairs=4)],
    "more than a thousand pairs": [fixed(6, 9, 8, 3, 0.1, pairs=1030)],
    "as many images as captions": [fixed(7, 10, 9, 6, 0.05, images=6)],
    "no step": [fixed(2, 12, 13, 0, 0.1)],
    "one step": [fixed(3, 12, 9, 1, 0.1)],
    "one image, more captions": [fixed(4, 12, 9, 8, 0.05, images=1)],
    "one caption": [fixed(5, 12, 9, 2, 0.1, images=4, captions=1)],
}


def as_a_module(image, text, *, image_projection, text_projection, steps, learning_rate):
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.image = nn.Linear(*image_projection.shape, bias=False)
            self.text = nn.Linear(*text_projection.shape, bias=False)
            self.log_scale = nn.Parameter(torch.tensor(0.0))
            with torch.no_grad():
                self.image.weight.copy_(image_projection.T)
                self.text.weight.copy_(text_projection.T)

        def logits(self, image, text):
            cosines = F.normalize(self.image(image), dim=-1) @ F.normalize(self.text(text), dim=-1).T
            return cosines * self.log_scale.exp()

        def forward(self, image, text):
            return self.logits(image, text).softmax(dim=-1)

    heads = Heads()
    optimiser = torch.optim.Adam(heads.parameters(), lr=learning_rate)
    for _ in range(steps):
        logits = heads.logits(image, text)
        both = logits.log_softmax(dim=0).diagonal() + logits.log_softmax(dim=1).diagonal()
        optimiser.zero_grad()
        (-both.mean() / 2).backward()
        optimiser.step()
    return heads


def in_double_precision(image, text, *, image_projection, text_projection, steps, learning_rate):
    parameters = [image_projection.double(), text_projection.double(), torch.zeros((), dtype=torch.float64)]
    parameters = [parameter.clone().requires_grad_() for parameter in parameters]
    optimiser = torch.optim.Adam(parameters, lr=learning_rate)
    for _ in range(steps):
        rows = torch.randperm(len(image))  # pairs in another order are the same pairs
        u = F.normalize(image[rows].double() @ parameters[0], dim=1)
        v = F.normalize(text[rows].double() @ parameters[1], dim=1)
        logits = u @ v.T * parameters[2].exp()
        loss = (logits.logsumexp(0) + logits.logsumexp(1) - 2 * logits.diagonal()).mean() / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    image_weight, text_weight, log_scale = [parameter.detach() for parameter in parameters]

    def predict(image, text):
        u, v = image.double() @ image_weight, text.double() @ text_weight
        cosines = F.cosine_similarity(u[:, None], v[None], dim=-1)
        return torch.softmax(cosines * log_scale.exp(), dim=-1).float()

    return predict


EXERCISE = Exercise(
    difficulty=2,
    importance=5,
    minutes=20,
    needs=("clip_contrastive_loss", "learnable_logit_scale"),
    hints=(
        "Three parameters: `nn.Parameter(image_projection.clone())`, the same for text, "
        "and `nn.Parameter(torch.zeros(()))`. Pass all three to `torch.optim.Adam`.",
        "One step: project, normalise, cosines · exp(log_scale), both cross-entropies, then "
        "`zero_grad`, `backward`, `step`. Use all pairs in every step: a few hundred rows are one small matrix.",
        "Write the logits as a function of image and text inside `train_clip`: the loop uses it "
        "on the training pairs, and the predictor on whatever it is given, with a softmax along axis 1.",
    ),
    driver=Driver("predict"),
    clauses=CLAUSES,
    cases=cases,
    # rounding and the order of sums change a probability by 5e-6 at most; one step more or less by 0.001 or more
    compare=Compare("close", rtol=0.0, atol=5e-4),
    mistakes=(
        mistake(
            "never_updates",
            {"        optimiser.step()\n": ""},
            "your predictions are those of the starting weights",
            "call optimiser.step() after loss.backward(), and predict with the parameters that it changed",
        ),
        mistake(
            "shuffled_pairs",
            {
                "scores = logits(image, text)": "scores = logits(image[torch.randperm(len(image))], text[torch.randperm(len(text))])"
            },
            "your images and texts are shuffled apart: there is nothing left to learn, and it learns nothing",
            "if you shuffle, index image and text with the same rows",
        ),
        mistake(
            "image_projection_only",
            {"[image_weight, text_weight, log_scale]": "[image_weight, log_scale]"},
            "your text projection stays as it was, and what a caption's style adds is never filtered out",
            "give the optimiser both projections and the scale",
        ),
        mistake(
            "scale_stays",
            {"[image_weight, text_weight, log_scale]": "[image_weight, text_weight]"},
            "your predictor finds the right captions but is not sure of them: the scale is still 1",
            "give log_scale to the optimiser, and multiply by its exp in the predictor too",
        ),
    ),
    alternates=(as_a_module, in_double_precision),
    equivalent={
        "own)) / 2": "Adam divides each gradient by its size: a constant factor of the loss changes nothing"
    },
)
