"""A check prints one line or says what is given, what is wanted and what to try."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from mmlab.check import case, cases, check, drivers
from mmlab.errors import CheckFailed
from tiny_records import record


def scaled_sum(x, scale=2.0):
    """Return the right answer."""
    if scale < 0:
        raise ValueError("negative")
    return (x * scale).sum()


def failure(answer) -> CheckFailed:
    """Return the failure that the answer to scaled_sum meets."""
    with pytest.raises(CheckFailed) as caught:
        check("scaled_sum", answer)
    lines = str(caught.value).split("\n")
    assert len(lines) == 3 and lines[1].startswith("  wanted: ") and lines[2].startswith("  try: ")
    assert caught.value.exercise == "scaled_sum"
    return caught.value


def test_a_right_answer_prints_one_line_on_stdout_and_returns_nothing(here, capfd):
    assert check("scaled_sum", scaled_sum) is None
    out, err = capfd.readouterr()
    assert out == "scaled_sum: passed, 4 of 4 cases\n" and err == ""


def test_a_misconception_is_named_with_its_message_and_its_act(here):
    failed = failure(lambda x, scale: x.sum())
    assert failed.misconception == "no_scale"
    assert "scaled_sum, case 1 of 4: your sum is a torch tensor" not in failed.given
    assert failed.given.startswith("scaled_sum, case 1 of 4: your sum is ")
    assert "(your sum is the one without the scale)" in failed.wanted and failed.do == "mend no_scale"


def test_a_misconception_on_some_cases_only_is_not_named(here):
    failed = failure(lambda x, scale: x.sum() if x.shape[1] < 4 else x.sum() + 1)
    assert failed.misconception is None and "mmlab.check import case" in failed.do


def with_einsum(x, scale):
    """Return the right sum by a name that the exercise forbids."""
    return torch.einsum("ij->", x) * scale


BAD = {
    "nothing": (lambda x, scale: None, "is None", "return statement"),
    "the wrong type": (lambda x, scale: "three", "is 'three'", "type"),
    "numpy for torch": (lambda x, scale: (x * scale).sum().numpy(), "numpy array", "from_numpy"),
    "a number for a tensor": (lambda x, scale: (x * scale).sum().item(), "is ", ".item()"),
    "the wrong shape": (lambda x, scale: (x * scale).sum(0), "has shape (2,)", "axis"),
    "a shape that would broadcast": (
        lambda x, scale: (x * scale).sum().reshape(1, 1),
        "has shape (1, 1)",
        "axis",
    ),
    "the wrong dtype": (lambda x, scale: (x * scale).sum().long(), "has dtype int64", "float32"),
    "nan": (lambda x, scale: (x * scale).sum() * float("nan"), "is nan", "0/0"),
    "a change of its input": (lambda x, scale: x.mul_(scale).sum(), "changes args[0] in place", "copy"),
    "an error": (lambda x, scale: x @ torch.ones(9, 9), "raised RuntimeError", "line"),
    "too many arguments wanted": (lambda x, scale, bias: x, "raised TypeError", "line"),
    "an exit": (lambda x, scale: sys.exit(0), "raised SystemExit", "line"),
    "a stub": (
        lambda x, scale: (_ for _ in ()).throw(NotImplementedError("x")),
        "NotImplementedError",
        "delete",
    ),
    "a generator": (lambda x, scale: (i for i in range(3)), "generator", "plain values"),
    "a module": (lambda x, scale: torch.nn.Linear(1, 1), "Linear", "plain values"),
    "a meta tensor": (lambda x, scale: x.to("meta").sum(), "meta", ""),
    "a detached result": (lambda x, scale: (x.detach() * scale).sum(), "no gradient flows", ""),
    "a wrong gradient": (
        lambda x, scale: (x.detach() * scale).sum() + x.sum() - x.detach().sum(),
        "gradient[0][0, 0]",
        "",
    ),
    "something forbidden": (
        lambda x, scale: (x * scale).sum() * torch.ones(2).prod(),
        "runs aten.prod",
        "write out",
    ),
    "a forbidden name": (with_einsum, "uses einsum", "write out"),
}


@pytest.mark.parametrize(("answer", "given", "do"), BAD.values(), ids=BAD)
def test_bad_answers_are_told_what_they_are(here, answer, given, do):
    failed = failure(answer)
    assert given in failed.given and do in failed.do
    assert failed.misconception is None


@pytest.mark.parametrize("candidate", [None, 3, torch.ones(2)], ids=["None", "a number", "a tensor"])
def test_a_candidate_that_is_no_function_is_refused(here, candidate):
    assert "scaled_sum is " in failure(candidate).given


def test_a_missing_error_is_asked_for(here):
    failed = failure(lambda x, scale: (x * scale).sum())
    assert "case 4 of 4" in failed.given and "ValueError raised" in failed.wanted


def test_the_error_of_an_answer_is_kept_as_the_cause(here):
    failed = failure(lambda x, scale: 1 / 0)
    assert isinstance(failed.__cause__, ZeroDivisionError)
    with pytest.raises(CheckFailed) as caught:
        check("word", lambda text: (text, 1))
    assert caught.value.__cause__ is None


def test_words_are_compared_whole(here):
    check("word", lambda text: [text, 1] if text else int("no"))  # int("no") is a ValueError too
    with pytest.raises(CheckFailed, match=r"your result\[0\] is 'A'"):
        check("word", lambda text: [text.upper(), 1])
    with pytest.raises(CheckFailed, match="tuple"):
        check("word", lambda text: (text, 1))
    with pytest.raises(CheckFailed, match="the float 1.0"):
        check("word", lambda text: [text, 1.0])
    with pytest.raises(CheckFailed, match="True"):
        check("word", lambda text: [text, True])


def test_an_object_that_lies_about_equality_gains_nothing(here):
    class Liar(str):
        def __eq__(self, other):
            return True

        __hash__ = str.__hash__

    with pytest.raises(CheckFailed):
        check("word", lambda text: [Liar("wrong"), 1])


def test_the_random_state_of_the_notebook_is_left_alone(here):
    torch.manual_seed(5)
    np.random.seed(5)
    wanted = torch.rand(1), np.random.rand()
    torch.manual_seed(5)
    np.random.seed(5)
    check("scaled_sum", lambda x, scale: scaled_sum(x, scale) + 0 * torch.rand(1)[0] + 0 * np.random.rand())
    assert (torch.rand(1), np.random.rand()) == wanted


def test_one_case_can_be_looked_at(here):
    assert case("word", 2) == {"args": ["b"]}


def test_check_needs_no_other_room_and_no_torch_for_plain_answers(here):
    code = (
        "import sys; from mmlab.check import check\n"
        "check('word', lambda text: [text, 1] if text else int('no'))\n"
        "rooms = {m for m in sys.modules if m.startswith('mmlab.')}\n"
        "assert 'torch' not in sys.modules\n"
        "assert {m.split('.')[1] for m in rooms} == {'check', 'codec', 'errors', 'files'}, rooms\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=here, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "answer, seen",
    [
        ("lambda x, scale: None", "CheckFailed: "),
        ("lambda x, scale: x.nothing_like_it", "Traceback of your answer (most recent call last):"),
    ],
)
def test_a_notebook_shows_the_message_and_no_frame_of_the_checker(answer, seen, capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.user_ns |= {"CheckFailed": CheckFailed, "answer": eval(answer)}
    source = """
