"""Week 09's references for production against the official SDKs, tenacity, numpy and the world."""

import time
from types import SimpleNamespace

import anthropic
import httpx2
import numpy as np
import openai
import pytest
import tenacity

from answers import reference, week_called
from mmlab import codec
from mmlab.api import server
from mmlab.api.client import CallFailed, connect, retry
from mmlab.check import drivers
from mmlab.codec import Raised
from mmlab.instructor.grading.sandbox import remote_version
from mmlab.world.documents import FAULTS, invoice

pytestmark = pytest.mark.week("09_api")
WEEK = week_called("09_api")
SECRETS = [b"visible", b"another course", b"a third"]


def results(name, answer, secret=b"visible"):
    """Return what an answer gives on an exercise's cases."""
    exercise = WEEK.exercise(name)
    driver = {"kind": exercise.driver.kind, "options": exercise.driver.options}
    return [drivers.run(driver, answer, case) for case in exercise.inputs(secret)]


def scripted(module, monkeypatch, case):
    """Return what an SDK does on one case of retry_policy: the run as the driver tells it, error or none."""
    script, given, run = case["script"], case["kwargs"], {"calls": 0, "waits": []}

    def answered(request):
        run["calls"] += 1
        outcome = script["outcomes"][min(run["calls"], len(script["outcomes"])) - 1]
        if "gives" in outcome:
            return httpx2.Response(200, json={})
        if outcome["status"] is None:
            raise httpx2.ConnectError("no answer", request=request)
        headers = {"retry-after": str(outcome["retry_after"])} if "retry_after" in outcome else {}
        return httpx2.Response(outcome["status"], headers=headers, json={})

    base = module._base_client
    monkeypatch.setattr(base, "time", SimpleNamespace(**vars(time) | {"sleep": run["waits"].append}))
    monkeypatch.setattr(base, "random", lambda: script["draws"][min(run["calls"], len(script["draws"])) - 1])
    monkeypatch.setattr(base, "INITIAL_RETRY_DELAY", given["first"])
    monkeypatch.setattr(base, "MAX_RETRY_DELAY", given["longest"])
    monkeypatch.setattr(base, "MAX_RETRY_AFTER_DELAY", given["patience"], raising=False)
    http = module.DefaultHttpxClient(transport=httpx2.MockTransport(answered))
    make = module.OpenAI if module is openai else module.Anthropic
    client = make(
        api_key="any", base_url="http://127.0.0.1:1", http_client=http, max_retries=given["attempts"] - 1
    )
    try:
        client.models.retrieve("any")
        return run, False
    except module.APIError:
        return run, True


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("module", [openai, anthropic], ids=lambda module: module.__name__)
def test_retry_policy_calls_and_waits_as_the_sdks_do(module, secret, monkeypatch):
    cases = WEEK.exercise("retry_policy").inputs(secret)
    compared = 0
    for case, ours in zip(
        cases, results("retry_policy", reference(WEEK, "retry_policy"), secret), strict=True
    ):
        if not comparable(case, module):
            continue
        with monkeypatch.context() as patched:
            theirs, failed = scripted(module, patched, case)
        told = ours["returned"]
        assert failed == isinstance(told["gives"], Raised)
        waits = [seconds for seconds in theirs["waits"] if seconds]  # a wait of 0 seconds is none
        assert (theirs["calls"], waits) == (told["calls"], pytest.approx(told["waits"]))
        compared += 1
    assert compared >= 30


def comparable(case, module):
    """Return whether an SDK can meet the faults of a case and deals with them as the exercise asks."""
    for outcome in case["script"]["outcomes"]:
        wish, status = outcome.get("retry_after"), outcome.get("status", 200)
        if status == 200 and "gives" not in outcome:
            return False  # no failure over HTTP
        if "error" in outcome or "gives_error" in outcome or wish == 0:
            return False  # a fault of the program; a wish of 0 seconds, for which SDKs wait their own time
        if (
            status is None
            and wish is not None
            or not (status is None or status == 200 or 400 <= status < 600)
        ):
            return False  # not possible over HTTP, or a redirect
        if wish is not None and wish > case["kwargs"]["patience"] and module is anthropic:
            return False  # anthropic's waits for retry_after, however long it is
    return True


