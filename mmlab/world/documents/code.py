"""Screenshots of source code: an editor window with a small program that compiles."""

import re

from mmlab.world.documents import names
from mmlab.world.documents.page import Document, Sheet
from mmlab.world.letters import letter

# Small programs with gaps; each gap gets one of its choices, the same at every occurrence.
_PROGRAMS = (
    (
        "def {f}(prices, rate={n}):\n    total = 0\n    for price in prices:\n        total += price\n"
        "    return total + total * rate // 100",
        {"f": ("gross_total", "with_tax", "final_sum"), "n": (7, 10, 19, 20)},
    ),
    (
        "def {f}(text, least={n}):\n    counts = {{}}\n    for word in text.lower().split():\n"
        "        if len(word) >= least:\n            counts[word] = counts.get(word, 0) + 1\n    return counts",
        {"f": ("count_words", "word_table", "tally"), "n": (1, 2, 3, 4)},
    ),
    (
        "def {f}(limit={n}):\n    first, second = 0, 1\n    while first < limit:\n        yield first\n"
        "        first, second = second, first + second",
        {"f": ("fibonacci", "rabbits", "golden_steps"), "n": (50, 100, 500)},
    ),
    (
        "def {f}(number):\n    if number < 2:\n        return False\n    for divisor in range(2, number):\n"
        "        if divisor * divisor > number:\n            break\n        if number % divisor == 0:\n"
        "            return False\n    return True",
        {"f": ("is_prime", "prime", "has_no_divisor")},
    ),
    (
        "class {f}:\n    def __init__(self, size={n}):\n        self.size = size\n        self.items = []\n\n"
        "    def push(self, item):\n        if len(self.items) == self.size:\n            self.items.pop(0)\n"
        "        self.items.append(item)\n\n    def last(self):\n        return self.items[-1]",
        {"f": ("Stack", "History", "RingBuffer"), "n": (4, 8, 16)},
    ),
    (
        "def {f}(celsius):\n    return celsius * 9 / 5 + 32\n\n\nfor degrees in range(0, {n}, 10):\n"
        '    print(degrees, "C is", {f}(degrees), "F")',
        {"f": ("fahrenheit", "to_fahrenheit"), "n": (40, 60, 100)},
    ),
    (
        "def {f}(values):\n    # The middle value, or the mean of the two.\n    ordered = sorted(values)\n"
        "    half = len(ordered) // 2\n    if len(ordered) % 2:\n        return ordered[half]\n"
        "    return (ordered[half - 1] + ordered[half]) / 2",
        {"f": ("median", "middle", "typical")},
    ),
    (
        'shapes = ["circle", "square", "star"]\nsides = {{"square": 4, "triangle": 3}}\n\n\ndef {f}(names):\n'
        "    return [sides.get(name, {n}) for name in names]\n\n\nprint({f}(shapes))",
        {"f": ("corners", "sides_of", "count_sides"), "n": (0, 1)},
    ),
)
_WORDS = (
    "def class return for in if while yield break print import from else not and or True False None"
).split()
_THEMES = (
    {
        "background": (30, 33, 39),
        "bar": (44, 48, 56),
        "plain": (220, 223, 228),
        "word": (198, 120, 221),
        "number": (229, 170, 100),
        "string": (152, 195, 121),
        "comment": (140, 148, 160),
        "call": (97, 175, 239),
    },
    {
        "background": (253, 253, 252),
        "bar": (236, 238, 241),
        "plain": (36, 41, 47),
        "word": (175, 30, 60),
        "number": (0, 92, 197),
        "string": (10, 88, 70),
        "comment": (110, 119, 129),
        "call": (111, 66, 193),
    },
)
_TOKENS = re.compile(
    r'(?P<comment>#.*)|(?P<string>"[^"]*")|(?P<number>\b\d+\b)|(?P<name>\b[A-Za-z_]\w*\b)(?P<open>\()?'
)
_LEFT, _SIZE, _STEP = 72, 15, 24


def code_page(seed: int = 0, *, scale: int = 1) -> Document:
    """Return a screenshot of an editor with a Python program.

    seed     int    another seed gives other programs and another theme
    scale    int    pixels per unit, 1 to 4
    returns  Document   fields: language, file, code (the whole program, which compiles) and lines;
                        text holds the printed lines, with their numbers and without indentation
    """
    rng = names.rng_for("code", seed)
    parts = []
    for program, gaps in rng.shuffle(_PROGRAMS)[: 1 + rng.integers(2)]:
        parts.append(program.format(**{gap: rng.pick(choices) for gap, choices in sorted(gaps.items())}))
    code = "\n\n\n".join(parts) + "\n"
    name = f"{rng.pick(('lesson', 'task', 'sketch', 'draft'))}_{1 + rng.integers(30)}.py"
    lines = code.splitlines()
    theme = rng.pick(_THEMES)
    advance = letter(" ", _SIZE * scale, "mono").advance
    sheet = Sheet(760, 70 + _STEP * len(lines) + 16, scale, theme["background"])
    sheet.box(0, 0, 760, 38, theme["bar"])
    for index, ink in enumerate(((237, 106, 94), (245, 191, 79), (98, 197, 84))):
        sheet.box(16 + 20 * index, 13, 28 + 20 * index, 25, ink, round=6)
    sheet.text(380, 25, name, 13, ink=theme["plain"], align="middle", role="title")
    for number, line in enumerate(lines, 1):
        y = 46 + _STEP * number
        sheet.text(44, y, str(number), 13, face="mono", ink=theme["comment"], align="right", role="number")
        bare = line.lstrip(" ")
        if bare:
            # Letters lie on a grid of columns by their pen positions, not by their ink.
            pen = _LEFT * scale + advance * (len(line) - len(bare))
            start = pen + letter(bare[0], _SIZE * scale, "mono").left
            sheet.text(
                start, y, bare, _SIZE, face="mono", ink=_colours(bare, theme), role="code", pixels=True
            )
    return sheet.finish("code", {"language": "python", "file": name, "code": code, "lines": len(lines)})


def _colours(line: str, theme: dict) -> list[tuple]:
    """Return the colour of each character of a line."""
    inks = [theme["plain"]] * len(line)
    for match in _TOKENS.finditer(line):
        kind = match.lastgroup
        if match["name"]:
            kind = "word" if match["name"] in _WORDS else "call" if match["open"] else "plain"
            start, end = match.span("name")
        else:
            start, end = match.span()
        inks[start:end] = [theme[kind]] * (end - start)
    return inks
