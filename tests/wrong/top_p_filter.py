"""Wrong answers to top_p_filter."""

from mmlab.instructor.authoring.exercise import Answer

CHECK = "(temperature <= 0).any() or (p <= 0).any() or (p > 1).any()"
SCALED = "scaled = logits / temperature[:, None]"
SORT = "ascending, order = scaled.sort(dim=1, stable=True)"
OUTSIDE = "outside = ascending.softmax(dim=1).cumsum(dim=1) <= 1 - p[:, None]"
KEEP = "    outside[:, -1] = False\n"
FILL = "scaled.masked_fill(outside.gather(1, back), -torch.inf)"

ANSWERS = (
    Answer("zero_temperature_is_greedy", {"(temperature <= 0).any()": "(temperature < 0).any()", SCALED: "scaled = logits / temperature[:, None].clamp(min=1e-4)"}, "ValueError"),
    Answer("p_of_0_is_greedy", {"(p <= 0).any()": "(p < 0).any()"}, "ValueError"),
    Answer("p_of_1_refused", {"(p > 1).any()": "(p >= 1).any()"}, "1 is allowed"),
    Answer("all_rows_wrong", {CHECK: CHECK.replace("any()", "all()")}, "one wrong row is enough"),
    Answer("first_row_checked", {CHECK: "temperature[0] <= 0 or p[0] <= 0 or p[0] > 1"}, "every row"),
    Answer("temperature_of_the_first_row", {"temperature[:, None]": "temperature[0]"}, "each row has its own"),
    Answer("temperatures_in_reverse", {"temperature[:, None]": "temperature.flip(0)[:, None]"}, "row by row"),
    Answer("unscaled_result", {FILL: FILL.replace("scaled.", "logits.")}, "the divided logits"),
    Answer("probabilities", {FILL: FILL + ".softmax(dim=1)"}, "logits"),
    Answer("log_probabilities", {FILL: FILL.replace("scaled.", "scaled.log_softmax(dim=1).")}, "the divided logits"),
    Answer("large_negative_number", {"-torch.inf)": "-1e9)"}, "−∞"),
    Answer("not_a_number", {"-torch.inf)": "torch.nan)"}, "−∞"),
    Answer("logits_summed", {"ascending.softmax(dim=1)": "(ascending.exp())"}, "probabilities"),
    Answer("whole_batch", {"ascending.softmax(dim=1)": "ascending.softmax(dim=0)"}, "along the tokens"),
    Answer("strictly_less", {"<= 1 - p[:, None]": "< 1 - p[:, None]"}, "the smallest set"),
    Answer("one_more_token", {KEEP: "    outside = F.pad(outside[:, 1:], (0, 1), value=False) & outside\n" + KEEP}, "the smallest set"),
    Answer("two_tokens_at_least", {KEEP: "    outside[:, -2:] = False\n"}, "one token may be enough"),
    Answer("least_probable_stays", {KEEP: "    outside[:, 0] = False\n" + KEEP}, "the most probable ones only"),
    Answer("largest_p", {"1 - p[:, None]": "1 - p.max()"}, "each row has its own"),
    Answer("at_least_p_each", {OUTSIDE: "outside = ascending.softmax(dim=1) < (1 - p[:, None]) * ascending.softmax(dim=1)[:, -1:]"}, "that is min-p"),
    Answer("sort_without_order", {"outside.gather(1, back)": "(scaled < ascending.masked_fill(outside, torch.inf).amin(dim=1, keepdim=True))"}, "of equal logits some may be outside"),
    Answer("in_place", {SCALED: "scaled = logits.div_(temperature[:, None])"}, "nothing is changed in place"),
    Answer("double", {FILL: FILL + ".double().add(1e-4)"}, "the divided logits"),
    Answer("p_of_1_loses_the_tail", {"1 - p[:, None]": "(1 - p[:, None]).clamp(min=1e-3)"}, "1 keeps all"),
)  # fmt: skip
