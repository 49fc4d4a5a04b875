"""The instructor guide's commands: each line parses with the real parser, each option that is named exists."""

import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from mmlab.cli import command_line

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "book").glob("instructors*.md"))
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`(mmlab [^`\n]+|(?:\w+=\S+ )?mmlab [^`\n]+)`")


def lines(program: str, text: str) -> list[list[str]]:
    """Return the words after `program` of every command line that calls it."""
    found = []
    for line in "\n".join(FENCE.findall(text)).splitlines():
        for part in re.split(r"&&|[|;]", line):
            words = shlex.split(part, comments=True)
            while words and re.match(r"\w+=", words[0]):
                words.pop(0)
            if ">" in words:
                words = words[: words.index(">")]
            if words[:1] == [program]:
                found.append([word for word in words[1:] if word != "&"])
    return found


def pairs(program: str) -> list[tuple[str, list[str]]]:
    """Return (page, words) for every command line of the guide."""
    return [
        (page.name, words) for page in PAGES for words in lines(program, page.read_text(encoding="utf-8"))
    ]


@cache
def options(command: str) -> set[str]:
    """Return the options that a command knows."""
    top = command_line.parser(command)
    (commands,) = (action for action in top._actions if action.dest == "command")
    return {option for action in commands.choices[command]._actions for option in action.option_strings}


def refused(words: list[str]) -> bool:
    """Return whether the command line's parser refuses these words."""
    try:
        command_line.parser(words[0] if words and words[0] in command_line.COMMANDS else None).parse_args(
            words
        )
    except SystemExit as left:
        return left.code != 0
    return False


@pytest.mark.parametrize(
    ("page", "words"), pairs("mmlab"), ids=lambda part: part if isinstance(part, str) else " ".join(part)
)
def test_every_line_of_the_guide_parses(page, words, capsys):
    assert not refused(words), f"{page}: mmlab {' '.join(words)}\n{capsys.readouterr().err}"


def test_the_guide_is_searched_and_a_wrong_line_is_found(capsys):
    assert len(PAGES) >= 5 and len(pairs("mmlab")) > 30
    planted = "```sh\nMMLAB_X=1 mmlab grade 02 --jbos 4 > out  # wrong\nmmlab lab\nmmlab labs && mmlab prove 02\n```\n"
    assert [refused(words) for words in lines("mmlab", planted)] == [True, True, False, False]


def test_every_option_in_running_text_exists():
    spans = [(page.name, span) for page in PAGES for span in SPAN.findall(page.read_text(encoding="utf-8"))]
    assert len(spans) > 10
    unknown = []
    for page, span in spans:
        words = span[span.index("mmlab ") :].split()
        if words[1] not in command_line.COMMANDS:
            unknown.append(f"{page}: {span}")
            continue
        unknown += [
            f"{page}: {word} of {span}"
            for word in words
            if word.startswith("--") and word not in options(words[1])
        ]
    assert not unknown


def test_every_command_of_nbgrader_exists():
    from nbgrader.apps.nbgraderapp import NbGraderApp

    known = {name.replace("_", "-") for name in NbGraderApp().subcommands}
    asked = {words[0].replace("_", "-") for _, words in pairs("nbgrader")}
    assert {"collect", "release-assignment"} <= asked <= known
