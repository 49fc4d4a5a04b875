"""retry_policy: call again after failures that pass, and wait in between."""

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake

PASSING = (408, 409, 429, 500, 502, 503, 504, 529)
FINAL = (400, 401, 403, 404, 422)
VALUES = ("two red squares", ["a", "b"], {"total": 12}, 0)
DRAWS = [0.25, 0.75, 0.5, 0.0, 0.875, 0.125, 0.625, 0.375, 0.9375, 0.0625, 0.6875, 0.1875]


def run(*outcomes, attempts=5, first=0.5, longest=9.0, patience=60.0, draws=DRAWS):
    """Return one case: a status, (status, retry_after) or an error's name a call, else the outcome as the driver takes it."""
    limits = {"attempts": attempts, "first": first, "longest": longest, "patience": patience}
    return {
        "args": [],
        "kwargs": limits,
        "script": {"outcomes": [outcome(one) for one in outcomes], "draws": draws},
    }


def outcome(short):
    """Return one call's outcome from its short form."""
    if isinstance(short, tuple):
        return {"status": short[0], "retry_after": short[1]}
    if isinstance(short, str):
        return {"error": short}
    return short if isinstance(short, dict) else {"status": short}


def cases(rng):
    """Runs of faults that pass, faults that stay and waits that the service asks for."""
    passing, final = rng.permutation(PASSING).tolist(), rng.permutation(FINAL).tolist()
    near, far = (round(float(seconds), 1) for seconds in (rng.uniform(10, 19), rng.uniform(61, 900)))
    brief = round(float(rng.uniform(0.01, 0.05)), 3)
    longest = round(float(rng.uniform(1.5, 2.5)), 2)
    answer = {"gives": VALUES[int(rng.integers(len(VALUES)))]}
    runs = [
        ([passing[0], None, passing[1], answer], 5, 9.0),
        ([(429, near), passing[2], (503, brief), answer], 6, 9.0),
        ([passing[3], final[1], answer], 4, 9.0),
        ([passing[4], (429, near), passing[5], None], 3, 9.0),
        ([None] * 7 + [answer], 8, longest),
        ([passing[6], (429, far), answer], 5, 9.0),
    ]
    return [
        run(
            *outcomes,
            attempts=attempts,
            longest=longest,
            first=round(float(rng.uniform(0.3, 0.7)), 2),
            draws=[round(float(draw), 3) for draw in rng.uniform(0.1, 0.9, len(outcomes) + 1)],
        )
        for outcomes, attempts, longest in runs
    ]


