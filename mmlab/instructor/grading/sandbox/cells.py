"""Run code cells as IPython does, with limits on time and printed text.

There is no history, and no extra threads or files. Magics, `display`, top-level `await`, the last
expression and modules in the working folder work as in a notebook. `!command` prints that it is not run,
and `input` raises, because nobody can answer. Statements that cannot run here are skipped with a note, as
`mmlab.check.skipping` says.
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

from mmlab.check import skipping
from mmlab.errors import InputError
from mmlab.instructor.grading.records import CellRun

AGAIN = 1.0  # seconds until the alarm is repeated, for code that caught the first one
ERROR = 300  # characters of an error's line
NOT_RUN = "(not run while grading: {command})"


class OutOfTime(BaseException):
    """The time limit was reached; a BaseException, so that a student's `except Exception` does not catch it."""


_quiet = 0  # number of open blocks that no alarm may interrupt


@contextlib.contextmanager
def within(seconds: float):
    """Raise OutOfTime inside the block after some seconds, and repeat it until the block ends."""

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
    """Cancel the alarm."""
    signal.setitimer(signal.ITIMER_REAL, 0)


@contextlib.contextmanager
def undisturbed():
    """Ignore alarms during the block, because half a message would make the connection unusable."""
    global _quiet
    _quiet += 1
    try:
        yield
    finally:
        _quiet -= 1


class Printed(io.TextIOBase):
    """A stdout that stores the first `cap` characters and drops the rest."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, cap: int):
        self.cap, self.parts, self.left, self.lost = cap, [], cap, False

    def write(self, text: str) -> int:
        """Store the part of the text that still fits."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.lost = self.lost or len(text) > self.left
        if text and self.left > 0:
            self.parts.append(text[: self.left])
            self.left -= len(text)
        return len(text)

    def writable(self) -> bool:
        """Return True."""
        return True

    @property
    def buffer(self):
        """The same stream for bytes."""
        return _Bytes(self)

    def text(self) -> str:
        """Return the text stored since the last call, and clear it."""
        stored = "".join(self.parts) + ("\n(more was printed; it is not kept)" if self.lost else "")
        self.parts, self.left, self.lost = [], self.cap, False
        return stored


class _Bytes(io.RawIOBase):
    def __init__(self, printed: Printed):
        self.printed = printed

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.printed.write(bytes(memoryview(data)[: self.printed.cap + 1]).decode("utf-8", "replace"))
        return len(data)


class Cells:
    """A notebook's kernel, in this process.

    output_kb  stored text of one cell
    """

    def __init__(self, output_kb: int):
        self.printed = Printed(output_kb * 1024)
        self.shell = warm()
        self.names: dict = self.shell.user_ns
        import_from_working_folder()
        _detach(self.printed)

    def run(self, cell: str, source: str, seconds: float) -> CellRun:
        """Run a cell and return the result; raises nothing, whatever the cell does.

        The released setup cell, whose id is empty, may skip no statement.
        """
        self.printed.text()
        try:
            with within(seconds):
                result = self.shell.run_cell(source, store_history=True)
                error = result.error_before_exec or result.error_in_exec
        except BaseException as outside:  # an alarm inside IPython's code, or an error of IPython
            disarm()
            error = outside
        sys.stdout = sys.stderr = self.printed
        if isinstance(error, OutOfTime):
            return CellRun(
                cell, "time", self.printed.text(), f"the cell ran longer than {seconds:g} s and was stopped"
            )
        text = self.printed.text()
        if error:
            return CellRun(cell, "error", text, in_one_line(error))
        notes = "; ".join(skipping.notes_in(text))[:ERROR]
        return CellRun(cell, "error" if notes and not cell else "ok", text, notes)


def in_one_line(error: BaseException) -> str:
    """Return an error as one line, with its line number in the cell; this calls the error's own __str__."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{kind}: {error.msg} (line {error.lineno})"[:ERROR]
    try:
        text = " ".join(str(error)[: 4 * ERROR].split())
    except BaseException:  # its own __str__ fails
        text = "(an error without a message)"
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("<ipython-input"):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    where = f" (line {lines[0]})" if lines else ""
    return (f"{kind}: {text}" if text else kind)[:ERROR] + where


@functools.cache
def warm():
    """Return the single IPython shell of this process, made at the first call; a zygote calls it before forking."""
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    with tempfile.TemporaryDirectory() as folder:  # IPython needs it only at the start
        shell = _shell_class().instance(config=config, ipython_dir=folder, colors="NoColor")
    skipping.install(shell)
    return shell


def import_from_working_folder() -> None:
    """Let `import` find the modules in the working folder, in the place on sys.path that Jupyter gives it."""
    sys.path[:] = [path for path in sys.path if path not in ("", "/")]
    packages = (i for i, path in enumerate(sys.path) if os.path.basename(path).endswith("-packages"))
    sys.path.insert(next(packages, 0), "")


def write_files(files: dict[str, bytes]) -> None:
    """Write a submission's other files into the working folder; the released files there stay as they are.

    files  path relative to the working folder, with "/" → content
    """
    for name, content in files.items():
        with contextlib.suppress(OSError):  # it exists, or the disk is full: the cells that need it say so
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            with open(name, "xb") as file:
                file.write(content)


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
            self.display_formatter.active_types = ["text/plain"]  # no images, because nobody sees them

        # the caller of a cell reports errors in one line each; there is no window and no prompt
        showtraceback = showsyntaxerror = showindentationerror = _showtraceback = enable_gui = ask_exit = (
            _nothing
        )

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
    """Disconnect the terminal: printed text goes to `printed`, and `input` raises."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    sys.stdout = sys.stderr = printed
    sys.stdin = io.StringIO()

    def refused(*args, **kwargs):
        raise InputError(
            "input() waits for a person, and nobody is there while grading",
            "a cell that runs without input",
            "write the value into the cell",
        )

    import getpass

    builtins.input = getpass.getpass = refused
    warnings.filterwarnings("ignore", "To exit: use")  # IPython's warning at sys.exit()
