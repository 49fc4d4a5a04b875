"""The real vision-language model: its losses equal the library's, training continues, and the shipped projector holds."""

import copy
import json
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from mmlab import pretrained, world
from mmlab.cli import command_line
from mmlab.errors import InputError, ShapeError
from mmlab.train import vlm_real, vlm_scores

WORDS = ["<pad>", ".", "<bos>"]


class Tokenizer:
    """One id a word; new words get new ids."""

    bos_token_id = 2

    def __init__(self):
        self.words = list(WORDS)

    @property
    def backend_tokenizer(self):
        return self

    def encode(self, text, add_special_tokens):
        assert not add_special_tokens
        for word in text.split():
            if word not in self.words:
                self.words.append(word)
        return SimpleNamespace(ids=[self.words.index(word) for word in text.split()])

    def decode(self, ids):
        return " ".join(self.words[i] if i < len(self.words) else f"<{i}>" for i in ids)


class Network(nn.Module):
    """Stands for EfficientNet: the mean colour of 8 x 8 cells, 1,280 channels wide."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.mix = nn.Conv2d(3, vlm_real.CHANNELS, 32, 32)

    def extract_features(self, pixels):
        return self.mix(pixels)


def embedded(texts, encoder=None):
    """Stands for MiniLM: a unit vector a text, from its characters."""
    seeds = [torch.Generator().manual_seed(sum(map(ord, text))) for text in texts]
    return nn.functional.normalize(torch.stack([torch.randn(384, generator=seed) for seed in seeds]), dim=1)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A VLM whose networks are tiny and random, and the loaders that return them."""
    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=600,
        hidden_size=vlm_real.WIDTH,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        sliding_window=512,
    )
    model, tokenizer, network = Gemma3ForCausalLM(config).eval(), Tokenizer(), Network().eval()
    names = [
        "fox",
        "red apple",
        "man cook",
        "woman cook",
        "old key",
        "sun",
        "blue book",
        "tree",
        "cup",
        "car",
    ]
    images = np.random.default_rng(0).integers(0, 256, (len(names), 128, 128, 3), np.uint8)
    monkeypatch.setenv(pretrained.CACHE, str(tmp_path / "cache"))
    monkeypatch.setattr(pretrained, "emoji", lambda: (names, images))
    monkeypatch.setattr(pretrained, "image_classifier", lambda: (network, []))
    monkeypatch.setattr(pretrained, "language_model", lambda: (copy.deepcopy(model), tokenizer))
    monkeypatch.setattr(pretrained, "sentence_encoder", lambda: None)
    monkeypatch.setattr(pretrained, "embed", embedded)
    monkeypatch.setattr(vlm_real, "WORLD", 6)
    monkeypatch.setattr(vlm_real, "UNSEEN", 5)
    return vlm_real.VLM(vlm_real.Projector(), network, (model, tokenizer))


def data(vlm, texts):
    """Return features and targets of some texts."""
    torch.manual_seed(1)
    return torch.randn(len(texts), 4, vlm_real.CHANNELS), vlm.targets(texts)


def test_the_loss_is_the_librarys_loss_on_the_same_embeddings(small):
    features, targets = data(small, ["a fox", "sun", "an old red key"])
    inputs = small.embed(features, targets[:, :-1].clamp(min=0))
    before = torch.full((3, inputs.shape[1] - targets.shape[1] + 1), -100)
    labels = torch.cat([before, targets[:, :-1], targets[:, -1:]], 1)[:, : inputs.shape[1] + 1]
    # the library shifts: position t predicts label t + 1
    padded = torch.cat([inputs, inputs[:, -1:]], 1)
    theirs = small.model(inputs_embeds=padded, labels=labels, use_cache=False).loss
    assert torch.allclose(small.loss(features, targets), theirs, atol=1e-5)


def test_a_token_that_has_ended_costs_nothing_and_changes_nothing(small):
    features, targets = data(small, ["fox", "an old red key"])
    values = small.token_losses(features, targets)
    alone = small.token_losses(features[:1], small.targets(["fox"]))
    assert values[0, 2:].eq(0).all() and torch.allclose(values[:1, :2], alone, atol=1e-5)


