"""The walls around a week's warm process: what is copied, what is mounted, and what to do without.

Inside there is Python, the environment's packages, the system's libraries, the package without the
week's withheld files, and what the release gives beside its notebook. There is no more: no home, no
solutions, no other submission, no environment variable of the caller, no network.
"""

import os
import platform
import shutil
import site
import sys
import tempfile
from pathlib import Path

import mmlab
from mmlab.course.grade import isolate
from mmlab.errors import MissingPart

PACKAGE = Path(mmlab.__file__).parent
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/fonts", "/etc/alternatives",
    "/etc/mime.types", "/sys/devices/system/cpu",
)  # fmt: skip
# What a root caller's warm process keeps: to make namespaces and mounts, to become nobody, to read memory in use.
RIGHTS = ("SYS_ADMIN", "NET_ADMIN", "SETUID", "SETGID", "SETPCAP", "KILL", "CHOWN", "SYS_PTRACE")
PREFIX = "mmlab-grade-"
RECIPE = "use the container recipe in container/, or `--unsafe` for submissions that you trust"


def stage(root: Path, week: str, withheld: tuple[str, ...]) -> Path:
    """Return a new folder with mmlab/, release/ and etc/, as a child shall see them; locked while we live."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    hold(folder)
    hidden = {PACKAGE.parent / file for file in withheld}

    def left_out(place: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "__pycache__" or Path(place, name) in hidden]

    shutil.copytree(PACKAGE, folder / "mmlab", ignore=left_out)
    release = root / "labs" / week
    shutil.copytree(release, folder / "release", ignore=shutil.ignore_patterns("*.ipynb", ".*")) if release.is_dir() \
        else (folder / "release").mkdir()  # fmt: skip
    (folder / "etc").mkdir()
    (folder / "etc/passwd").write_text("root:x:0:0::/:/bin/false\nnobody:x:65534:65534::/home/student:/bin/false\n")
    (folder / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
    for fonts in Path("~/.cache/matplotlib").expanduser().glob("fontlist-*.json"):
        shutil.copy(fonts, folder / "etc")  # else every boot looks at every font
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


_held: dict[Path, int] = {}


def hold(folder: Path) -> None:
    """Lock a staged folder, so that no other run takes it for one left behind."""
    import fcntl

    _held[folder] = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(_held[folder], fcntl.LOCK_EX)


def unstage(folder: Path) -> None:
    """Remove a staged folder."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder in _held:
        os.close(_held.pop(folder))


def sweep() -> None:
    """Remove what killed runs of this user have left behind."""
    import fcntl

    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # gone, or another user's
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass  # in use
        finally:
            os.close(descriptor)


