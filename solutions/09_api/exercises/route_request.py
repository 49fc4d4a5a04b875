"""route_request: the cheapest model that can serve a request."""

from _requests import HARD_WORDS, request_of_kind

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake

WEAK, BLIND, STRONG = (
    {"sees": sees, "strong": strong} for sees, strong in ((True, False), (False, True), (True, True))
)
PER_TOKEN = 1_000_000.0  # dollars for a million tokens: one dollar a token, so a budget is a number of tokens


def call(prompt, images=(), budget=1e9, words=HARD_WORDS, **models):
    """Return one case; without models the strong one costs twice as much as the weak one."""
    models = models or {"strong": STRONG | {"price": 2 * PER_TOKEN}, "weak": WEAK | {"price": PER_TOKEN}}
    return {
        "args": [{"prompt": prompt, "images": list(images), "budget": budget}, models, set(words)],
        "kwargs": {},
    }


def cases(rng):
    """Twenty requests, two of each kind, every one with a price table of its own."""
    drawn = [request_of_kind(kind, rng) for _ in range(2) for kind in (1, 0, *range(2, 10))]
    return [{"args": [request, models, set(HARD_WORDS)], "kwargs": {}} for request, models in drawn]


STEP = WEAK | {"price": PER_TOKEN}
CLAUSES = {
    "a hard word is a whole run of letters": [
        call(prompt)
        for prompt in (
            "a cHaRt",
            "chart2",
            "1chart",
            "a_chart_b",
            "the chart's end",
            "(chart)",
            "chart-like",
            "Why?",
            "chart",
            "chart chart",
            "charter or chart",
            "pie,chart",
            "chart÷2×chart",
            "the 'CHART'.",
            "(c) Chart\u2026",
            "12chart34",
            "__why__",
            "\u201cwhy\u201d",
            "chart" * 2 + " why",
            "x" * 3000 + " why",
        )
    ]
    + [
        call(prompt)
        for prompt in ("échart", "charté", "a charter", "uncharted", "char t", "CHARTS", "no words: 12_3")
    ]
    + [
        call(f"see {letter}chart{other}")
        for letter in ("ж", "λ", "中", "ā", "ß", "א", "")
        for other in ("", letter or "я")
    ]
    + [call("c-h-a-r-t"), call("chartchart"), call("Chárt"), call("cha rt"), call("which"), call("y why_ n")],
    "other hard words": [
        call("chart", words=()),
        call("", words=()),
        call("ÜBER?", words=["über"]),
        call("chart", words=["a", "b"]),
        call("STRAßE", words=["straße"]),
        call("Strasse", words=["straße"]),
        call("Straße", words=["strasse"]),
        call("a ｃｈａｒｔ"),
        call("\ufb01nd", words=["find"]),
        call("ПОЧЕМУ?", words=["почему"]),
        call("почему", words=["чему"]),
        call("图表", words=["图"]),
        call("图-表", words=["图"]),
        call("Am I late?", words=["i"]),
        call("late", words=["i", "a"]),
        call("none", words=["none"]),
        call("why", words=["explain"]),
        call("Vergleiche", words=["vergleiche", *HARD_WORDS]),
        call("last", words=[f"w{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(600)] + ["last"]),
    ],
    "more than 60 words between blanks": [
        call("red " * 60),
        *(call("red " * count, words=()) for count in (60, 61)),
        call("red " * 61),
        call("red " * 57 + "why"),
        call("why " + "red " * 59),
        call("a  " * 31),
        call(" ".join(["it's"] * 31)),
        call(" 1 2" * 15 + "  "),
        call(" - 7" * 30 + " !"),
        call("?" * 70),
        call("  " + "red " * 60),
        call("red  " * 60 + " "),
        call("red. " * 61),
        call("red-hot " * 40),
        call("a," * 70),
        call("red " * 600),
        call("r" * 700),
        call("red " * 61, budget=17.0),
        call(
            "red " * 61,
            dear=STRONG | {"price": 7.0},
            weak=WEAK | {"price": 1.0},
            cheap=STRONG | {"price": 5.0},
        ),
        call("why " * 80, weak=WEAK | {"price": 1.0}),
    ],
    "a token for four characters": [
        call(prompt, budget=budget, step=STEP)
        for prompt, budget in (
            ("four", 1.0),
            ("five5", 1.0),
            ("five5", 2.0),
            ("é" * 4, 1.0),
            ("a  b", 1.0),
            ("a   b", 1.0),
            ("abc  ", 1.0),
            ("\U0001f600" * 4, 1.0),
            ("中" * 8, 2.0),
            ("中" * 9, 2.0),
            ("x" * 4001, 1000.5),
            ("x" * 4001, 1001.0),
            ("", 0.5),
            ("", 0.0),
            ("ab", 0.5),
        )
    ],
    "a token for 28 × 28 pixels": [
        call("four", images, budget, step=STEP)
        for images, budget in (
            ([(28, 28)], 2.0),
            ([(29, 28)], 2.0),
            ([(28, 29)], 2.0),
            ([(29, 29)], 4.0),
            ([(29, 29)], 5.0),
            ([(1, 1)] * 3, 3.0),
            ([(1, 1)] * 3, 4.0),
            ([(57, 1), (28, 85)], 8.0),
            ([(57, 1), (28, 85)], 7.0),
            ([(40_000, 1)], 1429.5),
            ([(40_000, 1)], 1430.0),
            ([(28, 28)] * 300, 301.0),
            ([(28, 28)] * 300, 300.0),
            ([(29, 1)] * 1100, 2200.5),
            ([(560, 28), (28, 560)], 41.0),
            ([(56, 56)], 5.0),
            ([(56, 57)], 5.0),
            ([(600, 600)], 485.0),
            ([(600, 600)], 484.5),
            ([(1, 1)], 1.5),
        )
    ],
    "at most the budget": [
        call("x" * 256, budget=0.001, exact=WEAK | {"price": 15.625}),
        call("x" * 256, budget=0.001, above=WEAK | {"price": 15.62500001}),
        call("four", budget=0.0, paid=STEP, free=WEAK | {"price": 0.0}),
        call("four", budget=0.0),
        call("red", budget=0.0, step=WEAK | {"price": 1e-4}),
        call("red", [(5, 5)], budget=0.0, free=WEAK | {"price": 0.0}),
        call("why", budget=0, paid=STRONG | {"price": 1.0}, free=WEAK | {"price": 0.0}),
        call("", budget=0.0, paid=STEP),
        call("", [(1, 1)], budget=0.0, paid=STEP),
        call("four", budget=1e-7, step=WEAK | {"price": 0.2}),
        call("four", budget=1e-7, step=WEAK | {"price": 0.05}),
        call("x" * 40_000, budget=1e-4, step=WEAK | {"price": 0.02}),
        call("x" * 40_000, budget=0.001, step=WEAK | {"price": 0.05}),
        call(
            "why",
            budget=1.5,
            strong=STRONG | {"price": 3 * PER_TOKEN},
            other=STRONG | {"price": 2 * PER_TOKEN},
        ),
        call("four", budget=9.0, paid=STEP, free=WEAK | {"price": 0.0}),
        call("why", budget=9.0, paid=STRONG | {"price": PER_TOKEN}, free=STRONG | {"price": 0.0}),
        call("why", budget=1.5),
        call("why", budget=2.0),
        call("why", budget=0.5),
        call("red", budget=1.0),
    ],
    "it sees, if there are pictures": [
        call(
            prompt,
            images,
            blind=BLIND | {"price": 1.0},
            weak=WEAK | {"price": 2.0},
            both=STRONG | {"price": 3.0},
        )
        for prompt in ("why", "red")
        for images in ((), [(5, 5)])
    ]
    + [
        call("why", [(5, 5)], blind=BLIND | {"price": 1.0}),
        call("red", blind=BLIND | {"price": 2.0}, weak=WEAK | {"price": 1.0}),
        call("red", [(1, 1)], blind=BLIND | {"price": 1.0}, weak=WEAK | {"price": 2.0}),
        call("red", [(1, 1)], blind=BLIND | {"price": 1.0}),
        *(call("red", [(5, 5)] * count) for count in (2, 12, 70)),
        call("red", [(4000, 3000)]),
    ],
    "the cheapest strong one, else the cheapest": [
        call(
            "why",
            [(5, 5)],
            blind=BLIND | {"price": 1.0},
            dear=WEAK | {"price": 3.0},
            cheap=WEAK | {"price": 2.0},
        ),
        call("why", dear=STRONG | {"price": 7.0}, weak=WEAK | {"price": 1.0}, cheap=STRONG | {"price": 5.0}),
        call("red", dear=WEAK | {"price": 7.0}, cheap=STRONG | {"price": 5.0}),
        call(
            "why",
            [(5, 5)],
            both=STRONG | {"price": 9.0},
            eyes=WEAK | {"price": 3.0},
            blind=BLIND | {"price": 2.0},
        ),
        call(
            "red",
            [(5, 5)],
            both=STRONG | {"price": 9.0},
            eyes=WEAK | {"price": 10.0},
            blind=BLIND | {"price": 2.0},
        ),
        call(
            "why", zebra=STRONG | {"price": 2.0}, apple=STRONG | {"price": 10.0}, mango=WEAK | {"price": 1.0}
        ),
        call("red", a=WEAK | {"price": 0.00034}, b=WEAK | {"price": 0.00012}),
        call("why", a=STRONG | {"price": 2.00002}, b=STRONG | {"price": 2.00001}),
        call("red", a=WEAK | {"price": 10}, b=WEAK | {"price": 9}, c=WEAK | {"price": 9.5}),
        call("red", **{f"m{n}": WEAK | {"price": 1.0 + (7 * n + 3) % 60} for n in range(60)}),
        call(
            "why",
            **{f"m{n}": (STRONG if n % 3 else WEAK) | {"price": 1.0 + (7 * n + 3) % 60} for n in range(60)},
        ),
    ],
    "whatever the model is called": [
        call(
            prompt,
            **{"": strong | {"price": 1.0}, "None": WEAK | {"price": 2.0}, "0": STRONG | {"price": 3.0}},
        )
        for prompt in ("red", "why")
        for strong in (WEAK, STRONG)
    ],
    "no model is usable": [
        {"args": [{"prompt": prompt, "images": [], "budget": 1.0}, {}, {"why"}], "kwargs": {}}
        for prompt in ("why", "red", "")
    ]
    + [call("why", [(5, 5)], blind=BLIND | {"price": 0.0}), call("red", budget=0.5, step=STEP)],
}


HARD = "len(prompt.split()) > 60 or not hard_words.isdisjoint(words)"

EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=20,
    hints=(
        "Three questions, one after the other: what does it cost in tokens, is it hard, and which models are left "
        "(they see, if they must, and can be paid)?",
        '`re.findall(r"[^\\W\\d_]+", prompt.lower())` gives the words of a prompt: `\\w` without digits and the underscore. '
        "A set has `.isdisjoint(…)`.",
        '`min(names, key=lambda name: models[name]["price"], default=None)` is the cheapest, or None of none.',
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "one_form_of_the_word",
            {"prompt.lower()": "prompt"},
            "your router knows the hard words in lower case only",
            "turn the prompt to lower case before you look for them",
        ),
        mistake(
            "pictures_cost_the_same",
            {"sum(math.ceil(w / 28) * math.ceil(h / 28) for w, h in images)": "85 * len(images)"},
            "your router counts every picture alike, whatever its size",
            "count the patches of 28 × 28 pixels: ceil(width / 28) · ceil(height / 28)",
        ),
        mistake(
            "short_questions_are_easy",
            {HARD: f'({HARD}) and not (prompt.endswith("?") and len(prompt) < 100)'},
            "your router takes a short question for an easy one before it looks for hard words",
            "let length make a request hard, never easy",
        ),
        mistake(
            "parts_of_words",
            {"not hard_words.isdisjoint(words)": "any(word in prompt.lower() for word in hard_words)"},
            "your router finds hard words inside other words, such as chart in charter",
            "split the prompt into words and compare whole ones",
        ),
        mistake(
            "sends_pictures_to_the_blind",
            {' if model["sees"] or not images': ""},
            "your router sends pictures to models that do not see",
            "where there are images, keep the models with sees only",
        ),
        mistake(
            "strong_or_nothing",
            {"hard and strong": "hard"},
            "your router gives up on a hard request that no strong model can serve within the budget",
            "fall back on the cheapest of the others that can be paid",
        ),
        mistake(
            "forgets_the_budget",
            {' if tokens * models[name]["price"] / 1e6 <= request["budget"]': ""},
            "your router chooses models that cost more than the budget",
            "keep the models whose tokens · price / 1,000,000 is at most the budget",
        ),
    ),
    alternates=(
        Answer(
            "blanks_filtered",
            {"len(prompt.split())": 'len([piece for piece in prompt.split(" ") if piece])'},
            "pieces between blanks",
        ),
        Answer(
            "lower_one_by_one",
            {"prompt.lower()": "''.join(map(str.lower, prompt))"},
            "one character at a time",
        ),
    ),
)
