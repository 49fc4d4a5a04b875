"""Run an answer on one case: five drivers, which do not know the expected values.

| kind    | case                               | result                                          |
|---------|------------------------------------|-------------------------------------------------|
| call    | args, kwargs                       | returned, mutated; again; gradients with gradient=True, unless the case has gradient False |
| module  | init, state or None, inputs        | outputs, evaluated, updated, again, gradients, mutated; state with state=True |
| script  | steps: new, call, get, set         | results, one per step                           |
| predict | given (for the candidate), inputs  | predictions, again, mutated                     |
| bugs    | source and name of one version     | verdict: "accepted" or "refused"                |

`mutated` lists the inputs that are not as before; `writes` is True if tensors were changed and then restored.

call with service=True passes the candidate a service that fails as the case's `script` says,
a simulated clock and scripted random numbers; `returned` then holds what the candidate gives,
its calls and its waits (see `mmlab.check.service`).

A function is called twice on each case. Before the second call, what the first one returned is altered
in place, as a caller may do with it. `again` holds the second result if it differs from the first, for
example because the function hands out a cached dictionary, or counts its calls. With service=True there is
one call.

A module runs in training mode for `outputs` and gradients, in evaluation mode for `evaluated`, and once more in
evaluation mode for `updated`, after its parameters have changed. Modules and predictors also run on fewer inputs in
another order, for `again`. A script runs on two objects in turn, and the first one's results count.

Later calls must not change what a call returned. A caller passes the same `Earlier` to the runs of
all cases, and the last result lists under `changed` the cases whose value has changed since, for
example because all calls share a default argument or a global. Modules and predictors of earlier cases run again at
the end: they are `changed` if they give something else than before.

What a verdict depends on is read below the level of Python that an answer usually changes: a
module's parameters from its own tables, whatever its class overrides, and gradients from torch's
engine. The answer runs with gradients on, even if a cell above it switched them off for good. The
grader also passes `protect`, which puts inputs and parameters into memory that cannot be written.

An exception is returned as `Raised` in place of the value. A result also lists forbidden operations
that ran (`forbidden`), the device of its arrays if that is not the CPU (`device`), and values that
the codec does not support (`unsupported`).
"""

import contextlib
import functools
import hashlib
import math
import random
import sys
import warnings

import numpy as np

from mmlab import codec
from mmlab.check import forbids as forbidding
from mmlab.check import service
from mmlab.check.compare import close
from mmlab.codec import Raised
from mmlab.errors import InputError, ShapeError

NO_GRADIENT = "no gradient flows: no output requires a gradient"
LOOK = 4  # on every fourth case, each call of the answer is looked at for what is forbidden
ANSWER = {
    "call": "returned",
    "module": "outputs",
    "script": "results",
    "predict": "predictions",
    "bugs": "verdict",
}


class Earlier:
    """What an answer has returned on the cases so far, with a digest of each value, and the objects that it made."""

    def __init__(self):
        self.values: list[tuple] = []
        self.objects: list[tuple] = []

    def keep(self, value, packed: bytes = b"") -> None:
        """Store what the next case returned; None if it returned nothing that can change.

        packed  the value encoded, b"" if the codec does not support it
        """
        fixed = value is None or isinstance(value, (bool, int, float, str, bytes))
        self.values.append((value, b"" if fixed or not packed else _digest_of(packed)))

    def changed(self) -> list[int]:
        """Return the cases, counted from 0, whose value is no longer what it was."""
        values = {
            case for case, (value, digest) in enumerate(self.values) if digest and _digest(value) != digest
        }
        return sorted(
            values | {case for case, use, before in self.objects if not _alike(before, _outcome(use))}
        )

    def keep_object(self, use) -> None:
        """Store use(), which runs an object that the next case made, and what it gives now."""
        self.objects.append((len(self.values), use, _outcome(use)))


