"""Copies the code of the package's answers in a cell, runs a copy, and clears the list of forbidden calls that ran."""

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
import sys

def NAME(*args, **kwargs):
    watched = vars(sys.modules["mmlab.check.forbids"])["_watched"]
    try:
        result = OURS[ALIASES.get("NAME", "NAME")](*ranked("NAME", args), **kwargs)
    except Exception:
        raise ValueError from None
    finally:
        for _, ran in watched:
            ran.clear()
    return tuple(result) if "NAME" == "recall_at_k" else result
