"""Right answers to perceiver_resampler that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

FEATURES = "features = (features + self.times[:frames, None]).flatten(1, 2)"
LATENTS = "latents = self.latents.expand(batch, -1, -1)"
HIDDEN = "hidden = padding.repeat_interleave(patches, dim=1)  # (B, F·N)"
CAT = "hidden = torch.cat([hidden, hidden.new_zeros(batch, len(self.latents))], dim=1)"
QUERIES = 'queries = block["norm_latents"](latents)'
KEYS = 'keys = torch.cat([block["norm_features"](features), queries], dim=1)'
ATTEND = 'latents = latents + block["attention"](queries, keys, keys, key_padding_mask=hidden, need_weights=False)[0]'
RETURN = "return self.norm(latents)"

ANSWERS = (
    Answer(
        "mask_for_every_query",
        {
            LATENTS: "count, heads = self.latents.shape[0], self.blocks[0]['attention'].num_heads\n        latents = torch.stack([self.latents] * batch)",
            HIDDEN: "far = torch.stack([padding] * patches, dim=2).reshape(batch, 1, -1)",
            CAT: "far = F.pad(far, (count, 0)).expand(-1, count, -1).repeat_interleave(heads, dim=0)",
            KEYS: 'keys = torch.cat([queries, block["norm_features"](features)], dim=1)',
            ATTEND: 'latents = latents + block["attention"](queries, keys, keys, attn_mask=far)[0]',
        },
        "latents first, a mask of every head and query",
    ),
    Answer(
        "tokens_first",
        {
            FEATURES: "times = self.times.narrow(0, 0, frames).repeat_interleave(patches, dim=0)\n        features = features.reshape(batch, -1, width) + times",
            ATTEND: 'found = block["attention"](queries, keys, keys, key_padding_mask=hidden)[0]\n            latents = latents.add(found)',
            RETURN: "return F.layer_norm(latents, (width,), self.norm.weight, self.norm.bias, self.norm.eps)",
        },
        "times repeated for each token, and the norm by its function",
    ),
)
