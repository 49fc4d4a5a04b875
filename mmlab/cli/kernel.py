"""Kernels that are measured while they run a notebook, and their budget.

`mmlab run` and `pytest --nbval-lax` start their kernels here, so both measure
in the same way: seconds, peak memory, attempts to reach the network, training steps.
"""

import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager, KernelManager

from mmlab.cli import network
from mmlab.errors import NotebookError

MEMORY_MB = 2048
STEPS = 3000  # of training, if a notebook does not set its own limit
NOTEBOOK_SECONDS, CELL_SECONDS = 120, 60


@dataclass
class Cost:
    """What the execution of one notebook took.

    seconds           wall clock, without the kernel's start
    peak_mb           peak resident memory of the kernel and its children
    network_attempts  beyond loopback, including those whose error the notebook caught
    steps             of training, over every `mmlab.train.fit`
    cells             code cells that ran
    reached           hosts of these attempts, in order
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
        """Return each exceeded budget as a sentence; an empty list if there are none.

        max_steps  the notebook's limit, from `steps_allowed`
        clock      check seconds too, which only an idle machine can do
        """
        faults = []
        if self.peak_mb > MEMORY_MB:
            faults.append(f"used {self.peak_mb:.0f} MB of memory (max {MEMORY_MB})")
        if self.network_attempts:
            hosts = ", ".join(dict.fromkeys(self.reached)) or "unknown hosts, from native code"
            faults.append(f"tried to reach the network {self.network_attempts} times: {hosts}")
        if self.steps > max_steps:
            faults.append(f"trained {self.steps} steps (max {max_steps}: metadata mmlab.max_steps)")
        if clock and self.seconds > NOTEBOOK_SECONDS:
            faults.append(f"ran {self.seconds:.0f} s (max {NOTEBOOK_SECONDS})")
        if clock:
            slow = {name: took for name, took in self.cell_seconds.items() if took > CELL_SECONDS}
            faults += [f"cell {name} ran {took:.0f} s (max {CELL_SECONDS})" for name, took in slow.items()]
        return faults

    def as_metadata(self) -> dict:
        """Return the cost as plain values for an executed notebook's metadata."""
        return asdict(self) | {"seconds": round(self.seconds, 2), "peak_mb": round(self.peak_mb, 1)}


class Measured:
    """Mixin for a kernel manager: starts the kernel under watch and measures its cost."""

    def start_kernel(self, **options):
        """Start the kernel with its log, passive OpenMP threads and, if possible, its own network."""
        own = bool(network.namespace())
        self.folder = tempfile.TemporaryDirectory(prefix="mmlab-")  # deleted with the manager
        self.log_file = os.path.join(self.folder.name, "events.log")
        if own:  # a Unix socket works across network namespaces
            self.transport, self.ip = "ipc", os.path.join(self.folder.name, "socket")
        options["env"] = {
            **(options.get("env") or os.environ),
            "OMP_WAIT_POLICY": "PASSIVE",
            "MMLAB_OWN_NETWORK": str(int(own)),
        }
        return super().start_kernel(**options)

    def format_kernel_cmd(self, extra_arguments=None) -> list[str]:
        """Return the kernel's command with `mmlab.cli.network` in place of the launcher."""
        command = super().format_kernel_cmd(extra_arguments)
        if "ipykernel_launcher" not in command:
            raise NotebookError(
                f"kernel {self.kernel_name!r}", "the Python kernel", "set the kernel to python3"
            )
        at = command.index("ipykernel_launcher")
        launcher = ["mmlab.cli.network", self.log_file]
        return [*network.namespace(), *command[:at], *launcher, *command[at + 1 :]]

    def measure(self, cost: Cost) -> Cost:
        """Update `cost` from the kernel, which must be alive."""
        attempts, cost.steps = network.read_log(self.log_file)
        pid = self.provisioner.pid
        native = network.unrouted(pid) if network.namespace() else 0
        cost.reached, cost.network_attempts = attempts, max(len(attempts), native)
        cost.peak_mb = max(cost.peak_mb, peak_memory(pid))
        return cost


class MeasuredKernel(Measured, KernelManager):
    """A measured kernel for synchronous callers (nbval)."""


class AsyncMeasuredKernel(Measured, AsyncKernelManager):
    """A measured kernel for asynchronous callers (nbclient)."""


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
    """Return one process's peak resident bytes; its current ones if the system does not record the peak."""
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