def run(
    driver: dict,
    candidate,
    case: dict,
    *,
    forbids=(),
    errors: list | None = None,
    ask=None,
    earlier: Earlier | None = None,
    last: bool = False,
    protect=None,
    own: bool = False,
) -> dict:
    """Return what `candidate` gives on one case, as plain values that share no memory with it.

    driver     {"kind": …, "options": {…}}
    candidate  the function or class to run
    case       its inputs; the candidate gets a copy, unless the case is its own
    forbids    what must not run, see `mmlab.check.forbids`
    errors     a list that receives the exceptions as they were raised, for a traceback
    ask        None: the case holds everything. Else ask("inputs") returns a predict's inputs, after
               the candidate has returned, ask("function") returns the function that a bugs test gets, and
               ask("service") returns the `ask` of a service's ledger
    earlier    one object for all cases of a call, which stores what each returned; with `last`, the result
               lists the cases whose value has changed
    protect    None, or a function that returns nested values with their arrays in read-only memory
    own        whether nobody else uses the case afterwards
    """
    kind, options = driver["kind"], driver.get("options", {})
    fresh = case if own else codec.loads(codec.dumps(case))
    ask = ask or functools.partial(_of_case, fresh)
    earlier = earlier or Earlier()
    number = len(earlier.values)
    more = {"keep": earlier.keep} if kind == "call" else {}
    if kind in ("module", "predict"):
        more = {"keep_object": earlier.keep_object}
    if protect and kind in ("call", "module", "predict"):
        more["protect"] = protect
    with seeded(), _gradients_on(), forbidding.watch(forbids, calls=number % LOOK == 0) as forbidden:
        try:
            result = RUN[kind](candidate, fresh, options, ask, **more)
        except (Exception, SystemExit) as error:
            if errors is not None:
                errors.append(error)
            result = {ANSWER[kind]: Raised.of(error)}
        if len(earlier.values) == number:
            earlier.keep(None)
        if last and (changed := earlier.changed()):
            result["changed"] = changed
        if device := next((str(t.device) for t in _tensors(result) if t.device.type != "cpu"), None):
            result["device"] = device
        try:  # inside `watch`, because an object that the answer defines may run code while it is encoded
            result = codec.loads(codec.dumps(result))
        except InputError as error:
            result = {
                ANSWER[kind]: None,
                "unsupported": error.given.replace(f"value['{ANSWER[kind]}']", "it", 1),
            }
    if forbidden:
        result["forbidden"] = sorted(forbidden)
    return result


def _of_case(case: dict, what: str):
    """Return what a driver asks for, from a case that holds everything."""
    if what == "inputs":
        return case["inputs"]
    return None if what == "service" else version(case)


def _call(candidate, case: dict, options: dict, ask, keep, protect=lambda value: value) -> dict:
    arguments = [case.get("args", []), case.get("kwargs", {})]
    encoded = codec.dumps(arguments)
    args, kwargs = protect(arguments)
    versions = _versions([args, kwargs])
    if options.get("service"):
        returned = service.served(candidate, args, kwargs, case.get("script"), ask("service"))
    else:
        returned = candidate(*args, **kwargs)
    packed = _packed(returned)
    result = {"returned": codec.loads(packed) if packed else returned}
    result["mutated"] = _mutated(encoded, args, kwargs)
    result |= _writes(result, versions, [args, kwargs])
    if packed and not options.get("service"):
        result |= _called_again(candidate, encoded, returned, packed, _memory([args, kwargs]))
    keep(returned, packed)
    if options.get("gradient") and case.get("gradient", True):
        args, kwargs = codec.loads(codec.dumps((args, kwargs)))
        inputs = _require_gradients([*args, *kwargs.values()])
        result["gradients"] = _gradients(lambda: candidate(*args, **kwargs), inputs)
    return result


def _called_again(candidate, encoded: bytes, returned, packed: bytes, own: list) -> dict:
    """Call again after the first result was altered; return {"again": the second result} if it differs, else {}.

    encoded   the arguments, so that the second call gets a copy of its own
    returned  what the first call returned; it is altered only during the second call
    packed    the same, encoded before the call
    own       the memory of the first call's arguments, which may not be written: a result may be a view of it
    """
    args, kwargs = codec.loads(encoded)
    with _altered(returned, own):
        _seed()
        try:
            again = candidate(*args, **kwargs)
            second = _packed(again)
        except (Exception, SystemExit) as error:
            again, second = Raised.of(error), b""
    if second == packed:
        return {}
    return {"again": codec.loads(second) if second else again}


