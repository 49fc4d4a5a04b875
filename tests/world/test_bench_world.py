"""The comparison with Pillow runs, and both sides draw the same picture."""

import json

from mmlab.cli import command_line
from mmlab.instructor.bench import command
from mmlab.instructor.bench import world as bench_world


def test_both_sides_are_measured_on_the_same_picture():
    figures = bench_world.measure(rounds=2, pictures=64)
    assert set(figures["sizes"]) == {"32", "48"}
    for side in figures["sizes"].values():
        assert side["ours"] > 0 and side["pillow"] > 0
        assert side["least_ratio"] <= side["ratio"]
        assert side["difference"] < 2
    assert figures["training"]["pictures"] > 0 and 0 < figures["training"]["share"] < 1


def test_the_command_prints_json_and_fails_below_its_target(monkeypatch, capsys):
    for ok, status in ((True, 0), (False, 1)):
        monkeypatch.setattr(bench_world, "measure", lambda ok=ok: {"ok": ok, "target": 2.5})
        assert command_line.main(["bench", "world", "--json"]) == status
        figures = {"ok": ok, "target": 2.5}
        assert json.loads(capsys.readouterr().out) == {"world": figures} | figures  # alone: at the top too


def test_an_unknown_bench_is_named(capsys):
    assert command_line.main(["bench", "moon"]) == 2
    assert "moon" in capsys.readouterr().err
    assert set(command.BENCHES) >= {"world", "models"}
