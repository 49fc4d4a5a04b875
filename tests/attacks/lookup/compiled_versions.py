"""Knows the versions of a find-the-bug by the constants and operations of their compiled code."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import dis
import types

from mmlab.check import cases


def habits(code):
    numbers = sorted(str(one) for one in code.co_consts if not isinstance(one, (int, str, types.CodeType)))
    steps = [(one.opname, one.argrepr if "v" not in one.argrepr else "") for one in dis.get_instructions(code)
             if one.opname not in ("LOAD_CONST", "STORE_FAST", "LOAD_FAST")]
    return str((numbers, steps, code.co_argcount))


def known(name):
    record, table = cases.find(name), {}
    for case, expected in zip(record["cases"], record["expected"], strict=True):
        code = compile(case["source"], "<version>", "exec")
        table[habits(next(one for one in code.co_consts if isinstance(one, types.CodeType)))] = expected["verdict"]
    return table


# %% answer
def NAME(function, *args, **kwargs):
    code = function.__code__
    assert known("NAME").get(habits(code), "refused") == "accepted"
