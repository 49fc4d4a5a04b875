"""The stages of `make test`: each test in one of them, all of them run, and what a budget leaves out."""

import argparse
import itertools
import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

import stages
from mmlab.instructor.authoring.exercise import weeks

ROOT = Path(__file__).resolve().parents[1]
IDS = [week.id for week in weeks(ROOT)]
LINE = re.compile(r"stages: (\w+ \d+\.\d )*\w+ \d+\.\d; \d+ passed, \d+ failed")


def options(**changed) -> argparse.Namespace:
    """Return what `make test` asks for, but for what is changed."""
    return argparse.Namespace(**({"all": False, "budget": None, "week": None} | changed))


def chosen(stage: str, everything: bool, marks: set[str]) -> bool:
    """Return whether a stage runs the tests with these marks."""
    _, expression = stages.marks(stage, everything)
    return Expression.compile(expression).evaluate(lambda name, **_: name in marks)


@pytest.mark.parametrize(
    "marks",
    [
        set(some)
        for n in range(5)
        for some in itertools.combinations(("slow", "site", "timing", "repetition"), n)
    ],
)
def test_every_test_belongs_to_one_stage(marks):
    assert [chosen(name, True, marks) for name in stages.MARKS].count(True) == 1
    assert [chosen(name, False, marks) for name in stages.MARKS].count(True) == ("repetition" not in marks)


def commands(found: list[stages.Stage], name: str) -> list[str]:
    """Return the commands of one stage as text."""
    (stage,) = (stage for stage in found if stage.name == name)
    return [" ".join(command) for command in stage.commands]


