"""Week 02's references against the libraries and the package; room on both sides of a threshold."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

from answers import ROOT, reference, week_called
from bug_versions import require_new_hidden_versions, visible_versions
from mmlab import losses, metrics
from mmlab.check import drivers
from mmlab.check.cases import FILE, read
from mmlab.check.verdict import judge
from mmlab.cli import notebook
from mmlab.instructor.authoring.case_records import setup_names
from mmlab.instructor.authoring.exercise import answers

pytestmark = pytest.mark.week("02_clip")
WEEK = week_called("02_clip")
TINY = {"hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 3}
TEXT = TINY | {
    "vocab_size": 30,
    "max_position_embeddings": 9,
    "bos_token_id": 1,
    "eos_token_id": 29,
    "pad_token_id": 0,
}
VISION = TINY | {"image_size": 16, "patch_size": 8}


def test_the_contrastive_loss_is_the_librarys():
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=10)).eval()
    ids = torch.randint(2, 29, (4, 7))
    ids[:, -1] = 29
    out = model(input_ids=ids, pixel_values=torch.randn(4, 3, 16, 16), return_loss=True)
    ours = reference(WEEK, "clip_contrastive_loss")(
        3 * out.image_embeds, out.text_embeds, (-model.logit_scale).exp().item()
    )
    torch.testing.assert_close(ours, out.loss, rtol=1e-5, atol=1e-5)


def test_the_pairwise_loss_is_the_librarys():
    torch.manual_seed(0)
    model = SiglipModel(SiglipConfig(text_config=TEXT, vision_config=VISION)).eval()
    with torch.no_grad():
        model.logit_scale.fill_(1.3)
        model.logit_bias.fill_(-2.0)
    out = model(
        input_ids=torch.randint(2, 29, (4, 9)), pixel_values=torch.randn(4, 3, 16, 16), return_loss=True
    )
    scale, bias = model.logit_scale.exp().item(), model.logit_bias.item()
    ours = reference(WEEK, "siglip_pairwise_loss")(out.image_embeds, 2 * out.text_embeds, scale, bias)
    torch.testing.assert_close(ours, out.loss, rtol=1e-5, atol=1e-5)


def test_references_agree_with_the_package():
    generator = torch.Generator().manual_seed(5)
    image, text = (torch.randn(6, 4, generator=generator) for _ in range(2))
    plain = losses.contrastive_loss(image, text, 0.3)
    torch.testing.assert_close(
        reference(WEEK, "false_negative_batch")(image, text, list("abcdef"), 0.3), plain
    )
    rng = np.random.default_rng(5)
    similarity, owners = np.round(rng.normal(size=(5, 9)), 1), rng.permutation([0, 1, 2, 3, 4, 0, 0, 3, 2])
    for k in (1, 2, 4, 20):
        assert reference(WEEK, "recall_at_k")(similarity, owners, k) == metrics.recall_at_k(
            similarity, owners, k
        )
    gap, centred, _ = reference(WEEK, "modality_gap")(image, text[:5])
    assert math.isclose(gap.item(), metrics.modality_gap(image, text[:5]), rel_tol=1e-5)
    np.testing.assert_allclose(centred, metrics.centred(image), rtol=1e-4, atol=1e-5)


def test_the_closed_form_is_autograds():
    generator = torch.Generator().manual_seed(6)
    cosines = (2 * torch.rand(4, 7, generator=generator, dtype=torch.float64) - 1).requires_grad_()
    temperature = torch.tensor(0.2, dtype=torch.float64, requires_grad=True)
    F.cross_entropy(cosines / temperature, torch.arange(4)).backward()
    gradient, slope = reference(WEEK, "info_nce_gradient")(cosines.detach().numpy(), 0.2)
    np.testing.assert_allclose(gradient, cosines.grad, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(slope, temperature.grad, rtol=1e-10)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-12)


def test_the_probe_is_the_librarys_ridge_regression():
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(2)
    train, test, labels = rng.normal(3, 2, (20, 6)), rng.normal(3, 2, (5, 6)), np.arange(20) ** 2 % 3
    scores, _ = reference(WEEK, "linear_probe")(train, labels, test, 4.0)
    mean, deviation = train.mean(0), train.std(0) + 1e-6
    ridge = linear_model.Ridge(alpha=4.0).fit((train - mean) / deviation, np.eye(labels.max() + 1)[labels])
    np.testing.assert_allclose(scores, ridge.predict((test - mean) / deviation), rtol=1e-8, atol=1e-8)


def test_centring_leaves_retrieval_as_good_or_better():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(60, 12))
    sides = [
        torch.tensor(shared + 0.5 * rng.normal(size=(60, 12)) + 2 * rng.normal(size=12)) for _ in range(2)
    ]
    recall, owners = reference(WEEK, "recall_at_k"), np.arange(60)
    _, *moved = reference(WEEK, "modality_gap")(*sides)
    before, after = (
        recall((F.normalize(a) @ F.normalize(b).T).numpy(), owners, 1) for a, b in (sides, moved)
    )
    assert after[0] > before[0] and after[1] > before[1]


TOLERANCE = WEEK.exercise("train_clip").compare.parameters["atol"]
# right when they are called once: their fault is what they share with a later training or call
ONLY_LATER = ("weights_on_the_function", "scale_in_a_global", "captions_of_the_first_call")
PREDICT = {"kind": "predict", "options": {}}


def probabilities(source: str, case: dict) -> torch.Tensor:
    """Return what the predictor of a solution cell's source gives on a case of train_clip."""
    candidate = notebook.define(source, "train_clip", setup_names(WEEK.id))
    return drivers.run(PREDICT, candidate, case)["predictions"]


