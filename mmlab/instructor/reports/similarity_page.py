"""The similarity report as text for a terminal, and as a page with the answers side by side."""

from pathlib import Path

MAX_PAIRS, MAX_KINDS = 100, 3  # pairs on the page; kinds of common answers in the terminal
TEMPLATE = "similarity.html"  # beside this file


def text(report: dict) -> str:
    """Return the report for a terminal."""
    pairs = report["pairs"]
    lines = [
        f"{report['week']}, {report['students']} students: {len(pairs)} pairs of answers to look at",
        report["note"],
    ]
    for number, pair in enumerate(pairs, 1):
        shares = ", ".join(f"{name} {share:.0%}" for name, share in pair["exercises"].items())
        lines.append(f"{number:>4}. {' and '.join(pair['students'])}: {shares}")
    lines += [f"  together: {', '.join(students)}" for students in report["clusters"] if len(students) > 2]
    if report["common"]:
        lines.append("left out, because these answers are common:")
    for name in dict.fromkeys(group["exercise"] for group in report["common"]):
        kinds = [group for group in report["common"] if group["exercise"] == name]
        kinds.sort(key=lambda group: (-len(group["students"]), group["what"]))
        listed = [f"{group['what']} {len(group['students'])}" for group in kinds[:MAX_KINDS]]
        lines.append(
            f"  {name}: {', '.join(listed)}{f' and {len(kinds) - MAX_KINDS} more kinds' if len(kinds) > MAX_KINDS else ''}"
        )
    if absent := report["not_read"]:
        lines.append(f"unreadable submissions: {', '.join(absent)}")
    return "\n".join([*lines, *([f"the answers side by side: {report['file']}"] if "file" in report else [])])


def page(report: dict, sources: dict[tuple[str, str], str]) -> str:
    """Return the report as an HTML page that loads nothing from other hosts.

    sources  (exercise, student) → text of the answer
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(TEMPLATE).render(report, sources=sources, max_pairs=MAX_PAIRS)
