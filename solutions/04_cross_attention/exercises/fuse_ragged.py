"""fuse_ragged: sequences of other lengths and widths into one vector, whatever is missing."""

import itertools

import torch
from _draw import drawn, mask, table
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake

WIDTHS = {"image": 5, "audio": 3, "text": 4}
NAN, INF = float("nan"), float("inf")


def call(parts: dict, weights: dict, padding: dict) -> dict:
    """Return one case."""
    return {"args": [parts, weights, padding], "kwargs": {}}


def flags(padding: dict) -> dict:
    """Return padding as tensors: a list of strings is a sequence's, one string is a single vector's."""
    return {name: mask(rows)[0] if isinstance(rows, str) else mask(*rows) for name, rows in padding.items()}


def filled(part: torch.Tensor, hidden: torch.Tensor | None, filler: float) -> torch.Tensor:
    """Return a part with something else in its padding."""
    return part if hidden is None else part.masked_fill(hidden[..., None], filler)


def cases(rng):
    """All seven subsets of three modalities, with padding of every kind, NaN in some of it."""
    found = []
    rows = {"image": ["...xx", "..x..", "....."], "audio": ["..x.xxx", ".......", "xxxxxx."], "text": "..."}
    for size in (1, 2, 3):
        for number, names in enumerate(itertools.combinations(WIDTHS, size)):
            padding = flags({name: rows[name] for name in names if name != "text" or number == 1})
            parts = {
                "image": drawn(rng, 3, 5, 5),
                "audio": drawn(rng, 3, 7, 3, scale=2.0),
                "text": drawn(rng, 3, 4, scale=0.5),
            }
            parts = {name: filled(parts[name], padding.get(name), (NAN, 9.0, INF)[number]) for name in names}
            weights = {name: drawn(rng, 6, width, scale=0.5) for name, width in WIDTHS.items()}
            found.append(call(parts, weights, padding))
    return found


def fixed(samples: int, lengths: dict, padding: dict, *, width=6, filler=7.0, dtype=torch.float32, scale=0.5):
    """Return one case with fixed tensors; a length of 0 stands for a single vector."""
    padding, parts, weights = flags(padding), {}, {}
    for number, (name, length) in enumerate(lengths.items()):
        size = WIDTHS.get(name, 2)
        shape = (samples, length, size) if length else (samples, size)
        part = table(*shape, shift=number, dtype=dtype) * scale
        parts[name] = filled(part, padding.get(name), filler)
        weights[name] = table(width, size, shift=number + 1, dtype=dtype) * 0.1
    return call(parts, weights, padding)


def reordered(case: dict) -> dict:
    """Return the case with its dicts in reverse."""
    return call(*(dict(reversed(part.items())) for part in case["args"]))


ALL = {"image": 4, "audio": 3, "text": 0}
SOME = {"image": ["...x", "x.x.", "...."], "audio": [".xx", "...", "xx."], "text": "..."}
GONE = {"image": ["xxxx", "....", "..x."], "audio": ["...", "xxx", "xxx"], "text": ".x."}

