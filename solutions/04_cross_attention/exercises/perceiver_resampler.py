"""perceiver_resampler: latents look at the frames of a video and at themselves; time embeddings, padded frames."""

import torch
from _draw import drawn, fixed_state, mask, state_of, table
from torch import nn

from mmlab.instructor.authoring.exercise import Answer, Compare, Driver, Exercise, mistake


class resampler(nn.Module):
    def __init__(self, width, heads, latents, layers, frames):
        super().__init__()
        self.latents = nn.Parameter(torch.randn(latents, width))
        self.times = nn.Parameter(torch.randn(frames, width))
        self.blocks = nn.ModuleList()
        for _ in range(layers):
            mlp = [
                nn.LayerNorm(width),
                nn.Linear(width, 4 * width, bias=False),
                nn.ReLU(),
                nn.Linear(4 * width, width, bias=False),
            ]
            parts = {
                "norm_features": nn.LayerNorm(width),
                "norm_latents": nn.LayerNorm(width),
                "attention": nn.MultiheadAttention(width, heads, bias=False, batch_first=True),
                "mlp": nn.Sequential(*mlp),
            }
            self.blocks.append(nn.ModuleDict(parts))
        self.norm = nn.LayerNorm(width)


def case(rng, init: dict, patches: int, *rows: str) -> dict:
    """Return one drawn case: padding as one string of frames for each sample."""
    features = drawn(rng, len(rows), len(rows[0]), patches, init["width"])
    return {"init": init, "state": state_of(resampler(**init), rng), "inputs": [features, mask(*rows)]}


def plan(width: int, heads: int, latents: int, layers: int, frames: int) -> dict:
    """Return the class's arguments."""
    return {"width": width, "heads": heads, "latents": latents, "layers": layers, "frames": frames}


def cases(rng):
    """Unequal numbers of samples, frames, tokens, latents and blocks; padding anywhere."""
    return [
        case(rng, plan(6, 2, 3, 2, 5), 4, "...x", ".x..", "...."),
        case(rng, plan(8, 4, 2, 1, 3), 5, "..x", "..."),
        case(rng, plan(4, 1, 5, 3, 6), 2, "x.....", ".xx.x."),
        case(rng, plan(6, 3, 4, 2, 4), 3, "..", ".x", "xx"),
    ]


SIX = plan(6, 2, 3, 2, 4)


def fixed(init: dict, patches: int, *rows: str, scale: float = 0.5) -> dict:
    """Return one case with fixed tensors."""
    features = table(len(rows), len(rows[0]), patches, init["width"]) * scale
    return {"init": init, "state": fixed_state(resampler(**init)), "inputs": [features, mask(*rows)]}


CLAUSES = {
    "as many frames as the table has": [fixed(SIX, 2, "....", "..x.")],
    "more frames than the table has are refused": [
        fixed(SIX, 2, ".....", "....."),
        fixed(plan(6, 2, 3, 2, 1), 2, ".."),
        fixed(SIX, 2, "....x", "....x"),
    ],
    "no padding": [fixed(SIX, 3, "...", "...")],
    "a sample of padding alone": [fixed(SIX, 3, "xx", ".x"), fixed(SIX, 2, "xxx", "xxx"), fixed(SIX, 2, "x")],
    "one frame, one token, one sample": [
        fixed(SIX, 3, ".", "."),
        fixed(SIX, 1, "..x", "..."),
        fixed(SIX, 2, ".x."),
        fixed(SIX, 1, "."),
    ],
    "one latent, one block, one head": [
        fixed(plan(6, 2, 1, 2, 4), 2, "..x", "..."),
        fixed(plan(6, 3, 3, 1, 4), 2, "..x", "..."),
        fixed(plan(6, 1, 2, 2, 4), 2, "..x", "..."),
    ],
    "equal sizes": [
        fixed(plan(4, 2, 3, 2, 3), 3, "..x", "...", ".x."),
        fixed(plan(4, 4, 4, 1, 4), 4, "...x", "....", ".x..", "x..."),
        fixed(plan(2, 1, 2, 2, 2), 2, "..", ".x"),
    ],
    "features of any size": [
        fixed(SIX, 2, "..x", "...", scale=6.0),
        fixed(SIX, 2, "..x", "...", scale=0.02),
        fixed(SIX, 2, "..x", "...", scale=0.0),
    ],
    "features that are not contiguous": [
        fixed(SIX, 2, "..x", "...")
        | {"inputs": [(table(2, 3, 2, 6) / 2).permute(2, 1, 0, 3), mask("..x", "...").T.contiguous().T]}
    ],
}

