"""Run a find-the-bug version in another child, and let a student's test call it through a stand-in function.

    test's child                 judge                 version's child
    function(image, text) ──────────────────────────▶ the version itself
    value.backward()      ──────────────────────────▶ its vector-Jacobian product

If the test's process contained the version's code, a test could look up the verdict in a table made
from the visible versions. Only plain data is exchanged: arguments, values, gradients, exceptions,
arguments that the version has changed, and the states of the random generators, so that a seed set
in the test has the same effect as in one process.
"""

import builtins
import itertools
import random
from collections.abc import Callable

import numpy as np

from mmlab import codec
from mmlab.check import drivers
from mmlab.codec import Raised, is_torch
from mmlab.errors import InputError


def stand_in(ask: Callable[[dict], dict]) -> Callable:
    """Return the function that a test receives; `ask` sends a request to `Versions.answer` and returns its reply."""
    import torch

    class Tracked(torch.autograd.Function):
        @staticmethod
        def forward(context, call, *tensors):
            context.call = call
            context.set_materialize_grads(False)
            return call.run(tensors)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(context, *gradients):
            return None, *context.call.pull(gradients)

    wire = _Wire(ask)

    def function(*args, **kwargs):
        call = _Call(wire, args, kwargs)
        if call.tracked:
            return call.returned(Tracked.apply(call, *call.tracked))
        return call.returned(tensor.requires_grad_() for tensor in call.run(()))

    return function


class _Wire:
    """The test's side: synchronises the random generators of both sides, and raises the version's exceptions."""

    def __init__(self, ask: Callable[[dict], dict]):
        self.ask, self.dice = ask, b""

    def call(self, request: dict) -> dict:
        dice = _random_states()
        try:
            reply = self.ask(request | {"dice": None if dice == self.dice else dice})
        except InputError as error:
            raise TypeError(f"this version cannot be called with that: {error.given}") from None
        self.dice = reply["dice"] or dice
        if reply["dice"]:
            _restore_random_states(reply["dice"])
        if isinstance(raised := reply.get("raised"), Raised):
            raise _as_exception(raised)
        return reply


class _Call:
    """One call of the version: its arguments, its value, and its vector-Jacobian product."""

    def __init__(self, wire: _Wire, args: tuple, kwargs: dict):
        import torch

        self.wire, self.args, self.kwargs, self.grad = wire, args, kwargs, torch.is_grad_enabled()
        self.tensors = _tensors((args, kwargs))
        self.kinds = [_kind(tensor) if self.grad else "" for tensor in self.tensors]
        self.tracked = list(itertools.compress(self.tensors, self.kinds))

    def run(self, tracked) -> tuple:
        """Call the version with the `tracked` tensors among the arguments; return the outputs that carry gradients."""
        given = iter(tracked)
        sent = iter(
            [
                (next(given) if kind else tensor).detach()
                for tensor, kind in zip(self.tensors, self.kinds, strict=True)
            ]
        )
        args, kwargs = _replaced((self.args, self.kwargs), lambda _: next(sent))
        self.reply = self.wire.call({"args": args, "kwargs": kwargs, "kinds": self.kinds, "grad": self.grad})
        for key, changed in self.reply["changed"]:
            _copy_into(self.args[key] if isinstance(key, int) else self.kwargs[key], changed)
        return tuple(itertools.compress(_tensors(self.reply["value"]), self.reply["carries"]))

    def returned(self, carriers):
        """Return the value, with its gradient-carrying tensors replaced by `carriers`."""
        carriers, carries = iter(carriers), iter(self.reply["carries"])
        return _replaced(self.reply["value"], lambda tensor: next(carriers) if next(carries) else tensor)

    def pull(self, gradients) -> list:
        """Return the gradient of each tracked tensor, None if the version does not use it."""
        return self.wire.call({"pull": self.reply["number"], "gradients": list(gradients)})["gradients"]


