"""Detects what an attack changed or reached.

The canary watches digests of the course's files, a home folder with a file in it, listeners
on the loopback interface and on Unix sockets, the folders that every user may write to, and
the pages that a person will open.
"""

import hashlib
import os
import socket
import threading
from pathlib import Path

from mmlab.cli import notebook
from mmlab.instructor.simulate.attacks import Targets

RESULTS = ("autograded", "feedback", ".mmlab", "gradebook.db")  # written by grading itself
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
MARK = "mmlab_attack"  # in the name of every file that an attack creates
EXPECTED = ("honey", "README")  # IPython writes a README into every home folder
SCRIPT = "<script>document.querySelectorAll('.score')"  # the script of the attack on pages
HONEY = "Nothing but the grading person reads or writes this file.\n"


class Canary:
    """Watches a course and a home folder during a `with` block; `touched` returns what happened.

    course   the course folder, whose files must not change, apart from those that grading writes
    folder   for the home folder and the sockets, created if missing
    results  further files and folders of the course that may change
    """

    def __init__(self, course: Path, folder: Path, results: tuple[str, ...] = ()):
        self.course, self.home = course, folder / "home"
        self.results = RESULTS + results
        self.calls: list[str] = []
        self._socket = folder / "socket"
        self._listening: list[socket.socket] = []

    def __enter__(self) -> "Canary":
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "honey").write_text(HONEY)
        self._listen()
        self.record_state()
        return self

    def __exit__(self, *_):
        for listener in self._listening:
            listener.close()

    def record_state(self) -> None:
        """Record the course's present state, with which `touched` compares."""
        self._before, self._shared = self._course(), self._shared_files()

    def addresses(self) -> dict:
        """Return the keyword arguments for `Targets`, without the student."""
        port = self._listening[0].getsockname()[1]
        return {"course": str(self.course), "home": str(self.home), "port": port, "socket": str(self._socket)}

    def targets(self, student: str) -> Targets:
        """Return the targets of one student's attack."""
        return Targets(student, **self.addresses())

    def touched(self) -> list[str]:
        """Return one line for everything that was changed, created, deleted or called."""
        now = self._course()
        changes = [f"{name} is gone" for name in sorted(set(self._before) - set(now))]
        changes += [f"{name} is new" for name in sorted(set(now) - set(self._before))]
        changes += [
            f"{name} has changed"
            for name in sorted(set(now) & set(self._before))
            if now[name] != self._before[name]
        ]
        honey = self.home / "honey"
        changes += ["the file in home has changed"] * (not honey.is_file() or honey.read_text() != HONEY)
        files = [path for path in sorted(self.home.rglob("*")) if path.is_file() or path.is_symlink()]
        changes += [
            f"home/{path.relative_to(self.home)} is new" for path in files if path.name not in EXPECTED
        ]
        changes += [f"{path} is new" for path in sorted(self._shared_files() - self._shared)]
        return changes + self._pages() + sorted(set(self.calls))

    def _course(self) -> dict[str, str]:
        """Return path → mode and digest for every file of the course that must not change."""
        digests = {}
        for folder, folders, files in os.walk(self.course):
            if Path(folder) == self.course:
                folders[:] = [name for name in folders if name not in self.results]
                files = [name for name in files if not name.startswith(self.results)]
            folders[:] = [name for name in folders if name != "__pycache__"]
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for path in (Path(folder, name) for name in [*files, *links]):
                data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
                digests[str(path.relative_to(self.course))] = (
                    f"{path.lstat().st_mode:o} {hashlib.sha256(data).hexdigest()}"
                )
        return digests

    def _pages(self) -> list[str]:
        """Return a line for each page or notebook that would run a student's script in a browser."""
        pages = sorted(self.course.glob("feedback/*/*/*.html"))
        lines = [
            f"{path.relative_to(self.course)} runs a script" for path in pages if SCRIPT in path.read_text()
        ]
        for path in sorted(self.course.glob("autograded/*/*/*.ipynb")):
            outputs = [output for cell in notebook.read(path)["cells"] for output in cell.get("outputs", [])]
            if any(
                {"application/javascript", "text/html"} & set(output.get("data", {})) for output in outputs
            ):
                lines.append(f"{path.relative_to(self.course)} runs a script")
        return lines

    def _shared_files(self) -> set[Path]:
        return {path for folder in SHARED for path in Path(folder).glob(f"{MARK}*")}

    def _listen(self) -> None:
        """Open a listener of each kind; each call is recorded."""
        plain = socket.create_server(("127.0.0.1", 0))
        self._record_calls(plain, "the loopback was called")
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(plain.getsockname())
        self._record_calls(datagrams, "the loopback got a datagram")
        for address, event in (
            (str(self._socket), "a socket file was called"),
            (f"\0{self._socket}", "an abstract socket was called"),
        ):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(address)
            listener.listen()
            self._record_calls(listener, event)

    def _record_calls(self, listener: socket.socket, event: str) -> None:
        self._listening.append(listener)

        def wait() -> None:
            while True:
                try:
                    if listener.type == socket.SOCK_DGRAM:
                        listener.recv(1)
                    else:
                        listener.accept()[0].close()
                except OSError:  # the listener was closed
                    return
                self.calls.append(event)

        threading.Thread(target=wait, daemon=True).start()
