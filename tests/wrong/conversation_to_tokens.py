"""Wrong answers to conversation_to_tokens."""

from mmlab.instructor.authoring.exercise import Answer

ROLES = 'roles = {f"<|{role}|>" for role in ("system", "user", "assistant")}'
KNOWN = 'known = vocabulary.keys() - roles - {"<bos>", "<|end|>"}'
START = 'ids, labels = [vocabulary["<bos>"]], [-100]'
NUMBER = 'number = vocabulary[word if word in known else "<unk>"]'
WORDS = 'words += [number] * (patches if word == "<image>" else 1)'
END = '        words.append(vocabulary["<|end|>"])\n'
IDS = "ids += [vocabulary[role], *words]"
LABELS = 'labels += [-100] + (words if role == "<|assistant|>" else [-100] * len(words))'
RETURN = "return torch.tensor(ids), torch.tensor(labels)"
ERROR = "        if role not in roles:\n            raise ValueError(f\"the role {message['role']!r}\")\n"

ANSWERS = (
    Answer("everything_learned", {LABELS: "labels += [vocabulary[role], *words]"}, "what the assistant says only"),
    Answer("users_learned", {'role == "<|assistant|>"': 'role == "<|user|>"'}, "the assistant"),
    Answer("system_learned_too", {'role == "<|assistant|>"': 'role != "<|user|>"'}, "the assistant only"),
    Answer("last_answer_only", {RETURN: 'last = max((at for at, number in enumerate(ids) if number == vocabulary["<|assistant|>"]), default=0)\n    labels = [-100] * last + labels[last:]\n    return torch.tensor(ids), torch.tensor(labels)'}, "every answer"),
    Answer("end_left_out_of_labels", {LABELS: LABELS.replace("(words if", "(words[:-1] + [-100] if")}, "the model learns to stop"),
    Answer("end_learned_for_everybody", {LABELS: LABELS.replace("[-100] * len(words)", "[-100] * (len(words) - 1) + words[-1:]")}, "only the assistant's"),
    Answer("role_learned", {LABELS: 'labels += [vocabulary[role], *words] if role == "<|assistant|>" else [-100] * (1 + len(words))'}, "the role's token is not learned"),
    Answer("no_end", {END: ""}, "<|end|> after each message"),
    Answer("end_after_answers_only", {END: '        if role == "<|assistant|>":\n            words.append(vocabulary["<|end|>"])\n'}, "<|end|> after each message"),
    Answer("no_roles", {IDS: "ids += words", "labels += [-100] + (": "labels += ("}, "the role's token"),
    Answer("no_beginning", {START: "ids, labels = [], []"}, "<bos>"),
    Answer("beginning_learned", {START: 'ids, labels = [vocabulary["<bos>"]], [vocabulary["<bos>"]]'}, "-100 for <bos>"),
    Answer("beginning_of_each", {IDS: 'ids += [vocabulary["<bos>"]] * bool(len(ids) > 1) + [vocabulary[role], *words]', "labels += [-100] + (": "labels += [-100] * (2 if len(labels) > 1 else 1) + ("}, "once"),
    Answer("images_once", {WORDS: "words.append(number)"}, "patches ids for each"),
    Answer("images_dropped", {WORDS: 'words += [number] * (word != "<image>")'}, "patches ids for each"),
    Answer("first_image_only", {WORDS: 'words += [number] * (patches if word == "<image>" and number not in words else 1)'}, "each placeholder"),
    Answer("one_more_patch", {"(patches if": "(patches + 1 if"}, "patches ids"),
    Answer("unknown_skipped", {NUMBER: "if word not in known:\n                continue\n            number = vocabulary[word]"}, "<unk>"),
    Answer("unknown_fails", {NUMBER: "number = vocabulary[word]"}, "<unk>"),
    Answer("lower_case", {"in message[\"content\"].split()": "in message[\"content\"].lower().split()"}, "the words as they are"),
    Answer("split_at_spaces", {'["content"].split()': '["content"].split(" ")'}, "content.split()"),
    Answer("controls_pass", {KNOWN: "known = vocabulary.keys()"}, "a control token in a content is <unk>"),
    Answer("roles_pass", {KNOWN: 'known = vocabulary.keys() - {"<bos>", "<|end|>"}'}, "a control token in a content is <unk>"),
    Answer("end_passes", {KNOWN: 'known = vocabulary.keys() - roles - {"<bos>"}'}, "a control token in a content is <unk>"),
    Answer("bos_passes", {KNOWN: 'known = vocabulary.keys() - roles - {"<|end|>"}'}, "a control token in a content is <unk>"),
    Answer("controls_skipped", {NUMBER: 'if word in vocabulary and word not in known:\n                continue\n            number = vocabulary[word if word in known else "<unk>"]'}, "<unk>, not nothing"),
    Answer("images_refused_as_control", {KNOWN: 'known = vocabulary.keys() - roles - {"<bos>", "<|end|>", "<image>"}'}, "<image> stays"),
    Answer("shifted", {"torch.tensor(labels)": "torch.tensor([*labels[1:], -100])"}, "label t belongs to id t"),
    Answer("shifted_the_other_way", {"torch.tensor(labels)": "torch.tensor([-100, *labels[:-1]])"}, "label t belongs to id t"),
    Answer("ignored_by_zero", {"[-100] * len(words)": "[0] * len(words)"}, "-100"),
    Answer("any_role", {ERROR: '        role = role if role in roles else "<|user|>"\n'}, "ValueError"),
    Answer("any_known_token_is_a_role", {"if role not in roles:": "if role not in vocabulary:"}, "end is no role"),
    Answer("wrong_error", {"raise ValueError": "raise KeyError"}, "ValueError"),
    Answer("lists", {RETURN: "return ids, labels"}, "tensors"),
    Answer("rows", {RETURN: "return torch.tensor([ids]), torch.tensor([labels])"}, "one axis"),
    Answer("labels_only_where_learned", {RETURN: "return torch.tensor(ids), torch.tensor([label for label in labels if label >= 0], dtype=torch.long)"}, "of equal length"),
    Answer("image_as_substring", {"message[\"content\"].split()": "message[\"content\"].replace('<image>', ' <image> ').split()"}, "a whole word"),
    Answer("image_at_the_start_of_a_word", {"message[\"content\"].split()": "message[\"content\"].replace('<image>', '<image> ').split()"}, "a whole word"),
    Answer("images_in_a_word_counted", {WORDS: 'words += [vocabulary["<image>"]] * (patches * word.count("<image>")) or [number]'}, "a whole word"),
    Answer("words_cut_at_control_tokens", {"message[\"content\"].split()": "message[\"content\"].replace('<|', ' <|').replace('|>', '|> ').split()"}, "a whole word"),
    Answer("control_tokens_cut_out", {"message[\"content\"].split()": "message[\"content\"].replace('<|end|>', '<unk>').replace('red<unk>', 'red').split()"}, "a whole word"),
)  # fmt: skip
