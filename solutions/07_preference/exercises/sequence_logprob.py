"""sequence_logprob: the log-probability of an answer's tokens under a language model."""

import torch
from _draw import INF, NAN, call, drawn, mask, table, value
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def prepared(logits, ids, answer, filler=NAN, other=-100):
    """Return the arguments with something else where nothing is predicted and where no answer stands."""
    needed = torch.cat([answer[:, 1:], torch.zeros_like(answer[:, :1])], dim=1)
    return logits.masked_fill(~needed[..., None], filler), torch.where(answer, ids, other), answer


def cases(rng):
    """Unequal sizes; a prompt before each answer and padding after it."""
    plans = [(6, ["..xxx.", ".xxxxx", "....x."]), (5, ["...x", ".xx."]), (9, ["..xx.xx..", ".....xxxx"])]
    drawn_cases = []
    for vocabulary, rows in plans:
        answer = mask(*rows)
        logits = drawn(rng, *answer.shape, vocabulary, scale=2.0)
        ids = torch.from_numpy(rng.integers(0, vocabulary, answer.shape))
        drawn_cases += [call(*prepared(logits, ids, answer)), call(logits, ids, answer)]
    return drawn_cases


def fixed(*rows: str, vocabulary=4, scale=0.25, dtype=torch.float32, filler=NAN, other=-100):
    """Return the arguments of a case with fixed numbers."""
    answer = mask(*rows)
    logits = table(*answer.shape, vocabulary, dtype=dtype) * scale
    ids = table(*answer.shape).long() % vocabulary
    return prepared(logits, ids, answer, filler, other)


FORBIDDEN = table(2, 4, 5) / 4
FORBIDDEN[:, :, 2] = -INF
ANSWERS = mask("..xx", ".xxx")

CLAUSES = {
    "an answer at position 0 is refused": [
        call(*fixed("x.xx", "..xx")),
        call(*fixed(".xxx", "xxxx")),
        call(*fixed("x...", "....")),
        call(*fixed("x")),
    ],
    "a row without an answer": [call(*fixed("..xx", "....")), value(*fixed("...", "..."))],
    "an answer anywhere": [
        call(*fixed(".x..", "..x.", "...x")),
        call(*fixed(".x.x", "..xx", ".xxx")),
        call(*fixed(".xxxxxx", "...xxx.", "..x.x.x")),
    ],
    "any id outside the answer": [
        call(*fixed("..xx", ".xx.", other=-1)),
        call(*fixed("..xx", ".xx.", other=50_000)),
        call(*fixed("..xx", ".xx.", other=0)),
    ],
    "logits that predict no answer": [
        call(*fixed("..xx", ".x.x", filler=INF)),
        call(*fixed("..xx", ".x.x", filler=-INF)),
        call(*fixed("..xx", ".x.x", filler=1e30)),
        call(*fixed("..xx", ".x.x", filler=0.0)),
    ],
    "words that cannot be said": [
        call(FORBIDDEN, torch.tensor([[0, 1, 0, 4], [3, 3, 1, 0]]), ANSWERS),
        value(FORBIDDEN, torch.tensor([[0, 1, 2, 4], [3, 3, 1, 0]]), ANSWERS),
    ],
    "logits up to 1,000": [
        call(*fixed("..xx", ".x.x", scale=100.0)),
        call(*fixed("..xx", scale=30.0)),
        call(
            torch.tensor([[[1000.0, -1000.0, 999.0], [-1000.0, -999.5, -998.0], [0.0, 1000.0, 3.0]]]),
            torch.tensor([[0, 1, 0]]),
            mask(".xx"),
        ),
    ],
    "adding a number to all logits changes nothing": [
        call(table(2, 4, 3) / 4 + 400, table(2, 4).long() % 3, ANSWERS)
    ],
    "one token, one row, two words, one word": [
        value(*fixed(".")),
        value(*fixed(".", ".")),
        call(*fixed(".x")),
        call(*fixed("..xx.", vocabulary=2)),
        call(*fixed("..xx.", ".xxxx", vocabulary=1)),
    ],
    "equal sizes": [call(*fixed("..x", ".xx", ".x.", vocabulary=3)), call(*fixed(".x", "..", vocabulary=2))],
    "a long answer": [call(*fixed("." * 20 + "x" * 250 + "." * 30, "." * 200 + "x" * 100))],
    "float64": [call(*fixed("..xx", ".x.x", dtype=torch.float64))],
    "inputs that are not contiguous": [
        call(
            (table(3, 4, 2) / 4).permute(2, 1, 0), (table(4, 2).long() % 3).T, mask("..", ".x", "x.", "xx").T
        )
    ],
}


