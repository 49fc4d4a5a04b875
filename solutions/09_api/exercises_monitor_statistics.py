"""monitor_statistics: its logs, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import math

import numpy as np

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_monitor_statistics(rng: np.random.Generator) -> list[dict]:
    """Logs of many lengths, 20 and 40 answers among them; none, one, all failed, none failed, calls without usage."""
    sizes = [(20, 3), (0, 0), (1, 0), (0, 4), (40, 0), (7, 2), (61, 5), (100, 9), (19, 1), (1, 2), (2, 1)]
    logs = [_log(rng, answered, failed) for answered, failed in sizes]
    return [{"args": [log], "kwargs": {}} for log in logs]


def _log(rng: np.random.Generator, answered: int, failed: int) -> list[dict]:
    """Return records in no order; failures come fast or late, and most of them without usage."""
    log = []
    for number in rng.permutation(answered + failed).tolist():
        ok = number < answered
        spread = rng.lognormal(0.2, 0.6) if ok else rng.choice([0.02, 30.0]) * rng.uniform(0.5, 1.5)
        spent = None if number % 4 == 3 or (not ok and number % 2) else round(float(rng.uniform(0.001, 0.02)), 5)
        log.append({"seconds": round(float(spread), 3), "ok": ok, "dollars": spent})
    return log


def monitor_statistics__index_of_the_share(records):
    good = sorted(record["seconds"] for record in records if record["ok"])
    dollars = sum((record["dollars"] or 0.0 for record in records), 0.0)
    return {
        "calls": len(records),
        "failed": len(records) - len(good),
        "success_rate": len(good) / len(records) if records else None,
        "mean_seconds": sum(good) / len(good) if good else None,
        "p95_seconds": good[int(0.95 * len(good))] if good else None,
        "dollars": dollars,
        "dollars_per_answer": dollars / len(good) if good else None,
    }


def monitor_statistics__divides_by_zero(records):
    good = sorted(record["seconds"] for record in records if record["ok"])
    dollars = sum((record["dollars"] or 0.0 for record in records), 0.0)
    return {
        "calls": len(records),
        "failed": len(records) - len(good),
        "success_rate": len(good) / len(records),
        "mean_seconds": sum(good) / len(good),
        "p95_seconds": good[math.ceil(0.95 * len(good)) - 1],
        "dollars": dollars,
        "dollars_per_answer": dollars / len(good),
    }


def monitor_statistics__failed_ones_in_the_times(records):
    good = sum(record["ok"] for record in records)
    times = sorted(record["seconds"] for record in records)
    dollars = sum((record["dollars"] or 0.0 for record in records), 0.0)
    return {
        "calls": len(records),
        "failed": len(records) - good,
        "success_rate": good / len(records) if records else None,
        "mean_seconds": sum(times) / len(times) if times else None,
        "p95_seconds": times[math.ceil(0.95 * len(times)) - 1] if times else None,
        "dollars": dollars,
        "dollars_per_answer": dollars / good if good else None,
    }


def monitor_statistics__failed_ones_cost_nothing(records):
    good = sorted(record["seconds"] for record in records if record["ok"])
    dollars = sum((record["dollars"] or 0.0 for record in records if record["ok"]), 0.0)
    return {
        "calls": len(records),
        "failed": len(records) - len(good),
        "success_rate": len(good) / len(records) if records else None,
        "mean_seconds": sum(good) / len(good) if good else None,
        "p95_seconds": good[math.ceil(0.95 * len(good)) - 1] if good else None,
        "dollars": dollars,
        "dollars_per_answer": dollars / len(good) if good else None,
    }


def monitor_statistics__between_two_values(records):
    good = [record["seconds"] for record in records if record["ok"]]
    dollars = sum((record["dollars"] or 0.0 for record in records), 0.0)
    return {
        "calls": len(records),
        "failed": len(records) - len(good),
        "success_rate": len(good) / len(records) if records else None,
        "mean_seconds": sum(good) / len(good) if good else None,
        "p95_seconds": float(np.percentile(good, 95)) if good else None,
        "dollars": dollars,
        "dollars_per_answer": dollars / len(good) if good else None,
    }


def monitor_statistics__nothing_is_zero(records):
    good = sorted(record["seconds"] for record in records if record["ok"])
    dollars = sum((record["dollars"] or 0.0 for record in records), 0.0)
    return {
        "calls": len(records),
        "failed": len(records) - len(good),
        "success_rate": len(good) / max(len(records), 1),
        "mean_seconds": sum(good) / max(len(good), 1),
        "p95_seconds": good[math.ceil(0.95 * len(good)) - 1] if good else 0.0,
        "dollars": dollars,
        "dollars_per_answer": dollars / max(len(good), 1),
    }


def monitor_statistics__not_sorted(records):
    good = [record["seconds"] for record in records if record["ok"]]
    dollars = sum((record["dollars"] or 0.0 for record in records), 0.0)
    return {
        "calls": len(records),
        "failed": len(records) - len(good),
        "success_rate": len(good) / len(records) if records else None,
        "mean_seconds": sum(good) / len(good) if good else None,
        "p95_seconds": good[math.ceil(0.95 * len(good)) - 1] if good else None,
        "dollars": dollars,
        "dollars_per_answer": dollars / len(good) if good else None,
    }


def monitor_statistics__with_numpy(records):
    seconds = np.array([record["seconds"] for record in records], float)
    good = seconds[np.array([record["ok"] for record in records], bool)]
    dollars = math.fsum(record["dollars"] for record in records if record["dollars"] is not None)
    found = {"calls": len(seconds), "failed": len(seconds) - len(good), "success_rate": None, "mean_seconds": None,
             "p95_seconds": None, "dollars": dollars, "dollars_per_answer": None}  # fmt: skip
    if len(seconds):
        found["success_rate"] = len(good) / len(seconds)
    if len(good):
        found["mean_seconds"] = float(good.mean())
        found["p95_seconds"] = float(np.percentile(good, 95, method="inverted_cdf"))
        found["dollars_per_answer"] = dollars / len(good)
    return found


def monitor_statistics__in_one_pass(records):
    calls = failed = 0
    dollars, answers = 0.0, []
    for record in records:
        calls += 1
        dollars += record["dollars"] if record["dollars"] is not None else 0
        if record["ok"]:
            answers.append(record["seconds"])
        else:
            failed += 1

    def per(total, count):
        return total / count if count else None

    reached = [value for value in sorted(answers) if 20 * sum(other <= value for other in answers) >= 19 * len(answers)]
    return dict(calls=calls, failed=failed, success_rate=per(len(answers), calls), mean_seconds=per(sum(answers), len(answers)),
                p95_seconds=reached[0] if reached else None, dollars=dollars,
                dollars_per_answer=per(dollars, len(answers)))  # fmt: skip


EXERCISE = Exercise(
    name="monitor_statistics",
    difficulty=2,
    importance=4,
    minutes=20,
    hints=(
        "Start with `good`, the sorted seconds of the calls that were answered. Four of the seven numbers follow "
        "from it, and each of those is None when the list is empty.",
        "The nearest rank of 95 % among n values is ⌈0.95 · n⌉, counted from 1; a Python list counts from 0. "
        "For n = 20 that is the 19th value, not the last.",
        "`None` cannot be added: `record[\"dollars\"] or 0.0`.",
    ),
    driver=Driver("call"),
    cases=cases_for_monitor_statistics,
    compare=Compare("close", rtol=1e-9, atol=1e-12),
    misconceptions=(
        Misconception(
            monitor_statistics__index_of_the_share,
            "your p95 is the value at the index int(0.95 · n), one too far where 0.95 · n is whole: of 20 values the largest",
            "take the nearest rank: the value at math.ceil(0.95 * n) - 1",
        ),
        Misconception(
            monitor_statistics__divides_by_zero,
            "your function fails on a day without calls, or without an answer: the very day it is needed",
            "return None for a share or a mean of nothing",
        ),
        Misconception(
            monitor_statistics__failed_ones_in_the_times,
            "your times include the failed calls: a refusal within 20 ms makes the service look fast",
            "take mean and p95 over the calls with ok only",
        ),
        Misconception(
            monitor_statistics__failed_ones_cost_nothing,
            "your dollars leave the failed calls out; a reply that was cut short is paid for all the same",
            "add the dollars of all records",
        ),
        Misconception(
            monitor_statistics__between_two_values,
            "your p95 lies between two measured times",
            "take a measured value: the nearest rank, np.percentile(…, method=\"inverted_cdf\")",
        ),
        Misconception(
            monitor_statistics__nothing_is_zero,
            "your function says 0 where nothing is known: a mean of 0 seconds looks like an excellent day",
            "return None where there is nothing to divide by",
        ),
        Misconception(
            monitor_statistics__not_sorted,
            "your p95 is the value of that rank in the order of the log",
            "sort the seconds first",
        ),
    ),
    alternates=(monitor_statistics__with_numpy, monitor_statistics__in_one_pass),
)