CLAUSES = {
    "no part is refused": [call({}, {"text": table(6, 4) * 0.1}, {}), call({}, {}, {})],
    "a sample with nothing is refused": [
        fixed(3, ALL, {"image": ["....", "xxxx", "...."], "audio": ["...", "xxx", "..."], "text": "xx."}),
        fixed(2, {"image": 3}, {"image": ["...", "xxx"]}),
        fixed(1, {"text": 0}, {"text": "x"}),
        fixed(2, {"text": 0, "audio": 2}, {"audio": ["..", "xx"], "text": "xx"}),
    ],
    "padding holds anything": [fixed(3, ALL, SOME, filler=filler) for filler in (NAN, INF, -INF, 1e30, 0.0)],
    "missing from some samples": [
        fixed(3, ALL, GONE, filler=0.0),
        fixed(3, ALL, GONE, filler=NAN),
        fixed(2, {"image": 2, "text": 0}, {"image": ["xx", ".."], "text": ".x"}),
        fixed(3, {"image": 2, "audio": 2, "text": 0}, {"text": "x.x"}),
    ],
    "no padding given": [fixed(3, ALL, {}), fixed(2, {"text": 0}, {}), fixed(1, {"audio": 5}, {})],
    "the order of the dicts has no effect": [
        reordered(fixed(3, ALL, SOME, filler=NAN)),
        reordered(fixed(3, ALL, GONE)),
    ],
    "any names, one to five modalities": [
        fixed(
            2,
            {"depth": 3, "image": 2, "touch": 0, "text": 0, "smell": 1},
            {"touch": ".x", "image": [".x", ".."]},
        ),
        fixed(2, {"text": 3}, {"text": ["..x", "..."]}),
        fixed(2, {"image": 0, "audio": 0}, {"audio": ".x"}),
    ],
    "one token, one sample, one feature": [
        fixed(3, {"image": 1, "audio": 1}, {"image": [".", "x", "."]}),
        fixed(1, ALL, {"image": ["x..x"], "audio": ["..x"]}),
        fixed(3, ALL, SOME, width=1),
    ],
    "equal sizes": [
        fixed(3, {"audio": 3, "image": 3}, {"audio": ["..x", "...", "x.."]}, width=3),
        fixed(4, {"text": 4}, {"text": ["...x", "....", "x...", ".xx."]}, width=4),
        fixed(5, {"image": 5, "text": 0}, {"image": ["....x", ".....", "x....", ".xx..", "xxxxx"]}, width=5),
    ],
    "weights of names that are not there": [
        call({"audio": table(2, 3, 3) / 2}, {name: table(6, size) / 9 for name, size in WIDTHS.items()}, {})
    ],
    "float64": [
        fixed(3, ALL, SOME, dtype=torch.float64),
        fixed(3, ALL, GONE, dtype=torch.float64, filler=NAN),
    ],
    "features of any size": [
        fixed(3, ALL, SOME, scale=1000.0),
        fixed(3, ALL, SOME, scale=0.002),
        fixed(2, {"audio": 3, "text": 0}, {"audio": ["..x", "..."]}, scale=0.0),
    ],
    "many tokens": [
        call(
            {"audio": table(2, 1100, 3) / 4, "text": table(2, 4)},
            {"audio": table(6, 3) / 9, "text": table(6, 4) / 9},
            {"audio": torch.arange(2200).reshape(2, 1100) % 7 == 3},
        )
    ],
    "parts that are not contiguous": [
        call(
            {"image": (table(5, 4, 3) / 2).permute(2, 1, 0), "text": (table(4, 3) / 2).T},
            {"image": (table(5, 6) / 9).T, "text": table(6, 4) / 9},
            {"image": mask("...x", "x..x", "....").T.contiguous().T},
        )
    ],
}


def sample_by_sample(parts, weights, padding):
    if not parts:
        raise ValueError("nothing to fuse")
    rows = []
    for sample in range(len(next(iter(parts.values())))):
        found = []
        for name in sorted(parts):
            tokens = parts[name][sample].reshape(-1, parts[name].shape[-1])
            if name in padding:
                tokens = tokens[~padding[name][sample].reshape(-1)]
            if len(tokens):
                projected = tokens @ weights[name].T
                found.append(
                    (projected / torch.sqrt(projected.pow(2).mean(dim=1, keepdim=True) + 1e-6)).mean(dim=0)
                )
        if not found:
            raise ValueError(f"sample {sample} has nothing")
        rows.append(sum(found) / len(found))
    nothing = sum(0 * part.nan_to_num(0, 0, 0).sum() for part in parts.values())
    return torch.stack(rows) + nothing + sum(0 * weights[name].sum() for name in parts)


