"""`mmlab claims`: every number that README and site state, computed, dated, written in.

book/claims.json is the record: value, how it is computed, as of when. A page
states a claim between two comments,

    <!-- claim:exercises -->14<!-- /claim -->

and this command writes the number there. `--check` counts what can be counted
again and compares every page with the record; what must be *measured* is
measured by `mmlab claims` alone, on the machine of whoever runs it.
"""

import datetime
import importlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmlab.course import places
from mmlab.course.exercise import Week, weeks
from mmlab.course.notebook import write_bytes
from mmlab.errors import InputError

RECORD = "book/claims.json"
PAGES = ("*.md", "book/*.md", "lessons/*.ipynb", "solutions/*/lab.ipynb")
STATED = re.compile(r"(<!-- claim:(\w+) -->)(.*?)(<!-- /claim -->)")


@dataclass(frozen=True)
class Counted:
    """A number that is counted anew at every check."""

    how: str
    count: Callable[[list[Week], Path], float]
    form: str = "{:,g}"


@dataclass(frozen=True)
class Measured:
    """A number of one bench's measurement: `path` leads to it, through the result's keys."""

    how: str
    bench: str
    path: str | Callable[[dict], float]
    form: str = "{:.2f}"

    def value(self, result: dict) -> float:
        """Return the number out of the bench's result."""
        if callable(self.path):
            return self.path(result)
        for key in self.path.split("."):
            result = result[key]
        return result


def per_exercise(number: Callable) -> Callable[[list[Week], Path], float]:
    """Return a count that sums `number(exercise)` over all weeks."""
    return lambda all_weeks, folder: sum(number(e) for week in all_weeks for e in week.exercises)


def total_points(all_weeks: list[Week], folder: Path) -> float:
    """Return the points of all labs."""
    from mmlab.course import notebook

    return sum(sum(notebook.points(notebook.read(week.notebook)).values()) for week in all_weeks)


CLAIMS: dict[str, Counted | Measured] = {
    "weeks": Counted("folders under solutions/ with exercises", lambda all_weeks, _: len(all_weeks)),
    "lessons": Counted("notebooks in lessons/", lambda _, folder: len(places.lessons(folder))),
    "exercises": Counted("graded exercises of all weeks", per_exercise(lambda e: 1)),
    "points": Counted("points of all labs", total_points),
    "minutes": Counted("planned minutes of all exercises", per_exercise(lambda e: e.minutes)),
    "misconceptions": Counted("misconceptions of all exercises", per_exercise(lambda e: len(e.misconceptions))),
    "alternates": Counted("alternate right answers of all exercises", per_exercise(lambda e: len(e.alternates))),
    "wrong_answers": Counted(
        "files under tests/wrong/", lambda _, folder: len(list(folder.glob("tests/wrong/*/*.py")))
    ),
    "world_ratio": Measured(
        "mmlab bench world: pictures a second at 32 px, ours over Pillow at 4x, median", "world", "sizes.32.ratio", "{:.1f}"
    ),
    "world_pictures": Measured("mmlab bench world: pictures a second at 32 px", "world", "sizes.32.ours", "{:,.0f}"),
    "vit_ratio": Measured(
        "mmlab bench models: training steps a second of our ViT over transformers'", "models", "pairs.vit.ratio"
    ),
    "clip_ratio": Measured(
        "mmlab bench models: the same for CLIP, texts that fill every place", "models", "pairs.clip_full.ratio"
    ),
    "clip_steps": Measured("mmlab bench clip: steps of the course's CLIP training", "clip", "steps", "{:,.0f}"),
    "clip_seconds": Measured("mmlab bench clip: seconds of one training", "clip", "seconds", "{:.0f}"),
    "clip_recall": Measured(
        "mmlab bench clip: image to text recall at 1 of 64 captions, the least of the seeds",
        "clip", lambda result: min(result["recall"].values()),
    ),
    "clip_shuffled": Measured("mmlab bench clip: the same after training on shuffled pairs", "clip", "shuffled"),
    "clip_novel": Measured("mmlab bench clip: unseen pairs named right among all 48", "clip", "novel.pair"),
    "clip_novel_colour": Measured("mmlab bench clip: their colour named right", "clip", "novel.colour"),
    "clip_novel_kind": Measured("mmlab bench clip: their kind named right", "clip", "novel.kind"),
    "space_recall_softmax": Measured(
        "mmlab bench space: recall at 1 of 64 after 100 steps from a warm tower, softmax loss, least of 3 seeds",
        "space", "softmax.recall",
    ),
    "space_recall_sigmoid": Measured("mmlab bench space: the same, sigmoid loss", "space", "sigmoid.recall"),
    "space_kind_softmax": Measured("mmlab bench space: shapes named right, softmax loss, mean", "space", "softmax.kind"),
    "space_kind_sigmoid": Measured("mmlab bench space: the same, sigmoid loss", "space", "sigmoid.kind"),
    "space_gap_untrained": Measured("mmlab bench space: modality gap before training, least", "space", "untrained.gap_least"),
    "space_gap_whole": Measured("mmlab bench space: gap, captions that tell all, most", "space", "softmax.gap_most"),
    "space_gap_partial": Measured("mmlab bench space: gap, captions that tell a part, least", "space", "partial.gap_least"),
    "space_gap_sigmoid": Measured("mmlab bench space: gap, sigmoid loss, least", "space", "sigmoid.gap_least"),
}  # fmt: skip


