"""Right answers to conversation_to_tokens that are written in unusual ways."""

import torch

from mmlab.instructor.authoring.exercise import Answer


def labels_by_a_mask(messages, vocabulary, *, patches):
    speakers, words = [0], ["<bos>"]
    for number, message in enumerate(messages, start=1):
        if message["role"] not in {"system", "user", "assistant"}:
            raise ValueError("unknown role")
        content = []
        for word in message["content"].split():
            typed = word in ("<bos>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
            content.extend(
                ["<unk>" if typed or word not in vocabulary else word] * (patches if word == "<image>" else 1)
            )
        words += ["<|" + message["role"] + "|>"] + content + ["<|end|>"]
        speakers += [0] + [number] * (len(content) + 1)
    learned = torch.tensor([n > 0 and messages[n - 1]["role"] == "assistant" for n in speakers])
    ids = torch.tensor(list(map(vocabulary.__getitem__, words)))
    return ids, torch.where(learned, ids, torch.tensor(-100))


def message_by_message(messages, vocabulary, *, patches):
    heads = {role: vocabulary[f"<|{role}|>"] for role in ("assistant", "system", "user")}
    control = [vocabulary["<bos>"], vocabulary["<|end|>"], *heads.values()]
    parts, targets = [torch.tensor([control[0]])], [torch.tensor([-100])]
    for role, content in ((message["role"], message["content"]) for message in messages):
        try:
            head = heads[role]
        except KeyError:
            raise ValueError(role) from None
        numbers = torch.tensor(
            [vocabulary.get(word, vocabulary["<unk>"]) for word in content.split()], dtype=torch.long
        )
        numbers[torch.isin(numbers, torch.tensor(control))] = vocabulary["<unk>"]
        repeats = torch.where(numbers == vocabulary["<image>"], patches, 1)
        numbers = torch.cat([numbers.repeat_interleave(repeats), torch.tensor([control[1]])])
        parts += [torch.tensor([head]), numbers]
        targets += [torch.tensor([-100]), numbers if role == "assistant" else torch.full_like(numbers, -100)]
    return torch.cat(parts), torch.cat(targets)


ANSWERS = (
    Answer("labels_by_a_mask", labels_by_a_mask, "the speaker of each token, then a mask"),
    Answer("message_by_message", message_by_message, "tensors and repeat_interleave"),
)