def test_the_score_of_a_text_is_minus_its_loss(small):
    features, _ = data(small, ["fox", "sun"])
    texts = ["fox", "an old red key", "sun"]
    scores = small.scores(features, texts)
    assert scores.shape == (2, 3)
    for row, column in ((0, 1), (1, 2)):
        values = small.token_losses(features[row : row + 1], small.targets([texts[column]]))
        assert torch.allclose(scores[row, column], -values.sum(), atol=1e-4)


def test_descriptions_equal_the_librarys_generation(small):
    features, _ = data(small, ["fox", "sun", "cup"])
    nothing = torch.empty(3, 0, dtype=torch.long)
    ids = small.model.generate(
        inputs_embeds=small.embed(features, nothing), max_new_tokens=6, do_sample=False, eos_token_id=1
    )
    wanted = [small.tokenizer.decode(row).split(".")[0].strip() for row in ids.tolist()]
    assert small.describe(features, tokens=6) == wanted


def test_only_the_projector_learns(small):
    features, targets = data(small, ["fox", "sun"])
    small.loss(features, targets).backward()
    assert all(weight.grad is None for weight in small.model.parameters())
    assert all(weight.grad is not None for weight in small.projector.parameters())


def test_a_quarter_of_the_image_is_one_token(small):
    image = np.zeros((128, 128, 3), np.uint8)
    image[:64, 64:] = 255
    parts = small.features([image], whole=True)[0]
    assert parts.shape == (4, vlm_real.CHANNELS)
    white, black = (parts[1] - parts[0]).norm(), (parts[2] - parts[0]).norm()  # the resize rings a little
    assert white > 20 * black


def test_other_features_are_refused(small):
    with pytest.raises(ShapeError, match="vlm.features"):
        small.projector(torch.zeros(2, 16, vlm_real.CHANNELS))


def test_a_family_of_emoji_stays_on_one_side():
    assert vlm_real.held_out("man cook") == vlm_real.held_out("woman cook") == vlm_real.held_out("cook")
    shares = [vlm_real.held_out(f"thing {number}") for number in range(2000)]
    assert 0.17 < sum(shares) / len(shares) < 0.23


def test_held_out_scenes_are_no_training_scenes():
    training = set(world.sample(500, 0, "train", (1, 3)))
    assert not training & set(vlm_real.unseen_scenes(50))


def test_two_trainings_are_equal_bit_for_bit_and_one_continues(small, tmp_path):
    whole, again, parts = (tmp_path / name for name in ("whole", "again", "parts"))
    record = vlm_real.train(6, whole)
    assert vlm_real.train(6, again)["sha256"] == record["sha256"] and record["steps"] == 6
    assert record["measured"]["loss"]["emoji"].keys() == {"real", "shuffled", "blind"}

    def stop(step, loss):
        if step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    stopped = vlm_real.train(6, parts, on_step=stop)
    assert stopped["interrupted"] and stopped["steps"] == 2 and not (parts / vlm_real.WEIGHTS).exists()
    assert vlm_real.train(6, parts)["sha256"] == record["sha256"]
    loaded = vlm_real.load(whole)
    state = {name: tensor.float() for name, tensor in vlm_real._read(whole).items()}
    assert all(torch.equal(state[name], tensor) for name, tensor in loaded.projector.state_dict().items())


def test_training_lowers_the_loss(small, tmp_path):
    record = vlm_real.train(40, tmp_path)
    few = json.loads((tmp_path / vlm_real.RECORD).read_text())
    assert few == record and record["last_losses"] < record["first_loss"]