DONE = {"gives": "done"}
OTHER_CLASSES = (
    (503, "PermissionError"),
    (500, "LookupError"),
    (429, "AssertionError"),
    (408, "OSError"),
    (None, "ConnectionError"),
    (409, "ArithmeticError"),
    (529, "NotImplementedError"),
    (502, "IndexError"),
    (504, "ImportError"),
    (None, "MemoryError"),
    (503, "InterruptedError"),
    (599, "NameError"),
)
CLAUSES = {
    "the answer, whatever it is": [
        run({"gives": value}) for value in ("", None, 0, False, [], {}, "none", 503)
    ]
    + [run({"gives": value}) for value in ({"error": "status 503"}, {"status_code": 503, "retry_after": 1.0})]
    + [run(503, {"gives": value}) for value in ("", None)],
    "an answer that is an exception object": [
        run({"gives_error": "ValueError"}),
        run(503, {"gives_error": "TimeoutError"}),
        run({"gives_error": "Exception", "status": 503}, DONE),
        run(429, {"gives_error": "RuntimeError", "status": 404}),
        run({"gives_error": "ValueError"}, DONE, attempts=1),
    ],
    "what passes": [run(408, 409, 429, 500, 501, 599, 600, None, 529, DONE, attempts=10)]
    + [run(502, 503, 504, 505, 507, 511, 520, 524, 598, 700, 999, DONE, attempts=12)],
    "what is refused": [
        run(status, DONE) for status in (302, 400, 401, 402, 404, 407, 410, 422, 425, 430, 499)
    ]
    + [run(status, DONE) for status in (200, 304, 405, 413, 418, 451)]
    + [run(503, (402, 1.0), DONE)]
    + [run((403, 1.0), DONE)],
    "an error without status_code": [
        run(name, DONE) for name in ("TypeError", "TimeoutError", "ConnectionError", "OSError")
    ]
    + [run(name, DONE) for name in ("ValueError", "RuntimeError", "AttributeError", "Exception")]
    + [run((429, 1.0), None, name, DONE) for name in ("TimeoutError", "RuntimeError")]
    + [run(503, "ConnectionResetError", attempts=2)]
    + [run(503, "KeyError", DONE)],
    "an error of the service of another class": [
        run({"status": status, "retry_after": None, "error": name}, DONE)
        for status, name in (
            (503, "ValueError"),
            (429, "TypeError"),
            (None, "TimeoutError"),
            (404, "ConnectionError"),
            (503, "RuntimeError"),
            (None, "ConnectionResetError"),
            (529, "AttributeError"),
            (408, "EOFError"),
            (400, "ValueError"),
            (403, "TimeoutError"),
        )
    ]
    + [run({"status": 429, "retry_after": 3.0, "error": "KeyError"}, 503, DONE)]
    + [
        run(
            *({"status": status, "retry_after": 1.0, "error": name} for status, name in OTHER_CLASSES),
            DONE,
            attempts=len(OTHER_CLASSES) + 1,
        )
    ],
    "at most so many calls": [
        run(500, DONE, attempts=1),
        run((429, 2.0), DONE, attempts=1),
        run(500, None, DONE, attempts=2),
        run(500, 503, DONE, attempts=3),
        run(500, 404, DONE, attempts=2),
        run((429, 0), DONE, attempts=1),
        run((503, 99.0), DONE, attempts=1),
        run(*[503] * 11, DONE, attempts=12),
        run(503, attempts=30),
        run(None, 503, (429, 5.0), attempts=3),
    ],
    "own waits count all waits": [
        run((429, 3.0), 500, (503, 0.25), None, DONE),
        run((503, 2.0), (503, 2.0), 503, DONE),
        run((503, 0.0), (503, 0), 503, DONE),
        run(503, (429, 2.0), 503, (429, 2.0), 503, DONE, attempts=9, longest=99.0),
    ],
    "longest caps the own wait before the jitter": [
        run(*[None] * 6, DONE, attempts=7, longest=4.0),
        run(500, 500, DONE, first=3.0, longest=2.0),
        run(500, 500, DONE, first=0.0),
        run(500, 500, DONE, longest=0.0),
        run(*[None] * 24, DONE, attempts=25, first=0.001, longest=1e6),
        run(*[None] * 9, DONE, attempts=10, longest=1e9, patience=0.0),
        run(500, 500, 500, DONE, first=2.0, longest=2.0),
        run(500, 500, 500, DONE, first=1, longest=3),
        run(500, 500, DONE, draws=[0.0]),
        run(*[503] * 5, DONE, attempts=6, first=0.375, longest=2.0, draws=[0.999, 0.0]),
    ],
    "exactly retry_after": [
        run((429, 0.001), (429, 15), (None, 2.5), DONE),
        run((429, 30.0), DONE, longest=1.0),
        run((429, 0.125), DONE, first=8.0),
        run((None, 12.345), (503, 59.999), DONE),
        run((408, 1.5), (409, 2.5), (500, 3.5), (529, 4.5), DONE),
        run((429, 20.0), DONE, first=0.0, longest=0.0),
        run((429, 1e-6), DONE),
    ],
    "a retry_after of 0": [
        run((429, 0), DONE),
        run((503, 0.0), 503, DONE),
        run(500, (429, 0.0), DONE, patience=0.0),
        run(*[(429, 0)] * 4, DONE),
        run((429, 0), (503, 2.0), (None, 0.0), DONE),
    ],
    "patience bounds retry_after": [
        run((429, 60.0), DONE),
        run((429, 40.0), (503, 40.0), DONE),
        run((429, 60.001), DONE),
        run(503, (None, 61.0), DONE),
        run((429, 3600.0), DONE, longest=9999.0),
        run((429, 0.5), DONE, patience=0.0),
        run(503, (429, 0.001), DONE, patience=0.0),
        run((429, 2.0), (429, 2.5), DONE, patience=2.0),
        run((429, 500.0), DONE, patience=600.0),
        run((429, 100.0), (429, 120.0), (429, 120.5), DONE, patience=120.0),
        run((429, 60.4), DONE),
        run(*[(429, 30.0)] * 7, DONE, attempts=8, patience=30.0),
    ],
    "patience does not bound the own waits": [
        run(500, 500, 500, DONE, patience=0.75),
        run((429, 0.5), None, DONE, patience=0.5),
    ],
}


