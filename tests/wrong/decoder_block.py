"""Wrong answers to decoder_block."""

from mmlab.instructor.authoring.exercise import Answer

MASK = "closed = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)"
PREFIX = "closed[:, :prefix] = False"
SELF = "x = x + self.self_attention(y, y, y, attn_mask=closed, need_weights=False)[0]"
CROSS = "x = x + self.cross_attention(y, memory, memory, key_padding_mask=padding, need_weights=False)[0]"
LAST = "return x + self.fc2(F.gelu(self.fc1(self.norm3(x))))"

ANSWERS = (
    Answer("sees_one_token_ahead", {".triu(1)": ".triu(2)"}, "the tokens 0 to t"),
    Answer("prefix_one_longer", {PREFIX: "closed[:, : prefix + 1] = False"}, "the first `prefix` tokens"),
    Answer("prefix_one_shorter", {PREFIX: "closed[:, : max(prefix - 1, 0)] = False"}, "the first `prefix` tokens"),
    Answer("prefix_sees_everything", {PREFIX: "closed[:prefix] = False"}, "the prefix does not see what follows it"),
    Answer("prefix_alone_is_bidirectional", {PREFIX: "closed[:prefix, :prefix] = False\n        closed[prefix:, :prefix] = True"}, "the tokens after the prefix see it"),
    Answer("all_open_with_a_prefix", {PREFIX: "closed[:, :] &= prefix == 0"}, "what follows the prefix is causal"),
    Answer("no_residual_of_the_self_attention", {SELF: SELF.replace("x = x + ", "x = ")}, "the residual connection"),
    Answer("no_residual_of_the_mlp", {LAST: LAST.replace("x + ", "", 1)}, "the residual connection"),
    Answer("branches_side_by_side", {"        y = self.norm1(x)\n": "        z = x\n        y = self.norm1(x)\n", "self.norm2(x)": "self.norm2(z)"}, "each branch reads the sum so far"),
    Answer("norm3_before_the_memory", {"self.norm2(x)": "self.norm3(x)", "self.norm3(x)": "self.norm2(x)"}, "norm2 for the memory"),
    Answer("gelu_of_tanh", {"F.gelu(self.fc1(self.norm3(x)))": 'F.gelu(self.fc1(self.norm3(x)), approximate="tanh")'}, "the exact GELU"),
    Answer("relu", {"F.gelu": "F.relu"}, "the exact GELU"),
    Answer("values_of_the_normalised_memory", {CROSS: CROSS.replace("y, memory, memory", "y, memory, F.layer_norm(memory, memory.shape[-1:])")}, "the memory is not normalised"),
    Answer("padding_inverted", {"key_padding_mask=padding": "key_padding_mask=~padding"}, "True is padding"),
    Answer("padding_of_the_first_sample", {"key_padding_mask=padding": "key_padding_mask=padding[:1].expand_as(padding)"}, "each sample has its own padding"),
    Answer("unnormalised_queries", {"        y = self.norm2(x)\n": "        y = x\n"}, "the queries are normalised"),
    Answer("no_cross_attention", {"        " + CROSS + "\n": ""}, "three branches"),
    Answer("values_not_normalised", {"self.self_attention(y, y, y,": "self.self_attention(y, y, x,"}, "queries, keys and values of the normalised copy"),
)  # fmt: skip
