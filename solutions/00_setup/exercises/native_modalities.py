"""native_modalities: systems of components and wires, and how each modality gets in and out."""

import numpy as np

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake

MODALITIES = ("text", "image", "audio", "video")
TEXT, IMAGE, AUDIO, VIDEO = MODALITIES
NAMES = (
    "speech recogniser",
    "image encoder",
    "painter",
    "router",
    "tool",
    "text",
    "audio",
    "model",
    "A",
    "b",
)


def system(own, *wires):
    """Return one case: a system with these own parts and wires."""
    return {"args": [{"own": list(own), "wires": list(wires)}], "kwargs": {}}


def chain(*steps):
    """Return the wires of a chain: component, what travels, component, what travels, …"""
    return [(steps[at], steps[at + 2], steps[at + 1]) for at in range(0, len(steps) - 2, 2)]


def cases(rng):
    """Systems of up to ten components: two own parts, and wires between any of them in any order."""
    drawn = []
    for _ in range(10):
        names = rng.permutation(NAMES).tolist()
        signals, wires = [*MODALITIES, *MODALITIES, "vectors", "labels"], []
        for _ in range(int(rng.integers(12, 22))):
            ends = rng.choice(["user", *names[:8]], 2, replace=False).tolist()
            wires.append((*ends, signals[int(rng.integers(len(signals)))]))
        drawn.append(system(names[:2], *wires))
    return drawn


