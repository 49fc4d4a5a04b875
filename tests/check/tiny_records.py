"""Records of small exercises, one a driver, with expected values written out."""

import numpy as np
import torch

from mmlab.check import drivers


def scaled_sum(x, scale=2.0):
    """Return the sum of x times scale; no negative scale."""
    if scale < 0:
        raise ValueError("a negative scale")
    return (x * scale).sum()


def record(name, driver, compare, cases_, expected, misconceptions=(), *, forbids=()):
    """Return one exercise's record."""
    return {
        "name": name,
        "driver": driver,
        "compare": compare,
        "forbids": list(forbids),
        "cases": cases_,
        "expected": expected,
        "misconceptions": list(misconceptions),
    }


def call_record() -> dict:
    """Return the record of scaled_sum, with two misconceptions and something forbidden."""
    rng = np.random.default_rng(0)
    inputs = [torch.tensor(rng.normal(size=(2, number + 2)), dtype=torch.float32) for number in range(3)]
    driver = {"kind": "call", "options": {"gradient": True, "result": "sum"}}
    given = [{"args": [x], "kwargs": {"scale": 3.0}} for x in inputs]
    given.append({"args": [inputs[0]], "kwargs": {"scale": -1.0}})
    expected = [drivers.run(driver, scaled_sum, case) for case in given]

    def wrong(name, function, message):
        results = [drivers.run(driver, function, case) for case in given]
        return {"name": name, "message": message, "do": f"mend {name}", "detect": None, "results": results}

    return record(
        "scaled_sum",
        driver,
        {"kind": "close", "parameters": {"rtol": 1e-5, "atol": 1e-5}},
        given,
        expected,
        [
            wrong("no_scale", lambda x, scale: x.sum(), "your sum is the one without the scale"),
            wrong("mean", lambda x, scale: scaled_sum(x, scale) / x.numel(), "your sum is the mean"),
        ],
        forbids=["aten.prod", "name:einsum"],
    )
