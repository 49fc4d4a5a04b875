"""How an answer is run on one case: five drivers, public, without expected values.

| kind    | case                               | result                                          |
|---------|------------------------------------|-------------------------------------------------|
| call    | args, kwargs                       | returned, mutated; gradients with gradient=True |
| module  | init, state or None, inputs        | outputs, gradients, mutated; state with state=True |
| script  | steps: new, call, get, set         | results, one a step                             |
| predict | given (for the candidate), inputs  | predictions                                     |
| bugs    | source and name of one version     | verdict: "accepted" or "refused"                |

call with service=True hands the candidate a service that fails by the case's `script`,
and a clock and dice of its own; `returned` then says what it gives, its calls and its
waits (see `mmlab.check.service`).

An exception comes back as `Raised` in place of the value. A result also says what
the exercise forbids and was used (`forbidden`), where its arrays were if not on the
CPU (`device`), and what in it the codec does not know (`unsupported`).
"""

import contextlib
import math
import random
import sys

import numpy as np

from mmlab import values
from mmlab.check import forbids as forbidding
from mmlab.check import service
from mmlab.errors import InputError
from mmlab.values import Raised

ANSWER = {"call": "returned", "module": "outputs", "script": "results", "predict": "predictions", "bugs": "verdict"}


def run(driver: dict, candidate, case: dict, *, forbids=(), errors: list | None = None, ask=None) -> dict:
    """Return what `candidate` gives on one case, as plain values that share nothing with it.

    driver     {"kind": …, "options": {…}}
    candidate  the function or class to run
    case       its inputs; the candidate gets a copy
    forbids    "aten.…" operations to watch for
    errors     a list that receives the exceptions as they were raised, for a traceback
    ask        None: all is in the case. Else ask("inputs") gives a predict's inputs, asked for once
               the candidate has returned, and ask("function") the function that a bugs test is given
    """
    kind, options, fresh = driver["kind"], driver.get("options", {}), values.loads(values.dumps(case))
    ask = ask or (lambda what: fresh["inputs"] if what == "inputs" else version(fresh))
    with seeded(), forbidding.watch(forbids) as forbidden:
        try:
            result = RUN[kind](candidate, fresh, options, ask)
        except (Exception, SystemExit) as error:
            if errors is not None:
                errors.append(error)
            result = {ANSWER[kind]: Raised.of(error)}
    if forbidden:
        result["forbidden"] = sorted(forbidden)
    if device := next((str(t.device) for t in _tensors(result) if t.device.type != "cpu"), None):
        result["device"] = device
    try:
        return values.loads(values.dumps(result))
    except InputError as error:
        return {ANSWER[kind]: None, "unsupported": error.given.replace(f"value['{ANSWER[kind]}']", "it", 1)}


def _call(candidate, case: dict, options: dict, ask) -> dict:
    args, kwargs = case.get("args", []), case.get("kwargs", {})
    before = _fingerprints(args, kwargs)
    if options.get("service"):
        returned = service.served(candidate, args, kwargs, case["script"])
    else:
        returned = candidate(*args, **kwargs)
    result = {"returned": _copied(returned)}
    after = _fingerprints(args, kwargs)
    result["mutated"] = [name for name in before if after[name] != before[name]]
    if options.get("gradient"):
        args, kwargs = values.loads(values.dumps((args, kwargs)))
        inputs = _require_gradients([*args, *kwargs.values()])
        result["gradients"] = _gradients(lambda: candidate(*args, **kwargs), inputs)
    return result


def _module(candidate, case: dict, options: dict, ask) -> dict:
    module = candidate(**case.get("init", {}))
    if case.get("state") is not None:
        module.load_state_dict(case["state"])
    inputs = case.get("inputs", [])
    before = _fingerprints(inputs, {})
    outputs = _copied(module(*inputs))
    after = _fingerprints(inputs, {})
    result = {"outputs": outputs, "mutated": [name for name in before if after[name] != before[name]]}
    if options.get("state"):
        result["state"] = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    inputs = values.loads(values.dumps(inputs))
    names, parameters = zip(*module.named_parameters(), strict=True) if list(module.parameters()) else ((), ())
    found = _gradients(lambda: module(*inputs), [*_require_gradients(inputs), *parameters])
    if isinstance(found, Raised):
        return result | {"gradients": found}
    split = len(found) - len(names)
    return result | {"gradients": {"inputs": found[:split], "parameters": dict(zip(names, found[split:], strict=True))}}


