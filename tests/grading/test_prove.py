"""A proof holds on a sound course, and each kind of survivor turns it red."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from mmlab.check.cases import FILE
from mmlab.cli import command_line, notebook
from mmlab.errors import CasesError, MissingPart
from mmlab.instructor.authoring import sandboxed_proof
from mmlab.instructor.authoring.exercise import load
from mmlab.instructor.authoring.mutants import Tally
from mmlab.instructor.authoring.prove import Proof, prove
from mmlab.instructor.authoring.release import generate, release
from mmlab.instructor.authoring.sandboxed_proof import Outcome, both, runner, sandbox
from mmlab.instructor.grading.gradebook.nbgrader_runner import autograde, submit
from mmlab.instructor.grading.sandbox.limits import Limits
from mmlab.instructor.grading.sandbox.sandbox import Sandbox
from tiny_course import ALL

ROOT = Path(__file__).parents[2]
WEEK = "90_tiny"


@pytest.fixture(scope="module")
def box(tiny):
    """Return one sandbox for all proofs of the tiny week: its boot takes seconds."""
    with sandbox(tiny, load(tiny / "solutions" / WEEK), Limits(cell_seconds=5, answer_seconds=5)) as box:
        yield box


@pytest.fixture
def proof_of(box):
    """Return a function that gives one exercise's proof, without stock nbgrader."""

    def proof_of(root: Path, name: str):
        return next(
            one for one in prove(root, load(root / "solutions" / WEEK), box, stock=False) if one.name == name
        )

    return proof_of


def replaced(root: Path, old: str, new: str) -> None:
    """Change the course's exercises."""
    path = root / "solutions" / WEEK / ALL
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def plant(root: Path, folder: str, name: str, **answers: dict[str, str]) -> None:
    """Put answers, as edits of the reference, into the course's tests/wrong/ or tests/right/."""
    path = root / "tests" / folder / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"    Answer({key!r}, {edits!r}),\n" for key, edits in answers.items())
    path.write_text(f"from mmlab.instructor.authoring.exercise import Answer\n\nANSWERS = (\n{rows})\n")


def test_every_driver_kills_and_names_and_lets_right_answers_pass(tiny, box):
    proofs = prove(tiny, load(tiny / "solutions" / WEEK), box, stock=False)
    assert [proof.name for proof in proofs] == ["scaled_sum", "Gain", "Tally", "nearest_centre", "test_mean"]
    assert [line for proof in proofs for line in proof.why] == []
    assert all(proof.holds and (proof.stub, proof.reference) == (0, 1) for proof in proofs)
    assert all(len(proof.misconceptions) == 3 and len(proof.alternates) == 2 for proof in proofs)
    assert all(killed and named for proof in proofs for _, killed, named in proof.misconceptions)


