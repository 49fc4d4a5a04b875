"""The local model server under load: requests a second, what it adds to an answer, many clients for long.

The server is a process of its own, as `mmlab serve` starts it; its clients are
threads of this one, on connections that they keep. Each answer is held against
the truth of its own scene, so that one that was mixed up counts as an error.
"""

import base64
import contextlib
import http.client
import itertools
import json
import math
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CLIENTS, SECONDS = 64, 60
MOST_GROWTH = 16.0  # MB that the server may grow from the second quarter of the run to the last
LEAST_SECONDS = 30  # a shorter run is over before the server has its size: its growth is told, not judged
_TURNS, _SCENES = 100, 16
_NUMBERS = ("zero", "one", "two", "three", "four")
_QUESTION = "How many shapes are there? Answer in one word."
_HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer any", "x-api-key": "any",
            "x-goog-api-key": "any", "anthropic-version": "2026-10-21"}  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """One request: its name, where it goes, what it holds, and what its answer must hold."""

    name: str
    path: str
    body: bytes
    wanted: bytes


@dataclass
class Told:
    """What the clients saw: seconds of each answer, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def measure(n: int = SECONDS) -> dict:
    """Return how fast the server is and how it bears CLIENTS clients at once.

    n        int   seconds of the long run
    returns  {"one_client": {"requests_a_second", "median_ms"}, "overhead_ms": {protocol: what a call adds
             to finding its answer, median}, "many_clients": {"clients", "seconds", "requests", "errors",
             "requests_a_second", "median_ms", "p99_ms"}, "memory_mb": {"begun", "second_quarter",
             "last_quarter", "growth"} (None where the system does not tell), "ok"}
    """
    with serving() as (port, pid):
        asks = questions()
        one = Told()
        alone = [asked for asked in asks if asked.name == "chat"]
        _client(port, alone, time.monotonic() + min(n, 5), one)
        overhead = {name: round(1000 * (_median(port, asks, name) - _thought()), 2)
                    for name in ("chat", "responses", "messages", "contents")}  # fmt: skip
        many, memory, spent = _long_run(port, pid, asks, n)
    errors = one.errors + many.errors
    result = {
        "one_client": {"requests_a_second": round(len(one.seconds) / sum(one.seconds)),
                       "median_ms": round(1000 * statistics.median(one.seconds), 2)},
        "overhead_ms": overhead,
        "many_clients": {"clients": CLIENTS, "seconds": n, "requests": len(many.seconds), "errors": len(errors),
                         "requests_a_second": round(len(many.seconds) / spent),
                         "median_ms": round(1000 * statistics.median(many.seconds), 1),
                         "p99_ms": round(1000 * _rank(many.seconds, 0.99), 1)},
        "memory_mb": memory,
        "ok": not errors and (memory is None or n < LEAST_SECONDS or memory["growth"] <= MOST_GROWTH),
    }  # fmt: skip
    return result | ({"first_error": errors[0]} if errors else {})


@contextlib.contextmanager
def serving() -> Iterator[tuple[int, int]]:
    """Give the port and the process id of a server that runs within a `with`."""
    command = [sys.executable, "-m", "mmlab.course.cli", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = json.loads(process.stdout.readline())
            yield int(told["url"].rsplit(":", 1)[1]), told["pid"]
        finally:
            process.terminate()


def questions() -> list[Ask]:
    """Return requests of each protocol about several scenes, pictures as PNG, one document, and texts."""
    from mmlab.world import encode_image, render, sample

    scenes = sample(_SCENES, seed=5)
    found = []
    for scene, pixels in zip(scenes, render(scenes, 128)):
        data = base64.b64encode(encode_image(pixels)).decode()
        found += _about(data, b'"' + _NUMBERS[len(scene.shapes)].encode() + b'"')
    texts = {"model": "mm-embed", "input": ["a red ring", "a blue star"]}
    found.append(Ask("embeddings", "/openai/v1/embeddings", json.dumps(texts).encode(), b'"embedding"'))
    return [*found, _document()]


def _about(data: str, wanted: bytes) -> list[Ask]:
    """Return the question about one picture by each protocol, whole and in pieces."""
    url = f"data:image/png;base64,{data}"
    chat = {"model": "mm-vision", "messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": _QUESTION}]}]}  # fmt: skip
    responses = {"model": "mm-vision", "input": [{"role": "user", "content": [
        {"type": "input_image", "image_url": url}, {"type": "input_text", "text": _QUESTION}]}]}  # fmt: skip
    source = {"type": "base64", "media_type": "image/png", "data": data}
    messages = {"model": "mm-vision", "max_tokens": 50, "messages": [{"role": "user", "content": [
        {"type": "image", "source": source}, {"type": "text", "text": _QUESTION}]}]}  # fmt: skip
    contents = {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": data}},
                                        {"text": _QUESTION}]}]}  # fmt: skip
    chat_path, message_path = "/openai/v1/chat/completions", "/anthropic/v1/messages"
    return [
        Ask("chat", chat_path, json.dumps(chat).encode(), wanted),
        Ask("chat stream", chat_path, json.dumps({**chat, "stream": True}).encode(), wanted),
        Ask("responses", "/openai/v1/responses", json.dumps(responses).encode(), wanted),
        Ask("messages", message_path, json.dumps(messages).encode(), wanted),
        Ask("messages stream", message_path, json.dumps({**messages, "stream": True}).encode(), wanted),
        Ask("contents", "/google/v1/models/mm-vision:generateContent", json.dumps(contents).encode(), wanted),
    ]


def _document() -> Ask:
    """Return a question about a PDF file."""
    from mmlab.world.documents import pdf, receipt

    page = receipt(3)
    data = base64.b64encode(pdf([page])).decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    body = {"model": "mm-vision", "max_tokens": 50, "messages": [{"role": "user", "content": [
        {"type": "document", "source": source}, {"type": "text", "text": "What is the total?"}]}]}  # fmt: skip
    cents = page.fields["total"]
    return Ask("document", "/anthropic/v1/messages", json.dumps(body).encode(),
               f"{cents // 100:,}.{cents % 100:02}".encode())  # fmt: skip


def _client(port: int, asks: list[Ask], until: float, told: Told) -> None:
    """Ask one after another on one connection until a time; add what happened to what is told."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    turns = itertools.cycle(asks)
    while time.monotonic() < until:
        ask, begun = next(turns), time.perf_counter()
        try:
            link.request("POST", ask.path, ask.body, _HEADERS)
            answer = link.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            told.errors.append(f"{ask.name}: {type(error).__name__}: {error}")
            link.close()
            continue
        if answer.status != 200 or ask.wanted not in data:
            told.errors.append(f"{ask.name}: {answer.status} {data[:200]!r}, wanted {ask.wanted!r}")
        told.seconds.append(time.perf_counter() - begun)
    link.close()


