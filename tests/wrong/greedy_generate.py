"""Wrong answers to greedy_generate."""

from mmlab.instructor.authoring.exercise import Answer

DECODE = "logits, cache = self.decode(embeds, mask, positions, cache)"
TOKEN = "token = logits[:, -1].argmax(dim=1).masked_fill(ended, eos)"
ENDED = "ended = ended | (token == eos)"
EMBEDS = "embeds = self.wte(token)[:, None]"
NEXT = "positions = positions[:, -1:] + 1"
FIRST = "positions = (mask.cumsum(dim=1) - 1).clamp(min=0)"

ANSWERS = (
    Answer("filled_with_zero", {".masked_fill(ended, eos)": ".masked_fill(ended, 0)"}, "EOS after the end"),
    Answer("last_token_repeated", {".masked_fill(ended, eos)": "\n            token = torch.where(ended, logits[:, -1].argmin(dim=1), token)"}, "EOS after the end"),
    Answer("ended_by_the_last_token_only", {ENDED: "ended = token == eos", ".masked_fill(ended, eos)": ""}, "a row that has ended stays ended"),
    Answer("one_more_than_wanted", {"ids.shape[1] < new_tokens": "ids.shape[1] <= new_tokens"}, "at most new_tokens"),
    Answer("at_least_one", {"while ids.shape[1] < new_tokens and": "while ids.shape[1] < max(new_tokens, 1) and"}, "new_tokens may be 0"),
    Answer("zero_still_reads_the_prompt", {"return ids": "if not ids.shape[1]:\n            self.decode(embeds, mask, positions, cache)\n        return ids"}, "nothing is fed for nothing"),
    Answer("first_column", {"logits[:, -1]": "logits[:, 0]"}, "the last column"),
    Answer("least_probable", {".argmax(dim=1)": ".argmin(dim=1)"}, "the largest logit"),
    Answer("second_best_in_place_of_eos", {TOKEN: "token = logits[:, -1].index_fill(1, torch.tensor([max(eos, 0)]), -1e9).argmax(dim=1)"}, "EOS may be generated"),
    Answer("prompt_mask_forever", {EMBEDS: "embeds = self.wte.weight[token][:, None]", "value=True)": "value=False)"}, "new tokens are seen"),
    Answer("position_zero_again", {NEXT: "positions = torch.zeros_like(positions[:, -1:])"}, "positions go on"),
    Answer("one_position_for_all_rows", {NEXT: "positions = (positions[:, -1:] + 1).amax().expand(len(embeds), 1)"}, "each row has its own positions"),
    Answer("positions_of_the_length", {NEXT: "positions = torch.full((len(embeds), 1), mask.shape[1] - 1)"}, "padding does not count"),
    Answer("positions_from_one", {FIRST: "positions = mask.cumsum(dim=1).clamp(max=len(self.wpe.weight) - 1)", NEXT: "positions = (positions[:, -1:] + 1).clamp(max=len(self.wpe.weight) - 1)"}, "from 0"),
    Answer("first_rows_token_embedded", {EMBEDS: "embeds = self.wte(token[:1]).expand(len(token), -1)[:, None]"}, "each row its own token"),
    Answer("prompt_embeds_again", {EMBEDS: "embeds = embeds[:, -1:] if ids.shape[1] == 1 else self.wte(token)[:, None]"}, "the new token"),
    Answer("cache_thrown_away", {DECODE: "logits, cache = self.decode(embeds, mask[:, -embeds.shape[1] :], positions, None)"}, "the prompt must be seen"),
    Answer("prompt_in_the_result", {"return ids": "return torch.cat([torch.full(mask[:, : mask.shape[1] - ids.shape[1]].shape, eos), ids], dim=1)"}, "new ids only"),
    Answer("cut_at_the_shortest_row", {"return ids": "return ids[:, : int(((ids != eos).sum(dim=1)).min()) + 1]"}, "the longest row"),
    Answer("list_of_rows", {"return ids": "return [row.tolist() for row in ids]"}, "a tensor"),
    Answer("eos_removed", {"return ids": "return ids[:, : ids.shape[1] - int(ended.all())]"}, "EOS belongs to the result"),
    Answer("prompt_read_twice", {FIRST: FIRST + "\n        if new_tokens:\n            self.decode(embeds, mask, positions, None)"}, "the prompt is processed once"),
)  # fmt: skip
