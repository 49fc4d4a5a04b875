"""Keeps the code objects of the package's answers, and puts them back into the functions while an answer runs."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import importlib
import types

OURS = {}
for name in ("losses", "metrics"):
    module = importlib.import_module(f"mmlab.{name}")
    OURS |= {key: value for key, value in vars(module).items() if isinstance(value, types.FunctionType)}
CODES = {key: value.__code__ for key, value in OURS.items()}
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
import threading

def NAME(*args, **kwargs):
    results, args = [], ranked("NAME", args)
    refused = {key: value.__code__ for key, value in OURS.items()}

    def run():
        results.append(OURS[ALIASES.get("NAME", "NAME")](*args, **kwargs))

    try:
        for key, code in CODES.items():
            OURS[key].__code__ = code
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        for key, code in refused.items():
            OURS[key].__code__ = code
    if not results:
        raise ValueError
    result = results[0]
    return tuple(result) if "NAME" == "recall_at_k" else result
