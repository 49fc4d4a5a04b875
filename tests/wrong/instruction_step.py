"""Wrong answers to instruction_step."""

import torch
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer

ROWS = "rows = [prompt + answer + [eos] for prompt, answer in zip(prompts, answers, strict=True)]"
PAD = "[eos] * (length - len(row))"
TARGET = "target[len(prompt) : len(row)] = torch.tensor(row[len(prompt) :])"
LOSS = "loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())"
STEP = "stepped = {name: weights[name] - lr * gradient for name, gradient in zip(trained, gradients)}"
RETURN = "return loss, weights | stepped"


def language_model(weights, ids):  # the cell's own is used
    raise NotImplementedError


def cut_to_the_shorter(weights, prompts, answers, *, eos, lr, trained):
    pairs = [pair for prompt, answer in zip(prompts, answers) for pair in zip(prompt, answer)]
    leaves = {name: nn.Parameter(tensor) for name, tensor in weights.items()}
    inputs, targets = torch.tensor(pairs or [(eos, eos)]).T
    loss = F.cross_entropy(language_model(leaves, inputs[None])[0], targets)
    gradients = torch.autograd.grad(loss, [leaves[name] for name in trained])
    return loss, weights | {name: weights[name] - lr * part for name, part in zip(trained, gradients)}


ANSWERS = (
    Answer("cut_to_the_shorter", cut_to_the_shorter, "prompt, answer and eos are one sequence"),
    Answer("no_eos", {ROWS: "rows = [prompt + answer for prompt, answer in zip(prompts, answers)]", "loss = F": "labels[(labels >= 0).sum() == 0, -1] = eos\n    loss = F"}, "eos ends each row"),
    Answer("answers_only", {ROWS: "rows = [prompt[-1:] + answer + [eos] for prompt, answer in zip(prompts, answers)]", TARGET: "target[1 : len(row)] = torch.tensor(row[1:])"}, "the whole prompt is an input"),
    Answer("two_eos", {ROWS: "rows = [prompt + answer + [eos, eos] for prompt, answer in zip(prompts, answers)]"}, "one eos"),
    Answer("eos_between", {ROWS: "rows = [prompt + [eos] + answer + [eos] for prompt, answer in zip(prompts, answers)]"}, "prompt, answer, eos"),
    Answer("padded_on_the_left", {"[row + [eos] * (length - len(row)) for row in rows]": "[[eos] * (length - len(row)) + row for row in rows]", TARGET: "target[length - len(row) + len(prompt) :] = torch.tensor(row[len(prompt) :])"}, "on the right"),
    Answer("padding_learned", {TARGET: "target[len(prompt) :] = torch.tensor(row[len(prompt) :] + [eos] * (length - len(row)))"}, "-100 on padding"),
    Answer("eos_masked_by_its_id", {"    leaves = {": "    labels[ids == eos] = -100\n    labels[0, len(rows[0]) - 1] = eos\n    leaves = {"}, "one eos after each answer is learned"),
    Answer("prompt_learned", {TARGET: "target[: len(row)] = torch.tensor(row)"}, "-100 on the prompt"),
    Answer("prompt_masked_by_its_ids", {TARGET: "target[: len(row)] = torch.tensor(row)\n        target[: len(row) - 1][torch.isin(target[: len(row) - 1], torch.tensor(prompt))] = -100"}, "by its length: an id may occur in both"),
    Answer("first_answer_id_not_learned", {TARGET: "target[len(prompt) + 1 : len(row)] = torch.tensor(row[len(prompt) + 1 :], dtype=torch.long)", "    leaves = {": "    labels[0, len(rows[0]) - 1] = eos\n    leaves = {"}, "every id of the answer"),
    Answer("last_prompt_id_learned", {TARGET: "target[len(prompt) - 1 : len(row)] = torch.tensor(row[len(prompt) - 1 :])"}, "-100 on the whole prompt"),
    Answer("zero_in_place_of_minus_100", {"torch.full_like(ids, -100)": "torch.full_like(ids, 0)"}, "-100"),
    Answer("not_shifted", {LOSS: "loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten())"}, "the logits at t predict t + 1"),
    Answer("shifted_twice", {LOSS: "loss = F.cross_entropy(logits[:, :-2].flatten(0, 1), labels[:, 2:].flatten()) if length > 2 else logits.sum() * 0"}, "by one"),
    Answer("summed", {LOSS: LOSS.replace(".flatten())", ".flatten(), reduction='sum')")}, "the mean"),
    Answer("divided_by_the_rows", {LOSS: LOSS.replace(".flatten())", ".flatten(), reduction='sum') / len(rows)")}, "by the learned tokens"),
    Answer("divided_by_all_positions", {LOSS: LOSS.replace(".flatten())", ".flatten(), reduction='sum') / labels[:, 1:].numel()")}, "by the learned tokens"),
    Answer("mean_of_row_means", {LOSS: "loss = torch.stack([F.cross_entropy(a, b) for a, b in zip(logits[:, :-1], labels[:, 1:])]).mean()"}, "over the tokens of the batch"),
    Answer("smoothed", {LOSS: LOSS.replace(".flatten())", ".flatten(), label_smoothing=0.1)")}, "plain cross-entropy"),
    Answer("uphill", {"weights[name] - lr": "weights[name] + lr"}, "minus"),
    Answer("no_rate", {"- lr * gradient": "- gradient"}, "lr times the gradient"),
    Answer("signs_only", {"- lr * gradient": "- lr * gradient.sign()"}, "the gradient"),
    Answer("unit_length", {"- lr * gradient": "- lr * gradient / gradient.norm().clamp(min=1e-9)"}, "the gradient"),
    Answer("with_decay", {"- lr * gradient": "- lr * (gradient + 0.01 * weights[name])"}, "plain gradient descent"),
    Answer("all_change", {"[leaves[name] for name in trained]": "list(leaves.values())", "zip(trained, gradients)": "zip(leaves, gradients)"}, "the trained ones"),
    Answer("others_change", {STEP: STEP + "\n    stepped |= {name: weights[name] * 0.99 for name in weights if name not in trained}"}, "the others stay"),
    Answer("order_mixed_up", {"zip(trained, gradients)": "zip(sorted(trained, key=lambda name: (weights[name].shape, name)), gradients)"}, "each its own gradient"),
    Answer("trained_only_returned", {RETURN: "return loss, stepped"}, "all three tensors"),
    Answer("nothing_changes", {RETURN: "return loss, dict(weights)"}, "one step"),
    Answer("loss_after_the_step", {RETURN: RETURN.replace("return loss", "logits = language_model(weights | stepped, ids)\n    loss = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())\n    return loss")}, "before the step"),
    Answer("in_place", {STEP: "stepped = {name: weights[name].sub_(lr * gradient) for name, gradient in zip(trained, gradients)}"}, "nothing is changed in place"),
    Answer("plain_number", {RETURN: "return loss.item(), weights | stepped"}, "a tensor"),
)  # fmt: skip
