"""The table of faults: what each SDK makes of each of them by itself, and what mmlab's client does.

`python -m mmlab.course.fault_table` lets the local server fail in every way that it can,
asks it through the three bare SDKs and through `mmlab.api.client`, whole and in a stream,
waiting and awaited, and writes book/faults.json and the page book/faults.md. `--page`
writes the page from the record alone.
"""

import argparse
import datetime
import json
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

from mmlab.course import places
from mmlab.course.notebook import write_bytes

RECORD, PAGE = Path("book/faults.json"), Path("book/faults.md")
PROVIDERS, MODES = ("openai", "anthropic", "google"), ("sync", "async", "stream", "async stream")
# as the server plans it → what happens
FAULTS = {
    "429": "too many requests",
    "429:1": "too many requests, with `Retry-After: 1`",
    "500": "an error of the server",
    "503": "the service is away",
    "529": "overloaded",
    "timeout:30": "no answer at all",
    "slow:0.002": "an answer that comes slowly",
    "reset": "the connection is reset",
    "broken": "the connection breaks in the middle of the answer",
    "cut": "a stream ends too early, but cleanly",
    "truncated": "JSON that ends too early",
    "html": "a page of HTML, with status 200",
    "empty": "an answer without content",
    "refusal": "the model will not answer",
}
HEAD = """\
# Faults, and who notices

Services fail. The local server of this course does so on demand, in {count} ways. For this page each of the three
official SDKs met every fault by itself, with its own settings, and then through `mmlab.api.client`, which tells the SDKs
not to retry and does it in one place: whole answers and streams, waiting and awaited. Each fault came once, and all is
well again; or it stayed.

The text that was asked for is known, so that a half of it is told from the whole. *Bare* is what a program sees that
reads the answer as the SDKs' introductions show; an error of its own, such as `IndexError`, is one that the SDK did not
raise. `CallFailed` is the one error of `mmlab.api.client`; the word behind it is its `kind`.

Of {cases} cases, the bare SDKs gave a part of an answer for the whole in **{halves}** and raised an error that is neither
their own nor their transport's in **{strange}**; `mmlab.api.client` in **{ours_halves}** and **{ours_strange}**.

Measured on {date} with openai {openai}, anthropic {anthropic}, google-genai {google-genai}, Python {python}. The rows
come from `python -m mmlab.course.fault_table`.
"""


def measured() -> dict:
    """Return fault → provider → mode → what the bare SDK does and what ours does, once and always."""
    pairs = [(provider, mode) for provider in PROVIDERS for mode in MODES]
    with ThreadPoolExecutor(4) as pool:
        columns = dict(zip(pairs, pool.map(lambda pair: column(*pair), pairs), strict=True))
    return {fault: {provider: {mode: columns[provider, mode][fault] for mode in MODES} for provider in PROVIDERS}
            for fault in FAULTS}  # fmt: skip


def column(provider: str, mode: str, faults=tuple(FAULTS)) -> dict:
    """Return fault → {"bare": {"once", "always"}, "ours": {"once", "always"}}, each [outcome, requests].

    The clients wait in a virtual clock; only the time-outs take their time.
    """
    from mmlab.api import server
    from mmlab.course.fault_calls import Bare, Ours

    found: dict = {}
    with server.running() as local:
        for fault in faults:
            found[fault] = {}
            for side, kind in (("bare", Bare), ("ours", Ours)):
                with kind(local, provider, mode, fault) as calls:
                    found[fault][side] = {often: calls.outcome(fault + times)
                                          for often, times in (("once", ""), ("always", "*always"))}  # fmt: skip
    return found


def facts() -> dict[str, str]:
    """Return when and with what the table was measured."""
    versions = {name: metadata.version(name) for name in ("openai", "anthropic", "google-genai")}
    return versions | {"date": datetime.date.today().isoformat(), "python": platform.python_version()}


def page(record: dict) -> str:
    """Return the page that shows a record."""
    cases = [side for row in record["faults"].values() for modes in row.values() for side in modes.values()]
    counts = {}
    for who, name in (("bare", ""), ("ours", "ours_")):
        outcomes = [outcome for case in cases for outcome, _ in case[who].values()]
        counts[name + "halves"] = sum(outcome == "a part of it" for outcome in outcomes)
        counts[name + "strange"] = sum(is_strange(outcome) for outcome in outcomes)
    text = HEAD.format(count=len(record["faults"]), cases=2 * len(cases), **counts, **record["facts"])
    for fault, row in record["faults"].items():
        text += f"\n## {FAULTS[fault][:1].upper()}{FAULTS[fault][1:]}\n\n`--faults {fault}`\n\n"
        text += "| asked | how | bare: once | bare: always | ours: once | ours: always |\n|---|---|---|---|---|---|\n"
        for provider, modes in row.items():
            for alike, cells in merged(modes):
                text += f"| {provider} | {', '.join(alike)} | {' | '.join(cells)} |\n"
    return text


def merged(modes: dict) -> list[tuple[list[str], list[str]]]:
    """Return the modes that end alike together, each group with its four cells."""
    groups: dict[tuple, list[str]] = {}
    for mode, sides in modes.items():
        cells = tuple(words(*sides[side][often]) for side in ("bare", "ours") for often in ("once", "always"))
        groups.setdefault(cells, []).append(mode)
    return [(alike, list(cells)) for cells, alike in groups.items()]


def words(outcome: str, requests: int) -> str:
    """Return one outcome in words.

    >>> words("openai.RateLimitError", 3)
    '`openai.RateLimitError` after 3 requests'
    """
    name, _, waits = outcome.partition(" (")
    code = f"`{name}`" if "Error" in name or "Failed" in name or "." in name else name
    return code + (f" after {requests} requests" if requests > 1 else "") + (f" ({waits}" if waits else "")


def is_strange(outcome: str) -> bool:
    """Return whether an outcome is an error that neither an SDK nor its transport nor our client raises on purpose."""
    return outcome.endswith("Error") and "." not in outcome


def main(argv: list[str] | None = None) -> int:
    """Measure and write record and page; return 0."""
    parser = argparse.ArgumentParser(prog="python -m mmlab.course.fault_table", description=__doc__)
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page")
    root = places.root()
    if parser.parse_args(argv).page:
        record = json.loads((root / RECORD).read_text())
    else:
        record = {"facts": facts(), "faults": measured()}
        write_bytes(root / RECORD, (json.dumps(record, indent=1) + "\n").encode())
    write_bytes(root / PAGE, page(record).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
