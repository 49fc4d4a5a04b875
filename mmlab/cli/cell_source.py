"""A code cell's text as Python reads it: without IPython's own lines, with one spelling of each name."""

import re
import unicodedata

# each pattern takes time in proportion to the text: no two parts of it can match the same blanks
SHELL = re.compile(r"^([ \t\f]*)(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
ASSIGNED = re.compile(r"^([ \t\f]*[\w,][\w, ]*=) *[%!].*$", re.MULTILINE)
INDENT = re.compile(r"[ \t]+")
MAGIC = re.compile(r"\s*%%(\w+)")
PYTHON_MAGICS = ("time", "capture", "prun")  # cell magics whose body runs in the notebook's namespace


def python_of(source: str) -> str:
    """Return the Python in a cell, with as many lines; lines with magics and shell commands become `pass`.

    >>> python_of("%time x = 1\\nfiles = !ls\\ny = 2")
    'pass\\nfiles = None\\ny = 2'
    """
    magic = MAGIC.match(source)
    if magic and magic[1] not in PYTHON_MAGICS:
        return ""
    source = ASSIGNED.sub(r"\1 None", SHELL.sub(r"\1pass", source.removeprefix("\ufeff")))
    if indent := INDENT.match(source):  # IPython accepts a cell that is indented as a whole
        source = "\n".join(line.removeprefix(indent[0]) for line in source.split("\n"))
    return source


def one_spelling(source: str) -> str:
    """Return a text with each name as Python reads it: full-width letters are the plain ones.

    >>> one_spelling("ｆ")
    'f'
    """
    return source if source.isascii() else unicodedata.normalize("NFKC", source)
