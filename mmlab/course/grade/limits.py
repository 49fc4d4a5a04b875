"""What one submission may take. Every number is held by a process that the student's code cannot reach."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How long and how much; a limit that is met costs the cell or the exercise, not the class.

    cell_seconds    wall clock of one code cell
    answer_seconds  wall clock of one exercise, all its cases together
    total_seconds   wall clock of one child, from its fork to its end; its processor seconds too
    memory_mb       memory of one child, its files in memory included, beyond what it shares with the zygote
    processes       processes and threads alive at once in one child
    file_mb         one file
    disk_mb         all files: home, /tmp and /dev/shm together
    output_kb       text kept of one cell
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
