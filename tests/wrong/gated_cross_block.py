"""Wrong answers to gated_cross_block."""

from mmlab.instructor.authoring.exercise import Answer

BLIND = "blind = ~sees.any(dim=2, keepdim=True)"
CLOSED = "~(sees | blind).repeat_interleave(self.attention.num_heads, dim=0)"
FIRST = "x = x + (self.gate1.tanh() * found).masked_fill(blind, 0.0)"
SECOND = "return x + (self.gate2.tanh() * thought).masked_fill(blind, 0.0)"

ANSWERS = (
    Answer("attention_ungated", {"self.gate1.tanh() * ": ""}, "both branches are gated"),
    Answer("gates_exchanged", {"self.gate1.tanh()": "self.gate2.tanh()", "self.gate2.tanh()": "self.gate1.tanh()"}, "gate1 for the attention"),
    Answer("absolute_gate", {"self.gate1.tanh()": "self.gate1.tanh().abs()", "self.gate2.tanh()": "self.gate2.tanh().abs()"}, "a gate may be negative"),
    Answer("clamped_gate", {"self.gate1.tanh()": "self.gate1.clamp(-1, 1)", "self.gate2.tanh()": "self.gate2.clamp(-1, 1)"}, "tanh"),
    Answer("shifted_sigmoid", {"self.gate1.tanh()": "(2 * self.gate1.sigmoid() - 1)", "self.gate2.tanh()": "(2 * self.gate2.sigmoid() - 1)"}, "that is tanh of half the gate"),
    Answer("convex_mixture", {FIRST: "x = torch.where(blind, x, (1 - self.gate1.tanh()) * x + self.gate1.tanh() * found)"}, "x is not gated"),
    Answer("whole_samples_without_an_image", {BLIND: "blind = ~sees.any(dim=2, keepdim=True).any(dim=1, keepdim=True)", CLOSED: "~(sees | ~sees.any(dim=2, keepdim=True)).repeat_interleave(self.attention.num_heads, dim=0)"}, "each token on its own"),
    Answer("samples_with_a_gap_skipped", {BLIND: "blind = ~sees.any(dim=2, keepdim=True).all(dim=1, keepdim=True)", CLOSED: "~(sees | ~sees.any(dim=2, keepdim=True)).repeat_interleave(self.attention.num_heads, dim=0)"}, "each token on its own"),
    Answer("blind_unless_it_sees_all", {BLIND: "blind = ~sees.all(dim=2, keepdim=True)"}, "one image token is enough"),
    Answer("mask_unused", {"attn_mask=closed, ": ""}, "each token has its own view"),
    Answer("mask_of_the_first_token", {CLOSED: "~(sees | blind)[:, :1].expand_as(sees).repeat_interleave(self.attention.num_heads, dim=0)"}, "each token has its own view"),
    Answer("mask_of_the_first_sample", {CLOSED: "~(sees | blind)[:1].expand_as(sees).repeat_interleave(self.attention.num_heads, dim=0)"}, "each sample has its own mask"),
    Answer("union_of_the_tokens", {CLOSED: "~(sees.any(dim=1, keepdim=True) | blind).expand_as(sees).repeat_interleave(self.attention.num_heads, dim=0)"}, "each token has its own view"),
    Answer("branches_side_by_side", {FIRST: "y = x + (self.gate1.tanh() * found).masked_fill(blind, 0.0)", SECOND: "return y + (self.gate2.tanh() * thought).masked_fill(blind, 0.0)"}, "the MLP reads the sum"),
    Answer("post_norm", {"self.norm1(x)": "x", FIRST: FIRST.replace("found)", "self.norm1(found))")}, "the branch reads a normalised copy"),
    Answer("norms_exchanged", {"self.norm1(x)": "self.norm2(x)", "self.norm2(x)": "self.norm1(x)"}, "norm1 for the attention"),
    Answer("gelu_of_tanh", {"F.gelu(self.fc1(self.norm2(x)))": 'F.gelu(self.fc1(self.norm2(x)), approximate="tanh")'}, "the exact GELU"),
    Answer("skipped_at_a_gate_of_0", {FIRST: "if self.gate1.item():\n            " + FIRST}, "a closed gate has a gradient"),
    Answer("mean_of_the_image", {"image, image, attn_mask": "image, image.mean(dim=1, keepdim=True).expand_as(image), attn_mask"}, "the values are the image tokens"),
    Answer("blind_tokens_are_zeros", {SECOND: "return (x + self.gate2.tanh() * thought).masked_fill(blind, 0.0)"}, "they are returned as they came"),
    Answer("cleaned_afterwards", {CLOSED: "(~sees).repeat_interleave(self.attention.num_heads, dim=0)", "attn_mask=closed, need_weights=False)[0]": "attn_mask=closed)[0].nan_to_num()"}, "the gradients of a row without a key are NaN"),
    Answer("sees_in_place", {CLOSED: "~sees.logical_or_(blind).repeat_interleave(self.attention.num_heads, dim=0)"}, "nothing is changed in place"),
    Answer("blind_tokens_detached", {SECOND: "return torch.where(blind, x.detach(), x + self.gate2.tanh() * thought)"}, "gradients reach x where it is returned unchanged"),
)  # fmt: skip
