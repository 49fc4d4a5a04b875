"""The measurement of the local server: complete, and it notices what goes wrong."""

import json
import os
import time
from itertools import islice

import pytest

from mmlab.instructor.bench import api as bench_api
from mmlab.instructor.bench import api_sdks as bench_api_sdks
from mmlab.instructor.bench.odd_images import MAX_PIXELS, odd_images


@pytest.mark.slow
def test_two_seconds_of_many_clients_give_every_figure(monkeypatch):
    monkeypatch.setattr(bench_api, "CLIENTS", 8)
    monkeypatch.setattr(bench_api, "_TURNS", 5)
    slowest = bench_api.slowest
    monkeypatch.setattr(bench_api, "slowest", lambda: slowest(6))
    figures = bench_api.measure(n=2)
    assert figures["many_clients"]["errors"] == 0, figures.get("first_error")
    assert figures["many_clients"]["requests"] > 16 and figures["one_client"]["requests_a_second"] > 10
    odd = figures["odd_images"]
    assert odd["images"] == odd["answered"] + odd["refused"] == 6 and odd["failed"] == []
    assert len(odd["slowest"]) == 5 and odd["slowness"] >= 1
    assert set(figures["overhead_ms"]) == {"chat", "responses", "messages", "contents"}
    json.dumps(figures)


def test_odd_images_are_the_same_in_every_run_and_at_most_a_megapixel():
    first, again = (list(islice(odd_images(), 12)) for _ in range(2))
    assert first == again and len({name for name, _ in first}) == 12
    for name, _ in first:
        width, height = name.rsplit(" ", 1)[1].split("x")
        assert int(width) * int(height) <= MAX_PIXELS, name


def test_a_wrong_answer_and_a_lost_server_are_errors():
    with bench_api.serving() as (port, _):
        told, ask = bench_api.Measured(), bench_api.questions()[0]
        wrong = bench_api.Ask(ask.name, ask.path, ask.body, b'"a hundred"')
        bench_api._client(port, [wrong], time.monotonic() + 0.1, told)
        assert told.errors and "a hundred" in told.errors[0]
    told = bench_api.Measured()
    bench_api._client(port, [ask], time.monotonic() + 0.05, told)
    assert told.errors and not told.seconds


def test_growth_is_told_from_the_second_quarter_to_the_last():
    assert bench_api._growth([50.0, *[80.0] * 4, *[90.0] * 3])["growth"] == 10.0
    assert bench_api._growth([None] * 9) is None
    assert bench_api._rank([3.0, 1.0, 2.0], 0.99) == 3.0


def test_the_oldest_versions_are_those_of_the_ranges():
    assert bench_api_sdks.oldest(
        ['openai<4,>=3; extra == "api"', "anthropic>=2.4.1,<3 ; extra == 'api'", 'numpy>=1; extra == "all"']
    ) == {"openai": "3.0.0", "anthropic": "2.4.1"}
    assert bench_api_sdks.counted("1 failed, 2 passed, 3 errors in 4s") == {"passed": 2, "failed": 4}


@pytest.mark.slow
def test_the_versions_that_are_told_are_those_that_python_imports(tmp_path):
    usual = bench_api_sdks.imported(dict(os.environ))
    assert set(usual) == {"anthropic", "google-genai", "openai"}
    (tmp_path / "openai.py").write_text("__version__ = '0.0.1'")
    assert bench_api_sdks.imported({**os.environ, "PYTHONPATH": str(tmp_path)}) == {
        **usual,
        "openai": "0.0.1",
    }
