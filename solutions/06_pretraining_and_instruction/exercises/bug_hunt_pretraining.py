"""bug_hunt_pretraining: wrong and right tests of the training epochs in the file beside it."""

import torch
from _epochs import HIDDEN, VISIBLE
from torch import nn
from torch.nn import functional as F

from mmlab.instructor.authoring.exercise import Compare, Driver, Exercise, mistake


def looks_whether_the_loss_falls(train_epoch):
    table = torch.randn(6, 6, generator=torch.Generator().manual_seed(1))
    turns = [{"from": "human", "value": [1, 2]}, {"from": "gpt", "value": [3, 4]}]
    first, table = train_epoch(table, [turns] * 3, 5, 2, 1.0)
    second, table = train_epoch(table, [turns] * 3, 5, 2, 1.0)
    assert second < first


def number_by_number(train_epoch):
    generator = torch.Generator().manual_seed(11)
    words, eos, batch_size, lr = 9, 0, 3, 1.5
    conversations = []
    for exchanges in (2, 1, 3, 2, 1, 1, 2):
        turns = []
        for number in range(2 * exchanges):
            size = int(torch.randint(1, 6, (), generator=generator))
            value = torch.randint(1, words, (size,), generator=generator).tolist()
            turns.append({"from": ("human", "gpt")[number % 2], "value": value})
        conversations.append(turns)
    start = torch.randn(words, words, generator=generator)
    right, every = start.double(), []
    for first in range(0, len(conversations), batch_size):
        gradient, counted = torch.zeros(words, words, dtype=torch.double), 0
        for turns in conversations[first : first + batch_size]:
            for question, answer in zip(turns[::2], turns[1::2]):
                last = question["value"][-1]
                for number in [*answer["value"], eos]:
                    chances = right[last].softmax(0)
                    every.append(-chances[number].log().item())
                    gradient[last] += chances - F.one_hot(torch.tensor(number), words)
                    counted, last = counted + 1, number
        right = right - lr * gradient / counted
    loss, table = train_epoch(start.clone(), conversations, eos, batch_size, lr)
    assert abs(loss - sum(every) / len(every)) < 0.001
    assert tuple(table.shape) == (words, words)
    assert bool(((table - right).abs() < 0.001).all())


def with_a_module(train_epoch):
    eos, texts = 9, ["123:45,1:2323", "5:511,7:8,22:6", "61:1", "3414:55122", "8:7,77:87", "12:3", "4:4141"]
    conversations = []
    for text in texts:
        conversations.append([])
        for exchange in text.split(","):
            for speaker, side in zip(("human", "gpt"), exchange.split(":")):
                conversations[-1].append({"from": speaker, "value": [int(letter) for letter in side]})
    for batch_size, lr in ((4, 0.7), (2, 2.0), (3, 1.0)):
        torch.manual_seed(batch_size)
        model = nn.Embedding(10, 10)
        before = model.weight.detach().clone()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        cost = learned = 0
        for at in range(0, len(conversations), batch_size):
            logits, wanted = [], []
            for turns in conversations[at : at + batch_size]:
                text = torch.tensor(
                    [n for turn in turns for n in turn["value"] + [eos] * (turn["from"] == "gpt")]
                )
                flags = torch.tensor(
                    [
                        turn["from"] == "gpt"
                        for turn in turns
                        for _ in turn["value"] + [0] * (turn["from"] == "gpt")
                    ]
                )
                logits.append(model(text)[:-1][flags[1:]])
                wanted.append(text[flags])
            loss = F.cross_entropy(torch.cat(logits), torch.cat(wanted), reduction="sum")
            size = sum(map(len, wanted))
            optimizer.zero_grad()
            (loss / size).backward()
            optimizer.step()
            cost, learned = cost + loss.item(), learned + size
        result = train_epoch(before, conversations, eos, batch_size, lr)
        assert len(result) == 2
        assert cost / learned - 0.001 < result[0] < cost / learned + 0.001
        difference = (result[1] - model.weight).abs().max().item()
        assert difference < 0.001


TEXTS = 'texts = ["01 2|34 552", "6 0|1 125|320 4", "41 3|0 66135", "250 16|5 2|46 530|2 1", "3 4420"]'

EXERCISE = Exercise(
    difficulty=3,
    importance=4,
    minutes=30,
    needs=("convert_conversation", "instruction_step", "epoch_mean_loss"),
    optional=True,
    hints=(
        "Write the epoch yourself, as plainly as you can: for each batch, the list of all pairs (id before, learned id). With these pairs the loss is `F.cross_entropy(leaf[before], after)`.",
        "To find the pairs, build the sequence of a conversation and, beside it, a list of bools: True for the ids of gpt and their eos. The learned ids are those with True, and the id before each stands in the sequence just before it.",
        "Use five or more conversations with one to three exchanges of unequal lengths, a batch size that does not divide their number, a *pair* (id before, learned id) that occurs several times in one batch, and a learning rate of about 1.",
        "Compare both results: `assert abs(loss - wanted_loss) < 1e-3` and `assert (table - wanted_table).abs().max() < 1e-3`. Many versions report the right loss and train wrongly, or the reverse.",
    ),
    driver=Driver("bugs"),
    compare=Compare("equal"),
    versions=VISIBLE,
    hidden_versions=HIDDEN,
    mistakes=(
        mistake(
            "looks_whether_the_loss_falls",
            looks_whether_the_loss_falls,
            "your test asks whether the loss falls, and with most bugs it does",
            "compute the epoch's loss and the table after it yourself, and compare the numbers",
        ),
        mistake(
            "loss_only",
            {"    assert (trained - wanted).abs().max() < 1e-3\n": ""},
            "your test looks at the reported loss only, and a version that trains wrongly in its last step passes",
            "compare the table after the epoch, too",
        ),
        mistake(
            "table_only",
            {"    assert abs(reported - total / count) < 1e-3\n": ""},
            "your test looks at the table only, and a version that reports another batch's loss passes",
            "compare the reported loss, too",
        ),
        mistake(
            "one_exchange_each",
            {TEXTS: 'texts = ["01 2", "6 0125", "413 66135", "250 1653", "3 4420"]'},
            "each of your conversations has one question and one answer, so a version that learns one answer of several passes",
            "use conversations of several turns",
        ),
        mistake(
            "batches_of_equal_size",
            {"batch_size, lr = 7, 2, 1.0": "batch_size, lr = 7, 5, 1.0"},
            "all your conversations are in one batch, so nothing goes wrong between two batches",
            "choose a batch size that does not divide the number of conversations, with three batches or more",
        ),
    ),
    alternates=(number_by_number, with_a_module),
    equivalent={
        "eos, batch_size, lr = ": "other numbers refuse the same versions",
        "texts = [": "most other conversations refuse the same versions",
        "table = torch.randn(": "any table does, and its last row and column are in no sequence",
        "<= 0.001": "no version is off by 0.001 exactly",
        "leaf = wanted.requires_grad_()": "the copy is not needed",
        "torch.autograd.grad(loss, leaf)[-1]": "there is one gradient",
        "total + loss * len(pairs)": "a tensor in place of a number",
    },
    forbids=(),
)  # fmt: skip
