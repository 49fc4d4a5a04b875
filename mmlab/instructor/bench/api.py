"""The local model server under load: requests per second, overhead, many clients for a minute, and odd images.

The server runs in its own process, as `mmlab serve` starts it; its clients are threads
of this process with persistent connections. Each answer is compared with the truth of its
own scene, so an answer to another request counts as an error.
"""

import base64
import contextlib
import http.client
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

CLIENTS, SECONDS = 64, 60
MAX_GROWTH = 16.0  # MB of memory growth allowed between the second and the last quarter of the run
MIN_SECONDS = 30  # in a shorter run the server has not reached its final size; growth is reported, not judged
MAX_IMAGE_SECONDS, MAX_IMAGE_MB = (
    2.0,
    600.0,
)  # CPU time for an image of at most a megapixel; the server's size after all
_REFERENCE = (
    0.008  # CPU-seconds of 200,000 turns of an empty loop on the machine for which the limits were chosen
)
_TURNS, _SCENES = 100, 16
_QUESTIONS = ("What is in this image?", "Read the text.", "How many circles are there?", "Where is the ring?")
_NUMBERS = ("zero", "one", "two", "three", "four")
_QUESTION = "How many shapes are there? Answer in one word."
_HEADERS = {
    "Content-Type": "application/json",
    "Authorization": "Bearer any",
    "x-api-key": "any",
    "x-goog-api-key": "any",
    "anthropic-version": "2026-10-21",
}


@dataclass(frozen=True)
class Ask:
    """One request: its name, path and body, and the bytes that the answer must contain."""

    name: str
    path: str
    body: bytes
    wanted: bytes


