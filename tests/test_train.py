"""Training: seeded, counted, resumable bit for bit, stopped cleanly, clear when it cannot go on."""

import os
import signal

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from mmlab import evaluate, train, world
from mmlab.errors import InputError, ShapeError
from mmlab.losses import siglip_loss
from mmlab.models import clip
from mmlab.models.text import WordTokenizer
from mmlab.models.vit import ViT


class Toy(nn.Module):
    """A small net with everything a checkpoint must hold: matrices, dropout, batch norm."""

    def __init__(self, width=64, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.net = nn.Sequential(
            nn.Linear(5, width),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(width, 72),
            nn.ReLU(),
            nn.Linear(72, 3),
        )

    def forward(self, x):
        return self.net(x)


class Stream:
    """Endless batches, each a function of its step alone; counts what it draws."""

    def __init__(self, start=0):
        self.start, self.drawn = start, 0

    def at(self, step):
        return Stream(step)

    def __iter__(self):
        step = self.start
        while True:
            x = torch.randn(12, 5, generator=torch.Generator().manual_seed(step))
            yield x, (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
            step += 1


def classify(model, x, y):
    return F.cross_entropy(model(x), y)


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def stop_at(step):
    def on_step(now, loss):
        if now == step:
            raise KeyboardInterrupt

    return on_step


def test_it_learns_and_counts():
    seen = []
    model = Toy()
    history = train.fit(model, Stream(), classify, 120, on_step=lambda step, loss: seen.append((step, loss)))
    assert history.steps == 120 and [step for step, _ in seen] == list(range(1, 121))
    assert [loss for _, loss in seen] == history.losses
    assert sum(history.losses[-10:]) < 0.5 * sum(history.losses[:10])
    assert not history.interrupted and history.seconds > 0


@pytest.mark.parametrize("optimizer", [train.muon, train.adamw])
def test_same_seed_same_weights(optimizer):
    runs = []
    for seed in (3, 3, 4):
        model = Toy()
        train.fit(model, Stream(), classify, 8, optimizer=optimizer, seed=seed)
        runs.append(weights(model))
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2]), "the seed decides nothing (dropout should differ)"


def test_training_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(7)
    wanted = torch.rand(3)
    model = Toy()
    torch.manual_seed(7)
    train.fit(model, Stream(), classify, 2)
    assert torch.equal(torch.rand(3), wanted)


@pytest.mark.parametrize("optimizer", [train.muon, train.adamw])
def test_ten_steps_and_ten_more_equal_twenty(tmp_path, optimizer):
    whole = Toy()
    once = train.fit(whole, Stream(), classify, 20, optimizer=optimizer)
    halves = Toy()
    file = tmp_path / "deep" / "toy.pt"
    first = train.fit(
        halves, Stream(), classify, 20, optimizer=optimizer, checkpoint=file, on_step=stop_at(10)
    )
    assert first.interrupted and first.steps == 10
    resumed = Toy(seed=99)  # everything must come from the checkpoint
    second = train.fit(resumed, Stream(), classify, 20, optimizer=optimizer, checkpoint=file)
    assert second.losses == once.losses
    assert same(weights(resumed), weights(whole))
    assert not second.interrupted and second.seconds > first.seconds


def test_resuming_works_from_a_plain_iterator(tmp_path):
    whole, halves = Toy(), Toy()
    once = train.fit(whole, iter(Stream()), classify, 6)
    file = tmp_path / "toy.pt"
    train.fit(halves, iter(Stream()), classify, 6, checkpoint=file, on_step=stop_at(4))
    assert train.fit(halves, iter(Stream()), classify, 6, checkpoint=file).losses == once.losses


def test_a_finished_run_is_not_run_again(tmp_path):
    file = tmp_path / "toy.pt"
    train.fit(Toy(), Stream(), classify, 5, checkpoint=file)
    calls = []
    history = train.fit(Toy(), Stream(), classify, 5, checkpoint=file, on_step=lambda *a: calls.append(a))
    assert history.steps == 5 and not calls


def test_the_stop_button_lets_the_step_finish():
    model, before = Toy(), signal.getsignal(signal.SIGINT)
    finished = []

    def press(model, x, y):
        if len(finished) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return classify(model, x, y)

    history = train.fit(model, Stream(), press, 50, on_step=lambda step, loss: finished.append(step))
    assert history.interrupted and history.steps == 4 and finished == [1, 2, 3, 4]
    assert signal.getsignal(signal.SIGINT) is before


def test_the_models_mode_comes_back():
    model = Toy().eval()
    train.fit(model, Stream(), classify, 1)
    assert not model.training


def test_a_loss_that_is_no_number_names_its_step(tmp_path):
    def breaks(model, x, y):
        breaks.calls += 1
        return classify(model, x, y) * (float("nan") if breaks.calls == 4 else 1.0)

    breaks.calls = 0
    with pytest.raises(InputError, match="nan at step 4 of 9"):
        train.fit(Toy(), Stream(), breaks, 9, checkpoint=tmp_path / "toy.pt")
    assert not (tmp_path / "toy.pt").exists(), "a broken run left a checkpoint"


def test_an_empty_batch_is_named():
    batches = [(torch.zeros(0, 5), torch.zeros(0, dtype=torch.long))]
    with pytest.raises(ShapeError, match="empty batch"):
        train.fit(Toy(), batches, classify, 1)


