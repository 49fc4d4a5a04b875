"""The similarity report for people: a few lines for a terminal, a page with the answers side by side."""

from html import escape

MOST, SHOWN = 100, 3  # pairs on the page; kinds of answers left out that the terminal names
STYLE = """\
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
.note { border-inline-start: .4rem solid; padding-inline-start: 1rem; font-weight: bold }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem }
pre { border: 1px solid; overflow-x: auto; padding: .5rem; margin: 0 }
th, td { border-bottom: 1px solid; padding: .25rem .75rem; text-align: start; vertical-align: top }"""


def text(report: dict) -> str:
    """Return the report for a terminal."""
    pairs = report["pairs"]
    lines = [f"{report['week']}, {report['students']} students: {len(pairs)} pairs of answers to look at", report["note"]]
    for number, pair in enumerate(pairs, 1):
        shares = ", ".join(f"{name} {share:.0%}" for name, share in pair["exercises"].items())
        lines.append(f"{number:>4}. {' and '.join(pair['students'])}: {shares}")
    lines += [f"  together: {', '.join(students)}" for students in report["clusters"] if len(students) > 2]
    if report["common"]:
        lines.append("left out, because they say nothing about anybody:")
    for name in dict.fromkeys(one["exercise"] for one in report["common"]):
        kinds = [one for one in report["common"] if one["exercise"] == name]
        kinds.sort(key=lambda one: (-len(one["students"]), one["what"]))
        told = [f"{one['what']} {len(one['students'])}" for one in kinds[:SHOWN]]
        lines.append(f"  {name}: {', '.join(told)}{f' and {len(kinds) - SHOWN} more kinds' if len(kinds) > SHOWN else ''}")
    if absent := report["not_read"]:
        lines.append(f"not read, as no grader could: {', '.join(absent)}")
    return "\n".join([*lines, *([f"the answers side by side: {report['file']}"] if "file" in report else [])])


def page(report: dict, sources: dict[tuple[str, str], str]) -> str:
    """Return the report as one HTML page that asks no other host for anything.

    sources  (exercise, student) → text of the answer
    """
    title = f"Answers that look alike: {escape(report['week'])}"
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>',
        f'<h1>{title}</h1>\n<p class="note">{escape(report["note"])}</p>',
        f"<p>{report['students']} students, {len(report['pairs'])} pairs.</p>",
    ]
    parts += [section(number, pair, sources) for number, pair in enumerate(report["pairs"][:MOST], 1)]
    if len(report["pairs"]) > MOST:
        parts.append(f"<p>{len(report['pairs']) - MOST} further pairs are not on this page; --json has them.</p>")
    if groups := [students for students in report["clusters"] if len(students) > 2]:
        rows = "".join(f"<li>{escape(', '.join(students))}</li>" for students in groups)
        parts.append(f"<h2>Who is connected with whom</h2><ul>{rows}</ul>")
    if report["common"]:
        rows = "".join(f"<tr><td>{escape(one['exercise'])}</td><td>{escape(one['what'])}</td><td>{len(one['students'])}</td></tr>"
                       for one in report["common"])  # fmt: skip
        head = "<tr><th scope=col>exercise</th><th scope=col>the answer is</th><th scope=col>students</th></tr>"
        parts.append(f"<h2>Left out</h2><p>These say nothing about anybody.</p><table>{head}{rows}</table>")
    return "\n".join([*parts, "</main></body></html>\n"])


def section(number: int, pair: dict, sources: dict[tuple[str, str], str]) -> str:
    """Return one pair with its answers side by side."""
    parts = [f"<h2>{number}. {escape(' and '.join(pair['students']))}</h2>"]
    for name, share in pair["exercises"].items():
        both = "".join(f'<figure style="margin:0;min-width:0"><figcaption>{escape(student)}</figcaption>'
                       f'<pre tabindex="0"><code>{escape(sources[name, student])}</code></pre></figure>'
                       for student in pair["students"])  # fmt: skip
        parts.append(f'<h3>{escape(name)}: {share:.0%} alike</h3><div class="two">{both}</div>')
    return "\n".join(parts)
