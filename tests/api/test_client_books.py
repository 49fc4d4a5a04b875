"""Money, answers on disk and the trace: reserved before, kept whole, and nothing told that is private."""

import json
import signal
import subprocess
import sys
import threading
import time

import pytest

from api_strategies import PNG, b64
from mmlab.api.catalog import models
from mmlab.api.client import Budget, Cache, CallFailed, Trace, Usage, connect
from mmlab.api.client.budget import cost_of, max_usage, price_of
from mmlab.errors import InputError

PROVIDERS = ("openai", "anthropic", "google")
PRICE = {"input": 2.0, "output": 8.0}


def test_a_call_that_may_cost_too_much_is_never_sent(local):
    client = connect("openai", server=local, budget=0.001)
    before = local.requests
    with pytest.raises(InputError, match="max_tokens"):
        client.ask("hello", max_tokens=1000)
    assert local.requests == before and client.budget.spent == 0
    assert client.ask("hello", max_tokens=50).cost < 0.001


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_reserved_is_enough_and_what_is_settled_is_the_cost(local, provider):
    client = connect(provider, server=local, budget=1.0)
    job = client._job("What is this?", [PNG], system="Be brief.", max_tokens=400)
    maximum = client.cost(max_usage(job.ask, provider))
    answer = client.ask("What is this?", [PNG], system="Be brief.", max_tokens=400)
    assert answer.cost <= maximum < 0.02
    assert client.budget.spent == pytest.approx(answer.cost)
    pieces = client.stream("What is this?", [PNG], system="Be brief.", max_tokens=400)
    assert "".join(pieces) == answer.text and client.budget.spent == pytest.approx(2 * answer.cost)


def test_a_refused_call_costs_nothing_and_a_lost_one_may_have(local):
    client = connect("openai", server=local, budget=1.0, retries=0)
    with local.faults("500"), pytest.raises(CallFailed):
        client.ask("hello", max_tokens=100)
    assert client.budget.spent == 0
    with local.faults("broken"), pytest.raises(CallFailed):
        client.ask("hello", max_tokens=100)
    assert client.budget.spent >= 100 * 8 / 1e6


def test_threads_together_do_not_overspend():
    budget, failed = Budget(1.0), []

    def spend():
        for _ in range(50):
            try:
                reserved = budget.reserve(0.01)
            except InputError:
                failed.append(1)
                continue
            reserved.settle(0.005)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.spent <= 1.0 and budget.spent == pytest.approx(0.005 * (400 - len(failed))) and failed


def test_many_at_once_stop_where_the_budget_ends(local):
    client = connect("openai", server=local, budget=0.01)
    answers = client.ask_many([{"text": "hello", "max_tokens": 400}] * 6, at_once=6)
    refused = [one for one in answers if isinstance(one, InputError)]
    assert refused and len(refused) < 6 and client.budget.spent < 0.01


def test_cached_tokens_cost_less():
    assert cost_of(Usage(1000, 0, 400), {**PRICE, "cached": 0.2}) == pytest.approx(
        (600 * 2 + 400 * 0.2) / 1e6
    )
    assert cost_of(Usage(1000, 10, 400), PRICE) == pytest.approx((1000 * 2 + 10 * 8) / 1e6)
    assert price_of("mm-vision") == models()["mm-vision"].price and price_of("no-such-model") is None


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("how", ["ask", "stream"])
def test_the_same_question_is_asked_once(local, tmp_path, provider, how):
    client = connect(provider, server=local, cache=tmp_path / "answers.sqlite", budget=1.0)

    def ask(*told, **more):
        if how == "ask":
            return client.ask(*told, **more)
        stream = client.stream(*told, **more)
        assert "".join(stream) == stream.answer.text
        return stream.answer

    first, before, spent = ask("What is this?", [PNG]), local.requests, client.budget.spent
    again = ask("What is this?", [PNG])
    assert local.requests == before and client.budget.spent == spent
    assert (again.text, again.usage, again.cached, again.cost, again.tries) == (
        first.text,
        first.usage,
        True,
        0.0,
        0,
    )
    others = [
        ("What is that?", [PNG], {}),
        ("What is this?", [], {}),
        ("What is this?", [PNG], {"max_tokens": 99}),
        ("What is this?", [PNG, PNG], {}),
        ("What is this?", [PNG], {"system": "Be brief."}),
    ]
    assert [ask(text, images, **more).cached for text, images, more in others] == [False] * 5


def test_what_was_refused_or_cut_is_not_kept(local, tmp_path):
    client = connect("openai", server=local, cache=tmp_path / "answers.sqlite")
    for fault in ("refusal", "empty"):
        with local.faults(fault):
            assert client.ask("hello").ending == fault
    assert client.ask("hello", max_tokens=1).ending == "length"
    assert len(client.cache) == 0 and client.ask("hello").cached is False and client.ask("hello").cached


