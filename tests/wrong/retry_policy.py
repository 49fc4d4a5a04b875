"""Wrong answers of retry_policy that its mistakes do not name."""

from mmlab.instructor.authoring.exercise import Answer

FIRST = 'if attempt == attempts - 1 or not hasattr(error, "status_code"):'
REFUSED = "error.status_code not in (None, 408, 409, 429) and error.status_code < 500"
WAIT, OWN = "wait = error.retry_after", "min(longest, first * 2**attempt) * (1 - draw() / 4)"
BOUND = "            elif wait > patience:\n                raise\n"
LAST = f"{FIRST}\n                raise"

ANSWERS = (
    Answer(
        "an_empty_answer_is_none",
        {"return call()": "answer = call()\n            if answer:\n                return answer\n            wait = first"},
        "the answer, whatever it is",
    ),
    Answer("none_is_no_answer", {"return call()": "answer = call()\n            if answer is not None:\n                return answer\n"
                                                  "            wait = first"}, "the answer, whatever it is"),
    Answer(
        "counts_its_own_waits_only",
        {"for attempt in": "own = -1\n    for attempt in", f"wait = {OWN}": f"own += 1\n                wait = {OWN.replace('attempt', 'own')}"},
        "waits for retry_after count, too",
    ),
    Answer("jitter_before_the_cap", {OWN: "min(longest, first * 2**attempt * (1 - draw() / 4))"}, "the cap comes before the jitter"),
    Answer("knows_four_server_errors", {REFUSED: "error.status_code not in (None, 408, 409, 429, 500, 502, 503, 504)"}, "everything from 500 on"),
    Answer("server_errors_end_at_599", {REFUSED: f"{REFUSED} or (error.status_code or 0) > 599"}, "everything from 500 on"),
    Answer("longer_of_the_two_waits", {WAIT: f"{WAIT} and max(error.retry_after, {OWN})"}, "exactly retry_after"),
    Answer("raises_an_error_of_its_own", {LAST: f"if attempt == attempts - 1:\n                raise RuntimeError('no answer') from error\n"
                                                f"            {LAST}"}, "the last error itself"),
    Answer("raises_the_first_error", {"for attempt in": "errors = []\n    for attempt in",
                                      LAST: f"errors.append(error)\n            {FIRST}\n                raise errors[0]"}, "the last error"),
    Answer("waits_no_longer_than_patience", {BOUND: "            wait = min(wait, patience)\n"}, "raise where it is more than patience"),
    Answer("retry_after_in_its_place", {BOUND: BOUND.replace("raise", f"wait = {OWN}")}, "raise where it is more than patience"),
    Answer("patience_for_all_together", {"for attempt in": "left = patience\n    for attempt in",
                                         BOUND: "            else:\n                left -= wait\n                if left < 0:\n                    raise\n"},
           "patience bounds each retry_after"),
    Answer("patience_of_one_less", {"elif wait > patience": "elif wait >= patience"}, "more than patience"),
    Answer("longest_bounds_retry_after", {BOUND: f"{BOUND}            wait = min(wait, longest)\n"}, "exactly retry_after"),
    Answer("jitter_on_retry_after", {BOUND: f"{BOUND}            else:\n                wait *= 1 - draw() / 4\n"}, "exactly retry_after"),
    Answer("retry_after_means_retry", {REFUSED: f"error.retry_after is None and {REFUSED}"}, "after any other status raise"),
    Answer("retry_after_of_429_only", {WAIT: f"{WAIT} if error.status_code == 429 else None"}, "exactly retry_after"),
    Answer("a_silence_has_no_retry_after", {WAIT: f"{WAIT} if error.status_code else None"}, "exactly retry_after"),
    Answer("retries_time_outs_of_the_program", {'not hasattr(error, "status_code")': 'not hasattr(error, "status_code") and not isinstance(error, OSError)',
                                                REFUSED: f'hasattr(error, "status_code") and {REFUSED}',
                                                WAIT: 'wait = getattr(error, "retry_after", None)'}, "whatever its class"),
    Answer("refuses_the_known_only", {REFUSED: "error.status_code in (400, 401, 403, 404, 422)"}, "after any other status raise"),
    Answer("retries_425", {"(None, 408,": "(None, 408, 425,"}, "after any other status raise"),
    Answer("no_409", {"409, ": ""}, "try again after 409"),
    Answer("grows_by_three", {"2**attempt": "3**attempt"}, "first · 2ⁿ"),
    Answer("starts_at_two", {"2**attempt": "2 ** (attempt + 1)"}, "n = 0, 1, …"),
    Answer("jitter_adds", {"(1 - draw() / 4)": "(1 + draw() / 4)"}, "1 − draw() / 4"),
    Answer("a_call_to_see", {"for attempt in": "if attempts == 1:\n        attempts = 2\n    for attempt in"}, "at most attempts calls"),
    Answer("sleeps_before_it_gives_up", {LAST: f"if attempt == attempts - 1:\n                sleep(first)\n            {LAST}"}, "without another wait"),
    Answer("two_sleeps", {"        sleep(wait)": "        sleep(wait / 2)\n        sleep(wait / 2)"}, "sleep once"),
    Answer("built_in_classes_escape", {"        except Exception": "        except (ValueError, TypeError, LookupError, OSError):\n            raise\n        except Exception"},
           "an error of the service, whatever its class"),
    Answer("answer_that_is_an_error", {"return call()": "answer = call()\n            if isinstance(answer, Exception):\n                raise answer\n            return answer"},
           "the answer, whatever it is"),
    Answer("error_in_the_answer", {"return call()": 'answer = call()\n            if isinstance(answer, dict) and "error" in answer:\n                raise RuntimeError(answer)\n            return answer'},
           "the answer, whatever it is"),
    Answer("runtime_errors_escape", {"        except Exception": "        except RuntimeError:\n            raise\n        except Exception"}, "an error of the service, whatever its class"),
    Answer("permission_errors_escape", {"        except Exception": "        except PermissionError:\n            raise\n        except Exception"}, "an error of the service, whatever its class"),
    Answer("no_patience_is_any_patience", {"elif wait > patience": "elif patience and wait > patience"}, "patience of 0"),
    Answer("no_first_is_half_a_second", {"first * 2**attempt": "(first or 0.5) * 2**attempt"}, "first of 0"),
    Answer("no_longest_is_no_cap", {"min(longest, first": "min(longest or math.inf, first"}, "longest of 0"),
    Answer("whole_seconds", {BOUND: f"{BOUND}            wait = max(round(wait), wait) if wait > 10 else wait\n"}, "exactly retry_after"),
)  # fmt: skip
