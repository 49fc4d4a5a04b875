"""One JSON line per call, with the names of OpenTelemetry's gen_ai conventions.

A line has counts, sizes, tokens, dollars, seconds and the stop reason. Questions, answers,
keys and images are never written.
Source: opentelemetry.io, Semantic conventions for generative AI spans (development, read 2026-11).
"""

import datetime
import json
import os
import threading
from pathlib import Path

from mmlab.api.client.answers import Answer, Ask
from mmlab.api.client.attachments import image_bytes
from mmlab.api.providers import PROVIDERS


class Trace:
    """A file of lines; each is written completely, even by several threads or a process that is killed.

    path  of the file; created if missing

    If the disk is full, `write` raises OSError, and so does the call that it records.
    """

    def __init__(self, path):
        self.path, self._lock = Path(path), threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, fields: dict) -> None:
        """Append one line."""
        line = (json.dumps(fields, ensure_ascii=False) + "\n").encode()
        with self._lock:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)

    def lines(self) -> list[dict]:
        """Return all lines, oldest first."""
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]


def fields_of(provider: str, ask: Ask, ended: Answer | Exception | None, seconds: float, tries: int) -> dict:
    """Return the fields of one call's line.

    ended  the Answer, the error that was raised, or None if a stream was abandoned
    """
    images = [image_bytes(image) for turn in ask.turns for image in turn.images]
    fields = {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": PROVIDERS[provider].telemetry,
        "gen_ai.request.model": ask.model,
        "gen_ai.request.max_tokens": ask.max_tokens,
        "gen_ai.output.type": "json" if ask.schema is not None else "text",
        "gen_ai.client.operation.duration": round(seconds, 4),
        "mmlab.pictures": len(images),
        "mmlab.picture_bytes": sum(map(len, images)),
        "mmlab.tries": tries,
    }
    if isinstance(ended, Answer):
        fields |= {
            "gen_ai.response.model": ended.raw.get("model") or ended.raw.get("modelVersion"),
            "gen_ai.response.id": ended.raw.get("id") or ended.raw.get("responseId"),
            "gen_ai.response.finish_reasons": [ended.ending],
            "gen_ai.usage.input_tokens": ended.usage.input,
            "gen_ai.usage.output_tokens": ended.usage.output,
            "gen_ai.usage.cache_read.input_tokens": ended.usage.cached,
            "mmlab.cost": ended.cost,
            "mmlab.cached": ended.cached,
        }
    else:
        kind = "abandoned" if ended is None else getattr(ended, "kind", type(ended).__name__)
        fields |= {"error.type": kind, "http.response.status_code": getattr(ended, "status_code", None)}
    return fields
