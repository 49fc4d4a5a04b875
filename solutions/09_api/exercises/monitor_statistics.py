"""monitor_statistics: success rate, times and cost of a day's calls of a service."""

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


def call(log):
    """Return one case: the log's (seconds, ok, dollars) as records."""
    return {
        "args": [[{"seconds": seconds, "ok": ok, "dollars": dollars} for seconds, ok, dollars in log]],
        "kwargs": {},
    }


def cases(rng):
    """Logs of four lengths in no order; failures come fast or late, and most of them without usage."""
    return [call(drawn_log(rng, *sizes)) for sizes in ((20, 3), (61, 5), (100, 9), (40, 0))]


def drawn_log(rng, answered, failed):
    """Return a log of so many calls."""
    log = []
    for number in rng.permutation(answered + failed).tolist():
        ok = number < answered
        seconds = rng.lognormal(0.2, 0.6) if ok else rng.choice([0.02, 30.0]) * rng.uniform(0.5, 1.5)
        unknown = number % 4 == 3 or (not ok and number % 2)
        log.append(
            (round(float(seconds), 3), ok, None if unknown else round(float(rng.uniform(0.001, 0.02)), 5))
        )
    return log


def answered(*seconds):
    """Return a case of calls that were answered, a cent each."""
    return call([(float(second), True, 0.01) for second in seconds])


CLAUSES = {
    "no record": [call([])],
    "one call": [
        call([(0.8, True, 0.002)]),
        call([(0.8, True, None)]),
        call([(60.0, False, None)]),
        call([(9.0, False, 0.1)]),
    ],
    "all failed": [
        call([(0.02, False, None), (60.0, False, 0.003), (1.5, False, 0.0)]),
        call([(2.0, False, None)] * 4),
    ],
    "failed calls count in no time": [
        call([(0.02, False, 0.0), (5.0, True, 0.01), (60.0, False, 0.01), (3.0, True, 0.02)])
    ],
    "95 % of few values and of many": [
        answered(*(7 * n % count for n in range(count))) for count in (2, 19, 20, 21, 22, 40, 60, 111)
    ],
    "many calls": [
        call([(2000.0 - n, n % 20 != 3, None if n % 3 else 0.001 * (n % 13)) for n in range(1047)])
    ],
    "whatever else a record holds": [
        {
            "args": [
                [{"model": "a", "dollars": 0.5, "ok": ok, "seconds": 2.0, "error": None, "cost": 9.0}, extra]
            ],
            "kwargs": {},
        }
        for ok in (True, False)
        for extra in (
            {"seconds": 4.0, "dollars": None, "ok": True, "status": 503},
            {"ok": False, "seconds": 8.0, "dollars": 0.25, "cached": True},
        )
    ],
    "equal times count each": [
        answered(*[1.0] * 18, 7.0, 9.0),
        answered(*[2.0] * 19, 9.0),
        answered(9.0, *[2.0] * 9),
        answered(3.0, 3.0, 3.0),
        answered(*[1.0] * 40, 5.0, 6.0, 7.0),
    ],
    "in no order": [answered(3.25, 0.0, 9.125, 1.5, 0.0625), answered(*range(30, 0, -1))],
    "None adds nothing": [
        call([(1.0, True, None), (2.0, True, 0.25), (4.0, False, 0.5), (8.0, False, None)])
    ],
    "free": [call([(1.0, True, 0.0), (0.0, True, None)])],
    "answered in no time": [
        answered(0.0),
        answered(0.0, 0.0, 0.0),
        call([(0.0, True, 0.0), (5.0, False, 0.25)]),
    ],
    "tiny": [
        call([(1.0, True, 4e-7)]),
        call([(1.0, True, 4e-7), (2.0, True, None), (1.0, False, 3e-8)]),
        call([(1e-6, True, 1e-6), (3e-7, True, 2e-8), (2e-7, True, 1e-7)]),
        call([(4e-5, True, 0.0), (1.25e-4, True, 1e-4), (2.5e-4, True, 1e-4)]),
        call([(0.1, False, 5e-7)] * 3 + [(0.1, True, 5e-7)] * 4),
    ],
    "shares that no rounding keeps": [
        call([(1.0, n < answered_calls, 0.01) for n in range(calls)])
        for answered_calls, calls in ((1, 3), (1, 7), (5, 7), (1, 30))
    ],
    "a quiet day after busy ones": [call([]), call([(2.0, False, None)])],
    "tiny and huge": [call([(1e-4, True, 1e-7), (86400.0, True, 2500.0), (3e-3, True, 1.23456789e-5)])],
}


