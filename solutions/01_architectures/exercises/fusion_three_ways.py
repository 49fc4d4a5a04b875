"""fusion_three_ways: early, late and cross-attention fusion of the same padded features."""

import torch
from _draw import call, drawn, mask, table
from torch import nn

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

NAMES = ("text", "image", "text_mask", "image_mask")


def weights(make, width, classes, scale):
    """Return the weights of the three ways: make(*shape) · scale."""
    shapes = {"early": (classes, 2 * width), "late_text": (classes, width), "late_image": (classes, width)}
    shapes |= {name: (width, width) for name in ("query", "key", "value")} | {"cross": (classes, width)}
    return {name: make(*shape, number) * scale for number, (name, shape) in enumerate(shapes.items())}


def case(text, image, width=4, classes=3, dtype=torch.float32, size=0.25, image_change=lambda image: image):
    """Return one case with fixed numbers; text and image are the rows of their masks."""
    words, places = mask(*text), mask(*image)
    parts = weights(lambda *shape: table(*shape[:-1], shift=shape[-1], dtype=dtype), width, classes, 0.125)
    tokens = table(*words.shape, width, dtype=dtype) * size
    features = table(*places.shape, width, shift=2, dtype=dtype).flip(1) * size
    return call(dict(zip(NAMES, (tokens, image_change(features), words, places))), parts)


def cases(rng):
    """Unequal lengths and widths, padding anywhere, one image missing."""
    plans = [
        (5, 3, ("...xx", "....x", "....."), ("..x", "...", "xxx")),
        (3, 4, (".x.", "x.."), ("....", ".x.x")),
        (6, 2, ("..", ".x", "..", "x."), ("x....", "..x..", "xxxxx", "....x")),
        (2, 5, ("......",), (".",)),
    ]
    found = []
    for width, classes, words, places in plans:
        parts = weights(lambda *shape: drawn(rng, *shape[:-1]), width, classes, 0.5)
        features = [drawn(rng, len(rows), len(rows[0]), width) for rows in (words, places)]
        found.append(call(dict(zip(NAMES, (*features, mask(*words), mask(*places)))), parts))
    return found


def huge(image):
    """Return features whose last token, which is padding, holds very large numbers."""
    image = image.clone()
    image[:, -1] = 1e6
    return image


def extremes():
    """Return one case with a score of about -1,000 beside padding, and logits of about ±900 in the late way."""
    one, slopes = torch.ones(1, 1), torch.tensor([[0.0], [0.015625]])
    parts = {"query": one, "key": -one, "value": one, "early": torch.tensor([[0.03125, 0.0], [0.0, 0.03125]])}
    parts |= {"late_text": 36 + slopes, "late_image": -24 - slopes, "cross": slopes}
    tokens = torch.tensor([25.0, 25.0]).reshape(1, 2, 1)
    features = torch.tensor([40.0, -60.0, 39.9375]).reshape(1, 3, 1)
    return call(dict(zip(NAMES, (tokens, features, mask(".."), mask(".x.")))), parts) | {"gradient": False}