@contextlib.contextmanager
def _altered(value, own: list):
    """Alter the containers and arrays in a value in place, but for those in `own` memory; restore them after the block."""
    restores: list = []
    try:
        _alter(value, restores, own)
        yield
    finally:
        for restore in reversed(restores):
            restore()


def _alter(value, restores: list, own: list) -> None:
    if isinstance(value, (list, tuple, dict)):
        for part in list(value.values() if isinstance(value, dict) else value):
            _alter(part, restores, own)
    if isinstance(value, dict):
        before = dict(value)
        restores.append(lambda: (value.clear(), value.update(before)))
        value.update(dict.fromkeys(before))
        if all(part is None for part in before.values()):
            value["altered"] = True
    elif isinstance(value, (list, bytearray)):
        before = value[:]
        restores.append(lambda: value.__setitem__(slice(None), before))
        value.clear()
    elif isinstance(value, set):
        before = set(value)
        restores.append(lambda: value.update(before))
        value.clear()
    elif _overlap(_memory(value), own):
        return
    elif isinstance(value, np.ndarray) and value.flags.writeable:
        _alter_array(value, restores)
    elif codec.is_torch(value):
        _alter_tensor(value.detach(), restores)


def _memory(value) -> list[tuple[int, int]]:
    """Return the first and last address, exclusive, of each array and tensor in nested containers."""
    if isinstance(value, (list, tuple, dict)):
        parts = value.values() if isinstance(value, dict) else value
        return [bounds for part in parts for bounds in _memory(part)]
    if isinstance(value, np.ndarray):
        while isinstance(value.base, np.ndarray):
            value = value.base
        return [(value.ctypes.data, value.ctypes.data + value.nbytes)]
    if codec.is_torch(value) and value.device.type == "cpu" and value.layout is sys.modules["torch"].strided:
        storage = value.untyped_storage()
        return [(storage.data_ptr(), storage.data_ptr() + storage.nbytes())]
    return []


def _overlap(first: list, second: list) -> bool:
    return any(start < end and begin < stop for start, stop in first for begin, end in second)


def _alter_array(array: np.ndarray, restores: list) -> None:
    before = array.copy()
    restores.append(lambda: array.__setitem__(..., before))
    array[...] = array == 0


def _alter_tensor(tensor, restores: list) -> None:
    if tensor.device.type == "cpu" and tensor.is_contiguous() and not (tensor.is_conj() or tensor.is_neg()):
        with contextlib.suppress(TypeError):  # numpy has no bfloat16
            return _alter_array(tensor.numpy(), restores)  # without operations, which `watch` slows
    before = tensor.clone()
    with contextlib.suppress(RuntimeError):  # an expanded tensor cannot be written to
        tensor.copy_(tensor == 0)
        restores.append(lambda: tensor.copy_(before))


def _module(candidate, case: dict, options: dict, ask, keep_object, protect=None) -> dict:
    module = candidate(**case.get("init", {}))
    if case.get("state") is not None:
        names = [sorted(_state(module)), sorted(case["state"])]
        if names[0] != names[1]:
            return {
                "outputs": Raised("RuntimeError", "its state has other names than the state to load"),
                "names": names,
            }
        _load(module, case["state"])
    inputs = case.get("inputs", [])
    again = codec.dumps(inputs)
    before = codec.dumps([inputs, {}])
    if protect:
        inputs = protect(inputs)
        for parameter in _parameters(module).values():
            parameter.data = protect([parameter.detach()])[0]
    versions = _versions(inputs)
    result = {"outputs": _copied(module(*inputs)), "mutated": _mutated(before, inputs, {})}
    result |= _writes(result, versions, inputs)
    if options.get("state"):
        result["state"] = {name: tensor.detach().clone() for name, tensor in _state(module).items()}
    result["evaluated"] = _evaluated(module, codec.loads(again))
    if protect:  # what follows changes the parameters, and gives them back
        for parameter in _parameters(module).values():
            parameter.data = parameter.detach().clone()
    result["updated"] = _updated(module, codec.loads(again))
    result["again"] = _evaluated(module, [_every_other(value) for value in codec.loads(again)])
    keep_object(lambda: _evaluated(module, codec.loads(again)))
    inputs, parameters = codec.loads(again), _parameters(module)
    learned = {name: parameter for name, parameter in parameters.items() if parameter.requires_grad}
    all_gradients = _gradients(lambda: module(*inputs), [*_require_gradients(inputs), *learned.values()])
    if isinstance(all_gradients, Raised):
        return result | {"gradients": all_gradients}
    split = len(all_gradients) - len(learned)
    gradients = dict.fromkeys(parameters) | dict(zip(learned, all_gradients[split:], strict=True))
    return result | {"gradients": {"inputs": all_gradients[:split], "parameters": gradients}}


