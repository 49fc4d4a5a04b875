"""Kernels that are measured while they run a notebook, and the budget they must keep.

`mmlab run` and `pytest --nbval-lax` start their kernels from here, so both
measure alike: seconds, peak memory, attempts to reach the network, steps.
"""

import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager, KernelManager

from mmlab.course import network
from mmlab.errors import NotebookError

MEMORY_MB = 2048
STEPS = 3000  # of training, where a notebook states no limit of its own
NOTEBOOK_SECONDS, CELL_SECONDS = 120, 60


@dataclass
class Cost:
    """What one notebook's execution took.

    seconds           wall clock, kernel start left out
    peak_mb           the kernel's peak resident memory, its children's added
    network_attempts  beyond loopback, also those that the notebook swallowed
    steps             of training, over every `mmlab.train.fit`
    cells             code cells that ran
    reached           which hosts were reached for, in order
    cell_seconds      cell id → seconds
    """

    seconds: float = 0.0
    peak_mb: float = 0.0
    network_attempts: int = 0
    steps: int = 0
    cells: int = 0
    reached: list[str] = field(default_factory=list)
    cell_seconds: dict[str, float] = field(default_factory=dict)

    def faults(self, max_steps: int = STEPS, *, clock: bool = False) -> list[str]:
        """Return each broken budget as a sentence; an empty list when all hold.

        max_steps  what `steps_allowed` says of the notebook
        clock      judge seconds too; only an idle machine can
        """
        found = []
        if self.peak_mb > MEMORY_MB:
            found.append(f"took {self.peak_mb:.0f} MB of memory (at most {MEMORY_MB})")
        if self.network_attempts:
            hosts = ", ".join(dict.fromkeys(self.reached)) or "unknown hosts, from native code"
            found.append(f"reached for the network {self.network_attempts} times: {hosts}")
        if self.steps > max_steps:
            found.append(f"trained {self.steps} steps (at most {max_steps}: metadata mmlab.max_steps)")
        if clock and self.seconds > NOTEBOOK_SECONDS:
            found.append(f"ran {self.seconds:.0f} s (at most {NOTEBOOK_SECONDS})")
        if clock:
            slow = {name: took for name, took in self.cell_seconds.items() if took > CELL_SECONDS}
            found += [f"cell {name} ran {took:.0f} s (at most {CELL_SECONDS})" for name, took in slow.items()]
        return found

    def as_metadata(self) -> dict:
        """Return the cost as plain values for an executed notebook's metadata."""
        return asdict(self) | {"seconds": round(self.seconds, 2), "peak_mb": round(self.peak_mb, 1)}


class Measured:
    """Mixed into a kernel manager: the kernel starts watched, and can be asked what it took."""

    def start_kernel(self, **options):
        """Start the kernel with its log, passive OpenMP threads and, if it may be, its own network."""
        own = bool(network.namespace())
        self.folder = tempfile.TemporaryDirectory(prefix="mmlab-")  # gone with the manager
        self.log_file = os.path.join(self.folder.name, "events.log")
        if own:  # a Unix socket reaches into another network namespace
            self.transport, self.ip = "ipc", os.path.join(self.folder.name, "socket")
        options["env"] = {
            **(options.get("env") or os.environ),
            "OMP_WAIT_POLICY": "PASSIVE",
            "MMLAB_OWN_NETWORK": str(int(own)),
        }
        return super().start_kernel(**options)

    def format_kernel_cmd(self, extra_arguments=None) -> list[str]:
        """Return the kernel's command with `mmlab.course.network` in the launcher's place."""
        command = super().format_kernel_cmd(extra_arguments)
        if "ipykernel_launcher" not in command:
            raise NotebookError(
                f"kernel {self.kernel_name!r}", "the Python kernel", "set the kernel to python3"
            )
        at = command.index("ipykernel_launcher")
        launcher = ["mmlab.course.network", self.log_file]
        return [*network.namespace(), *command[:at], *launcher, *command[at + 1 :]]

    def measure(self, cost: Cost) -> Cost:
        """Bring `cost` up to date from the kernel, which must be alive."""
        attempts, cost.steps = network.read_log(self.log_file)
        pid = self.provisioner.pid
        native = network.unrouted(pid) if network.namespace() else 0
        cost.reached, cost.network_attempts = attempts, max(len(attempts), native)
        cost.peak_mb = max(cost.peak_mb, peak_memory(pid))
        return cost


class MeasuredKernel(Measured, KernelManager):
    """A measured kernel for callers that wait (nbval)."""


class AsyncMeasuredKernel(Measured, AsyncKernelManager):
    """A measured kernel for callers that await (nbclient)."""


def peak_memory(pid: int) -> float:
    """Return the peak resident memory of process `pid` and its living children, in MB."""
    import psutil

    try:
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
    except psutil.NoSuchProcess:
        return 0.0
    return sum(map(resident, family)) / 2**20


def resident(process) -> int:
    """Return one process's peak resident bytes; where the system keeps none, the present ones."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        import psutil

        try:
            info = process.memory_info()
        except psutil.Error:
            return 0
        return getattr(info, "peak_wset", info.rss)


def steps_allowed(notebook) -> int:
    """Return the training steps that a notebook may take: its metadata `mmlab.max_steps`, or 3000."""
    return notebook.metadata.get("mmlab", {}).get("max_steps", STEPS)