def test_weights_that_the_record_does_not_know_are_refused(small, tmp_path):
    vlm_real.train(1, tmp_path)
    path = tmp_path / vlm_real.WEIGHTS
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="SHA-256"):
        vlm_real.load(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        vlm_real.load(tmp_path)
    with pytest.raises(InputError, match="mmlab train vlm_real"):
        vlm_real.record(tmp_path / "nowhere")


def test_the_command_trains_continues_and_reports(small, tmp_path, capsys, monkeypatch):
    words = ["train", "vlm_real", "--steps", "3", "--out", str(tmp_path)]
    assert command_line.main([*words, "--json"]) == 0
    out, progress = capsys.readouterr()
    assert json.loads(out) == vlm_real.record(tmp_path) and "step 3 of 3" in progress
    assert command_line.main(words) == 0  # nothing is left to do
    assert "3 steps" in capsys.readouterr().out
    assert command_line.main([*words[:3], "5", *words[4:]]) == 2
    assert "steps=3" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, wanted",
    [(["vml_real"], "run mmlab train vlm_real"), (["vlm_real", "--steps", "0"], "at least 1")],
)
def test_a_wrong_request_exits_2(words, wanted, capsys):
    assert command_line.main(["train", *words]) == 2
    assert wanted in capsys.readouterr().err


class Rigged:
    """A model with known scores: text i is i + 1 more probable anywhere, and 2.5 more for its own image."""

    def blind(self, count):
        return torch.full((count, 4, 1), -1.0)

    def scores(self, features, texts):
        prior = torch.arange(len(texts)) % 6 + 1.0
        own = features[:, 0] == torch.tensor([float(text) for text in texts])
        return prior + 2.5 * own


def test_the_ratio_takes_away_that_some_texts_are_always_probable():
    features = torch.arange(12.0)[:, None, None].expand(12, 4, 1)
    some = vlm_real.Examples(features, [str(row) for row in range(12)])
    # by probability the own text wins only over texts at most 2 further on in its group of 6
    assert vlm_scores.choices(Rigged(), some, (6,)) == {6: {"probability": 0.5, "ratio": 1.0}}


def test_the_baseline_finds_what_it_was_trained_on(small):
    torch.manual_seed(0)
    some = vlm_real.Examples(torch.randn(40, 4, vlm_real.CHANNELS), [f"name {row}" for row in range(40)])
    nearest = vlm_scores.nearest_text(small, some)
    assert vlm_scores.first_of(nearest(some.features, some.texts), 10) == 1
    assert vlm_scores.first_of(nearest(some.features.roll(1, 0), some.texts), 10) == 0


def test_descriptions_count_equal_ones_shared_words_and_what_chance_gives():
    told = ["a red fox", "the 1960s", "old key", "a fox"]
    shares = vlm_scores.descriptions(told, ["fox", "sun", "old key", "cup"])
    assert shares == {"equal": 0.25, "word": 0.5, "shuffled": 0.25}


def test_facts_of_scenes_count_every_shape():
    def ring(colour, x):
        return world.Shape("ring", colour, "small", x, 24)

    scenes = [
        world.Scene([ring("red", 24), ring("red", 70)], "grey"),
        world.Scene([ring("blue", 24)], "grey"),
    ] * 2
    told = ["two small red rings", "a large blue star", "a red ring", "a dog"]
    facts = vlm_scores.scene_facts(told, scenes)
    assert facts == {"colours": 0.5, "kinds": 0.25, "number": 0.5, "all": 0.25}


@pytest.fixture(scope="module")
def shipped():
    """The VLM with the projector that comes with mmlab; Gemma in its own precision."""
    return vlm_real.load()


@pytest.mark.slow
def test_the_shipped_projector_sees_unseen_drawings(shipped):
    record = vlm_real.record()
    assert record["steps"] == vlm_real.STEPS == record["of"] and not record["interrupted"]
    names, drawings = pretrained.emoji(200)
    rows = [row for row, name in enumerate(names) if vlm_real.held_out(name)][:24]
    features = shipped.features([drawings[row] for row in rows], whole=True)
    loss = vlm_scores.losses(shipped, vlm_real.Examples(features, [names[row] for row in rows]))
    assert loss["real"] < loss["blind"] - 0.3 and loss["real"] < loss["shuffled"] - 0.3
    assert abs(loss["real"] - record["measured"]["loss"]["emoji"]["real"]) < 1
    texts = shipped.describe(features[:8])
    assert len(set(texts)) >= 4
