"""What a run leaves for whoever looks after the machine: durations, memory, verdicts, and no names.

    ROOT/.mmlab/WEEK/log.jsonl   one line a graded submission
    ROOT/.mmlab/salt             makes the ids; without it they lead to nobody

A student's id is the same in every line of a course and says nothing elsewhere.
Lines older than `KEEP_DAYS` (`--keep-logs`) go when the next run of the week begins.
"""

import hashlib
import hmac
import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mmlab.course.grade.lock import state
from mmlab.course.grade.stages import Graded
from mmlab.course.notebook import write_bytes

FILE, SALT = "log.jsonl", "salt"
KEEP_DAYS = 180


class Log:
    """A week's log, for the holder of the course's lock.

    root  the course's folder
    week  the week's id
    keep  days that a line stays
    """

    def __init__(self, root: Path, week: str, keep: int = KEEP_DAYS):
        self.path = state(root, week) / FILE
        self._salt = _salt(state(root) / SALT)
        self._forget(datetime.now(UTC) - timedelta(days=keep))

    def add(self, graded: Graded, row: dict) -> None:
        """Write one submission's line; `row` is the one for machines."""
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "student": self.id_of(graded.student),
            "digest": graded.digest,
            **{name: row[name] for name in ("seconds", "peak_mb", "score", "max", "verdicts")},
            "repairs": len(graded.repairs),
            "refused": graded.problem is not None,
            "fault": graded.fault is not None,
            "unsafe": graded.unsafe,
            "spent": {step: round(seconds, 3) for step, seconds in graded.spent.items()},
        }  # fmt: skip
        with open(self.path, "a", encoding="utf-8", opener=_private) as file:
            file.write(json.dumps(line) + "\n")

    def id_of(self, student: str) -> str:
        """Return the id under which a student's lines stand."""
        return hmac.new(self._salt, student.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()[:16]

    def _forget(self, before: datetime) -> None:
        if not self.path.exists():
            return
        lines = self.path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if _since(line, before)]
        if len(kept) < len(lines):
            write_bytes(self.path, b"".join(kept))
            self.path.chmod(0o600)


def _since(line: bytes, before: datetime) -> bool:
    try:
        return datetime.fromisoformat(json.loads(line)["at"]) >= before
    except (ValueError, KeyError, TypeError):
        return False  # cut short by a crash, so of no use


def _salt(path: Path) -> bytes:
    try:
        with open(path, "xb", opener=_private) as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass  # made by an earlier run, and to be the same for the whole course
    return path.read_bytes()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
