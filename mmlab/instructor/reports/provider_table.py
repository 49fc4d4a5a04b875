"""The table of the three providers: facts from the catalogue, and requests and responses of their SDKs.

`python -m mmlab.instructor.reports.provider_table` asks the local server one question about one image
with each unmodified SDK, makes common mistakes, and writes book/providers.md.
"""

import datetime
import json
import sys
from importlib import metadata
from pathlib import Path

from mmlab.api import catalog
from mmlab.api.providers import PROVIDERS
from mmlab.cli import paths
from mmlab.files import atomic_write
from mmlab.instructor.reports.provider_calls import SIDE, Calls

PAGE = Path("book/providers.md")
SIZES = ((512, 512), (1024, 1024), (2048, 1536))
ROLES = {
    "vision": "is best at images",
    "fast": "reads images at a lower price",
    "image": "generates images",
    "listen": "answers questions about audio",
    "transcribe": "transcribes",
    "embed": "embeds",
}
HEAD = """\
# Three providers, side by side

Each of the three providers has its own format for the same request and for its response. This page is generated. Facts
come from `mmlab/api/catalog.toml`, each with its date and source. The rest comes from runs of the unmodified SDKs openai
{openai}, anthropic {anthropic} and google-genai {google-genai} against the course's local server. The server implements
the three protocols and answers from the image; it cannot show a provider's own models, prices or rate limits.

"""


def page() -> str:
    """Return the page; everything on it is looked up or run at this moment."""
    from mmlab.api import server

    versions = {
        name: metadata.version(name) for name in (provider.package for provider in PROVIDERS.values())
    }
    with server.running(key="right", retired=[catalog.model_for("fast")]) as local:
        calls = {name: Calls(local, name) for name in PROVIDERS}
        responses = {name: sdk.request_and_response() for name, sdk in calls.items()}
        wrong = {name: sdk.mistakes() for name, sdk in calls.items()}
    parts = [HEAD.format(**versions), catalogued(), on_the_wire(responses), mistaken(wrong), retiring()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def table(first: str, rows: dict[str, list[str]]) -> str:
    """Return a Markdown table with one column per provider.

    first  the heading of the first column
    rows   label → one cell per provider
    """
    heads = [first, *(provider.name for provider in PROVIDERS.values())]
    lines = [heads, ["---"] * len(heads), *([label, *cells] for label, cells in rows.items())]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def catalogued() -> str:
    """Return the section of facts from the catalogue, each with its date and source."""
    facts = catalog.catalog()
    rows = {
        f"The model that {does}": [_model(name, role) for name in PROVIDERS] for role, does in ROLES.items()
    }
    limits = [provider.limits for provider in PROVIDERS.values()]
    rows["Maximum image size"] = [f"{row['image_bytes'] / 2**20:g} MB" for row in limits]
    rows["Maximum side"] = [
        f"{row['image_side']} px" if "image_side" in row else "not stated" for row in limits
    ]
    rows["Images per request"] = [f"{row['images']}" for row in limits]
    rows["Formats"] = [", ".join(row["formats"]) for row in limits]
    for width, height in SIZES:
        rows[f"Tokens of {width} × {height} px"] = [
            f"{provider.image_tokens(width, height)}" for provider in PROVIDERS.values()
        ]
    sources = [
        f"[{PROVIDERS[name].name}]({facts[kind][name]['source']}), as of {facts[kind][name]['as_of']}"
        for kind in ("limits", "image_tokens")
        for name in PROVIDERS
    ]
    note = (
        "In brackets: US dollars per million tokens, input / output. Tokens of an image: common models, "
        "default detail."
    )
    return f"## Facts from the catalogue\n\n{table('fact', rows)}\n{note} Limits and tokens: {'; '.join(dict.fromkeys(sources))}.\n"


def _model(provider: str, role: str) -> str:
    """Return the model id for a role with its price, or a dash if there is none."""
    name = catalog.catalog()["roles"][provider].get(role)
    if name is None:
        return "—"
    known = catalog.catalog()["prices"].get(name)
    return f"`{name}`" + (f" ({known['price']['input']:g} / {known['price']['output']:g})" if known else "")


def on_the_wire(responses: dict[str, dict]) -> str:
    """Return the section with one question about one image."""
    answers = {response["answer"] for response in responses.values()}
    rows = {
        label: [_code(responses[name][label]) for name in PROVIDERS]
        for label in ("call", "the image", "the text", "ended", "tokens", "a refusal", "a stream")
    }
    labels = {
        "call": "The call",
        "the image": "The image, as a part of the message",
        "the text": "The text of the response",
        "ended": "The stop reason",
        "tokens": "The tokens",
        "a refusal": "The stop reason of a refusal",
        "a stream": "The events of a stream",
    }
    return (
        f"## One question about one image\n\nAn image of {SIDE} × {SIDE} px and the question *What colour is the "
        f"shape?* All three return {' and '.join(map(repr, sorted(answers)))}, which is correct.\n\n"
        + table("part", {labels[label]: cells for label, cells in rows.items()})
    )


def mistaken(wrong: dict[str, dict[str, str]]) -> str:
    """Return the section of mistakes and the exceptions that each SDK raises."""
    labels = list(next(iter(wrong.values())))
    rows = {label: [wrong[name][label] for name in PROVIDERS] for label in labels}
    return (
        "## Mistakes and their exceptions\n\nThe status, the exception that the SDK raises, and its message; *accepted* if it raises none.\n\n"
        + table("mistake", rows)
    )


def retiring() -> str:
    """Return the section of model ids that were or will be retired."""
    today = catalog.catalog()["as_of"]
    rows = "| date | provider | model ids |\n|---|---|---|\n"
    for row in sorted(
        catalog.catalog()["retirements"], key=lambda row: (row["date"], row["provider"]), reverse=True
    ):
        if row["date"] > today - datetime.timedelta(days=400):
            ids = ", ".join(f"`{name}`" for name in row["ids"])
            rows += f"| {row['date']} | {PROVIDERS[row['provider']].name} | {ids} |\n"
    return (
        f"## Retired model ids\n\nA program that names a model fails once the model is retired. As announced by {today}; "
        f"older retirements are in the catalogue.\n\n{rows}"
    )


def _code(value) -> str:
    """Return a value as code for a table's cell, the items of a list one below the other."""
    if isinstance(value, list):
        return "<br>".join(map(_code, value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "`" + text.replace("|", "\\|") + "`"


def main() -> int:
    """Write the page; return 0."""
    atomic_write(paths.root() / PAGE, page().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