REFUSED = "error.status_code not in (None, 408, 409, 429) and error.status_code < 500"
CAUGHT = "except Exception as error:"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=25,
    hints=(
        "The skeleton is a `for attempt in range(attempts)` around a `try`: return from inside the `try`, and let the "
        "`except` decide only whether to `raise` (alone, without a name: the error goes on as it came) or to wait.",
        '`hasattr(error, "status_code")` distinguishes the service\'s errors from those of the program. Test for None before you '
        "compare: `None >= 500` is a TypeError.",
        "Three conditions lead to `raise`: the status is not one to retry, it was the last attempt, or `retry_after` is "
        "more than `patience`. Otherwise wait, and call again.",
    ),
    driver=Driver("call", service=True, result="run"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", text=True),
    mistakes=(
        mistake(
            "swallows_the_error",
            {CAUGHT: f'{CAUGHT}\n            return {{"error": str(error)}}'},
            "your function turns the first error into a value, so there is nothing left to retry",
            "let a fault that passes lead to another call, and every other error out with a bare raise",
        ),
        mistake(
            "retries_everything",
            {
                ' or not hasattr(error, "status_code")': "",
                REFUSED: "False",
                "wait = error.retry_after": 'wait = getattr(error, "retry_after", None)',
            },
            "your function repeats every error, even a TypeError of the program's own",
            "raise at once where error has no status_code, and where the status is 400, 401, 403, 404 or 422",
        ),
        mistake(
            "retries_refusals",
            {REFUSED: "False"},
            "your function repeats a request that was refused: a wrong key stays wrong, and each try counts",
            "retry only None, 408, 409, 429 and statuses from 500 on",
        ),
        mistake(
            "silence_is_final",
            {REFUSED: REFUSED.replace("error", "not error.status_code or error", 1).replace("None, ", "")},
            "your function gives up where no answer came, but a time-out often passes",
            "tell status_code None (retry) from no such attribute at all (raise)",
        ),
        mistake(
            "no_cap",
            {"min(longest, first * 2**attempt)": "first * 2**attempt"},
            "your own waits double without a limit",
            "wait min(longest, first · 2ⁿ) before the jitter",
        ),
        mistake(
            "no_jitter",
            {" * (1 - draw() / 4)": ""},
            "your waits have no jitter: all clients that failed together come back together",
            "multiply your own waits by (1 − draw() / 4)",
        ),
        mistake(
            "deaf_to_the_server",
            {"wait = error.retry_after": "wait = None"},
            "your function does not listen to error.retry_after",
            "wait what the service asks for, and raise where that is more than patience",
        ),
        mistake(
            "ends_without_a_word",
            {"attempt == attempts - 1 or ": ""},
            "after the last attempt your function waits once more and returns None, as if all were well",
            "raise the last error instead of sleeping when no attempt is left",
        ),
        mistake(
            "one_call_too_many",
            {"range(attempts)": "range(attempts + 1)", "attempts - 1": "attempts"},
            "your function calls once more than allowed: attempts counts all calls, the first one too",
            "call at most attempts times",
        ),
        mistake(
            "patience_bounds_every_wait",
            {"elif wait > patience": "if wait > patience"},
            "your function gives up where its own wait is longer than patience",
            "compare patience with error.retry_after alone; longest bounds your own waits",
        ),
        mistake(
            "no_wait_of_zero",
            {"if wait is None:": "if not wait:"},
            "your function takes a retry_after of 0 for none, and waits its own time",
            "ask whether error.retry_after is None: 0 seconds is a request, too",
        ),
    ),
    alternates=(
        Answer(
            "jitter_as_a_range",
            {"(1 - draw() / 4)": "(0.75 + (1 - draw()) * 0.25)"},
            "the same number in another form",
        ),
        Answer(
            "what_passes",
            {REFUSED: "not (error.status_code in {None, 408, 409, 429} or error.status_code >= 500)"},
            "the other way round",
        ),
    ),
    forbids=("mmlab.api.client.retry",),
)
