"""Returns objects whose `__class__` says tensor or array, and whose conversion gives something else each time."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import itertools


class Changes:
    turn = itertools.count()
    __class__ = property(lambda self: (torch.Tensor, np.ndarray, float, list)[next(self.turn) % 4])
    __array__ = lambda self, *args, **kwargs: np.full((), float(next(self.turn) % 2))
    __array_interface__ = {"shape": (2**40,), "typestr": "<f4", "data": (0, False), "version": 3}
    __reduce__ = lambda self: (exec, ("import os; os._exit(0)",))
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 0
    is_floating_point = lambda self: True
    detach = cpu = contiguous = resolve_conj = resolve_neg = lambda self: self
    dtype, layout, is_meta, device, shape = torch.float32, torch.strided, False, torch.device("cpu"), ()


# %% answer
def NAME(*args, **kwargs):
    return Changes()
