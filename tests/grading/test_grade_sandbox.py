"""The sandbox: what a child sees and may do. One warm process for all tests."""

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mmlab.errors import MissingPart
from mmlab.instructor.authoring.exercise import Week
from mmlab.instructor.grading.sandbox import bubblewrap, zygote_client
from mmlab.instructor.grading.sandbox import probes as probes
from mmlab.instructor.grading.sandbox.isolate import HOME
from mmlab.instructor.grading.sandbox.sandbox import Sandbox
from sandboxes import LIMITS, box_of, in_a_fresh_child, run, tried
from tiny_course import WEEK

ROOT = Path(__file__).parents[2]
SECRET = "in-the-callers-environment"


@pytest.fixture(scope="module")
def box(tiny):
    """Return a sandbox that was booted with a secret in the caller's environment."""
    os.environ["MMLAB_TEST_KEY"] = SECRET
    with box_of(tiny) as box:
        box.boot()
        yield box
    del os.environ["MMLAB_TEST_KEY"]


def test_a_child_is_the_first_process_of_a_world_of_its_own(box):
    first = in_a_fresh_child(
        box,
        "import os, socket; open('mine', 'w').close(); open('/tmp/mine', 'w').close()\n"
        "found = [os.getpid(), os.getcwd(), sorted(os.listdir()), socket.gethostname()]",
    )
    assert first == [1, f"{HOME}/{WEEK}", ["cases.npz", "mine"], "mmlab"]
    second = in_a_fresh_child(
        box, "found = [sorted(os.listdir()), os.listdir('/tmp'), os.listdir('/dev/shm')]"
    )
    clone = sorted(
        {Path(path).parts[2] for path in bubblewrap.visible_in_tmp()}
    )  # a course below /tmp is shown there, for reading
    assert second == [["cases.npz"], clone, []]


def test_a_child_holds_nothing_of_the_zygote_open(box):
    found = in_a_fresh_child(
        box,
        """
found = {}
for number in range(1024):
    try:
        found[number] = os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        pass
""",
    )
    talk = [name for name, target in found.items() if target.startswith("socket:")]
    assert len(talk) == 1
    assert {target for name, target in found.items() if name not in talk} == {"/dev/null"}


def test_the_environment_is_the_same_for_every_caller(box):
    found = in_a_fresh_child(box, "found = dict(os.environ)")
    found.pop("TORCHINDUCTOR_CACHE_DIR", None)  # set by torch itself
    assert found == bubblewrap.environment() | {"PWD": f"{HOME}/{WEEK}", "HOME": HOME}
    assert tried(box, probes.environment, secret=SECRET) == []


QUICK = {
    "file_size": {"megabytes": LIMITS.file_mb},
    "disk": {"megabytes": LIMITS.disk_mb},
    "namespaces": {},
    "ptrace": {},
    "shared_memory": {},
    "programs": {},
    "torch_computes": {},
    "processes": {"limit": LIMITS.processes},
    "outside": {"pids": [os.getpid(), os.getppid()]},
}


@pytest.mark.parametrize("name", QUICK)
def test_the_limit_holds(box, name):
    assert tried(box, getattr(probes, name), **QUICK[name]) == []


def test_nothing_of_the_course_or_the_home_is_there(box, tiny):
    there = [str(tiny / name) for name in ("solutions", "labs", "nbgrader_config.py")]
    there += [str(ROOT / name) for name in ("solutions", "tests", "labs", ".git", "pyproject.toml")]
    there += [str(Path(__file__)), str(box._staged)]
    assert tried(box, probes.paths, there=there) == []
    assert all(os.path.exists(path) for path in there)


def test_the_system_and_the_package_are_for_reading(box):
    folders = [
        str(bubblewrap.PACKAGE),
        str(bubblewrap.PACKAGE.parent),
        "/release",
        *bubblewrap.python_folders(),
    ]
    assert tried(box, probes.rights, folders=folders) == []


def test_the_packages_files_hold_no_body_of_what_the_week_forbids(box):
    found = in_a_fresh_child(
        box,
        """
import importlib.util, inspect, mmlab.losses, os, torch
file = mmlab.losses.__file__
spec = importlib.util.spec_from_file_location("own", file)
own = importlib.util.module_from_spec(spec)
spec.loader.exec_module(own)
found = {"lines": open(file).read(), "compiled": [n for _, _, ns in os.walk(os.path.dirname(file)) for n in ns if n.endswith(".pyc")]}
found["works"] = mmlab.losses.cosines(torch.eye(2), torch.eye(2)).tolist()
try:
    own.cosines(torch.eye(2), torch.eye(2))
except NotImplementedError as error:
    found["copy"] = str(error)
""",
    )
    whole = (ROOT / "mmlab/losses.py").read_text()
    assert (
        "F.normalize(image" in whole
        and "F.normalize(image" not in found["lines"]
        and "F.logsigmoid" in found["lines"]
    )
    assert found["compiled"] == [] and found["works"] == [[1, 0], [0, 1]]
    assert found["copy"] == "this function is not available while grading"


def test_a_zygote_that_boots_again_has_the_bodies_again(tiny):
    with box_of(tiny) as box:
        for _ in range(2):
            box.boot()
            assert in_a_fresh_child(
                box,
                "import torch, mmlab.losses as own\nfound = own.cosines(torch.eye(2), torch.eye(2)).tolist()",
            ) == [[1, 0], [0, 1]]
            box._zygote.process.kill()
            box._zygote.process.wait()


