"""mqa_cache_bytes: the bytes of a key-value cache, with shared heads, sliding windows and cross-attention layers."""

import torch
from _draw import call

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

SIZES = {
    "width": 96,
    "heads": 12,
    "kv_heads": 3,
    "text": 50,
    "images": 2,
    "image_tokens": 40,
    "window": 33,
    "batch": 5,
    "dtype": "float32",
}
MIXED = ["sliding", "full", "sliding", "sliding", "full"]
CROSSED = ["full", "cross", "full", "full", "cross", "sliding"]


def case(layers, **changes):
    """Return one case: fixed unequal sizes with a few changes."""
    return call(layers, **SIZES | changes)


def cases(rng):
    """Layers in any order, heads in several groups, every dtype."""
    found = []
    for number in range(12):
        groups, shared = int(rng.integers(1, 6)), int(rng.integers(1, 5))
        kinds = (("full",), ("full", "sliding"), ("full", "cross"), ("full", "sliding", "cross"))[number % 4]
        found.append(
            case(
                [str(kind) for kind in rng.choice(kinds, int(rng.integers(1, 8)))],
                heads=groups * shared,
                kv_heads=groups,
                width=groups * shared * int(rng.integers(2, 9)),
                text=int(rng.integers(1, 300)),
                images=int(rng.integers(0, 5)),
                image_tokens=int(rng.integers(1, 200)),
                window=int(rng.integers(2, 400)),
                batch=int(rng.integers(1, 7)),
                dtype=("float32", "bfloat16", "float16", "float64", "int8")[number % 5],
            )
        )
    return found


CLAUSES = {
    "heads that do not divide the width": [
        case(["full"], width=97),
        case(["full"], heads=10, kv_heads=5),
        case([], width=97),
    ],
    "key-value heads that do not divide the heads": [
        case(["full"], kv_heads=5),
        case(["full"], kv_heads=24),
        case(["full"], heads=2, kv_heads=3),
        case([], kv_heads=8),
    ],
    "another layer is refused": [
        case(["full", "linear"]),
        case(["Full"]),
        case(["full", ""]),
        case(["linear"], text=0, images=0),
    ],
    "no layer": [case([])],
    "multi-head, grouped and multi-query": [case(["full", "full"], kv_heads=count) for count in (12, 4, 1)],
    "every dtype": [
        case(["full"], dtype=name) for name in ("float64", "float32", "float16", "bfloat16", "int8")
    ],
    "a sliding layer keeps window − 1 tokens": [case(MIXED), case(["sliding"]), case(["sliding"], kv_heads=1)],
    "a window as long as the sequence": [case(MIXED, window=length) for length in (129, 130, 131, 132, 1000)],
    "a window of 2": [case(MIXED, window=2)],
    "cross layers hold the images, the others the text alone": [case(CROSSED), case(["cross"]), case(["cross", "sliding"], text=20)],
    "a sliding layer beside a cross layer": [
        case(["cross", "sliding", "full"], window=length) for length in (40, 50, 51, 52)
    ],
    "no image": [case(MIXED, images=0), case(CROSSED, images=0), case(["cross"], images=0)],
    "no text": [case(MIXED, text=0), case(CROSSED, text=0), case(["sliding", "full"], text=0, images=0)],
    "one sample, one head": [case(MIXED, batch=1), case(CROSSED, heads=1, kv_heads=1, width=7)],
    "more bytes than a float counts": [case(["full"], text=2**53 + 1, images=0)],
    "a large model": [case(["full"] * 80, width=8192, heads=64, kv_heads=8, text=120_000, images=3, image_tokens=2880, batch=64, dtype="bfloat16")],
}  # fmt: skip


def layer_by_layer(
    layers, *, width, heads, kv_heads, text, images, image_tokens, window, batch, dtype
):  # fmt: skip
    if width % heads != 0 or heads % kv_heads != 0:
        raise ValueError("heads")
    itemsize = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}[dtype]
    total = 0
    for layer in layers:
        tokens = text if "cross" in layers else text + images * image_tokens
        if layer == "cross":
            tokens = images * image_tokens
        elif layer == "sliding":
            tokens = min(tokens, window - 1)
        elif layer != "full":
            raise ValueError(layer)
        total += 2 * batch * kv_heads * tokens * (width // heads) * itemsize
    return total


def by_counts(layers, *, width, heads, kv_heads, text, images, image_tokens, window, batch, dtype):
    names = ("full", "sliding", "cross")
    if width % heads or heads % kv_heads or not set(layers) <= set(names):
        raise ValueError("these sizes do not fit")
    pictures = images * image_tokens
    own = text + (0 if layers.count("cross") else pictures)
    tokens = sum(
        layers.count(name) * length for name, length in zip(names, (own, min(own, window - 1), pictures))
    )
    key = torch.empty(width // heads, dtype=getattr(torch, dtype))
    return tokens * batch * kv_heads * 2 * key.nbytes


EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=20,
    optional=True,
    hints=(
        "One layer stores keys *and* values: 2 · batch · kv_heads · tokens · (width // heads) numbers. Only the number of tokens differs between the layers.",
        'Find out once whether any layer is "cross": then the text alone stands in the sequence, else the text and all image tokens.',
        'A "sliding" layer has `min(length, window - 1)` tokens, a "cross" layer `images * image_tokens`. `getattr(torch, dtype).itemsize` is the number of bytes.',
    ),
    driver=Driver("call"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "keys_alone",
            {"return 2 * batch": "return batch"},
            "your cache holds the keys and not the values, or the values and not the keys",
            "multiply by 2: each layer stores both",
        ),
        mistake(
            "all_heads",
            {"batch * kv_heads": "batch * heads"},
            "your cache has a key and a value for every query head",
            "only kv_heads heads are stored; the query heads share them",
        ),
        mistake(
            "divided_for_the_queries_too",
            {"(width // heads)": "(width // heads * kv_heads // heads)"},
            "your saving is counted twice: the width of a head does not shrink",
            "fewer heads are stored, each as wide as a query head",
        ),
        mistake(
            "whole_window",
            {"window - 1": "window"},
            "your sliding layers keep one token too many",
            "window − 1 tokens are stored: the newest token brings its own key",
        ),
        mistake(
            "no_window",
            {"min(length, window - 1)": "length"},
            "your sliding layers keep every token",
            "a sliding layer keeps min(length, window − 1) tokens",
        ),
        mistake(
            "images_everywhere",
            {'text if "cross" in layers else text + images * image_tokens': "text + images * image_tokens"},
            "your images stand in the sequence of a model with cross-attention too",
            "where a layer is cross, the image tokens are stored there and nowhere else",
        ),
        mistake(
            "text_in_the_cross_layers",
            {'"cross": images * image_tokens': '"cross": text + images * image_tokens'},
            "your cross layers hold the text as well",
            "the keys of a cross layer come from the images alone",
        ),
        mistake(
            "one_image",
            {"else text + images * image_tokens": "else text + image_tokens", '"cross": images * image_tokens': '"cross": image_tokens'},
            "your cache holds one image, however many there are",
            "multiply image_tokens by images",
        ),
        mistake(
            "bits",
            {".itemsize": ".itemsize * 8"},
            "your result counts bits",
            "return bytes",
        ),
        mistake(
            "no_batch",
            {"2 * batch *": "2 *"},
            "your cache holds one sample",
            "every sample of the batch has its own keys and values",
        ),
    ),
    alternates=(layer_by_layer, by_counts),
    forbids=("transformers.DynamicCache",),
)  # fmt: skip