BODY = """\
        batch, frames, patches, width = features.shape
        if frames > len(self.times):
            raise ValueError(f"{frames} frames, and times for {len(self.times)}")
        features = (features + self.times[:frames, None]).flatten(1, 2)
        latents = self.latents.expand(batch, -1, -1)
        hidden = padding.repeat_interleave(patches, dim=1)  # (B, F·N)
        hidden = torch.cat([hidden, hidden.new_zeros(batch, len(self.latents))], dim=1)
        for block in self.blocks:
            queries = block["norm_latents"](latents)
            keys = torch.cat([block["norm_features"](features), queries], dim=1)
            latents = latents + block["attention"](queries, keys, keys, key_padding_mask=hidden, need_weights=False)[0]
            latents = latents + block["mlp"](latents)
        return self.norm(latents)
"""
SAMPLE_BY_SAMPLE = """\
        if features.shape[1] > self.times.shape[0]:
            raise ValueError("frames")
        rows = []
        for video, hidden in zip(features, padding):
            kept = (video + self.times[: len(video)].unsqueeze(1))[~hidden].flatten(0, 1)
            latents = self.latents
            for block in self.blocks:
                queries = block["norm_latents"](latents)
                both = torch.cat((queries, block["norm_features"](kept)))
                latents = latents + block["attention"](queries, both, both)[0]
                latents = latents + block["mlp"](latents)
            rows.append(latents)
        return self.norm(torch.stack(rows)) + 0 * features.sum()
"""
ADDED_MASK = """\
        batch, count, patches = features.shape[:3]
        if count > self.times.shape[0]:
            raise ValueError(f"{count} frames")
        tokens = torch.add(features, self.times[None, :count, None]).reshape(batch, count * patches, -1)
        far = padding[:, :, None].expand(-1, -1, patches).flatten(1).float() * -1e30
        bias = torch.cat([torch.zeros(batch, len(self.latents)), far], dim=1)
        latents = self.latents.repeat(batch, 1, 1)
        for block in self.blocks:
            own = block["norm_latents"](latents)
            both = torch.cat([own, block["norm_features"](tokens)], dim=1)
            latents = torch.add(latents, block["attention"](own, both, both, key_padding_mask=bias)[0])
            latents = torch.add(latents, block["mlp"](latents))
        return self.norm(latents)
"""
ATTENTION = 'block["attention"](queries, keys, keys, key_padding_mask=hidden, need_weights=False)[0]'

EXERCISE = Exercise(
    difficulty=4,
    importance=4,
    minutes=35,
    needs=("cross_attention",),
    hints=(
        "`features + self.times[:frames, None]` adds one embedding for each frame: (F, 1, D) broadcasts over samples and over the tokens of a frame. `.flatten(1, 2)` then makes one sequence of F·N tokens.",
        "`padding.repeat_interleave(N, dim=1)` gives each token the flag of its frame, since the tokens of a frame lie side by side. Append M times False for the latents.",
        'In each block: `queries = block["norm_latents"](latents)`, `keys = torch.cat([block["norm_features"](features), queries], dim=1)`, and attention from queries to keys. '
        "The latents are always visible, so no row is without a key.",
        'Two residuals: `latents = latents + block["attention"](queries, keys, keys, key_padding_mask=hidden, need_weights=False)[0]`, then `latents = latents + block["mlp"](latents)`. After the last block comes `self.norm`.',
    ),
    driver=Driver("module"),
    clauses=CLAUSES,
    cases=cases,
    compare=Compare("close", rtol=1e-4, atol=2e-5),
    mistakes=(
        mistake(
            "latents_look_at_themselves_only",
            {
                'torch.cat([block["norm_features"](features), queries], dim=1)': "queries",
                "key_padding_mask=hidden, ": "",
            },
            "your latents look only at each other, so the features have no effect",
            "keys and values are the features followed by the queries",
        ),
        mistake(
            "latents_not_among_the_keys",
            {
                'torch.cat([block["norm_features"](features), queries], dim=1)': 'block["norm_features"](features)',
                "        hidden = torch.cat([hidden, hidden.new_zeros(batch, len(self.latents))], dim=1)\n": "",
            },
            "your latents do not see each other",
            "append the queries to the keys",
        ),
        mistake(
            "times_lost",
            {"features + self.times[:frames, None]": "features"},
            "your features do not say which frame they come from",
            "add times[f] to every feature of frame f",
        ),
        mistake(
            "times_by_token",
            {
                "(features + self.times[:frames, None]).flatten(1, 2)": "features.flatten(1, 2) + self.times[torch.arange(frames * patches) % frames]"
            },
            "your times count the tokens in turn instead of the frames",
            "all tokens of a frame get the same embedding: self.times[:frames, None]",
        ),
        mistake(
            "no_residual_around_the_attention",
            {f"latents = latents + {ATTENTION}": f"latents = {ATTENTION}"},
            "your attention replaces the latents",
            "add its result to the latents",
        ),
        mistake(
            "residual_of_the_normalised",
            {f"latents = latents + {ATTENTION}": f"latents = queries + {ATTENTION}"},
            "your attention's result is added to the normalised latents",
            "add it to the latents themselves",
        ),
        mistake(
            "no_residual_around_the_mlp",
            {'latents = latents + block["mlp"](latents)': 'latents = block["mlp"](latents)'},
            "your MLP replaces the latents",
            "add its result to the latents",
        ),
        mistake(
            "padding_by_token",
            {"padding.repeat_interleave(patches, dim=1)": "padding.repeat(1, patches)"},
            "your mask repeats the list of frames, but the tokens of a frame lie side by side",
            "use repeat_interleave(N, dim=1)",
        ),
        mistake(
            "padding_visible",
            {"key_padding_mask=hidden, ": ""},
            "your latents look at the frames of padding",
            "pass the mask as key_padding_mask",
        ),
        mistake(
            "no_last_norm",
            {"return self.norm(latents)": "return latents"},
            "your latents are not normalised at the end",
            "return self.norm(latents)",
        ),
        mistake(
            "features_not_normalised",
            {
                'torch.cat([block["norm_features"](features), queries], dim=1)': "torch.cat([features, queries], dim=1)"
            },
            "your features are not normalised before the attention",
            "use norm_features of the block",
        ),
    ),
    alternates=(
        Answer(
            "sample_by_sample", {BODY: SAMPLE_BY_SAMPLE}, "the frames that are there, one video at a time"
        ),
        Answer("added_mask", {BODY: ADDED_MASK}, "latents first, a mask that is added"),
    ),
    equivalent={
        "need_weights=True": "the weights are not used",
        "key_padding_mask=hidden)[0]": "the weights are not used",
    },
    forbids=(
        "mmlab.models.fusion.Resampler",
        "transformers.models.idefics.perceiver.IdeficsPerceiverResampler",
        "transformers.models.idefics.perceiver.IdeficsPerceiverAttention",
    ),
)
