"""The limits for one submission. Each is enforced by the kernel or by a process that student code cannot reach."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Time, memory and sizes; exceeding a limit costs the cell or the exercise, and never stops the class.

    cell_seconds    wall clock of one code cell
    answer_seconds  wall clock of one exercise, all its cases together
    total_seconds   wall clock of one child, from fork to exit; also the limit of its processor time
    memory_mb       memory of one child, including files in memory, beyond what it shares with the zygote
    processes       processes and threads alive at once in one child
    file_mb         size of one file
    disk_mb         total size of the files in home, /tmp and /dev/shm
    output_kb       stored text of one cell
    message_mb      one message from the child
    """

    cell_seconds: float = 60
    answer_seconds: float = 60
    total_seconds: float = 300
    memory_mb: int = 3072
    processes: int = 64
    file_mb: int = 64
    disk_mb: int = 256
    output_kb: int = 100
    message_mb: int = 64
