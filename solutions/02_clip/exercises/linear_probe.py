"""linear_probe: ridge regression from frozen features to one-hot classes, in closed form."""

import numpy as np
from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def features(rng, labels, width, spread=1.0):
    """Return (N, width) float64 whose mean depends on the label, with unequal spreads and centres."""
    centres = rng.normal(0, 2, (max(labels) + 1, width))
    drawn = centres[labels] + rng.normal(0, spread, (len(labels), width))
    return np.round(drawn * rng.uniform(0.2, 5, width) + rng.uniform(-9, 9, width), 3)


def cases(rng):
    """Classes of unequal size, more features than rows and fewer, weak and strong regularisation."""
    drawn = []
    for rows, tests, width, classes, strength in [
        (12, 5, 3, 3, 1.0),
        (9, 4, 14, 4, 5.0),
        (15, 6, 4, 2, 0.1),
        (20, 3, 6, 5, 40.0),
    ]:
        labels = rng.permutation(
            np.concatenate([np.arange(classes), rng.integers(0, classes - 1, rows - classes)])
        )
        both = features(rng, np.concatenate([labels, rng.integers(0, classes, tests)]), width)
        drawn.append(call(both[:rows], labels, both[rows:], strength))
    return drawn


def grid(rows, columns, shift=0):
    """Return fixed (rows, columns) float64 without symmetry."""
    return (np.arange(rows * columns) * 7 % 11 - 4.0 + shift + np.arange(rows * columns) % 3).reshape(
        rows, columns
    )


LABELS = np.array([0, 2, 1, 0, 2, 0, 0])
TRAIN, TEST = grid(7, 3), grid(4, 3, 2)
CONSTANT = np.where(np.arange(3) == 1, 3.0, TRAIN)

