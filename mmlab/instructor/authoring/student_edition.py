"""The files that differ in the students' repository: no extras, pages or README lines about what is left out there."""

import re

# Extras of pyproject.toml that only instructors install; `all` contains them.
EXTRAS = ("grade", "cluster", "site", "dev", "all")
# Pages for instructors, and the files that only the site's build reads; the builder is left out, too.
PAGES = re.compile(
    r"book/(?:instructors\w*\.md|attacks\.(?:md|json)|_toc\.yml|_config\.yml|package(?:-lock)?\.json|_static/grading_path\.svg|\.npmrc)"
)
# An extra, from its name to the bracket that ends its list: the last one on a line.
EXTRA = re.compile(rf"^(?:{'|'.join(EXTRAS)}) = \[.*?\]\n", re.MULTILINE | re.DOTALL)
# README lines about folders, targets and commands that are left out.
README_LINES = re.compile(
    r"^(?:solutions/|tests/|container/|  instructor/|make test|\|.*\| for instructors: |\| `mmlab bench`).*\n",
    re.MULTILINE,
)
# Sentences about the instructor guide, contributing, and make's targets that need solutions or tests.
README_SENTENCES = re.compile(
    r" If you teach a class, [^\n]*| `make labs`,[^.]*rebuild one part each;[^.]*\.|\[CONTRIBUTING\.md\]\(CONTRIBUTING\.md\), "
)
# Where a generated page says which instructors' command wrote it.
GENERATED = re.compile(r" The rows\s+come from `python -m mmlab\.instructor[^`]*`\.")


def belongs(name: str) -> bool:
    """Return whether a file of the course belongs to the students' edition, by its name in the course."""
    return not PAGES.fullmatch(name)


def edited(name: str, data: bytes) -> bytes:
    """Return the students' edition of a file: README.md, pyproject.toml and the site's pages are shortened."""
    if name == "README.md":
        return README_SENTENCES.sub("", README_LINES.sub("", data.decode())).encode()
    if name == "pyproject.toml":
        return EXTRA.sub("", data.decode()).encode()
    if name.startswith("book/") and name.endswith(".md"):
        return GENERATED.sub("", data.decode()).encode()
    return data
