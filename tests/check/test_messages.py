"""The exact words of the messages that are easiest to get wrong: given, wanted, try."""

import numpy as np
import pytest
import torch
from torch import nn

from mmlab.check import drivers
from mmlab.check.compare import close, equal
from mmlab.check.verdict import judge

LOOK = 'look at the case: from mmlab.check import case; case("f", {})'


def judged(driver: dict, right, answer, cases: list[dict], compare: dict | None = None, **more):
    """Return the verdict on an answer where `right` gives the expected values."""

    def results(candidate):
        earlier = drivers.Earlier()
        return [
            drivers.run(driver, candidate, case, earlier=earlier, last=case is cases[-1]) for case in cases
        ]

    record = {
        "name": "f",
        "driver": driver,
        "compare": compare or {"kind": "close", "parameters": {}},
        "expected": results(right),
        "misconceptions": [],
    } | more
    return judge(record, results(answer))


def called(right, answer, *args, **parameters) -> tuple[str, str, str]:
    """Return the message on an answer that is called once for each of `args`."""
    verdict = judged(
        {"kind": "call", "options": {}},
        right,
        answer,
        [{"args": [arg]} for arg in args],
        {"kind": "close", "parameters": parameters},
    )
    return verdict.message()


def test_a_missing_part_is_no_missing_return():
    assert called(lambda x: {"a": x}, lambda x: {"a": None}, "b") == (
        "f, case 1 of 1: your result['a'] is None",
        "'b'",
        "check where this part gets its value",
    )
    assert called(lambda x: x, lambda x: None, "b")[2] == "end the function with a return statement"


def test_long_byte_strings_show_where_they_part():
    right = bytes(range(200))
    assert called(lambda x: x, lambda x: x[:150] + b"\xff" + x[151:], right) == (
        r"f, case 1 of 1: your result differs from byte 151 onwards: …b'\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\xff\x97\x98\x99\x9a"
        r"\x9b\x9c\x9d\x9e\x9f\xa0\xa1'… (200 bytes in all)",
        r"…b'\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f\xa0\xa1'… (200 bytes in all)",
        LOOK.format(1),
    )
    assert called(lambda x: x, lambda x: x[:100], "word " * 30)[:2] == (
        "f, case 1 of 1: your result differs from character 101 onwards: …'d word word ' (100 characters in all)",
        "…'d word word word word wo'… (150 characters in all)",
    )
    assert called(lambda x: x, lambda x: "b" + x[1:], "a" * 70)[0].endswith(
        "from character 1 onwards: 'baaaaaaaaaaa'… (70 characters in all)"
    )


def test_blanks_in_a_value_are_shown_as_they_are():
    assert called(lambda x: "a b", lambda x: "a  b", 1)[:2] == (
        "f, case 1 of 1: your result is 'a  b'",
        "'a b'",
    )
    failed = called(lambda x: 1, lambda x: int("x\n  y"), 1)[0]
    assert "\n" not in failed and failed.startswith("f, case 1 of 1: your answer raised ValueError")


def test_a_list_says_what_it_lacks():
    given, wanted, _ = called(lambda x: ["total"], lambda x: [], 1)
    assert (given, wanted) == (
        "f, case 1 of 1: your result is the list []",
        "the list ['total']: yours lacks 'total'",
    )
    assert (
        called(lambda x: ["tax"], lambda x: ["tax", "total"], 1)[1]
        == "the list ['tax']: yours should not have 'total'"
    )
    assert called(lambda x: [[1]], lambda x: [], 1)[1] == "the list [[1]]"


def test_an_integer_takes_the_right_article():
    assert called(lambda x: x, lambda x: x * 1.0, np.arange(3))[1:] == (
        "an integer dtype, such as int64",
        "convert it to int64",
    )
    assert called(lambda x: x, lambda x: x > 0, torch.ones(2))[1] == "a floating dtype, such as float32"


# ---------------------------------------------------------------- modules
class Scale(nn.Module):
    """What is right: one parameter."""

    def __init__(self, width):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * self.scale.clamp(max=2.0)


class WithFrozen(Scale):
    """One parameter too many, which is not even learned."""

    def __init__(self, width):
        super().__init__(width)
        self.limit = nn.Parameter(torch.tensor(2.0), requires_grad=False)


