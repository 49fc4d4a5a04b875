"""route_request: forty requests of ten kinds, wrong ways to choose a model, and right ones.

The answers use only the names of the setup cell: their source is pasted into the solution cell.
"""

import numpy as np
from exercises_requests import HARD_WORDS, request_of_kind

from mmlab.course.exercise import Compare, Driver, Exercise, Misconception


def cases_for_route_request(rng: np.random.Generator) -> list[dict]:
    """Return forty requests, four of each kind, every one with a price table of its own."""
    drawn = [request_of_kind(kind, rng) for _ in range(4) for kind in (1, 0, *range(2, 10))]
    return [{"args": [request, models, set(HARD_WORDS)], "kwargs": {}} for request, models in drawn]


def route_request__one_form_of_the_word(request, models, hard_words):
    import re

    prompt, images = request["prompt"], request["images"]
    tokens = math.ceil(len(prompt) / 4) + sum(math.ceil(w / 28) * math.ceil(h / 28) for w, h in images)
    hard = len(prompt.split()) > 60 or not hard_words.isdisjoint(re.findall(r"[A-Za-z]+", prompt))
    usable = [name for name, model in models.items() if model["sees"] or not images]
    usable = [name for name in usable if tokens * models[name]["price"] / 1e6 <= request["budget"]]
    strong = [name for name in usable if models[name]["strong"]]
    return min(strong if hard and strong else usable, key=lambda name: models[name]["price"], default=None)


def route_request__pictures_cost_the_same(request, models, hard_words):
    import re

    prompt, images = request["prompt"], request["images"]
    tokens = math.ceil(len(prompt) / 4) + 85 * len(images)
    hard = len(prompt.split()) > 60 or not hard_words.isdisjoint(re.findall(r"[a-z]+", prompt.lower()))
    usable = [name for name, model in models.items() if model["sees"] or not images]
    usable = [name for name in usable if tokens * models[name]["price"] / 1e6 <= request["budget"]]
    strong = [name for name in usable if models[name]["strong"]]
    return min(strong if hard and strong else usable, key=lambda name: models[name]["price"], default=None)


def route_request__short_questions_are_easy(request, models, hard_words):
    import re

    prompt, images = request["prompt"], request["images"]
    tokens = math.ceil(len(prompt) / 4) + sum(math.ceil(w / 28) * math.ceil(h / 28) for w, h in images)
    hard = len(prompt.split()) > 60 or not hard_words.isdisjoint(re.findall(r"[a-z]+", prompt.lower()))
    if prompt.endswith("?") and len(prompt) < 100:
        hard = False
    usable = [name for name, model in models.items() if model["sees"] or not images]
    usable = [name for name in usable if tokens * models[name]["price"] / 1e6 <= request["budget"]]
    strong = [name for name in usable if models[name]["strong"]]
    return min(strong if hard and strong else usable, key=lambda name: models[name]["price"], default=None)


def route_request__parts_of_words(request, models, hard_words):
    prompt, images = request["prompt"], request["images"]
    tokens = math.ceil(len(prompt) / 4) + sum(math.ceil(w / 28) * math.ceil(h / 28) for w, h in images)
    hard = len(prompt.split()) > 60 or any(word in prompt.lower() for word in hard_words)
    usable = [name for name, model in models.items() if model["sees"] or not images]
    usable = [name for name in usable if tokens * models[name]["price"] / 1e6 <= request["budget"]]
    strong = [name for name in usable if models[name]["strong"]]
    return min(strong if hard and strong else usable, key=lambda name: models[name]["price"], default=None)


def route_request__sends_pictures_to_the_blind(request, models, hard_words):
    import re

    prompt, images = request["prompt"], request["images"]
    tokens = math.ceil(len(prompt) / 4) + sum(math.ceil(w / 28) * math.ceil(h / 28) for w, h in images)
    hard = len(prompt.split()) > 60 or not hard_words.isdisjoint(re.findall(r"[a-z]+", prompt.lower()))
    usable = [name for name in models if tokens * models[name]["price"] / 1e6 <= request["budget"]]
    strong = [name for name in usable if models[name]["strong"]]
    return min(strong if hard and strong else usable, key=lambda name: models[name]["price"], default=None)


