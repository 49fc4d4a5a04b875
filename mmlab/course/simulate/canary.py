"""What an attack would have to touch to do harm, and what was touched.

A course's files by their digests, a home folder with a file in it, listeners on the
loopback and on Unix sockets, the folders that everybody may write to, and the pages
that a person will open.
"""

import hashlib
import json
import os
import socket
import threading
from pathlib import Path

from mmlab.course.simulate.attacks import Targets

RESULTS = ("autograded", "feedback", ".mmlab", "gradebook.db")  # what grading itself writes in a course
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
MARK = "mmlab_attack"  # in the name of every file that an attack makes
OWN = ("honey", "README")  # IPython puts a README into every home
SCRIPT = "<script>document.querySelectorAll('.score')"  # what the attack on pages would like a page to run
HONEY = "Nothing but the grading person reads or writes this file.\n"


class Canary:
    """Watches a course and a home folder for the length of a `with` block; `touched` says what happened.

    course   its files must stay as they are, apart from what grading writes
    folder   for the home and the sockets, made here if missing
    results  further names in the course that may change
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
        self.look()
        return self

    def __exit__(self, *_):
        for listener in self._listening:
            listener.close()

    def look(self) -> None:
        """Take the course as it is now for untouched."""
        self._before, self._shared = self._course(), self._left()

    def told(self) -> dict:
        """Return what an attack is told, but for the student: keywords for `Targets`."""
        port = self._listening[0].getsockname()[1]
        return {"course": str(self.course), "home": str(self.home), "port": port, "socket": str(self._socket)}

    def targets(self, student: str) -> Targets:
        """Return what one student's attack is told."""
        return Targets(student, **self.told())

    def touched(self) -> list[str]:
        """Return what was changed, made, taken away or called, one line each."""
        now = self._course()
        found = [f"{name} is gone" for name in sorted(set(self._before) - set(now))]
        found += [f"{name} is new" for name in sorted(set(now) - set(self._before))]
        found += [f"{name} has changed" for name in sorted(set(now) & set(self._before)) if now[name] != self._before[name]]
        honey = self.home / "honey"
        found += ["the file in home has changed"] * (not honey.is_file() or honey.read_text() != HONEY)
        files = [path for path in sorted(self.home.rglob("*")) if path.is_file() or path.is_symlink()]
        found += [f"home/{path.relative_to(self.home)} is new" for path in files if path.name not in OWN]
        found += [f"{path} is new" for path in sorted(self._left() - self._shared)]
        return found + self._pages() + sorted(set(self.calls))

    def _course(self) -> dict[str, str]:
        """Return path → mode and digest of every file of the course that must not change."""
        found = {}
        for folder, folders, files in os.walk(self.course):
            if Path(folder) == self.course:
                folders[:] = [name for name in folders if name not in self.results]
                files = [name for name in files if not name.startswith(self.results)]
            folders[:] = [name for name in folders if name != "__pycache__"]
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for path in (Path(folder, name) for name in [*files, *links]):
                data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
                found[str(path.relative_to(self.course))] = f"{path.lstat().st_mode:o} {hashlib.sha256(data).hexdigest()}"
        return found

    def _pages(self) -> list[str]:
        """Return the pages and notebooks that would run a student's script in the browser of whoever opens them."""
        pages = sorted(self.course.glob("feedback/*/*/*.html"))
        found = [f"{path.relative_to(self.course)} runs a script" for path in pages if SCRIPT in path.read_text()]
        for path in sorted(self.course.glob("autograded/*/*/*.ipynb")):
            outputs = [one for cell in json.loads(path.read_text())["cells"] for one in cell.get("outputs", [])]
            if any({"application/javascript", "text/html"} & set(one.get("data", {})) for one in outputs):
                found.append(f"{path.relative_to(self.course)} runs a script")
        return found

    def _left(self) -> set[Path]:
        return {path for folder in SHARED for path in Path(folder).glob(f"{MARK}*")}

    def _listen(self) -> None:
        """Open a listener of each kind; what arrives is noted."""
        plain = socket.create_server(("127.0.0.1", 0))
        self._answer(plain, "the loopback was called")
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(plain.getsockname())
        self._answer(datagrams, "the loopback got a datagram")
        for address, says in ((str(self._socket), "a socket file was called"), (f"\0{self._socket}", "an abstract socket was called")):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(address)
            listener.listen()
            self._answer(listener, says)

    def _answer(self, listener: socket.socket, says: str) -> None:
        self._listening.append(listener)

        def wait() -> None:
            while True:
                try:
                    if listener.type == socket.SOCK_DGRAM:
                        listener.recv(1)
                    else:
                        listener.accept()[0].close()
                except OSError:  # closed: the watch is over
                    return
                self.calls.append(says)

        threading.Thread(target=wait, daemon=True).start()