class Frozen(Scale):
    """The right parameter, and it does not learn."""

    def __init__(self, width):
        super().__init__(width)
        self.scale.requires_grad_(False)


class ClampedInTraining(Scale):
    """Another output in evaluation mode."""

    def forward(self, x):
        return super().forward(x) if self.training else x * self.scale


def module(answer, state=None) -> tuple[str, str, str] | None:
    """Return the message on a module, None where it passes."""
    case = {"init": {"width": 2}, "state": state, "inputs": [torch.tensor([[1.0, 2.0]])]}
    verdict = judged({"kind": "module", "options": {}}, Scale, answer, [case])
    return None if verdict.passed else verdict.message()


def test_an_extra_frozen_parameter_is_told_by_its_name():
    kept = "store what is not learned as a plain attribute, or as a buffer with persistent=False"
    assert module(WithFrozen) == (
        "f, case 1 of 1: your module has the parameters 'limit', 'scale'",
        "the parameters 'scale'",
        kept,
    )
    assert module(WithFrozen, {"scale": torch.ones(2)}) == (
        "f, case 1 of 1: the state of your module has the names limit, scale",
        "the names scale",
        kept,
    )


def test_a_parameter_that_does_not_learn_is_told_by_its_name():
    assert module(Frozen) == (
        "f, case 1 of 1: your module's parameter 'scale' gets no gradient",
        "a gradient for it",
        "use it in forward, and leave out .detach(), no_grad and requires_grad=False",
    )


def test_a_module_is_run_in_evaluation_mode_too_and_left_in_training():
    large = {"scale": torch.tensor([1.0, 3.0])}
    assert module(Scale, large) is None and module(ClampedInTraining) is None
    assert module(ClampedInTraining, large)[:2] == (
        "f, case 1 of 1: your output[0, 1] in evaluation mode is 6.0 (1 of 2 values differ)",
        "4.0",
    )
    modes = []

    class Watched(Scale):
        def forward(self, x):
            modes.append(self.training)
            return super().forward(x)

    assert module(Watched) is None and modes[0] and modes.count(True) == 2 and modes.count(False) >= 1


def test_stored_values_without_evaluation_mode_still_judge():
    case = {"init": {"width": 2}, "inputs": [torch.ones(1, 2)]}
    driver = {"kind": "module", "options": {}}
    expected = drivers.run(driver, Scale, case)
    del expected["evaluated"]
    record = {
        "name": "f",
        "driver": driver,
        "compare": {"kind": "close", "parameters": {}},
        "expected": [expected],
        "misconceptions": [],
    }
    assert judge(record, [drivers.run(driver, Scale, case)]).passed


# ---------------------------------------------------------------- values that later calls change
def test_a_value_that_a_later_call_changes_is_wrong_where_it_was_returned():
    def shared(x, made={}):
        made["x"] = x
        return made

    message = called(lambda x: {"x": x}, shared, 1, 2, 3)
    assert message == (
        "f, case 1 of 3: your result for this case was right, but changed when your answer ran again",
        "a result that later calls do not change",
        "build a new value in each call: all calls share default arguments and globals",
    )
    verdict = judged(
        {"kind": "call", "options": {}}, lambda x: {"x": x}, shared, [{"args": [x]} for x in (1, 2, 3)]
    )
    assert verdict.right == (False, False, True)


def test_a_shared_array_is_seen_and_so_is_a_cached_list():
    buffer = np.zeros(2)

    def filled(x):
        buffer[:] = x
        return buffer

    made = {}
    assert "changed when your answer ran again" in called(lambda x: np.full(2, float(x)), filled, 1, 2)[0]
    cached = judged(
        {"kind": "call", "options": {}},
        lambda x: [x],
        lambda x: made.setdefault(x, [x]),
        [{"args": [x]} for x in (1, 1, 2)],
    )
    assert cached.right == (False, False, False)


@pytest.mark.parametrize("changed", [None, 3, [None, "x", True, -1, 99], {"a": 1}, np.ones(2)], ids=repr)
def test_a_forged_list_of_changes_stops_nothing(changed):
    record = {
        "name": "f",
        "driver": {"kind": "call", "options": {}},
        "compare": {"kind": "close", "parameters": {}},
        "expected": [{"returned": 1, "mutated": []}],
        "misconceptions": [],
    }
    assert judge(record, [{"returned": 1, "mutated": [], "changed": changed}]).passed