def _median(port: int, asks: list[Ask], name: str) -> float:
    """Return the median seconds of one kind of request, asked by one client after another."""
    told, own = Told(), [ask for ask in asks if ask.name == name][:1]
    until = time.monotonic() + 30
    while len(told.seconds) < _TURNS and time.monotonic() < until and not told.errors:
        _client(port, own, time.monotonic() + 0.5, told)
    return statistics.median(told.seconds)


def _thought() -> float:
    """Return the median seconds that finding an answer takes, without any server."""
    from mmlab.api.server.mind import Prompt, Turn, reply
    from mmlab.api.server.pictures import Picture
    from mmlab.world import render, sample

    pixels = render(sample(_SCENES, seed=5), 128)[0]
    asked = Prompt("mm-vision", [Turn("user", _QUESTION, (Picture(pixels, 128, 128, "PNG"),))])
    seconds = []
    for _ in range(_TURNS):
        begun = time.perf_counter()
        reply(asked)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def _long_run(port: int, pid: int, asks: list[Ask], seconds: float) -> tuple[Told, dict | None, float]:
    """Return what CLIENTS clients saw, how the server's memory grew, and how long it took."""
    begun, told = time.monotonic(), [Told() for _ in range(CLIENTS)]
    # Each client begins at another request.
    threads = [threading.Thread(target=_client, args=(port, asks[n % len(asks):] + asks[: n % len(asks)],
                                                      begun + seconds, one)) for n, one in enumerate(told)]  # fmt: skip
    for thread in threads:
        thread.start()
    sizes = []
    while any(thread.is_alive() for thread in threads):
        sizes.append(_resident(pid))
        time.sleep(min(0.5, seconds / 20))
    spent = time.monotonic() - begun
    whole = Told([one for part in told for one in part.seconds], [one for part in told for one in part.errors])
    return whole, _growth(sizes), spent


def _growth(sizes: list[float | None]) -> dict | None:
    """Return how much memory there was at the beginning, in the second and in the last quarter."""
    if None in sizes or len(sizes) < 8:
        return None
    quarter = len(sizes) // 4
    second, last = statistics.median(sizes[quarter : 2 * quarter]), statistics.median(sizes[-quarter:])
    return {"begun": round(sizes[0], 1), "second_quarter": round(second, 1), "last_quarter": round(last, 1),
            "growth": round(last - second, 1)}  # fmt: skip


def _resident(pid: int) -> float | None:
    """Return how many MB of memory a process holds, None where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    found = [line for line in status.read_text().splitlines() if line.startswith("VmRSS:")]
    return int(found[0].split()[1]) / 1024 if found else None


def _rank(values: list[float], part: float) -> float:
    """Return the smallest value that is not less than a part of all."""
    return sorted(values)[max(math.ceil(part * len(values)) - 1, 0)]