def test_the_command_prints_the_contract_and_its_exit_says_whether_it_holds(copy_of_tiny, inside, capsys):
    inside(copy_of_tiny)
    plant(copy_of_tiny, "wrong", "Tally", twice={"self.total = start": "self.total = 2 * start"})
    plant(copy_of_tiny, "right", "Tally", added={"self.total += count": "self.total = self.total + count"})
    assert command_line.main(["prove", "90", "--json", "--no-stock"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["planted"], report["killed"], report["named"]) == (15, 15, 15)
    tally = report["exercises"][2]
    assert set(tally) == {
        "name",
        "stub_score",
        "reference_score",
        "misconceptions",
        "alternates",
        "wrong",
        "right",
    }
    assert tally["misconceptions"][0] == {"name": "starts_at_zero", "killed": True, "named": True}
    assert tally["alternates"][0] == {"name": "as_a_list", "passed": True}
    assert tally["wrong"] == [{"name": "twice", "killed": True}] and tally["right"] == [
        {"name": "added", "passed": True}
    ]
    plant(copy_of_tiny, "wrong", "Tally", added={"self.total += count": "self.total = self.total + count"})
    plant(copy_of_tiny, "right", "Tally", twice={"self.total = start": "self.total = 2 * start"})
    assert command_line.main(["prove", "90", "--no-stock"]) == 1
    out = capsys.readouterr().out
    assert "tests/wrong: added passes" in out and "tests/right: twice fails" in out


def test_a_misconception_that_is_right_survives_and_is_seen(copy_of_tiny, proof_of):
    replaced(copy_of_tiny, "return (x * scale).mean()", "return (x * scale).sum()")
    proof = proof_of(copy_of_tiny, "scaled_sum")
    assert ("takes_the_mean", False, False) in proof.misconceptions and "takes_the_mean passes" in proof.why


def test_two_misconceptions_that_are_one_are_seen(copy_of_tiny, proof_of):
    replaced(copy_of_tiny, "return (x * scale).mean()", "return x.sum()")
    release(copy_of_tiny, load(copy_of_tiny / "solutions" / WEEK))
    proof = proof_of(copy_of_tiny, "scaled_sum")
    assert not proof.holds and any("taken for forgets_the_scale" in line for line in proof.why)


def test_an_alternate_that_is_wrong_is_seen(copy_of_tiny, proof_of):
    replaced(copy_of_tiny, "return scale * torch.sum(x)", "return scale + torch.sum(x)")
    proof = proof_of(copy_of_tiny, "scaled_sum")
    assert ("scales_last", False) in proof.alternates and not proof.holds


def test_an_alternate_that_uses_a_forbidden_name_is_seen(copy_of_tiny, proof_of):
    replaced(copy_of_tiny, "return scale * torch.sum(x)", 'return scale * torch.einsum("...->", x)')
    assert any("uses torch.einsum" in line for line in proof_of(copy_of_tiny, "scaled_sum").why)


def test_an_alternate_that_needs_more_than_the_setup_is_seen(copy_of_tiny, proof_of):
    replaced(copy_of_tiny, "return scale * torch.sum(x)", "return scaled_sum__in_a_loop(x, scale)")
    assert any("NameError" in line for line in proof_of(copy_of_tiny, "scaled_sum").why)


def test_a_reference_that_no_longer_fits_its_cases_is_seen(copy_of_tiny, proof_of):
    path = copy_of_tiny / "solutions" / WEEK / "lab.ipynb"
    lab = notebook.read(path)
    cell = notebook.find(lab, "test_mean-solution")
    cell["source"] = cell["source"].replace("== 1.5", "< 9").replace("== 2.0", "< 9")
    notebook.write(path, lab)
    proof = proof_of(copy_of_tiny, "test_mean")
    assert proof.reference == 0 and not proof.holds


def test_a_stub_that_passes_is_seen(copy_of_tiny, proof_of):
    path = copy_of_tiny / "solutions" / WEEK / "lab.ipynb"
    lab = notebook.read(path)
    cell = notebook.find(lab, "scaled_sum-solution")
    region = "    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION"
    cell["source"] = (
        cell["source"].replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION", "") + region
    )
    notebook.write(path, lab)
    proof = proof_of(copy_of_tiny, "scaled_sum")
    assert proof.stub == 1 and not proof.holds


def test_missing_cases_are_said_once(copy_of_tiny, box):
    (copy_of_tiny / "solutions" / WEEK / FILE).unlink()
    with pytest.raises(CasesError, match="does not exist"):
        prove(copy_of_tiny, load(copy_of_tiny / "solutions" / WEEK), box, stock=False)


@pytest.fixture(scope="module")
def planted_in(tiny, box):
    """Return run(name, source) of the tiny week, as the proofs use it."""
    return runner(tiny, load(tiny / "solutions" / WEEK), box)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def scaled_sum(x, scale):\n    while True: pass", "did not finish within 5 s"),
        ("import os\ndef scaled_sum(x, scale):\n    os._exit(0)", "ended its process"),
        ("def scaled_sum(x, scale:", "SyntaxError"),
        ("scaled_sum_ = 3", "not defined"),
        ("scaled_sum = 3", "is 3"),
        ("import sys\nsys.exit(0)", "SystemExit"),
    ],
)
def test_answers_that_hang_die_or_do_not_run_fail(planted_in, source, says):
    outcome = planted_in("scaled_sum", source)
    assert outcome.passed is False and says in outcome.message


COUNTS = """
calls = []
def scaled_sum(x, scale):
    calls.append(1)  # thrice for each case: gradients too
    if scale < 0:
        raise ValueError
    """


@pytest.mark.parametrize(
    ("body", "passed"),
    [
        ("return -1 - scale * x.sum()", False),
        (
            "while len(calls) > 3: pass\n    return -1 - scale * x.sum()",
            False,
        ),  # a second case would never end
        ("return scale * x.sum() if len(calls) < 3 else x", False),
        ("return x.add_(1)", False),  # a write ends the run, and all cases run again
        ("return scale * x.sum()", True),
    ],
)
def test_an_answer_that_must_fail_ends_at_its_first_failed_case(planted_in, body, passed):
    outcome = planted_in("scaled_sum", COUNTS + body, fails=True)
    assert (outcome.passed, outcome.misconception) == (passed, None)
    assert outcome.message == "", "the message would cost the other cases"


def test_one_answer_cannot_reach_the_judge_or_the_next(planted_in):
    spoil = "import mmlab.check.verdict as v\nv.difference = lambda *a: None\n"
    for source in (spoil, ""):
        assert planted_in("scaled_sum", source + "def scaled_sum(x, scale):\n    return x").passed is False


@pytest.mark.parametrize("where", ["__init__", "boot"])
def test_where_the_sandbox_cannot_be_our_own_answers_run_without(tiny, where, monkeypatch):
    sound = getattr(Sandbox, where)

    def refuses(self, *args, **options):
        if not (options.get("unsafe") or getattr(self, "unsafe", False)):
            raise MissingPart("no bubblewrap", "a sandbox", "install it")
        return sound(self, *args, **options)

    monkeypatch.setattr(Sandbox, where, refuses)
    with sandbox(tiny, load(tiny / "solutions" / WEEK)) as box:
        assert box.unsafe


