"""`mmlab claims`: compute and date every number that README and site state, and write it into the pages.

book/claims.json is the record: the value, how it is computed, and the date. A page
states a claim between two comments,

    <!-- claim:exercises -->14<!-- /claim -->

and this command writes the number there. `--check` repeats the counts and compares every
page with the record. *Measured* numbers are measured only by `mmlab claims` without
`--check`, on the machine that runs it.
"""

import datetime
import importlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmlab.cli import paths
from mmlab.errors import InputError
from mmlab.files import atomic_write
from mmlab.instructor.authoring.exercise import Week, answers, weeks

RECORD = "book/claims.json"
PAGES = ("*.md", "book/*.md", "lessons/*.ipynb", "solutions/*/lab.ipynb")
STATED = re.compile(r"(<!-- claim:(\w+) -->)(.*?)(<!-- /claim -->)")


@dataclass(frozen=True)
class Counted:
    """A number that is counted again at every check."""

    how: str
    count: Callable[[list[Week], Path], float]
    form: str = "{:,g}"


@dataclass(frozen=True)
class Measured:
    """A number of one bench's result; `path` gives the keys that lead to it."""

    how: str
    bench: str
    path: str | Callable[[dict], float]
    form: str = "{:.2f}"

    def value(self, result: dict) -> float:
        """Return the number from the bench's result."""
        if callable(self.path):
            return self.path(result)
        for key in self.path.split("."):
            result = result[key]
        return result


def per_exercise(number: Callable) -> Callable[[list[Week], Path], float]:
    """Return a count that sums `number(exercise)` over the exercises of all weeks."""
    return lambda all_weeks, folder: sum(number(e) for week in all_weeks for e in week.exercises)


def total_points(all_weeks: list[Week], folder: Path) -> float:
    """Return the points of all labs."""
    from mmlab.cli import notebook

    return sum(sum(notebook.points(notebook.read(week.notebook)).values()) for week in all_weeks)


CLAIMS: dict[str, Counted | Measured] = {
    "weeks": Counted("folders under solutions/ with exercises", lambda all_weeks, _: len(all_weeks)),
    "lessons": Counted("notebooks in lessons/", lambda _, folder: len(paths.lessons(folder))),
    "exercises": Counted("graded exercises of all weeks", per_exercise(lambda e: 1)),
    "points": Counted("points of all labs", total_points),
    "minutes": Counted("planned minutes of all exercises", per_exercise(lambda e: e.minutes)),
    "misconceptions": Counted("misconceptions of all exercises", per_exercise(lambda e: len(e.mistakes))),
    "alternates": Counted(
        "alternative correct answers of all exercises", per_exercise(lambda e: len(e.alternates))
    ),
    "wrong_answers": Counted(
        "answers in tests/wrong/",
        lambda _, folder: sum(len(answers(path)) for path in folder.glob("tests/wrong/*.py")),
    ),
    "world_ratio": Measured(
        "mmlab bench world: images per second at 32 px, ours over Pillow's at 4x, median",
        "world",
        "sizes.32.ratio",
        "{:.1f}",
    ),
    "world_pictures": Measured(
        "mmlab bench world: images per second at 32 px", "world", "sizes.32.ours", "{:,.0f}"
    ),
    "vit_ratio": Measured(
        "mmlab bench models: training steps per second of our ViT over transformers'",
        "models",
        "pairs.vit_step_vs_transformers.ratio",
    ),
    "clip_ratio": Measured(
        "mmlab bench models: the same for CLIP with texts of full length",
        "models",
        "pairs.clip_full_step_vs_transformers.ratio",
    ),
    "clip_steps": Measured(
        "mmlab bench clip: steps of the course's CLIP training", "clip", "steps", "{:,.0f}"
    ),
    "clip_seconds": Measured("mmlab bench clip: seconds of one training", "clip", "seconds", "{:.0f}"),
    "clip_recall": Measured(
        "mmlab bench clip: image-to-text recall at 1 of 64 captions, minimum over the seeds",
        "clip",
        lambda result: min(result["recall"].values()),
    ),
    "clip_shuffled": Measured(
        "mmlab bench clip: the same after training on shuffled pairs", "clip", "shuffled"
    ),
    "clip_novel": Measured(
        "mmlab bench clip: share of unseen pairs classified correctly among all 48", "clip", "novel.pair"
    ),
    "clip_novel_colour": Measured("mmlab bench clip: the same for their colour", "clip", "novel.colour"),
    "clip_novel_kind": Measured("mmlab bench clip: the same for their kind", "clip", "novel.kind"),
    "space_recall_softmax": Measured(
        "mmlab bench space: recall at 1 of 64 after 100 steps from a pretrained tower, softmax loss, minimum of 3 seeds",
        "space",
        "softmax.recall",
    ),
    "space_recall_sigmoid": Measured("mmlab bench space: the same, sigmoid loss", "space", "sigmoid.recall"),
    "space_kind_softmax": Measured(
        "mmlab bench space: share of shapes classified correctly, softmax loss, mean", "space", "softmax.kind"
    ),
    "space_kind_sigmoid": Measured("mmlab bench space: the same, sigmoid loss", "space", "sigmoid.kind"),
    "space_gap_untrained": Measured(
        "mmlab bench space: modality gap before training, minimum", "space", "untrained.gap_least"
    ),
    "space_gap_whole": Measured(
        "mmlab bench space: gap, complete captions, maximum", "space", "softmax.gap_most"
    ),
    "space_gap_partial": Measured(
        "mmlab bench space: gap, partial captions, minimum", "space", "partial.gap_least"
    ),
    "space_gap_sigmoid": Measured(
        "mmlab bench space: gap, sigmoid loss, minimum", "space", "sigmoid.gap_least"
    ),
}