def _script(candidate, case: dict, options: dict, ask) -> dict:
    built, results = candidate, []
    for what, *rest in case["steps"]:
        try:
            if what == "new":
                args, kwargs = (*rest, *([], {})[len(rest) :])
                built, outcome = candidate(*args, **kwargs), None
            else:
                outcome = _step(built, what, *rest)
        except (Exception, SystemExit) as error:
            outcome = Raised.of(error)
            if what == "new":
                return {"results": [*results, outcome]}
        results.append(_copied(outcome))
    return {"results": results}


def _step(built, what: str, path: str, *rest):
    if what == "get":
        return _reach(built, path)
    if what == "set":
        owner, _, last = path.rpartition(".")
        return setattr(_reach(built, owner), last, *rest)
    if what == "call":
        args, kwargs = (*rest, *([], {})[len(rest) :])
        return _reach(built, path)(*args, **kwargs)
    raise InputError(f"step {what!r}", "new, call, get or set", "mend the case")


def _predict(candidate, case: dict, options: dict, ask) -> dict:
    predictor = candidate(**case["given"])
    if not callable(predictor):
        return {"predictions": Raised("TypeError", f"it returned {predictor!r:.60}, which cannot be called")}
    inputs = ask("inputs")
    if "torch" not in sys.modules:
        return {"predictions": predictor(**inputs)}
    import torch

    if isinstance(predictor, torch.nn.Module):
        predictor.eval()
    with torch.no_grad():
        return {"predictions": predictor(**inputs)}


def _bugs(candidate, case: dict, options: dict, ask) -> dict:
    function = ask("function")
    try:
        candidate(function)
    except AssertionError:
        return {"verdict": "refused"}
    return {"verdict": "accepted"}


RUN = {"call": _call, "module": _module, "script": _script, "predict": _predict, "bugs": _bugs}


def version(case: dict):
    """Return the function that a find-the-bug's case holds as source, after the names it may use."""
    names = {"math": math, "np": np}
    if "torch" in case["source"] or "F." in case["source"] or "nn." in case["source"]:
        import torch

        names |= {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    exec(compile(case["source"], "<version>", "exec"), names)
    return names[case["name"]]


@contextlib.contextmanager
def seeded(seed: int = 0):
    """Run the block under fixed seeds of random, numpy and torch; put their states back after it."""
    torch = sys.modules.get("torch")
    plain, legacy = random.getstate(), np.random.get_state()
    state = torch.get_rng_state() if torch else None
    random.seed(seed)
    np.random.seed(seed)
    if torch:
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():  # without a GPU, torch.manual_seed notes each call for later, with its whole stack
            torch.cuda.manual_seed_all(seed)
    try:
        yield
    finally:
        random.setstate(plain)
        np.random.set_state(legacy)
        if torch:
            torch.set_rng_state(state)


def _reach(start, path: str):
    for name in filter(None, path.split(".")):
        start = getattr(start, name)
    return start


def _fingerprints(args, kwargs: dict) -> dict[str, bytes]:
    named = {f"args[{index}]": value for index, value in enumerate(args)} | kwargs
    return {name: values.dumps(value) for name, value in named.items()}


def _copied(value):
    """Return a value that later changes to its arrays cannot reach; what the codec does not know stays."""
    try:
        return values.loads(values.dumps(value)) if not _elsewhere(value) else value
    except InputError:
        return value


def _elsewhere(value) -> bool:
    return any(tensor.device.type != "cpu" for tensor in _tensors(value))


def _tensors(value) -> list:
    if values.is_torch(value):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [found for item in value for found in _tensors(item)] if isinstance(value, (list, tuple)) else []


def _require_gradients(inputs) -> list:
    floats = [tensor for tensor in _tensors(list(inputs)) if tensor.is_floating_point()]
    return [tensor.requires_grad_() for tensor in floats]


def _gradients(run, inputs: list):
    """Return the gradient of a fixed weighted sum of what `run` returns for each input, or Raised."""
    import torch

    if not inputs:
        return []
    total = 0.0
    try:
        for output in _tensors([run()]):
            if output.is_floating_point():
                # unequal weights: a permuted or transposed output must show
                weights = torch.linspace(1.0, 2.0, max(output.numel(), 1), dtype=output.dtype)[: output.numel()]
                total = total + (output.reshape(-1) * weights.to(output.device)).sum()
        return list(torch.autograd.grad(total, inputs, allow_unused=True))
    except Exception as error:  # the value came without gradients: those alone are missing
        return Raised("RuntimeError", f"no gradient flows: {error}")
