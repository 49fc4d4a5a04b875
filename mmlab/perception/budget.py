"""A budget of computation for readers, so that no input can keep one busy.

    @budgeted(1.2)
    def read_page(image): ...      # every loop inside calls `spend`

    with shared(1.4, cpu_seconds=1.8):    # all readers of one reply together
        read_page(image), read_scene(image)

Work is counted in microseconds of a typical core, estimated from the sizes of the arrays. The estimate
does not depend on the machine or on its load, so the same image always gives the same result. A reader
whose budget is spent returns what it has read so far. Two limits on measured time stand behind the estimate:
ALLOWED times the budget in CPU time, and the deadline of the caller (`until`). A caller without a deadline has
PATIENCE times as much: a server must answer quickly, a notebook may wait for a page that is hard to read.
Within `shared`, readers also draw on one common budget, whose CPU time is limited strictly.
"""

import contextlib
import copy
import functools
import threading
import time

ALLOWED = 2.5  # CPU time that a reader may take, relative to its budget; a slow machine needs more
PATIENCE = 10
_IMAGE, _FRAME = 1.4, 0.02  # seconds of work for a megapixel, and for each frame of a video besides
_AUDIO, _SECOND = 10.0, 0.15  # seconds of work to learn all voices and try them, and for each second of audio
_STRICT = 1.2  # CPU time that all readers of a reply's images may take, relative to its budget
_MEGAPIXEL = 1_000_000
_MICROSECONDS = 1e6
_SOON = 0.7  # part of the time to the deadline after which a shared budget counts as spent
_LOOK = 20_000  # microseconds of work between two looks at the clocks
_running = threading.local()


class OutOfBudget(Exception):
    """Raised by `spend` when the budget of a reader is spent; the reader returns what it has so far."""


class OutOfTime(Exception):
    """Raised by `spend` when the deadline of the caller has passed; no reader catches it."""


class Budget:
    """What is left of a budget, for one call of a reader or shared by all readers of a reply.

    left     float   microseconds of work
    cut      bool    whether work has been refused, so that a reader did not finish
    results  dict    results of this reply, for `mmlab.api.server.model.vision`
    """

    def __init__(self, seconds: float, cpu_seconds: float, end: float | None = None):
        self.left = self._looked = seconds * _MICROSECONDS
        self.cut, self.results = False, {}
        self._charged = set()
        self._cpu_end, self._end = time.thread_time() + cpu_seconds, end

    def take(self, microseconds: float, key=None) -> None:
        """Take work from what is left, for each key only once; raise OutOfBudget if there is not enough."""
        if key is not None:
            if key in self._charged:
                return
            self._charged.add(key)
        if self.cut or microseconds > self.left:
            self.cut = True
            raise OutOfBudget
        self.left -= microseconds
        if self.left < self._looked - _LOOK:  # reading a clock may take longer than the work
            self._looked = self.left
            _check_deadline()
            if time.thread_time() > self._cpu_end or self._end is not None and time.monotonic() > self._end:
                self.cut = True
                raise OutOfBudget


def budgeted(seconds: float, otherwise=None):
    """Return a decorator that gives each call of a reader a budget of its own.

    seconds    float   work within a deadline, for an image of at most one megapixel; larger images get
                       proportionally more
    otherwise  the result of a call whose budget is spent, unless the reader returns a part of its result itself

    The image is the first argument, (h, w, ...). A reader that is called by another reader has its own budget.
    """

    def decorate(read):
        @functools.wraps(read)
        def limited(image, *arguments, **options):
            _check_deadline()
            shape = getattr(image, "shape", (0, 0))
            pixels = shape[0] * shape[1] if len(shape) > 1 else 0
            before = getattr(_running, "budget", None)
            patience = PATIENCE if getattr(_running, "end", None) is None else 1
            seconds_ = seconds * patience * max(1.0, pixels / _MEGAPIXEL)
            _running.budget = Budget(seconds_, ALLOWED * seconds_)
            try:
                return read(image, *arguments, **options)
            except OutOfBudget:
                return copy.copy(otherwise)
            finally:
                _running.budget = before

        return limited

    return decorate


def spend(microseconds: float, key=None) -> None:
    """Take work from the budget of the running reader and from the shared one; without any, check the deadline.

    key     charge only the first time that this key occurs in the call: for results that are cached
    raises  OutOfBudget  when a budget is spent; OutOfTime  when the deadline of `until` has passed
    """
    budgets = [budget for budget in (getattr(_running, "budget", None), current()) if budget is not None]
    for budget in budgets:
        budget.take(microseconds, key)
    if not budgets:
        _check_deadline()


def current() -> Budget | None:
    """Return the budget that the readers of this thread share, or None."""
    return getattr(_running, "shared", None)


def is_spent() -> bool:
    """Return whether the readers of this thread share a budget, and it was too small for them."""
    return current() is not None and current().cut


@contextlib.contextmanager
def shared(seconds: float, cpu_seconds: float):
    """Let all readers of this thread within a `with` draw on one budget, and return that Budget.

    seconds      float   work, as of `budgeted`
    cpu_seconds  float   CPU time; a step of a reader that has begun is finished, which takes at most 0.2 s
                         for an image of a megapixel

    It counts as spent when 70 % of the time to the deadline of `until` has passed, so that a busy machine
    gives a part of an answer rather than none. A budget within another one replaces it.
    """
    end, now = getattr(_running, "end", None), time.monotonic()
    before = current()
    _running.shared = Budget(seconds, cpu_seconds, None if end is None else now + _SOON * (end - now))
    try:
        yield _running.shared
    finally:
        _running.shared = before


def _check_deadline() -> None:
    end = getattr(_running, "end", None)
    if end is not None and time.monotonic() > end:
        raise OutOfTime


@contextlib.contextmanager
def until(end: float):
    """Stop every reader of this thread within a `with` at a time of `time.monotonic()`, by OutOfTime."""
    before, _running.end = getattr(_running, "end", None), end
    try:
        yield
    finally:
        _running.end = before


def for_media(megapixels: float = 0.0, frames: int = 0, seconds: float = 0.0):
    """Return the `shared` budget of a reply: at most 2 CPU-seconds for all images of one megapixel together.

    megapixels  float   of all images and frames; less than one counts as one
    frames      int     number of frames of videos
    seconds     float   length of all audio; speech takes about a sixth of its length, noise takes more
    """
    seen = _IMAGE * max(1.0, megapixels) + _FRAME * frames
    heard = _AUDIO + _SECOND * seconds if seconds else 0.0
    return shared(seen + heard, _STRICT * seen + ALLOWED * heard)
