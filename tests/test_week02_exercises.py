"""Week 02's exercises: the references against real libraries and the package, on many draws, and without the answers."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

from mmlab import losses, metrics, world
from mmlab.check import drivers
from mmlab.check.compare import likelihood
from mmlab.check.verdict import judge
from mmlab.course.exercise import load

pytestmark = pytest.mark.week("02_clip")
ROOT = Path(__file__).resolve().parents[1]
WEEK = load(ROOT / "solutions" / "02_clip")
CHECKED = [exercise for exercise in WEEK.exercises if not exercise.is_text]
SECRETS = (b"visible", b"another course", b"a third", b"a fourth")
TINY = {"hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 3}
TEXT = TINY | {"vocab_size": 30, "max_position_embeddings": 9, "bos_token_id": 1, "eos_token_id": 29, "pad_token_id": 0}
VISION = TINY | {"image_size": 16, "patch_size": 8}


def defined(source: str, name: str):
    """Return what a cell's or a file's source defines under `name`, given only the setup cell's names."""
    names = {"math": math, "np": np, "torch": torch, "nn": nn, "F": F, "world": world}
    exec(compile(source, f"<{name}>", "exec"), names)
    return names[name]


def reference(name: str):
    cells = json.loads(WEEK.notebook.read_text(encoding="utf-8"))["cells"]
    return defined("".join(next(c["source"] for c in cells if c["id"] == f"{name}-solution")), name)


def results(exercise, answer, secret: bytes) -> list[dict]:
    driver = {"kind": exercise.driver.kind, "options": exercise.driver.options}
    return [drivers.run(driver, answer, case) for case in exercise.inputs(secret)]


def record(exercise, secret: bytes) -> dict:
    """Return what the judge sees of an exercise: what is right, and what each misconception gives."""
    plain = {"predict": "predictions", "bugs": "verdict"}.get(exercise.driver.kind)
    right = [{plain: case["truth"]} for case in exercise.inputs(secret)] if plain else None

    def told(compare):
        return compare and {"kind": compare.kind, "parameters": compare.parameters}

    return {
        "name": exercise.name, "compare": told(exercise.compare),
        "driver": {"kind": exercise.driver.kind, "options": exercise.driver.options},
        "expected": right or results(exercise, reference(exercise.name), secret),
        "misconceptions": [
            {"name": m.name, "message": m.message, "do": m.do, "detect": told(m.detect),
             "results": results(exercise, m.function, secret)}
            for m in exercise.misconceptions
        ],
    }  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("exercise", CHECKED, ids=lambda exercise: exercise.name)
def test_hidden_cases_tell_all_answers_apart(exercise, secret):
    known = record(exercise, secret)
    assert judge(known, results(exercise, reference(exercise.name), secret)).passed
    for alternate in exercise.alternates:
        verdict = judge(known, results(exercise, alternate.function, secret))
        assert verdict.passed, f"{alternate.name}: {verdict}"
    for misconception in known["misconceptions"]:
        verdict = judge(known, misconception["results"])
        assert not verdict.passed and verdict.misconception == misconception["name"]
    late = sorted((ROOT / "tests" / "wrong" / exercise.name).glob("*.py"))
    assert len(late) >= 3
    for path in late:
        wrong = defined(path.read_text(encoding="utf-8"), exercise.name)
        assert not judge(known, results(exercise, wrong, secret)).passed, path.stem


def test_the_contrastive_loss_is_the_librarys():
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=10)).eval()
    ids = torch.randint(2, 29, (4, 7))
    ids[:, -1] = 29
    out = model(input_ids=ids, pixel_values=torch.randn(4, 3, 16, 16), return_loss=True)
    ours = reference("clip_contrastive_loss")(3 * out.image_embeds, out.text_embeds, (-model.logit_scale).exp().item())
    torch.testing.assert_close(ours, out.loss, rtol=1e-5, atol=1e-5)


def test_the_pairwise_loss_is_the_librarys():
    torch.manual_seed(0)
    model = SiglipModel(SiglipConfig(text_config=TEXT, vision_config=VISION)).eval()
    with torch.no_grad():
        model.logit_scale.fill_(1.3)
        model.logit_bias.fill_(-2.0)
    out = model(input_ids=torch.randint(2, 29, (4, 9)), pixel_values=torch.randn(4, 3, 16, 16), return_loss=True)
    scale, bias = model.logit_scale.exp().item(), model.logit_bias.item()
    ours = reference("siglip_pairwise_loss")(out.image_embeds, 2 * out.text_embeds, scale, bias)
    torch.testing.assert_close(ours, out.loss, rtol=1e-5, atol=1e-5)


def test_references_agree_with_the_package():
    generator = torch.Generator().manual_seed(5)
    image, text = (torch.randn(6, 4, generator=generator) for _ in range(2))
    plain = losses.contrastive_loss(image, text, 0.3)
    torch.testing.assert_close(reference("false_negative_batch")(image, text, list("abcdef"), 0.3), plain)
    rng = np.random.default_rng(5)
    similarity, owners = np.round(rng.normal(size=(5, 9)), 1), rng.permutation([0, 1, 2, 3, 4, 0, 0, 3, 2])
    for k in (1, 2, 4, 20):
        assert reference("recall_at_k")(similarity, owners, k) == metrics.recall_at_k(similarity, owners, k)
    gap, centred, _ = reference("modality_gap")(image, text[:5])
    assert math.isclose(gap.item(), metrics.modality_gap(image, text[:5]), rel_tol=1e-5)
    np.testing.assert_allclose(centred, metrics.centred(image), rtol=1e-4, atol=1e-5)


def test_centring_leaves_retrieval_as_good_or_better():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(60, 12))
    sides = [torch.tensor(shared + 0.5 * rng.normal(size=(60, 12)) + 2 * rng.normal(size=12)) for _ in range(2)]
    recall, owners = reference("recall_at_k"), np.arange(60)
    _, *moved = reference("modality_gap")(*sides)
    before, after = (recall((F.normalize(a) @ F.normalize(b).T).numpy(), owners, 1) for a, b in (sides, moved))
    assert after[0] > before[0] and after[1] > before[1]


@pytest.mark.slow
def test_train_clip_has_room_on_both_sides_of_its_threshold():
    exercise = WEEK.exercise("train_clip")
    only_image = next(m.function for m in exercise.misconceptions if m.name == "image_projection_only")
    good, bad = [], []
    for number in range(12):
        secret = b"draw %d" % number
        truths = [case["truth"] for case in exercise.inputs(secret)]
        for answer, share in ((reference("train_clip"), good), (only_image, bad)):
            got = [result["predictions"] for result in results(exercise, answer, secret)]
            share.append(min(float(p[torch.arange(len(t)), t].mean()) for p, t in zip(got, truths, strict=True)))
            assert all(likelihood(t, p, minimum=0.0) is None for p, t in zip(got, truths, strict=True))
    assert min(good) > 0.85 and max(bad) < 0.65, (good, bad)


@pytest.mark.slow
def test_the_lab_runs_without_the_withheld_files(tmp_path):
    package = tmp_path / "mmlab"
    shutil.copytree(ROOT / "mmlab", package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in WEEK.withheld:
        (tmp_path / file).unlink()
    shutil.copy(WEEK.folder / "cases.npz", tmp_path)
    cells = [c for c in json.loads(WEEK.notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    script = tmp_path / "lab.py"
    script.write_text("\n\n".join("".join(cell["source"]) for cell in cells), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run([sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count(": passed, ") == len(CHECKED)
