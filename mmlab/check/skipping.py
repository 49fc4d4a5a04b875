"""Skip the statements of a notebook that only this machine cannot run, so that they do not cost the answer below.

`import seaborn`, `from google.colab import files`, `%matplotlib widget` and `torch.set_default_device("cuda")`
work where a student writes them and fail where the package or the GPU is missing. In Jupyter such a
statement ends its cell, and the function below it is never defined. `install` changes an IPython shell: it
prints a note in place of the error, and the cell goes on. `mmlab check` and `mmlab grade` both use it.

A statement is skipped if it defines no function or class, calls no `check`, and fails because of

    a package that is missing or cannot be loaded      any error of an import statement, ImportError elsewhere
    a file, folder, host or device that is not there   OSError
    a GPU that is not there                            an error of torch that names it
    a magic that this machine does not have            any error of a line magic, except of those that run code
    a name that a skipped statement would have bound   NameError

If an answer needs the name, its NameError says which statement was skipped.
"""

import ast
import importlib
import re
import sys
import time

from mmlab.errors import MmlabError

NOTE = "(skipped line {line}: {why})"
NOTES = re.compile(r"^\(skipped line \d+: .*\)$", re.MULTILINE)
LONGEST = 200  # characters of a note's reason
GPU = re.compile(r"\b(cuda|nvidia|cudnn|mps|xpu|hip|accelerator)\b", re.IGNORECASE)
RUNS_CODE = ("time", "timeit", "prun", "memit", "mprun", "lprun", "debug", "pdb")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def install(shell) -> None:
    """Let an IPython shell skip statements that only this machine cannot run.

    shell  an InteractiveShell; its `run_code` and its methods around it are replaced

    It also gives a cell magic `%%time` whose body is run statement by statement, and it lets each cell find
    modules that the cell above has just written.
    """
    Skipping(shell)


def notes_in(text: str) -> list[str]:
    """Return the notes on skipped statements in a cell's printed text.

    >>> notes_in("one\\n(skipped line 1: No module named 'cv2')\\n")
    ["(skipped line 1: No module named 'cv2')"]
    """
    return NOTES.findall(text)


class Skipping:
    """The state of one shell: the statement that runs, and the names that skipped statements did not bind."""

    def __init__(self, shell):
        self.shell, self.unbound = shell, {}
        self.running: list = []  # iterators over the statements of the cells that run, the innermost last
        self.node: ast.stmt | None = None
        self.excused, self.noted = False, ""
        self.plain = shell.run_code, shell.run_ast_nodes, shell.showtraceback
        shell.run_code, shell.run_ast_nodes, shell.showtraceback = (
            self.run_code,
            self.run_ast_nodes,
            self.show,
        )
        shell.events.register("pre_run_cell", lambda *_: importlib.invalidate_caches())
        shell.register_magic_function(self.timed, "cell", "time")

    async def run_ast_nodes(self, nodes, *args, **kwargs):
        """Run a cell's statements and know which one is running."""
        nodes, self.noted = [part for node in nodes for part in imported_singly(node)], ""
        self.running.append(iter(nodes))
        try:
            return await self.plain[1](nodes, *args, **kwargs)
        finally:
            self.running.pop()

    async def run_code(self, code, result=None, *, async_: bool = False) -> bool:
        """Run one statement; return True if it failed and was not skipped."""
        before, self.node = self.node, next(self.running[-1], None) if self.running else None
        self.excused = False
        try:
            failed = await self.plain[0](code, result, async_=async_)
            if failed and self.excused:
                failed = False
                if result is not None:
                    result.error_in_exec = None
            self.leave_missing_device()
            return failed
        finally:
            self.node, self.excused = before, False

    def show(self, exc_tuple=None, *args, **kwargs) -> None:
        """Print a note if the error that is being handled is excused; else show it."""
        error = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
        if self.node is not None and isinstance(error, Exception) and self.is_excused(error):
            self.excused = True
            self.note(one_line(error))
            return
        if isinstance(error, NameError) and (why := self.why_unbound(error)):
            error.args = (f"{error} {why}",)
        self.plain[2](exc_tuple, *args, **kwargs)

    def note(self, why: str) -> None:
        """Print a note on the running statement, and remember the names that it does not bind."""
        text = NOTE.format(line=self.node.lineno, why=why)
        for name in bound_by(self.node):
            self.unbound.setdefault(name, text)
        if text != self.noted:  # one import statement of several names fails once for each
            print(text)
        self.noted = text

    def is_excused(self, error: Exception) -> bool:
        """Return whether the running statement may be skipped because of an error."""
        node = self.node
        if isinstance(error, MmlabError) or defines(node) or calls_check(node):
            return False
        if isinstance(node, (ast.Import, ast.ImportFrom)) or isinstance(error, (ImportError, OSError)):
            return True
        if magic := line_magic(node):
            return magic not in RUNS_CODE
        if isinstance(error, NameError):
            return bool(self.why_unbound(error))
        if type(error) in (AssertionError, RuntimeError, NotImplementedError, TypeError):
            asserted = ast.unparse(node) if isinstance(node, ast.Assert) else ""
            return bool(GPU.search(f"{error} {asserted}")) and not has_gpu()
        return False

    def why_unbound(self, error: NameError) -> str:
        """Return the note on the statement that would have bound a missing name, "" if none was skipped."""
        name = getattr(error, "name", None)
        return "" if name in self.shell.user_ns else self.unbound.get(name, "")

    def leave_missing_device(self) -> None:
        """Set torch's default device back if it is one that this machine does not have."""
        torch = sys.modules.get("torch")
        if torch is None or self.node is None:
            return
        try:
            device = torch.get_default_device()
            if device.type not in ("cpu", "meta"):
                torch.empty(1, device=device)
        except AttributeError:  # a torch before 2.3, or one that the notebook has changed
            return
        except Exception as error:
            torch.set_default_device(None)
            self.note(f"the default device stays the CPU, because of {one_line(error)}")

    def timed(self, line: str, cell: str) -> None:
        """Time a cell as %%time does, and run its body as a cell."""
        began = time.perf_counter(), time.process_time()
        outcome = self.shell.run_cell("\n".join(["", cell]))
        wall, processor = time.perf_counter() - began[0], time.process_time() - began[1]
        print(f"CPU times: total: {processor:.3g} s\nWall time: {wall:.3g} s")
        if not outcome.success:
            outcome.raise_error()


