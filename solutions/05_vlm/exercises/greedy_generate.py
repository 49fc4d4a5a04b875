"""greedy_generate: a greedy decode loop on embeddings, with a cache, for a batch padded on the left."""

import numpy as np
import torch
from _draw import drawn, table

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


def shapes(init: dict) -> dict:
    """Return name → shape of the given class's state."""
    width, linear = init["width"], {"c_attn": (1, 3), "attn_proj": (1, 1), "c_fc": (1, 4), "mlp_proj": (4, 1)}
    sizes = {"wte.weight": (init["vocabulary"], width), "wpe.weight": (init["length"], width)}
    for number in range(init["layers"]):
        for norm in ("ln_1", "ln_2"):
            sizes |= {f"blocks.{number}.{norm}.{kind}": (width,) for kind in ("weight", "bias")}
        for name, (given, made) in linear.items():
            sizes[f"blocks.{number}.{name}.weight"] = (made * width, given * width)
            sizes[f"blocks.{number}.{name}.bias"] = (made * width,)
    return sizes | {"ln_f.weight": (width,), "ln_f.bias": (width,)}


def left(*lengths: int) -> torch.Tensor:
    """Return the mask of rows of these lengths, padded on the left."""
    return torch.arange(max(lengths), 0, -1) <= torch.tensor(lengths)[:, None]


def drawn_case(rng, lengths, new_tokens, eos, *, vocabulary=7, width=6, heads=2, layers=2) -> dict:
    """Return one case with drawn weights and prompts; what stands at the padding is drawn, too."""
    length = max(lengths) + max(new_tokens, 1)
    init = {"vocabulary": vocabulary, "width": width, "heads": heads, "layers": layers, "length": length}
    state = {name: drawn(rng, *shape, scale=0.7) - 0.21 for name, shape in shapes(init).items()}
    state["wte.weight"], state["wpe.weight"] = 2 * state["wte.weight"], 2 * state["wpe.weight"]
    state |= {name: 1 + part for name, part in state.items() if "ln_" in name and "weight" in name}
    mask = left(*lengths)
    return {"init": init, "state": state, "inputs": [drawn(rng, *mask.shape, width), mask, new_tokens, eos]}


def cases(rng):
    """Unequal prompts, widths, heads, layers and vocabularies; several ids are EOS."""
    found = [drawn_case(rng, (3, 5, 1, 4), 6, eos) for eos in (0, 3, 5)]
    found += [drawn_case(rng, (2, 6), 5, eos, vocabulary=3, width=8, heads=4, layers=1) for eos in range(3)]
    return [*found, drawn_case(rng, (4, 2, 5), 6, 1, vocabulary=4, width=4, heads=1, layers=3)]


def scripted(script: str, lengths, new_tokens: int, *, eos: str = "e") -> dict:
    """Return one case where the token that follows position p is script[p], whatever the rest is; "e" is EOS."""
    letters = "abcde"
    init = {"vocabulary": 5, "width": 5, "heads": 1, "layers": 1, "length": len(script)}
    state = {
        name: table(*shape) * (0.05 if "_proj" not in name else 0.0) for name, shape in shapes(init).items()
    }
    state |= {
        name: torch.ones(shape) for name, shape in shapes(init).items() if "ln_" in name and "weight" in name
    }
    state["wte.weight"], state["ln_f.bias"] = torch.eye(5), torch.zeros(5)
    state["wpe.weight"] = 5 * torch.eye(5)[[letters.index(letter) for letter in script]]
    mask = left(*lengths)
    number = letters.index(eos) if eos in letters else -1
    return {"init": init, "state": state, "inputs": [table(*mask.shape, 5) * 0.05, mask, new_tokens, number]}


CLAUSES = {
    "nothing to generate": [scripted("abcd", (2, 3), 0), scripted("e", (1,), 0)],
    "one token": [scripted("abcda", (2, 4), 1), scripted("eeeee", (2, 4), 1), scripted("aebca", (2, 4), 1)],
    "one row": [scripted("ab", (1,), 2), scripted("abcebc", (2,), 4)],
    "one row ends before the others": [
        scripted("abecdabc", (2, 4), 5),  # row 0 at its second token, row 1 never
        scripted("abcdaebcaa", (5, 2), 6),  # row 0 at its second, row 1 at its fifth
        scripted("aebbcabd", (1, 4, 3), 5),
        scripted("eabbcabd", (1, 4, 2), 5),  # row 0 at once
    ],
    "the last row ends first": [scripted("abcdaebcaa", (2, 5), 6), scripted("abcaebbb", (1, 2, 4), 5)],
    "all rows end early": [scripted("aeaeaeae", (2, 4), 5), scripted("abcdeabcd", (3, 3), 6), scripted("e" * 8, (1, 3), 6)],
    "the last row ends at the last token": [scripted("aaebbebb", (2, 3), 4), scripted("abce", (1, 1), 4), scripted("aabeb", (2, 1), 3)],
    "no row ends": [scripted("abcdabcd", (4, 2, 3), 5), scripted("abcdeabc", (4, 2), 5, eos="none")],
    "equal prompts, no padding": [scripted("abcdaecd", (3, 3, 3), 5)],
    "a token sees the prompt and all earlier tokens": [
        drawn_case(np.random.default_rng(seed), (3, 5, 2), 8, -1, vocabulary=24, width=12, heads=3) for seed in (1, 3)
    ],
    "prompts of one token": [scripted("abcdab", (1, 1, 1), 4), scripted("abcdab", (1, 4), 2)],
}  # fmt: skip