@pytest.mark.slow
def test_train_clip_tells_rounding_from_another_training():
    exercise = WEEK.exercise("train_clip")
    solution = notebook.reference(notebook.read(WEEK.notebook), exercise.name)
    right = [*exercise.alternates, *answers(ROOT / "tests/right/train_clip.py")]
    wrong = [*exercise.mistakes, *answers(ROOT / "tests/wrong/train_clip.py")]
    wrong = [answer for answer in wrong if answer.name not in ONLY_LATER]
    sources = {answer.name: answer.source(solution, exercise.name) for answer in (*right, *wrong)}
    cases = exercise.inputs(b"another draw")
    expected, off = [probabilities(solution, case) for case in cases], {}
    for name, source in sources.items():
        pairs = zip([probabilities(source, case) for case in cases], expected, strict=True)
        off[name] = max(
            float((got - wanted).abs().max()) if isinstance(got, torch.Tensor) else math.inf
            for got, wanted in pairs
        )
    # Adam written out rounds differently on each CPU: 1.2e-5 with AVX-512, so a fiftieth would be too little room.
    assert max(off[answer.name] for answer in right) < TOLERANCE / 20, off
    assert min(off[answer.name] for answer in wrong) > TOLERANCE * 4, off


ON_ANOTHER_CPU = """
import sys
from pathlib import Path
import torch
from mmlab.check import cases
from mmlab.check.verdict import judge
from mmlab.cli import notebook
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.authoring.case_records import drift, record

week = load(Path(sys.argv[1]) / "solutions/02_clip")
exercise, lab, stored = week.exercise("train_clip"), notebook.read(week.notebook), cases.read(week.folder / cases.FILE, "train_clip")
fresh = record(week, exercise, lab)
assert not (found := drift(stored, fresh)), found
for name, results in [("", fresh["expected"]), *((wrong["name"], wrong["results"]) for wrong in fresh["misconceptions"])]:
    verdict = judge(stored, results)
    assert verdict.passed is (not name) and (verdict.misconception or "") == name, (name, verdict)
print(torch.backends.cpu.get_cpu_capability(), torch.get_num_threads())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("units", "threads"),
    [
        ("default", 1),
        ("", 2),
        *(
            pytest.param(units, threads, marks=pytest.mark.repetition)
            for units, threads in (("default", 2), ("avx2", 1), ("avx2", 2), ("", 1))
        ),
    ],
)
def test_train_clips_stored_values_hold_on_another_cpu(units, threads):
    settings = {"OMP_NUM_THREADS": str(threads)} | ({"ATEN_CPU_CAPABILITY": units} if units else {})
    command = [sys.executable, "-c", ON_ANOTHER_CPU, str(ROOT)]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    capability, used = done.stdout.split()
    assert used == str(threads) and capability.lower() == (units or capability.lower())


BUGS, SHAPES = (
    "bug_hunt_contrastive",
    "    if image.shape != text.shape:\n        raise ValueError('shapes differ')\n",
)


def test_no_visible_version_answers_the_contrastive_loss():
    loss = read(WEEK.folder / FILE, "clip_contrastive_loss")
    for version in visible_versions(WEEK, BUGS):
        first, rest = version["source"].split("\n", 1)
        source = f"{first}\n{SHAPES}{rest}"
        function = drivers.version({"source": source, "name": version["name"]})
        results = [drivers.run(loss["driver"], function, case) for case in loss["cases"]]
        wrong = judge(loss, results).right.count(False)
        # The shapes are checked, so these are values or gradients: at the smallest temperature, and for bugs elsewhere.
        assert wrong >= 1, version["source"]


def test_a_table_of_the_visible_versions_is_no_test_of_the_hidden_ones():
    generator = torch.Generator().manual_seed(4)
    image, text = (2 * torch.randn(5, 3, generator=generator) for _ in range(2))

    def entry(loss) -> str:
        """Return what a version gives for the pair, its gradients too, rounded: an entry of the table."""
        pair = image.clone().requires_grad_(), text.clone().requires_grad_()
        value = loss(*pair, 0.3)
        gradients = torch.autograd.grad(value, pair, allow_unused=True)
        sizes = [0.0 if part is None else round(float(part.abs().sum()), 3) for part in gradients]
        return str((round(float(value.detach()), 4), *sizes))

    require_new_hidden_versions(WEEK, BUGS, entry)
