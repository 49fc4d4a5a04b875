"""info_nce_gradient: the gradient of one direction of InfoNCE in closed form, by cosine and by temperature."""

import numpy as np
from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def cases(rng):
    """More captions than images, as many, and temperatures on both sides of 1."""
    plans = [(3, 5, 0.5), (4, 4, 0.07), (5, 7, 2.5), (2, 6, 0.2), (6, 6, 0.3)]
    return [
        call(np.round(rng.uniform(-1, 1, (rows, columns)), 3), temperature)
        for rows, columns, temperature in plans
    ]


def grid(rows, columns):
    """Return fixed cosines, (rows, columns), without symmetry."""
    return (np.arange(rows * columns) * 7 % 11 / 5 - 1).reshape(rows, columns)


LEVELS = grid(3, 4) / 100 + np.array([[0.9], [0.0], [-0.9]])  # each row far from the others

CLAUSES = {
    "fewer captions than images are refused": [call(grid(3, 2), 0.5), call(grid(2, 1), 0.5)],
    "one image": [call(grid(1, 1), 0.5), call(grid(1, 4), 0.5)],
    "further captions are negatives": [call(grid(2, 5), 0.3), call(grid(3, 9), 1.0)],
    "as many captions as images": [call(grid(4, 4), 0.3), call(grid(5, 5), 0.7)],
    "a small temperature": [
        call(grid(3, 4), 0.01),
        call(grid(2, 3), 0.001),  # more than 709 between the logits of a row
        call(LEVELS, 0.001),  # exp overflows in the first row and underflows to 0 in the last
        call(-np.eye(3), 0.002),  # the own captions are the least probable ones
    ],
    "a large temperature": [call(grid(3, 4), 30.0)],
    "numbers outside -1 to 1": [call(40 * grid(3, 5), 0.5), call(3 * grid(4, 4), 1.0)],
    "equal cosines": [call(np.full((3, 4), 0.25), 0.1), call(np.zeros((2, 2)), 0.1)],
    "equal rows": [call(np.tile(grid(1, 4), (3, 1)), 0.4)],
    "hundreds of rows": [call(grid(300, 301), 0.5)],
}


def loops(cosines, temperature):
    if len(cosines) > len(cosines[0]):
        raise ValueError("an image without a caption")
    gradient, slope = np.zeros(cosines.shape), 0.0
    for i, row in enumerate(cosines):
        ratios = np.exp((row - row.max()) / temperature)
        p = ratios / ratios.sum()
        p[i] -= 1
        gradient[i] = p / (temperature * len(cosines))
        slope -= p @ row / (temperature**2 * len(cosines))
    return gradient, slope


def through_the_logarithm(cosines, temperature):
    rows, columns = cosines.shape
    if columns < rows:
        raise ValueError("an image without a caption")
    logits = cosines / temperature
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])
    gradient = (p - np.eye(rows, columns)) / rows / temperature
    slope = (np.diagonal(cosines) - (p * cosines).sum(axis=1)).mean() / temperature**2
    return gradient, float(slope)


LINE = "(p - np.eye(*p.shape)) / temperature / len(p)"
SLOPE = "-(gradient * cosines).sum() / temperature"

EXERCISE = Exercise(
    difficulty=3,
    importance=3,
    minutes=20,
    optional=True,
    needs=("clip_contrastive_loss",),
    hints=(
        "The derivative of the cross-entropy with respect to its logits is p − y: the probabilities, minus 1 at the correct caption. "
        "Which two factors lie between a logit and the mean loss of the batch, as a function of the cosine?",
        "Subtract each row's maximum from the logits before you take exp. The probabilities stay the same, and exp cannot overflow.",
        "The logit c/τ depends on τ with the derivative −c/τ². Sum over all cells: the derivative with respect to the logit, times −c/τ².",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-8, atol=1e-8),
    mistakes=(
        mistake(
            "forgets_the_temperature",
            {LINE: "(p - np.eye(*p.shape)) / len(p)", SLOPE: "-(gradient * cosines).sum() / temperature**2"},
            "your matrix is the gradient with respect to the logits, not the cosines",
            "apply the chain rule: logit = cosine / temperature, so divide by temperature once more",
        ),
        mistake(
            "adds_the_target",
            {"p - np.eye": "p + np.eye"},
            "your gradient adds the target to the probabilities: it pushes the right caption away",
            "subtract 1 from the probability of the right caption",
        ),
        mistake(
            "sum_over_images",
            {" / len(p)": ""},
            "your gradient is that of the sum over images, B times too large",
            "divide by the number of images, because the loss is a mean over them",
        ),
        mistake(
            "mean_over_cells",
            {" / len(p)": " / p.size"},
            "your gradient is divided by the number of cells",
            "divide by the number of images: the loss is a mean over rows",
        ),
        mistake(
            "softmax_over_images",
            {
                "logits.max(axis=1, keepdims=True)": "logits.max(axis=0)",
                "p.sum(axis=1, keepdims=True)": "p.sum(axis=0)",
            },
            "your probabilities sum to 1 over the images: that is the direction text→image",
            "take the softmax of each row, over the captions",
        ),
        mistake(
            "by_the_logarithm_of_the_scale",
            {SLOPE: "(gradient * cosines).sum()"},
            "your second number is the derivative with respect to log(1/temperature)",
            "differentiate with respect to the temperature itself",
        ),
        mistake(
            "temperature_in_front_only",
            {"logits = cosines / temperature": "logits = cosines"},
            "your probabilities are those at temperature 1",
            "divide the cosines by temperature before the softmax",
        ),
    ),
    alternates=(loops, through_the_logarithm),
    forbids=("torch.autograd", "name:backward", "torch.func", "name:jacobian"),
)
