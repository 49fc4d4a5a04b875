def retry_policy(call, *, attempts, first, longest, patience, sleep, draw):
    for attempt in range(attempts):
        try:
            return call()
        except Exception as error:
            status = getattr(error, "status_code", 0)
            passes = status is None or status in (408, 409, 429) or status >= 500
            if not passes or attempt == attempts - 1:
                raise
            wait = error.retry_after
            if wait is None:
                wait = min(longest, first * 2**attempt * (1 - draw() / 4))
            if wait > patience:
                raise
        sleep(wait)
