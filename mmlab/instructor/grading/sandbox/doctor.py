"""`mmlab doctor --grade`: test every limit of the grader's sandbox on this machine.

Each check starts a fresh child and runs one of the `probes` in it, which tries to break a limit.
A check passes only if the attempt really failed.
"""

import ast
import contextlib
import inspect
import os
import platform
import secrets
import socket
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mmlab.check import forbids, syntax
from mmlab.cli import paths as course_files
from mmlab.cli.doctor import Check
from mmlab.codec import Raised
from mmlab.errors import MmlabError
from mmlab.instructor.authoring.exercise import weeks
from mmlab.instructor.grading import withheld
from mmlab.instructor.grading.sandbox import probes as probes
from mmlab.instructor.grading.sandbox.bubblewrap import PACKAGE
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.sandbox import Sandbox
from mmlab.instructor.grading.sandbox.wire import Lost, TimedOut

LIMITS = Limits(total_seconds=3, memory_mb=768, processes=24, file_mb=8, disk_mb=32)
PATIENCE = 60.0  # seconds for a probe to answer
TRIES = 3  # of a check that fails: a busy machine can be too slow for it
PAUSE = 2.0  # seconds before the next try
BUSY = "stop other programs and run `mmlab doctor --grade` again: on a busy machine this check cannot tell"
COLAB = (3, 13)  # its Python in November 2026
FIX = "do not grade here: use the container recipe in container/ and report this line"


class NotEnforced(Exception):
    """A limit is not enforced; the text says what the probe could do."""


class Unclear(Exception):
    """A probe ended for another reason than its limit; the text says which. It shows neither limit nor its lack."""


def require(enforced, observation: str) -> None:
    """Raise NotEnforced with the observation unless a limit is enforced."""
    if not enforced:
        raise NotEnforced(observation)


def examine() -> list[Check]:
    """Return a check of the sandbox's boot, and one of each limit if it boots."""
    secret = secrets.token_hex(8)
    os.environ["MMLAB_DOCTOR_SECRET"] = secret
    try:
        root = course_files.root()
        with Sandbox(root, weeks(root)[-1], LIMITS, serve=probes.__name__) as box:
            checks = [booted(box), python()]
            return checks + [tried(name, check, box) for name, check in attempts(box, secret)]
    except MmlabError as error:
        return [Check("sandbox", False, f"{error.given}; wanted: {error.wanted}", error.do)]
    finally:
        del os.environ["MMLAB_DOCTOR_SECRET"]


def booted(box: Sandbox) -> Check:
    """Return the cost of a boot and a fork, and how memory is limited."""
    box.boot()
    began = time.perf_counter()
    for _ in range(5):
        with box.child():
            pass
    took = (time.perf_counter() - began) / 5
    how = {"root": "a uid of its own for each child", "user": "a user namespace for each child"}[box.mode]
    detail = f"boots in {box.boot_seconds:.1f} s, a child costs {took * 1000:.0f} ms; {how}; memory: {box.memory_held_by}"
    return Check("sandbox", True, detail)


def python() -> Check:
    """Does this Python know the syntax of the notebooks that students submit?"""
    here = platform.python_version()
    if sys.version_info[:2] >= COLAB:
        return Check("python", True, f"{here}, as new as Colab's")
    newest = ".".join(map(str, COLAB))
    do = f"make setup PYTHON=python{newest} (first remove .venv), so that newer syntax is not graded as an error"
    return Check("python", True, f"{here}; Colab has {newest}, whose syntax it does not know in full", do)


