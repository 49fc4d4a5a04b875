"""The page of model families: modalities, architecture, and what is published, inferred, claimed or contradicted.

`python -m mmlab.instructor.reports.family_table` writes book/families.md from book/families.toml.
"""

import sys
import tomllib
from pathlib import Path
from typing import Any

from mmlab.cli import paths
from mmlab.files import atomic_write

DATA, PAGE = Path("book/families.toml"), Path("book/families.md")
STATUSES = {
    "published": "stated in a published paper, a model card or documentation, or readable in released code or weights",
    "inferred": "follows from released files; nobody states it",
    "vendor claim": "stated by the vendor, and nobody outside can check it",
    "contradicted": "often repeated, but the source says otherwise",
}
HEAD = """\
# Model families

Facts about models age quickly, and many that circulate were never published. Each fact below has a source and holds
as of {as_of}. This page is generated from `book/families.toml`.

Families with a class were run: a test builds a small random model of that class of transformers and finds in it what
sets the family apart.

## Overview

| family | since | in | out | image enters by | sizes |
|---|---|---|---|---|---|
{rows}

*Image enters by*: {patterns}.

## Context windows by source

| family | tokens | what the source says | source |
|---|---|---|---|
{windows}

## What is known, and how

{statuses}

{facts}"""


def families(root: Path) -> dict[str, Any]:
    """Return the data of book/families.toml below a course's root."""
    return tomllib.loads((root / DATA).read_text())


def page(data: dict[str, Any]) -> str:
    """Return the page for the data."""
    return HEAD.format(
        as_of=data["as_of"],
        rows="\n".join(map(overview, data["family"])),
        patterns="; ".join(f"*{name}*: {what}" for name, what in data["patterns"].items()),
        windows="\n".join(
            f"| {family['name']} | {fact['window']:,} | {fact['text']} | {link(fact, family)} |"
            for family in data["family"]
            for fact in family["fact"]
            if "window" in fact
        ),
        statuses="\n".join(f"- **{name}**: {meaning}" for name, meaning in STATUSES.items()),
        facts="\n".join(map(section, data["family"])),
    )


def overview(family: dict[str, Any]) -> str:
    """Return a family's row of the first table."""
    sizes = ", ".join(family["sizes"])
    if "image_sizes" in family:
        sizes += f" (images: {', '.join(family['image_sizes'])})"
    cells = [
        f"[{family['name']}]({family['source']})",
        family["released"],
        ", ".join(family["inputs"]),
        ", ".join(family["outputs"]),
        family["pattern"],
        sizes,
    ]
    return f"| {' | '.join(cells)} |"


def section(family: dict[str, Any]) -> str:
    """Return a family's vendor, class and facts, sorted by their status."""
    order = list(STATUSES)
    facts = sorted(family["fact"], key=lambda fact: order.index(fact["status"]))
    lines = [f"- **{fact['status']}**: {fact['text']} ({link(fact, family)})" for fact in facts]
    origin = f"Vendor: {family['vendor']}."
    if "class" in family:
        origin += f" Class in transformers: `{family['class']}`."
    return f"### {family['name']}\n\n{origin}\n\n" + "\n".join(lines) + "\n"


def link(fact: dict[str, Any], family: dict[str, Any]) -> str:
    """Return a link to a fact's source, its family's where it has none of its own."""
    address = fact.get("source", family["source"])
    host = address.split("/")[2].removeprefix("www.")
    return f"[{address.rsplit('/', 1)[1] if host == 'arxiv.org' else host}]({address})"


def main() -> int:
    """Write the page; return 0."""
    atomic_write(paths.root() / PAGE, page(families(paths.root())).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
