"""Wrong answers to projector_mlp."""

from mmlab.instructor.authoring.exercise import Answer

LAST = "self.linear_2(F.gelu(self.linear_1(patches)))"
PATCHES = "hidden[self.layer][:, self.first :]"

ANSWERS = (
    Answer("quick_gelu", {"F.gelu(self.linear_1(patches))": "self.linear_1(patches) * torch.sigmoid(1.702 * self.linear_1(patches))"}, "the exact GELU"),
    Answer("silu", {"F.gelu": "F.silu"}, "GELU"),
    Answer("normalised", {LAST: "F.layer_norm(" + LAST + ", self.linear_2.bias.shape)"}, "nothing follows the second layer"),
    Answer("normalised_before", {"self.linear_1(patches)": "self.linear_1(F.layer_norm(patches, patches.shape[-1:]))"}, "nothing before the first layer"),
    Answer("residual", {LAST: "self.linear_1(patches) + " + LAST}, "no skip connection"),
    Answer("two_tokens_dropped", {"0 if keep_class else 1": "0 if keep_class else 2"}, "one class token"),
    Answer("class_token_by_the_wrong_flag", {"0 if keep_class else 1": "1 if keep_class else 0"}, "keep_class keeps it"),
    Answer("never_kept", {"0 if keep_class else 1": "1"}, "keep_class keeps it"),
    Answer("dropped_along_the_batch", {PATCHES: "hidden[self.layer][self.first * (len(hidden[self.layer]) > 1) :][:, self.first :]"}, "along the tokens"),
    Answer("first_layer_always", {"hidden[self.layer]": "hidden[0]"}, "hidden[layer]"),
    Answer("positive_layers_only", {"hidden[self.layer]": "hidden[abs(self.layer) % len(hidden)]"}, "a negative layer counts from the end"),
    Answer("layers_without_the_embeddings", {"hidden[self.layer]": "hidden[self.layer + 1 if 0 <= self.layer < len(hidden) - 1 else self.layer]"}, "hidden[0] is the embeddings"),
    Answer("no_bias", {"self.linear_1 = nn.Linear(image_width, width)": "self.linear_1 = nn.Linear(image_width, width, bias=False)"}, "both layers have biases"),
    Answer("other_names", {"self.linear_1 = nn.Linear(image_width, width)": "self.fc1 = nn.Linear(image_width, width)", "self.linear_1(patches)": "self.fc1(patches)"}, "linear_1 and linear_2"),
    Answer("wide_in_the_middle", {"self.linear_1 = nn.Linear(image_width, width)": "self.linear_1 = nn.Linear(image_width, 4 * width)", "nn.Linear(width, width)": "nn.Linear(4 * width, width)"}, "D in the middle"),
    Answer("mean_over_the_patches", {LAST: LAST + ".mean(dim=1, keepdim=True)"}, "one token for each patch"),
    Answer("dropout", {"F.gelu(self.linear_1(patches))": "F.dropout(F.gelu(self.linear_1(patches)), 0.1, self.training)"}, "no dropout"),
    Answer("encoder_cut_off", {"self.linear_1(patches)": "self.linear_1(patches.detach())"}, "gradients reach the hidden state"),
    Answer("order_of_the_patches", {PATCHES: PATCHES + ".flip(1)"}, "in their order"),
)  # fmt: skip