def imported_singly(node: ast.stmt) -> list[ast.stmt]:
    """Return a statement; one that imports several names becomes several, so that each can fail by itself.

    >>> [ast.unparse(part) for part in imported_singly(ast.parse("import cv2, os").body[0])]
    ['import cv2', 'import os']
    """
    if isinstance(node, ast.Import):
        return [ast.copy_location(ast.Import([alias]), node) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module != "__future__":
        return [
            ast.copy_location(ast.ImportFrom(node.module, [alias], node.level), node) for alias in node.names
        ]
    return [node]


def defines(node: ast.stmt) -> bool:
    """Return whether a statement defines a function or class, also in a branch."""
    return any(isinstance(part, DEFINITIONS) for part in ast.walk(node))


def calls_check(node: ast.stmt) -> bool:
    """Return whether a statement calls `check`, whose verdict must be seen."""
    called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id == "check"


def line_magic(node: ast.stmt) -> str:
    """Return the name of the line magic that a statement runs, "" if it runs none.

    >>> line_magic(ast.parse("get_ipython().run_line_magic('matplotlib', 'widget')").body[0])
    'matplotlib'
    """
    call = getattr(node, "value", None)
    if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "run_line_magic" and call.args:
        name = call.args[0]
        return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    return ""


def bound_by(node: ast.stmt) -> list[str]:
    """Return the names that a statement binds, also in its branches.

    >>> bound_by(ast.parse("import os.path, numpy as np").body[0]), bound_by(ast.parse("a, b = 1, 2").body[0])
    (['os', 'np'], ['a', 'b'])
    """
    names = []
    for part in ast.walk(node):
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            names += [alias.asname or alias.name.partition(".")[0] for alias in part.names]
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.append(part.id)
    return names


def has_gpu() -> bool:
    """Return whether torch has a GPU here; True if that is unknown."""
    torch = sys.modules.get("torch")
    try:
        return torch.cuda.is_available() or torch.backends.mps.is_available()
    except AttributeError:
        return torch is not None


def one_line(error: BaseException) -> str:
    """Return an error's kind and message as one short line."""
    try:
        text = re.sub(
            r" \(/[^)]*\)$", "", " ".join(str(error).split())
        )  # without the path of a module's file
    except Exception:  # its own __str__ fails
        text = ""
    return f"{type(error).__name__}: {text}"[:LONGEST] if text else type(error).__name__
