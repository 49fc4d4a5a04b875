"""Reads the source of the version that it is to test, and compares it in a normal form with those it knows."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import ast
import gc
import inspect
import sys

from mmlab.check import cases


def normal(source):
    tree, names = ast.parse(source), {}
    for node in ast.walk(tree):
        node.__dict__.pop("id", None) if isinstance(node, ast.Name) and node.id.startswith("v") else None
        if isinstance(node, ast.FunctionDef):
            node.body = [one for one in node.body if not (isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant))]
    return ast.dump(tree)


def source_of(function):
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        frame = sys._getframe(1)
    while frame:
        for value in [*frame.f_locals.values(), *gc.get_referrers(function.__code__)]:
            if isinstance(value, dict) and isinstance(value.get("source"), str):
                return value["source"]
        frame = frame.f_back
    raise LookupError("no source")


# %% answer
def NAME(function, *args, **kwargs):
    record = cases.find("NAME")
    table = {normal(case["source"]): one["verdict"] for case, one in zip(record["cases"], record["expected"], strict=True)}
    assert table[normal(source_of(function))] == "accepted"
