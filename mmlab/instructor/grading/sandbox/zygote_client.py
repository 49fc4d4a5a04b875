"""The engine's side of the zygote: start it with the lab's imports, and stop it."""

import ast
import contextlib
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from mmlab.check import syntax
from mmlab.cli import notebook
from mmlab.instructor.grading.sandbox import bubblewrap
from mmlab.instructor.grading.sandbox.wire import receive_note, send_note

BOOT_SECONDS, REQUEST_SECONDS = 180.0, 30.0


class WarmProcess:
    """The zygote as the engine sees it: its output, its first note, its control socket.

    A separate thread starts it and lives as long as it does, because bubblewrap dies with its
    parent, and for the kernel the parent is the thread.

    staged  the folder from `bubblewrap.stage`
    spec    the first note to the zygote
    proc    whether to mount a /proc
    """

    def __init__(self, staged: Path, spec: dict, *, proc: bool = True):
        self.control, theirs = socket.socketpair()
        self.control.settimeout(BOOT_SECONDS)
        self.ready: dict | None = None
        environment = bubblewrap.environment(staged if spec["mode"] == "unsafe" else None)
        program = [
            bubblewrap.interpreter(),
            "-m",
            "mmlab.instructor.grading.sandbox.zygote",
            str(theirs.fileno()),
        ]
        if spec["mode"] != "unsafe":
            settings = [word for name, value in environment.items() for word in ("--setenv", name, value)]
            program = [*bubblewrap.command(staged, spec["mode"], proc=proc), *settings, *program]
        self._started, self._over = threading.Event(), threading.Event()
        self._output = tempfile.TemporaryFile()
        threading.Thread(target=self._run, args=(program, environment, theirs), daemon=True).start()
        self._started.wait()
        theirs.close()
        with contextlib.suppress(OSError, EOFError):
            send_note(self.control, spec)
            self.ready = (receive_note(self.control) or (None,))[0]
        self.control.settimeout(REQUEST_SECONDS)
        self._output.seek(0)
        self.output = self._output.read(100_000).decode(errors="replace")

    def _run(self, program: list[str], environment: dict, theirs: socket.socket) -> None:
        self.process = None
        try:
            self.process = subprocess.Popen(
                program,
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            self._output.write(f"{program[0]}: {error}".encode())
        self._started.set()
        self._over.wait()

    def alive(self) -> bool:
        """Return whether the zygote is running."""
        return self.process is not None and self.process.poll() is None

    def ended(self, seconds: float) -> bool:
        """Return whether the zygote has ended, or ends within so many seconds."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        return not self.alive()

    def close(self) -> None:
        """Close the control socket, so that the zygote and every child exit; kill it if it does not."""
        self.control.close()
        if self.process is not None:
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._over.set()
        self._output.close()


def imports_of(root: Path, week: str) -> list:
    """Return [module, names] for each import statement of the released lab's cells, in order."""
    path = root / "labs" / week / "lab.ipynb"
    imports = []
    for cell in notebook.read(path)["cells"] if path.is_file() else []:
        try:
            tree = syntax.parse(cell["source"]) if cell.get("cell_type") == "code" else ast.Module([])
        except SyntaxError:  # magics
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imports += [[alias.name, []] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imports.append([node.module, [alias.name for alias in node.names if alias.name != "*"]])
    return [entry for index, entry in enumerate(imports) if entry not in imports[:index]]