def test_retry_policy_without_jitter_is_tenacitys_schedule():
    waits, theirs = [], []

    def call():
        error = ConnectionError("away")
        error.status_code = error.retry_after = None
        raise error

    limits = {"attempts": 7, "first": 0.5, "longest": 6.0, "patience": 60.0}
    with pytest.raises(ConnectionError):
        reference(WEEK, "retry_policy")(call, **limits, sleep=waits.append, draw=lambda: 0.0)
    again = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(7),
        wait=tenacity.wait_exponential(multiplier=0.5, max=6.0),
        sleep=theirs.append,
        reraise=True,
    )
    with pytest.raises(ConnectionError):
        again(call)
    assert waits == theirs == [0.5, 1.0, 2.0, 4.0, 6.0, 6.0]


@pytest.mark.parametrize("secret", SECRETS)
def test_retry_policy_agrees_with_the_package(secret):
    cases = WEEK.exercise("retry_policy").inputs(secret)
    ours = results("retry_policy", reference(WEEK, "retry_policy"), secret)
    theirs = results("retry_policy", retry.retry_policy, secret)
    for case, wanted, given in zip(cases, ours, theirs, strict=True):
        wishes = [outcome.get("retry_after") for outcome in case["script"]["outcomes"]]
        # the package takes a wish of 0 seconds for none, as the SDKs do
        assert given == wanted or 0 in wishes, case


def test_the_client_takes_a_students_policy():
    waits, parts = [], {"retry_policy": reference(WEEK, "retry_policy")}
    with server.running() as local:
        client = connect("openai", server=local, retries=3, sleep=waits.append, parts=parts)
        with local.faults("503, reset, 429:7"):
            assert client.ask("Hello!").tries == 4
        assert len(waits) == 3 and waits[2] == 7
        with local.faults("429:3600"), pytest.raises(CallFailed):
            client.ask("Hello again!")
        assert len(waits) == 3


def test_invoice_check_finds_what_the_world_plants():
    check = reference(WEEK, "invoice_check")
    for seed in range(24):
        fields = invoice(seed, corrupt=[None, *FAULTS][seed % 5]).fields
        names = [row["item"] for row in fields["items"]]
        fault = fields["fault"]
        wanted = (
            []
            if fault is None
            else [f"item {names.index(fault['item']) + 1}" if fault["item"] else fault["field"]]
        )
        rows = [row | {"price": row["price"] / 100, "amount": row["amount"] / 100} for row in fields["items"]]
        told = {name: fields[name] / 100 for name in ("subtotal", "tax", "total")}
        assert check({"items": rows, "tax_rate": fields["tax_rate"], **told}) == wanted


def test_the_monitors_percentile_is_numpys_nearest_rank():
    statistics, rng = reference(WEEK, "monitor_statistics"), np.random.default_rng(0)
    for size in range(1, 301):
        seconds = rng.permutation(size) + 0.5
        told = statistics([{"seconds": float(one), "ok": True, "dollars": 0.01} for one in seconds])
        assert told["p95_seconds"] == np.percentile(seconds, 95, method="inverted_cdf")


@pytest.mark.parametrize("secret", SECRETS)
def test_the_bug_hunt_works_over_a_wire(secret):
    def remote(case):
        versions = remote_version.Versions()
        versions.define(case)
        return remote_version.stand_in(lambda request: over(versions.answer(over(request))))

    def over(message):
        return codec.loads(codec.dumps(message))

    exercise = WEEK.exercise("bug_hunt_history")
    tests = [reference(WEEK, exercise.name), *(answer.edit for answer in exercise.alternates)]
    for case in exercise.inputs(secret):
        truth = case.pop("truth")
        for test in tests:
            found = drivers.run({"kind": "bugs"}, test, case, ask=lambda what, case=case: remote(case))
            assert found == {"verdict": truth}
