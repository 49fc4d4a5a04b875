"""A scripted service: what a retrying answer is told, and what is told of it."""

import pytest

from mmlab.check import drivers
from mmlab.check.service import MAXIMUM, Service
from mmlab.codec import Raised

SCRIPT = {
    "outcomes": [{"status": 429, "retry_after": 2.5}, {"status": None}, {"gives": ["well"]}],
    "draws": [0.1, 0.2],
}


def run(candidate, script=SCRIPT, **given):
    """Return what the driver brings back of one case."""
    driver = {"kind": "call", "options": {"service": True}}
    return drivers.run(driver, candidate, {"args": [], "kwargs": given, "script": script})


def patient(call, *, tries, sleep, draw):
    """Call again and again, waiting as told or by the dice."""
    for _ in range(tries):
        try:
            return call()
        except Exception as error:
            sleep(getattr(error, "retry_after", 9.0) or draw())
    return None


def test_a_run_says_what_it_gives_and_what_was_done():
    told = {"gives": ["well"], "calls": 3, "waits": [2.5, 0.2]}
    assert run(patient, tries=5) == {"returned": told, "mutated": []}


def test_an_error_that_gets_out_is_part_of_the_run():
    told = run(lambda call, *, sleep, draw: call())["returned"]
    assert told == {"gives": Raised("Exception", "call 1: status 429"), "calls": 1, "waits": []}


def test_an_error_of_the_program_knows_no_status():
    service = Service([{"error": "KeyError"}], [0.5])
    with pytest.raises(KeyError) as caught:
        service.call()
    assert not hasattr(caught.value, "status_code")


def test_the_last_outcome_stays_and_no_answer_calls_for_ever():
    told = run(
        lambda call, *, sleep, draw: [call() for _ in range(3)], {"outcomes": [{"gives": 1}], "draws": [0.5]}
    )
    assert told["returned"]["gives"] == [1, 1, 1]
    told = run(patient, {"outcomes": [{"status": 503}], "draws": [0.5]}, tries=10**6)["returned"]
    assert told["gives"].type == "SystemExit" and told["calls"] == MAXIMUM + 1


def test_the_dice_are_thrown_once_a_call():
    service = Service([{"gives": 1}], [0.1, 0.2])
    assert [service.draw(), service.draw()] == [0.1, 0.1]
    service.call(), service.call(), service.call()
    assert service.draw() == 0.2


@pytest.mark.parametrize("seconds", [-1, float("nan"), "soon"])
def test_no_one_waits_backwards(seconds):
    with pytest.raises(ValueError):
        Service([{"gives": 1}], [0.5]).sleep(seconds)


def test_no_wait_is_none_and_what_is_given_is_nobodys_to_change():
    script = {"outcomes": [{"gives": {"a": [1]}}], "draws": [0.5]}

    def spoils(call, *, sleep, draw):
        sleep(0)
        call()["a"].append(2)
        return call()

    assert run(spoils, script)["returned"] == {"gives": {"a": [1]}, "calls": 2, "waits": []}


@pytest.mark.parametrize("status", [{}, {"status": 503, "retry_after": None}])
def test_an_exception_that_is_the_answer_is_returned_as_an_object(status):
    script = {"outcomes": [{"status": 500}, {"gives_error": "ValueError"} | status], "draws": [0.5]}
    told = run(patient, script, tries=3)["returned"]
    assert told == {"gives": "the exception object that call 2 returned", "calls": 2, "waits": [0.5]}

    def raises_it(call, *, sleep, draw):
        raise call()

    script["outcomes"].pop(0)
    assert run(raises_it, script)["returned"]["gives"].type == "ValueError"