def test_parts_of_unequal_size_are_named():
    with pytest.raises(ShapeError, match=r"sizes \[4, 3\]"):
        train.fit(Toy(), [(torch.zeros(4, 5), torch.zeros(3, dtype=torch.long))], classify, 1)


def test_a_loss_that_is_not_one_number_is_named():
    with pytest.raises(ShapeError, match=r"shape \(12,\)"):
        train.fit(Toy(), Stream(), lambda model, x, y: model(x).sum(1), 1)
    with pytest.raises(ShapeError, match="NoneType"):
        train.fit(Toy(), Stream(), lambda model, x, y: None, 1)


def test_batches_that_run_out_are_named():
    with pytest.raises(InputError, match="ran out after 2 of 3 steps"):
        train.fit(Toy(), [next(iter(Stream()))] * 2, classify, 3)


@pytest.mark.parametrize("damage", ["truncated", "text", "empty"])
def test_a_damaged_checkpoint_is_named(tmp_path, damage):
    file = tmp_path / "toy.pt"
    train.fit(Toy(), Stream(), classify, 4, checkpoint=file, on_step=stop_at(2))
    whole = file.read_bytes()
    file.write_bytes(
        {"truncated": whole[: len(whole) // 2], "text": b"not a checkpoint", "empty": b""}[damage]
    )
    with pytest.raises(InputError, match="cannot be read"):
        train.fit(Toy(), Stream(), classify, 4, checkpoint=file)


def test_a_checkpoint_of_another_model_is_named(tmp_path):
    file = tmp_path / "toy.pt"
    train.fit(Toy(), Stream(), classify, 4, checkpoint=file, on_step=stop_at(2))
    with pytest.raises(InputError, match="another model"):
        train.fit(Toy(width=80), Stream(), classify, 4, checkpoint=file)
    with pytest.raises(InputError, match="training of 4 steps"):
        train.fit(Toy(), Stream(), classify, 5, checkpoint=file)


def test_a_crash_while_writing_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    file = tmp_path / "toy.pt"
    train.fit(Toy(), Stream(), classify, 6, checkpoint=file, on_step=stop_at(2))
    whole = file.read_bytes()

    def dies(state, file):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", dies)
    with pytest.raises(InputError, match="disk full"):
        train.fit(Toy(), Stream(), classify, 6, checkpoint=file, on_step=stop_at(3))
    assert file.read_bytes() == whole
    assert [each.name for each in tmp_path.iterdir()] == ["toy.pt"]


def test_muon_makes_matrices_orthogonal_and_leaves_the_rest_to_adamw():
    torch.manual_seed(0)
    values = torch.linalg.svdvals(train.orthogonal(torch.randn(3, 64, 80) * 7))
    assert values.min() > 0.3 and values.max() < 1.3
    model = nn.ModuleList([nn.Linear(64, 96), nn.Embedding(70, 64), nn.Linear(64, 3)])
    wide, rest = train.muon(model)
    assert [tuple(w.shape) for w in wide.param_groups[0]["params"]] == [(96, 64)]
    assert len(rest.param_groups[0]["params"]) == 4


def test_frozen_weights_stay(tmp_path):
    model = Toy()
    model.net[0].requires_grad_(False)
    frozen = model.net[0].weight.clone()
    train.fit(model, Stream(), classify, 3)
    assert torch.equal(model.net[0].weight, frozen)


@pytest.fixture(scope="module")
def tokenizer():
    return WordTokenizer(world.vocabulary(), 24)


def new_clip(tokenizer, seed=0, **sizes):
    torch.manual_seed(seed)
    return clip.small(tokenizer.vocabulary_size, tokenizer.length, **sizes)


def test_the_clip_recipe_learns_and_resumes(tokenizer, tmp_path):
    whole, halves = new_clip(tokenizer), new_clip(tokenizer)
    once = train.train_clip(whole, tokenizer, 8, batch=24)
    assert once.losses[-1] < once.losses[0]
    file = tmp_path / "clip.pt"
    train.train_clip(halves, tokenizer, 8, batch=24, checkpoint=file, on_step=stop_at(5))
    resumed = new_clip(tokenizer, seed=9)
    assert train.train_clip(resumed, tokenizer, 8, batch=24, checkpoint=file).losses == once.losses
    assert same(weights(resumed), weights(whole))


def test_the_clip_recipe_takes_any_loss_and_any_change(tokenizer):
    model = new_clip(tokenizer, logit_bias=-10.0)
    before = model.logit_bias.item()
    train.train_clip(model, tokenizer, 3, batch=16, loss=siglip_loss, change=evaluate.shuffled_pairs)
    assert model.logit_bias.item() != before, "the bias takes no part in the loss"


def test_warming_up_teaches_the_tower_itself():
    torch.manual_seed(0)
    tower = ViT()
    before = weights(tower)
    history = train.warm_up_vision(tower, 60, batch=64)
    assert sum(history.losses[-5:]) < 0.9 * sum(history.losses[:5])
    assert not same(weights(tower), before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_sizes_grow_on_a_gpu(tokenizer):
    model = new_clip(tokenizer).to(train.best_device())
    assert train.batch_for(model) == 512
    history = train.train_clip(model, tokenizer, 3)
    assert history.steps == 3