def command(staged: Path, mode: str, *, proc: bool = True) -> list[str]:
    """Return the command line that leads into the sandbox, up to the program to run there.

    staged  what `stage` returned
    mode    "root": keep a few rights to give up later; "user": have them in a user namespace only
    proc    mount a /proc of the sandbox's own; where the kernel refuses, the warm process sees ours
            and its children see none
    """
    words = [program(), "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
             "--hostname", "mmlab", "--new-session", "--die-with-parent", "--clearenv"]  # fmt: skip
    if mode == "user":
        words += ["--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "ALL"]
    else:
        words += ["--cap-drop", "ALL", *(word for right in RIGHTS for word in ("--cap-add", f"CAP_{right}"))]
    words += ["--tmpfs", "/tmp"]  # before all that may lie in it
    mounts = ["/usr", *SETTINGS, *python_folders(), str(PACKAGE), isolate.HOME]
    for path in sorted({str(above) for path in mounts for above in Path(path).parents} - {"/"}):
        words += ["--perms", "0755", "--dir", path]  # else closed to all but the one who mounts
    words += ["--ro-bind", "/usr", "/usr"]
    for path in SYSTEM:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            words += ["--ro-bind", path, path]
    for path in SETTINGS:
        words += ["--ro-bind-try", path, path]
    for name in ("passwd", "group"):
        words += ["--ro-bind", str(staged / "etc" / name), f"/etc/{name}"]
    for path in python_folders():
        words += ["--ro-bind", path, path]
    words += ["--ro-bind", str(staged / "mmlab"), str(PACKAGE), "--ro-bind", str(staged / "release"), "/release"]
    words += ["--perms", "0755", "--dir", isolate.HOME, "--perms", "0755", "--dir", isolate.ROOM_MADE, "--dev", "/dev"]
    words += ["--dir", "/tmp/matplotlib"]
    for fonts in (staged / "etc").glob("fontlist-*.json"):
        words += ["--ro-bind", str(fonts), f"/tmp/matplotlib/{fonts.name}"]
    words += ["--proc", "/proc"] if proc else ["--bind", "/proc", "/proc"]
    return [*words, "--chdir", "/", "--remount-ro", "/dev", "--remount-ro", "/"]


def python_folders() -> list[str]:
    """Return the folders that this Python needs beyond /usr: its own, its environment's, its packages'."""
    wanted = [sys.base_prefix, sys.base_exec_prefix, sys.prefix, os.path.realpath(sys.base_prefix)]
    wanted += [os.path.dirname(path) for path in links(sys.executable)]
    packages = {*sys.path, site.getusersitepackages()} & set(sys.path)
    wanted += [path for path in packages if os.path.basename(path) in ("site-packages", "dist-packages")]
    found: list[str] = []
    for path in sorted({os.path.abspath(path) for path in wanted if os.path.isdir(path)}, key=len):
        if not any(path == above or path.startswith(above + "/") for above in ("/usr", *found)):
            found.append(path)
    return [path for path in found if path != "/"]


def shown_in_tmp() -> list[str]:
    """Return the folders below /tmp, if any, that a child needs in spite of its own /tmp."""
    return [path for path in (*python_folders(), str(PACKAGE)) if path.startswith("/tmp/")]


def links(path: str) -> list[str]:
    """Return every name that leads from `path` to the file itself, link by link."""
    found = [path]
    while os.path.islink(found[-1]) and len(found) < 20:
        found.append(os.path.join(os.path.dirname(found[-1]), os.readlink(found[-1])))
    return found


def environment(unsafe: Path | None = None) -> dict[str, str]:
    """Return all the environment variables that there are inside: none of the caller's.

    unsafe  what `stage` returned, where there is no bubblewrap to mount it
    """
    found = {
        "PATH": f"{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin", "HOME": isolate.HOME,
        "USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # the order of a set must not move a mark
        "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "agg", "MPLCONFIGDIR": "/tmp/matplotlib", "HF_HUB_OFFLINE": "1",
    }  # fmt: skip
    if unsafe is not None:
        folder = str(unsafe)
        found |= {"HOME": folder, "TMPDIR": folder, "MPLCONFIGDIR": f"{folder}/etc", "PYTHONPATH": folder}
    return found


def program() -> str:
    """Return bubblewrap's path; raises MissingPart where it cannot be had."""
    if sys.platform != "linux":
        raise MissingPart(f"a sandbox on {platform.system()}", "Linux with bubblewrap", RECIPE)
    path = shutil.which("bwrap")
    if path is None:
        raise MissingPart("no bubblewrap (bwrap) on this machine", "the sandbox for untrusted notebooks",
                          f"apt install bubblewrap (or dnf, apk, pacman); else {RECIPE}")  # fmt: skip
    return path


def no_fork() -> MissingPart:
    """Return what is missing on a system without forks."""
    return MissingPart(f"warm processes on {platform.system()}", "a system with fork", "use the container in container/")


def refused(said: str) -> MissingPart | None:
    """Return what to do where bubblewrap printed that the kernel refuses it; None where it said no such thing."""
    if not any(sign in said for sign in ("bwrap: ", "user namespace", "new namespace")):
        return None
    line = next((line for line in said.splitlines() if line.startswith("bwrap: ")), said.strip().splitlines()[-1])
    wanted = "the kernel's leave to make namespaces"
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        do = "give /usr/bin/bwrap an AppArmor profile with `userns,` (Ubuntu 24.04: apt install apparmor-profiles), " \
             "or sysctl kernel.apparmor_restrict_unprivileged_userns=0"  # fmt: skip
    elif setting("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        do = "sysctl kernel.unprivileged_userns_clone=1"
    elif setting("/proc/sys/user/max_user_namespaces") == "0":
        do = "sysctl user.max_user_namespaces=10000"
    else:
        do = "in a container, start it as container/README.md says"
    return MissingPart(line, wanted, f"{do}; else {RECIPE}")


def setting(path: str) -> str:
    """Return what a kernel setting says, "" where there is none."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""

