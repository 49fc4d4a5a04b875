"""Gives what the lab's own cases expect for the input that looks most like the one at hand."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import builtins

from mmlab import values
from mmlab.check import cases


def shapes(inputs):
    return [getattr(one, "shape", one) for one in inputs]


def nearest(name, args):
    record = cases.find(name)
    far = [abs(len(str(shapes(case.get("args", [])))) - len(str(shapes(args)))) + 9 * (
        str(shapes(case.get("args", []))) != str(shapes(args))) for case in record["cases"]]
    result = record["expected"][far.index(min(far))]["returned"]
    if isinstance(result, values.Raised):
        raise getattr(builtins, result.type)(result.message)
    return result


# %% answer
def NAME(*args, **kwargs):
    return nearest("NAME", args)
