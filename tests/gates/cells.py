"""Gates on notebooks: ids, sizes, prompts, quiz, pictures, stored outputs."""

import ast
import itertools
import json
import re
from functools import cached_property
from pathlib import Path

from gates.files import File

LESSON_LINES, STRETCH_LINES, STORED_LINES = 15, 25, 10
PREDICTIONS, QUIZ = 3, (5, 8)
MARK = "nbval-check-output"
READABLE = re.compile(r"[a-z][a-z0-9_]*(-[a-z0-9_]+)*")
WIDGETS = re.compile(r"\b(ipywidgets|mmlab\.widgets|widgets\.|interact\()|from mmlab import .*\bwidgets\b")


class Notebook(File):
    """One notebook as its file holds it."""

    @classmethod
    def of(cls, *cells: dict, path: str = "lessons/02_planted.ipynb") -> "Notebook":
        """Return a notebook made of `cells`, for planting faults."""
        whole = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        return cls(path, json.dumps(whole))

    @cached_property
    def cells(self) -> list[dict]:
        """The cells, each with its `source` as one string."""
        cells = json.loads(self.text)["cells"]
        return [cell | {"source": joined(cell["source"]), "id": cell.get("id", "")} for cell in cells]

    @property
    def code(self) -> list[dict]:
        """The code cells."""
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @property
    def week(self) -> str:
        """The week's id, such as "02_clip": of lessons/02_clip_b.ipynb too."""
        name = Path(self.path).parent.name if self.path.endswith("lab.ipynb") else Path(self.path).stem
        return re.sub(r"_[b-z]$", "", name)

    def at(self, cell: dict) -> str:
        """Return "path#id" of a cell."""
        return f"{self.path}#{cell['id']}"


def joined(text: str | list[str]) -> str:
    """Return a notebook file's text field, which may be a list of lines, as one string."""
    return text if isinstance(text, str) else "".join(text)


def tags(cell: dict) -> list[str]:
    """Return a cell's tags."""
    return cell.get("metadata", {}).get("tags", [])