GOOD = 'sorted(record["seconds"] for record in records if record["ok"])'
RANKED = "good[math.ceil(95 * len(good) / 100) - 1]"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=10,
    hints=(
        "Start with `good`, the sorted seconds of the calls that were answered. When it is empty, three "
        "of the four numbers are None, and without records all four.",
        "The nearest rank of 95 % among n values is ⌈0.95 · n⌉, counted from 1; a Python list counts from 0. "
        "For n = 20 that is the 19th value, not the last.",
        '`None` cannot be added: `record["dollars"] or 0.0`.',
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-9, atol=1e-12),
    mistakes=(
        mistake(
            "index_of_the_share",
            {"math.ceil(95 * len(good) / 100) - 1": "int(0.95 * len(good))"},
            "your p95 is the value at the index int(0.95 · n), one too far where 0.95 · n is whole: of 20 values the largest",
            "take the nearest rank: the value at math.ceil(0.95 * n) - 1",
        ),
        mistake(
            "divides_by_zero",
            {
                " if records else None": "",
                "sum(good) / len(good) if good else None": "sum(good) / len(good)",
                f"{RANKED} if good else None": RANKED,
                "dollars / len(good) if good else None": "dollars / len(good)",
            },
            "your function fails on a day without calls, or without an answer",
            "return None for a share or a mean of nothing",
        ),
        mistake(
            "failed_ones_in_the_times",
            {
                f"good = {GOOD}": f'good = {GOOD}\n    times = sorted(record["seconds"] for record in records)',
                "sum(good) / len(good) if good": "sum(times) / len(times) if times",
                f"{RANKED} if good": f"{RANKED.replace('good', 'times')} if times",
            },
            "your times include the failed calls: a refusal within 20 ms makes the service look fast",
            "take mean and p95 over the calls with ok only",
        ),
        mistake(
            "failed_ones_cost_nothing",
            {"or 0.0 for record in records": 'or 0.0 for record in records if record["ok"]'},
            "your dollars leave the failed calls out; you also pay for a reply that was cut short",
            "add the dollars of all records",
        ),
        mistake(
            "between_two_values",
            {RANKED: "float(np.percentile(good, 95))"},
            "your p95 lies between two measured times",
            'take a measured value: the nearest rank, np.percentile(…, method="inverted_cdf")',
        ),
        mistake(
            "nothing_is_zero",
            {
                "if records else None": "if records else 0.0",
                "sum(good) / len(good) if good else None": "sum(good) / max(len(good), 1)",
                f"{RANKED} if good else None": f"{RANKED} if good else 0.0",
                "dollars / len(good) if good else None": "dollars / max(len(good), 1)",
            },
            "your function returns 0 where nothing was measured: a mean of 0 seconds looks like an excellent day",
            "return None where there is nothing to divide by",
        ),
        mistake(
            "not_sorted",
            {GOOD: f"[{GOOD[7:-1]}]"},
            "your p95 is the value of that rank in the order of the log",
            "sort the seconds first",
        ),
    ),
    alternates=(
        Answer(
            "drops_the_slowest",
            {RANKED: "good[: len(good) - len(good) // 20][-1]"},
            "one in twenty may be slower",
        ),
        Answer(
            "statistics_of_python",
            {"sum(good) / len(good)": "__import__('statistics').fmean(good)"},
            "the library's mean",
        ),
    ),
)
