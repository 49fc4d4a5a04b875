"""A service that fails by script, on a clock that only waiting moves: for answers that call and retry.

The script is plain data, one outcome a call, the last one for good:

    {"gives": value}                        an answer
    {"status": 429, "retry_after": 2.0}     an answer that is an error, with or without Retry-After
    {"status": None}                        no answer: a time-out, a reset connection
    {"error": "TypeError"}                  a fault of the program, of that built-in class
"""

import builtins
from numbers import Real

from mmlab import values
from mmlab.errors import InputError
from mmlab.values import Raised

MOST = 100  # calls, after which nobody may hope any more


class Fault(Exception):
    """What a failed call raises.

    status_code  int or None    HTTP status of the answer; None where none came
    retry_after  float or None  seconds that the service asks to be left alone
    """

    def __init__(self, text: str, status_code: int | None, retry_after: float | None = None):
        super().__init__(text)
        self.status_code, self.retry_after = status_code, retry_after


class Service:
    """A scripted service, and the waiting and the dice of whoever calls it.

    outcomes  list of dict   what each call meets, as the module tells
    draws     list of float  what `draw` gives after the first call, after the second, …
    """

    def __init__(self, outcomes: list[dict], draws: list[float]):
        self.outcomes, self.draws = outcomes, draws
        self.calls, self.waits = 0, []

    def call(self):
        """Return or raise what the script says for this call."""
        self.calls += 1
        if self.calls > MOST:
            raise SystemExit(f"called {MOST} times, and no end")
        outcome = self.outcomes[min(self.calls, len(self.outcomes)) - 1]
        if "gives" in outcome:
            return values.loads(values.dumps(outcome["gives"]))
        if "error" in outcome:
            raise getattr(builtins, outcome["error"])(f"call {self.calls}: a fault of the program")
        status = outcome["status"]
        text = "no answer came" if status is None else f"status {status}"
        raise Fault(f"call {self.calls}: {text}", status, outcome.get("retry_after"))

    def sleep(self, seconds) -> None:
        """Note a wait, which takes no time; raises InputError, a ValueError, for what `time.sleep` would not take."""
        if not isinstance(seconds, Real) or not seconds >= 0:
            raise InputError(f"sleep({seconds!r:.60})", "0 seconds or more, as a number", "look at what you wait for")
        if seconds:
            self.waits.append(float(seconds))

    def draw(self) -> float:
        """Return a number in [0, 1): the same one however often it is asked for between two calls."""
        return self.draws[min(max(self.calls, 1), len(self.draws)) - 1]


def served(candidate, args: list, kwargs: dict, script: dict) -> dict:
    """Return what became of candidate(call, *args, **kwargs, sleep=…, draw=…) and what it did on the way.

    script   {"outcomes": …, "draws": …}
    returns  gives (the value, or Raised), calls (int), waits (list of seconds)
    """
    service = Service(script["outcomes"], script["draws"])
    try:
        gives = candidate(service.call, *args, **kwargs, sleep=service.sleep, draw=service.draw)
    except (Exception, SystemExit) as error:
        gives = Raised.of(error)
    return {"gives": gives, "calls": service.calls, "waits": service.waits}