DIRECT = [wire for name in MODALITIES for wire in (("user", "M", name), ("M", "user", name))]
LONG = [f"copy {number}" for number in range(40)]
CLAUSES = {
    "the example": [
        system(
            ["image encoder", "language model"],
            *chain("user", IMAGE, "image encoder", "vectors", "language model"),
            *chain("user", AUDIO, "recogniser", TEXT, "language model", TEXT, "voice", AUDIO, "user"),
        )
    ],
    "no wires, and wires that do not reach": [
        system(["M"]),
        system(["M"], ("user", "recorder", AUDIO), ("recorder", "user", AUDIO), ("painter", "user", IMAGE)),
        system(["M"], ("user", "judge", TEXT), ("M", "log", TEXT), ("log", "disk", AUDIO)),
        system(["M", "N"], ("M", "N", TEXT), ("N", "M", IMAGE)),
        system(["M"], ("user", "user", TEXT), ("user", "M", IMAGE)),
    ],
    "one wire": [system(["M"], wire) for wire in DIRECT],
    "input does not imply output": [
        system(["M"], *DIRECT[::2]),
        system(["M"], *DIRECT[1::2]),
        system(["M"], *DIRECT),
        system(["M"], ("user", "M", IMAGE), ("M", "user", TEXT)),
    ],
    "another component translates": [
        system(["M"], *chain("user", AUDIO, "asr", TEXT, "M", TEXT, "tts", AUDIO, "user")),
        system(["M"], *chain("user", VIDEO, "sampler", IMAGE, "M", "labels", "painter", IMAGE, "user")),
        system(["M"], *chain("user", AUDIO, "asr", TEXT, "tts", AUDIO, "M")),
        system(["M"], *chain("M", AUDIO, "asr", TEXT, "tts", AUDIO, "user")),
        system(
            ["M"], *chain("user", TEXT, "tts", AUDIO, "asr", TEXT, "M", IMAGE, "A", TEXT, "B", IMAGE, "user")
        ),
        system(["M"], *chain("user", IMAGE, "hash", "labels", "M", "vectors", "D", VIDEO, "user")),
    ],
    "a program passes it on unchanged": [
        system(["M"], *chain("user", AUDIO, "denoiser", AUDIO, "M", AUDIO, "limiter", AUDIO, "user")),
        system(["M"], *chain("user", IMAGE, "A", IMAGE, "B", IMAGE, "C", IMAGE, "M")),
        system(["M"], *chain("M", VIDEO, "A", VIDEO, "B", VIDEO, "C", VIDEO, "user")),
        system(["M"], *chain("user", IMAGE, "A", IMAGE, "B", TEXT, "C", IMAGE, "D", IMAGE, "M")),
    ],
    "native wins over helped": [
        system(["M"], *order)
        for wires in (
            [*chain("user", AUDIO, "asr", TEXT, "M"), *chain("user", AUDIO, "M")],
            [*chain("M", TEXT, "tts", AUDIO, "user"), *chain("M", AUDIO, "user")],
            [*chain("user", IMAGE, "A", IMAGE, "M"), *chain("A", "vectors", "M", VIDEO, "user")],
        )
        for order in (wires, wires[::-1])
    ],
    "the modality must be the user's own": [
        system(["M"], ("clock", "M", TEXT), ("camera", "M", IMAGE), ("user", "M", AUDIO)),
        system(["M"], ("M", "log", TEXT), ("M", "user", IMAGE), ("camera", "user", VIDEO)),
        system(["M"], *chain("user", AUDIO, "asr", TEXT, "M"), *chain("M", IMAGE, "ocr", TEXT, "user")),
        system(["M"], *chain("user", "labels", "A", IMAGE, "M", IMAGE, "B", "labels", "user")),
    ],
    "not through the user": [
        system(["M"], *chain("user", AUDIO, "A", AUDIO, "user", TEXT, "M")),
        system(["M"], *chain("M", TEXT, "user", AUDIO, "A", AUDIO, "user")),
        system(["M"], *chain("user", IMAGE, "A", TEXT, "user"), ("user", "B", TEXT), ("B", "M", TEXT)),
        system(["M"], *chain("M", VIDEO, "user", IMAGE, "A", IMAGE, "user")),
    ],
    "any part of the model": [
        system(["E", "P", "M"], *chain("user", IMAGE, "E", "vectors", "P", "vectors", "M", TEXT, "user")),
        system(["M", "D"], *chain("user", TEXT, "M", "vectors", "D", IMAGE, "user")),
        system(["M", "E"], ("user", "E", AUDIO), ("M", "user", VIDEO)),
        system(["A", "B", "C", "D", "E"], *DIRECT, ("user", "C", VIDEO), ("D", "user", AUDIO)),
    ],
    "names prove nothing": [
        system(["asr", "tts"], *chain("user", AUDIO, "asr", TEXT, "tts", AUDIO, "user")),
        system(
            ["M"], *chain("user", IMAGE, "vision model", "vectors", "M", TEXT, "language model", TEXT, "user")
        ),
        system(["m"], *DIRECT, ("user", "m ", TEXT), ("M", "m", TEXT)),
        system(["text"], *chain("user", AUDIO, "audio", TEXT, "text", AUDIO, "user")),
    ],
    "circles": [
        system(["M"], *chain("user", TEXT, "A", TEXT, "B", TEXT, "A", AUDIO, "B", AUDIO, "A", TEXT, "M")),
        system(["M"], *chain("user", IMAGE, "A", IMAGE, "A"), *chain("M", TEXT, "tool", TEXT, "M")),
        system(["M"], *chain("M", TEXT, "B", TEXT, "C", TEXT, "B", AUDIO, "D", AUDIO, "user")),
    ],
    "long ways, in any order": [
        system(["M"], *chain("user", TEXT, *(part for name in LONG for part in (name, TEXT)), "M")[::way])
        for way in (1, -1)
    ]
    + [
        system(["M"], *chain("M", AUDIO, *(part for name in LONG for part in (name, AUDIO)), "user")[::way])
        for way in (1, -1)
    ]
    + [
        system(["M"], *chain("user", VIDEO, *(part for name in LONG for part in (name, IMAGE)), "M")[::-1]),
        system(["M"], *300 * [("user", "A", TEXT)], ("A", "M", TEXT)),
    ],
    "other signals": [
        system(
            ["M"],
            ("user", "M", "vectors"),
            ("M", "user", "numbers"),
            ("user", "M", "images"),
            ("M", "user", "Text"),
        ),
        system(["M"], ("user", "M", "native"), ("M", "user", ""), ("user", "A", "audio "), ("A", "M", AUDIO)),
    ],
}


