"""Unusual right answers of monitor_statistics."""

import math

import numpy as np
import torch

from mmlab.instructor.authoring.exercise import Answer

RANKED = "good[math.ceil(95 * len(good) / 100) - 1]"


def torch_and_counters(records):
    from collections import Counter

    ok = Counter(record["ok"] for record in records)
    good = torch.tensor([record["seconds"] for record in records if record["ok"]], dtype=torch.float64)
    spent = sum(record["dollars"] for record in records if record["dollars"])
    try:
        rate = ok[True] / sum(ok.values())
    except ZeroDivisionError:
        rate = None
    empty = not len(good)
    return {
        "dollars_per_answer": None if empty else spent / len(good),
        "p95_seconds": None if empty else good.kthvalue(-(-19 * len(good) // 20)).values.item(),
        "mean_seconds": None if empty else good.mean().item(),
        "success_rate": rate,
    }


def with_numpy(records):
    seconds = np.array([record["seconds"] for record in records], float)
    good = seconds[np.array([record["ok"] for record in records], bool)]
    dollars = math.fsum(record["dollars"] for record in records if record["dollars"] is not None)
    statistics = {"success_rate": None, "mean_seconds": None, "p95_seconds": None, "dollars_per_answer": None}
    if len(seconds):
        statistics["success_rate"] = len(good) / len(seconds)
    if len(good):
        statistics["mean_seconds"] = float(good.mean())
        statistics["p95_seconds"] = float(np.percentile(good, 95, method="inverted_cdf"))
        statistics["dollars_per_answer"] = dollars / len(good)
    return statistics


def in_one_pass(records):
    calls = 0
    dollars, times = 0.0, []
    for record in records:
        calls += 1
        dollars += record["dollars"] if record["dollars"] is not None else 0
        if record["ok"]:
            times.append(record["seconds"])

    def per(total, count):
        return total / count if count else None

    reached = [
        value for value in sorted(times) if 20 * sum(other <= value for other in times) >= 19 * len(times)
    ]
    return dict(
        success_rate=per(len(times), calls),
        mean_seconds=per(sum(times), len(times)),
        p95_seconds=reached[0] if reached else None,
        dollars_per_answer=per(dollars, len(times)),
    )


ANSWERS = (
    Answer("torch_and_counters", torch_and_counters, "keys in another order"),
    Answer("with_numpy", with_numpy, "numpy's nearest rank"),
    Answer("in_one_pass", in_one_pass, "counts, and looks for the smallest value that is reached"),
)