@dataclass
class Measured:
    """The measurements of clients: seconds of each answer, and errors."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def measure(n: int = SECONDS) -> dict:
    """Return the server's speed with one client, and with CLIENTS clients at the same time.

    n        int   seconds of the long run
    returns  {"one_client": {"requests_a_second", "median_ms"}, "overhead_ms": {protocol: median time of
             a call without computing its answer}, "many_clients": {"clients", "seconds", "requests", "errors",
             "requests_a_second", "median_ms", "p99_ms"}, "memory_mb": {"begun", "second_quarter",
             "last_quarter", "growth"} (None if the system does not report it), "odd_images": see `slowest`, "ok"}
    """
    with serving() as (port, pid):
        asks = questions()
        single = Measured()
        chats = [ask for ask in asks if ask.name == "chat"]
        _client(port, chats, time.monotonic() + min(n, 5), single)
        overhead = {
            name: round(1000 * (_median(port, asks, name) - _reply_seconds()), 2)
            for name in ("chat", "responses", "messages", "contents")
        }
        many, memory, spent = _long_run(port, pid, asks, n)
    odd = slowest()
    errors = single.errors + many.errors
    result = {
        "one_client": {
            "requests_a_second": round(len(single.seconds) / sum(single.seconds)),
            "median_ms": round(1000 * statistics.median(single.seconds), 2),
        },
        "overhead_ms": overhead,
        "many_clients": {
            "clients": CLIENTS,
            "seconds": n,
            "requests": len(many.seconds),
            "errors": len(errors),
            "requests_a_second": round(len(many.seconds) / spent),
            "median_ms": round(1000 * statistics.median(many.seconds), 1),
            "p99_ms": round(1000 * _rank(many.seconds, 0.99), 1),
        },
        "memory_mb": memory,
        "odd_images": odd,
        "ok": not errors
        and odd["ok"]
        and (memory is None or n < MIN_SECONDS or memory["growth"] <= MAX_GROWTH),
    }
    return result | ({"first_error": errors[0]} if errors else {})


@contextlib.contextmanager
def serving(*options: str) -> Iterator[tuple[int, int]]:
    """Yield the port and the process id of a server that runs during a `with` block.

    options  of the command `mmlab serve`
    """
    command = [sys.executable, "-m", "mmlab.cli.command_line", "serve", "--port", "0", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            started = json.loads(process.stdout.readline())
            yield int(started["url"].rsplit(":", 1)[1]), started["pid"]
        finally:
            process.terminate()


def slowest(count: int | None = None) -> dict:
    """Return what odd images cost a server of their own: the slowest ones, and its largest size.

    count    int   number of images; None for all of `odd_images`
    returns  {"images", "answered", "refused": numbers, "failed": names of images with another status than 200 or 400,
             "mean_cpu_s", "slowest": {name: CPU-seconds} of the five slowest, "slowness": how many times slower than the
             reference this machine was, by which the limit is multiplied, "peak_mb", "ok"}; CPU-seconds are
             wall-clock seconds, and peak_mb is None, if the system does not report them
    """
    from mmlab.instructor.bench.odd_images import COUNT, odd_images

    statuses, seconds, failed, slow = [], {}, [], [_slowness()]
    with serving() as (port, pid):
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for name, data in islice(odd_images(), 5):  # the first requests load the readers
            _cost(link, pid, _question_body(data, _QUESTIONS[1]))
        for number, (name, data) in enumerate(odd_images(count or COUNT)):
            status, cost = _cost(link, pid, _question_body(data, _QUESTIONS[number % len(_QUESTIONS)]))
            if number % 20 == 0:
                slow.append(_slowness())
            statuses.append(status)
            seconds[f"{number} {name}"] = round(cost, 2)
            if status not in (200, 400):
                failed.append(f"{number} {name}: {status}")
        link.close()
        peak = _resident(pid, "VmHWM:")
    ranked = dict(sorted(seconds.items(), key=lambda item: -item[1])[:5])
    return {
        "images": len(statuses),
        "answered": statuses.count(200),
        "refused": statuses.count(400),
        "failed": failed,
        "mean_cpu_s": round(statistics.mean(seconds.values()), 3),
        "slowest": ranked,
        "slowness": round(statistics.median(slow), 2),
        "peak_mb": peak and round(peak),
        "ok": not failed
        and max(ranked.values()) <= MAX_IMAGE_SECONDS * statistics.median(slow)
        and (peak or 0) <= MAX_IMAGE_MB,
    }


def _question_body(data: bytes, question: str) -> bytes:
    """Return the body of a question about a file; all files claim to be PNG."""
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": question}]
    return json.dumps({"model": "mm-vision", "messages": [{"role": "user", "content": parts}]}).encode()


def _slowness() -> float:
    """Return how many times slower than the reference this machine is now, at least 1; as the tests measure it."""

    def loop() -> float:
        begun = time.process_time()
        for _ in range(200_000):
            pass
        return time.process_time() - begun

    return max(1.0, min(loop() for _ in range(3)) / _REFERENCE)


def _cost(link: http.client.HTTPConnection, pid: int, body: bytes) -> tuple[int, float]:
    """Return the status of a request of Chat Completions, and the CPU-seconds that the server took for it."""
    before = _cpu(pid)
    link.request("POST", "/openai/v1/chat/completions", body, _HEADERS)
    answer = link.getresponse()
    answer.read()
    return answer.status, _cpu(pid) - before


def _cpu(pid: int) -> float:
    """Return the CPU-seconds of a process so far; the wall clock if the system does not report them."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return time.monotonic()
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def questions() -> list[Ask]:
    """Return requests of each protocol: about several scenes as PNG images, one document, and texts to embed."""
    from mmlab.world import encode_image, render, sample

    scenes = sample(_SCENES, seed=5)
    asks = []
    for scene, pixels in zip(scenes, render(scenes, 128)):
        data = base64.b64encode(encode_image(pixels)).decode()
        asks += _about(data, b'"' + _NUMBERS[len(scene.shapes)].encode() + b'"')
    texts = {"model": "mm-embed", "input": ["a red ring", "a blue star"]}
    asks.append(Ask("embeddings", "/openai/v1/embeddings", json.dumps(texts).encode(), b'"embedding"'))
    return [*asks, _document()]


def _about(data: str, wanted: bytes) -> list[Ask]:
    """Return the question about one image in each protocol, with and without streaming."""
    url = f"data:image/png;base64,{data}"
    chat = {
        "model": "mm-vision",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": url}},
                    {"type": "text", "text": _QUESTION},
                ],
            }
        ],
    }
    responses = {
        "model": "mm-vision",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": url},
                    {"type": "input_text", "text": _QUESTION},
                ],
            }
        ],
    }
    source = {"type": "base64", "media_type": "image/png", "data": data}
    messages = {
        "model": "mm-vision",
        "max_tokens": 50,
        "messages": [
            {
                "role": "user",
                "content": [{"type": "image", "source": source}, {"type": "text", "text": _QUESTION}],
            }
        ],
    }
    contents = {
        "contents": [
            {"parts": [{"inlineData": {"mimeType": "image/png", "data": data}}, {"text": _QUESTION}]}
        ]
    }
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
    body = {
        "model": "mm-vision",
        "max_tokens": 50,
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": source},
                    {"type": "text", "text": "What is the total?"},
                ],
            }
        ],
    }
    cents = page.fields["total"]
    return Ask(
        "document",
        "/anthropic/v1/messages",
        json.dumps(body).encode(),
        f"{cents // 100:,}.{cents % 100:02}".encode(),
    )


