"""Wrong answers to perceiver_resampler."""

from mmlab.instructor.authoring.exercise import Answer

KEYS = 'keys = torch.cat([block["norm_features"](features), queries], dim=1)'
ATTEND = 'latents = latents + block["attention"](queries, keys, keys, key_padding_mask=hidden, need_weights=False)[0]'
MLP = 'latents = latents + block["mlp"](latents)'
HIDDEN = "hidden = padding.repeat_interleave(patches, dim=1)"
CAT = "hidden = torch.cat([hidden, hidden.new_zeros(batch, len(self.latents))], dim=1)"

ANSWERS = (
    Answer("no_limit", {"frames > len(self.times)": "False"}, "ValueError for more frames than the table has"),
    Answer("limit_one_too_low", {"frames > len(self.times)": "frames >= len(self.times)"}, "as many frames as the table has are accepted"),
    Answer("padding_not_counted", {"frames > len(self.times)": "int((~padding).sum(dim=1).max()) > len(self.times)", "self.times[:frames, None]": "self.times[torch.arange(frames).clamp(max=len(self.times) - 1), None]"}, "padded frames count"),
    Answer("last_times", {"self.times[:frames, None]": "self.times[-frames:, None]"}, "frame 0 has time 0"),
    Answer("times_of_valid_frames", {"features + self.times[:frames, None]": "features + self.times[((~padding).cumsum(dim=1) - 1).clamp(min=0)][:, :, None]"}, "a frame's place counts the padding before it"),
    Answer("times_of_the_last_frame_too", {"self.times[:frames, None]": "self.times[:frames, None].flip(0)"}, "in their order"),
    Answer("mask_inverted", {HIDDEN: "hidden = ~padding.repeat_interleave(patches, dim=1)"}, "True is padding"),
    Answer("latents_hidden_with_padding", {CAT: "hidden = torch.cat([hidden, padding.any(dim=1, keepdim=True).expand(-1, len(self.latents)) & ~padding.all(dim=1, keepdim=True)], dim=1)"}, "latents are never hidden"),
    Answer("raw_latents_as_keys", {KEYS: KEYS.replace("queries]", "latents]")}, "keys are the normalised latents"),
    Answer("raw_latents_ask", {'block["attention"](queries,': 'block["attention"](latents,'}, "queries are the normalised latents"),
    Answer("one_norm_for_both", {'block["norm_features"](features)': 'block["norm_latents"](features)'}, "features have their own norm"),
    Answer("norm_of_all_keys", {KEYS: 'keys = block["norm_features"](torch.cat([features, queries], dim=1))'}, "the latents are normalised once"),
    Answer("mlp_before_the_attention", {ATTEND: MLP, MLP: ATTEND}, "attention first"),
    Answer("first_block_again", {"        for block in self.blocks:\n": "        for block in [self.blocks[0]] * len(self.blocks):\n"}, "each block once"),
    Answer("blocks_in_reverse", {"in self.blocks": "in reversed(self.blocks)"}, "in their order"),
    Answer("no_blocks", {"in self.blocks": "in self.blocks[:1]"}, "all blocks"),
    Answer("mean_of_the_features", {KEYS: 'keys = torch.cat([block["norm_features"](features).mean(dim=1, keepdim=True).expand_as(features), queries], dim=1)'}, "each feature is a key"),
    Answer("features_grow", {MLP: MLP + "\n            features = features + 0.1 * block['mlp'](features)"}, "features are never updated"),
    Answer("norm_in_every_block", {MLP: 'latents = self.norm(latents + block["mlp"](latents))'}, "the last norm comes once"),
    Answer("frames_pooled", {"(features + self.times[:frames, None]).flatten(1, 2)": "(features + self.times[:frames, None]).mean(dim=2).repeat_interleave(patches, dim=1)"}, "every token of a frame is a key"),
    Answer("no_video_skips_the_blocks", {"return self.norm(latents)": "return self.norm(torch.where(padding.all(dim=1)[:, None, None], self.latents, latents))"}, "latents see each other without a video, too"),
    Answer("features_normalised_again", {KEYS: 'features = block["norm_features"](features)\n            keys = torch.cat([features, queries], dim=1)'}, "features are never updated"),
)  # fmt: skip