def counted(folder: Path) -> dict[str, float]:
    """Return the present value of each counted claim."""
    all_weeks = weeks(folder)
    return {
        name: claim.count(all_weeks, folder) for name, claim in CLAIMS.items() if isinstance(claim, Counted)
    }


def measured(only: set[str] | None = None) -> dict[str, float]:
    """Return the value of each measured claim; each bench runs once (minutes).

    only  names of benches; None: all
    """
    claims = {name: claim for name, claim in CLAIMS.items() if isinstance(claim, Measured)}
    results = {}
    for bench in dict.fromkeys(claim.bench for claim in claims.values()):
        if only is None or bench in only:
            results[bench] = importlib.import_module(f"mmlab.instructor.bench.{bench}").measure()
    return {
        name: claim.value(results[claim.bench]) for name, claim in claims.items() if claim.bench in results
    }


def read(folder: Path) -> dict[str, dict]:
    """Return the record: name → value, how, as_of; empty if there is none yet.

    raises  InputError  when the file is not a record
    """
    path = folder / RECORD
    if not path.exists():
        return {}
    try:
        claims = json.loads(path.read_text(encoding="utf-8"))["claims"]
        return {name: {key: row[key] for key in ("value", "how", "as_of")} for name, row in claims.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: {error!r}", "the record of claims", f"delete {path} and run mmlab claims"
        ) from error


def updated(record: dict[str, dict], values: dict[str, float]) -> dict[str, dict]:
    """Return the record with `values`; new and newly measured values get today's date."""
    today = datetime.date.today().isoformat()
    result = {name: row for name, row in record.items() if name in CLAIMS}
    for name, value in values.items():
        claim, old = CLAIMS[name], record.get(name)
        same = isinstance(claim, Counted) and old is not None and old["value"] == value
        result[name] = {"value": value, "how": claim.how, "as_of": old["as_of"] if same else today}
    return {name: result[name] for name in CLAIMS if name in result}


def as_stated(name: str, record: dict[str, dict]) -> str:
    """Return a claim as the pages state it, such as "0.93" or "1,200"."""
    return CLAIMS[name].form.format(record[name]["value"])


def pages(folder: Path) -> list[Path]:
    """Return every page that may state a claim."""
    return [path for pattern in PAGES for path in sorted(folder.glob(pattern))]


def write_in(folder: Path, record: dict[str, dict]) -> list[Path]:
    """Write each claim into the pages that state it; return the pages that changed."""
    changed = []
    for path in pages(folder):
        old = path.read_text(encoding="utf-8")

        def stated(match: re.Match) -> str:
            known = match[2] in record
            return f"{match[1]}{as_stated(match[2], record)}{match[4]}" if known else match[0]

        new = STATED.sub(stated, old)
        if new != old:
            atomic_write(path, new.encode())
            changed.append(path)
    return changed


def faults(folder: Path) -> list[str]:
    """Return one sentence for each difference between record, course and pages."""
    record, differences, seen = read(folder), [], 0
    for name, value in counted(folder).items():
        if record.get(name, {}).get("value") != value:
            differences.append(
                f"{RECORD}: {name} is {record.get(name, {}).get('value')}, counted now: {value}"
            )
    differences += [f"{RECORD}: {name} is not a claim" for name in record if name not in CLAIMS]
    differences += [
        f"{RECORD}: {n}: the description differs: {r['how']}"
        for n, r in record.items()
        if n in CLAIMS and r["how"] != CLAIMS[n].how
    ]
    for path in pages(folder):
        for match in STATED.finditer(path.read_text(encoding="utf-8")):
            seen += 1
            if match[2] not in record or match[2] not in CLAIMS:
                differences.append(f"{path}: states {match[2]}, which is not in the record")
            elif match[3] != as_stated(match[2], record):
                differences.append(
                    f"{path}: {match[2]} is {match[3]!r}, the record has {as_stated(match[2], record)!r}"
                )
    return differences if seen else [*differences, "no page states a claim: the comments are missing"]


def arguments(parser) -> None:
    """Add the command's arguments."""
    parser.add_argument("benches", metavar="BENCH", nargs="*", help="measure only these (default: all)")
    parser.add_argument("--counted", action="store_true", help="count only, without measuring")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if pages and record differ"
    )


def main(args) -> int:
    """Update or check the claims, and print the record."""
    folder = paths.root()
    known = {claim.bench for claim in CLAIMS.values() if isinstance(claim, Measured)}
    if unknown := sorted(set(args.benches) - known):
        raise InputError(f"claims {unknown[0]}", f"one of {', '.join(sorted(known))}", "leave it out for all")
    changed = []
    if not args.check:
        values = counted(folder)
        if not args.counted:
            values |= measured(set(args.benches) or None)
        record = updated(read(folder), values)
        atomic_write(folder / RECORD, (json.dumps({"claims": record}, indent=1) + "\n").encode())
        changed = write_in(folder, record)
    differences = faults(folder)
    if args.json:
        print(json.dumps({"ok": not differences, "claims": read(folder), "faults": differences}, indent=1))
        return int(bool(differences))
    record = read(folder)
    for name in (name for name in record if name in CLAIMS):
        row = record[name]
        print(f"{name:<18} {as_stated(name, record):>8}  {row['as_of']}  {row['how']}")
    for line in [*(f"wrote {path}" for path in changed), *(f"FAIL {fault}" for fault in differences)]:
        print(line)
    if not differences:
        print("every page agrees with the record")
    return int(bool(differences))
