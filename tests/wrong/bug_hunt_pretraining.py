"""Wrong answers to bug_hunt_pretraining."""

import torch

from mmlab.instructor.authoring.exercise import Answer

LOSS = "assert abs(reported - total / count) < 1e-3"
TABLE = "assert (trained - wanted).abs().max() < 1e-3"
NUMBERS = "eos, batch_size, lr = 7, 2, 1.0"
TEXTS = 'texts = ["01 2|34 552", "6 0|1 125|320 4", "41 3|0 66135", "250 16|5 2|46 530|2 1", "3 4420"]'
COUNT = "total, count = total + loss.item() * len(pairs), count + len(pairs)"


def shapes_and_types(train_epoch):
    turns = [{"from": "human", "value": [1, 2]}, {"from": "gpt", "value": [3]}]
    loss, table = train_epoch(torch.zeros(5, 5), [turns, turns, turns], 4, 2, 1.0)
    assert loss > 0 and table.shape == (5, 5) and table.abs().sum() > 0


def learns_by_heart(train_epoch):
    turns = [{"from": "human", "value": [1, 2]}, {"from": "gpt", "value": [3, 0]}]
    table = torch.zeros(5, 5)
    for _ in range(60):
        loss, table = train_epoch(table, [turns, turns, turns], 4, 2, 1.0)
    assert loss < 0.2


ANSWERS = (
    Answer("shapes_and_types", shapes_and_types, "most bugs keep them"),
    Answer("learns_by_heart", learns_by_heart, "most versions learn something"),
    Answer("another_error", {LOSS: "if not abs(reported - total / count) < 1e-3:\n        raise ValueError('wrong')"}, "an AssertionError"),
    Answer("no_room_for_rounding", {LOSS: LOSS.replace("1e-3", "1e-9")}, "less than 0.001 is accepted"),
    Answer("no_room_in_the_table", {TABLE: "assert torch.equal(trained, wanted)"}, "less than 0.001 is accepted"),
    Answer("much_room", {LOSS: LOSS.replace("1e-3", "0.2")}, "others are refused"),
    Answer("much_room_in_the_table", {TABLE: TABLE.replace("1e-3", "0.3")}, "others are refused"),
    Answer("too_high_only", {LOSS: "assert reported - total / count < 1e-3"}, "too low is wrong, too"),
    Answer("table_too_high_only", {TABLE: "assert (trained - wanted).max() < 1e-3"}, "too low is wrong, too"),
    Answer("mean_of_the_table", {TABLE: "assert (trained - wanted).mean().abs() < 1e-3"}, "every number counts"),
    Answer("row_of_the_end", {TABLE: "assert (trained - wanted)[eos].abs().max() < 1e-3"}, "every number counts"),
    Answer("loss_alone", {f"    {TABLE}\n": ""}, "the table, too"),
    Answer("table_alone", {f"    {LOSS}\n": ""}, "the loss, too"),
    Answer("either", {f"    {LOSS}\n    {TABLE}\n": "    assert abs(reported - total / count) < 1e-3 or (trained - wanted).abs().max() < 1e-3\n"}, "both"),
    Answer("one_batch", {NUMBERS: "eos, batch_size, lr = 7, 5, 1.0"}, "several batches"),
    Answer("batches_of_one", {NUMBERS: "eos, batch_size, lr = 7, 1, 1.0"}, "batches of several"),
    Answer("no_smaller_last_batch", {TEXTS: 'texts = ["01 2|34 552", "6 0|1 125|320 4", "41 3|0 66135", "250 16|5 2|46 530|2 1"]'}, "a last batch that is smaller"),
    Answer("single_exchanges", {TEXTS: 'texts = ["01 2", "6 0125", "413 66135", "250 1653", "3 4420"]'}, "several turns"),
    Answer("equal_lengths", {TEXTS: 'texts = ["01 23", "60 12", "41 36", "25 16", "31 44"]'}, "unequal lengths"),
    Answer("rate_of_zero", {NUMBERS: "eos, batch_size, lr = 7, 2, 0.0"}, "from 0.5 to 2"),
    Answer("table_of_zeros", {"torch.randn(8, 8, generator=torch.Generator().manual_seed(6))": "torch.zeros(8, 8)", NUMBERS: "eos, batch_size, lr = 7, 5, 1.0"}, "as torch.randn draws them"),
    Answer("own_loss_of_the_last_batch", {COUNT: "total, count = loss.item(), 1"}, "the epoch's mean"),
    Answer("own_mean_of_batches", {COUNT: "total, count = total + loss.item(), count + 1"}, "weighted by ids"),
    Answer("own_prompt_learned", {'answer = turn["from"] == "gpt"': 'answer = True'}, "the answers only"),
    Answer("own_end_after_questions", {"[eos] * answer": "[eos]"}, "nothing after a value of human"),
    Answer("own_eos_not_learned", {"[eos] * answer": "[]"}, "eos is learned"),
    Answer("own_labels_not_shifted", {"zip(zip(ids, ids[1:]), learned[1:])": "zip(zip(ids, ids), learned)"}, "predicted from the id before"),
    Answer("nan_accepted", {LOSS: "if abs(reported - total / count) > 1e-3:\n        raise AssertionError", TABLE: "if (trained - wanted).abs().max() > 1e-3:\n        raise AssertionError"}, "NaN is off"),
    Answer("nan_in_the_loss_accepted", {LOSS: "assert not abs(reported - total / count) >= 1e-3"}, "NaN is off"),
    Answer("nan_in_the_table_accepted", {TABLE: "assert not ((trained - wanted).abs() >= 1e-3).any()"}, "NaN is off"),
    Answer("nan_in_the_table_replaced", {TABLE: "assert (trained - wanted).nan_to_num().abs().max() < 1e-3"}, "NaN is off"),
    Answer("own_pairs_once", {"before, after = torch.tensor(pairs).T": "pairs = sorted(set(pairs))\n        before, after = torch.tensor(pairs).T"}, "each learned id counts"),
    Answer("no_pair_twice", {TEXTS: 'texts = ["012 34|5 01", "26 13|4 0", "3 56|0 2", "50 43", "1 4|2 6|4 2", "3 0|1 6"]'}, "equal pairs count"),
)  # fmt: skip
