"""Every fault, every provider, whole and in a stream, waiting and awaited: the client does the right thing.

book/faults.json holds what was measured; here a part of it is measured again, and all of it
is held to what a client owes its caller.
"""

import json
from pathlib import Path

import pytest

from mmlab.api.server.faults import NAMES, planned
from mmlab.instructor.reports import fault_table
from mmlab.instructor.reports.fault_table import FAULTS, MODES, PROVIDERS

ROOT = Path(__file__).parents[2]
PASSING = {"429", "429:1", "500", "503", "529", "timeout:30", "reset", "broken", "truncated", "html"}


@pytest.fixture(scope="module")
def record() -> dict:
    return json.loads((ROOT / fault_table.RECORD).read_text())


def test_every_fault_of_the_server_is_in_the_table(record):
    assert {planned(fault)[0][0].name for fault in FAULTS} == set(NAMES)
    assert list(record["faults"]) == list(FAULTS)
    for row in record["faults"].values():
        assert list(row) == list(PROVIDERS) and all(list(modes) == list(MODES) for modes in row.values())


def cases(record, side: str):
    """Yield (fault, provider, mode, {"once", "always"}) of one side."""
    for fault, row in record["faults"].items():
        for provider, modes in row.items():
            for mode, sides in modes.items():
                yield fault, provider, mode, sides[side]


def test_ours_never_gives_a_part_for_the_whole_and_raises_one_kind_of_error(record):
    for fault, provider, mode, ends in cases(record, "ours"):
        for outcome, requests in ends.values():
            known = outcome.startswith(("the answer", "ending ", "CallFailed: "))
            assert known, f"{fault} at {provider}, {mode}: {outcome}"
            assert 1 <= requests <= 4


def test_ours_outlives_each_fault_that_passes(record):
    for fault, provider, mode, ends in cases(record, "ours"):
        outcome, requests = ends["once"]
        if fault in PASSING | {"cut"} and mode != "stream":
            unseen = fault == "cut" and "stream" not in mode  # nothing to cut
            assert outcome.startswith("the answer") and requests == (1 if unseen else 2), (
                fault,
                provider,
                mode,
            )
        elif fault in PASSING - {"broken", "truncated"}:
            assert outcome.startswith("the answer") and requests == 2, (fault, provider, mode)
        elif fault in ("empty", "refusal"):
            assert outcome == f"ending {fault}" and requests == 1


def test_ours_says_what_stays_wrong(record):
    kinds = {
        "429": "rate_limit",
        "429:1": "rate_limit",
        "500": "server",
        "503": "overloaded",
        "529": "overloaded",
        "timeout:30": "timeout",
        "reset": "connection",
        "broken": "connection",
        "truncated": "garbled",
    }
    for fault, provider, mode, ends in cases(record, "ours"):
        outcome, requests = ends["always"]
        if fault in kinds:
            assert outcome.startswith(f"CallFailed: {kinds[fault]}"), (fault, provider, mode, outcome)
            assert requests in ((4,) if "stream" != mode else (1, 4))
        if fault in ("cut", "html") and "stream" in mode:
            assert outcome in ("CallFailed: cut", "CallFailed: garbled"), (fault, provider, mode, outcome)


def test_retry_after_is_honoured_by_ours(record):
    for fault, provider, mode, ends in cases(record, "ours"):
        if fault == "429:1":
            assert ends["once"] == ["the answer (waits 1 s)", 2], (provider, mode)


def test_the_bare_sdks_do_what_the_course_says_of_them(record):
    bare = {(fault, provider, mode): ends for fault, provider, mode, ends in cases(record, "bare")}
    for provider in PROVIDERS:
        for mode in ("stream", "async stream"):
            assert bare["cut", provider, mode]["once"] == ["a part of it", 1]  # nobody notices
    for mode in MODES:
        assert bare["429", "google", mode]["once"][1] == 1  # does not retry unless told to
        assert bare["429", "openai", mode]["always"] == ["openai.RateLimitError", 3]
        assert bare["429", "anthropic", mode]["once"][1] == 2
    assert bare["html", "openai", "sync"]["once"][0] == "AttributeError"
    assert bare["refusal", "anthropic", "sync"]["once"][0] == "IndexError"
    assert bare["refusal", "openai", "sync"]["once"][0] == "None"
    assert bare["truncated", "anthropic", "stream"]["once"][0] == "JSONDecodeError"
    assert bare["broken", "anthropic", "stream"]["once"][0] == "httpx2.RemoteProtocolError"


def test_the_page_is_as_its_record_says(record):
    page = (ROOT / fault_table.PAGE).read_text()
    assert page == fault_table.page(record), "python -m mmlab.instructor.reports.fault_table --page"
    assert "Of 336 cases" in page


@pytest.mark.slow
@pytest.mark.repetition
def test_the_record_is_what_is_measured(record):
    measured = fault_table.measured()
    for fault, row in record["faults"].items():
        for provider, modes in row.items():
            for mode, sides in modes.items():
                found = measured[fault][provider][mode]
                if found != sides and fault.startswith("timeout"):  # a busy machine is late with its answers
                    found = fault_table.column(provider, mode, [fault])[fault]
                assert found == sides, (
                    f"{fault}, {provider}, {mode}: python -m mmlab.instructor.reports.fault_table"
                )
