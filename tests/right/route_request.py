"""Unusual right answers of route_request."""

import numpy as np

from mmlab.instructor.authoring.exercise import Answer


def letter_by_letter(request, models, hard_words):
    words, word, pieces, before = set(), "", 0, " "
    for character in request["prompt"] + " ":
        pieces += before == " " and character != " "
        before = character
        if character.isalpha():
            word += character.lower()
        else:
            words.add(word)
            word = ""
    words.discard("")
    tokens = (len(request["prompt"]) + 3) // 4 + sum(
        ((w + 27) // 28) * ((h + 27) // 28) for w, h in request["images"]
    )
    ranked = sorted((model["price"], name) for name, model in models.items())
    able = [
        name
        for price, name in ranked
        if price * tokens / 1_000_000 <= request["budget"]
        and (models[name]["sees"] or len(request["images"]) == 0)
    ]
    if words & set(hard_words) or pieces > 60:
        able.sort(key=lambda name: not models[name]["strong"])
    return able[0] if able else None


def one_loop(request, models, hard_words):
    tokens = -(-len(request["prompt"]) // 4)
    for width, height in request["images"]:
        tokens += -(-width // 28) * -(-height // 28)
    letters = "".join(character if character.isalpha() else " " for character in request["prompt"].lower())
    hard = request["prompt"].split()[60:] or [word for word in letters.split() if word in hard_words]
    chosen = None
    for name, model in models.items():
        if request["images"] and not model["sees"] or tokens * model["price"] > request["budget"] * 1_000_000:
            continue
        if chosen is None:
            chosen = name
        elif hard and model["strong"] != models[chosen]["strong"]:
            chosen = name if model["strong"] else chosen
        elif model["price"] < models[chosen]["price"]:
            chosen = name
    return chosen


def in_order_of_preference(request, models, hard_words):
    import re

    prompt, sizes = request["prompt"], np.array(request["images"], float).reshape(-1, 2)
    tokens = np.ceil(len(prompt) / 4) + np.ceil(sizes / 28).prod(axis=1).sum()
    hard = len(prompt.split()) > 60 or any(
        re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", prompt, re.IGNORECASE)
        for word in hard_words
    )
    order = sorted(models, key=lambda name: (hard and not models[name]["strong"], models[name]["price"]))
    for name in order:
        affordable = tokens * models[name]["price"] / 1e6 <= request["budget"]
        if affordable and (models[name]["sees"] or not len(sizes)):
            return name
    return None


ANSWERS = (
    Answer("letter_by_letter", letter_by_letter, "no regular expression, integers only, a stable sort"),
    Answer(
        "split_at_what_is_no_letter",
        {r're.findall(r"[^\W\d_]+", prompt.lower())': r're.split(r"[\W\d_]+", prompt.lower())[0:]'},
        "an empty piece is no hard word",
    ),
    Answer("one_loop", one_loop, "one pass over the models"),
    Answer("in_order_of_preference", in_order_of_preference, "all models sorted, the first that is usable"),
)
