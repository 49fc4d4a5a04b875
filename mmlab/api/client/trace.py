"""A JSON line for each call, under the names of OpenTelemetry's gen_ai conventions.

What was asked and what was answered is never written, nor a key, nor a byte of a
picture: counts, sizes, tokens, dollars, seconds and how it ended.
Source: opentelemetry.io, Semantic conventions for generative AI spans (development, read 2026-11).
"""

import datetime
import json
import os
import threading
from pathlib import Path

from mmlab.api.client.answers import Answer, Ask
from mmlab.api.client.attachments import picture_bytes

PROVIDERS = {"openai": "openai", "anthropic": "anthropic", "google": "gcp.gemini"}


class Trace:
    """Lines appended to a file, each whole even where threads write at once or the process is killed.

    path  where it lies; made where it is not

    A full disk stops the calls rather than the record of them.
    """

    def __init__(self, path):
        self.path, self._lock = Path(path), threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, fields: dict) -> None:
        """Append one line."""
        line = (json.dumps(fields, ensure_ascii=False) + "\n").encode()
        with self._lock:
            place = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(place, line)
            finally:
                os.close(place)

    def lines(self) -> list[dict]:
        """Return all lines, the oldest first."""
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]


def fields_of(provider: str, ask: Ask, ended: Answer | Exception | None, seconds: float, tries: int) -> dict:
    """Return what a line tells of one call.

    ended  its Answer, the error that it raised, or None where nobody waited for its end
    """
    pictures = [picture_bytes(one) for turn in ask.turns for one in turn.images]
    fields = {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": PROVIDERS[provider],
        "gen_ai.request.model": ask.model, "gen_ai.request.max_tokens": ask.max_tokens,
        "gen_ai.output.type": "json" if ask.schema is not None else "text",
        "gen_ai.client.operation.duration": round(seconds, 4),
        "mmlab.pictures": len(pictures), "mmlab.picture_bytes": sum(map(len, pictures)), "mmlab.tries": tries,
    }  # fmt: skip
    if isinstance(ended, Answer):
        fields |= {
            "gen_ai.response.model": ended.raw.get("model") or ended.raw.get("modelVersion"),
            "gen_ai.response.id": ended.raw.get("id") or ended.raw.get("responseId"),
            "gen_ai.response.finish_reasons": [ended.ending],
            "gen_ai.usage.input_tokens": ended.usage.input, "gen_ai.usage.output_tokens": ended.usage.output,
            "gen_ai.usage.cache_read.input_tokens": ended.usage.cached,
            "mmlab.cost": ended.cost, "mmlab.cached": ended.cached,
        }  # fmt: skip
    else:
        kind = "abandoned" if ended is None else getattr(ended, "kind", type(ended).__name__)
        fields |= {"error.type": kind, "http.response.status_code": getattr(ended, "status_code", None)}
    return fields