def test_what_labs_import_is_there_before_the_fork(box):
    wanted = [
        "torch._dynamo",
        "torch.utils.data",
        "IPython.core.interactiveshell",
        "matplotlib.pyplot",
        "mmlab.view",
    ]
    assert (
        in_a_fresh_child(
            box,
            "import sys; found = [name for name in given['wanted'] if name not in sys.modules]",
            wanted=wanted,
        )
        == []
    )
    assert in_a_fresh_child(
        box, "import gc, torch; found = [gc.get_freeze_count() > 0, torch.get_num_threads()]"
    ) == [True, 1]


def test_the_warm_process_has_one_thread_and_could_import_everything(box):
    box.boot()
    assert box._zygote.ready["threads"] == 1
    assert [line for line in box._zygote.ready["absent"] if "losses" not in line] == []


def test_huge_pages_hold_what_was_there_and_a_fork_changes_only_its_own():
    code = """
import os, mmap
from mmlab.instructor.grading.sandbox import huge_pages
region = mmap.mmap(-1, 16 * huge_pages.SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for at in range(0, len(region), 4096):
    region[at] = at // 4096 % 251
before = bytes(region)
print(huge_pages.collapse())
if os.fork() == 0:
    region[5] = 99
    os._exit(0 if region[4096] == 1 else 1)
print(os.wait()[1], bytes(region) == before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    huge, *rest = done.stdout.split()
    assert rest == ["0", "True"], done
    release = tuple(map(int, os.uname().release.split(".")[:2])) if sys.platform == "linux" else (0, 0)
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if release >= (6, 1) and setting.exists() and "[never]" not in setting.read_text():
        assert int(huge) >= 8, done


def test_freed_memory_stays_with_a_child(box):
    faults = in_a_fresh_child(
        box,
        """
import resource, torch
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    torch.ones(2**20)  # 4 MB
before = faults()
for _ in range(20):
    torch.ones(2**20)
found = faults() - before
""",
    )
    if "glibc" in platform.libc_ver()[0]:
        assert faults < 2000  # 20,000 if each tensor has pages of its own


def test_imports_are_read_from_the_released_lab():
    found = zygote_client.imports_of(ROOT, "00_setup")
    assert ["PIL", ["Image"]] in found and ["numpy", []] in found and ["mmlab", ["view", "world"]] in found
    assert zygote_client.imports_of(ROOT, "no_such_week") == []


def test_a_server_outside_is_out_of_reach_and_one_inside_works(box):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0mmlab-test-wall")
        unix.listen()
        given = {"port": server.getsockname()[1], "name": "mmlab-test-wall"}
        assert tried(box, probes.network, **given) == []


def test_two_children_cannot_meet(box):
    with box.child() as one, box.child() as other:
        port = run(
            one,
            "import socket; server = socket.create_server(('127.0.0.1', 0))\n"
            "unix = socket.socket(socket.AF_UNIX); unix.bind('\\0meet'); unix.listen()\n"
            "import builtins; builtins.kept = [server, unix]; found = server.getsockname()[1]",
        )
        assert run(other, probes.source(probes.network)["source"], port=port, name="meet") == []
        assert run(one, "found = len(kept)") == 2


def test_children_of_many_threads(box):
    found = []

    def one(number: int) -> None:
        found.append(in_a_fresh_child(box, "found = given['number'] ** 2", number=number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [number**2 for number in range(8)]


def test_without_bubblewrap_it_says_what_to_install(tiny, monkeypatch):
    week = Week(WEEK, tiny, ())
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    with pytest.raises(MissingPart, match="apt install bubblewrap") as missing:
        Sandbox(tiny, week)
    assert "container/" in str(missing.value) and "--unsafe" in str(missing.value)
    monkeypatch.setattr(bubblewrap.sys, "platform", "darwin")
    with pytest.raises(MissingPart, match="container recipe"):
        Sandbox(tiny, week)


@pytest.mark.parametrize(
    "path, value, advice",
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor profile"),
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces"),
        ("none", "0", "container/README.md"),
    ],
)
def test_where_the_kernel_refuses_it_says_which_setting(monkeypatch, path, value, advice):
    monkeypatch.setattr(bubblewrap, "setting", lambda asked: value if asked == f"/proc/sys/{path}" else "")
    found = bubblewrap.refused("bwrap: setting up uid map: Permission denied\n")
    assert advice in found.do and "--unsafe" in found.do and found.given.startswith("bwrap: setting up")
    assert bubblewrap.refused("ModuleNotFoundError: no torch") is None


def test_an_interpreter_given_by_a_path_with_dots_is_found_in_the_sandbox(tmp_path, monkeypatch):
    """`../env/bin/python -m mmlab.cli.command_line grade` from a course beside its environment."""
    program = tmp_path / "env" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.symlink_to(os.path.realpath(sys.executable))
    (tmp_path / "course").mkdir()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "course" / ".." / "env" / "bin" / "python"))
    assert bubblewrap.interpreter() == str(program), "the environment's own link stays"


def test_every_parent_of_a_mount_is_open(box):
    paths = [bubblewrap.PACKAGE, *map(Path, bubblewrap.python_folders())]
    parents = sorted({str(above) for path in paths for above in path.parents})
    modes = in_a_fresh_child(
        box, "found = [oct(os.stat(path).st_mode & 0o777) for path in given['paths']]", paths=parents
    )
    assert dict(zip(parents, modes, strict=True)) == {
        path: "0o777" if path == "/tmp" else "0o755" for path in parents
    }