def _tables(module, prefix: str = "", seen: set | None = None):
    """Yield (prefix, attributes) of a module and its submodules, past whatever their classes override."""
    seen = set() if seen is None else seen
    own = object.__getattribute__(module, "__dict__")
    if id(module) in seen or "_parameters" not in own:
        return
    seen.add(id(module))
    yield prefix, own
    for name, inner in own["_modules"].items():
        if inner is not None:
            yield from _tables(inner, f"{prefix}{name}.", seen)


def _parameters(module) -> dict:
    """Return name → parameter, each parameter once, as `named_parameters` does."""
    parameters: dict = {}
    for prefix, own in _tables(module):
        for name, parameter in own["_parameters"].items():
            if parameter is not None and all(parameter is not other for other in parameters.values()):
                parameters[prefix + name] = parameter
    return parameters


def _state(module) -> dict:
    """Return name → tensor of the parameters and persistent buffers, as `state_dict` does."""
    tensors: dict = {}
    for prefix, own in _tables(module):
        buffers = {
            name: buffer
            for name, buffer in own["_buffers"].items()
            if name not in own["_non_persistent_buffers_set"]
        }
        tensors |= {
            prefix + name: tensor
            for name, tensor in {**own["_parameters"], **buffers}.items()
            if tensor is not None
        }
    return tensors


def _load(module, state: dict) -> None:
    """Copy a state into a module's own tensors; raises ShapeError for another shape."""
    import torch

    for name, tensor in _state(module).items():
        if tensor.shape != state[name].shape:
            raise ShapeError(
                f"{name} of your module has shape {tuple(tensor.shape)}",
                f"shape {tuple(state[name].shape)}",
                "create it with this shape in __init__",
            )
        with torch.no_grad():
            tensor.copy_(state[name])


def _evaluated(module, inputs: list):
    """Return what a module gives in evaluation mode, or Raised; put it back into training mode afterwards."""
    import torch

    try:
        with torch.no_grad():
            return _copied(module.eval()(*inputs))
    except Exception as error:
        return Raised.of(error)
    finally:
        module.train()


def _updated(module, inputs: list):
    """Return what a module gives in evaluation mode after a change of all its parameters, which is then undone."""
    import torch

    def write(values: list) -> None:
        with torch.no_grad():
            for parameter, value in zip(parameters, values, strict=True):
                parameter.copy_(value)

    parameters = [parameter for parameter in _parameters(module).values() if parameter.is_floating_point()]
    before = [parameter.detach().clone() for parameter in parameters]
    write([value / 2 + 0.125 for value in before])
    try:
        return _evaluated(module, inputs)
    finally:
        write(before)


def _script(candidate, case: dict, options: dict, ask) -> dict:
    built, results = [candidate, candidate], []
    twin = codec.loads(codec.dumps(case["steps"]))
    for step, (what, *rest) in enumerate(case["steps"]):
        outcomes = []
        for number, arguments in enumerate((rest, twin[step][1:])):
            try:
                if what == "new":
                    args, kwargs = (*arguments, *([], {})[len(arguments) :])
                    built[number], outcome = candidate(*args, **kwargs), None
                else:
                    outcome = _step(built[number], what, *arguments)
            except (Exception, SystemExit) as error:
                outcome = Raised.of(error)
                if what == "new":
                    return {"results": [*results, outcome]}
            outcomes.append(_copied(outcome))
        results.append(outcomes[0])
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
    raise InputError(f"step {what!r}", "new, call, get or set", "correct the case")


