"""Wrong answers to build_labels."""

from mmlab.instructor.authoring.exercise import Answer

START = "starts = [image_tokens + len(prompt) for prompt in prompts]"
ENDS = "ends = [start + len(answer) + 1 for start, answer in zip(starts, answers)]"
IDS = "ids[row, : end - 1] = torch.tensor([image_id] * image_tokens + prompts[row] + answers[row])"
LABELS = "labels[row, start:end] = ids[row, start:end]"
RETURN = "return ids, mask, labels"

ANSWERS = (
    Answer("zero_for_nothing", {"labels = torch.full(ids.shape, -100)": "labels = torch.full(ids.shape, 0)"}, "-100"),
    Answer("minus_one", {"-100": "-1"}, "-100"),
    Answer("eos_unlearned", {LABELS: "labels[row, start : end - 1] = ids[row, start : end - 1]"}, "the answer's EOS is learned"),
    Answer("one_pad_learned", {LABELS: "labels[row, start : end + 1] = ids[row, start : end + 1]"}, "the row's own EOS only"),
    Answer("last_prompt_id_learned", {LABELS: "labels[row, max(start - 1, 0) : end] = ids[row, max(start - 1, 0) : end]"}, "the answer only"),
    Answer("first_of_the_answer_unlearned", {LABELS: "labels[row, start + 1 : end] = ids[row, start + 1 : end]"}, "the whole answer"),
    Answer("eos_in_prompts_is_padding", {"mask[row, :end] = True": "mask[row, :end] = ids[row, :end] != eos\n        mask[row, end - 1] = True"}, "by position"),
    Answer("eos_of_the_row_hidden", {"mask[row, :end] = True": "mask[row, : end - 1] = True"}, "True at the row's EOS"),
    Answer("mask_of_integers", {RETURN: "return ids, mask.long(), labels"}, "bool"),
    Answer("mask_of_the_labels", {RETURN: "return ids, labels != -100, labels"}, "True at image and prompt as well"),
    Answer("mask_upside_down", {RETURN: "return ids, ~mask, labels"}, "True at everything but the padding"),
    Answer("padded_with_zero", {"max(ends)), eos)": "max(ends)), 0)", "ids[row, : end - 1]": "ids[row, end - 1] = eos\n        ids[row, : end - 1]"}, "with EOS"),
    Answer("padded_with_the_image", {"max(ends)), eos)": "max(ends)), image_id)", "ids[row, : end - 1]": "ids[row, end - 1] = eos\n        ids[row, : end - 1]"}, "with EOS"),
    Answer("answer_before_prompt", {"prompts[row] + answers[row]": "answers[row] + prompts[row]"}, "prompt, then answer"),
    Answer("image_after_the_prompt", {"[image_id] * image_tokens + prompts[row] +": "prompts[row] + [image_id] * image_tokens +"}, "image first"),
    Answer("one_image_id", {"[image_id] * image_tokens +": "[image_id] * min(image_tokens, 1) + [eos] * max(image_tokens - 1, 0) +"}, "a placeholder for each token"),
    Answer("one_column_too_many", {"max(ends)), eos)": "max(ends) + 1), eos)"}, "the longest row"),
    Answer("lists_cut_to_the_shorter", {"if len(prompts) != len(answers):": "if not prompts or not answers:", START: "prompts = prompts[: len(answers)]\n    " + START, "zip(starts, answers)]": "zip(starts, answers[: len(prompts)])]"}, "ValueError"),
    Answer("image_id_never_learned", {RETURN: "return ids, mask, labels.masked_fill(labels == image_id, -100)"}, "an answer may have any id"),
    Answer("prompts_extended", {IDS: "prompts[row] += answers[row]\n        ids[row, : end - 1] = torch.tensor([image_id] * image_tokens + prompts[row])"}, "no list is changed"),
    Answer("pads_of_the_longest_only", {RETURN: "labels[int(torch.tensor(ends).argmin()), min(ends) :] = eos\n    " + RETURN}, "no padding is learned"),
    Answer("eos_in_the_answer_unlearned", {LABELS: LABELS + "\n        labels[row, start : end - 1][ids[row, start : end - 1] == eos] = -100"}, "an ordinary id of the answer"),
    Answer("answer_cut_at_eos", {LABELS: LABELS.replace("end", "(start + [*answers[row], eos].index(eos) + 1)")}, "its own EOS is the last one"),
    Answer("image_id_unlearned", {"return ids, mask, labels": "return ids, mask, labels.masked_fill(ids == image_id, -100)"}, "an ordinary id of the answer"),
)  # fmt: skip
