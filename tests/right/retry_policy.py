"""Unusual right answers of retry_policy."""

from mmlab.instructor.authoring.exercise import Answer


def until_it_ends(call, *, attempts, first, longest, patience, sleep, draw):
    left, own = attempts, first
    while True:
        left -= 1
        try:
            value = call()
        except Exception as error:
            try:
                status, wait = error.status_code, error.retry_after
            except AttributeError:
                raise error from None
            if left == 0 or (status is not None and not (status in {408, 409, 429} or 500 <= status)):
                raise
            if wait is not None and wait > patience:
                raise
            if wait is None:
                wait = own - own * draw() / 4 if own < longest else longest * (1 - draw() / 4)
            if wait:
                sleep(wait)
            own *= 2
        else:
            return value


def keeps_the_error(call, *, attempts, first, longest, patience, sleep, draw):
    def pause(error, number):
        if not hasattr(error, "status_code") or number + 1 >= attempts:
            return None
        passes = error.status_code in [None, 408, 409, 429] or error.status_code > 499
        if error.retry_after is None:
            return (1 - draw() / 4) * min(first * 2**number, longest) if passes else None
        return error.retry_after if passes and error.retry_after <= patience else None

    for number in range(attempts):
        failure = None
        try:
            return call()
        except Exception as error:
            failure = error
        seconds = pause(failure, number)
        if seconds is None:
            raise failure
        sleep(seconds)


def by_recursion(call, *, attempts, first, longest, patience, sleep, draw):
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
    return by_recursion(
        call,
        attempts=attempts - 1,
        first=2 * first,
        longest=longest,
        patience=patience,
        sleep=sleep,
        draw=draw,
    )


def plan_of_waits(call, *, attempts, first, longest, patience, sleep, draw):
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
            if error.retry_after is None:
                sleep(planned - planned * draw() / 4)
            elif error.retry_after <= patience:
                sleep(error.retry_after)
            else:
                raise error
    return call()


ANSWERS = (
    Answer(
        "until_it_ends", until_it_ends, "counts down, doubles as it goes, and does not sleep for 0 seconds"
    ),
    Answer("keeps_the_error", keeps_the_error, "raises outside of the except block"),
    Answer("by_recursion", by_recursion, "one call a level"),
    Answer("plan_of_waits", plan_of_waits, "its own waits planned before the first call"),
)
