"""Requests for route_request: what is asked, with which pictures, at which prices, for how much.

Ten kinds of request, made anew from a seed; every budget keeps its distance from every cost.
"""

from math import ceil

import numpy as np

HARD_WORDS = ("analyze", "chart", "compare", "contract", "explain", "why")
NAMES = ("brook", "cedar", "flint", "heron", "maple", "otter", "raven", "slate", "tulip", "willow")
EASY = (
    "Which colour is the large circle?",
    "Read the sign.",
    "Is there a dog in this photo?",
    "Translate: good morning",
    "List the shapes from left to right.",
    "Give me a title of four words.",
)
NEAR = (
    "Is this a charter flight?",
    "List the contractors.",
    "What is an uncompared value?",
    "Read the word charts.",
)
SHORT = {
    "analyze": ("Can you {} this?", "{} the second page."),
    "chart": ("Is this {} honest?", "Read the {}, please."),
    "compare": ("Will you {} them?", "{}: which is cheaper"),
    "contract": ("Is the {} signed?", "Sum up this {}!"),
    "explain": ("Can you {} it?", "{} the last line."),
    "why": ("{} is it red?", "Say {} it failed."),
}
STORY = "The second page lists what was agreed on in spring and who has to pay for it in which month".split()


def price_table(rng: np.random.Generator) -> dict[str, dict]:
    """Return five models under names of no meaning: what each costs, whether it sees, whether it is strong.

    The dearest can do no more than the second dearest.
    """
    names = rng.permutation(NAMES)[:5].tolist()
    prices = [0.05, 0.2, 0.9, 3.0, 12.0]
    kinds = [(False, False), (True, False), (False, True), (True, True), (True, True)]
    rows = [
        {"price": round(price * float(rng.uniform(1, 1.6)), 3), "sees": sees, "strong": strong}
        for price, (sees, strong) in zip(prices, kinds, strict=True)
    ]
    order = rng.permutation(5).tolist()
    return {names[place]: rows[place] for place in order}


def hard_prompt(rng: np.random.Generator, forms=(str, str.capitalize, str.upper), kinds=(0, 1)) -> str:
    """Return a short prompt with a hard word in one of the forms; of kinds, 0 is a question and 1 is none."""
    word, form, kind = (one_of(choices, rng) for choices in (HARD_WORDS, forms, kinds))
    return SHORT[word][kind].format(form(word))


def long_prompt(rng: np.random.Generator, words: int) -> str:
    """Return a prompt of so many words, none of them hard."""
    return " ".join(STORY[int(place)] for place in rng.integers(0, len(STORY), words)) + "."


def images(rng: np.random.Generator, least: int = 200, most: int = 1200) -> list[tuple[int, int]]:
    """Return the sizes of one to three pictures, unequal sides, no multiple of 28."""
    return [
        tuple(28 * (int(side) // 28) + int(rng.integers(1, 28)) for side in rng.integers(least, most, 2))
        for _ in range(int(rng.integers(1, 4)))
    ]


def tokens_of(prompt: str, sizes: list[tuple[int, int]]) -> int:
    """Return what a request costs in tokens, by the rule of the statement; used to set budgets only."""
    return ceil(len(prompt) / 4) + sum(ceil(width / 28) * ceil(height / 28) for width, height in sizes)


def one_of(choices: tuple, rng: np.random.Generator):
    """Return one of the choices."""
    return choices[int(rng.integers(len(choices)))]


def request_of_kind(kind: int, rng: np.random.Generator) -> tuple[dict, dict]:
    """Return one request and its price table.

    kind  0 easy · 1 easy, pictures · 2 a hard word in capitals, pictures · 3 a hard word in a question
          4 hard by its length · 5 hard, too dear for the strong, many small pictures · 6 too dear for all
          7 a hard word's letters inside another · 8 the longest that is easy
          9 hard, too dear for the strong, few large pictures
    """
    models = price_table(rng)
    weak, strong = (
        min(row["price"] for row in models.values() if row["sees"] and row["strong"] is able)
        for able in (False, True)
    )
    prompts = (
        lambda: one_of(EASY, rng),
        lambda: one_of(EASY, rng),
        lambda: hard_prompt(rng, (str.capitalize, str.upper), (1,)),
        lambda: hard_prompt(rng, (str,), (0,)),
        lambda: long_prompt(rng, int(rng.integers(61, 90))),
        lambda: hard_prompt(rng),
        lambda: hard_prompt(rng),
        lambda: one_of(NEAR, rng),
        lambda: long_prompt(rng, 60),
        lambda: hard_prompt(rng),
    )
    prompt = prompts[kind]()
    sizes = images(rng) if kind in (1, 2, 6, 7) else images(rng, 900, 1600) if kind == 9 else []
    if kind == 5:  # many small ones: four patches each, and hardly more pixels than one
        sizes = [tuple(rng.integers(29, 36, 2).tolist()) for _ in range(int(rng.integers(10, 15)))]
    tokens = tokens_of(prompt, sizes)
    budget = tokens * 40
    if kind == 6:
        budget = tokens * weak / 2
    elif kind in (5, 9):  # too little for the strong, by the size of the pictures alone
        budget = tokens * strong * 0.6
    return {"prompt": prompt, "images": sizes, "budget": budget / 1e6}, models