def attempts(box: Sandbox, secret: str) -> list[tuple[str, Callable[[], str]]]:
    """Return (name, check) for every limit; a check returns its observation, or raises NotEnforced."""
    root, limits = box.root, box.limits
    holds: dict[str, float] = {}

    def hold(name: str) -> float:
        """Return the seconds to hold memory: four times as many at each further try."""
        holds[name] = 4 * holds.get(name, 0.25)
        return holds[name]

    inside = box.week.id
    written = [str(PACKAGE), str(PACKAGE.parent), "/release", *box_folders()]
    return [
        ("network", lambda: network(box)),
        ("home", lambda: unseen(box, home_paths())),
        ("course", lambda: unseen(box, course_paths(root))),
        ("seed", lambda: seed(box, root)),
        ("withheld", lambda: without_bodies(box)),
        ("environment", lambda: held(box, probes.environment, "no variable of the caller", secret=secret)),
        ("memory", lambda: memory(box, 1, hold("memory"))),
        ("memory sum", lambda: memory(box, 3, hold("memory sum"))),
        (
            "processes",
            lambda: held(box, probes.processes, f"at most {limits.processes}", limit=limits.processes),
        ),
        (
            "file size",
            lambda: held(box, probes.file_size, f"at most {limits.file_mb} MB", megabytes=limits.file_mb),
        ),
        ("disk", lambda: held(box, probes.disk, f"at most {limits.disk_mb} MB", megabytes=limits.disk_mb)),
        ("processor", lambda: ended(box, probes.spin, PATIENCE, ("processor time",))),
        ("wall clock", lambda: late(box)),
        ("left behind", lambda: left_behind(box)),
        ("namespaces", lambda: held(box, probes.namespaces, "no new ones, no mounts")),
        ("ptrace", lambda: held(box, probes.ptrace, "no access to other processes")),
        (
            "outside",
            lambda: held(
                box, probes.outside, "no other process is visible", pids=[os.getpid(), os.getppid()]
            ),
        ),
        (
            "rights",
            lambda: held(
                box, probes.rights, f"none; all but {inside} and /tmp is read-only", folders=written
            ),
        ),
        ("/dev/shm", lambda: held(box, probes.shared_memory, "writable")),
        ("programs", lambda: held(box, probes.programs, "can be started")),
        ("torch", lambda: held(box, probes.torch_computes, "trains a model and draws a figure")),
    ]


def box_folders() -> list[str]:
    """Return the Python folders that a child can see."""
    from mmlab.instructor.grading.sandbox.bubblewrap import python_folders

    return python_folders()


def tried(name: str, check: Callable[[], str], box: Sandbox, tries: int = TRIES) -> Check:
    """Run one check, up to `tries` times if it fails, and return the result.

    A limit that is not there fails every time. A probe that is too slow, or that dies of another limit,
    says nothing about this one; then the machine is named as busy, and not the limit as missing.
    """
    failed = Check(name, False, "")
    for number in range(tries):
        if number:
            time.sleep(PAUSE * number)
        try:
            return Check(name, True, check())
        except NotEnforced as error:
            failed = Check(name, False, str(error), FIX)
        except (Lost, Unclear) as error:
            failed = Check(name, False, f"{described(error)}; {load()}", BUSY)
        except MmlabError as error:
            failed = Check(name, False, f"{type(error).__name__}: {error}".splitlines()[0], FIX)
    return failed


def described(error: Exception) -> str:
    """Return an inconclusive end of a probe in words."""
    if isinstance(error, TimedOut):
        return f"the probe gave no answer within {PATIENCE:.0f} s"
    reason = getattr(error, "reason", "") or str(error)
    return f"the probe ended before its limit was reached ({reason})"


def load() -> str:
    """Return how busy this machine is."""
    try:
        return f"the load is {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    except OSError:
        return "the load of this machine is unknown"


def ask(box: Sandbox, probe: Callable, **given) -> list[str]:
    """Run a probe in a fresh child and return its result; raises NotEnforced if the probe itself fails."""
    with box.child() as child:
        child.send(probes.source(probe, **given))
        answer = child.receive(PATIENCE)
    if isinstance(answer, Raised):
        raise NotEnforced(answer.message.strip().splitlines()[-1])
    return answer


def held(box: Sandbox, probe: Callable, good: str, **given) -> str:
    """Return `good` if a probe finds no problem."""
    problems = ask(box, probe, **given)
    require(not problems, "; ".join(problems))
    return good


def unseen(box: Sandbox, paths: list[str]) -> str:
    """Check that a child cannot see these paths, and return how many of them exist outside."""
    there = [path for path in paths if os.path.lexists(path)]
    require(there, "nothing to look for")
    return held(box, probes.paths, f"{len(there)} paths looked for, none is visible", there=there)


def without_bodies(box: Sandbox) -> str:
    """Check that a child cannot read the week's forbidden functions, and return how many there are."""
    lines = []
    for name in withheld.names_of(box.week):
        for function in forbids.functions_of(name):
            lines.append([inspect.getsourcefile(function), telling_line(syntax.source_of(function))])
    require(lines, "nothing to look for")
    return held(
        box, probes.lines, f"the bodies of {len(lines)} functions looked for, none is visible", lines=lines
    )


def telling_line(source: str) -> str:
    """Return the longest line of a function's body, without its docstring: a line that nothing else contains."""
    (node,) = syntax.parse(textwrap.dedent(source)).body
    first = node.body[1 if ast.get_docstring(node) is not None and len(node.body) > 1 else 0]
    return max((line.strip() for line in source.splitlines()[first.lineno - 1 :]), key=len)


