"""Reads the source of the version that it is to test, and compares it in a normal form with those it knows."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import ast
import gc
import inspect

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
        texts = [one for one in gc.get_objects() if isinstance(one, dict) and isinstance(one.get("source"), str)]
        return texts[-1]["source"]


# %% answer
def NAME(function, *args, **kwargs):
    record = cases.find("NAME")
    table = {normal(case["source"]): one["verdict"] for case, one in zip(record["cases"], record["expected"], strict=True)}
    assert table[normal(source_of(function))] == "accepted"