def by_cross_entropy(logits, ids, answer):
    if not logits.shape[:2] == ids.shape == answer.shape:
        raise ValueError("shapes that differ")
    if answer[:, 0].any():
        raise ValueError("nothing predicts the first token")
    wanted = torch.where(answer, ids, -100)[:, 1:]
    needed = torch.where(answer[:, 1:, None], logits[:, :-1], torch.zeros_like(logits[:, :-1]))
    return -F.cross_entropy(needed.transpose(1, 2), wanted, ignore_index=-100, reduction="none").sum(dim=1)


def token_by_token(logits, ids, answer):
    if not logits.shape[:2] == ids.shape == answer.shape:
        raise ValueError("shapes that differ")
    if bool(answer.any(dim=0)[0]):
        raise ValueError("position 0")
    rows = []
    for scores, row, marks in zip(logits, ids, answer):
        total = logits.new_zeros(())
        for position in marks.nonzero().flatten().tolist():
            before = scores[position - 1]
            total = total + before[row[position]] - before.logsumexp(dim=0)
        rows.append(total)
    return torch.stack(rows)


SAFE = "logits[:, :-1].masked_fill(~counted[..., None], 0.0)"
RESULT = "masked_fill(~counted, 0.0).sum(dim=1)"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=25,
    hints=(
        "`logits[:, :-1]` predicts `ids[:, 1:]`, so the mask that goes with both is `answer[:, 1:]`. From there on, everything is (B, T − 1).",
        "Clean both inputs before you compute: `masked_fill` the logits that predict no answer token with 0 (a later multiplication by 0 leaves NaN), and the ids outside the answer with 0, so that `gather` accepts them.",
        "`log_softmax(dim=2)` gives the log-probability of every word; `.gather(2, target[..., None]).squeeze(2)` takes that of the word that stands there.",
        "Fill the positions that are not counted with 0 and add up: `.masked_fill(~counted, 0.0).sum(dim=1)`.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=1e-4, dtype=True),
    mistakes=(
        mistake(
            "prompt_included",
            {
                "    if answer[:, 0].any():": "    marked = answer\n    answer = answer.flip(1).cumsum(dim=1).flip(1) > 0\n    answer[:, 0] = False\n    if marked[:, 0].any():"
            },
            "your sum includes the tokens before the answer",
            "count only the tokens where `answer` is True",
        ),
        mistake(
            "no_shift",
            {SAFE: "logits[:, 1:].masked_fill(~counted[..., None], 0.0)"},
            "you read the log-probability of token t from the logits at t, which have seen the token and predict the next one",
            "read it from the logits at t − 1",
        ),
        mistake(
            "mask_not_shifted",
            {"counted = answer[:, 1:]": "counted = answer[:, :-1]"},
            "your mask is one position late: it counts the token after each answer token",
            "cut the mask like the ids: answer[:, 1:]",
        ),
        mistake(
            "mean_in_place_of_sum",
            {RESULT: "masked_fill(~counted, 0.0).sum(dim=1) / counted.sum(dim=1).clamp(min=1)"},
            "your number is the mean over the answer's tokens",
            "take the sum: the probability of the whole answer is the product over its tokens",
        ),
        mistake(
            "logits_not_normalised",
            {".log_softmax(dim=2)": ""},
            "your numbers are sums of logits, which are no log-probabilities",
            "take log_softmax over the vocabulary first",
        ),
        mistake(
            "softmax_over_positions",
            {".log_softmax(dim=2)": ".log_softmax(dim=1)"},
            "your softmax runs over positions",
            "normalise over the vocabulary, the last axis",
        ),
        mistake(
            "logarithm_of_softmax",
            {".log_softmax(dim=2)": ".softmax(dim=2).log()"},
            "right for small logits, but softmax gives exactly 0 for large differences, and its logarithm is −inf",
            "use log_softmax, which never forms the probability",
        ),
        mistake(
            "total_of_the_batch",
            {RESULT: "masked_fill(~counted, 0.0).sum()"},
            "you return the sum over the whole batch",
            "return one number for each row",
        ),
        mistake(
            "nan_times_zero",
            {SAFE: "(logits[:, :-1] * counted[..., None])"},
            "logits that predict no answer token are multiplied by 0, and NaN times 0 is NaN",
            "replace them with masked_fill or torch.where",
        ),
    ),
    equivalent={
        "None], 1.0)": "any finite number does: what it gives is replaced by 0",
        "None], -1.0)": "any finite number does: what it gives is replaced by 0",
    },
    alternates=(by_cross_entropy, token_by_token),
)
