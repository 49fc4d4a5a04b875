"""compare speeds with other libraries, alternately in one run."""

import argparse
import importlib
import inspect
import json

# name → (module in this package with `measure() -> dict`, description)
BENCHES = {
    "world": ("world", "images per second against Pillow at 4x supersampling"),
    "clip": ("clip", "scores of CLIP after one short training, and of a control"),
    "space": ("space", "two losses and two kinds of caption from the same pretrained image tower"),
    "models": ("models", "training steps per second against transformers"),
    "grade": ("grade", "submissions per second against stock nbgrader, on the same class"),
    "grade-growth": ("grade_growth", "how time and memory grow from 10 to 100 to 500 submissions"),
    "api": (
        "api",
        "requests per second of the local model server, 64 clients at once for a minute, and 200 odd images",
    ),
    "class": ("large_class", "correct scores in a class of 500 with hostile submissions, killed and resumed"),
    "api-sdks": ("api_sdks", "the conformance tests with the oldest allowed SDKs"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    listed = ", ".join(f"{name} ({description})" for name, (_, description) in BENCHES.items())
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{listed}; default: all")
    parser.add_argument(
        "-n",
        type=int,
        metavar="N",
        help="size, for the benches that have one (grade: 200 submissions; api: 60 seconds)",
    )


def main(args: argparse.Namespace) -> int:
    """Measure and print; return 1 if a bench misses its target."""
    from mmlab.errors import InputError

    for name in args.names:
        if name not in BENCHES:
            raise InputError(f"bench {name}", f"one of {', '.join(BENCHES)}", "leave the name out for all")
    results = {}
    for name in args.names or BENCHES:
        module = importlib.import_module(f"mmlab.instructor.bench.{BENCHES[name][0]}")
        if not args.json:
            print(f"{name}: {BENCHES[name][1]}", flush=True)
        sized = args.n and "n" in inspect.signature(module.measure).parameters
        results[name] = module.measure(n=args.n) if sized else module.measure()
        if not args.json:
            print("\n".join(lines(results[name])), flush=True)
    if args.json:  # with one bench, its figures are also at the top level
        print(json.dumps(results | (results[args.names[0]] if len(args.names) == 1 else {})))
    return int(any(result.get("ok") is False for result in results.values()))


def lines(figures: dict, indent: str = "  ") -> list[str]:
    """Return nested figures as lines for people.

    >>> lines({"threads": 1, "sizes": {"32": {"ours": 2}}})
    ['  threads: 1', '  sizes', '    32: ours 2']
    """
    text = []
    for name, value in figures.items():
        if not isinstance(value, dict):
            text.append(f"{indent}{name}: {value}")
        elif any(isinstance(inner, dict) for inner in value.values()):
            text += [f"{indent}{name}", *lines(value, indent + "  ")]
        else:
            inside = " · ".join(f"{key} {inner}" for key, inner in value.items())
            text.append(f"{indent}{name}: {inside}")
    return text
