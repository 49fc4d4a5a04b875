"""The log of a run for administrators: durations, memory and verdicts, without names.

    ROOT/.mmlab/WEEK/log.jsonl   one line for each graded submission
    ROOT/.mmlab/salt             the key of the pseudonyms; without it they cannot be linked to students

A student has the same pseudonym in every line of a course, and another one in other courses.
Lines older than `KEEP_DAYS` (`--keep-logs`) are deleted when the next run of the week starts.
"""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mmlab.files import atomic_write
from mmlab.instructor.grading.lock import state
from mmlab.instructor.grading.records import Graded

FILE, SALT = "log.jsonl", "salt"
KEEP_DAYS = 180


class Log:
    """A week's log; only the holder of the course's lock may write it.

    root  the course's folder
    week  the week's id
    keep  delete lines that are older than so many days
    """

    def __init__(self, root: Path, week: str, keep: int = KEEP_DAYS):
        self.path = state(root, week) / FILE
        self._salt = _salt(state(root) / SALT)
        self._forget(datetime.now(UTC) - timedelta(days=keep))

    def add(self, graded: Graded, row: dict) -> None:
        """Append one submission's line; `row` is its row of `--json`."""
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
        }
        with open(self.path, "a", encoding="utf-8", opener=_private) as file:
            file.write(json.dumps(line) + "\n")

    def id_of(self, student: str) -> str:
        """Return a student's pseudonym."""
        return hmac.new(self._salt, student.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()[:16]

    def _forget(self, before: datetime) -> None:
        if not self.path.exists():
            return
        lines = self.path.read_bytes().splitlines(keepends=True)
        recent = [line for line in lines if _since(line, before)]
        if len(recent) < len(lines):
            atomic_write(self.path, b"".join(recent), mode=0o600)


def _since(line: bytes, before: datetime) -> bool:
    try:
        return datetime.fromisoformat(json.loads(line)["at"]) >= before
    except (ValueError, KeyError, TypeError):
        return False  # truncated by a crash


def _salt(path: Path) -> bytes:
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            atomic_write(path, secrets.token_bytes(32), mode=0o600, overwrite=False)
    return path.read_bytes()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
