"""Wrong answers to epoch_mean_loss."""

from mmlab.instructor.authoring.exercise import Answer

MEAN = "return sum(loss * count for loss, count in zip(losses, counts) if count) / sum(counts)"
LENGTHS = '    if len(losses) != len(counts):\n        raise ValueError(f"{len(losses)} losses and {len(counts)} counts")\n'

ANSWERS = (
    Answer("last_step", {MEAN: "return losses[-1]"}, "all steps"),
    Answer("last_counted_step", {MEAN: "return [loss for loss, count in zip(losses, counts) if count][-1]"}, "all steps"),
    Answer("first_step", {MEAN: "return [loss for loss, count in zip(losses, counts) if count][0]"}, "all steps"),
    Answer("mean_of_steps", {MEAN: "return sum(losses) / len(losses)"}, "weighted by tokens"),
    Answer("mean_of_counted_steps", {MEAN: "steps = [loss for loss, count in zip(losses, counts) if count]\n    return sum(steps) / len(steps)"}, "weighted by tokens"),
    Answer("smallest", {MEAN: "return min(loss for loss, count in zip(losses, counts) if count)"}, "the mean"),
    Answer("median", {MEAN: "steps = sorted(loss for loss, count in zip(losses, counts) if count)\n    return steps[len(steps) // 2]"}, "the mean"),
    Answer("running_average", {MEAN: "mean = None\n    for loss, count in zip(losses, counts):\n        if count:\n            mean = loss if mean is None else 0.9 * mean + 0.1 * loss\n    return mean"}, "the mean over the epoch"),
    Answer("divided_by_the_steps", {"/ sum(counts)": "/ len(counts)"}, "by the tokens"),
    Answer("divided_by_the_counted_steps", {"/ sum(counts)": "/ sum(count > 0 for count in counts)"}, "by the tokens"),
    Answer("divided_twice", {MEAN: "return sum(loss / count for loss, count in zip(losses, counts) if count) / sum(counts)"}, "times the count"),
    Answer("sum_only", {" / sum(counts)": ""}, "a mean"),
    Answer("nan_spreads", {" if count)": ")"}, "a step without tokens is left out"),
    Answer("nan_hidden", {" if count)": " if loss == loss)"}, "a diverged step shows"),
    Answer("nan_and_its_tokens_hidden", {MEAN: "pairs = [(loss, count) for loss, count in zip(losses, counts) if count and loss == loss]\n    return sum(loss * count for loss, count in pairs) / max(sum(count for _, count in pairs), 1)"}, "a diverged step shows"),
    Answer("infinity_hidden", {" if count)": " if count and abs(loss) != math.inf)"}, "a diverged step shows"),
    Answer("negative_left_out", {" if count)": " if count and not loss < 0)"}, "any loss counts"),
    Answer("rounded", {MEAN: MEAN.replace("return ", "return round(") + ", 2)"}, "the mean itself"),
    Answer("lengths_unchecked", {LENGTHS: ""}, "ValueError"),
    Answer("nothing_gives_zero", {'raise ValueError("no token was counted")': "return 0.0"}, "ValueError"),
    Answer("nothing_gives_nan", {'raise ValueError("no token was counted")': "return math.nan"}, "ValueError"),
    Answer("empty_only", {"if not sum(counts):": "if not counts:"}, "ValueError when all counts are 0"),
    Answer("any_empty_step_refused", {"if not sum(counts):": "if not all(counts) or not counts:"}, "such a step is left out"),
    Answer("whole_numbers", {"/ sum(counts)": "// sum(counts)"}, "a float"),
    Answer("perplexity", {MEAN: "mean = sum(loss * count for loss, count in zip(losses, counts) if count) / sum(counts)\n    return math.exp(min(mean, 50))"}, "the loss"),
    Answer("left_out_by_nan", {" if count)": " if count or loss == loss)"}, "an empty step is left out whatever its loss"),
    Answer("empty_step_must_be_nan", {MEAN: "if any(loss == loss for loss, count in zip(losses, counts) if not count):\n        raise ValueError('a loss of nothing')\n    " + MEAN}, "an empty step is left out whatever its loss"),
    Answer("empty_step_counts_one", {MEAN: "counts = [count or int(loss == loss) for loss, count in zip(losses, counts)]\n    " + MEAN}, "an empty step is left out whatever its loss"),
    Answer("infinity_becomes_nan", {MEAN: MEAN + " + 0 * max(abs(loss) if count and loss == loss else 0 for loss, count in zip(losses, counts))"}, "the mean is infinite"),
    Answer("infinity_refused", {MEAN: "if any(math.isinf(loss) for loss, count in zip(losses, counts) if count):\n        raise ValueError('diverged')\n    " + MEAN}, "the mean is infinite"),
    Answer("a_tensor", {MEAN: MEAN.replace("return ", "return torch.tensor(") + ")"}, "a float"),
)  # fmt: skip