CLAUSES = {
    "weak and strong regularisation": [call(TRAIN, LABELS, TEST, strength) for strength in (0.01, 1.0, 1e3)],
    "more features than rows": [call(grid(5, 13), np.array([1, 0, 1, 2, 1]), grid(3, 13, 1), 0.5)],
    "a constant feature": [
        call(CONSTANT, LABELS, CONSTANT[:4] + 0.25, 1.0),
        call(CONSTANT, LABELS, TEST, 1.0),
    ],
    "features of any size": [
        call(TRAIN * [1e4, 1.0, 1e-2], LABELS, TEST * [1e4, 1.0, 1e-2], 1.0),
        call(TRAIN + [1e4, -50.0, 0.0], LABELS, TEST + [1e4, -50.0, 0.0], 1.0),
    ],
    "a class without a training row": [call(TRAIN, np.array([0, 3, 1, 0, 3, 0, 1]), TEST, 1.0)],
    "one class": [call(TRAIN, np.zeros(7, dtype=int), TEST, 1.0)],
    "one test row": [call(TRAIN, LABELS, TEST[:1], 1.0), call(TRAIN, LABELS, 1000 * TEST[:1], 1.0)],
    "test rows from elsewhere": [call(TRAIN, LABELS, 5 * TEST + 20, 1.0)],
    "equal features": [call(TRAIN[:, [0, 1, 1, 2]], LABELS, TEST[:, [0, 1, 1, 2]], 0.5)],
    "two rows": [call(TRAIN[:2], np.array([1, 0]), TEST, 0.5)],
    "as many rows as features, test rows or classes": [
        call(grid(4, 4), np.array([0, 1, 2, 3]), grid(4, 4, 3), 0.5),
        call(grid(3, 3), np.array([0, 1, 0]), grid(3, 3, 3), 0.5),
    ],
    "hundreds of rows": [
        call(grid(1030, 2), np.arange(1030) % 3 // 2, grid(3, 2, 2), 1.0),
        call(TRAIN, LABELS, grid(520, 3, 1), 1.0),
    ],
}


def normal_equations(train, labels, test, strength):
    mean, deviation = train.mean(0), train.std(0) + 1e-6
    x, z = (train - mean) / deviation, (test - mean) / deviation
    ones = [np.hstack([rows, np.ones((len(rows), 1))]) for rows in (x, z)]
    y = (labels[:, None] == np.arange(labels.max() + 1)).astype(float)
    penalty = np.diag([strength] * x.shape[1] + [0.0])  # the bias is free
    scores = ones[1] @ np.linalg.solve(ones[0].T @ ones[0] + penalty, ones[0].T @ y)
    return scores, scores.argmax(axis=1)


def dual(train, labels, test, strength):
    scale = np.sqrt(((train - train.mean(0)) ** 2).mean(0)) + 1e-6
    x, z = (train - train.mean(0)) / scale, (test - train.mean(0)) / scale
    y = np.stack([np.where(labels == c, 1.0, 0.0) for c in range(max(labels) + 1)], axis=1)
    base = y.sum(0) / len(y)
    scores = z @ x.T @ np.linalg.inv(x @ x.T + strength * np.eye(len(x))) @ (y - base) + base
    return scores, np.argmax(scores, -1)


SCORES = "test @ weight + bias"
LINES = "    train, test = (train - mean) / deviation, (test - mean) / deviation\n"

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=20,
    hints=(
        "The one-hot targets: `np.eye(C)[labels]` has a 1 in column `labels[i]` of row i.",
        "The mean of every standardised training feature is 0. Set the derivative with respect to the bias to 0: which b is left?",
        "Set the derivative with respect to W to 0 and use `np.linalg.solve(A, B)` for A W = B. What is added to XᵀX?",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-6, atol=1e-6),
    mistakes=(
        mistake(
            "standardises_with_test_data",
            {
                LINES: "    train, test = (train - mean) / deviation, (test - test.mean(axis=0)) / (test.std(axis=0) + 1e-6)\n"
            },
            "your test features are standardised with their own mean and deviation",
            "use the mean and deviation of the training rows for both",
        ),
        mistake(
            "statistics_of_all_rows",
            {
                "mean, deviation = train.mean(axis=0), train.std(axis=0) + 1e-6": "both = np.concatenate([train, test])\n    mean, deviation = both.mean(axis=0), both.std(axis=0) + 1e-6",
                "bias = targets.mean(axis=0)": "bias = targets.mean(axis=0) - train.mean(axis=0) @ weight",
                "train.T @ train + strength * np.eye(train.shape[1]), train.T @ targets": "(train - train.mean(axis=0)).T @ (train - train.mean(axis=0)) + strength * np.eye(train.shape[1]), (train - train.mean(axis=0)).T @ targets",
            },
            "your mean and deviation are those of training and test rows together: test data leaks into the training",
            "compute them on the training rows alone",
        ),
        mistake(
            "regularises_the_bias",
            {"bias = targets.mean(axis=0)": "bias = targets.sum(axis=0) / (len(targets) + strength)"},
            "your bias is regularised like the weights, so that rare and frequent classes move towards 0",
            "leave the bias out of the penalty",
        ),
        mistake(
            "no_bias",
            {SCORES: "test @ weight"},
            "your scores have no bias",
            "add the bias, which is the share of each class in the training rows",
        ),
        mistake(
            "not_standardised",
            {LINES: "    train, test = train - mean, test - mean\n"},
            "your features are centred but not divided by their deviation: the feature with the largest unit decides",
            "divide by the deviation of the training rows",
        ),
        mistake(
            "penalty_of_the_mean",
            {"strength * np.eye": "strength * len(train) * np.eye"},
            "your penalty is N times as strong: it belongs to the mean squared error",
            "minimise the sum over rows plus strength times the squared weights",
        ),
        mistake(
            "argmax_over_rows",
            {"scores.argmax(axis=1)": "scores.argmax(axis=0)"},
            "your second result names the best row for each class",
            "take the argmax over the classes, axis 1",
        ),
    ),
    alternates=(normal_equations, dual),
    forbids=("sklearn",),
)
