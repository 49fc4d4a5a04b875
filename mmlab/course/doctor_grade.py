"""`mmlab doctor --grade`: tries every limit of the grader's sandbox for real, on this machine.

Each check starts a fresh child and lets one of `doctor_probes` do its worst in it. What counts is
what was really stopped, not what was asked for.
"""

import contextlib
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mmlab.course import doctor_probes as probes
from mmlab.course import places
from mmlab.course.doctor import Check
from mmlab.course.exercise import weeks
from mmlab.course.grade.bubblewrap import PACKAGE
from mmlab.course.grade.limits import Limits
from mmlab.course.grade.sandbox import Sandbox
from mmlab.course.grade.wire import Lost, TimedOut
from mmlab.errors import MmlabError
from mmlab.values import Raised

LIMITS = Limits(total_seconds=3, memory_mb=768, processes=24, file_mb=8, disk_mb=32)
PATIENCE = 60.0  # seconds for a probe to answer
MEND = "do not grade here: use the container recipe in container/ and report what this line says"


class GaveWay(Exception):
    """A limit did not hold; the text says what was seen."""


def require(holds, seen: str) -> None:
    """Raise GaveWay with what was seen where a limit does not hold."""
    if not holds:
        raise GaveWay(seen)


def examine() -> list[Check]:
    """Return a check for the sandbox's boot, and one for each limit if it boots."""
    secret = secrets.token_hex(8)
    os.environ["MMLAB_DOCTOR_SECRET"] = secret
    try:
        root = places.root()
        with Sandbox(root, weeks(root)[-1], LIMITS, serve=probes.__name__) as box:
            checks = [booted(box)]
            return checks + [tried(name, check, box) for name, check in attempts(box, secret)]
    except MmlabError as error:
        return [Check("sandbox", False, f"{error.given}; wanted: {error.wanted}", error.do)]
    finally:
        del os.environ["MMLAB_DOCTOR_SECRET"]


def booted(box: Sandbox) -> Check:
    """Return what a boot and a fork cost, and how memory is held."""
    box.boot()
    began = time.perf_counter()
    for _ in range(5):
        with box.child():
            pass
    took = (time.perf_counter() - began) / 5
    how = {"root": "a uid of its own for each child", "user": "a user namespace for each child"}[box.mode]
    detail = f"boots in {box.boot_seconds:.1f} s, a child costs {took * 1000:.0f} ms; {how}; memory: {box.memory_held_by}"
    return Check("sandbox", True, detail)


def attempts(box: Sandbox, secret: str) -> list[tuple[str, Callable[[], str]]]:
    """Return (name, check) of every limit; a check returns what was seen, and raises GaveWay."""
    root, limits = box.root, box.limits
    inside = box.week.id
    written = [str(PACKAGE), str(PACKAGE.parent), "/release", *box_folders()]
    return [
        ("network", lambda: network(box)),
        ("home", lambda: unseen(box, home_paths())),
        ("course", lambda: unseen(box, course_paths(root))),
        ("seed", lambda: seed(box, root)),
        ("withheld", lambda: unseen(box, [str(PACKAGE.parent / file) for file in box.week.withheld])),
        ("environment", lambda: held(box, probes.environment, "nothing of the caller's", secret=secret)),
        ("memory", lambda: memory(box, 1)),
        ("memory sum", lambda: memory(box, 3)),
        ("processes", lambda: held(box, probes.processes, f"at most {limits.processes}", limit=limits.processes)),
        ("file size", lambda: held(box, probes.file_size, f"at most {limits.file_mb} MB", megabytes=limits.file_mb)),
        ("disk", lambda: held(box, probes.disk, f"at most {limits.disk_mb} MB", megabytes=limits.disk_mb)),
        ("processor", lambda: ended(box, probes.spin, PATIENCE, ("processor time",))),
        ("wall clock", lambda: late(box)),
        ("left behind", lambda: left_behind(box)),
        ("namespaces", lambda: held(box, probes.namespaces, "no new ones, no mounts")),
        ("ptrace", lambda: held(box, probes.ptrace, "no look into other processes")),
        ("outside", lambda: held(box, probes.outside, "no other process is there", pids=[os.getpid(), os.getppid()])),
        ("rights", lambda: held(box, probes.rights, f"none; all but {inside} and /tmp is for reading", folders=written)),
        ("/dev/shm", lambda: held(box, probes.shared_memory, "for writing")),
        ("programs", lambda: held(box, probes.programs, "start")),
        ("torch", lambda: held(box, probes.torch_computes, "learns, and draws")),
    ]


def box_folders() -> list[str]:
    """Return the folders of Python that a child can see."""
    from mmlab.course.grade.bubblewrap import python_folders

    return python_folders()


def tried(name: str, check: Callable[[], str], box: Sandbox) -> Check:
    """Return what became of one attempt."""
    try:
        return Check(name, True, check())
    except GaveWay as error:
        return Check(name, False, str(error), MEND)
    except (Lost, MmlabError) as error:
        return Check(name, False, f"{type(error).__name__}: {error}".splitlines()[0], MEND)