def route_request__strong_or_nothing(request, models, hard_words):
    import re

    prompt, images = request["prompt"], request["images"]
    tokens = math.ceil(len(prompt) / 4) + sum(math.ceil(w / 28) * math.ceil(h / 28) for w, h in images)
    hard = len(prompt.split()) > 60 or not hard_words.isdisjoint(re.findall(r"[a-z]+", prompt.lower()))
    usable = [name for name, model in models.items() if model["sees"] or not images]
    usable = [name for name in usable if tokens * models[name]["price"] / 1e6 <= request["budget"]]
    usable = [name for name in usable if models[name]["strong"] or not hard]
    return min(usable, key=lambda name: models[name]["price"], default=None)


def route_request__forgets_the_budget(request, models, hard_words):
    import re

    prompt, images = request["prompt"], request["images"]
    hard = len(prompt.split()) > 60 or not hard_words.isdisjoint(re.findall(r"[a-z]+", prompt.lower()))
    usable = [name for name, model in models.items() if model["sees"] or not images]
    strong = [name for name in usable if models[name]["strong"]]
    return min(strong if hard and strong else usable, key=lambda name: models[name]["price"], default=None)


def route_request__one_loop(request, models, hard_words):
    tokens = -(-len(request["prompt"]) // 4)
    for width, height in request["images"]:
        tokens += -(-width // 28) * -(-height // 28)
    letters = "".join(one if one.isalpha() else " " for one in request["prompt"].casefold())
    hard = request["prompt"].split()[60:] or [word for word in letters.split() if word in hard_words]
    chosen = None
    for name, model in models.items():
        if request["images"] and not model["sees"]:
            continue
        if tokens * model["price"] > request["budget"] * 1_000_000:
            continue
        if chosen is None:
            chosen = name
        elif hard and model["strong"] != models[chosen]["strong"]:
            chosen = name if model["strong"] else chosen
        elif model["price"] < models[chosen]["price"]:
            chosen = name
    return chosen


def route_request__in_order_of_preference(request, models, hard_words):
    import re

    prompt, sizes = request["prompt"], np.array(request["images"], float).reshape(-1, 2)
    tokens = np.ceil(len(prompt) / 4) + np.ceil(sizes / 28).prod(axis=1).sum()
    pattern = r"\b(" + "|".join(sorted(hard_words)) + r")\b"
    hard = len(prompt.split()) > 60 or re.search(pattern, prompt, re.IGNORECASE) is not None
    order = sorted(models, key=lambda name: (hard and not models[name]["strong"], models[name]["price"]))
    for name in order:
        affordable = tokens * models[name]["price"] / 1e6 <= request["budget"]
        if affordable and (models[name]["sees"] or not len(sizes)):
            return name
    return None


EXERCISE = Exercise(
    name="route_request",
    difficulty=2,
    importance=4,
    minutes=20,
    hints=(
        "Three questions, one after the other: what does it cost in tokens, is it hard, and which models are left "
        "(they see, if they must, and can be paid)?",
        "`re.findall(r\"[a-z]+\", prompt.lower())` gives the words of a prompt; a set has `.isdisjoint(…)`.",
        "`min(names, key=lambda name: models[name][\"price\"], default=None)` is the cheapest, or None of none.",
    ),
    driver=Driver("call"),
    cases=cases_for_route_request,
    compare=Compare("equal"),
    misconceptions=(
        Misconception(
            route_request__one_form_of_the_word,
            "your router knows the hard words in small letters only",
            "turn the prompt to small letters before you look for them",
        ),
        Misconception(
            route_request__pictures_cost_the_same,
            "your router counts every picture alike, whatever its size",
            "count the patches of 28 × 28 pixels: ceil(width / 28) · ceil(height / 28)",
        ),
        Misconception(
            route_request__short_questions_are_easy,
            "your router takes a short question for an easy one before it looks for hard words",
            "let length make a request hard, never easy",
        ),
        Misconception(
            route_request__parts_of_words,
            "your router finds hard words inside other words, such as chart in charter",
            "split the prompt into words and compare whole ones",
        ),
        Misconception(
            route_request__sends_pictures_to_the_blind,
            "your router sends pictures to models that do not see",
            "where there are images, keep the models with sees only",
        ),
        Misconception(
            route_request__strong_or_nothing,
            "your router gives up on a hard request that no strong model can serve within the budget",
            "fall back on the cheapest of the others that can be paid",
        ),
        Misconception(
            route_request__forgets_the_budget,
            "your router chooses models that cost more than the budget",
            "keep the models whose tokens · price / 1,000,000 is at most the budget",
        ),
    ),
    alternates=(route_request__one_loop, route_request__in_order_of_preference),
)
