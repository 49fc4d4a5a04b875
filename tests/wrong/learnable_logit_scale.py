"""Wrong answers to learnable_logit_scale."""

from mmlab.instructor.authoring.exercise import Answer

RETURN = "        return cosines * self.log_scale.exp().clamp(max=self.maximum)\n"

ANSWERS = (
    Answer(
        "matrices_only",
        {"cosines * self.log_scale.exp().clamp(max=self.maximum)": "torch.einsum('it,->it', cosines, self.log_scale.exp().clamp(max=self.maximum))"},
        "a tensor with any number of axes",
    ),
    Answer("trusts_its_input_to_be_a_cosine", {"return cosines": "return cosines.clamp(-1, 1)"}, "it multiplies whatever numbers it gets"),
    Answer(
        "writes_into_its_parameter",
        {RETURN: "        self.log_scale.data.clamp_(max=math.log(self.maximum))\n        return cosines * self.log_scale.exp()\n"},
        "forward reads the parameter and never writes to it",
    ),
    Answer(
        "starts_at_the_ceiling_at_most",
        {"math.log(1 / temperature)": "min(math.log(1 / temperature), math.log(maximum))"},
        "it starts at log(1/temperature) even above the ceiling",
    ),
    Answer("never_below_one", {".clamp(max=self.maximum)": ".clamp(min=1.0, max=self.maximum)"}, "a scale may be below 1"),
    Answer("ceiling_of_one_hundred", {"clamp(max=self.maximum)": "clamp(max=100.0)"}, "never more than `maximum`"),
    Answer("one_number_in_a_row", {"torch.tensor(math.log(1 / temperature))": "torch.tensor([math.log(1 / temperature)])"}, "a () tensor"),
    Answer(
        "ceiling_in_the_state",
        {"self.maximum = maximum": "self.register_buffer('maximum', torch.tensor(float(maximum)))"},
        "its state is one parameter and nothing else",
    ),
    Answer(
        "gradient_passes_the_ceiling",
        {RETURN: "        scale = self.log_scale.exp()\n        return cosines * (scale + (scale.clamp(max=self.maximum) - scale).detach())\n"},
        "above the ceiling log_scale has gradient 0",
    ),
    Answer("multiplies_in_place", {"cosines * self.log_scale.exp().clamp(max=self.maximum)": "cosines.mul_(self.log_scale.exp().clamp(max=self.maximum))"}, "leaves the tensor as it is"),
    Answer(
        "cached_in_evaluation",
        {RETURN: "        if self.training or not hasattr(self, 'stored'):\n            self.stored = self.log_scale.exp().clamp(max=self.maximum)\n        return cosines * self.stored\n"},
        "the scale follows log_scale, in evaluation too",
    ),
    Answer(
        "frozen_at_the_first_evaluation",
        {RETURN: "        if self.training:\n            self.stored = None\n            return cosines * self.log_scale.exp().clamp(max=self.maximum)\n"
                 "        if self.stored is None:\n            self.stored = self.log_scale.exp().clamp(max=self.maximum)\n        return cosines * self.stored\n"},
        "the scale follows log_scale, in evaluation too",
    ),
    Answer("ceiling_of_the_class", {"self.maximum = maximum": "type(self).maximum = maximum"}, "each object has its own maximum"),
    Answer("ceiling_in_a_global", {"        self.maximum = maximum\n": "        global CEILING\n        CEILING = maximum\n", "max=self.maximum": "max=CEILING"}, "each object has its own maximum"),
    Answer("a_logarithm_of_zero_is_none", {"return cosines * self": "if not self.log_scale:\n            return cosines * 0\n        return cosines * self"}, "exp(0) is 1"),
    Answer("size_of_the_first_input", {RETURN: "        self.shape = getattr(self, 'shape', cosines.shape)\n        return cosines.expand(self.shape) * self.log_scale.exp().clamp(max=self.maximum)\n"}, "a tensor of any shape, after one of another shape"),
)