def _predict(candidate, case: dict, options: dict, ask, keep_object, protect=lambda value: value) -> dict:
    before = codec.dumps([[], case["given"]])
    given = protect(case["given"])
    versions = _versions(given)
    predictor = candidate(**given)
    if not callable(predictor):
        return {"predictions": Raised("TypeError", f"it returned {predictor!r:.60}, which cannot be called")}
    inputs = codec.dumps(ask("inputs"))
    predictions = _copied(_predictions(predictor, codec.loads(inputs)))
    result = {"predictions": predictions, "mutated": _mutated(before, [], given)}
    result |= _writes(result, versions, given)
    fewer = {name: _every_other(value) for name, value in codec.loads(inputs).items()}
    try:
        result["again"] = _copied(_predictions(predictor, fewer))
    except (Exception, SystemExit) as error:
        result["again"] = Raised.of(error)
    keep_object(lambda: _predictions(predictor, codec.loads(inputs)))
    return result


def _predictions(predictor, inputs: dict):
    torch = sys.modules.get("torch")
    if torch is None:
        return predictor(**inputs)
    if isinstance(predictor, torch.nn.Module):
        predictor.eval()
    with torch.no_grad():
        return predictor(**inputs)


def _every_other(value):
    """Return every other row of an array or list from the last one on, at least one; anything else as it is."""
    if codec.is_torch(value) and value.ndim:
        return value.flip(0)[::2].clone()
    if (isinstance(value, np.ndarray) and value.ndim) or isinstance(value, (list, tuple)):
        return value[::-2].copy() if isinstance(value, np.ndarray) else value[::-2]
    return value


def _bugs(candidate, case: dict, options: dict, ask) -> dict:
    function = ask("function")
    try:
        candidate(function)
    except AssertionError:
        return {"verdict": "refused"}
    return {"verdict": "accepted"}


RUN = {"call": _call, "module": _module, "script": _script, "predict": _predict, "bugs": _bugs}


