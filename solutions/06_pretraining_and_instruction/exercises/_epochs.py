"""Training epochs for bug_hunt_pretraining: train_epoch(table, conversations, eos, batch_size, lr) -> (loss, table).

Students see the versions of VISIBLE; the grader has those of HIDDEN, too.
"""

import torch
from torch import nn
from torch.nn import functional as F


def right_padded(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def right_by_hand(table, conversations, eos, batch_size, lr):
    table, losses = table.double(), []
    for start in range(0, len(conversations), batch_size):
        gradient, learned = torch.zeros_like(table), 0
        for turns in conversations[start : start + batch_size]:
            last = None
            for turn in turns:
                for number in turn["value"] + ([eos] if turn["from"] == "gpt" else []):
                    if turn["from"] == "gpt":
                        chances = table[last].softmax(dim=0)
                        losses.append(-chances[number].log().item())
                        chances[number] -= 1
                        gradient[last] += chances
                        learned += 1
                    last = number
        table = table - lr * gradient / learned
    return sum(losses) / len(losses), table.float()


def buggy_last_batch_reported(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return losses.mean().item(), table


def buggy_mean_of_batches(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        total, count = total + loss.item(), count + 1
    return total / count, table


def buggy_prompts_in_answers_out(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            for question, answer in zip(turns[::2], turns[1::2]):
                inputs, labels = question["value"] + [eos], answer["value"] + [eos]
                length = min(len(inputs), len(labels))
                before += inputs[:length]
                after += labels[:length]
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[before], torch.tensor(after))
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        total, count = total + loss.item() * len(after), count + len(after)
    return total / count, table


def buggy_questions_learned_too(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_end_not_learned(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += turn["value"] + [-100] if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_padding_learned(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=eos)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_the_other_side_learned(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "human" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / max(count, 1), table


def buggy_last_batch_dropped(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations) - batch_size + 1, batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / max(count, 1), table


def buggy_only_the_last_answer(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            target[: -len(part)] = [-100] * (len(row) - len(part))
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_not_shifted(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids].flatten(0, 1), labels.flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def right_pairs(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] != "human")
                if turn["from"] != "human":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_gradients_accumulate(table, conversations, eos, batch_size, lr):
    total = count = 0
    gathered = torch.zeros_like(table)
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        gathered = gathered + gradient
        table = table - lr * gathered
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_no_step(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_mean_of_conversations(table, conversations, eos, batch_size, lr):
    table, losses = table.double(), []
    for start in range(0, len(conversations), batch_size):
        gradient, learned = torch.zeros_like(table), 0
        for turns in conversations[start : start + batch_size]:
            last, size = None, sum(len(turn["value"]) + 1 for turn in turns if turn["from"] == "gpt")
            for turn in turns:
                for number in turn["value"] + ([eos] if turn["from"] == "gpt" else []):
                    if turn["from"] == "gpt":
                        chances = table[last].softmax(dim=0)
                        losses.append(-chances[number].log().item())
                        chances[number] -= 1
                        gradient[last] += chances / size
                    last = number
            learned += 1
        table = table - lr * gradient / learned
    return sum(losses) / len(losses), table.float()


def buggy_first_exchange_only(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns[:2]:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_sum_in_place_of_mean(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.sum(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_questioner_called_user(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] != "user"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_loss_after_the_step(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = (
            total + F.cross_entropy(table[before], torch.tensor(after)).item() * len(after),
            count + len(after),
        )
    return total / count, table


def buggy_table_of_log_probabilities(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(
        size for _, size in steps
    ), model.weight.detach().log_softmax(dim=1)


def buggy_mean_of_each_turn(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after, sizes = [], [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                sizes.append(len(part) * (turn["from"] == "gpt"))
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        for size, part in zip(sizes, losses.split(sizes)):
            total, count = total + part.mean().item() * size, count + size
    return total / count, table


def buggy_mean_move_of_each_row(table, conversations, eos, batch_size, lr):
    total, first, often = 0, table, torch.zeros(len(table), 1)
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            ids, learned = [], []
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                learned += [answer] * (len(turn["value"]) + answer)
            before += [ids[position] for position in range(len(ids) - 1) if learned[position + 1]]
            after += [ids[position + 1] for position in range(len(ids) - 1) if learned[position + 1]]
        before, after = torch.tensor(before), torch.tensor(after)
        often += torch.bincount(before, minlength=len(table))[:, None]
        scores = table[before]
        error = scores.softmax(1) - F.one_hot(after, len(table))
        total += F.cross_entropy(scores, after, reduction="sum").item()
        table = table - lr * torch.zeros_like(table).index_add(0, before, error) / len(after)
    mean_move = (table - first) / often
    return total / often.sum().item(), first + mean_move * often


def buggy_weighted_by_conversations(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after, size = [], [], len(conversations[start : start + batch_size])
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.mean().item() * size, count + size
    return total / count, table


def right_embedding(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_first_batch_reported(table, conversations, eos, batch_size, lr):
    first = None
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        first = losses.mean().item() if start == 0 else first
    return first, table


def buggy_one_step_an_epoch(table, conversations, eos, batch_size, lr):
    total = count = steps = 0
    gathered = torch.zeros_like(table)
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        gathered, steps = gathered + gradient, steps + 1
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table - lr * gathered / steps


def buggy_end_after_questions(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos]
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_no_end(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"]
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_first_word_not_learned(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += part[:-1]
                    after += part[1:]
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_next_question_begins(table, conversations, eos, batch_size, lr):
    table, losses = table.double(), []
    for start in range(0, len(conversations), batch_size):
        gradient, learned = torch.zeros_like(table), 0
        for turns in conversations[start : start + batch_size]:
            last = None
            for turn in turns:
                for number in turn["value"] + ([eos] if turn["from"] == "gpt" else []):
                    if turn["from"] == "gpt" or last == eos:
                        chances = table[last].softmax(dim=0)
                        losses.append(-chances[number].log().item())
                        chances[number] -= 1
                        gradient[last] += chances
                        learned += 1
                    last = number
        table = table - lr * gradient / learned
    return sum(losses) / len(losses), table.float()


def buggy_cut_to_eight(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row[:8]))
            targets.append(torch.tensor(target[:8]))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / max(count, 1), table


def buggy_shuffled_by_length(table, conversations, eos, batch_size, lr):
    total = count = 0
    conversations = sorted(conversations, key=lambda talk: sum(len(part["value"]) for part in talk))
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_from_the_end(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in reversed(range(0, len(conversations), batch_size)):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_rate_over_the_batch(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr / batch_size), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_clipped(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_momentum(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_weight_decay(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr, weight_decay=0.1), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_label_smoothing(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten(), label_smoothing=0.1)
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def right_sum_then_divide(table, conversations, eos, batch_size, lr):
    sums, sizes = [], []
    for number in range(-(-len(conversations) // batch_size)):
        pairs = []
        for turns in conversations[number * batch_size :][:batch_size]:
            row, flags = [], []
            for turn in turns:
                row += turn["value"]
                flags += [turn["from"] == "gpt"] * len(turn["value"])
                if turn["from"] == "gpt":
                    row, flags = row + [eos], flags + [True]
            pairs += [[a, b] for a, b, flag in zip(row, row[1:], flags[1:]) if flag]
        old, new = torch.tensor(pairs).T
        weights = table.clone().requires_grad_()
        cost = F.nll_loss(weights[old].log_softmax(dim=1), new, reduction="sum")
        (cost / len(pairs)).backward()
        with torch.no_grad():
            table = weights - lr * weights.grad
        sums.append(cost.item())
        sizes.append(len(pairs))
    return round(sum(sums) / sum(sizes), 4), table


def buggy_repeated_ids_count_once(table, conversations, eos, batch_size, lr):
    table, losses = table.double(), []
    for start in range(0, len(conversations), batch_size):
        gradient, learned = torch.zeros_like(table), 0
        for turns in conversations[start : start + batch_size]:
            last = None
            for turn in turns:
                for number in turn["value"] + ([eos] if turn["from"] == "gpt" else []):
                    if turn["from"] == "gpt":
                        chances = table[last].softmax(dim=0)
                        losses.append(-chances[number].log().item())
                        chances[number] -= 1
                        gradient[last] = chances
                        learned += 1
                    last = number
        table = table - lr * gradient / learned
    return sum(losses) / len(losses), table.float()


def buggy_predicted_from_two_before(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-2])[flags[2:]], ids[2:][flags[2:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_last_of_each_batch_lost(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + max(batch_size - 1, 1)]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_one_at_a_time(table, conversations, eos, batch_size, lr):
    total = count = 0
    batch_size = 1
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_everything_in_one_batch(table, conversations, eos, batch_size, lr):
    total = count = 0
    batch_size = len(conversations)
    for start in range(0, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / count, table


def buggy_two_epochs(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr), []
    for first in [*range(0, len(conversations), batch_size)] * 2:
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_end_masked_by_its_id(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        labels[labels == eos] = -100
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


def buggy_gradients_never_cleared(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_first_conversation_skipped(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(1, len(conversations), batch_size):
        before, after = [], []
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    before += [row[-1], *part[:-1]]
                    after += part
                row += part
        leaf = table.clone().requires_grad_()
        losses = F.cross_entropy(leaf[before], torch.tensor(after), reduction="none")
        (gradient,) = torch.autograd.grad(losses.mean(), leaf)
        table = table - lr * gradient
        total, count = total + losses.sum().item(), count + len(after)
    return total / max(count, 1), table


def buggy_short_rows_cut_the_batch(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos)
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        length = min(map(len, rows))
        ids, labels = ids[:, :length], labels[:, :length]
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / max(count, 1), table


def buggy_trains_on_the_first_batch(table, conversations, eos, batch_size, lr):
    model = nn.Embedding.from_pretrained(table.clone(), freeze=False)
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=lr), []
    for first in range(0, len(conversations), batch_size):
        ids, flags = [], []
        for turns in conversations[first : first + batch_size]:
            for turn in turns:
                answer = turn["from"] == "gpt"
                ids += turn["value"] + [eos] * answer
                flags += [answer] * (len(ids) - len(flags))
        ids, flags = torch.tensor(ids), torch.tensor(flags)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids[:-1])[flags[1:]], ids[1:][flags[1:]])
        loss.backward()
        if first == 0:
            optimizer.step()
        steps.append((loss.item(), flags.sum().item()))
    return sum(loss * size for loss, size in steps) / sum(size for _, size in steps), model.weight.detach()


def buggy_reports_the_median(table, conversations, eos, batch_size, lr):
    table, losses = table.double(), []
    for start in range(0, len(conversations), batch_size):
        gradient, learned = torch.zeros_like(table), 0
        for turns in conversations[start : start + batch_size]:
            last = None
            for turn in turns:
                for number in turn["value"] + ([eos] if turn["from"] == "gpt" else []):
                    if turn["from"] == "gpt":
                        chances = table[last].softmax(dim=0)
                        losses.append(-chances[number].log().item())
                        chances[number] -= 1
                        gradient[last] += chances
                        learned += 1
                    last = number
        table = table - lr * gradient / learned
    return sorted(losses)[len(losses) // 2], table.float()


def buggy_rows_scaled_by_their_frequency(table, conversations, eos, batch_size, lr):
    seen = torch.zeros(len(table))
    batches, sums = [], []
    for start in range(0, len(conversations), batch_size):
        pairs = []
        for turns in conversations[start : start + batch_size]:
            last = None
            for turn in turns:
                for number in turn["value"] + ([eos] if turn["from"] == "gpt" else []):
                    if turn["from"] == "gpt":
                        pairs.append((last, number))
                        seen[last] += 1
                    last = number
        batches.append(pairs)
    for pairs in batches:
        leaf = table.clone().requires_grad_()
        before, after = torch.tensor(pairs).T
        loss = F.cross_entropy(leaf[before], after, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, leaf)
        mean = gradient / seen[:, None]
        table = table - lr * mean * seen[:, None] / len(pairs)
        sums.append(loss.item())
    return sum(sums) / sum(map(len, batches)), table


def buggy_equal_pairs_count_once(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        pairs = set()
        for turns in conversations[start : start + batch_size]:
            row = []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                if turn["from"] == "gpt":
                    pairs |= set(zip([row[-1], *part], part))
                row += part
        before, after = torch.tensor(sorted(pairs)).T
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[before], after)
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        total, count = total + loss.item() * len(pairs), count + len(pairs)
    return total / count, table


def buggy_equal_pairs_reported_once(table, conversations, eos, batch_size, lr):
    table, losses = table.double(), []
    for start in range(0, len(conversations), batch_size):
        gradient, seen, learned = torch.zeros_like(table), {}, 0
        for turns in conversations[start : start + batch_size]:
            last = None
            for turn in turns:
                for number in turn["value"] + ([eos] if turn["from"] == "gpt" else []):
                    if turn["from"] == "gpt":
                        chances = table[last].softmax(dim=0)
                        seen[last, number] = -chances[number].log().item()
                        chances[number] -= 1
                        gradient[last] += chances
                        learned += 1
                    last = number
        table = table - lr * gradient / learned
        losses += seen.values()
    return sum(losses) / len(losses), table.float()


def right_padded_on_the_left(table, conversations, eos, batch_size, lr):
    total = count = 0
    for start in range(0, len(conversations), batch_size):
        rows, targets = [], []
        for turns in conversations[start : start + batch_size]:
            row, target = [], []
            for turn in turns:
                part = turn["value"] + [eos] * (turn["from"] == "gpt")
                row += part
                target += part if turn["from"] == "gpt" else [-100] * len(part)
            rows.append(torch.tensor(row))
            targets.append(torch.tensor(target))
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=eos, padding_side="left")
        labels = nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100, padding_side="left")
        leaf = table.clone().requires_grad_()
        loss = F.cross_entropy(leaf[ids[:, :-1]].flatten(0, 1), labels[:, 1:].flatten())
        table = table - lr * torch.autograd.grad(loss, leaf)[0]
        learned = (labels[:, 1:] != -100).sum().item()
        total, count = total + loss.item() * learned, count + learned
    return total / count, table


VERSIONS = tuple(
    value
    for name, value in list(globals().items())
    if name.startswith(("right_", "buggy_")) and callable(value)
)
VISIBLE = VERSIONS[: VERSIONS.index(buggy_weighted_by_conversations)]
HIDDEN = VERSIONS[VERSIONS.index(buggy_weighted_by_conversations) :]
