"""The table of the three providers: what the catalogue says of them, and what their SDKs say on the wire.

`python -m mmlab.course.provider_table` asks the local server one question about one picture
through each unmodified SDK, makes the mistakes that people make, and writes book/providers.md.
"""

import datetime
import json
import sys
from importlib import metadata
from pathlib import Path

from mmlab.api import catalog, tokens
from mmlab.course import places
from mmlab.course.notebook import write_bytes
from mmlab.course.provider_calls import NAMES, PROVIDERS, SIDE, Calls

PAGE = Path("book/providers.md")
PICTURES = ((512, 512), (1024, 1024), (2048, 1536))
ROLES = {"vision": "sees best", "fast": "sees, for less", "image": "draws", "listen": "listens",
         "transcribe": "transcribes", "embed": "embeds"}  # fmt: skip
HEAD = """\
# Three providers, side by side

The same question goes to three providers in three forms, and comes back in three more. This page is made, not written:
facts come from `mmlab/api/catalog.toml`, each with its date and source; the rest from runs of openai {openai}, anthropic
{anthropic} and google-genai {google-genai}, unmodified, against the course's local server. It speaks the three wire
protocols and answers by looking; what it cannot show is a provider's own models, prices or limits of use.

"""


def page() -> str:
    """Return the page; everything on it is looked up or run now."""
    from mmlab.api import server

    versions = {name: metadata.version(name) for name in ("openai", "anthropic", "google-genai")}
    with server.running(key="right", retired=[catalog.model_for("fast")]) as local:
        calls = {name: Calls(local, name) for name in PROVIDERS}
        asked = {name: one.asked() for name, one in calls.items()}
        wrong = {name: one.mistakes() for name, one in calls.items()}
    parts = [HEAD.format(**versions), catalogued(), on_the_wire(asked), mistaken(wrong), retiring()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def table(first: str, rows: dict[str, list[str]]) -> str:
    """Return a Markdown table with one column a provider.

    first  the head of its first column
    rows   label → one cell a provider
    """
    heads = [first, *(NAMES[name] for name in PROVIDERS)]
    lines = [heads, ["---"] * len(heads), *([label, *cells] for label, cells in rows.items())]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def catalogued() -> str:
    """Return the section of facts that have a date and a source."""
    facts = catalog.catalog()
    rows = {f"The model that {does}": [_model(name, role) for name in PROVIDERS] for role, does in ROLES.items()}
    limits = [facts["limits"][name] for name in PROVIDERS]
    rows["Largest picture"] = [f"{row['image_bytes'] / 2**20:g} MB" for row in limits]
    rows["Longest side"] = [f"{row['image_side']} px" if "image_side" in row else "not stated" for row in limits]
    rows["Pictures in a request"] = [f"{row['images']}" for row in limits]
    rows["Formats"] = [", ".join(row["formats"]) for row in limits]
    for width, height in PICTURES:
        rows[f"Tokens of {width} × {height} px"] = [f"{tokens.image_tokens(name, width, height)}" for name in PROVIDERS]
    sources = [f"[{NAMES[name]}]({facts[kind][name]['source']}), as of {facts[kind][name]['as_of']}"
               for kind in ("limits", "image_tokens") for name in PROVIDERS]  # fmt: skip
    note = ("In brackets: US dollars a million tokens, read / written. Tokens of a picture: common models, "
            "the default detail.")  # fmt: skip
    return f"## What the catalogue says\n\n{table('fact', rows)}\n{note} Limits and tokens: {'; '.join(dict.fromkeys(sources))}.\n"


def _model(provider: str, role: str) -> str:
    """Return the id that plays a role, with its price, or that nobody does."""
    name = catalog.catalog()["roles"][provider].get(role)
    if name is None:
        return "—"
    known = catalog.catalog()["prices"].get(name)
    return f"`{name}`" + (f" ({known['price']['input']:g} / {known['price']['output']:g})" if known else "")


def on_the_wire(asked: dict[str, dict]) -> str:
    """Return the section of one question about one picture."""
    said = {answer["answer"] for answer in asked.values()}
    rows = {label: [_code(asked[name][label]) for name in PROVIDERS]
            for label in ("call", "the picture", "the text", "ended", "tokens", "a refusal", "a stream")}  # fmt: skip
    labels = {"call": "The call", "the picture": "The picture, as a part of the message", "the text": "Where the text is",
              "ended": "How it ended", "tokens": "What it took", "a refusal": "When the model will not answer",
              "a stream": "What a stream is made of"}  # fmt: skip
    return (f"## One question about one picture\n\nA picture of {SIDE} × {SIDE} px and the words *What colour is the "
            f"shape?* All three bring {' and '.join(map(repr, sorted(said)))}, which is the truth.\n\n"
            + table("part", {labels[label]: cells for label, cells in rows.items()}))  # fmt: skip


def mistaken(wrong: dict[str, dict[str, str]]) -> str:
    """Return the section of mistakes, and what each SDK raises."""
    labels = list(next(iter(wrong.values())))
    rows = {label: [wrong[name][label] for name in PROVIDERS] for label in labels}
    return ("## Mistakes, and what is raised\n\nThe status, the error that the SDK raises, and the words with it; *taken* where there is none.\n\n"
            + table("mistake", rows))  # fmt: skip


def retiring() -> str:
    """Return the section of model ids that have gone or will go."""
    today = catalog.catalog()["as_of"]
    rows = "| when | who | which |\n|---|---|---|\n"
    for row in sorted(catalog.catalog()["retirements"], key=lambda row: (row["date"], row["provider"]), reverse=True):
        if row["date"] > today - datetime.timedelta(days=400):
            ids = ", ".join(f"`{name}`" for name in row["ids"])
            rows += f"| {row['date']} | {NAMES[row['provider']]} | {ids} |\n"
    return (f"## Ids that stop answering\n\nA program that names a model stops when the model does. As announced by {today}; "
            f"older ones are in the catalogue.\n\n{rows}")  # fmt: skip


def _code(value) -> str:
    """Return a value as code in a table's cell; lists one below the other."""
    if isinstance(value, list):
        return "<br>".join(map(_code, value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "`" + text.replace("|", "\\|") + "`"


def main() -> int:
    """Write the page; return 0."""
    write_bytes(places.root() / PAGE, page().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