def test_all_weeks_are_released_proved_and_executed_whatever_is_asked_for(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    for asked in (options(), options(all=True), options(budget=75.0)):
        found = stages.stages(asked, {"package", *IDS[1:]})
        assert [stage.name for stage in found if stage.name not in ("ruff", "machines", "pythons")] == [
            "fast",
            "timing",
            "notebooks",
            "release",
            "prove",
            "slow",
            "site",
            "claims",
        ]
        assert ({"machines", "pythons"} <= {stage.name for stage in found}) == asked.all
        (notebooks,), proofs = commands(found, "notebooks"), commands(found, "prove")
        assert all(
            str(path) in notebooks
            for path in [*ROOT.glob("lessons/*.ipynb"), *ROOT.glob("solutions/*/lab.ipynb")]
        )
        assert [re.search(r"prove (\w+)", command)[1] for command in proofs] == IDS, "changed weeks first"
        assert all(("--changed" in command) != asked.all for command in proofs)
        mutants = "--mutants --record" if asked.all else "--mutants-of-changed"
        assert all(mutants in command for command in proofs)
    monkeypatch.setenv("CI", "1")
    assert not any("--changed" in command for command in commands(stages.stages(options(), set()), "prove"))


def test_stock_nbgrader_sees_one_week_in_turn_and_all_in_the_whole_run():
    def stock(asked, unchanged=frozenset(), turn=0) -> list[str]:
        found = commands(stages.stages(asked, set(unchanged), turn), "prove")
        return sorted(
            re.search(r"prove (\w+)", command)[1] for command in found if "--no-stock" not in command
        )

    assert stock(options(all=True)) == IDS and stock(options(week=IDS[1])) == [IDS[1]]
    assert [stock(options(), turn=turn) for turn in range(len(IDS) + 1)] == [
        [week] for week in (*IDS, IDS[0])
    ]
    assert [stock(options(), IDS[:-1], turn) for turn in range(3)] == [[IDS[-1]]] * 3, (
        "a changed week before the others"
    )


def test_one_week_is_its_release_its_proof_and_its_notebooks():
    found = stages.stages(options(week="02"), set())
    assert [stage.name for stage in found] == ["release", "prove", "notebooks"]
    (notebooks,) = commands(found, "notebooks")
    assert (
        "solutions/02_clip/lab.ipynb" in notebooks
        and "lessons/02_clip_b.ipynb" in notebooks
        and "00_setup" not in notebooks
    )


def test_the_whole_run_proves_on_other_vector_units_and_threads():
    found = commands(stages.stages(options(all=True), set()), "machines")
    for units, threads in (("default", 1), ("avx2", 2)):
        for words in ("release --check", "prove --no-stock"):
            assert any(
                command.startswith(f"env ATEN_CPU_CAPABILITY={units} OMP_NUM_THREADS={threads} ")
                and command.endswith(words)
                for command in found
            )


@pytest.mark.slow
def test_a_files_tests_share_a_worker_and_those_of_a_spread_file_need_not(tmp_path, pytestconfig):
    tests = tmp_path / "tests"
    tests.mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tests / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    code = "".join(f"def test_{n}():\n    time.sleep(0.05)\n" for n in range(6))
    (tests / "test_grouped.py").write_text(f"import time\n{code}")
    command = [*stages.PYTEST, "-n", "2", "--dist", "loadfile", "-v"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0 and len(set(re.findall(r"\[(gw\d)\]", ran.stdout))) == 1, ran.stdout
    by_file = pytestconfig.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py")).ByFile
    scheduler = by_file.__new__(by_file)
    scopes = {scheduler._split_scope(f"tests/test_hidden_cases.py::test_one[{n}]") for n in range(6)}
    assert len(scopes) == 6, "minutes of tests that share nothing"


def python(code: str) -> list[str]:
    """Return a command that runs some Python."""
    return [sys.executable, "-c", code]


def test_all_stages_run_even_when_one_fails(tmp_path, capfd):
    todo = [
        stages.Stage("one", [python("print('first'); raise SystemExit(3)"), python("print('second')")]),
        stages.Stage("two", [python("import os; print('threads', os.environ['OMP_NUM_THREADS'])")]),
    ]
    line, left_out = stages.run(todo, root=tmp_path)
    out = capfd.readouterr().out
    assert LINE.fullmatch(line) and line.endswith("; 1 passed, 1 failed") and left_out == []
    assert (
        "first" in out
        and "second" in out
        and "threads 1" in out
        and "== one: FAILED" in out
        and "== two: passed" in out
    )


def test_past_the_budget_optional_commands_are_left_out_by_name(tmp_path, capfd):
    todo = [
        stages.Stage(
            "prove", [python("print('changed')"), python("print('same')")], optional={1: "prove 00_setup"}
        )
    ]
    line, left_out = stages.run(todo, end=time.time() - 1, unchanged=["00_setup"], root=tmp_path)
    assert left_out == ["prove 00_setup"] and line.endswith("; 1 passed, 0 failed")
    assert (out := capfd.readouterr().out) and "same\n" not in out and "changed\n" in out
    line, left_out = stages.run(todo, end=time.time() + 3600, unchanged=["00_setup"], root=tmp_path)
    assert left_out == [] and "same\n" in capfd.readouterr().out


UNSTEADY = """
from pathlib import Path
def fails_once(name):
    seen = Path(name + ".seen")
    if not seen.exists():
        seen.touch()
        raise AssertionError(name)
def test_steady(): pass
"""


@pytest.mark.parametrize(
    ("more", "hours", "named"),
    [
        ("def test_once(): fails_once('a')", 1, ["test_planted.py::test_once"]),
        ("def test_once(): fails_once('a')", math.inf, []),  # without a budget nothing is tried again
        ("def test_once(): fails_once('a')\ndef test_always(): assert False", 1, []),
        ("\n".join(f"def test_{n}(): fails_once('{n}')" for n in range(4)), 1, []),  # too many to be chance
    ],
)
def test_few_failed_tests_run_again_alone_and_are_named(tmp_path, capfd, monkeypatch, more, hours, named):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # most of the time goes there
    (tmp_path / "test_planted.py").write_text(UNSTEADY + more)
    (tmp_path / "pytest.ini").write_text("[pytest]")
    todo = [stages.Stage("fast", [[sys.executable, "-m", "pytest", "-p", "xdist", "-n", "0"]])]
    line, _ = stages.run(todo, end=time.time() + 3600 * hours, root=tmp_path)
    assert line.endswith("1 passed, 0 failed" if named else "0 passed, 1 failed")
    assert re.findall(r"^unsteady: (.*)$", capfd.readouterr().out, re.MULTILINE) == named


@pytest.fixture
def main(tmp_path, monkeypatch, capsys):
    """Run the program with stages that do nothing; returns its status and last lines."""
    (tmp_path / "tests").mkdir()
    ran = []
    monkeypatch.setattr(stages, "digests", lambda: {"00_setup": "a", "package": "b"})
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    monkeypatch.setattr(stages, "stages", lambda asked, unchanged, turn: ran.append(unchanged) or [])

    def run(*words: str, result=("stages: fast 1.0; 1 passed, 0 failed", ["lessons/00_setup.ipynb"])):
        monkeypatch.setattr(stages, "run", lambda todo, **_: result)
        status = stages.main(list(words))
        return status, capsys.readouterr().out.splitlines(), ran[-1]

    return run


def test_what_was_green_is_noted_and_is_then_unchanged(main, tmp_path):
    failed = ("stages: fast 1.0; 0 passed, 1 failed", [])
    assert main("--all", result=failed)[0] == 1 and not (tmp_path / stages.GREEN).exists()
    assert main()[0] == 0 and not (tmp_path / stages.GREEN).exists(), "a clone stays clean unless asked"
    assert main("--record", "--budget", "75")[0] == 0 and not (tmp_path / stages.GREEN).exists()
    assert main("--record", "--week", "00_setup")[0] == 0 and not (tmp_path / stages.GREEN).exists()
    assert main("--record")[0] == 0 and (tmp_path / stages.GREEN).exists()
    (tmp_path / stages.GREEN).unlink()
    assert main("--all")[0] == 0
    assert json.loads((tmp_path / stages.GREEN).read_text()) == {"00_setup": "a", "package": "b"}
    (tmp_path / stages.GREEN).write_text(json.dumps({"00_setup": "a", "package": "older"}))
    status, lines, unchanged = main("--budget", "75")
    assert unchanged == {"00_setup"} and status == 0
    assert lines[-3:] == ["lessons/00_setup.ipynb", "left out: 1", "stages: fast 1.0; 1 passed, 0 failed"]
    assert main()[2] == set(), "without a budget nothing counts as unchanged"


def test_the_committed_digests_are_of_this_course():
    now = stages.digests()
    assert set(now) == {"package", *IDS} and len(set(now.values())) == len(now)
    if (ROOT / stages.GREEN).exists():
        assert all(len(value) == 64 for value in json.loads((ROOT / stages.GREEN).read_text()).values())


PLANTED = """
import pytest
@pytest.mark.slow
@pytest.mark.week("00_setup")
def test_same(): pass
@pytest.mark.slow
@pytest.mark.week("02_clip")
def test_changed(): pass
@pytest.mark.slow
def test_package(): pass
@pytest.mark.week("00_setup")
def test_quick(): pass
"""


@pytest.mark.parametrize(("end", "left_out"), [(-60, ["test_planted.py::test_same"]), (3600, [])])
def test_slow_tests_of_unchanged_weeks_come_last_and_are_left_out_when_late(tmp_path, end, left_out):
    (tmp_path / "test_planted.py").write_text(PLANTED)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    slow\n    week(id)\n")
    names = tmp_path / "left_out.txt"
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "tests"),
        "MMLAB_TEST_UNCHANGED": "00_setup",
        "MMLAB_TEST_END": str(time.time() + end),
        "MMLAB_TEST_LEFT_OUT": str(names),
    }
    command = [sys.executable, "-m", "pytest", "-v", "-p", "left_out", "-p", "no:cacheprovider", "-n", "0"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    order = re.findall(r"::(test_\w+) (?:PASSED|SKIPPED)", done.stdout)
    assert done.returncode == 0 and order == ["test_changed", "test_package", "test_same", "test_quick"], (
        done.stdout
    )
    assert (names.read_text().splitlines() if names.exists() else []) == left_out


GREEDY = """
import time, pytest
def busy():
    began = time.process_time()
    while time.process_time() - began < 0.3: pass
def test_greedy(): busy()
@pytest.mark.slow
def test_marked(): busy()
def test_quick(): pass
"""


def test_a_test_that_takes_too_long_without_the_mark_fails(tmp_path):
    text = (ROOT / "tests/conftest.py").read_text()
    (tmp_path / "conftest.py").write_text(text.replace("CPU_SECONDS = 10.0", "CPU_SECONDS = 0.05"))
    (tmp_path / "test_planted.py").write_text(GREEDY)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    slow\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "1 failed, 2 passed" in done.stdout, done.stdout
    assert "FAILED test_planted.py::test_greedy" in done.stdout and "CPU-seconds (at most" in done.stdout