def test_visible_and_hidden_cases_must_agree():
    right, wrong, other = Outcome(True), Outcome(False, "mean", "no"), Outcome(False, None, "never")
    assert both(right, right).passed is True and both(wrong, wrong) == wrong
    assert (
        both(right, wrong).passed is None
        and both(right, wrong).message == "passes the visible cases and fails hidden cases (no)"
    )
    assert both(other, right).message == "fails the visible cases (never) and passes hidden cases"
    assert (
        both(wrong, other).misconception is None
        and "mean on the visible cases, nothing known on hidden" in both(wrong, other).message
    )


def test_an_answer_that_knows_the_visible_cases_is_seen(copy_of_tiny, proof_of):
    plant(copy_of_tiny, "wrong", "Tally", knows={"        self.total = start\n": KNOWS})
    proof = proof_of(copy_of_tiny, "Tally")
    assert proof.wrong == [("knows", False)]
    assert any("passes the visible cases and fails hidden cases" in line for line in proof.why)


KNOWS = """\
        from mmlab.check import case

        seen = [case("Tally", number)["steps"][0][1][0] for number in (1, 2, 3)]
        self.total = start if start in seen else -1
"""


@pytest.mark.slow
def test_stock_nbgrader_gives_the_same_marks(tiny, tmp_path):
    week = load(tiny / "solutions" / WEEK)
    lab = notebook.read(week.notebook)
    solved = {
        name: notebook.reference(lab, name)
        for name in ("scaled_sum", "Gain", "Tally", "nearest_centre", "test_mean")
    }
    wrong = week.exercise("Tally").mistakes[0]
    partial = {
        "scaled_sum": solved["scaled_sum"],
        "Tally": wrong.source(solved["Tally"], "Tally"),
        "test_mean": solved["test_mean"],
    }
    generate(tiny, WEEK, scratch=tmp_path)
    for student, cells in (("full", solved), ("partial", partial), ("empty", {})):
        folder = submit(tmp_path, WEEK, student, cells)
        assert [path.name for path in folder.iterdir()] == ["lab.ipynb"], "no companion is handed in"
    scores = autograde(tiny, tmp_path, WEEK, ["full", "partial", "empty"])
    points = {"scaled_sum": 1, "Gain": 2, "Tally": 3, "nearest_centre": 4, "test_mean": 5}
    for name, full in points.items():
        assert scores["full"][name] == full
        assert scores["empty"][name] == 0
        assert scores["partial"][name] == (full if name in ("scaled_sum", "test_mean") else 0)
    text = (tmp_path / "autograded" / "partial" / WEEK / "lab.ipynb").read_text()
    assert "it starts_at_zero" in text and "fix it" in text


@pytest.mark.slow
def test_the_whole_command_holds_on_a_sound_course(copy_of_tiny, inside, capfd):
    inside(copy_of_tiny)
    assert command_line.main(["prove"]) == 0
    out, err = capfd.readouterr()
    assert "15 of 15 mistakes killed, 15 named" in out and err == ""


def test_recorded_mutants_run_again_only_after_a_change(copy_of_tiny, inside, capsys, monkeypatch, box):
    inside(copy_of_tiny)
    (copy_of_tiny / "tests").mkdir(exist_ok=True)
    lock = copy_of_tiny / "constraints.txt"
    lock.write_text("numpy==2.3")
    names, asked = ["scaled_sum", "Gain", "Tally", "nearest_centre", "test_mean"], []

    def proved(root, week, box, *, stock, mutants):
        asked.append(set(mutants))
        why = {"Tally": ["survives the cases: start + 1"]}
        return [
            Proof(name, mutants=Tally(made=3, killed=3) if name in mutants else None, why=why.get(name, []))
            for name in names
        ]

    monkeypatch.setattr("mmlab.instructor.authoring.prove.prove", proved)
    monkeypatch.setattr(sandboxed_proof, "sandbox", lambda *_: nullcontext(box))
    command_line.main(["prove", "90", "--no-stock", "--mutants", "--record"])
    command_line.main(["prove", "90", "--no-stock", "--mutants-of-changed"])
    assert "mutants killed before (tests/mutants.json)" in capsys.readouterr().out
    plant(copy_of_tiny, "right", "Gain", turned={"x * self.log_gain.exp()": "self.log_gain.exp() * x"})
    command_line.main(["prove", "90", "--no-stock", "--mutants-of-changed"])
    lock.write_text("numpy==2.4")
    command_line.main(["prove", "90", "--no-stock", "--mutants-of-changed"])
    command_line.main(["prove", "90", "--no-stock"])
    assert asked == [set(names), {"Tally"}, {"Tally", "Gain"}, set(names), set()]
