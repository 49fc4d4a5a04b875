"""Wrong answers to vit_forward."""

from mmlab.instructor.authoring.exercise import Answer

SIZES = "if tuple(pixels.shape[2:]) != tuple(self.size):"
CAT = "x = torch.cat([first, tokens], dim=1) + self.positions"
REGISTERS = "x = torch.cat([x[:, :1], self.registers.expand(len(pixels), -1, -1), x[:, 1:]], dim=1)"
BLOCKS = "        for block in self.blocks:\n            x = block(x)\n"
NORM = "        x = self.norm(x)\n"
RETURN = "return x[:, 0], x[:, 1 + len(self.registers) :]"

ANSWERS = (
    Answer("height_only", {SIZES: "if pixels.shape[2] != self.size[0]:"}, "the width counts too"),
    Answer("width_only", {SIZES: "if pixels.shape[3] != self.size[1]:"}, "the height counts too"),
    Answer("number_of_patches", {SIZES: "if self.patches(pixels)[0, 0].numel() != len(self.positions) - 1:"}, "the size counts, not the number of patches"),
    Answer("number_of_pixels", {SIZES: "if pixels[0, 0].numel() != self.size[0] * self.size[1]:"}, "(Y, X) counts, not their product"),
    Answer("sizes_in_any_order", {SIZES: "if sorted(pixels.shape[2:]) != sorted(self.size):"}, "height, then width"),
    Answer("registers_left_out", {REGISTERS: "x = x", RETURN: "return x[:, 0], x[:, 1:]"}, "registers take part in the blocks"),
    Answer("registers_with_a_position", {REGISTERS: REGISTERS.replace("self.registers.expand(len(pixels), -1, -1)", "(self.registers + self.positions[0]).expand(len(pixels), -1, -1)")}, "registers get no position"),
    Answer("registers_after_the_blocks", {REGISTERS: "x = x", BLOCKS: BLOCKS + "        " + REGISTERS + "\n"}, "registers go through the blocks"),
    Answer("one_register", {REGISTERS: REGISTERS.replace("self.registers.expand", "self.registers[:1].expand"), RETURN: "return x[:, 0], x[:, 1 + len(self.registers[:1]) :]"}, "all R registers"),
    Answer("mean_as_class_token", {RETURN: "return x.mean(dim=1), x[:, 1 + len(self.registers) :]"}, "the class token is the first result"),
    Answer("mean_of_the_patches", {RETURN: "return x[:, 1 + len(self.registers) :].mean(dim=1), x[:, 1 + len(self.registers) :]"}, "the class token is the first result"),
    Answer("one_tensor", {RETURN: "return torch.cat([x[:, :1], x[:, 1 + len(self.registers) :]], dim=1)"}, "a tuple"),
    Answer("class_axis_kept", {RETURN: "return x[:, :1], x[:, 1 + len(self.registers) :]"}, "(B, D)"),
    Answer("patches_first", {RETURN: "return x[:, 1 + len(self.registers) :], x[:, 0]"}, "the class token first"),
    Answer("norm_of_the_class_token", {NORM: "        x = torch.cat([self.norm(x[:, :1]), x[:, 1:]], dim=1)\n"}, "every token is normalised"),
    Answer("norm_after_each_block", {BLOCKS: BLOCKS.replace("block(x)", "self.norm(block(x))")}, "one norm at the end"),
    Answer("norm_without_weights", {NORM: "        x = F.layer_norm(x, x.shape[-1:])\n"}, "the norm has weights"),
    Answer("blocks_in_reverse", {BLOCKS: BLOCKS.replace("self.blocks", "reversed(self.blocks)")}, "in order"),
    Answer("first_block_again_and_again", {BLOCKS: BLOCKS.replace("block(x)", "self.blocks[0](x)")}, "each block once"),
    Answer("one_block_left_out", {BLOCKS: BLOCKS.replace("self.blocks", "self.blocks[:-1]")}, "every block"),
    Answer("residual_around_the_blocks", {BLOCKS: BLOCKS.replace("block(x)", "x + block(x)")}, "the block has its residual connections"),
    Answer("positions_twice", {CAT: CAT + " + self.positions"}, "added once"),
    Answer("positions_backwards", {CAT: CAT.replace("self.positions", "self.positions.flip(0)")}, "row 0 belongs to the class token"),
    Answer("positions_without_gradient", {CAT: CAT.replace("self.positions", "self.positions.detach()")}, "gradients reach all parameters"),
    Answer("class_token_of_zeros", {CAT: CAT.replace("first, ", "0 * first, ")}, "the class token"),
    Answer("rows_from_below", {"self.patches(pixels)": "self.patches(pixels).flip(2)"}, "top to bottom"),
    Answer("tanh_of_the_tokens", {"self.patches(pixels)": "self.patches(pixels).tanh()"}, "the convolution alone"),
)  # fmt: skip