def ask(box: Sandbox, probe: Callable, **given) -> list[str]:
    """Return what a probe found, in a fresh child; raises GaveWay with what one said that broke."""
    with box.child() as child:
        child.send(probes.source(probe, **given))
        answer = child.receive(PATIENCE)
    if isinstance(answer, Raised):
        raise GaveWay(answer.message.strip().splitlines()[-1])
    return answer


def held(box: Sandbox, probe: Callable, good: str, **given) -> str:
    """Return `good` where a probe found nothing."""
    found = ask(box, probe, **given)
    require(not found, "; ".join(found))
    return good


def unseen(box: Sandbox, paths: list[str]) -> str:
    """Return how many paths, all there outside, a child could not see."""
    there = [path for path in paths if os.path.lexists(path)]
    require(there, "nothing to look for")
    return held(box, probes.paths, f"{len(there)} paths looked for, none is there", there=there)


def home_paths() -> list[str]:
    """Return what there is in this user's home, and the homes of others, but for the folders of Python."""
    home, shown = Path.home(), box_folders()
    found = [path for path in home.glob("*")] + [path for path in home.glob(".*")]
    found += [path for path in Path("/home").glob("*")]
    visible = [str(path) for path in found if not any(each == str(path) or each.startswith(f"{path}/") for each in shown)]
    return [path for path in visible if not str(PACKAGE).startswith(path)] or ["/etc/shadow"]


def course_paths(root: Path) -> list[str]:
    """Return the parts of a course that no child may see."""
    names = ("solutions", "tests", ".git", "gradebook.db", "submitted", "autograded", "feedback", ".mmlab", "labs")
    return [str(root / name) for name in names]


def seed(box: Sandbox, root: Path) -> str:
    """Return that the seed file cannot be seen, nor a file of ours beside where it would be."""
    with tempfile.NamedTemporaryFile(prefix="mmlab-doctor-") as canary:
        return unseen(box, [os.environ.get("MMLAB_SEED_FILE", str(root / ".seed")), canary.name])


def network(box: Sandbox) -> str:
    """Return that a server of ours, on this machine, cannot be reached."""
    name = f"mmlab-doctor-{secrets.token_hex(4)}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + name)
        unix.listen()
        good = "none but a child's own loopback"
        return held(box, probes.network, good, port=server.getsockname()[1], name=name)


def memory(box: Sandbox, processes: int) -> str:
    """Return how a child ended that held twice its memory, in one process or several."""
    each = 2 * box.limits.memory_mb // processes
    if processes > 1:  # less in each than one may hold: only the sum is too much
        each = box.limits.memory_mb * 3 // 4
    with box.child() as child:
        child.send(probes.source(probes.memory, megabytes=each, processes=processes))
        try:
            answer = child.receive(PATIENCE)
        except Lost as error:
            answer = error
        spent = child.close()
    told = isinstance(answer, Raised) and answer.type == "MemoryError"
    require(told or spent.why == "memory", f"{answer} (peak {spent.peak_mb:.0f} MB)")
    most = box.limits.memory_mb
    return f"stopped at {most:,} MB ({'MemoryError' if told else f'killed at {spent.peak_mb:,.0f} MB'})"


def ended(box: Sandbox, probe: Callable, seconds: float, reasons: tuple[str, ...]) -> str:
    """Return why a child was ended that would never end by itself."""
    began = time.perf_counter()
    with box.child() as child:
        child.send(probes.source(probe))
        try:
            raise GaveWay(f"it answered {child.receive(seconds)}")
        except Lost as error:
            took, why = time.perf_counter() - began, getattr(error, "reason", type(error).__name__)
    require(why in reasons, f"{why} after {took:.1f} s")
    return f"ended after {took:.1f} s ({why})"


def late(box: Sandbox) -> str:
    """Return how long it took to end a child that heeds nothing, from the deadline on."""
    with box.child() as child:
        child.send(probes.source(probes.spin))
        with contextlib.suppress(TimedOut):
            raise GaveWay(f"it answered {child.receive(0.5)}")
        began = time.perf_counter()
        child.close()
    took = time.perf_counter() - began
    require(took < 5, f"ended only {took:.1f} s after the deadline")
    return f"ended {took * 1000:.0f} ms after the deadline"


def left_behind(box: Sandbox) -> str:
    """Return that processes which belong to nobody end with their child."""
    token = f"mmlab-doctor-{secrets.token_hex(4)}"
    with box.child() as child:
        child.send(probes.source(probes.linger, token=token))
        answer = child.receive(PATIENCE)
        before = len(list(running(token)))
        child.close()
    after = len(list(running(token)))
    require(before, f"none was left behind: nothing to look for ({answer})")
    require(not after, f"{after} of {before} processes live on")
    return f"{before} processes ended with their child"


def running(token: str) -> Iterator[int]:
    """Yield each process on this machine whose command line holds `token`."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if token.encode() in path.read_bytes():
                yield int(path.parent.name)