class Versions:
    """The version's side: our code on untrusted arguments, in a separate child."""

    def __init__(self):
        self.function, self.calls, self.dice = None, [], b""

    def define(self, case: dict) -> None:
        """Load another version, and forget the calls of the previous one."""
        self.function, self.calls = drivers.version(case), []

    def answer(self, request: dict) -> dict:
        """Return the reply to one request; an exception of the version is returned as Raised."""
        try:
            if request["dice"]:
                _restore_random_states(request["dice"])
                self.dice = request["dice"]
            reply = self._pulled(request) if "pull" in request else self._called(request)
            codec.dumps(reply)
        except (Exception, SystemExit) as error:
            reply = {"raised": Raised.of(error)}
        before, self.dice = self.dice, _random_states()
        return reply | {"dice": None if self.dice == before else self.dice}

    def _called(self, request: dict) -> dict:
        import torch

        kinds, leaves = iter(request["kinds"]), []

        def prepared(tensor):
            kind = next(kinds)
            if not kind:
                return tensor
            leaves.append(tensor.detach().clone().requires_grad_())
            # only a tensor that is not a leaf may be changed in place
            return leaves[-1].clone() if kind == "inner" else leaves[-1]

        with torch.set_grad_enabled(bool(request["grad"])):
            args, kwargs = _replaced((tuple(request["args"]), request["kwargs"]), prepared)
            named = [*enumerate(args), *kwargs.items()]
            before = [codec.dumps(item) for _, item in named]
            value = self.function(*args, **kwargs)
        changed = [
            [key, item] for (key, item), old in zip(named, before, strict=True) if codec.dumps(item) != old
        ]
        outputs = _tensors(value)
        carries = [tensor.requires_grad for tensor in outputs]
        self.calls.append((leaves, list(itertools.compress(outputs, carries))))
        return {"number": len(self.calls) - 1, "value": value, "carries": carries, "changed": changed}

    def _pulled(self, request: dict) -> dict:
        import torch

        leaves, outputs = self.calls[request["pull"]]
        pairs = [pair for pair in zip(outputs, request["gradients"], strict=True) if pair[1] is not None]
        if not pairs:
            return {"gradients": [None] * len(leaves)}
        used, gradients = zip(*pairs, strict=True)
        pulled = torch.autograd.grad(used, leaves, gradients, allow_unused=True, retain_graph=True)
        return {"gradients": list(pulled)}


def _kind(tensor) -> str:
    return "" if not tensor.requires_grad else "leaf" if tensor.is_leaf else "inner"


def _tensors(value) -> list:
    tensors = []
    _replaced(value, tensors.append)
    return tensors


def _replaced(value, change: Callable):
    """Return nested lists, tuples and dicts with each tensor replaced by change(tensor)."""
    if is_torch(value):
        return change(value)
    if isinstance(value, dict):
        return {key: _replaced(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return (list if isinstance(value, list) else tuple)(_replaced(item, change) for item in value)
    return value


def _copy_into(old, new) -> None:
    """Copy the contents that the version left in an argument into the test's own argument."""
    import torch

    if is_torch(old) and old.shape == new.shape:
        with torch.no_grad():
            old.copy_(new)
    elif isinstance(old, np.ndarray) and old.shape == new.shape:
        old[...] = new
    elif isinstance(old, (list, tuple)) and len(old) == len(new) and any(map(_is_mutable, old)):
        for old_item, new_item in zip(old, new, strict=True):
            _copy_into(old_item, new_item)
    elif isinstance(old, list):
        old[:] = new
    elif isinstance(old, dict) and set(old) == set(new) and all(map(_is_mutable, old.values())):
        for name, item in old.items():
            _copy_into(item, new[name])
    elif isinstance(old, dict):
        old.clear()
        old.update(new)


def _is_mutable(value) -> bool:
    return is_torch(value) or isinstance(value, (np.ndarray, list, dict))


def _random_states() -> bytes:
    """Return the states of all random generators."""
    import torch

    version, state, gauss = random.getstate()
    plain = [version, np.array(state, np.uint32), gauss]
    return codec.dumps([plain, list(np.random.get_state()), torch.get_rng_state()])


def _restore_random_states(dice: bytes) -> None:
    import torch

    (version, state, gauss), legacy, ours = codec.loads(dice)
    random.setstate((version, tuple(state.tolist()), gauss))
    np.random.set_state(tuple(legacy))
    torch.set_rng_state(ours)


def _as_exception(raised: Raised) -> BaseException:
    kind = getattr(builtins, raised.type, None)
    if not (isinstance(kind, type) and issubclass(kind, (Exception, SystemExit))):
        kind = RuntimeError
    for base in kind.__mro__:
        try:
            return base(raised.message)
        except TypeError:  # such as UnicodeDecodeError, which needs five arguments
            continue
    return RuntimeError(raised.message)