def home_paths() -> list[str]:
    """Return the files in this user's home and the homes of others, without Python's folders."""
    home, visible = Path.home(), box_folders()
    paths = [*home.glob("*"), *home.glob(".*"), *Path("/home").glob("*")]
    hidden = [
        str(path)
        for path in paths
        if not any(folder == str(path) or folder.startswith(f"{path}/") for folder in visible)
    ]
    return [path for path in hidden if not str(PACKAGE).startswith(path)] or ["/etc/shadow"]


def course_paths(root: Path) -> list[str]:
    """Return the paths of a course that no child may see."""
    names = (
        "solutions",
        "tests",
        ".git",
        "gradebook.db",
        "submitted",
        "autograded",
        "feedback",
        ".mmlab",
        "labs",
    )
    return [str(root / name) for name in names]


def seed(box: Sandbox, root: Path) -> str:
    """Check that a child can see neither the seed file nor a temporary file of ours."""
    with tempfile.NamedTemporaryFile(prefix="mmlab-doctor-") as canary:
        return unseen(box, [os.environ.get("MMLAB_SEED_FILE", str(root / ".seed")), canary.name])


def network(box: Sandbox) -> str:
    """Check that a child cannot reach a server on this machine."""
    name = f"mmlab-doctor-{secrets.token_hex(4)}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + name)
        unix.listen()
        good = "none but a child's own loopback"
        return held(box, probes.network, good, port=server.getsockname()[1], name=name)


def memory(box: Sandbox, processes: int, seconds: float = 1.0) -> str:
    """Return how a child ended that used more memory than allowed, in one process or several.

    seconds  how long the memory is held; without a cgroup it is measured five times a second, or later under load
    """
    each = 2 * box.limits.memory_mb // processes
    if processes > 1:  # each process stays below the limit, only the sum exceeds it
        each = box.limits.memory_mb * 3 // 4
    with box.child() as child:
        child.send(probes.source(probes.memory, megabytes=each, processes=processes, seconds=seconds))
        try:
            answer = child.receive(PATIENCE)
        except Lost as error:
            answer = error
        spent = child.close()
    raised = isinstance(answer, Raised) and answer.type == "MemoryError"
    if isinstance(answer, Lost) and spent.why != "memory":
        raise Unclear(f"{spent.why or getattr(answer, 'reason', 'no answer')} at {spent.peak_mb:.0f} MB")
    require(raised or spent.why == "memory", f"{answer} (peak {spent.peak_mb:.0f} MB)")
    maximum = box.limits.memory_mb
    return f"stopped at {maximum:,} MB ({'MemoryError' if raised else f'killed at {spent.peak_mb:,.0f} MB'})"


def ended(box: Sandbox, probe: Callable, seconds: float, reasons: tuple[str, ...]) -> str:
    """Return why and when a child was ended that would never end by itself."""
    began = time.perf_counter()
    with box.child() as child:
        child.send(probes.source(probe))
        try:
            raise NotEnforced(f"it answered {child.receive(seconds)}")
        except Lost as error:
            took, why = time.perf_counter() - began, getattr(error, "reason", type(error).__name__)
    require(why in reasons, f"{why} after {took:.1f} s")
    return f"ended after {took:.1f} s ({why})"


def late(box: Sandbox) -> str:
    """Return how long after the deadline a child was ended that blocks all signals."""
    with box.child() as child:
        child.send(probes.source(probes.spin))
        with contextlib.suppress(TimedOut):
            raise NotEnforced(f"it answered {child.receive(0.5)}")
        began = time.perf_counter()
        child.close()
    took = time.perf_counter() - began
    require(took < 5, f"ended only {took:.1f} s after the deadline")
    return f"ended {took * 1000:.0f} ms after the deadline"


def left_behind(box: Sandbox) -> str:
    """Check that orphaned processes end with their child."""
    token = f"mmlab-doctor-{secrets.token_hex(4)}"
    with box.child() as child:
        child.send(probes.source(probes.linger, token=token))
        answer = child.receive(PATIENCE)
        before = len(list(running(token)))
        child.close()
    after = len(list(running(token)))
    require(before, f"no process was left behind, so there is nothing to check ({answer})")
    require(not after, f"{after} of {before} processes are still running")
    return f"{before} processes ended with their child"


def running(token: str) -> Iterator[int]:
    """Yield the pid of each process on this machine whose command line contains `token`."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if token.encode() in path.read_bytes():
                yield int(path.parent.name)