def by_searching_depth_first(system):
    def walk(wires, here, modality, only, seen):
        for start, end, carried in wires:
            if start == here and end not in seen and (carried == modality or not only):
                seen.add(end)
                if end != "user":
                    walk(wires, end, modality, only, seen)

    def rate(wires, modality):
        for only in (True, False):
            seen = set()
            for start, end, carried in wires:
                if start == "user" and carried == modality and end not in seen:
                    seen.add(end)
                    if end != "user":
                        walk(wires, end, modality, only, seen)
            if seen.intersection(system["own"]):
                return "native" if only else "helped"
        return "no"

    turned = [(end, start, carried) for start, end, carried in system["wires"]]
    return {m: (rate(system["wires"], m), rate(turned, m)) for m in ("text", "image", "audio", "video")}


def by_matrices(system):
    names = sorted({"user", *system["own"], *(name for wire in system["wires"] for name in wire[:2])})
    count, at = len(names), {name: row for row, name in enumerate(names)}
    own = [at[name] for name in system["own"]]

    def table(modality=None):
        links = np.zeros((count, count), bool)
        for start, end, carried in system["wires"]:
            links[at[start], at[end]] |= modality is None or carried == modality
        return links

    def rate(links, every):
        def arrives(usable):
            usable = usable.copy()
            usable[at["user"]] = False
            ways = np.eye(count, dtype=bool)
            for _ in range(count):
                ways = ways | (ways.astype(int) @ usable > 0)
            return (links[at["user"]].astype(int) @ ways > 0)[own].any()

        return "native" if arrives(links) else "helped" if arrives(every) else "no"

    rows = {m: table(m) for m in ("text", "image", "audio", "video")}
    return {m: (rate(links, table()), rate(links.T, table().T)) for m, links in rows.items()}


EXERCISE = Exercise(
    difficulty=2,
    importance=3,
    minutes=25,
    hints=(
        "Write an inner function for the inputs first. Start with the set of components that the user's wires of this modality "
        "lead to. Add what their wires lead to, again and again, until nothing is new. Is a part of the model among them?",
        'Do it twice: with the wires that carry the modality (is it "native"?), and with all wires (is it "helped"?).',
        "For the outputs call the same function with every wire turned around: (end, start, carried).",
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "counts_help_as_native",
            {'("native", same)': '("native", wires)'},
            'you call "native" what reaches the model after another component has translated it',
            "follow only wires that carry the modality itself when you decide on native",
        ),
        mistake(
            "infers_the_output_from_the_input",
            {"way_in(backwards, name)": "way_in(wires, name)"},
            "your outputs are a copy of your inputs",
            "follow the wires from the model to the user: to read is not to draw",
        ),
        mistake(
            "leaves_out_what_is_helped",
            {
                'answer = "no"': 'answer = "no"\n        names = {"helped": "no", "native": "native"}',
                "answer = name": "answer = names[name]",
            },
            'you never answer "helped"',
            "follow all wires, too, from where the user's wire of this modality ends",
        ),
        mistake(
            "follows_one_wire_only",
            {"for _ in usable:": "for _ in usable[:0]:"},
            "you look only at wires that join the user and the model directly",
            "go on from each component that you reach, until nothing is new",
        ),
        mistake(
            "passes_through_the_user",
            {' and start != "user"': ""},
            "your paths go through the user",
            "start at the user, and never go on from there a second time",
        ),
        mistake(
            "takes_any_first_wire",
            {"end for start, end, _ in same if": "end for start, end, _ in usable if"},
            "you follow wires from the user whatever they carry",
            "the user's first wire must carry the modality that you ask about",
        ),
    ),
    alternates=(
        by_searching_depth_first,
        by_matrices,
        Answer(
            "counts_down",
            {"for _ in usable:": "for _ in range(len(wires), -1, -1):"},
            "more rounds than needed",
        ),
    ),
)
