"""Gate on words: the standard term in prose, messages and names, and no private word in its place.

    python -m gates.words mmlab/api     every hit below a path, as path:line (with PYTHONPATH=tests)
    python -m gates.words               the number of hits in each package, and in the Markdown pages

It reads docstrings, comments, messages, identifiers and Markdown pages. Notebooks, exercises and the
world's data (captions, invoices, menus) are not read. A package is held to it once it is in CLEAN.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gates.files import File
from gates.source import FUNCTIONS, Source

# Parts of the package without a hit, and kept so by the gate. A part that is rewritten adds its line.
CLEAN = (
    "mmlab/__init__.py",
    "mmlab/api/__init__.py",
    "mmlab/api/catalog.py",
    "mmlab/api/providers.py",
    "mmlab/api/server",
    "mmlab/api/tokens.py",
    "mmlab/check",
    "mmlab/cli",
    "mmlab/api/client",
    "mmlab/codec.py",
    "mmlab/course",
    "mmlab/data.py",
    "mmlab/errors.py",
    "mmlab/evaluate.py",
    "mmlab/hub.py",
    "mmlab/instructor/authoring",
    "mmlab/instructor/bench",
    "mmlab/instructor/reports",
    "mmlab/instructor/simulate",
    "mmlab/instructor/site",
    "mmlab/instructor/grading",
    "mmlab/losses.py",
    "mmlab/metrics.py",
    "mmlab/models",
    "mmlab/perception",
    "mmlab/world",
    "mmlab/train",
    "mmlab/view",
)
# All of the hand-written and generated pages; notebooks and exercises are not read.
PAGES = ("*.md", "book/*.md", "container/*.md")
# In prose and messages: pattern → the standard term. Case does not count.
PROSE = {
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"(?<!by )\bhand(?:s|ed|ing)?[\s-]+ins?\b": "submission, submit",
    r"\b(?:the|a|its|server's) minds?\b": "the simulated model",
    r"\bpapers?\b": "document; background (of a page)",
    r"\bfilm(?:s|ed|ing)?\b": "video, clip",
    r"\bdear(?:er|est|ly)?\b": "expensive",
    r"\bworn\b": "degraded",
    r"\bshaken\b": "noisy",
    r"\bsittings?\b": "session",
    r"\bnr\.": "no.",
}
# As one part of an identifier (film_part, HandIn): pattern → the standard term.
PARTS = {
    r"mend(s|ed|ing)?": "fix",
    r"mind": "model",
    r"papers?": "document; background (of a page)",
    r"films?": "video, clip",
    r"dear(er|est)?": "expensive",
    r"worn": "degraded",
    r"shaken": "noisy",
    r"sittings?": "session",
}
# As a whole identifier: name → what to call it.
NAMES = {
    "told": "message",
    "said": "reply, message, output",
    "asked": "request, question",
    "kept": "stored, cached",
    "shown": "served, visible",
    "one": "what it holds: exercise, path, row",
    "found": "what it holds: faults, files, matches",
    "place": "what it holds: path, box, position",
}
ANY_PROSE = re.compile("|".join(PROSE), re.IGNORECASE)
SUBMISSION = re.compile(r"(?:^|_)(?:hand(?:ed|s)?_?ins?)(?:_|$)")
# Folders whose strings are the world's data: of these only what is raised, printed or shown as help is a message.
DATA = ("mmlab/world/", "mmlab/perception/", "mmlab/api/server/model/")
MESSAGES = re.compile(r"print|warn|add_argument|ArgumentParser|exit|\w*Error|CheckFailed|CallFailed")


@dataclass(frozen=True)
class Allowed:
    """A use of a word that is right: where (a path's beginning), the phrase around the word, and why."""

    path: str
    phrase: str
    reason: str


EXCEPTIONS = (
    Allowed(
        "",
        r"\b(?:(?!The|Its|Each|This)[A-Z]\w+(?:'s)?|original|published) papers?\b",
        "an article of the literature is a paper",
    ),
    Allowed("mmlab/api/server/world_routes.py", "/world/film/", "a URL of the server"),
    Allowed("mmlab/world/video.py", r"^film$|\bfilm[(:]", "the function that lessons call"),
    Allowed("mmlab/perception/video.py", r"import film\b|\bfilm\(", "the world's function that lessons call"),
)


@dataclass(frozen=True)
class Text:
    """A piece of prose or an identifier: its kind, text, and first and last line (0: the first)."""

    kind: str
    text: str
    line: int
    end: int = 0


def standard_words(file: File) -> list[str]:
    """Prose, messages and names use the standard term: see the tables in tests/gates/words.py."""
    allowed = [exception for exception in EXCEPTIONS if file.path.startswith(exception.path)]
    faults = []
    for piece in texts(file):
        for word, at, term in hits(piece):
            if not any(_covers(exception, piece.text, at) for exception in allowed):
                line = min(piece.line + piece.text.count("\n", 0, at), max(piece.line, piece.end))
                faults.append((line, f"{file.path}:{line}: {word!r} in a {piece.kind}; wanted: {term}"))
    return [sentence for _, sentence in sorted(faults)]


def hits(piece: Text) -> Iterator[tuple[str, int, str]]:
    """Yield (word, position, standard term) for each private word in a piece of text."""
    if piece.kind != "name":
        for match in ANY_PROSE.finditer(piece.text):
            terms = (
                term
                for pattern, term in PROSE.items()
                if re.compile(pattern, re.IGNORECASE).match(piece.text, match.start())
            )
            yield match[0], match.start(), next(terms)
        return
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", piece.text).lower().strip("_")
    if snake in NAMES:
        yield piece.text, 0, NAMES[snake]
    if SUBMISSION.search(snake):
        yield piece.text, 0, "submission"
    for part in snake.split("_"):
        yield from ((piece.text, 0, term) for pattern, term in PARTS.items() if re.fullmatch(pattern, part))


def unused(files: list[File]) -> list[Allowed]:
    """Return the exceptions made for one path that cover no hit there; those for every path are rules."""
    covered = {
        exception
        for exception in EXCEPTIONS
        for file in files
        if exception.path and file.path.startswith(exception.path)
        for piece in texts(file)
        for _, at, _ in hits(piece)
        if _covers(exception, piece.text, at)
    }
    return [exception for exception in EXCEPTIONS if exception.path and exception not in covered]


def _covers(exception: Allowed, text: str, at: int) -> bool:
    return any(match.start() <= at < match.end() for match in re.finditer(exception.phrase, text))


def texts(file: File) -> list[Text]:
    """Return the pieces of a file that are read: a whole Markdown page, or a Python file's prose and names."""
    if not file.path.endswith(".py"):
        return [Text("page", file.text, 1, file.text.count("\n") + 1)]
    source = file if isinstance(file, Source) else Source(file.path, file.text)
    return [*_names(source), *_comments(source), *_strings(source)]


def _names(source: Source) -> Iterator[Text]:
    """Yield each name that the file binds, and its own."""
    for part in Path(source.path).with_suffix("").parts[1:]:
        yield Text("name", part, 1)
    for node in ast.walk(source.tree):
        line = getattr(node, "lineno", 1)
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield Text("name", node.name, line)
        elif isinstance(node, ast.arg):
            yield Text("name", node.arg, line)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield Text("name", node.id, line)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield Text("name", node.attr, line)
        elif isinstance(node, ast.alias) and node.asname:
            yield Text("name", node.asname, line)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            yield Text("name", node.name, line)


def _comments(source: Source) -> Iterator[Text]:
    """Yield each comment."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield Text("comment", token.string, token.start[0])


def _strings(source: Source) -> Iterator[Text]:
    """Yield docstrings, and strings of more than one word that people may see."""
    documented = (ast.Module, ast.ClassDef, *FUNCTIONS)
    docs = {
        id(node.body[0].value): node.body[0].value
        for node in ast.walk(source.tree)
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
    }
    yield from (Text("docstring", node.value, node.lineno, node.end_lineno) for node in docs.values())
    seen = set(docs)
    for root in _spoken(source):
        for node in ast.walk(root):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in seen:
                seen.add(id(node))
                if re.search(r"\w\s+\w|^\s+\w|\w\s+$", node.value):
                    yield Text("message", node.value, node.lineno, node.end_lineno)


def _spoken(source: Source) -> list[ast.AST]:
    """Return the parts of a file whose strings are messages: all of it, but in folders of data."""
    if not source.path.startswith(DATA):
        return [source.tree]
    return [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Raise)
        or (
            isinstance(node, ast.Call)
            and MESSAGES.fullmatch(getattr(node.func, "attr", getattr(node.func, "id", "")))
        )
    ]


def files(root: Path, below: str = "") -> list[File]:
    """Return the package's Python files and the Markdown pages at or below a path, such as "mmlab/api"."""
    pages = [path for pattern in PAGES for path in root.glob(pattern)]
    read = [Source.read(path, root) for path in sorted(root.glob("mmlab/**/*.py"))]
    read += [File.read(path, root) for path in sorted(pages)]
    return [file for file in read if within(file.path, below)]


def within(path: str, below: str) -> bool:
    """Return whether a path is `below`, lies below it, or is its module."""
    return not below or path in (below, f"{below}.py") or path.startswith(below.rstrip("/") + "/")


def unit(path: str) -> str:
    """Return the part of the repository under which a file is counted: "mmlab/api", "mmlab/cli", "pages"."""
    if not path.endswith(".py"):
        return "pages"
    parts = Path(path).with_suffix("").parts
    return "/".join(parts[: 3 if parts[1:2] == ("instructor",) else 2])


def main(paths: list[str]) -> int:
    """Print every hit below the paths, or the number of hits in each part; return 1 if there is one."""
    root = Path(__file__).resolve().parents[2]
    if not paths:
        counts: dict[str, int] = {}
        for file in files(root):
            counts[unit(file.path)] = counts.get(unit(file.path), 0) + len(standard_words(file))
        print("\n".join(f"{count:5}  {name}" for name, count in sorted(counts.items())))
        return int(any(counts.values()))
    faults = [fault for path in paths for file in files(root, path) for fault in standard_words(file)]
    print("\n".join([*faults, f"{len(faults)} hits"]))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
