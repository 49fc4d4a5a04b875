"""measure ratios against peers, alternately in one run."""

import argparse
import importlib
import inspect
import json

# name → (module under mmlab.course with `measure() -> dict`, what it compares)
BENCHES = {
    "world": ("bench_world", "pictures a second against Pillow at 4x supersampling"),
    "clip": ("bench_clip", "what CLIP learns in one short training, beside its control"),
    "space": ("bench_space", "two losses and two kinds of caption from one warm start"),
    "models": ("bench_models", "training steps a second against transformers"),
    "grade": ("bench_grade", "submissions a second against stock nbgrader, on the same class"),
    "grade-growth": ("bench_grade_growth", "how time and memory grow from 10 to 100 to 500 submissions"),
    "api": ("bench_api", "requests a second of the local model server, and 64 clients at once for a minute"),
    "class": ("bench_class", "true marks of a class of 500 with hostile hand-ins, killed and resumed"),
    "api-sdks": ("bench_api_sdks", "the conformance tests with the oldest SDKs that are allowed"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    listed = ", ".join(f"{name} ({says})" for name, (_, says) in BENCHES.items())
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{listed}; all if none")
    parser.add_argument("-n", type=int, metavar="N", help="size, for the benches that have one (grade: 200 submissions; api: 60 seconds)")


def main(args: argparse.Namespace) -> int:
    """Measure, print, and return 1 when a measurement misses its own target."""
    from mmlab.errors import InputError

    for name in args.names:
        if name not in BENCHES:
            raise InputError(f"bench {name}", f"one of {', '.join(BENCHES)}",
                             "leave the name out for all")  # fmt: skip
    results = {}
    for name in args.names or BENCHES:
        module = importlib.import_module(f"mmlab.course.{BENCHES[name][0]}")
        if not args.json:
            print(f"{name}: {BENCHES[name][1]}", flush=True)
        sized = args.n and "n" in inspect.signature(module.measure).parameters
        results[name] = module.measure(n=args.n) if sized else module.measure()
        if not args.json:
            print("\n".join(lines(results[name])), flush=True)
    if args.json:  # one bench: its figures at the top too
        print(json.dumps(results | (results[args.names[0]] if len(args.names) == 1 else {})))
    return int(any(result.get("ok") is False for result in results.values()))


def lines(figures: dict, indent: str = "  ") -> list[str]:
    """Return nested figures as lines for people.

    >>> lines({"threads": 1, "sizes": {"32": {"ours": 2}}})
    ['  threads: 1', '  sizes', '    32: ours 2']
    """
    found = []
    for name, value in figures.items():
        if not isinstance(value, dict):
            found.append(f"{indent}{name}: {value}")
        elif any(isinstance(inner, dict) for inner in value.values()):
            found += [f"{indent}{name}", *lines(value, indent + "  ")]
        else:
            inside = " · ".join(f"{key} {inner}" for key, inner in value.items())
            found.append(f"{indent}{name}: {inside}")
    return found