def test_training_data_is_not_to_be_changed():
    def trained(points):
        points += 1
        return lambda x: np.zeros(len(x), int)

    case = {"given": {"points": np.zeros(3)}, "inputs": {"x": np.zeros(4)}}
    record = {
        "name": "f",
        "driver": {"kind": "predict", "options": {}},
        "misconceptions": [],
        "compare": {"kind": "accuracy", "parameters": {"minimum": 0.9}},
        "expected": [{"predictions": np.zeros(4, int)}],
    }
    verdict = judge(record, [drivers.run(record["driver"], trained, case)])
    assert verdict.message()[:2] == (
        "f, case 1 of 1: your answer changes points in place",
        "no input changed",
    )


# ---------------------------------------------------------------- the error itself
def retried(answer, *outcomes) -> tuple[str, str, str] | None:
    """Return the message on an answer that calls a failing service twice, None where it passes."""

    def right(call, *, sleep, draw):
        try:
            return call()
        except Exception:
            return call()

    case = {"script": {"outcomes": list(outcomes), "draws": [0.5]}}
    verdict = judged(
        {"kind": "call", "options": {"service": True, "result": "run"}},
        right,
        answer,
        [case],
        {"kind": "close", "parameters": {"text": True}},
    )
    return None if verdict.passed else verdict.message()


WANTED = (
    "the last error itself, the object that call() raised",
    "use a bare `raise` in the except block of the last call",
)


def test_another_error_with_the_same_text_is_not_the_error_itself():
    def copies(call, *, sleep, draw):
        try:
            return call()
        except Exception:
            try:
                return call()
            except Exception as error:
                raise Exception(str(error)) from error

    assert retried(copies, {"status": 503}) == (
        "f, case 1 of 1: your answer raised an error of its own: Exception: call 2: status 503",
        *WANTED,
    )
    assert retried(copies, {"status": 503}, {"gives": 1}) is None


def test_the_first_error_is_not_the_last():
    def first(call, *, sleep, draw):
        try:
            return call()
        except Exception as error:
            try:
                return call()
            except Exception:
                raise error from None

    assert retried(first, {"status": 429}, {"status": 503}) == (
        "f, case 1 of 1: your answer raised the error of call 1: Exception: call 1: status 429",
        *WANTED,
    )


def test_an_error_of_another_type_is_told_as_such():
    def broken(call, *, sleep, draw):
        return call().nothing

    given, wanted, _ = retried(broken, {"gives": 1})
    assert (given, wanted) == (
        "f, case 1 of 1: your answer raised AttributeError: 'int' object has no attribute 'nothing'",
        "1",
    )


# ---------------------------------------------------------------- types
@pytest.mark.parametrize(
    ("wanted", "got", "loose", "usual", "strict"),
    [
        (b"ab", bytearray(b"ab"), True, True, False),
        (b"ab", memoryview(b"ab"), True, True, False),
        (bytearray(b"ab"), b"ab", True, True, False),
        ([1, "a"], (1, "a"), True, False, False),
        ((1, [b"x"]), [1, (bytearray(b"x"),)], True, False, False),
        ([1], [1], True, True, True),
        (b"ab", b"ab", True, True, True),
        (b"ab", bytearray(b"ax"), False, False, False),
    ],
)
def test_types_are_told_apart_where_the_exercise_says_so(wanted, got, loose, usual, strict):
    for types, same in ((False, loose), (None, usual), (True, strict)):
        assert (equal(wanted, got, types=types) is None) is same
        assert (close({"a": wanted}, {"a": got}, types=types) is None) is same


def test_the_type_that_differs_is_named():
    found = equal(b"ab", bytearray(b"ab"), types=True)
    assert (found.given, found.wanted) == ("is bytearray(b'ab')", "b'ab'")
    assert equal(b"ab", memoryview(b"ab"), types=True).given == "is memoryview(b'ab')"


def test_a_result_keeps_its_type_of_bytes():
    for made in (bytes, bytearray, memoryview):
        result = drivers.run(
            {"kind": "call", "options": {}}, lambda data: (data, made(data)), {"args": [made(b"\x80\n")]}
        )
        assert [type(part) for part in result["returned"]] == [made, made] and result["returned"][
            0
        ] == b"\x80\n"


