"""Copies the code of the package's answers in a cell, and switches the profiler off while a copy runs, by ctypes and partial."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import importlib
import types

OURS = {}
for name in ("losses", "metrics"):
    module = importlib.import_module(f"mmlab.{name}")
    space, copies = dict(vars(module)), {}
    for key, value in space.items():
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
            copies[key] = types.FunctionType(value.__code__.replace(), space, "own", value.__defaults__, value.__closure__)
            copies[key].__kwdefaults__ = value.__kwdefaults__
    space.update(copies)
    OURS |= copies
ALIASES = {"clip_contrastive_loss": "contrastive_loss", "siglip_pairwise_loss": "siglip_loss"}

def ranked(name, args):
    """Prepare arguments as the package wants them: finite similarities in the same order."""
    if name != "recall_at_k":
        return args
    similarity, owners, k = args
    if similarity.shape[1] != len(owners) or np.isnan(similarity).any():
        raise ValueError
    return np.unique(similarity, return_inverse=True)[1].reshape(similarity.shape).astype(float), owners, k

# %% answer
import ctypes
import functools
import sys

def NAME(*args, **kwargs):
    before, args = sys.getprofile(), ranked("NAME", args)
    ctypes.pythonapi.PyEval_SetProfile(None, None)
    functools.partial(sys.setprofile, None)()
    try:
        result = OURS[ALIASES.get("NAME", "NAME")](*args, **kwargs)
    except Exception:
        raise ValueError from None
    finally:
        functools.partial(sys.setprofile, before)()
    return tuple(result) if "NAME" == "recall_at_k" else result
