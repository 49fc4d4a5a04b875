"""Right answers to greedy_generate that are written in unusual ways."""

from mmlab.instructor.authoring.exercise import Answer

DECODE = "logits, cache = self.decode(embeds, mask, positions, cache)"
TOKEN = "token = logits[:, -1].argmax(dim=1).masked_fill(ended, eos)"
ENDED = "ended = ended | (token == eos)"
LOOP = "while ids.shape[1] < new_tokens and not ended.all():"
EMBEDS = "embeds = self.wte(token)[:, None]"
MASK = "mask = F.pad(mask, (0, 1), value=True)"
NEXT = "positions = positions[:, -1:] + 1"
FIRST = "positions = (mask.cumsum(dim=1) - 1).clamp(min=0)"

ANSWERS = (
    Answer(
        "filled_afterwards",
        {
            TOKEN: "token = logits[:, -1].topk(1, dim=1).indices[:, 0]",
            ENDED: "ended = torch.cat([ids, token[:, None]], dim=1).eq(eos).any(dim=1)",
            "return ids": "after = (ids == eos).cumsum(dim=1) - (ids == eos).long() > 0\n        return ids.masked_fill(after, eos)",
        },
        "fills the ended rows at the end",
    ),
    Answer(
        "prefill_first",
        {
            LOOP: "if new_tokens <= 0:\n            return ids\n        while True:",
            "ids = torch.cat([ids, token[:, None]], dim=1)": "ids = torch.cat([ids, token[:, None]], dim=1)\n            if ids.shape[1] == new_tokens or bool(ended.all()):\n                return ids",
        },
        "an endless loop with a return",
    ),
    Answer(
        "padding_at_another_position",
        {FIRST: "positions = (mask.long().cumsum(dim=-1) - 1).masked_fill(~mask, len(self.wpe.weight) - 1)"},
        "padding may have any number",
    ),
    Answer(
        "positions_counted_by_steps",
        {NEXT: "positions = mask[:, : mask.shape[1] - ids.shape[1]].sum(dim=1, keepdim=True) + ids.shape[1] - 1", MASK: MASK + "\n            mask = mask.clone()"},
        "the prompt's length plus the number of tokens",
    ),
)  # fmt: skip
