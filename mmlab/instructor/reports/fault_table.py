"""The table of faults: the outcome of each with every bare SDK and with mmlab's client.

`python -m mmlab.instructor.reports.fault_table` makes the local server fail in every way that it can,
calls it with the three bare SDKs and with `mmlab.api.client`, with and without streaming,
synchronously and asynchronously, and writes book/faults.json and the page book/faults.md.
`--page` writes the page from the stored results.
"""

import argparse
import datetime
import json
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

from mmlab.api.providers import PROVIDERS
from mmlab.cli import paths
from mmlab.files import atomic_write

RECORD, PAGE = Path("book/faults.json"), Path("book/faults.md")
MODES = ("sync", "async", "stream", "async stream")
# the server's name of a fault → what happens
FAULTS = {
    "429": "too many requests",
    "429:1": "too many requests, with `Retry-After: 1`",
    "500": "an internal server error",
    "503": "the service is unavailable",
    "529": "overloaded",
    "timeout:30": "no answer at all",
    "slow:0.002": "a slow answer",
    "reset": "the connection is reset",
    "broken": "the connection breaks in the middle of the answer",
    "cut": "a stream ends too early, without an error",
    "truncated": "JSON that ends too early",
    "html": "a page of HTML, with status 200",
    "empty": "an answer without content",
    "refusal": "the model refuses to answer",
}
HEAD = """\
# Faults, and who notices

Services fail. The local server of this course fails on demand in {count} ways. For this page, each of the three official
SDKs was called during every fault, first bare, with its own settings, and then through `mmlab.api.client`, which turns
off the SDKs' retries and retries in one place. Both were tried with and without streaming, synchronously and
asynchronously. Each fault happened either *once*, or on every request (*always*).

The correct text is known, so a partial answer can be recognised. *Bare* is the outcome for a program that reads the
answer as the SDKs' introductions show; an error without a package, such as `IndexError`, was not raised by the SDK on
purpose. `CallFailed` is the only exception of `mmlab.api.client`; its `kind` follows the colon.

Of {cases} cases, the bare SDKs returned a partial answer as if it were complete in **{halves}** and raised an error that
is neither their own nor their transport's in **{strange}**; `mmlab.api.client` in **{ours_halves}** and **{ours_strange}**.

Measured on {date} with openai {openai}, anthropic {anthropic}, google-genai {google-genai}, Python {python}. The rows
come from `python -m mmlab.instructor.reports.fault_table`.
"""


def measured() -> dict:
    """Return fault → provider → mode → the outcomes with the bare SDK and with our client, once and always."""
    pairs = [(provider, mode) for provider in PROVIDERS for mode in MODES]
    with ThreadPoolExecutor(4) as pool:
        columns = dict(zip(pairs, pool.map(lambda pair: column(*pair), pairs), strict=True))
    return {
        fault: {provider: {mode: columns[provider, mode][fault] for mode in MODES} for provider in PROVIDERS}
        for fault in FAULTS
    }


def column(provider: str, mode: str, faults=tuple(FAULTS)) -> dict:
    """Return fault → {"bare": {"once", "always"}, "ours": {"once", "always"}}, each [outcome, requests].

    The clients wait on a virtual clock; only the timeouts take real time.
    """
    from mmlab.api import server
    from mmlab.instructor.reports.fault_calls import BARE, Ours

    outcomes: dict = {}
    with server.running() as local:
        for fault in faults:
            outcomes[fault] = {}
            for side, kind in (("bare", BARE[provider]), ("ours", Ours)):
                with kind(local, provider, mode, fault) as calls:
                    outcomes[fault][side] = {
                        often: calls.outcome(fault + times)
                        for often, times in (("once", ""), ("always", "*always"))
                    }
    return outcomes


def facts() -> dict[str, str]:
    """Return the date and the versions of the measurement."""
    versions = {
        name: metadata.version(name) for name in (provider.package for provider in PROVIDERS.values())
    }
    return versions | {"date": datetime.date.today().isoformat(), "python": platform.python_version()}


def page(record: dict) -> str:
    """Return the page of a record."""
    cases = [side for row in record["faults"].values() for modes in row.values() for side in modes.values()]
    counts = {}
    for who, name in (("bare", ""), ("ours", "ours_")):
        outcomes = [outcome for case in cases for outcome, _ in case[who].values()]
        counts[name + "halves"] = sum(outcome == "a part of it" for outcome in outcomes)
        counts[name + "strange"] = sum(is_strange(outcome) for outcome in outcomes)
    text = HEAD.format(count=len(record["faults"]), cases=2 * len(cases), **counts, **record["facts"])
    for fault, row in record["faults"].items():
        text += f"\n## {FAULTS[fault][:1].upper()}{FAULTS[fault][1:]}\n\n`--faults {fault}`\n\n"
        text += "| provider | mode | bare: once | bare: always | ours: once | ours: always |\n|---|---|---|---|---|---|\n"
        for provider, modes in row.items():
            for modes_alike, cells in merged(modes):
                text += f"| {provider} | {', '.join(modes_alike)} | {' | '.join(cells)} |\n"
    return text


def merged(modes: dict) -> list[tuple[list[str], list[str]]]:
    """Return groups of modes with equal outcomes, each with its four cells."""
    groups: dict[tuple, list[str]] = {}
    for mode, sides in modes.items():
        cells = tuple(words(*sides[side][often]) for side in ("bare", "ours") for often in ("once", "always"))
        groups.setdefault(cells, []).append(mode)
    return [(modes_alike, list(cells)) for cells, modes_alike in groups.items()]


def words(outcome: str, requests: int) -> str:
    """Return one outcome as text.

    >>> words("openai.RateLimitError", 3)
    '`openai.RateLimitError` after 3 requests'
    """
    name, _, waits = outcome.partition(" (")
    code = f"`{name}`" if "Error" in name or "Failed" in name or "." in name else name
    return code + (f" after {requests} requests" if requests > 1 else "") + (f" ({waits}" if waits else "")


def is_strange(outcome: str) -> bool:
    """Return whether an outcome is an error that no SDK, transport or client of ours raises on purpose."""
    return outcome.endswith("Error") and "." not in outcome


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the record and the page; return 0."""
    parser = argparse.ArgumentParser(
        prog="python -m mmlab.instructor.reports.fault_table", description=__doc__
    )
    parser.add_argument("--page", action="store_true", help="write the page without measuring")
    root = paths.root()
    if parser.parse_args(argv).page:
        record = json.loads((root / RECORD).read_text())
    else:
        record = {"facts": facts(), "faults": measured()}
        atomic_write(root / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    atomic_write(root / PAGE, page(record).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