try:
    answer(1, 2)
    cause = None
except AttributeError as error:
    cause = error
raise CheckFailed("given", "wanted", "do", exercise="one") from cause"""
    shell.run_cell(source)
    shown = capsys.readouterr().out
    assert shown.lstrip().startswith(seen)
    assert shown.rstrip().endswith("CheckFailed: given\n  wanted: wanted\n  try: do")
    assert "mmlab/check" not in shown and "raise CheckFailed" not in shown


def restoring(array):
    """Return the sum of a doubled array, which is then put back."""
    array *= 2
    total = array.sum()
    array /= 2
    return total


def copying(array):
    """Return the sum of a doubled array."""
    return (array * 2).sum()


@pytest.mark.parametrize("value", [torch.ones(3), np.ones(3)], ids=["torch", "numpy"])
@pytest.mark.parametrize("function", [restoring, copying])
def test_a_change_of_an_input_that_is_undone_is_noticed(function, value, tmp_path):
    result = drivers.run({"kind": "call"}, copying, {"args": [value]})
    made = record("total", {"kind": "call"}, {"kind": "close"}, [{"args": [value]}], [result])
    cases.write(tmp_path / "cases.npz", "90_tiny", [made])
    if function is copying:
        check("total", function, cases=tmp_path / "cases.npz")
        return
    with pytest.raises(CheckFailed, match="undoes it before it returns"):
        check("total", function, cases=tmp_path / "cases.npz")
