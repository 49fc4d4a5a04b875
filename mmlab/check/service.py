"""A scripted service that fails, with a simulated clock, for answers that call and retry.

The script is plain data, one outcome for each call; the last outcome repeats:

    {"gives": value}                        a response
    {"status": 429, "retry_after": 2.0}     an error response, with or without Retry-After
    {"status": None}                        no response: a time-out or a reset connection
    {"error": "TypeError"}                  a bug in the program, raised as that built-in class
    {"status": 503, "error": "ValueError"}  an error response that is also of that built-in class
    {"gives_error": "ValueError"}           a response that is an exception object, returned and not raised;
                                            with "status" it is one that an error response would raise

The script, and the record of calls and waits, are in a `Ledger`. While grading it is in the judge's process.
"""

import builtins
from collections.abc import Callable
from numbers import Real

from mmlab import codec
from mmlab.codec import Raised
from mmlab.errors import InputError

MAXIMUM = 100  # calls; a caller that makes more will not stop by itself


class Fault(Exception):
    """What a failed call raises.

    status_code  int or None    HTTP status of the response; None if there was none
    retry_after  float or None  seconds that the service asks the caller to wait
    """

    def __init__(self, text: str, status_code: int | None, retry_after: float | None = None):
        super().__init__(text)
        self.status_code, self.retry_after = status_code, retry_after


class Ledger:
    """The script of a service, and how often it was called and waited for.

    outcomes  list of dict   the outcome of each call, see the module's docstring
    draws     list of float  the random number after the first call, after the second, …
    """

    def __init__(self, outcomes: list[dict], draws: list[float]):
        self.outcomes, self.draws = outcomes, draws
        self.calls, self.waits = 0, []

    def ask(self, what: str, seconds: float = 0.0):
        """Return the outcome of a "call", or a number for "draw"; record a "sleep" of so many seconds.

        A call after the first `MAXIMUM` gives {"enough": True}.
        """
        if what == "call":
            self.calls += 1
            return (
                {"enough": True}
                if self.calls > MAXIMUM
                else self.outcomes[min(self.calls, len(self.outcomes)) - 1]
            )
        if what == "sleep":
            if seconds:
                self.waits.append(float(seconds))
            return None
        return self.draws[min(max(self.calls, 1), len(self.draws)) - 1]


class Service:
    """A scripted service, with the sleep and the random numbers of its caller.

    outcomes, draws  of its ledger
    ask              the `ask` of a ledger in another process, instead
    """

    def __init__(self, outcomes: list[dict] = (), draws: list[float] = (), ask: Callable | None = None):
        self.ledger = Ledger(outcomes, draws)
        self.ask, self.calls = ask or self.ledger.ask, 0
        self.raised: list[tuple[int, BaseException]] = []
        self.given: BaseException | None = None

    def call(self):
        """Return or raise what the script says for this call."""
        self.calls += 1
        outcome = self.ask("call")
        if "enough" in outcome:
            self._raise(SystemExit(f"called {MAXIMUM} times, and no end"))
        if "gives" in outcome:
            return codec.loads(codec.dumps(outcome["gives"]))
        if "gives_error" in outcome:
            self.given = self._error(outcome, outcome["gives_error"])
            return self.given
        self._raise(self._error(outcome, outcome.get("error", "Exception")))

    def _error(self, outcome: dict, name: str) -> BaseException:
        """Return a new error of a built-in class; with a status, a Fault of that class."""
        kind = getattr(builtins, name)
        if "status" not in outcome:
            return kind(f"call {self.calls}: a fault of the program")
        status = outcome["status"]
        text = "no answer came" if status is None else f"status {status}"
        fault = Fault if kind is Exception else type("Fault", (Fault, kind), {})
        return fault(f"call {self.calls}: {text}", status, outcome.get("retry_after"))

    def _raise(self, error: BaseException):
        """Raise an error and store the object, so that `origin` can recognise it."""
        self.raised.append((self.calls, error))
        raise error

    def origin(self, error: BaseException) -> str:
        """Return which error this is: "last" if the last call raised it, "call 2" if an earlier one did, else "own"."""
        number = next((number for number, raised in self.raised if raised is error), None)
        return "own" if number is None else "last" if number == self.calls else f"call {number}"

    def sleep(self, seconds) -> None:
        """Record a wait without waiting; raise InputError, a ValueError, for what `time.sleep` would not accept."""
        if not isinstance(seconds, Real) or not seconds >= 0:
            self._raise(
                InputError(
                    f"sleep({seconds!r:.60})", "0 seconds or more, as a number", "look at what you wait for"
                )
            )
        self.ask("sleep", float(seconds))

    def draw(self) -> float:
        """Return a number in [0, 1): the same number every time between two calls."""
        return self.ask("draw")


def served(candidate, args: list, kwargs: dict, script: dict | None, ask: Callable | None = None) -> dict:
    """Run candidate(call, *args, **kwargs, sleep=…, draw=…) and return its result, calls and waits.

    script   {"outcomes": …, "draws": …}
    ask      instead of a script: the `ask` of a ledger, whose owner knows the calls and waits
    returns  gives (the value, or Raised; a text for an exception object that call() returned), calls (int),
             waits (list of seconds); and error, "call 2" or "own", if it raised an error other than the
             object that the last call raised
    """
    service, about = Service(**(script or {}), ask=ask), {}
    try:
        gives = candidate(service.call, *args, **kwargs, sleep=service.sleep, draw=service.draw)
        if service.given is not None and gives is service.given:
            gives = f"the exception object that call {service.calls} returned"
    except (Exception, SystemExit) as error:
        gives = Raised.of(error)
        if (origin := service.origin(error)) != "last":
            about = {"error": origin}
    return {"gives": gives, "calls": service.ledger.calls, "waits": service.ledger.waits} | about
