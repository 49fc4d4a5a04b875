"""Gates on what has to do with model providers: no model id but in the catalogue, no key and no person in an output."""

import json
import re

from gates.cells import Notebook, joined
from gates.files import File
from gates.repository import PATTERNS

# An id as the wire has it. Names of products, such as GPT-4o, are written otherwise.
FAMILIES = re.compile(
    r"(?<![\w/.-])(?:gpt-(?:\d|image-|audio|realtime|transcribe)[\w.-]*\w|claude-(?:\d|opus|sonnet|haiku|instant|mythos)[\w.-]*\w"
    r"|gemini-(?:\d|pro|embedding|flash)[\w.-]*\w|dall-e-\d|whisper-1|tts-1(?:-hd)?|text-embedding-[\w-]+\w|o[134]-(?:mini|preview|pro))(?![\w-])"
)
OURS = re.compile(r"""["'`]mm-[a-z][a-z-]*["'`]""")
GENERATED = ("book/providers.md",)  # from the catalogue
# Numbers and addresses that were never given to a person: those reserved for examples.
NOBODYS = re.compile(
    r"example\.(?:com|net|org)$|\b555[ .)-]*01\d\d$|^(?:000|666|9\d\d)\D|^\d{3}\D00\D|\D0000$"
)
PERSONS = {
    "an e-mail address": r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}\b",
    "a telephone number": r"(?<![\w.$-])(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])",
    "a social security number": r"(?<![\w.-])\d{3}[ -]\d{2}[ -]\d{4}(?![\w-])",
}
KEYS = {
    "a key of a provider": r"\b(?:sk-(?:ant-|proj-)?[\w-]{16,}|AIza[\w-]{30,}|AQ\.[\w-]{30,})",
    "a header with a key": r"(?i)\b(?:authorization|x-api-key|x-goog-api-key)\W{1,6}(?:bearer )?[\w.-]{12,}",
}


def model_ids(file: File) -> list[str]:
    """No model id stands outside the catalogue: texts and cells name roles, and ids come from catalog.toml."""
    if file.path in GENERATED:
        return []
    patterns = (FAMILIES, OURS) if file.path.endswith(".ipynb") else (FAMILIES,)
    if file.path.endswith(".ipynb"):
        cells = Notebook(file.path, file.text).cells
        texts = [(f"{file.path}#{cell['id']}", cell["source"]) for cell in cells]
    else:
        texts = [(file.path, file.text)]
    return [
        f"{where}: {found[0]!r}"
        for where, text in texts
        for pattern in patterns
        for found in pattern.finditer(text)
    ]


def private_outputs(notebook: Notebook) -> list[str]:
    """No output shows a key, or an address or number that may be a person's."""
    faults = []
    for cell in notebook.code:
        for text in map(_words, cell.get("outputs", [])):
            for what, pattern in KEYS.items():
                faults += [f"{notebook.at(cell)}: {what}" for _ in re.finditer(pattern, text)]
            for what, pattern in PERSONS.items():
                found = [match[0] for match in re.finditer(pattern, text)]
                faults += [
                    f"{notebook.at(cell)}: {what}: {one!r}" for one in found if not NOBODYS.search(one)
                ]
            secrets = (PATTERNS[what] for what in ("an access key", "a private key"))
            faults += [
                f"{notebook.at(cell)}: {found[0][:8]!r}..." for one in secrets for found in one.finditer(text)
            ]
    return faults


def _words(output: dict) -> str:
    """Return what an output says, its pictures left out."""
    if "text" in output:
        return joined(output["text"])
    said = [
        joined(value) if isinstance(value, (str, list)) else json.dumps(value)
        for kind, value in output.get("data", {}).items()
        if not kind.startswith(("image/", "audio/", "video/"))
    ]
    said += output.get("traceback", [])
    return re.sub(r"base64,[\w+/=\s]+", "base64,", "\n".join(said))
