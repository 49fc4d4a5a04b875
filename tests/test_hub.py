"""Models in local folders: what we save the library opens, and damage is named."""

import json
import os

import pytest
import torch
from transformers import CLIPModel, CLIPVisionModel, ViTModel

from mmlab import hub, world
from mmlab.errors import InputError
from mmlab.models import clip
from mmlab.models.text import WordTokenizer
from mmlab.models.vit import Classifier, VisionConfig, ViT

PIXELS = torch.randn(5, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 1.7
IDS = torch.tensor([[48, 3, 7, 49, 0], [48, 9, 49, 0, 0], [48, 1, 2, 3, 49]])


def trained(**options):
    """Return a course CLIP whose weights are not those a fresh one starts with."""
    torch.manual_seed(2)
    model = clip.small(vocabulary_size=50, **options)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def same(left, right):
    """Demand equal states, bit for bit."""
    left, right = left.state_dict(), right.state_dict()
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_a_saved_clip_comes_back_bit_for_bit(tmp_path):
    model = trained(activation="quick_gelu", length=5)
    loaded = hub.load(hub.save(model, tmp_path / "new" / "folder"))
    same(model, loaded)
    assert loaded.text.config == model.text.config
    assert not loaded.training and all(p.requires_grad for p in loaded.parameters())
    assert torch.equal(loaded(PIXELS, IDS), model(PIXELS, IDS))


def test_the_library_opens_a_saved_clip_offline(tmp_path):
    model = trained()
    theirs, report = CLIPModel.from_pretrained(
        hub.save(model, tmp_path), output_loading_info=True, local_files_only=True
    )
    assert not any(report.values()), report
    output = theirs(input_ids=IDS, pixel_values=PIXELS)
    torch.testing.assert_close(output.logits_per_image, model(PIXELS, IDS), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pre_norm, kind", [(False, ViTModel), (True, CLIPVisionModel)])
def test_the_library_opens_a_saved_vit_offline(tmp_path, pre_norm, kind):
    model = ViT(VisionConfig(pre_norm=pre_norm)).eval()
    same(model, hub.load(hub.save(model, tmp_path)))
    options = {} if pre_norm else {"add_pooling_layer": False}
    theirs, report = kind.from_pretrained(
        tmp_path, output_loading_info=True, local_files_only=True, **options
    )
    assert not any(report.values()), report
    tokens = model.hidden(PIXELS) if pre_norm else model(PIXELS)
    torch.testing.assert_close(theirs(PIXELS).last_hidden_state, tokens, rtol=1e-5, atol=1e-5)


def test_what_the_library_saves_we_load(tmp_path):
    model = trained()
    hub.save(model, tmp_path / "ours")
    CLIPModel.from_pretrained(tmp_path / "ours").save_pretrained(tmp_path / "theirs")
    same(model, hub.load(tmp_path / "theirs"))


def test_a_siglip_bias_survives_the_folder(tmp_path):
    model = trained(logit_bias=-10.0)
    assert hub.load(hub.save(model, tmp_path)).logit_bias.item() == model.logit_bias.item()


def test_a_tokenizer_travels_with_its_model(tmp_path):
    tokenizer = WordTokenizer(["a", "red", "circle"], length=7)
    hub.save(trained(), tmp_path, tokenizer=tokenizer)
    texts = ["a red circle", "circle"]
    assert torch.equal(hub.load_tokenizer(tmp_path)(texts), tokenizer(texts))


def test_saving_leaves_no_temporary_files_and_plain_permissions(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    hub.save(trained(), tmp_path)
    hub.save(trained(), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"config.json", "model.safetensors", "notes.txt"}
    plain = (tmp_path / "notes.txt").stat().st_mode
    assert (tmp_path / "model.safetensors").stat().st_mode == plain


def test_an_interrupted_save_keeps_the_old_model(tmp_path, monkeypatch):
    old = trained()
    hub.save(old, tmp_path)

    def full_disk(descriptor):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(InputError, match="no space"):
        hub.save(clip.small(vocabulary_size=9, width=32, embed_width=32), tmp_path)
    same(old, hub.load(tmp_path))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("keep", [0, 7, 8, 300, -1])
def test_truncated_weights_are_an_input_error(tmp_path, keep):
    path = hub.save(trained(), tmp_path) / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:keep])
    assert len(path.read_bytes()) < len(content)
    with pytest.raises(InputError, match=r"model.safetensors is damaged[^\n]*\n.*\n  try: "):
        hub.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"clip"', "\xff\xfe"])
def test_a_damaged_configuration_is_an_input_error(tmp_path, text):
    path = hub.save(trained(), tmp_path) / "config.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="config.json is damaged"):
        hub.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"text_config": None},
        {"vision_config": {}},
        {"projection_dim": 65},
        {"projection_dim": "64"},
        {"model_type": "bert"},
        {"model_type": None},
    ],
)
def test_a_configuration_that_does_not_fit_the_weights_is_an_input_error(tmp_path, change):
    path = hub.save(trained(), tmp_path) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match="try: "):
        hub.load(tmp_path)


def test_a_lying_configuration_allocates_nothing(tmp_path):
    path = hub.save(trained(), tmp_path) / "config.json"
    config = json.loads(path.read_text())
    config["text_config"]["vocab_size"] = 10**13
    path.write_text(json.dumps(config))
    with pytest.raises(InputError, match="disagree"):
        hub.load(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        hub.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match="words.json"):
        hub.load_tokenizer(tmp_path)


def test_other_models_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match="try: save classifier.vision"):
        hub.save(Classifier(ViT(), {"colour": 8}), tmp_path)


@pytest.mark.parametrize("identifier", sorted(hub.STAND_INS))
def test_a_stand_in_never_carries_the_public_name(tmp_path, monkeypatch, capsys, identifier):
    monkeypatch.setenv("MMLAB_ARTIFACTS", str(tmp_path))
    monkeypatch.delenv("MMLAB_PRETRAINED", raising=False)
    folder = hub.resolve(identifier)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and f"not {identifier}" in said and "stand-in" in said
    assert identifier.split("/")[1] not in folder
    assert all(identifier not in path.read_text("latin-1") for path in tmp_path.rglob("*.*"))
    first = hub.load(folder).state_dict()
    hub.resolve(identifier)
    again = hub.load(folder).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_resolving_leaves_the_random_numbers_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("MMLAB_ARTIFACTS", str(tmp_path))
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    hub.resolve("openai/clip-vit-base-patch32")
    assert torch.equal(torch.rand(2), wanted)


def test_the_stand_in_reads_the_worlds_words(tmp_path, monkeypatch):
    monkeypatch.setenv("MMLAB_ARTIFACTS", str(tmp_path))
    model = hub.load(hub.resolve("openai/clip-vit-base-patch32"))
    size = WordTokenizer(world.vocabulary()).vocabulary_size
    assert model.text.config.vocabulary_size == size


def test_your_own_model_can_stand_in(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MMLAB_ARTIFACTS", str(tmp_path))
    model = trained()
    same(model, hub.load(hub.resolve("some/clip", model)))
    assert "trained here; not some/clip" in capsys.readouterr().out


def test_the_public_id_comes_back_only_when_asked_for(monkeypatch, capsys):
    monkeypatch.setenv("MMLAB_PRETRAINED", "1")
    assert hub.resolve("some/clip") == "some/clip"
    assert "public checkpoint" in capsys.readouterr().out


def test_an_unknown_id_says_what_can_be_done(monkeypatch):
    monkeypatch.delenv("MMLAB_PRETRAINED", raising=False)
    with pytest.raises(InputError, match="pass model="):
        hub.resolve("some/clip")
