"""Run code cells as IPython would, each under a time limit, with what they print cut off at a cap.

No history, no threads, no files: magics, `display`, top-level `await` and the last
expression work as in a notebook; `!command` says that it is not run; `input` raises,
as nobody is there to answer.
"""

import builtins
import contextlib
import functools
import io
import os
import signal
import sys
import tempfile
import warnings

from mmlab.course.grade.stages import CellRun
from mmlab.errors import InputError

AGAIN = 1.0  # seconds after which code that swallowed the alarm hears it again
ERROR = 300  # letters of an error's line
NOT_RUN = "(not run while grading: {command})"


class OutOfTime(BaseException):
    """The time is over; no `except Exception` of the student's stops it."""


_quiet = 0  # how many blocks are open that no alarm may break


@contextlib.contextmanager
def within(seconds: float):
    """Raise OutOfTime inside the block after some seconds, then again and again until it ends."""

    def ring(number, frame):
        if not _quiet:
            raise OutOfTime

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), AGAIN)
    try:
        yield
    finally:
        disarm()


def disarm() -> None:
    """Let no alarm ring any more."""
    signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def undisturbed():
    """Let no alarm break the block: half a message would be the end of all talk."""
    global _quiet
    _quiet += 1
    try:
        yield
    finally:
        _quiet -= 1


class Printed(io.TextIOBase):
    """A stdout that keeps the first `cap` letters and forgets the rest, however much there is."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, cap: int):
        self.cap, self.kept, self.room, self.lost = cap, [], cap, False

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.lost = self.lost or len(text) > self.room
        if text and self.room > 0:
            self.kept.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    @property
    def buffer(self):
        """The same, for bytes."""
        return _Bytes(self)

    def text(self) -> str:
        """Return what was kept since the last time, and begin again."""
        kept = "".join(self.kept) + ("\n(more was printed; it is not kept)" if self.lost else "")
        self.kept, self.room, self.lost = [], self.cap, False
        return kept


class _Bytes(io.RawIOBase):
    def __init__(self, printed: Printed):
        self.printed = printed

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.printed.write(bytes(memoryview(data)[: self.printed.cap + 1]).decode("utf-8", "replace"))
        return len(data)


class Cells:
    """A notebook's kernel, in this very process.

    output_kb  text kept of one cell
    """

    def __init__(self, output_kb: int):
        self.printed = Printed(output_kb * 1024)
        self.shell = warm()
        self.names: dict = self.shell.user_ns
        _detach(self.printed)

    def run(self, cell: str, source: str, seconds: float) -> CellRun:
        """Return what became of a cell; it raises nothing, whatever the cell does."""
        self.printed.text()
        try:
            with within(seconds):
                result = self.shell.run_cell(source, store_history=True)
                error = result.error_before_exec or result.error_in_exec
        except BaseException as outside:  # an alarm between two lines of IPython's, or IPython itself
            disarm()
            error = outside
        sys.stdout = sys.stderr = self.printed
        if isinstance(error, OutOfTime):
            return CellRun(cell, "time", self.printed.text(), f"the cell ran longer than {seconds:g} s and was stopped")
        return CellRun(cell, "error" if error else "ok", self.printed.text(), in_one_line(error) if error else "")

    def snapshot(self) -> dict:
        """Return the notebook's names as they are now."""
        return dict(self.names)

    def restore(self, snapshot: dict) -> None:
        """Bind the notebook's names as they were: a later cell's helper of the same name is undone."""
        self.names.clear()
        self.names.update(snapshot)


def in_one_line(error: BaseException) -> str:
    """Return an error as one line, with the line of the cell where it stands; runs the error's own text."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{kind}: {error.msg} (line {error.lineno})"[:ERROR]
    try:
        text = " ".join(str(error)[: 4 * ERROR].split())
    except BaseException:  # its own __str__ fails
        text = "(an error without words)"
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("<ipython-input"):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    where = f" (line {lines[0]})" if lines else ""
    return (f"{kind}: {text}" if text else kind)[:ERROR] + where


@functools.cache
def warm():
    """Return the one shell of this process, made at the first call; a zygote calls it before it forks."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    with tempfile.TemporaryDirectory() as folder:  # wanted at the start only
        return _shell_class().instance(config=config, ipython_dir=folder, colors="NoColor")


def _shell_class():
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type

    class Publisher(DisplayPublisher):
        def publish(self, data, *args, **kwargs):
            print(data.get("text/plain", ""))

        clear_output = _nothing

    class Hook(DisplayHook):
        write_output_prompt = _nothing

    class Shell(InteractiveShell):
        displayhook_class, display_pub_class = Type(Hook), Type(Publisher)

        def init_display_formatter(self):
            super().init_display_formatter()
            self.display_formatter.active_types = ["text/plain"]  # no picture is drawn that nobody sees

        # errors are told in one line each, by whoever runs the cell; there is no window and no prompt
        showtraceback = showsyntaxerror = showindentationerror = _showtraceback = enable_gui = ask_exit = _nothing

        def system(self, command):
            print(NOT_RUN.format(command=command))
            self.user_ns["_exit_code"] = 1

        system_raw = system_piped = system

        def getoutput(self, command, split=True, depth=0):
            self.system(command)
            return [] if split else ""

    return Shell


def _nothing(*args, **kwargs) -> None:
    pass


def _detach(printed: Printed) -> None:
    """Take terminal and input away: what is printed goes to `printed`, `input` raises."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    sys.stdout = sys.stderr = printed
    sys.stdin = io.StringIO()

    def refused(*args, **kwargs):
        raise InputError("input() waits for a person, and nobody is there while grading", "a cell that runs by itself",
                         "write the value into the cell")  # fmt: skip

    import getpass

    builtins.input = getpass.getpass = refused
    warnings.filterwarnings("ignore", "To exit: use")  # IPython's own, at sys.exit()