def weighted_sums(parts, weights, padding):
    vectors, flags = [], []
    for name, part in parts.items():
        hidden = padding.get(name, torch.zeros(part.shape[:-1]).bool())
        tokens = torch.where(hidden.unsqueeze(-1), torch.zeros_like(part), part) @ weights[name].mT
        tokens, hidden = tokens.reshape(len(part), -1, tokens.shape[-1]), hidden.reshape(len(part), -1)
        share = (~hidden).to(part.dtype)
        flags.append(share.amax(dim=1))
        share = share / share.sum(dim=1, keepdim=True).clamp(min=0.5)
        tokens = F.rms_norm(tokens, tokens.shape[-1:], eps=1e-6)
        vectors.append(torch.einsum("bl,bld->bd", share, tokens))
    flags = torch.stack(flags) if flags else torch.zeros(1, 1)
    if not flags.any(dim=0).all():
        raise ValueError("a sample has nothing")
    return (torch.stack(vectors) * (flags / flags.sum(dim=0))[..., None]).sum(dim=0)


EXERCISE = Exercise(
    difficulty=2,
    importance=4,
    minutes=30,
    hints=(
        "Loop over the modalities. Give each part the form (B, L, d) and its mask the form (B, L) first: a single vector is a sequence of one token, and no entry in `padding` means a mask of False.",
        "`tokens.masked_fill(mask[..., None], 0.0)` before anything else keeps NaN out of the result *and* of the gradients. Multiplying by 0 does not.",
        "A token of zeros stays zeros after the matrix and after the division by √(0 + 10⁻⁶). So the mean over valid tokens is the sum over all tokens divided by `(~mask).sum(dim=1, keepdim=True).clamp(min=1)`, and a missing modality gives zeros.",
        "Add up these vectors over the modalities, and add up `valid > 0` as well: the sum divided by that count is the mean over what the sample has. A count of 0 is the ValueError.",
    ),
    driver=Driver("call", gradient=True),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "mean_over_padding",
            {"valid.clamp(min=1)": "part.shape[1]"},
            "your sums are divided by the length with its padding",
            "divide by the number of tokens that are not padding",
        ),
        mistake(
            "zeros_counted",
            {"return total / count": "return total / len(parts)"},
            "a modality that a sample does not have counts as a vector of zeros in your mean",
            "divide by the number of modalities that the sample has",
        ),
        mistake(
            "padding_read",
            {"part.index_put((absent,), part.new_zeros(()))": "part"},
            "what stands in the padding has an effect on your result",
            "set the padding to 0 with masked_fill before anything else",
        ),
        mistake(
            "padding_times_zero",
            {"part.index_put((absent,), part.new_zeros(()))": "part * ~absent[..., None]"},
            "your padding is multiplied by 0, and NaN times 0 is NaN",
            "use masked_fill or torch.where",
        ),
        mistake(
            "not_normalised",
            {"        tokens = tokens / (tokens.square().mean(dim=2, keepdim=True) + 1e-6).sqrt()\n": ""},
            "a modality with large numbers is louder than the others in your mean",
            "divide each projected token by its root mean square",
        ),
        mistake(
            "unit_length",
            {"square().mean(dim=2": "square().sum(dim=2"},
            "your tokens have length 1",
            "divide by the root of the *mean* of the squares",
        ),
        mistake(
            "pooled_over_all_tokens",
            {
                "count = count + (valid > 0)": "count = count + valid",
                "total = total + tokens.sum(dim=1) / valid.clamp(min=1)": "total = total + tokens.sum(dim=1)",
            },
            "a modality with many tokens has more weight in your mean",
            "first the mean within each modality, then the mean over the modalities",
        ),
        mistake(
            "nothing_accepted",
            {"return total / count": "return total / count.clamp(min=1)", "not count.all()": "not parts"},
            "a sample without any modality is accepted",
            "raise ValueError for it",
        ),
    ),
    alternates=(sample_by_sample, weighted_sums),
    forbids=(
        "mmlab.models.fusion.mean_of",
        "mmlab.models.fusion.ConcatFusion",
        "mmlab.models.fusion.LateFusion",
    ),
)
