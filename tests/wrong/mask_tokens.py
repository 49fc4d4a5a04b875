"""Wrong answers to mask_tokens."""

from mmlab.instructor.authoring.exercise import Answer

SPECIAL = "special = torch.isin(ids, torch.tensor(specials))"
CHOSEN = "chosen = (draws < probability) & ~special"
LABELS = "labels = ids.masked_fill(~chosen, -100)"
INPUTS = "inputs = torch.where(chosen & (choices < 0.9), replacements, ids)"
RETURN = "return inputs.masked_fill(chosen & (choices < 0.8), mask_id), labels"

ANSWERS = (
    Answer("equal_is_chosen", {"draws < probability": "draws <= probability"}, "a draw less than the probability"),
    Answer("chosen_above", {"draws < probability": "draws >= probability"}, "a draw less than the probability"),
    Answer("fixed_probability", {"draws < probability": "draws < 0.15"}, "the probability is an argument"),
    Answer("only_zero_is_special", {SPECIAL: "special = ids == 0"}, "the ids in the list"),
    Answer("only_the_first_special", {SPECIAL: "special = ids == specials[0] if specials else torch.zeros_like(ids) > 0"}, "every id of the list"),
    Answer("small_ids_are_special", {SPECIAL: "special = ids <= max(specials, default=-1)"}, "the ids in the list only"),
    Answer("mask_id_always_special", {SPECIAL: "special = torch.isin(ids, torch.tensor([*specials, mask_id]))"}, "only when it is in the list"),
    Answer("mask_id_never_special", {SPECIAL: "special = torch.isin(ids, torch.tensor([number for number in specials if number != mask_id]))"}, "special when it is in the list"),
    Answer("special_replacements_refused", {INPUTS: "inputs = torch.where(chosen & (choices < 0.9) & ~torch.isin(replacements, torch.tensor(specials)), replacements, ids)"}, "even a special one"),
    Answer("first_token_is_special", {CHOSEN: CHOSEN + " & (torch.arange(ids.shape[1]) > 0)"}, "special by its id, not by its position"),
    Answer("labels_of_the_mask_only", {LABELS: "labels = ids.masked_fill(~(chosen & (choices < 0.8)), -100)"}, "all chosen tokens"),
    Answer("labels_of_the_others", {"~chosen, -100": "chosen, -100"}, "-100 where nothing was chosen"),
    Answer("ignored_by_zero", {"~chosen, -100": "~chosen, 0"}, "-100 is what cross_entropy ignores"),
    Answer("ignored_by_minus_one", {"~chosen, -100": "~chosen, -1"}, "-100 is what cross_entropy ignores"),
    Answer("no_random_tokens", {INPUTS: "inputs = ids"}, "10 % become the replacement"),
    Answer("never_the_same", {"choices < 0.9": "choices < 1.0"}, "10 % stay as they are"),
    Answer("a_fifth_random", {"choices < 0.8": "choices < 0.7"}, "0.8 and 0.9"),
    Answer("up_to_0_8_included", {"choices < 0.8": "choices <= 0.8"}, "less than 0.8"),
    Answer("up_to_0_9_included", {"choices < 0.9": "choices <= 0.9"}, "less than 0.9"),
    Answer("replaces_what_was_not_chosen", {"chosen & (choices < 0.9)": "(choices < 0.9) & (choices >= 0.8) | chosen & (choices < 0.8)"}, "only chosen tokens change"),
    Answer("shares_of_all_tokens", {CHOSEN: "chosen = (draws < probability) & (choices < 0.9) & ~special"}, "the last tenth is chosen too"),
    Answer("labels_first", {RETURN: "return labels, inputs.masked_fill(chosen & (choices < 0.8), mask_id)"}, "inputs, then labels"),
    Answer("labels_are_replacements", {"labels = ids": "labels = replacements"}, "the id that stood there"),
    Answer("in_place", {INPUTS: "inputs = ids\n    inputs[chosen & (choices < 0.9)] = replacements[chosen & (choices < 0.9)]"}, "nothing is changed in place"),
    Answer("probability_unchecked", {"not 0 <= probability <= 1": "False"}, "ValueError"),
    Answer("negative_accepted", {"0 <= probability <= 1": "probability <= 1"}, "ValueError below 0"),
    Answer("one_refused", {"0 <= probability <= 1": "0 <= probability < 1"}, "1 is allowed"),
    Answer("zero_refused", {"0 <= probability <= 1": "0 < probability <= 1"}, "0 is allowed"),
    Answer("floats", {RETURN: RETURN.replace("), labels", ").float(), labels")}, "int64"),
    Answer("whole_columns", {"draws < probability": "draws[:1] < probability"}, "each token has its own draw"),
)  # fmt: skip