DECODE = "logits, cache = self.decode(embeds, mask, positions, cache)"
EMBEDS, MASK, NEXT = (
    "embeds = self.wte(token)[:, None]",
    "mask = F.pad(mask, (0, 1), value=True)",
    "positions = positions[:, -1:] + 1",
)
TOKEN, ENDED, IDS = (
    "token = logits[:, -1].argmax(dim=1).masked_fill(ended, eos)",
    "ended = ended | (token == eos)",
    "ids = torch.cat([ids, token[:, None]], dim=1)",
)
LOOP, FIRST = (
    "while ids.shape[1] < new_tokens and not ended.all():",
    "positions = (mask.cumsum(dim=1) - 1).clamp(min=0)",
)

EXERCISE = Exercise(
    difficulty=4,
    importance=5,
    minutes=40,
    needs=("left_pad_batch",),
    hints=(
        "Before the loop: the positions from the mask (`mask.cumsum(dim=1) - 1`, not below 0), a bool tensor `ended` (B,), an empty result (B, 0), and no cache.",
        "Each round calls `decode` once with only what is new. In the first round that is the whole prompt, and later the embedding of the last token, (B, 1, D). The cache has the rest.",
        "After each round the mask gets one more True column, and each row's position is its last one plus 1.",
        "`token = logits[:, -1].argmax(dim=1)`. Where a row had ended before, it becomes `eos`; then `ended = ended | (token == eos)`.",
        "Loop `while ids.shape[1] < new_tokens and not ended.all()`, with one call of `decode` at its start. Then the last token is never fed, and nothing is fed for `new_tokens` = 0.",
    ),
    driver=Driver("module"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("equal"),
    mistakes=(
        mistake(
            "sliced_by_the_prompt",
            {"return ids": "return ids[:, given:]", FIRST: "given = embeds.shape[1]\n        " + FIRST},
            "your result has lost its first tokens: the output of embeddings has no prompt in it to cut off",
            "return all new ids",
        ),
        mistake(
            "image_fed_in_each_step",
            {
                DECODE: "logits, _ = self.decode(embeds, mask, positions, None)",
                EMBEDS: "embeds = torch.cat([embeds, self.wte(token)[:, None]], dim=1)",
                NEXT: "positions = torch.cat([positions, positions[:, -1:] + 1], dim=1)",
            },
            "your loop feeds the prompt with its image in each step again; the ids are right, and most of the work is wasted",
            "pass the cache on, and feed the new token alone",
        ),
        mistake(
            "eos_ignored",
            {TOKEN: "token = logits[:, -1].argmax(dim=1)", LOOP: "while ids.shape[1] < new_tokens:"},
            "your rows go on after their EOS",
            "fill a row with EOS after its end, and stop when all rows have ended",
        ),
        mistake(
            "ended_row_goes_on",
            {TOKEN: "token = logits[:, -1].argmax(dim=1)"},
            "a row that has ended gets other tokens after its EOS while the others go on",
            "set its tokens to eos",
        ),
        mistake(
            "stops_with_the_first_row",
            {"not ended.all()": "not ended.any()"},
            "your loop stops as soon as one row has ended",
            "stop when all rows have: ended.all()",
        ),
        mistake(
            "never_stops_early",
            {LOOP: "while ids.shape[1] < new_tokens:"},
            "your loop makes all new_tokens although every row has ended",
            "stop when all rows have ended",
        ),
        mistake(
            "positions_of_the_columns",
            {FIRST: "positions = torch.arange(mask.shape[1]).expand(len(mask), -1)"},
            "your positions count the padding, so a padded row gives other tokens than the row alone",
            "count from each row's first embedding that is not padding",
        ),
        mistake(
            "mask_of_ones",
            {FIRST: FIRST + "\n        mask = torch.ones_like(mask)"},
            "your rows look at their padding",
            "pass the mask on, with one more True column for each new token",
        ),
        mistake(
            "positions_stand_still",
            {NEXT: "positions = positions[:, -1:]"},
            "all your new tokens have the same position",
            "add 1 in each step",
        ),
        mistake(
            "last_token_fed",
            {
                "return ids": "if ids.shape[1]:\n            self.decode(embeds, mask, positions, cache)\n        return ids"
            },
            "your loop feeds the last token as well, and nobody uses what comes out",
            "call decode at the start of each round only",
        ),
        mistake(
            "eos_not_returned",
            {"return ids": "return ids[:, : ids.shape[1] - int(bool(ended.all()) and ids.shape[1] > 0)]"},
            "the EOS of the row that ended last is missing",
            "EOS belongs to the result",
        ),
        mistake(
            "first_row_for_all",
            {TOKEN: "token = logits[:1, -1].argmax(dim=1).expand(len(embeds)).masked_fill(ended, eos)"},
            "all rows get the tokens of the first one",
            "take the argmax of each row",
        ),
    ),  # fmt: skip
    alternates=(
        Answer(
            "loop_with_a_break",
            {
                LOOP: "for _ in range(new_tokens):\n            if bool(ended.min()):\n                break",
                TOKEN: "token = torch.where(ended, eos, logits[:, -1].max(dim=1).indices)",
                ENDED: "ended = ended.logical_or(token.eq(eos))",
                EMBEDS: "embeds = self.wte.weight[token].unsqueeze(1)",
            },
        ),
        Answer(
            "positions_from_the_mask",
            {
                FIRST: "positions = torch.where(mask, mask.cumsum(dim=1) - 1, 0)",
                MASK: "mask = torch.cat([mask, torch.ones(len(mask), 1, dtype=torch.bool)], dim=1)",
                NEXT: "positions = mask.sum(dim=1, keepdim=True) - 1",
            },
        ),
    ),
    equivalent={},
    forbids=(
        "transformers.generation.utils.GenerationMixin.generate",
        "mmlab.models.generate.generate",
        "mmlab.models.generate.generate_cached",
    ),
)