def close_scores():
    """Return one case in float64: scores near 1,000 that differ by about 0.001, of two very different values."""
    unit = torch.eye(2, dtype=torch.float64)
    parts = {
        "query": unit,
        "key": unit * 2**0.5,
        "value": torch.diag(torch.tensor([0.0, 4.0], dtype=torch.float64)),
    }
    parts |= {
        "early": torch.ones(2, 4, dtype=torch.float64) / 8,
        "late_text": unit / 8,
        "late_image": unit / 8,
    }
    parts["cross"] = torch.tensor([[0.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
    tokens = torch.tensor([[[25.1, 0.0]]], dtype=torch.float64)
    features = torch.tensor([[[39.8, 100.0], [39.80004, -100.0]]], dtype=torch.float64)
    return call(dict(zip(NAMES, (tokens, features, mask("."), mask("..")))), parts) | {"gradient": False}


CLAUSES = {
    "no padding": [case(("...", "..."), ("..", ".."))],
    "padding anywhere": [case(("x..", "..x", ".x."), (".x..", "x...", "..xx"))],
    "a sample without an image": [
        case(("...", "..x"), ("xx", "..")),
        case((".",), ("x",)),
        case((".x", ".."), ("xxx", "xxx")),
    ],
    "numbers at the padding": [case(("...", "..."), ("..x", "x.x"), image_change=huge)],
    "one token of each": [case((".",), (".",)), case((".", "."), (".", "."))],
    "one token is left": [case(("..x", "x.x"), ("x.x", "..."))],
    "one class": [case(("...", ".x."), ("..", "xx"), classes=1)],
    "one feature": [case(("...", ".x."), ("..", "x."), width=1)],
    "as many tokens as features and classes": [case(("....",) * 4, ("....", "..x.", "xxxx", "x..."), classes=4)],
    "longer texts than images, and longer images": [
        case(("......",), ("..",)),
        case(("..",), ("......",)),
    ],
    "scores and logits of almost 1,000": [extremes()],
    "large logits": [case(("...", ".x."), ("..", "x."), size=4.0) | {"gradient": False}],
    "features of 0": [case(("...", ".x."), ("..", "xx"), size=0.0)],
    "float64": [case(("...", ".x."), ("..", "xx"), dtype=torch.float64), close_scores()],
    "many tokens": [case(("." * 300,), ("." * 260 + "x",), width=2, size=0.0625)],
}  # fmt: skip


def sample_by_sample(batch, weights):
    text, image, text_mask, image_mask = (
        batch[name] for name in ("text", "image", "text_mask", "image_mask")
    )
    rows = {"early": [], "late": [], "cross": []}
    for words, places, used, seen in zip(text, image, text_mask, image_mask):
        words, places = words[used], places[seen]
        a = words.mean(0)
        b = places.mean(0) if len(places) else torch.zeros_like(a)
        rows["early"].append(torch.softmax(weights["early"] @ torch.cat([a, b]), 0))
        votes = [torch.softmax(weights["late_text"] @ a, 0)]
        if len(places):
            votes.append(torch.softmax(weights["late_image"] @ b, 0))
        rows["late"].append(torch.stack(votes).mean(0))
        if len(places):
            scores = (words @ weights["query"].T) @ (places @ weights["key"].T).T / len(a) ** 0.5
            words = words + scores.softmax(1) @ (places @ weights["value"].T)
        rows["cross"].append(torch.softmax(weights["cross"] @ words.mean(0), 0))
    return {name: torch.stack(row) for name, row in rows.items()}


def with_zeroed_padding(batch, weights):
    text, image, text_mask, image_mask = (
        batch[name] for name in ("text", "image", "text_mask", "image_mask")
    )

    def average(tokens, used):
        used = used.to(tokens.dtype)
        return torch.einsum("btd,bt->bd", tokens, used) / used.sum(1, True).clamp(min=1)

    def odds(name, features):
        return nn.functional.softmax(nn.functional.linear(features, weights[name]), dim=-1)

    a, b = average(text, text_mask), average(image, image_mask)
    has_image = image_mask.any(dim=1)[:, None]
    both = 0.5 * odds("late_text", a) + 0.5 * odds("late_image", b)
    q, k, v = text @ weights["query"].mT, image @ weights["key"].mT, image @ weights["value"].mT
    scores = torch.einsum("btd,bnd->btn", q, k) * text.shape[-1] ** -0.5
    scores = torch.where(image_mask[:, None], scores, torch.full_like(scores, -1e30))
    mixed = torch.einsum("btn,bnd->btd", scores.softmax(-1) * image_mask[:, None], v)
    return {
        "cross": odds("cross", a + average(mixed, text_mask)),
        "late": torch.where(has_image, both, odds("late_text", a)),
        "early": odds("early", torch.cat([a, b], dim=-1)),
    }


LATE = '(vote("late_text", words) + seen * vote("late_image", picture)) / (1 + seen)'
SHARES = "scores.masked_fill(hidden, torch.finfo(text.dtype).min).softmax(dim=2).masked_fill(hidden, 0.0)"

EXERCISE = Exercise(
    difficulty=3,
    importance=5,
    minutes=30,
    hints=(
        "Write one small function for the mean over tokens, `(x * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)` with `kept = mask[..., None].to(x.dtype)`. "
        "The clamp gives zeros where there is no token. All three ways use it.",
        "For the late way, compute both softmaxes, and `seen = image_mask.any(dim=1, keepdim=True)` as 0 or 1. The average over the modalities that are there is (p_text + seen · p_image) / (1 + seen).",
        "In cross-attention the text asks: queries are `text @ weights[\"query\"].T`, keys and values come from the image. `~image_mask[:, None]` is (B, 1, N) and hides keys.",
        "Fill the hidden scores with `torch.finfo(text.dtype).min`, take the softmax over the last axis, and set the hidden weights to 0. A sample without an image then adds 0 to its text.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "mean_over_the_padding",
            {"(x * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)": "(x * kept).mean(dim=1)"},
            "your means divide by the padded length",
            "divide by the number of tokens of the sample",
        ),
        mistake(
            "no_mask_in_the_mean",
            {"kept = mask[..., None].to(x.dtype)": "kept = torch.ones_like(x[..., :1])"},
            "your means include the padding",
            "multiply by the mask before the sum, and divide by the number of tokens",
        ),
        mistake(
            "late_concatenates",
            {LATE: '((words @ weights["late_text"].T + picture @ weights["late_image"].T) / 2).softmax(dim=1)'},
            "your late fusion averages logits, which is one linear layer on the concatenation",
            "take the softmax of each modality first, and average the probabilities",
        ),
        mistake(
            "late_halves_the_text",
            {LATE: '(vote("late_text", words) + seen * vote("late_image", picture)) / 2'},
            "your late probabilities sum to one half where the image is missing",
            "divide by the number of modalities that are there",
        ),
        mistake(
            "missing_image_votes",
            {LATE: '(vote("late_text", words) + vote("late_image", picture)) / 2'},
            "your missing images vote too, with equal probabilities",
            "average over the modalities that are there",
        ),
        mistake(
            "image_asks",
            {
                'text @ weights["query"].T': 'image @ weights["query"].T',
                '(image @ weights["key"].T)': '(text @ weights["key"].T)',
                '(image @ weights["value"].T)': '(text @ weights["value"].T)',
                "mixed = text + ": "mixed = image + ",
                "~image_mask[:, None]": "~text_mask[:, None]",
                "mean(mixed, text_mask)": "mean(mixed, image_mask)",
            },
            "in your cross-attention the image asks and the text answers",
            "take the queries from the text, keys and values from the image",
        ),
        mistake(
            "no_residual",
            {"mixed = text + ": "mixed = "},
            "your cross-attention drops the text itself",
            "add the attention's result to the text tokens",
        ),
        mistake(
            "attends_to_the_padding",
            {SHARES: "scores.softmax(dim=2) * image_mask.any(dim=1)[:, None, None]"},
            "your text attends to padded image tokens",
            "hide the scores of padded keys before the softmax",
        ),
        mistake(
            "no_scale",
            {" / math.sqrt(text.shape[2])": ""},
            "your scores are not divided by √D",
            "divide the scores by math.sqrt(D)",
        ),
        mistake(
            "image_before_text",
            {"torch.cat([words, picture], dim=1)": "torch.cat([picture, words], dim=1)"},
            "your early fusion has the image in front",
            "concatenate text, then image",
        ),
        mistake(
            "logits",
            {'(features @ weights[name].T).softmax(dim=1)': "features @ weights[name].T"},
            "your result holds logits",
            "apply the softmax over the classes",
        ),
    ),
    alternates=(sample_by_sample, with_zeroed_padding),
    forbids=(
        "torch.nn.MultiheadAttention",
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.functional.multi_head_attention_forward",
        "mmlab.models.attention.MultiHeadAttention",
    ),
)  # fmt: skip