def counted(folder: Path) -> dict[str, float]:
    """Return each counted claim's value now."""
    all_weeks = weeks(folder)
    return {name: claim.count(all_weeks, folder) for name, claim in CLAIMS.items() if isinstance(claim, Counted)}


def measured(only: set[str] | None = None) -> dict[str, float]:
    """Return each measured claim's value now; each bench runs once (minutes).

    only  names of benches; None: all
    """
    claims = {name: claim for name, claim in CLAIMS.items() if isinstance(claim, Measured)}
    results = {}
    for bench in dict.fromkeys(claim.bench for claim in claims.values()):
        if only is None or bench in only:
            results[bench] = importlib.import_module(f"mmlab.course.bench_{bench}").measure()
    return {name: claim.value(results[claim.bench]) for name, claim in claims.items() if claim.bench in results}


def read(folder: Path) -> dict[str, dict]:
    """Return the record: name → value, how, as_of; empty where there is none yet.

    raises  InputError  when it is no record
    """
    path = folder / RECORD
    if not path.exists():
        return {}
    try:
        claims = json.loads(path.read_text(encoding="utf-8"))["claims"]
        return {name: {key: row[key] for key in ("value", "how", "as_of")} for name, row in claims.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: {error!r}", "the record of claims", f"delete {path}; mmlab claims") from error


def updated(record: dict[str, dict], values: dict[str, float]) -> dict[str, dict]:
    """Return the record with `values` in it, dated today where they are new or measured again."""
    today = datetime.date.today().isoformat()
    result = {name: row for name, row in record.items() if name in CLAIMS}
    for name, value in values.items():
        claim, old = CLAIMS[name], record.get(name)
        same = isinstance(claim, Counted) and old is not None and old["value"] == value
        result[name] = {"value": value, "how": claim.how, "as_of": old["as_of"] if same else today}
    return {name: result[name] for name in CLAIMS if name in result}


def as_stated(name: str, record: dict[str, dict]) -> str:
    """Return a claim as pages state it, such as "0.93" or "1,200"."""
    return CLAIMS[name].form.format(record[name]["value"])


def pages(folder: Path) -> list[Path]:
    """Return every page that may state a claim."""
    return [path for pattern in PAGES for path in sorted(folder.glob(pattern))]


def write_in(folder: Path, record: dict[str, dict]) -> list[Path]:
    """Write every claim into the pages that state it; return the pages that changed."""
    changed = []
    for path in pages(folder):
        old = path.read_text(encoding="utf-8")

        def stated(match: re.Match) -> str:
            known = match[2] in record
            return f"{match[1]}{as_stated(match[2], record)}{match[4]}" if known else match[0]

        new = STATED.sub(stated, old)
        if new != old:
            write_bytes(path, new.encode())
            changed.append(path)
    return changed


def faults(folder: Path) -> list[str]:
    """Return where record, course and pages differ, one sentence each."""
    record, found, seen = read(folder), [], 0
    for name, value in counted(folder).items():
        if record.get(name, {}).get("value") != value:
            found.append(f"{RECORD}: {name} is {record.get(name, {}).get('value')}, counted now: {value}")
    found += [f"{RECORD}: {name} is no claim" for name in record if name not in CLAIMS]
    found += [f"{RECORD}: {n}: told otherwise: {r['how']}" for n, r in record.items() if n in CLAIMS and r["how"] != CLAIMS[n].how]
    for path in pages(folder):
        for match in STATED.finditer(path.read_text(encoding="utf-8")):
            seen += 1
            if match[2] not in record or match[2] not in CLAIMS:
                found.append(f"{path}: states {match[2]}, which is not in the record")
            elif match[3] != as_stated(match[2], record):
                found.append(f"{path}: {match[2]} is {match[3]!r}, the record has {as_stated(match[2], record)!r}")
    return found if seen else [*found, "no page states a claim: the marks were not found"]


def arguments(parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("benches", metavar="BENCH", nargs="*", help="measure only these (default: all)")
    parser.add_argument("--counted", action="store_true", help="count, and measure nothing")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where pages and record differ")


def main(args) -> int:
    """Refresh or check the claims; print the record."""
    folder = places.root()
    known = {claim.bench for claim in CLAIMS.values() if isinstance(claim, Measured)}
    if unknown := sorted(set(args.benches) - known):
        raise InputError(f"claims {unknown[0]}", f"one of {', '.join(sorted(known))}", "leave it out for all")
    changed = []
    if not args.check:
        values = counted(folder)
        if not args.counted:
            values |= measured(set(args.benches) or None)
        record = updated(read(folder), values)
        write_bytes(folder / RECORD, (json.dumps({"claims": record}, indent=1) + "\n").encode())
        changed = write_in(folder, record)
    found = faults(folder)
    if args.json:
        print(json.dumps({"ok": not found, "claims": read(folder), "faults": found}, indent=1))
        return int(bool(found))
    record = read(folder)
    for name in (name for name in record if name in CLAIMS):
        row = record[name]
        print(f"{name:<18} {as_stated(name, record):>8}  {row['as_of']}  {row['how']}")
    for line in [*(f"wrote {path}" for path in changed), *(f"FAIL {fault}" for fault in found)]:
        print(line)
    if not found:
        print("every page states what the record holds")
    return int(bool(found))
