"""The sandbox's file system: the files to copy, the command line for bubblewrap, and errors if it is not available.

Inside are only Python, the environment's packages, the system's libraries, a copy of the package (see
`withheld`), and the release's files beside its notebook. There is no home folder, no solution, no other
submission, no environment variable of the caller, and no network.
"""

import os
import platform
import shutil
import site
import sys
import tempfile
from pathlib import Path

import mmlab
from mmlab.errors import MissingPart
from mmlab.instructor.grading.sandbox import isolate

PACKAGE = Path(mmlab.__file__).parent
SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/fonts",
    "/etc/alternatives",
    "/etc/mime.types",
    "/sys/devices/system/cpu",
)
# The zygote's capabilities under root: to create namespaces and mounts, change its uid, and read memory use.
RIGHTS = ("SYS_ADMIN", "NET_ADMIN", "SETUID", "SETGID", "SETPCAP", "KILL", "CHOWN", "SYS_PTRACE")
PREFIX = "mmlab-grade-"
RECIPE = "use the container recipe in container/, or `--unsafe` for submissions that you trust"


def stage(root: Path, week: str) -> Path:
    """Return a new folder with mmlab/, release/ and etc/, as a child sees them; locked until this process exits."""
    sweep()
    folder = locked_folder()
    folder.chmod(0o755)
    shutil.copytree(PACKAGE, folder / "mmlab", ignore=shutil.ignore_patterns("__pycache__"))
    release = root / "labs" / week
    shutil.copytree(
        release, folder / "release", ignore=shutil.ignore_patterns("*.ipynb", ".*")
    ) if release.is_dir() else (folder / "release").mkdir()
    (folder / "etc").mkdir()
    (folder / "etc/passwd").write_text(
        "root:x:0:0::/:/bin/false\nnobody:x:65534:65534::/home/student:/bin/false\n"
    )
    (folder / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
    for fonts in Path("~/.cache/matplotlib").expanduser().glob("fontlist-*.json"):
        shutil.copy(fonts, folder / "etc")  # otherwise every boot scans all fonts
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


_held: dict[Path, int] = {}


def locked_folder() -> Path:
    """Return a new locked temporary folder; it is renamed after locking, so that `sweep` cannot delete it first."""
    import fcntl

    made = Path(tempfile.mkdtemp(prefix=f"new-{PREFIX}"))
    descriptor = os.open(made, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    folder = made.rename(made.with_name(made.name.removeprefix("new-")))
    _held[folder] = descriptor
    return folder


def unstage(folder: Path) -> None:
    """Remove a staged folder."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder in _held:
        os.close(_held.pop(folder))


def sweep() -> None:
    """Remove the folders of killed runs of this user."""
    import fcntl

    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # deleted, or another user's
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass  # in use
        finally:
            os.close(descriptor)


def command(staged: Path, mode: str, *, proc: bool = True) -> list[str]:
    """Return the command line of bubblewrap, up to the program to run inside.

    staged  the folder from `stage`
    mode    "root": keep a few capabilities, which children give up; "user": have them in a user namespace only
    proc    mount a separate /proc; if the kernel refuses that, the zygote sees the caller's /proc and
            its children see none
    """
    words = [
        program(),
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--hostname",
        "mmlab",
        "--new-session",
        "--die-with-parent",
        "--clearenv",
    ]
    if mode == "user":
        words += ["--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "ALL"]
    else:
        words += ["--cap-drop", "ALL", *(word for right in RIGHTS for word in ("--cap-add", f"CAP_{right}"))]
    words += ["--tmpfs", "/tmp"]  # before any mount below it
    mounts = ["/usr", *SETTINGS, *python_folders(), str(PACKAGE), isolate.HOME]
    for path in sorted({str(above) for path in mounts for above in Path(path).parents} - {"/"}):
        words += ["--perms", "0755", "--dir", path]  # the default mode excludes other users
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
    words += [
        "--ro-bind",
        str(staged / "mmlab"),
        str(PACKAGE),
        "--ro-bind",
        str(staged / "release"),
        "/release",
    ]
    words += [
        "--perms",
        "0755",
        "--dir",
        isolate.HOME,
        "--perms",
        "0755",
        "--dir",
        isolate.SCRATCH,
        "--dev",
        "/dev",
    ]
    words += ["--dir", "/tmp/matplotlib"]
    for fonts in (staged / "etc").glob("fontlist-*.json"):
        words += ["--ro-bind", str(fonts), f"/tmp/matplotlib/{fonts.name}"]
    words += ["--proc", "/proc"] if proc else ["--bind", "/proc", "/proc"]
    return [*words, "--chdir", "/", "--remount-ro", "/dev", "--remount-ro", "/"]


def python_folders() -> list[str]:
    """Return the folders outside /usr that this Python needs: its own, its environment's, its packages'."""
    wanted = [sys.base_prefix, sys.base_exec_prefix, sys.prefix, os.path.realpath(sys.base_prefix)]
    wanted += [os.path.dirname(path) for path in links(interpreter())]
    packages = {*sys.path, site.getusersitepackages()} & set(sys.path)
    wanted += [path for path in packages if os.path.basename(path) in ("site-packages", "dist-packages")]
    folders: list[str] = []
    for path in sorted({os.path.abspath(path) for path in wanted if os.path.isdir(path)}, key=len):
        if not any(path == above or path.startswith(above + "/") for above in ("/usr", *folders)):
            folders.append(path)
    return [path for path in folders if path != "/"]


def visible_in_tmp() -> list[str]:
    """Return the needed folders below /tmp, if any, which must be visible in a child's own /tmp."""
    return [path for path in (*python_folders(), str(PACKAGE)) if path.startswith("/tmp/")]


def interpreter() -> str:
    """Return this Python's path without `..` and links among its folders, which the sandbox may not have.

    Its last link stays: it tells Python which environment it belongs to.
    """
    folder, name = os.path.split(sys.executable)
    return os.path.join(os.path.realpath(folder), name)


def links(path: str) -> list[str]:
    """Return the chain of symbolic links from `path` to the file itself."""
    chain = [path]
    while os.path.islink(chain[-1]) and len(chain) < 20:
        chain.append(os.path.join(os.path.dirname(chain[-1]), os.readlink(chain[-1])))
    return chain


def environment(unsafe: Path | None = None) -> dict[str, str]:
    """Return all environment variables inside the sandbox; none comes from the caller.

    unsafe  the folder from `stage`, if it is used directly because there is no bubblewrap
    """
    variables = {
        "PATH": f"{os.path.dirname(interpreter())}:/usr/local/bin:/usr/bin:/bin",
        "HOME": isolate.HOME,
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # the order of a set must not change a score
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # freed memory stays with the process; otherwise each large tensor costs new pages from the kernel
        "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(128 * 2**20),
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "HF_HUB_OFFLINE": "1",
    }
    above = str(PACKAGE.parent)
    if not any(above == folder or above.startswith(f"{folder}/") for folder in ("/usr", *python_folders())):
        variables["PYTHONPATH"] = above  # a clone: use the package that runs, installed or not
    if unsafe is not None:
        folder = str(unsafe)
        variables |= {"HOME": folder, "TMPDIR": folder, "MPLCONFIGDIR": f"{folder}/etc", "PYTHONPATH": folder}
    return variables


def program() -> str:
    """Return bubblewrap's path; raises MissingPart if it is not available."""
    if sys.platform != "linux":
        raise MissingPart(f"a sandbox on {platform.system()}", "Linux with bubblewrap", RECIPE)
    path = shutil.which("bwrap")
    if path is None:
        raise MissingPart(
            "no bubblewrap (bwrap) on this machine",
            "the sandbox for untrusted notebooks",
            f"apt install bubblewrap (or dnf, apk, pacman); otherwise {RECIPE}",
        )
    return path


def no_fork() -> MissingPart:
    """Return the error for a system without fork."""
    return MissingPart(
        f"grading on {platform.system()}", "a system with fork", "use the container in container/"
    )


def refused(output: str) -> MissingPart | None:
    """Return the error and its fix if bubblewrap's output says that the kernel refuses namespaces, else None."""
    if not any(sign in output for sign in ("bwrap: ", "user namespace", "new namespace")):
        return None
    line = next(
        (line for line in output.splitlines() if line.startswith("bwrap: ")), output.strip().splitlines()[-1]
    )
    wanted = "the kernel's permission to create namespaces"
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        do = (
            "give /usr/bin/bwrap an AppArmor profile with `userns,` (Ubuntu 24.04: apt install apparmor-profiles), "
            "or sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        )
    elif setting("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        do = "sysctl kernel.unprivileged_userns_clone=1"
    elif setting("/proc/sys/user/max_user_namespaces") == "0":
        do = "sysctl user.max_user_namespaces=10000"
    else:
        do = "in a container, start it as container/README.md says"
    return MissingPart(line, wanted, f"{do}; otherwise {RECIPE}")


def setting(path: str) -> str:
    """Return the value of a kernel setting, "" if it does not exist."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
