"""Right answers to bug_hunt_pretraining that are written in unusual ways."""

import torch
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Answer


def many_random_epochs(train_epoch):
    generator = torch.Generator().manual_seed(77)

    def number(low, high):
        return int(torch.randint(low, high, (), generator=generator))

    for batch_size, size, lr in ((2, 5, 0.5), (3, 8, 1.0), (4, 6, 2.0)):
        talks, start = [], torch.randn(12, 12, generator=generator)
        for _ in range(size):
            values = [[number(0, 11) for _ in range(number(1, 7))] for _ in range(2 * number(1, 4))]
            names = ["human", "gpt"] * len(values)
            talks.append([dict(zip(("from", "value"), turn)) for turn in zip(names, values)])
        counts, after, costs = torch.zeros(size, 12, 12), start.double(), []
        for at, talk in enumerate(talks):
            ids, flags = [], []
            for turn in talk:
                value = turn["value"] if turn["from"] == "human" else [*turn["value"], 11]
                ids, flags = ids + value, flags + [turn["from"] == "gpt"] * len(value)
            for before, word, flag in zip(ids, ids[1:], flags[1:]):
                counts[at, before, word] += flag
        for part in counts.double().split(batch_size):
            table = part.sum(0)
            costs.append((table.sum().item(), -(table * after.log_softmax(1)).sum().item()))
            slope = table.sum(1, keepdim=True) * after.softmax(1) - table
            after = after - lr * slope / table.sum()
        learned, cost = map(sum, zip(*costs))
        loss, trained = train_epoch(start, talks, 11, batch_size, lr)
        assert -0.001 < loss - cost / learned < 0.001
        assert trained.shape == (12, 12) and torch.all((trained.double() - after).abs() < 0.001)


def by_single_batches(train_epoch):
    """Each batch by torch, but on its own, with padded rows."""
    talks = [
        [[4, 4, 1], [2, 2], [0, 3, 1], [5]],
        [[1], [3, 3, 3, 0, 2, 5]],
        [[0, 5, 2, 2], [1], [4], [4, 4], [3], [2, 0, 1]],
        [[2], [5, 1], [3, 0], [1, 1, 4, 0]],
        [[5, 0], [2, 4]],
        [[3, 1, 0, 1, 2, 4], [0]],
        [[4, 2], [3, 5, 5, 1, 0]],
    ]
    data = [[{"value": ids, "from": ("human", "gpt")[n % 2]} for n, ids in enumerate(talk)] for talk in talks]
    table = torch.randn(7, 7, generator=torch.Generator().manual_seed(5))
    losses, weights, current = [], [], table.clone()
    for batch in (talks[:3], talks[3:6], talks[6:]):
        width = max(sum(map(len, talk)) + len(talk) for talk in batch)
        ids, flags = torch.zeros(len(batch), width, dtype=torch.long), torch.zeros(len(batch), width)
        for row, talk in enumerate(batch):
            at = 0
            for n, words in enumerate(talk):
                words = words + [6] * (n % 2)
                ids[row, at : at + len(words)] = torch.tensor(words)
                flags[row, at : at + len(words)] = n % 2
                at += len(words)
        current = current.detach().requires_grad_()
        each = F.cross_entropy(current[ids[:, :-1]].transpose(1, 2), ids[:, 1:], reduction="none")
        loss = (each * flags[:, 1:]).sum() / flags[:, 1:].sum()
        loss.backward()
        losses.append(loss.item())
        weights.append(flags[:, 1:].sum().item())
        current = (current - 1.2 * current.grad).detach()
    result = train_epoch(table, data, 6, 3, 1.2)
    mean = sum(a * b for a, b in zip(losses, weights)) / sum(weights)
    assert abs(result[0] - mean) < 1e-3, "loss"
    assert (result[1] - current).abs().max().item() < 1e-3, "table"


ANSWERS = (
    Answer("many_random_epochs", many_random_epochs, "counts of pairs, and the gradient by formula"),
    Answer("by_single_batches", by_single_batches, "padded batches with weights of 0 and 1"),
)