def test_the_cache_holds_no_question_and_no_picture(local, tmp_path):
    client = connect("openai", server=local, cache=tmp_path / "answers.sqlite")
    client.ask("A very private question", [PNG])
    client.cache.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"private" not in kept and PNG[40:80] not in kept and b64()[40:80].encode() not in kept


def test_a_file_that_is_no_cache_is_told(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database at all, only words" * 50)
    with pytest.raises(InputError, match="another file"):
        Cache(tmp_path / "notes.txt")


WRITER = """
import sys
from mmlab.api.client import Cache
cache, number = Cache(sys.argv[1]), 0
print("ready", flush=True)
while True:
    cache.store(f"{sys.argv[2]}-{number}", "m", {"number": number, "filler": "x" * 5000})
    number += 1
"""


def test_processes_share_a_cache_and_one_that_is_killed_leaves_it_whole(tmp_path):
    path = tmp_path / "answers.sqlite"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], stdout=subprocess.PIPE)
        for name in "ab"
    ]
    for writer in writers:
        assert writer.stdout.readline() == b"ready\n"
    cache, end = Cache(path), time.monotonic() + 30
    cache.store("mine", "m", {"text": "still here"})
    while not (cache.find("a-20") and cache.find("b-20")) and time.monotonic() < end:
        time.sleep(0.01)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    cache.close()
    again = Cache(path)
    assert len(again) > 40 and again.find("mine") == {"text": "still here"}
    assert again.find("a-0")["number"] == 0 and len(again.find("b-0")["filler"]) == 5000
    again.clear()
    assert len(again) == 0


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_line_tells_of_each_call_and_nothing_private(local, tmp_path, provider):
    client = connect(
        provider,
        server=local,
        trace=tmp_path / "trace.jsonl",
        key="sk-secret",
        retries=1,
        sleep=lambda s: None,
    )
    answer = client.ask("A very private question", [PNG], system="Be private.")
    with local.faults("429, 503"), pytest.raises(CallFailed):
        client.ask("A very private question", [PNG])
    with local.faults("refusal"):
        client.ask("hello")
    first, second, third = client.trace.lines()
    assert first["gen_ai.operation.name"] == "chat" and first["gen_ai.request.model"] == "mm-vision"
    assert first["gen_ai.provider.name"] == {"google": "gcp.gemini"}.get(provider, provider)
    assert first["gen_ai.response.finish_reasons"] == ["stop"] and first["gen_ai.response.id"]
    assert (first["gen_ai.usage.input_tokens"], first["gen_ai.usage.output_tokens"]) == (
        answer.usage.input,
        answer.usage.output,
    )
    assert (first["mmlab.pictures"], first["mmlab.picture_bytes"], first["mmlab.cost"]) == (
        1,
        len(PNG),
        answer.cost,
    )
    assert (second["error.type"], second["http.response.status_code"], second["mmlab.tries"]) == (
        "overloaded",
        503,
        2,
    )
    assert third["gen_ai.response.finish_reasons"] == ["refusal"]
    text = (tmp_path / "trace.jsonl").read_text()
    for private in ("private", "secret", answer.text[:12], b64()[40:60]):
        assert private not in text
    assert (tmp_path / "trace.jsonl").stat().st_mode & 0o077 == 0


def test_a_stream_that_nobody_finished_is_told_as_that(local, tmp_path):
    client = connect("openai", server=local, trace=tmp_path / "trace.jsonl", budget=1.0)
    stream = client.stream("What is this?", [PNG])
    next(stream)
    stream.close()
    (line,) = client.trace.lines()
    assert line["error.type"] == "abandoned" and client.budget.spent > 0 and stream.answer is None


def test_lines_of_many_threads_are_whole(tmp_path):
    trace = Trace(tmp_path / "deep" / "trace.jsonl")
    threads = [
        threading.Thread(target=lambda: [trace.write({"n": "x" * 3000}) for _ in range(40)]) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trace.lines() == [{"n": "x" * 3000}] * 240


def test_the_trace_of_a_failed_parse_says_so(local, tmp_path):
    client = connect(
        "openai", server=local, trace=tmp_path / "t.jsonl", parts={"parse_json_reply": lambda text: {}}
    )
    with pytest.raises(CallFailed):
        client.ask("x", [PNG], schema={"type": "object", "properties": {"count": {"type": "integer"}}})
    assert [line["error.type"] for line in client.trace.lines()] == ["reply"]
    assert json.dumps(client.trace.lines())