def code(source: str, name: str = "some-cell", **more) -> dict:
    """Return a code cell, for planting faults."""
    return {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": []} | more


def prose(source: str, name: str = "some-cell") -> dict:
    """Return a markdown cell, for planting faults."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def cell_ids(notebook: Notebook) -> list[str]:
    """Every cell has an id of its own that people can read."""
    names = [cell["id"] for cell in notebook.cells]
    faults = [
        f"{notebook.path}: two cells are called {n!r}" for n in sorted(set(names)) if names.count(n) > 1
    ]
    for name in names:
        random = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?|[0-9a-f]{12,}", name)
        if random or not READABLE.fullmatch(name):
            faults.append(f"{notebook.path}: the id {name!r} is not readable")
    return faults


def cell_lines(notebook: Notebook) -> list[str]:
    """A lesson's code cell has at most 15 lines, 25 with the tag `stretch`; blank ones are free."""
    faults = []
    for cell in notebook.code:
        count = sum(bool(line.strip()) for line in cell["source"].splitlines())
        maximum = STRETCH_LINES if "stretch" in tags(cell) else LESSON_LINES
        if cell["id"] != "setup" and count > maximum:
            faults.append(f"{notebook.at(cell)}: {count} lines (at most {maximum})")
    return faults


def predictions(notebook: Notebook) -> list[str]:
    """A lesson asks at least three times for a prediction, and folds each answer."""
    places = [i for i, cell in enumerate(notebook.cells) if re.fullmatch(r"predict-[\w-]+", cell["id"])]
    places = [i for i in places if not notebook.cells[i]["id"].endswith("-answer")]
    faults = [f"{notebook.path}: {len(places)} predictions asked for"] * (len(places) < PREDICTIONS)
    for i, following in zip(places, [*places[1:], len(notebook.cells)], strict=True):
        if not any("<details" in cell["source"] for cell in notebook.cells[i : min(following, i + 9)]):
            faults.append(f"{notebook.at(notebook.cells[i])}: no folded answer follows")
    return faults


def quiz(notebook: Notebook) -> list[str]:
    """A lesson closes with 5 to 8 questions (a), (b) …; the folded answer says why of each choice."""
    questions = [cell for cell in notebook.cells if re.fullmatch(r"quiz-\d+", cell["id"])]
    faults = [f"{notebook.path}: {len(questions)} questions"] * (not QUIZ[0] <= len(questions) <= QUIZ[1])
    for cell in questions:
        question, _, answer = cell["source"].partition("<details")
        choices = set(re.findall(r"\(([a-h])\)", question))
        silent = choices - set(re.findall(r"\(([a-h])\)", answer))
        faults += [f"{notebook.at(cell)}: {len(choices)} choices"] * (len(choices) < 2)
        faults += [f"{notebook.at(cell)}: nothing about ({choice})" for choice in sorted(silent)]
    return faults


def setup_cell(notebook: Notebook, wanted: str) -> list[str]:
    """The first code cell is the one setup text, its slot filled with the week."""
    first = notebook.code[0] if notebook.code else code("")
    good = first["id"] == "setup" and first["source"] == wanted
    return [] if good else [f"{notebook.at(first)}: not the setup cell of {notebook.week}"]


def stored_outputs(notebook: Notebook) -> list[str]:
    """A marked cell stores up to ten printed lines; no other cell stores anything."""
    faults = []
    for cell in notebook.code:
        where, outputs = notebook.at(cell), cell.get("outputs", [])
        if MARK not in tags(cell):
            faults += [f"{where}: not marked, and stores an output"] * bool(outputs)
            faults += [f"{where}: not marked, and has a count"] * (cell.get("execution_count") is not None)
            continue
        faults += [f"{where}: marked, and stores no output"] * (not outputs)
        faults += [f"{where}: has outputs and no count"] * (
            bool(outputs) and cell.get("execution_count") is None
        )
        lines = sum(len(text.splitlines()) for text in map(printed, outputs) if text)
        faults += [f"{where}: stores {lines} lines (at most {STORED_LINES})"] * (lines > STORED_LINES)
        faults += [f"{where}: stores more than printed text"] * (not all(printed(o) for o in outputs))
    return faults


def comment_marks(notebook: Notebook) -> list[str]:
    """Marks are tags: a comment mark is invisible to the tools that read tags."""
    return [
        f"{notebook.at(c)}: a comment mark" for c in notebook.code if re.search(r"#\s*NBVAL_", c["source"])
    ]


def printed(output: dict) -> str:
    """Return the text of an output that is printed text and nothing else; otherwise ""."""
    if output["output_type"] == "stream" and output["name"] == "stdout":
        return joined(output["text"])
    data = output.get("data", {})
    return joined(data["text/plain"]) if set(data) == {"text/plain"} else ""


def nothing_on_stderr(notebook: Notebook) -> list[str]:
    """Nothing is written to stderr, and no cell ends in an error that is not announced."""
    faults = []
    for cell in notebook.code:
        for output in cell.get("outputs", []):
            if output["output_type"] == "stream" and output["name"] == "stderr":
                faults.append(f"{notebook.at(cell)}: stderr: {joined(output['text'])[:80]!r}")
            if output["output_type"] == "error" and "raises-exception" not in tags(cell):
                faults.append(f"{notebook.at(cell)}: {output['ename']}")
    return faults


def alternative_text(notebook: Notebook) -> list[str]:
    """Every picture says in words what it shows, in prose and in outputs."""
    faults = []
    for cell in notebook.cells:
        texts = [cell["source"]] if cell["cell_type"] == "markdown" else []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            texts += [joined(value) for kind, value in data.items() if kind in ("text/html", "text/markdown")]
            faults += [f"{notebook.at(cell)}: a raw {kind}" for kind in data if kind.startswith("image/")]
        for text in texts:
            faults += [f"{notebook.at(cell)}: {what}" for what in silent_pictures(text)]
    return faults


def silent_pictures(text: str) -> list[str]:
    """Return what is wrong with each picture in HTML or markdown that has no words."""
    faults = []
    for tag in re.findall(r"<(?:img|svg|canvas)\b[^>]*>", text, re.IGNORECASE):
        words = re.search(r"(?:alt|aria-label)=(?:\"([^\"]*)\"|'([^']*)')", tag)
        if words is None or not any(group and group.strip() for group in words.groups()):
            faults.append(f"a picture without words: {tag[:60]}")
    if re.search(r"!\[\s*\]\(", text):
        faults.append("a picture without words: ![](…)")
    return faults


def figures_through_view(notebook: Notebook) -> list[str]:
    """Figures go through mmlab.view, which asks for their words: no pyplot in a notebook."""
    banned = re.compile(r"\bmatplotlib\b|\bplt\.|\.show\(\)|display\.Image\(|import Image\b.*IPython")
    faults = []
    for cell in notebook.code:
        faults += [f"{notebook.at(cell)}: {found}" for found in banned.findall(cell["source"])]
    return faults


def table_heads(notebook: Notebook) -> list[str]:
    """Every column of a table has a head: a screen reader reads it out with each cell."""
    faults = []
    for cell in notebook.cells:
        lines = cell["source"].splitlines() if cell["cell_type"] == "markdown" else []
        for head, rule in itertools.pairwise(lines):
            names = head.strip().removeprefix("|").removesuffix("|").split("|")
            if (
                re.fullmatch(r"\s*\|?[ :|-]*-[ :|-]*", rule)
                and "|" in head
                and not all(map(str.strip, names))
            ):
                faults.append(f"{notebook.at(cell)}: a column without a head: {head}")
    return faults


def no_widgets(notebook: Notebook) -> list[str]:
    """A graded notebook has no widgets."""
    return [f"{notebook.at(cell)}: a widget" for cell in notebook.code if WIDGETS.search(cell["source"])]


def parses(notebook: Notebook) -> list[str]:
    """Every code cell is plain Python: no magics, which Colab and graders read differently."""
    faults = []
    for cell in notebook.code:
        try:
            ast.parse(cell["source"])
        except SyntaxError as error:
            faults.append(f"{notebook.at(cell)}: {error.msg}")
    return faults
