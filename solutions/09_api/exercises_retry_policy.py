"""retry_policy: its scripts of faults, its misconceptions, and right answers written another way.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception

PASSING = (408, 409, 429, 500, 502, 503, 504, 529)
FINAL = (400, 401, 403, 404, 422)
VALUES = ("", "two red squares", ["a", "b"], {"total": 12}, 0)


def cases_for_retry_policy(rng: np.random.Generator) -> list[dict]:
    """Faults that pass and faults that stay, waits of one's own and of the server's, short and long, and no end at all."""
    errors, final = rng.permutation(PASSING).tolist(), rng.permutation(FINAL).tolist()
    passing = [{"status": status} for status in errors]
    silent = {"status": None}
    near, far = (round(float(seconds), 1) for seconds in (rng.uniform(10, 19), rng.uniform(61, 900)))
    asks = {"status": 429, "retry_after": near}
    brief = {"status": 503, "retry_after": round(float(rng.uniform(0.01, 0.05)), 3)}
    hour = {"status": 429, "retry_after": far}
    answer = {"gives": VALUES[int(rng.integers(1, len(VALUES)))]}
    return [
        _case(rng, [passing[0], silent, passing[1], answer], attempts=5),
        _case(rng, [asks, passing[2], brief, answer], attempts=6),
        _case(rng, [{"status": final[0]}, answer], attempts=4),
        _case(rng, [passing[3], {"status": final[1]}, answer], attempts=4),
        _case(rng, [passing[4], asks, passing[5], silent], attempts=3),
        _case(rng, [silent] * 7 + [answer], attempts=8, longest=round(float(rng.uniform(1.5, 2.5)), 2)),
        _case(rng, [passing[6], hour, answer], attempts=5),
        _case(rng, [passing[7], {"error": "TypeError"}, answer], attempts=4),
        _case(rng, [silent, {"error": "KeyError"}, answer], attempts=4),
        _case(rng, [{"gives": VALUES[0]}], attempts=3),
        _case(rng, [{"status": 529}, {"gives": 0}], attempts=1),
        _case(rng, [silent, passing[5], {"gives": 0}], attempts=3),
    ]


def _case(rng: np.random.Generator, outcomes: list[dict], *, attempts: int, longest: float = 9.0) -> dict:
    first = round(float(rng.uniform(0.3, 0.7)), 2)
    draws = [round(float(draw), 3) for draw in rng.uniform(0.1, 0.9, len(outcomes) + 1)]
    limits = {"attempts": attempts, "first": first, "longest": longest, "patience": 60.0}
    return {"args": [], "kwargs": limits, "script": {"outcomes": outcomes, "draws": draws}}


def retry_policy__swallows_the_error(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            return {"error": str(error)}


def retry_policy__retries_everything(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            wait = getattr(error, "retry_after", None)
            if wait is None:
                wait = min(longest, first * 2**attempt) * (1 - draw() / 4)
            if attempt == attempts - 1 or wait > patience:
                raise
        sleep(wait)


def retry_policy__retries_refusals(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            if not hasattr(error, "status_code") or attempt == attempts - 1:
                raise
            wait = error.retry_after
            if wait is None:
                wait = min(longest, first * 2**attempt) * (1 - draw() / 4)
            if wait > patience:
                raise
        sleep(wait)


def retry_policy__silence_is_final(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            status = getattr(error, "status_code", None)
            passing = status is not None and (status in (408, 409, 429) or status >= 500)
            if not passing or attempt == attempts - 1:
                raise
            wait = error.retry_after
            if wait is None:
                wait = min(longest, first * 2**attempt) * (1 - draw() / 4)
            if wait > patience:
                raise
        sleep(wait)


def retry_policy__no_cap(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            status = getattr(error, "status_code", 0)
            passing = status is None or status in (408, 409, 429) or status >= 500
            if not passing or attempt == attempts - 1:
                raise
            wait = error.retry_after
            if wait is None:
                wait = first * 2**attempt * (1 - draw() / 4)
            if wait > patience:
                raise
        sleep(wait)


def retry_policy__no_jitter(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            status = getattr(error, "status_code", 0)
            passing = status is None or status in (408, 409, 429) or status >= 500
            if not passing or attempt == attempts - 1:
                raise
            wait = error.retry_after
            if wait is None:
                wait = min(longest, first * 2**attempt)
            if wait > patience:
                raise
        sleep(wait)


def retry_policy__deaf_to_the_server(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            status = getattr(error, "status_code", 0)
            passing = status is None or status in (408, 409, 429) or status >= 500
            if not passing or attempt == attempts - 1:
                raise
            wait = min(longest, first * 2**attempt) * (1 - draw() / 4)
        sleep(wait)


def retry_policy__ends_without_a_word(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            status = getattr(error, "status_code", 0)
            passing = status is None or status in (408, 409, 429) or status >= 500
            if not passing:
                raise
            wait = error.retry_after
            if wait is None:
                wait = min(longest, first * 2**attempt) * (1 - draw() / 4)
            if wait > patience:
                raise
        sleep(wait)


def retry_policy__one_call_too_many(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts + 1):
        try:
            return call()
        except Exception as error:
            status = getattr(error, "status_code", 0)
            passing = status is None or status in (408, 409, 429) or status >= 500
            if not passing or attempt == attempts:
                raise
            wait = error.retry_after
            if wait is None:
                wait = min(longest, first * 2**attempt) * (1 - draw() / 4)
            if wait > patience:
                raise
        sleep(wait)


def retry_policy__by_recursion(call, *, attempts, first, longest, patience, sleep, draw):
    try:
        return call()
    except Exception as error:
        if not hasattr(error, "status_code") or attempts <= 1:
            raise
        status, asked = error.status_code, error.retry_after
        if status is not None and status < 500 and status not in {408, 409, 429}:
            raise
        if asked is not None and asked > patience:
            raise
        sleep(asked if asked is not None else min(longest, first) * (1 - 0.25 * draw()))
    return retry_policy__by_recursion(call, attempts=attempts - 1, first=2 * first, longest=longest,
                                      patience=patience, sleep=sleep, draw=draw)  # fmt: skip


def retry_policy__plan_of_waits(call, *, attempts, first, longest, patience, sleep, draw):
    plan = [min(longest, first * 2**number) for number in range(attempts - 1)]
    for planned in plan:
        try:
            return call()
        except Exception as error:
            match getattr(error, "status_code", "not from the service"):
                case None | 408 | 409 | 429:
                    pass
                case int(status) if status >= 500:
                    pass
                case _:
                    raise
            wait = error.retry_after or planned - planned * draw() / 4
            if wait > patience:
                raise error
            sleep(wait)
    return call()


EXERCISE = Exercise(
    name="retry_policy",
    difficulty=3,
    importance=5,
    minutes=30,
    hints=(
        "The skeleton is a `for attempt in range(attempts)` around a `try`: return from inside the `try`, and let the "
        "`except` decide only whether to `raise` (alone, without a name: the error goes on as it came) or to wait.",
        "`getattr(error, \"status_code\", 0)` tells the three kinds apart in one go: None, a number, or your default "
        "where the error did not come from the service. Ask for None first: `None >= 500` is a TypeError.",
        "Three ways lead to `raise`: it would not pass, it was the last attempt, or the service asks for more patience "
        "than there is. Only then is there a wait, and only where there will be another call.",
    ),
    driver=Driver("call", service=True, result="run"),
    cases=cases_for_retry_policy,
    compare=Compare("close", text=True),
    misconceptions=(
        Misconception(
            retry_policy__swallows_the_error,
            "your function turns the first error into a value, so there is nothing left to retry",
            "let a fault that passes lead to another call, and every other error out with a bare raise",
        ),
        Misconception(
            retry_policy__retries_everything,
            "your function repeats every error, even a TypeError of the program's own",
            "raise at once where error has no status_code, and where the status is 400, 401, 403, 404 or 422",
        ),
        Misconception(
            retry_policy__retries_refusals,
            "your function repeats a request that was refused: a wrong key stays wrong, and each try counts",
            "retry only None, 408, 409, 429 and statuses from 500 on",
        ),
        Misconception(
            retry_policy__silence_is_final,
            "your function gives up where no answer came, although a time-out passes more often than any status",
            "tell status_code None (retry) from no such attribute at all (raise)",
        ),
        Misconception(
            retry_policy__no_cap,
            "your own waits double without end",
            "wait min(longest, first · 2ⁿ) before the jitter",
        ),
        Misconception(
            retry_policy__no_jitter,
            "your waits have no jitter: all clients that failed together come back together",
            "multiply your own waits by (1 − draw() / 4)",
        ),
        Misconception(
            retry_policy__deaf_to_the_server,
            "your function does not listen to error.retry_after",
            "wait what the service asks for, and raise where that is more than patience",
        ),
        Misconception(
            retry_policy__ends_without_a_word,
            "after the last attempt your function waits once more and returns None, as if all were well",
            "raise the last error instead of sleeping when no attempt is left",
        ),
        Misconception(
            retry_policy__one_call_too_many,
            "your function calls once more than allowed: attempts counts all calls, the first one too",
            "call at most attempts times",
        ),
    ),
    alternates=(retry_policy__by_recursion, retry_policy__plan_of_waits),
)