def version(case: dict):
    """Return the function that a find-the-bug case holds as source, defined with the names that it may use."""
    names = {"math": math, "np": np}
    if "torch" in case["source"] or "F." in case["source"] or "nn." in case["source"]:
        import torch

        names |= {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    exec(compile(case["source"], "<version>", "exec"), names)
    return names[case["name"]]


_generators: list = []  # numpy's, that no block uses now


@contextlib.contextmanager
def seeded(seed: int = 0):
    """Run the block with fixed seeds of random, numpy and torch; restore their states afterwards."""
    torch = sys.modules.get("torch")
    plain, legacy = random.getstate(), np.random.get_bit_generator()
    state = torch.get_rng_state() if torch else None
    own = _generators.pop() if _generators else np.random.MT19937()
    np.random.set_bit_generator(own)  # to copy numpy's state takes longer than all the rest
    _seed(seed)
    try:
        yield
    finally:
        random.setstate(plain)
        np.random.set_bit_generator(legacy)
        _generators.append(own)
        if torch:
            torch.set_rng_state(state)


def _seed(seed: int = 0) -> None:
    torch = sys.modules.get("torch")
    random.seed(seed)
    np.random.seed(seed)
    if torch:
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():
            # without a GPU, torch.manual_seed stores each call for later, with its whole stack
            torch.cuda.manual_seed_all(seed)


def _reach(start, path: str):
    for name in filter(None, path.split(".")):
        start = getattr(start, name)
    return start


def _mutated(before: bytes, args, kwargs: dict) -> list[str]:
    """Return the names of the arguments that are not as they were.

    before  [args, kwargs], encoded before the call
    """
    if codec.dumps([args, kwargs]) == before:
        return []
    old, new = _named(*codec.loads(before)), _named(args, kwargs)
    return [name for name, value in old.items() if codec.dumps(value) != codec.dumps(new[name])]


def _named(args, kwargs: dict) -> dict:
    return {f"args[{index}]": value for index, value in enumerate(args)} | kwargs


def _versions(value) -> list[int]:
    """Return torch's count of in-place changes of each tensor in nested containers."""
    return [tensor._version for tensor in _tensors(value) if not tensor.is_inference()]


def _writes(result: dict, versions: list[int], inputs) -> dict:
    """Return {"writes": True} if tensors were changed in place and are as before all the same, else {}."""
    return {"writes": True} if not result["mutated"] and _versions(inputs) != versions else {}


def writes_to_arrays(candidate, case: dict) -> bool:
    """Return whether a function writes into a numpy array of a call's case: it gets arrays that refuse that.

    A change that is undone before the function returns leaves no other trace.
    """
    args, kwargs = codec.loads(codec.dumps([case.get("args", []), case.get("kwargs", {})]))
    arrays = _numpy_arrays([args, kwargs])
    for array in arrays:
        array.flags.writeable = False
    with warnings.catch_warnings(), seeded(), _gradients_on():
        warnings.simplefilter("ignore")  # torch.from_numpy warns of arrays that cannot be written
        try:
            if arrays:
                candidate(*args, **kwargs)
        except (Exception, SystemExit) as error:
            # not "buffer source array is read-only": compiled code may ask for a buffer to write and only read it
            return isinstance(error, ValueError) and "read-only" in str(error) and "buffer" not in str(error)
    return False


def _numpy_arrays(value) -> list:
    if isinstance(value, np.ndarray):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [array for part in parts for array in _numpy_arrays(part)]


def _digest(value) -> bytes:
    """Return a digest of a value as it is now, b"" if the codec does not support it."""
    try:
        return _digest_of(codec.dumps(value))
    except InputError:
        return b""


def _digest_of(packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=16).digest()


def _outcome(use):
    """Return a copy of what use() gives, or Raised."""
    try:
        with seeded():
            return codec.loads(codec.dumps(use()))
    except (Exception, SystemExit) as error:
        return Raised.of(error)


def _alike(before, now) -> bool:
    return close(before, now, rtol=1e-4, atol=1e-6) is None  # apart from rounding


def _copied(value):
    """Return a copy that later changes to the value's arrays do not affect; the value itself if the codec does not
    support it.
    """
    packed = _packed(value)
    return codec.loads(packed) if packed else value


def _packed(value) -> bytes:
    """Return a value encoded; b"" if the codec does not support it, or if it is on another device."""
    try:
        return b"" if _elsewhere(value) else codec.dumps(value)
    except InputError:
        return b""


def _elsewhere(value) -> bool:
    return any(tensor.device.type != "cpu" for tensor in _tensors(value))


def _tensors(value) -> list:
    """Return the tensors in nested lists, tuples and dicts, in order; without recursion, which `watch` would slow."""
    tensors, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += reversed(item.values())
        elif isinstance(item, (list, tuple)):
            waiting += reversed(item)
        elif codec.is_torch(item):
            tensors.append(item)
    return tensors


def _require_gradients(inputs) -> list:
    floats = [tensor for tensor in _tensors(list(inputs)) if tensor.is_floating_point()]
    return [tensor.requires_grad_() for tensor in floats]


def _gradients(run, inputs: list):
    """Return the gradient of a fixed weighted sum of what `run` returns for each input, or Raised."""
    import torch

    if not inputs:
        return []
    roots, weights = [], []
    try:
        for output in _tensors([run()]):
            if output.is_floating_point() and output.requires_grad:
                # unequal weights, so that a permuted or transposed output gives other gradients
                weight = torch.linspace(1.0, 2.0, max(output.numel(), 1), dtype=output.dtype)
                weights.append(weight[: output.numel()].reshape(output.shape).to(output.device))
                roots.append(output)
        if not roots:
            return Raised("RuntimeError", NO_GRADIENT)
        return list(
            backward()(tuple(roots), tuple(weights), False, False, tuple(inputs), True, accumulate_grad=False)
        )
    except Exception as error:  # the output is fine; only the gradients are missing
        return Raised("RuntimeError", f"no gradient flows: {error}")


_engine = None


def backward():
    """Return the entry of torch's gradient engine, taken before a cell can replace it or `torch.autograd.grad`."""
    global _engine
    if _engine is None:
        from torch.autograd import Variable

        _engine = Variable._execution_engine.run_backward
    return _engine


@contextlib.contextmanager
def _gradients_on():
    """Run the block with gradients and without autocast, whatever a cell switched on and did not switch off."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False):
        yield