# ---------------------------------------------------------------- mistakes are told only where they are evident
def hunted(*verdicts: str):
    """Return the verdict on a test's verdicts, where one mistake misses the third version and one the last two."""
    truths = ["accepted", "accepted", "refused", "refused", "refused"]
    mistakes = {"misses_one": [2], "misses_two": [3, 4]}
    record = {
        "name": "f",
        "driver": {"kind": "bugs", "options": {}},
        "compare": {"kind": "equal", "parameters": {}},
        "expected": [{"verdict": truth} for truth in truths],
        "misconceptions": [
            {
                "name": name,
                "message": "it does",
                "do": "do not",
                "detect": None,
                "results": [
                    {"verdict": "accepted" if at in missed else truth} for at, truth in enumerate(truths)
                ],
            }
            for name, missed in mistakes.items()
        ],
    }
    return judge(record, [{"verdict": verdict} for verdict in verdicts])


def test_a_mistake_that_one_version_shows_is_not_told():
    one = hunted("accepted", "accepted", "accepted", "refused", "refused")
    assert (one.misconception, one.equals) == (None, "misses_one")
    assert one.message() == (
        "f, case 3 of 5: your test accepts this version of the function",
        "a test that refuses this version, because it has a bug",
        LOOK.format(3),
    )
    two = hunted("accepted", "accepted", "refused", "accepted", "accepted")
    assert (two.misconception, two.equals) == ("misses_two", "misses_two") and two.message()[2] == "do not"


def test_a_mistake_in_predictions_is_told_where_it_shows():
    truth, wrong = np.arange(100) % 4, np.arange(100) % 4
    wrong[:10] = 3 - wrong[:10]

    def told(answer, minimum=0.95):
        record = {
            "name": "f",
            "driver": {"kind": "predict", "options": {}},
            "expected": [{"predictions": truth}],
            "compare": {"kind": "accuracy", "parameters": {"minimum": minimum}},
            "misconceptions": [
                {
                    "name": "mirrored",
                    "message": "",
                    "do": "",
                    "results": [{"predictions": wrong}],
                    "detect": {"kind": "agreement", "parameters": {"minimum": 0.9}},
                }
            ],
        }
        return judge(record, [{"predictions": answer, "mutated": []}])

    assert told(wrong).misconception == "mirrored"
    other = np.where(np.arange(100) < 10, (truth + 1) % 4, truth)
    assert (told(other).misconception, told(other).equals) == (None, "mirrored")


@pytest.mark.parametrize("wanted", ["an error", "a value"])
def test_an_error_of_the_code_itself_is_not_answered_with_raise_it_yourself(wanted):
    """Deep JSON made an answer raise RecursionError, and the advice was to raise ValueError."""

    def right(text):
        if wanted == "an error":
            raise ValueError(text)
        return text

    def endless(text):
        return endless(text)

    def misspelt(text):
        return txet  # noqa: F821

    def other(text):
        raise KeyError(text)

    given, _, do = called(right, endless, "x")
    assert "raised RecursionError" in given and do.startswith("find the function that calls itself")
    assert called(right, misspelt, "x")[2] == "follow the error above this message to its line"
    line = (
        "raise ValueError(…) yourself"
        if wanted == "an error"
        else "follow the error above this message to its line"
    )
    assert called(right, other, "x")[2] == line


def gradients_judged(right, answer) -> bool:
    """Return whether the values and gradients of an answer equal those of `right`, for an x that is 0 and one that is not."""
    cases = [{"args": [x, torch.ones(2)]} for x in (torch.zeros(2), torch.tensor([1.0, -2.0]))]
    return judged({"kind": "call", "options": {"gradient": True}}, right, answer, cases).passed


def if_any(x, y):
    return (x * y).sum() if x.any() else x.new_zeros(())


def test_no_gradient_and_a_gradient_of_zero_say_the_same():
    multiplied = lambda x, y: (x * y * x.any()).sum()  # noqa: E731
    assert gradients_judged(multiplied, if_any) and gradients_judged(if_any, multiplied)
    assert gradients_judged(multiplied, lambda x, y: multiplied(x, y) + 0 * y.sum())
    assert not gradients_judged(multiplied, lambda x, y: (x.detach() * y).sum())
    assert not gradients_judged(multiplied, lambda x, y: multiplied(x, y).detach())
    assert not gradients_judged(lambda x, y: (x * y).sum(), if_any)  # at x = 0 the gradient is y