def _client(port: int, asks: list[Ask], until: float, measured: Measured) -> None:
    """Send requests in turn on one connection until a time; add their seconds and errors to `measured`."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cycle = itertools.cycle(asks)
    while time.monotonic() < until:
        ask, begun = next(cycle), time.perf_counter()
        try:
            link.request("POST", ask.path, ask.body, _HEADERS)
            answer = link.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            measured.errors.append(f"{ask.name}: {type(error).__name__}: {error}")
            link.close()
            continue
        if answer.status != 200 or ask.wanted not in data:
            measured.errors.append(f"{ask.name}: {answer.status} {data[:200]!r}, wanted {ask.wanted!r}")
        measured.seconds.append(time.perf_counter() - begun)
    link.close()


def _median(port: int, asks: list[Ask], name: str) -> float:
    """Return the median seconds of one kind of request, sent by one client."""
    measured, chosen = Measured(), [ask for ask in asks if ask.name == name][:1]
    until = time.monotonic() + 30
    while len(measured.seconds) < _TURNS and time.monotonic() < until and not measured.errors:
        _client(port, chosen, time.monotonic() + 0.5, measured)
    return statistics.median(measured.seconds)


def _reply_seconds() -> float:
    """Return the median seconds that computing an answer takes, without a server."""
    from mmlab.api.server.media import Image
    from mmlab.api.server.model import Prompt, Turn, reply
    from mmlab.world import render, sample

    pixels = render(sample(_SCENES, seed=5), 128)[0]
    prompt = Prompt("mm-vision", [Turn("user", _QUESTION, (Image(pixels, 128, 128, "PNG"),))])
    seconds = []
    for _ in range(_TURNS):
        begun = time.perf_counter()
        reply(prompt)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def _long_run(port: int, pid: int, asks: list[Ask], seconds: float) -> tuple[Measured, dict | None, float]:
    """Return the measurements of CLIENTS clients, the server's memory growth, and the seconds of the run."""
    begun, measured = time.monotonic(), [Measured() for _ in range(CLIENTS)]
    # Each client starts with another request.
    threads = [
        threading.Thread(
            target=_client,
            args=(port, asks[n % len(asks) :] + asks[: n % len(asks)], begun + seconds, client),
        )
        for n, client in enumerate(measured)
    ]
    for thread in threads:
        thread.start()
    sizes = []
    while any(thread.is_alive() for thread in threads):
        sizes.append(_resident(pid))
        time.sleep(min(0.5, seconds / 20))
    spent = time.monotonic() - begun
    whole = Measured(
        [spent for client in measured for spent in client.seconds],
        [error for client in measured for error in client.errors],
    )
    return whole, _growth(sizes), spent


def _growth(sizes: list[float | None]) -> dict | None:
    """Return the memory at the start, in the second and in the last quarter, and its growth."""
    if None in sizes or len(sizes) < 8:
        return None
    quarter = len(sizes) // 4
    second, last = statistics.median(sizes[quarter : 2 * quarter]), statistics.median(sizes[-quarter:])
    return {
        "begun": round(sizes[0], 1),
        "second_quarter": round(second, 1),
        "last_quarter": round(last, 1),
        "growth": round(last - second, 1),
    }


def _resident(pid: int, name: str = "VmRSS:") -> float | None:
    """Return the resident memory of a process in MB, or with VmHWM its maximum; None if the system does not report it."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    lines = [line for line in status.read_text().splitlines() if line.startswith(name)]
    return int(lines[0].split()[1]) / 1024 if lines else None


def _rank(values: list[float], part: float) -> float:
    """Return the smallest value that is at least as large as this part of all values."""
    return sorted(values)[max(math.ceil(part * len(values)) - 1, 0)]
